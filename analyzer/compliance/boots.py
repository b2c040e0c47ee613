"""PXE boots, told stage by stage from headers: who asked, who answered, what it loaded, where it stuck.

Sources: the PXE specification 2.1, RFC 2131, RFC 1350, and the table's own rows (their ``stage``).
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from analyzer import net
from analyzer.compliance import relations as dhcp
from analyzer.compliance.judge import Judgement
from analyzer.compliance.match import responder_port
from analyzer.compliance.outcome import OUTCOMES
from analyzer.compliance.relations import Message
from analyzer.compliance.tftp import Ending, Transfer, transfer_of
from analyzer.flows import record as r
from analyzer.values import BootStatus, Outcome

STAGES = ("discover", "offer", "request", "ack", "proxy", "tftp", "agent")
STAGE_OF = {
    (True, dhcp.DISCOVER): "discover",
    (False, dhcp.OFFER): "offer",
    (True, dhcp.REQUEST): "request",
    (False, dhcp.ACK): "ack",
}
"""The stage that a DHCP message is, by (asked by the client, message type)."""
NEW_ATTEMPT_AFTER = 60_000_000_000
AGENT_WAIT = 5_000_000_000
"""A capture that ends sooner than this after the last file says nothing about what the machine did next."""
NONE = "0.0.0.0"


@dataclass
class Boot:
    """One attempt. ``times``: stage -> nanoseconds of its first sign. ``agent_flow``: its connection to the agent's
    port."""

    client_mac: str
    started: int
    ended: int
    client_ip: str = ""
    times: dict[str, int] = field(default_factory=dict)
    servers: list[str] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    agent_flow: int = -1
    refused_lease: bool = False
    proxy_answered: bool = False
    pxe: bool = False
    dhcp_flows: set[int] = field(default_factory=set)
    machine: str = ""
    status: BootStatus = BootStatus.STALLED
    stalled_at: str = ""
    why: str = ""

    @property
    def furthest(self) -> str:
        return max(self.times, key=STAGES.index, default="")

    @property
    def got_file(self) -> bool:
        return any(transfer.ending is Ending.COMPLETE for transfer in self.transfers)

    @property
    def last_ending(self) -> Ending | None:
        return self.transfers[-1].ending if self.transfers else None

    @property
    def got_last_file(self) -> bool:
        return self.last_ending is Ending.COMPLETE

    def reach(self, stage: str, time: int) -> None:
        self.times.setdefault(stage, time)
        self.ended = max(self.ended, time)


def find_boots(judgement: Judgement) -> list[Boot]:
    """Every attempt, in the order of their beginnings."""
    by_client: dict[str, list[Message]] = defaultdict(list)
    for message in judgement.relations.messages:
        by_client[message.bootp.client_mac].append(message)
    boots: list[Boot] = []
    for mac, messages in sorted(by_client.items()):
        attempts = attempts_of(judgement, mac, messages)
        for number, boot in enumerate(attempts):
            until = attempts[number + 1].started if number + 1 < len(attempts) else None
            follow(judgement, boot, until)
            if boot.pxe or boot.transfers or boot.agent_flow >= 0:
                conclude(judgement, boot)
                boots.append(boot)
    return sorted(boots, key=lambda boot: (boot.started, boot.client_mac))


def attempts_of(judgement: Judgement, mac: str, messages: list[Message]) -> list[Boot]:
    """One client's DHCP messages, cut where it began anew: a DISCOVER after a lease or a file, or a minute's
    silence."""
    attempts: list[Boot] = []
    for message in messages:
        time, kind = message.mark.time, message.bootp.kind
        current = attempts[-1] if attempts else None
        anew = current is None or time - current.ended > NEW_ATTEMPT_AFTER
        if current is not None and kind == dhcp.DISCOVER and {"ack", "proxy"} & set(current.times):
            anew = True
        if anew and message.bootp.request:
            attempts.append(Boot(mac, time, time))
        if attempts:
            note(judgement, attempts[-1], message)
    return attempts


def note(judgement: Judgement, boot: Boot, message: Message) -> None:
    """Enter one DHCP message."""
    mark, bootp = message
    line = judgement.table.raw[mark.flow]
    boot.pxe |= bootp.pxe
    boot.dhcp_flows.add(mark.flow)
    boot.ended = max(boot.ended, mark.time)
    if net.PXE in (int(line[r.F_PORT0]), int(line[r.F_PORT1])):
        boot.reach("proxy", mark.time)
        boot.proxy_answered |= not bootp.request
    elif stage := STAGE_OF.get((bootp.request, bootp.kind)):
        boot.reach(stage, mark.time)
    boot.refused_lease |= not bootp.request and bootp.kind == dhcp.NAK
    if bootp.request and bootp.client_ip != NONE:
        boot.client_ip = bootp.client_ip
    if not bootp.request:
        if bootp.your_ip != NONE:
            boot.client_ip = bootp.your_ip
        code = judgement.hosts.orig[mark.flow] if mark.from_orig else judgement.hosts.resp[mark.flow]
        server = judgement.hosts.names[int(code)][0]
        if server not in boot.servers:
            boot.servers.append(server)


def follow(judgement: Judgement, boot: Boot, until: int | None) -> None:
    """What the client did with its address: files by TFTP, then the connection to the agent's port."""
    machine = judgement.site.machine(boot.client_ip or NONE, boot.client_mac)
    boot.machine = machine.name if machine else ""
    if not boot.client_ip:
        return
    table, hosts = judgement.table, judgement.hosts
    codes = [code for code, (address, _) in enumerate(hosts.names) if address == boot.client_ip]
    late = table.column(r.F_FIRST) < until if until is not None else True
    own = np.isin(hosts.orig, codes) & (table.column(r.F_FIRST) >= boot.started) & late
    asks = own & (table.column(r.F_PROTO) == net.UDP) & (table.column(r.F_PORT1) == net.TFTP)
    for flow in np.flatnonzero(asks).tolist():
        transfer = transfer_of(judgement, flow)
        boot.transfers.append(transfer)
        boot.reach("tftp", int(table.raw[flow, r.F_FIRST]))
        boot.ended = max(boot.ended, transfer.ended)
    ports = agent_ports(judgement)
    agents = own & (table.column(r.F_PROTO) == net.TCP) & np.isin(table.column(r.F_PORT1), ports)
    for flow in np.flatnonzero(agents).tolist()[:1]:
        boot.agent_flow = flow
        boot.reach("agent", int(table.raw[flow, r.F_FIRST]))


def agent_ports(judgement: Judgement) -> list[int]:
    """The ports of the rows that end a boot."""
    rules = [rule for rule in judgement.rules.rules if rule.stage == "agent"]
    return [port for rule in rules if (port := responder_port(rule, judgement.site)) is not None]


def conclude(judgement: Judgement, boot: Boot) -> None:
    """How the attempt ended: the first line that fits."""
    agent = OUTCOMES[judgement.outcome[boot.agent_flow]] if boot.agent_flow >= 0 else None
    left = max((view.last for view in judgement.views), default=0) - boot.ended
    waiting = left < AGENT_WAIT
    if agent is Outcome.ESTABLISHED:
        boot.status, boot.stalled_at, boot.why = BootStatus.COMPLETE, "", "The agent's connection was established."
        return
    boot.stalled_at, boot.why = stall(boot, agent)
    blind = unseen_answer(judgement, boot)
    if blind:
        boot.status, boot.why = BootStatus.NOT_OBSERVABLE, f"{boot.why} {blind}"
    elif waiting:
        boot.status = BootStatus.NOT_OBSERVABLE
        boot.why += " The capture ends too soon afterwards to tell."


ENDINGS = {
    Ending.FAILED: "The last file ended with a TFTP error.",
    Ending.STOPPED: "The last file stopped before its end.",
    Ending.SILENT: "The last file's request was not answered.",
    Ending.UNREACHABLE: "The last file's request was answered by ICMP unreachable.",
}

STALLS: tuple[tuple[Callable[[Boot], bool], str, str], ...] = (
    (
        lambda boot: boot.got_last_file,
        "agent",
        "The last file arrived whole, and no connection to the agent's port followed.",
    ),
    *((lambda boot, ending=ending: boot.last_ending is ending, "tftp", why) for ending, why in ENDINGS.items()),
    (lambda boot: boot.proxy_answered, "tftp", "The boot server answered on port 4011, and no file was asked for."),
    (lambda boot: "proxy" in boot.times, "proxy", "The request on port 4011 was not answered."),
    (lambda boot: "ack" in boot.times, "tftp", "An address was assigned, and no file was asked for."),
    (lambda boot: boot.refused_lease, "ack", "The server refused the address (NAK)."),
    (lambda boot: "request" in boot.times, "ack", "The request for the offered address was not answered."),
    (lambda boot: "offer" in boot.times, "request", "An offer came, and the client asked for none."),
    (lambda _: True, "offer", "No offer came."),
)
"""Where an attempt that is not complete stuck: the first line that fits gives the stage that did not come about, and
why."""


def stall(boot: Boot, agent: Outcome | None) -> tuple[str, str]:
    """(the stage that did not come about, why), for an attempt that is not complete."""
    if agent is not None:
        return "agent", f"The connection to the agent's port got no service: {agent.value}."
    return next((stage, why) for fits, stage, why in STALLS if fits(boot))


def unseen_answer(judgement: Judgement, boot: Boot) -> str:
    """Why the missing stage could not have been seen; nothing where it could."""
    if boot.stalled_at not in ("offer", "ack"):
        return ""
    reasons = {judgement.unseen[flow] for flow in boot.dhcp_flows} - {""}
    return f"An answer could not have been seen: {sorted(reasons)[0]}." if reasons else ""
