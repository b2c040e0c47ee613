"""One attempt to boot, with what was captured of it."""

from dataclasses import dataclass, field
from typing import NamedTuple

from analyzer.compliance.boots.downloads import Ending, Transfer
from analyzer.compliance.exchanges.dhcp import EARLIER
from analyzer.messages import Message
from analyzer.values import STAGES, BootStatus


@dataclass(frozen=True)
class DhcpAnswer:
    """What a server offered or acknowledged. ``listed``: a row has such answers from this server; ``server_id``: how it
    calls itself; behind a relay that is not the sender. Texts are those of the packets."""

    time: int
    server: str
    server_id: str
    kind: str
    address: str
    boot_server: str
    boot_file: str
    listed: bool


class AgentConnection(NamedTuple):
    """A connection to the agent's port."""

    flow: int
    began: int
    served: bool


@dataclass
class BootAttempt:
    """One attempt, the ``number``-th of ``attempts`` of this client. ``times``: stage -> nanoseconds of its first
    packet. ``ended``: of its last step; ``addresses``: those it was assigned or used, ``leased``: it has one since its
    last discover; ``boot_server_offered``: when one first did, without an address; ``agent_flow``: its connection to
    the agent's port. ``declined``: the client gave its address back, since another host uses it. ``architecture``: -1
    where none was stated. ``proxy_asked``: transactions of its requests to port 4011. ``acknowledged``: transaction ->
    when it first was; ``request_repeated``: the client asked again after that; ``acknowledged_elsewhere``: (address,
    relay), an ACK that was sent to another address than the relay's."""

    client_mac: str
    started: int
    ended: int
    addresses: dict[str, None] = field(default_factory=dict)
    leased: bool = False
    times: dict[str, int] = field(default_factory=dict)
    servers: dict[str, None] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    agent_flow: int = -1
    agent_served: bool = False
    refused_lease: bool = False
    declined: bool = False
    acknowledged: dict[int, int] = field(default_factory=dict)
    request_repeated: bool = False
    acknowledged_elsewhere: tuple[str, str] | None = None
    boot_server_offered: int = -1
    proxy_asked: set[int] = field(default_factory=set)
    proxy_answered: bool = False
    proxy_unreachable: bool = False
    proxy_file: str = ""
    boot_named: bool = False
    pxe: bool = False
    uuid: str = ""
    architecture: int = -1
    xids: dict[int, None] = field(default_factory=dict)
    answers: list[DhcpAnswer] = field(default_factory=list)
    number: int = 1
    attempts: int = 1
    dhcp_flows: set[int] = field(default_factory=set)
    requests: set[int] = field(default_factory=set)
    vantages: set[int] = field(default_factory=set)
    machine: str = ""
    status: BootStatus = BootStatus.STALLED
    stalled_at: str = ""
    why: tuple[Message, ...] = ()

    @property
    def client_ip(self) -> str:
        """The address of the lease that the boot began with; without one the only address that it was offered."""
        offered = {answer.address for answer in self.answers} - {""}
        return next(iter(self.addresses), offered.pop() if len(offered) == 1 else "")

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
    def answer_seen(self) -> bool:
        """Whether the answer to its request was captured, and is not what the boot waits for."""
        return self.refused_lease or self.declined or self.request_repeated

    @property
    def other_file(self) -> str:
        """The first file that was requested, if the answers before it named others only; else nothing."""
        if not self.transfers:
            return ""
        first = self.transfers[0]
        named = self.files_named_before(first.began)
        return first.asked.file if named and first.asked.file not in named else ""

    def files_named_before(self, time: int) -> list[str]:
        """The boot files that answers named until ``time``."""
        names = (answer.boot_file for answer in self.answers if answer.time <= time + EARLIER)
        return list(dict.fromkeys(name for name in names if name))

    @property
    def last_ending(self) -> Ending | None:
        return self.transfers[-1].ending if self.transfers else None

    @property
    def got_last_file(self) -> bool:
        return self.last_ending is Ending.COMPLETE and self.transfers[-1].from_server

    def reach(self, stage: str, time: int) -> None:
        self.times.setdefault(stage, time)
        self.ended = max(self.ended, time)
