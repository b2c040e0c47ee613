"""PXE boots by stage, from headers: which client asked, which server answered, what it loaded, where it stopped.

Sources: the PXE specification 2.1, RFC 2131, RFC 1350, and the table's own rows (their ``stage``).
"""

from collections import defaultdict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.compliance.boots.attempt import AgentConnection, BootAttempt
from analyzer.compliance.boots.attempts import ANSWERS, attempts_of
from analyzer.compliance.boots.downloads import Ending, Transfer, transfers_of
from analyzer.compliance.exchanges.dhcp import EARLIER, DhcpMessage
from analyzer.compliance.identity.roles import role_mask
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.verdict.outcome import OUTCOMES
from analyzer.messages import Message, message
from analyzer.protocols.dhcp import NO_ADDRESS
from analyzer.text import clip
from analyzer.values import BootStatus, Outcome

__all__ = ["ANSWERS", "STALLS", "BootAttempt", "find_boots"]

AGENT_WAIT = 5_000_000_000
"""A capture that ends sooner than this after the last file does not show what the machine did next."""
LONGEST_ERROR = LONGEST_NAME = 120


def find_boots(judgement: Judgement) -> list[BootAttempt]:
    """Every attempt, in the order of their beginnings."""
    by_client: dict[str, list[DhcpMessage]] = defaultdict(list)
    for dhcp in judgement.relations.messages:
        by_client[dhcp.bootp.client_mac].append(dhcp)
    owners = ClientIndex(judgement)
    files, connections = files_asked_for(judgement, owners), agent_connections(judgement, owners)
    boots: list[BootAttempt] = []
    for mac, messages in sorted(by_client.items()):
        attempts = attempts_of(judgement, mac, messages, files.get(mac, ()), connections.get(mac, ()))
        attempts = [boot for boot in attempts if boot.pxe or boot.transfers or boot.agent_flow >= 0]
        for number, boot in enumerate(attempts, 1):
            boot.number, boot.attempts = number, len(attempts)
            set_status(judgement, boot)
        boots += attempts
    return sorted(boots, key=lambda boot: (boot.started, boot.client_mac))


class ClientIndex:
    """Finds the client that opened a flow."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement
        messages = judgement.relations.messages
        # The MAC of a router is in the frames of many hosts; a router does not boot from the network.
        self.booting = {bootp.client_mac for _, bootp in messages if bootp.request and bootp.pxe}

    def of(self, flow: int) -> str:
        """The MAC of the client: the one in the frames, or the one that had the address then. Without a lease: the one
        that has the address by the profile, or by the frames that it sent."""
        table, hosts = self.judgement.table, self.judgement.hosts
        if (mac := net.mac_text(int(table.orig.mac[flow]))) in self.booting:
            return mac
        address = hosts.names[hosts.orig[flow]][0]
        lessee = self.judgement.endpoints.leases.at(address, int(table.first_ns[flow]) + EARLIER)
        return self.judgement.host_facts.mac_by_address.get(address, "") if lessee is None else lessee


def files_asked_for(judgement: Judgement, owners: ClientIndex) -> dict[str, list[Transfer]]:
    """Client -> the files that it asked for."""
    asks = (judgement.facts.proto == net.UDP) & (judgement.facts.resp_p == net.TFTP)
    from_server = of_stage(judgement, "tftp")
    found: dict[str, list[Transfer]] = defaultdict(list)
    for flow in np.flatnonzero(asks).tolist():
        transfers = transfers_of(judgement, flow, from_server=bool(from_server[flow]))
        found[owners.of(flow)] += [transfer for transfer in transfers if not transfer.asked.writes]
    return found


def agent_connections(judgement: Judgement, owners: ClientIndex) -> dict[str, list[AgentConnection]]:
    """Client -> its connections to the agent's port."""
    found: dict[str, list[AgentConnection]] = defaultdict(list)
    for flow in np.flatnonzero(of_stage(judgement, "agent")).tolist():
        served = OUTCOMES[judgement.outcome[flow]] is Outcome.ESTABLISHED
        found[owners.of(flow)].append(AgentConnection(flow, int(judgement.table.first_ns[flow]), served))
    return found


def of_stage(judgement: Judgement, stage: str) -> NDArray[np.bool_]:
    """The flows that are this stage of a boot, one value a flow: a row of the stage covers the flow or is its nearest
    row, and the responder has a role of that row. The originator may be any host: a machine that no row allows boots
    too."""
    found = np.zeros(len(judgement.table), dtype=bool)
    row_of_flow = np.where(judgement.matched.covering >= 0, judgement.matched.covering, judgement.matched.nearest)
    for number, rule in enumerate(judgement.rules.rules):
        if rule.stage == stage:
            found |= (row_of_flow == number) & (judgement.facts.resp_roles & role_mask(rule.responder.roles) != 0)
    return found


def set_status(judgement: Judgement, boot: BootAttempt) -> None:
    """Set ``machine``, ``status``, ``stalled_at`` and ``why`` of an attempt."""
    site = judgement.site
    # The address may belong to another machine; the MAC is always the client's own.
    machine = site.machine(NO_ADDRESS, boot.client_mac) or site.machine(boot.client_ip or NO_ADDRESS, boot.client_mac)
    boot.machine = machine.name if machine else ""
    agent = OUTCOMES[judgement.outcome[boot.agent_flow]] if boot.agent_flow >= 0 else None
    why: list[Message] = []
    if agent is Outcome.ESTABLISHED:
        boot.status, boot.stalled_at = BootStatus.COMPLETE, ""
        why.append(message("boot-complete"))
    else:
        boot.stalled_at, stall = find_stall(boot, agent)
        why.append(stall)
        if blind := unseen_answer(judgement, boot):
            boot.status = BootStatus.NOT_OBSERVABLE
            why.append(blind)
        elif not boot.declined and time_left(judgement, boot) < AGENT_WAIT:
            boot.status = BootStatus.NOT_OBSERVABLE
            why.append(message("boot-capture-ends"))
    if boot.stalled_at == "ack" and boot.acknowledged_elsewhere:
        address, relay = boot.acknowledged_elsewhere
        why.append(message("boot-ack-elsewhere", address=address, relay=relay))
    if boot.other_file:
        named = tuple(clip(name, LONGEST_NAME) for name in boot.files_named_before(boot.transfers[0].began))
        why.append(message("boot-other-file", named=named, asked=clip(boot.other_file, LONGEST_NAME)))
    if boot.unlisted:
        why.append(message("boot-unlisted-servers", servers=tuple(boot.unlisted)))
    if boot.attempts > 1:
        why.append(message("boot-attempt", number=boot.number, attempts=boot.attempts))
    boot.why = tuple(why)


ENDINGS = {
    Ending.FAILED: "boot-file-error",
    Ending.STOPPED: "boot-file-stopped",
    Ending.SILENT: "boot-file-no-answer",
    Ending.UNREACHABLE: "boot-file-unreachable",
    Ending.UNCLEAR: "boot-file-unclear",
}

STALLS: tuple[tuple[Callable[[BootAttempt], bool], str, str], ...] = (
    (lambda boot: boot.got_last_file, "agent", "boot-no-agent"),
    *((lambda boot, ending=ending: boot.last_ending is ending, "tftp", code) for ending, code in ENDINGS.items()),
    (lambda boot: bool(boot.transfers), "tftp", "boot-file-unlisted-source"),
    (lambda boot: boot.declined, "ack", "boot-declined"),
    (lambda boot: boot.proxy_answered, "tftp", "boot-no-file-request"),
    (lambda boot: boot.proxy_unreachable, "proxy", "boot-proxy-unreachable"),
    (lambda boot: "proxy" in boot.times, "proxy", "boot-proxy-no-answer"),
    (lambda boot: boot.request_repeated, "ack", "boot-request-repeated"),
    (lambda boot: "ack" in boot.times and not boot.boot_named, "tftp", "boot-address-without-server"),
    (lambda boot: "ack" in boot.times, "tftp", "boot-address-no-request"),
    (lambda boot: boot.refused_lease, "ack", "boot-refused"),
    (lambda boot: "request" in boot.times, "ack", "boot-request-no-answer"),
    (lambda boot: "offer" in boot.times and not boot.boot_named, "request", "boot-offer-without-server"),
    (lambda boot: "offer" in boot.times, "request", "boot-offer-no-request"),
    (lambda boot: boot.boot_server_offered >= 0, "offer", "boot-server-only"),
    (lambda _: True, "offer", "boot-no-offer"),
)
"""Where an attempt that is not complete stopped: the first line that fits has the stage that was not reached, and the
code of the message with the reason."""


def time_left(judgement: Judgement, boot: BootAttempt) -> int:
    """How long the captures that saw the boot's flows went on after it, without a gap; nanoseconds."""
    flows = [*boot.dhcp_flows, *(transfer.request for transfer in boot.transfers)]
    seen = np.atleast_1d(judgement.table.seen[flows].any(axis=0))
    ends = [
        min((end for end in vantage.ends if end >= boot.ended), default=boot.ended)
        for vantage in judgement.vantages
        if seen[vantage.number]
    ]
    return max(ends, default=boot.ended) - boot.ended


def find_stall(boot: BootAttempt, agent: Outcome | None) -> tuple[str, Message]:
    """(the stage that was not reached, why), for an attempt that is not complete."""
    if agent is not None:
        return "agent", message("boot-agent-no-service", outcome=agent.value)
    stage, code = next((stage, code) for fits, stage, code in STALLS if fits(boot))
    if code == ENDINGS[Ending.FAILED]:
        return stage, message(code, error=clip(boot.transfers[-1].error, LONGEST_ERROR))
    return stage, message(code)


def unseen_answer(judgement: Judgement, boot: BootAttempt) -> Message | None:
    """Why the captures could not show the missing stage; None if they could."""
    if boot.last_ending is Ending.UNCLEAR:
        return message("boot-block-size-unknown")
    if boot.stalled_at not in ("offer", "ack") or boot.answer_seen:
        return None
    reasons = [why for flow in boot.requests if (why := judgement.unseen.of(flow))]
    return message("boot-answer-not-visible", unseen=min(reasons, key=repr)) if reasons else None
