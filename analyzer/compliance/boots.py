"""PXE boots, told stage by stage from headers: who asked, who answered, what it loaded, where it stuck.

Sources: the PXE specification 2.1, RFC 2131, RFC 1350, and the table's own rows (their ``stage``).
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.compliance import dhcp
from analyzer.compliance.dhcp import Message, proxy_port, sender_of
from analyzer.compliance.facts import role_mask
from analyzer.compliance.judge import DHCP_ANSWERERS, Judgement
from analyzer.compliance.outcome import OUTCOMES
from analyzer.compliance.tftp import Ending, Transfer, transfer_of
from analyzer.flows import record as r
from analyzer.text import clip
from analyzer.values import BootStatus, Outcome

STAGES = ("discover", "offer", "request", "ack", "proxy", "tftp", "agent")
STAGE_OF = {
    (True, dhcp.DISCOVER): "discover",
    (False, dhcp.OFFER): "offer",
    (True, dhcp.REQUEST): "request",
    (False, dhcp.ACK): "ack",
}
"""The stage that a DHCP message is, by (asked by the client, message type)."""
ANSWERS = {dhcp.OFFER: "offer", dhcp.ACK: "ack", dhcp.NAK: "nak"}
NEW_ATTEMPT_AFTER = 60_000_000_000
AGENT_WAIT = 5_000_000_000
"""A capture that ends sooner than this after the last file says nothing about what the machine did next."""
NO_BOOT = dhcp.WANT_NO_ANSWER | {dhcp.INFORM}
"""Message types that are no step of a boot."""
LATEST = 1 << 62
LONGEST_ERROR = 120


@dataclass(frozen=True)
class Answer:
    """What a server offered or acknowledged. ``listed``: a row has such answers from this server; ``server_id``: how it
    calls itself, which behind a relay is not who sent it. Texts are the network's own."""

    time: int
    server: str
    server_id: str
    kind: str
    address: str
    boot_server: str
    boot_file: str
    listed: bool


@dataclass
class Boot:
    """One attempt, the ``number``-th of ``attempts`` of this client. ``times``: stage -> nanoseconds of its first sign.
    ``agent_flow``: its connection to the agent's port. ``architecture``: -1 where none was stated."""

    client_mac: str
    started: int
    ended: int
    addresses: dict[str, None] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    servers: dict[str, None] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    agent_flow: int = -1
    refused_lease: bool = False
    proxy_answered: bool = False
    proxy_file: str = ""
    boot_named: bool = False
    pxe: bool = False
    uuid: str = ""
    architecture: int = -1
    xids: dict[int, None] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    number: int = 1
    attempts: int = 1
    dhcp_flows: set[int] = field(default_factory=set)
    requests: set[int] = field(default_factory=set)
    machine: str = ""
    status: BootStatus = BootStatus.STALLED
    stalled_at: str = ""
    why: str = ""

    @property
    def client_ip(self) -> str:
        """The address of the lease that the boot began with."""
        return next(iter(self.addresses), "")

    @property
    def furthest(self) -> str:
        return max(self.times, key=STAGES.index, default="")

    @property
    def unlisted(self) -> list[str]:
        """Servers that answered although no row has them answer."""
        return list(dict.fromkeys(answer.server for answer in self.answers if not answer.listed))

    @property
    def got_file(self) -> bool:
        """Whether a whole file came on a row of the table."""
        return any(transfer.by_row and transfer.ending is Ending.COMPLETE for transfer in self.transfers)

    @property
    def last_ending(self) -> Ending | None:
        return self.transfers[-1].ending if self.transfers else None

    @property
    def got_last_file(self) -> bool:
        return self.last_ending is Ending.COMPLETE and self.transfers[-1].from_server

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
        for boot, following in zip_longest(attempts, attempts[1:]):
            follow(judgement, boot, following.started if following else None)
        attempts = [boot for boot in attempts if boot.pxe or boot.transfers or boot.agent_flow >= 0]
        for number, boot in enumerate(attempts, 1):
            boot.number, boot.attempts = number, len(attempts)
            conclude(judgement, boot)
        boots += attempts
    return sorted(boots, key=lambda boot: (boot.started, boot.client_mac))


def attempts_of(judgement: Judgement, mac: str, messages: list[Message]) -> list[Boot]:
    """One client's DHCP messages, cut where it began to boot anew."""
    attempts: list[Boot] = []
    for message in messages:
        if message.bootp.kind in NO_BOOT:
            continue
        if message.bootp.request and (not attempts or begins_anew(attempts[-1], message)):
            attempts.append(Boot(mac, message.mark.time, message.mark.time))
        if attempts:
            note(judgement, attempts[-1], message)
    return attempts


def begins_anew(current: Boot, message: Message) -> bool:
    """Whether a client's message starts another attempt: its ROM asks again after a lease or a minute's silence. The
    system that a boot loaded takes a lease of its own, without PXEClient, and goes on with the same attempt."""
    mark, bootp = message
    if current.pxe and not bootp.pxe:
        return False
    leased = bool({"ack", "proxy"} & set(current.times))
    silence = mark.time - current.ended > NEW_ATTEMPT_AFTER
    return silence or (bootp.kind == dhcp.DISCOVER and (leased or bootp.pxe is not current.pxe))


def note(judgement: Judgement, boot: Boot, message: Message) -> None:
    """Enter one DHCP message."""
    mark, bootp = message
    boot.pxe |= bootp.pxe
    boot.xids.setdefault(bootp.xid)
    boot.dhcp_flows.add(mark.flow)
    if bootp.request:
        boot.requests.add(mark.flow)
    boot.ended = max(boot.ended, mark.time)
    if proxy_port(judgement.table, mark.flow):
        boot.reach("proxy", mark.time)
        boot.proxy_answered |= not bootp.request
        boot.proxy_file = boot.proxy_file or ("" if bootp.request else bootp.boot_file)
    elif stage := STAGE_OF.get((bootp.request, bootp.kind)):
        boot.reach(stage, mark.time)
    address = bootp.client_ip if bootp.request else bootp.your_ip
    if address != dhcp.NO_ADDRESS:
        boot.addresses.setdefault(address)
    if bootp.request:
        boot.uuid = boot.uuid or bootp.uuid
        boot.architecture = bootp.architecture if boot.architecture < 0 else boot.architecture
    else:
        note_answer(judgement, boot, message)


def note_answer(judgement: Judgement, boot: Boot, message: Message) -> None:
    """Enter what a server said."""
    mark, bootp = message
    boot.refused_lease |= bootp.kind == dhcp.NAK
    boot.boot_named |= bool(bootp.boot_file) or bootp.pxe
    code = sender_of(judgement.hosts, mark)
    server = judgement.hosts.names[code][0]
    boot.servers.setdefault(server)
    listed = bool(judgement.known.roles[code] & DHCP_ANSWERERS) or bool(judgement.known.relay[code])
    boot.answers.append(
        Answer(
            time=mark.time,
            server=server,
            server_id=bootp.server_id,
            kind=ANSWERS.get(bootp.kind, "reply"),
            address="" if bootp.your_ip == dhcp.NO_ADDRESS else bootp.your_ip,
            boot_server=bootp.boot_server,
            boot_file=bootp.boot_file,
            listed=listed,
        )
    )


def follow(judgement: Judgement, boot: Boot, until: int | None) -> None:
    """What the client did with its address: files by TFTP, then the connection to the agent - as the rows have them."""
    for address, mac in judgement.holders.items():
        if mac == boot.client_mac:
            boot.addresses.setdefault(address)
    machine = judgement.site.machine(boot.client_ip or dhcp.NO_ADDRESS, boot.client_mac)
    boot.machine = machine.name if machine else ""
    table, hosts = judgement.table, judgement.hosts
    codes = [code for code, (address, _) in enumerate(hosts.names) if address in boot.addresses]
    begins = table.column(r.F_FIRST)
    own = np.isin(hosts.orig, codes) & (begins >= boot.started) & (begins < (until or LATEST))
    asks = (judgement.facts.proto == net.UDP) & (judgement.facts.resp_p == net.TFTP)
    from_server = of_stage(judgement, "tftp")
    for flow in np.flatnonzero(own & asks).tolist():
        transfer = transfer_of(judgement, flow, from_server=bool(from_server[flow]))
        if transfer.asked.writes:
            continue
        boot.transfers.append(transfer)
        boot.reach("tftp", int(begins[flow]))
        boot.ended = max(boot.ended, transfer.ended)
    agents = np.flatnonzero(own & of_stage(judgement, "agent")).tolist()
    if agents:
        served = [flow for flow in agents if OUTCOMES[judgement.outcome[flow]] is Outcome.ESTABLISHED]
        boot.agent_flow = (served or agents)[0]
        boot.reach("agent", int(begins[agents[0]]))


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
    error = boot.transfers[-1].error if boot.transfers and boot.last_ending is Ending.FAILED else ""
    return stage, f"{why} It says: {clip(error, LONGEST_ERROR)}." if error else why


def unseen_answer(judgement: Judgement, boot: Boot) -> str:
    """Why the missing stage could not have been seen; nothing where it could."""
    if boot.stalled_at not in ("offer", "ack"):
        return ""
    reasons = {judgement.unseen[flow] for flow in boot.requests} - {""}
    return f"An answer could not have been seen: {sorted(reasons)[0]}." if reasons else ""
