"""What was read inside a flow, beyond its headers, in sentences: what it wakes, writes, asks or speaks."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from analyzer import net
from analyzer.capture.frame import tunnel_names
from analyzer.columns import Integers
from analyzer.compliance.boots.downloads import asked_by
from analyzer.compliance.boots.stages import ANSWERS, BootAttempt
from analyzer.compliance.dissection import content_of
from analyzer.compliance.identity.endpoints import own_macs, sides
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.verdict.decision import VERDICTS
from analyzer.flows.columns import SideColumns
from analyzer.protocols.dhcp import NO_ADDRESS
from analyzer.protocols.wol import TIMES, Magic
from analyzer.rules import Rule
from analyzer.text import clip
from analyzer.values import Verdict

LONGEST_NAME = 120
MOST_TARGETS = 3
TIME_TO_BOOT = 60_000_000_000
"""A capture that ends sooner than this after a power-on says nothing about whether the machine came up."""
ON_BEFORE = 60_000_000_000
SOONEST = 2_000_000_000
"""No machine speaks sooner than this after it was switched on."""
SECOND = 1_000_000_000
CONTENT_MATTERS = (Verdict.UNEXPECTED, Verdict.WAIVED, Verdict.UNDETERMINED)
"""Verdicts of flows of which a reader wants to know what they carried."""


class Contents:
    """Tells what was read inside the flows of one judgement."""

    def __init__(self, judgement: Judgement, boots: list[BootAttempt]) -> None:
        self.judgement = judgement
        self.boots = boots
        self.magic: dict[int, dict[Magic, int]] = defaultdict(dict)
        for mark, found in judgement.magics:
            self.magic[mark.flow].setdefault(found, mark.time)
        self.boots6 = frozenset(mark.flow for mark in judgement.boots6)
        self.foreign = [self._foreign(codes, side) for codes, side in sides(judgement.table, judgement.hosts)]

    @property
    def flows(self) -> set[int]:
        """The flows of which something was read."""
        return {*self.magic, *self.boots6, *self.written, *self.answers, *self.judgement.observations.by_flow}

    def told(self, flow: int) -> str:
        """What was read in a flow; nothing where nothing was that a reader has to know."""
        return " ".join(self._sentences(flow))

    def _sentences(self, flow: int) -> Iterator[str]:
        number = int(self.judgement.verdicts.rule[flow])
        rule = self.judgement.rules.rules[number] if number >= 0 else None
        if tunnels := tunnel_names(int(self.judgement.table.tunnels[flow])):
            yield f"It was seen inside a tunnel ({', '.join(tunnels)})."
        yield from self._power_on(flow, rule)
        yield from self._foreign_macs(flow)
        yield from self._writing(flow)
        if flow in self.boots6:
            yield "It is part of a network boot over IPv6, of which the table has no row."
        if VERDICTS[self.judgement.verdicts.verdict[flow]] not in CONTENT_MATTERS:
            return
        if flow in self.answers:
            yield self.answers[flow]
        elif flow not in self.magic and flow in self.judgement.observations.by_flow:
            content = content_of(self.judgement.observations.by_flow[flow])
            if content:
                yield f"Its content, read by tshark: {content}."

    def _foreign(self, codes: Integers, side: SideColumns) -> Integers:
        """The MAC of a side's frames where the profile gives another one to the machine of its address, else -1."""
        own = own_macs(side, self.judgement.endpoints.host_macs)
        given = {
            machine.address: net.mac_number(machine.mac)
            for machine in self.judgement.site.machines
            if machine.mac and machine.address
        }
        if not given:
            return np.full(len(codes), -1, dtype=np.int64)
        by_host = np.array([given.get(address, -1) for address, _ in self.judgement.hosts.names], dtype=np.int64)
        return np.where((by_host[codes] >= 0) & (own != by_host[codes]), own, -1)

    def _foreign_macs(self, flow: int) -> Iterator[str]:
        """Ends whose frames have another MAC than the profile gives to the machine of their address."""
        for macs, (codes, _) in zip(self.foreign, sides(self.judgement.table, self.judgement.hosts), strict=True):
            if macs[flow] >= 0:
                address, seen = self.judgement.hosts.names[codes[flow]][0], net.mac_text(int(macs[flow]))
                machine = self.judgement.site.machine(address)
                assert machine is not None  # foreign means that the profile has a machine there
                yield f"The frames of {address} come from {seen}; the profile gives {machine.mac} to {machine.name}."

    def _writing(self, flow: int) -> Iterator[str]:
        if flow in self.written:
            yield (
                f"It asks to write the file {clip(self.written[flow], LONGEST_NAME)} to the responder; the table does "
                "not say which way files go."
            )

    @cached_property
    def written(self) -> dict[int, str]:
        """Flow -> the file that it asks to write."""
        asks = (self.judgement.facts.proto == net.UDP) & (self.judgement.facts.resp_p == net.TFTP)
        asked = {
            flow: asked_by(self.judgement.table, flow)
            for flow in dict.fromkeys(mark.flow for mark in self.judgement.table.marks)
            if asks[flow]
        }
        return {flow: request.file for flow, request in asked.items() if request.writes}

    @cached_property
    def answers(self) -> dict[int, str]:
        """Flow -> what the first DHCP answer in it says."""
        found: dict[int, str] = {}
        for mark, bootp in self.judgement.relations.messages:
            if not bootp.request and mark.flow not in found:
                kind = ANSWERS.get(bootp.kind, "answer")
                parts = [f"its first {kind} goes to {bootp.client_mac}"]
                parts += [f"address {bootp.your_ip}"] if bootp.your_ip != NO_ADDRESS else []
                parts += [f"boot server {clip(bootp.boot_server, LONGEST_NAME)}"] if bootp.boot_server else []
                parts += [f"boot file {clip(bootp.boot_file, LONGEST_NAME)}"] if bootp.boot_file else []
                found[mark.flow] = f"It answers DHCP: {', '.join(parts)}."
        return found

    def _power_on(self, flow: int, rule: Rule | None) -> Iterator[str]:
        """Whom magic packets wake, what that says of footnote *3, and what came of it."""
        by_row = rule is not None and rule.addressing == "by-segment"
        whole = {found.target: time for found, time in self.magic.get(flow, {}).items() if found.whole}
        broken = [found for found in self.magic.get(flow, {}) if not found.whole and (by_row or found.times > 2)]
        for target, time in list(whole.items())[:MOST_TARGETS]:
            yield self._wakes(flow, target, time)
        if len(whole) > MOST_TARGETS:
            yield f"It wakes {len(whole) - MOST_TARGETS} more."
        for found in broken[:1]:
            yield (
                f"A magic packet in it was not captured whole; it begins with {found.target}."
                if found.cut
                else f"A magic packet in it is malformed and wakes nobody: {found.target} stands in it {found.times} "
                f"time{'s' * (found.times > 1)}, not {TIMES} times."
            )
        if by_row and not any(found.named for found in self.magic.get(flow, {})):
            yield "No magic packet was read in it, so footnote *3 is judged by the address alone."
        elif by_row and self.judgement.facts.woken_segment[flow] < 0:
            yield "The machine's segment is not known, so footnote *3 is judged by the address alone."

    def _wakes(self, flow: int, target: str, time: int) -> str:
        machine = self.judgement.site.machine(NO_ADDRESS, target)
        who = f"{target} ({machine.name})" if machine else f"{target}, a MAC that the profile gives to no machine"
        secret = next((found.password for found in self.magic[flow] if found.target == target and found.password), 0)
        password = f", with a SecureOn password of {secret} octets, readable by whoever captures it" if secret else ""
        return f"It wakes {who}{password}.{self._aftermath(target, self._home(target), time)}"

    def _home(self, mac: str) -> str | None:
        """The address of a machine, by the profile or as the captures show it."""
        machine = self.judgement.site.machine(NO_ADDRESS, mac)
        return (machine.address if machine else None) or self.judgement.host_facts.address_by_mac.get(mac)

    def _aftermath(self, mac: str, address: str | None, time: int) -> str:
        """Whether the machine came up afterwards, as far as was seen."""
        boot = min((boot.started for boot in self.boots if boot.client_mac == mac and boot.started >= time), default=-1)
        heard = sorted(self.heard.get(mac, []) + (self.heard.get(address, []) if address else []))
        after = next((begin for begin, _ in heard if begin >= time), -1)
        if boot >= 0:
            return f" Its boot began {seconds(boot - time)} later."
        if any(begin < time and end >= time - ON_BEFORE for begin, end in heard):
            return " It was on already: traffic of it was seen just before."
        if 0 <= after - time < SOONEST:
            return f" It was on already: it was heard {seconds(after - time)} later."
        if after >= 0:
            return f" It was first heard {seconds(after - time)} later, without a boot from the network."
        left = max((vantage.last for vantage in self.judgement.vantages), default=time) - time
        if left < TIME_TO_BOOT:
            return f" The capture goes on for {seconds(left)} only, too short to see it come up."
        return f" No flow of it was seen in the {seconds(left)} until the capture ends."

    @cached_property
    def heard(self) -> dict[str, list[tuple[int, int]]]:
        """MAC or address -> (first, last) of what its host sent in each flow."""
        table, hosts = self.judgement.table, self.judgement.hosts
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for codes, side in sides(table, hosts):
            spoke = side.pkts > 0
            columns = (column[spoke].tolist() for column in (codes, side.mac, side.first_ns, side.last_ns))
            for code, mac, begin, end in zip(*columns, strict=True):
                found[hosts.names[code][0]].append((begin, end))
                if mac >= 0:
                    found[net.mac_text(mac)].append((begin, end))
        return found


def seconds(time: int) -> str:
    """``93 s``, ``3.2 s``."""
    return f"{time / SECOND:.0f} s" if time >= 10 * SECOND else f"{time / SECOND:.1f} s"
