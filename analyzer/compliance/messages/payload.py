"""What was read inside flows, beyond their headers: tunnels, magic packets, MACs, files, DHCP answers, content."""

from collections.abc import Iterator

import numpy as np

from analyzer import net
from analyzer.capture.frame import tunnel_names
from analyzer.columns import Truths, group_rows
from analyzer.compliance.boots.downloads import asked_by
from analyzer.compliance.boots.stages import ANSWERS, BootAttempt
from analyzer.compliance.dissection import content_of
from analyzer.compliance.identity.endpoints import own_macs, sides
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.matching.facts import broadcast_frames
from analyzer.compliance.messages.power_on import power_on_messages
from analyzer.compliance.messages.values import is_verdict
from analyzer.messages import FlowColumn, Message, Value, message
from analyzer.messages.grouping import CodedValues, MessageColumn, SingleFlows
from analyzer.protocols.dhcp import DECLINE, NO_ADDRESS
from analyzer.text import clip
from analyzer.values import Verdict

LONGEST_NAME = 120
MOST_DECLINES = 3
CONTENT_MATTERS = (Verdict.UNEXPECTED, Verdict.WAIVED, Verdict.UNDETERMINED)
"""Verdicts of flows whose content matters to a reader."""


def payload_messages(judgement: Judgement, boots: list[BootAttempt]) -> Iterator[MessageColumn | SingleFlows]:
    """What was read in every flow that a reader has to know."""
    yield _tunnels(judgement)
    yield from power_on_messages(judgement, boots)
    yield from _macs_not_of_profile(judgement)
    yield _relays_elsewhere(judgement)
    yield _unlisted_clients(judgement)
    yield _answers_elsewhere(judgement)
    unicast = broadcast_frames(judgement.table) & judgement.facts.unicast
    yield MessageColumn("unicast-in-broadcast-frame", unicast, {"address": FlowColumn("resp_h")})
    yield _written_files(judgement)
    yield _declined(judgement)
    boots6 = np.zeros(len(judgement.table), dtype=bool)
    boots6[[mark.flow for mark in judgement.boots6]] = True
    yield MessageColumn("boot-over-ipv6", boots6)
    yield _contents(judgement)


def _tunnels(judgement: Judgement) -> MessageColumn:
    kinds = judgement.table.tunnels
    flows = np.flatnonzero(kinds > 0)
    first, codes = group_rows([kinds[flows]])
    return MessageColumn(
        "inside-tunnel",
        flows,
        {"tunnels": CodedValues([tunnel_names(kind) for kind in kinds[flows[first]].tolist()], codes)},
    )


def _macs_not_of_profile(judgement: Judgement) -> Iterator[MessageColumn]:
    """Hosts whose frames have another MAC than the profile gives to the machine of their address."""
    given = {
        machine.address: machine for machine in judgement.site.machines if machine.mac and machine.address is not None
    }
    if not given:
        return
    names = judgement.hosts.names
    expected = np.array(
        [net.mac_number(given[address].mac or "") if address in given else -1 for address, _ in names], dtype=np.int64
    )
    for column, (hosts, side) in zip(("orig_h", "resp_h"), sides(judgement.table, judgement.hosts), strict=True):
        own = own_macs(side, judgement.endpoints.host_macs)
        flows = np.flatnonzero((own >= 0) & (expected[hosts] >= 0) & (own != expected[hosts]))
        first, kinds = group_rows([own[flows], hosts[flows]])
        machines = [given[names[host][0]] for host in hosts[flows[first]].tolist()]
        yield MessageColumn(
            "mac-not-of-profile",
            flows,
            {
                "address": FlowColumn(column),
                "seen": CodedValues([net.mac_text(mac) for mac in own[flows[first]].tolist()], kinds),
                "mac": CodedValues([machine.mac or "" for machine in machines], kinds),
                "machine": CodedValues([machine.name for machine in machines], kinds),
            },
        )


def _relays_elsewhere(judgement: Judgement) -> SingleFlows:
    """The relays that requests from another address name, of flows that a row covers."""
    hosts, covered = judgement.hosts, judgement.matched.covering >= 0
    return SingleFlows(
        {
            flow: (message("relay-elsewhere", relay=relay, address=hosts.names[hosts.orig[flow]][0]),)
            for flow, relay in judgement.payload.dhcp.relays.items()
            if covered[flow]
        }
    )


def _unlisted_clients(judgement: Judgement) -> SingleFlows:
    """The clients that DHCP answers to everybody are for, and that the profile does not list."""
    only, too = judgement.payload.dhcp.unlisted
    found = {flow: message("unlisted-client", client=mac) for flow, mac in only.items()}
    found |= {flow: message("unlisted-client-too", client=mac) for flow, mac in too.items()}
    to_many = ~judgement.facts.unicast
    return SingleFlows({flow: (one,) for flow, one in found.items() if to_many[flow]})


def _answers_elsewhere(judgement: Judgement) -> SingleFlows:
    """The first answer of a flow that was not sent to the relay that it names."""
    found: dict[int, tuple[Message, ...]] = {}
    for mark, (address, relay) in judgement.payload.dhcp.elsewhere.items():
        found.setdefault(mark.flow, (message("answer-elsewhere", address=address, relay=relay),))
    return SingleFlows(found)


def _declined(judgement: Judgement) -> SingleFlows:
    """The addresses that clients gave back because another host uses them."""
    found: dict[int, dict[Message, None]] = {}
    for mark, bootp in judgement.relations.messages:
        if bootp.request and bootp.kind == DECLINE:
            declined = message("dhcp-declined", client=bootp.client_mac, address=bootp.requested_ip)
            found.setdefault(mark.flow, {}).setdefault(declined)
    return SingleFlows({flow: tuple(messages)[:MOST_DECLINES] for flow, messages in found.items()})


def _written_files(judgement: Judgement) -> SingleFlows:
    """The files that requests ask to write."""
    facts = judgement.facts
    asks = (facts.proto == net.UDP) & (facts.resp_p == net.TFTP)
    marked = np.asarray(judgement.transfer_marks.flow)
    flows = dict.fromkeys(marked[asks[marked]].tolist())
    requests = {flow: asked_by(judgement, flow) for flow in flows}
    return SingleFlows(
        {
            flow: (message("writes-file", file=clip(request.file, LONGEST_NAME)),)
            for flow, request in requests.items()
            if request.writes
        }
    )


def _contents(judgement: Judgement) -> SingleFlows:
    """The first DHCP answer of a flow; else what tshark read, unless it is a magic packet."""
    shown = is_verdict(judgement, *CONTENT_MATTERS)
    magic = {mark.flow for mark, _ in judgement.magics}
    found: dict[int, tuple[Message, ...]] = {}
    for flow, observations in judgement.observations.by_flow.items():
        word, facts = content_of(observations)
        if word and shown[flow] and flow not in magic:
            found[flow] = (message("content", application=word, facts=facts),)
    return SingleFlows(found | _dhcp_answers(judgement, shown))


def _dhcp_answers(judgement: Judgement, shown: Truths) -> dict[int, tuple[Message, ...]]:
    found: dict[int, tuple[Message, ...]] = {}
    for mark, bootp in judgement.relations.messages:
        if bootp.request or mark.flow in found or not shown[mark.flow]:
            continue
        values: dict[str, Value] = {"kind": ANSWERS.get(bootp.kind, "answer"), "mac": bootp.client_mac}
        if bootp.your_ip != NO_ADDRESS:
            values["address"] = bootp.your_ip
        if bootp.boot_server:
            values["boot_server"] = clip(bootp.boot_server, LONGEST_NAME)
        if bootp.boot_file:
            values["boot_file"] = clip(bootp.boot_file, LONGEST_NAME)
        found[mark.flow] = (message("dhcp-answer", **values),)
    return found
