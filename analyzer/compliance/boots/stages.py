"""PXE boots, told stage by stage from headers: who asked, who answered, what it loaded, where it stuck.

Sources: the PXE specification 2.1, RFC 2131, RFC 1350, and the table's own rows (their ``stage``).
"""

from collections import defaultdict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.compliance.boots.attempts import ANSWERS, Boot, Connection, attempts_of
from analyzer.compliance.boots.downloads import Ending, Transfer, transfers_of
from analyzer.compliance.exchanges.dhcp import EARLIER, Message
from analyzer.compliance.identity.roles import role_mask
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.verdict.outcome import OUTCOMES
from analyzer.flows import record as r
from analyzer.protocols.dhcp import NO_ADDRESS
from analyzer.text import clip
from analyzer.values import BootStatus, Outcome

__all__ = ["ANSWERS", "STALLS", "Boot", "find_boots"]

AGENT_WAIT = 5_000_000_000
"""A capture that ends sooner than this after the last file says nothing about what the machine did next."""
LONGEST_ERROR = 120


def find_boots(judgement: Judgement) -> list[Boot]:
    """Every attempt, in the order of their beginnings."""
    by_client: dict[str, list[Message]] = defaultdict(list)
    for message in judgement.relations.messages:
        by_client[message.bootp.client_mac].append(message)
    owners = Owners(judgement)
    files, connections = files_asked_for(judgement, owners), agent_connections(judgement, owners)
    boots: list[Boot] = []
    for mac, messages in sorted(by_client.items()):
        attempts = attempts_of(judgement, mac, messages, files.get(mac, ()), connections.get(mac, ()))
        attempts = [boot for boot in attempts if boot.pxe or boot.transfers or boot.agent_flow >= 0]
        for number, boot in enumerate(attempts, 1):
            boot.number, boot.attempts = number, len(attempts)
            conclude(judgement, boot)
        boots += attempts
    return sorted(boots, key=lambda boot: (boot.started, boot.client_mac))


class Owners:
    """Which client opened a flow."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement
        messages = judgement.relations.messages
        # A router, whose MAC stands in the frames of many, boots from no network.
        self.booting = {bootp.client_mac for _, bootp in messages if bootp.request and bootp.pxe}

    def of(self, flow: int) -> str:
        """The MAC of the client: the frames' own, or of who had the address then; without a lease of who has it by the
        profile or by what it sent."""
        table, hosts = self.judgement.table, self.judgement.hosts
        if (mac := net.mac_text(int(table.raw[flow, r.F_SIDE + r.S_MAC]))) in self.booting:
            return mac
        address = hosts.names[hosts.orig[flow]][0]
        tenant = self.judgement.who.tenants.at(address, int(table.raw[flow, r.F_FIRST]) + EARLIER)
        return self.judgement.known.holders.get(address, "") if tenant is None else tenant


def files_asked_for(judgement: Judgement, owners: Owners) -> dict[str, list[Transfer]]:
    """Client -> the files that it asked for."""
    asks = (judgement.facts.proto == net.UDP) & (judgement.facts.resp_p == net.TFTP)
    from_server = of_stage(judgement, "tftp")
    found: dict[str, list[Transfer]] = defaultdict(list)
    for flow in np.flatnonzero(asks).tolist():
        transfers = transfers_of(judgement, flow, from_server=bool(from_server[flow]))
        found[owners.of(flow)] += [transfer for transfer in transfers if not transfer.asked.writes]
    return found


def agent_connections(judgement: Judgement, owners: Owners) -> dict[str, list[Connection]]:
    """Client -> its connections to the agent's port."""
    found: dict[str, list[Connection]] = defaultdict(list)
    for flow in np.flatnonzero(of_stage(judgement, "agent")).tolist():
        served = OUTCOMES[judgement.outcome[flow]] is Outcome.ESTABLISHED
        found[owners.of(flow)].append(Connection(flow, int(judgement.table.raw[flow, r.F_FIRST]), served))
    return found


def of_stage(judgement: Judgement, stage: str) -> NDArray[np.bool_]:
    """The flows that are this stage of a boot, whoever boots: a row of it speaks of them, and their responder is one of
    the row's. A machine that no row allows boots all the same."""
    found = np.zeros(len(judgement.table), dtype=bool)
    spoken_of = np.where(judgement.matched.covering >= 0, judgement.matched.covering, judgement.matched.nearest)
    for number, rule in enumerate(judgement.rules.rules):
        if rule.stage == stage:
            found |= (spoken_of == number) & (judgement.facts.resp_roles & role_mask(rule.responder.roles) != 0)
    return found


def conclude(judgement: Judgement, boot: Boot) -> None:
    """How the attempt ended, and what else has to be known of it."""
    site = judgement.site
    # An address may be another's, the MAC is the client's own.
    machine = site.machine(NO_ADDRESS, boot.client_mac) or site.machine(boot.client_ip or NO_ADDRESS, boot.client_mac)
    boot.machine = machine.name if machine else ""
    agent = OUTCOMES[judgement.outcome[boot.agent_flow]] if boot.agent_flow >= 0 else None
    told = []
    if agent is Outcome.ESTABLISHED:
        boot.status, boot.stalled_at = BootStatus.COMPLETE, ""
        told.append("The agent's connection was established.")
    else:
        boot.stalled_at, why = stall(boot, agent)
        told.append(why)
        if blind := unseen_answer(judgement, boot):
            boot.status = BootStatus.NOT_OBSERVABLE
            told.append(blind)
        elif time_left(judgement, boot) < AGENT_WAIT:
            boot.status = BootStatus.NOT_OBSERVABLE
            told.append("The capture ends too soon afterwards to tell.")
    if boot.unlisted:
        servers = ", ".join(boot.unlisted)
        told.append(f"It was answered by {servers}, neither DHCP server nor DPM Server.")
    if boot.attempts > 1:
        told.append(f"It is attempt {boot.number} of {boot.attempts} of this client.")
    boot.why = " ".join(told)


ENDINGS = {
    Ending.FAILED: "The last file ended with a TFTP error.",
    Ending.STOPPED: "The last file stopped before its end.",
    Ending.SILENT: "The last file's request was not answered.",
    Ending.UNREACHABLE: "The last file's request was answered by ICMP unreachable.",
    Ending.UNCLEAR: "Whether the last file arrived whole cannot be told.",
}

STALLS: tuple[tuple[Callable[[Boot], bool], str, str], ...] = (
    (
        lambda boot: boot.got_last_file,
        "agent",
        "The last file arrived whole, and no connection to the agent's port followed.",
    ),
    *((lambda boot, ending=ending: boot.last_ending is ending, "tftp", why) for ending, why in ENDINGS.items()),
    (lambda boot: bool(boot.transfers), "tftp", "The last file came from a host that no row has it come from."),
    (lambda boot: boot.proxy_answered, "tftp", "The boot server answered on port 4011, and no file was asked for."),
    (
        lambda boot: boot.proxy_unreachable,
        "proxy",
        "The request on port 4011 was answered by ICMP unreachable.",
    ),
    (lambda boot: "proxy" in boot.times, "proxy", "The request on port 4011 was not answered."),
    (
        lambda boot: "ack" in boot.times and not boot.boot_named,
        "tftp",
        "An address was assigned, and no answer named a boot server or a file.",
    ),
    (lambda boot: "ack" in boot.times, "tftp", "An address was assigned, and no file was asked for."),
    (lambda boot: boot.refused_lease, "ack", "The server refused the address (NAK)."),
    (lambda boot: "request" in boot.times, "ack", "The request for the offered address was not answered."),
    (
        lambda boot: "offer" in boot.times and not boot.boot_named,
        "request",
        "An offer came, which named neither boot server nor file, and the client asked for none.",
    ),
    (lambda boot: "offer" in boot.times, "request", "An offer came, and the client asked for none."),
    (
        lambda boot: boot.boot_server_offered >= 0,
        "offer",
        "The boot server answered, and nobody offered an address.",
    ),
    (lambda _: True, "offer", "No offer came."),
)
"""Where an attempt that is not complete stuck: the first line that fits gives the stage that did not come about, and
why."""


def time_left(judgement: Judgement, boot: Boot) -> int:
    """How long the captures that saw the boot's flows went on after it, without a gap; nanoseconds."""
    flows = [*boot.dhcp_flows, *(transfer.request for transfer in boot.transfers)]
    seen = np.atleast_1d(judgement.table.seen[flows].any(axis=0))
    ends = [
        min((end for end in view.ends if end >= boot.ended), default=boot.ended)
        for view in judgement.views
        if seen[view.number]
    ]
    return max(ends, default=boot.ended) - boot.ended


def stall(boot: Boot, agent: Outcome | None) -> tuple[str, str]:
    """(the stage that did not come about, why), for an attempt that is not complete."""
    if agent is not None:
        return "agent", f"The connection to the agent's port got no service: {agent.value}."
    stage, why = next((stage, why) for fits, stage, why in STALLS if fits(boot))
    error = boot.transfers[-1].error if boot.transfers else ""
    return stage, f"{why} It says: {clip(error, LONGEST_ERROR)}." if error else why


def unseen_answer(judgement: Judgement, boot: Boot) -> str:
    """Why the missing stage could not have been seen; nothing where it could."""
    if boot.last_ending is Ending.UNCLEAR:
        return "The block size that was agreed on was not read."
    if boot.stalled_at not in ("offer", "ack"):
        return ""
    reasons = {judgement.unseen[flow] for flow in boot.requests} - {""}
    return f"An answer could not have been seen: {sorted(reasons)[0]}." if reasons else ""
