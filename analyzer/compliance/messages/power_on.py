"""Which machines magic packets wake, what footnote *3 is judged by, and what was captured of the machine afterwards."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from analyzer import net
from analyzer.compliance.boots.stages import BootAttempt
from analyzer.compliance.identity.endpoints import sides
from analyzer.compliance.judgement import Judgement
from analyzer.messages import Message, message
from analyzer.messages.grouping import MessageColumn, SingleFlows
from analyzer.protocols.dhcp import NO_ADDRESS
from analyzer.protocols.wol import TIMES, Magic

MOST_TARGETS = 3
TIME_TO_BOOT = 60_000_000_000
"""A capture that ends sooner than this after a power-on does not show whether the machine started."""
ON_BEFORE = 60_000_000_000
SOONEST = 2_000_000_000
"""No machine sends a packet sooner than this after it was switched on."""
SECOND = 1_000_000_000

MagicTimes = dict[int, dict[Magic, int]]
"""Flow -> magic packet -> when it was first captured."""


def power_on_messages(judgement: Judgement, boots: list[BootAttempt]) -> Iterator[MessageColumn | SingleFlows]:
    """What the magic packets of every flow wake, and by what footnote *3 was judged."""
    magics: MagicTimes = defaultdict(dict)
    for mark, found in judgement.magics:
        magics[mark.flow].setdefault(found, mark.time)
    rules, row = judgement.rules.rules, judgement.verdicts.rule
    by_segment = np.array([*(rule.addressing == "by-segment" for rule in rules), False], dtype=bool)[row]
    machines = Machines(judgement, boots)
    yield SingleFlows(
        {
            flow: (*_wakes(machines, found), *_broken(found, by_row=bool(by_segment[flow])))
            for flow, found in magics.items()
        }
    )
    named = np.zeros(len(by_segment), dtype=bool)
    named[[flow for flow, found in magics.items() if any(one.named for one in found)]] = True
    yield MessageColumn("magic-not-read", by_segment & ~named)
    unknown = judgement.facts.woken_segment < 0
    yield MessageColumn("segment-of-machine-unknown", by_segment & named & unknown)


def _wakes(machines: "Machines", magics: dict[Magic, int]) -> Iterator[Message]:
    """The machines that whole magic packets wake."""
    whole = {found.target: time for found, time in magics.items() if found.whole}
    for mac, time in list(whole.items())[:MOST_TARGETS]:
        yield machines.woken(mac)
        octets = next((found.password for found in magics if found.target == mac and found.password), 0)
        if octets:
            yield message("secureon-password", octets=octets)
        yield machines.afterwards(mac, time)
    if len(whole) > MOST_TARGETS:
        yield message("wakes-more", count=len(whole) - MOST_TARGETS)


def _broken(magics: dict[Magic, int], *, by_row: bool) -> Iterator[Message]:
    """The first magic packet that is not whole. ``by_row``: the flow is judged by a row of magic packets; elsewhere
    two repeats may be chance."""
    broken = [found for found in magics if not found.whole and (by_row or found.times > 2)]
    for found in broken[:1]:
        if found.cut:
            yield message("magic-cut", mac=found.target)
        else:
            yield message("magic-malformed", mac=found.target, times=found.times, needed=TIMES)


class Machines:
    """The machines that may be woken, and what the captures show of each: its boots, and when it sent packets."""

    def __init__(self, judgement: Judgement, boots: list[BootAttempt]) -> None:
        self._judgement = judgement
        self._boots = boots
        self._end = max((vantage.last for vantage in judgement.vantages), default=0)

    def woken(self, mac: str) -> Message:
        """Which machine of the profile it is, or that it is none. Without a MAC in the profile nothing is known."""
        site = self._judgement.site
        machine = site.machine(NO_ADDRESS, mac)
        if machine:
            return message("wakes", mac=mac, machine=machine.name)
        macs_known = any(one.mac for one in site.machines)
        return message("wakes-not-of-profile", mac=mac) if macs_known else message("wakes", mac=mac)

    def afterwards(self, mac: str, time: int) -> Message:
        """Whether the machine started after ``time``, as far as was captured."""
        boot = min(
            (boot.started for boot in self._boots if boot.client_mac == mac and boot.started >= time), default=-1
        )
        if boot >= 0:
            return message("boot-began", seconds=_seconds(boot - time))
        sent = self._sent_by(mac)
        if any(begin < time and end >= time - ON_BEFORE for begin, end in sent):
            return message("on-before")
        after = next((begin for begin, _ in sent if begin >= time), -1)
        if after >= 0:
            code = "on-at-once" if after - time < SOONEST else "first-packet-later"
            return message(code, seconds=_seconds(after - time))
        left = max(self._end, time) - time
        code = "capture-ends-soon" if left < TIME_TO_BOOT else "no-packet-after"
        return message(code, seconds=_seconds(left))

    def _sent_by(self, mac: str) -> list[tuple[int, int]]:
        """(first, last) of what the machine sent in each flow, by its MAC and by its address."""
        judgement = self._judgement
        machine = judgement.site.machine(NO_ADDRESS, mac)
        address = (machine.address if machine else None) or judgement.host_facts.address_by_mac.get(mac)
        own = np.array([host == address for host, _ in judgement.hosts.names], dtype=bool)
        found: set[tuple[int, int]] = set()
        for hosts, side in sides(judgement.table, judgement.hosts):
            sent = (side.pkts > 0) & (own[hosts] | (side.mac == net.mac_number(mac)))
            found.update(zip(side.first_ns[sent].tolist(), side.last_ns[sent].tolist(), strict=True))
        return sorted(found)


def _seconds(time: int) -> str:
    """``93``, ``3.2``: seconds, with a decimal below ten."""
    return f"{time / SECOND:.0f}" if time >= 10 * SECOND else f"{time / SECOND:.1f}"
