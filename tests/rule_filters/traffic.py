"""Packets of every row at the site of ``site.yaml``, and near misses: packets that differ from them in one field.

Written by hand from the table and its footnotes, without the code that makes the filters.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from scapy.layers.inet import ICMP, TCP, UDP
from scapy.layers.tftp import TFTP, TFTP_ACK, TFTP_DATA, TFTP_OACK, TFTP_RRQ

from analyzer.rule_filters.losses import LossCode
from tests.packets import EVERYBODY, Framing, Host, Packet, Wire

SERVER, SERVER6 = Host("10.0.0.5"), Host("2001:db8::5")
DHCP, RELAY = Host("10.0.0.6"), Host("10.0.2.1")
ONE, IN_RANGE, IN_NETWORK, SIX = Host("10.0.0.21"), Host("10.0.2.13"), Host("10.0.4.9"), Host("2001:db8:0:6::21")
BY_MAC = Host("10.0.0.77", "02:aa:aa:aa:aa:01")
BUILDER, BUILDER6, CONSOLE = Host("10.0.0.50"), Host("2001:db8::50"), Host("10.0.0.60")
STRANGER, STRANGER6 = Host("10.0.0.99"), Host("2001:db8::99")
BLANK, BLANK_STRANGER = Host("0.0.0.0", ONE.mac), Host("0.0.0.0", "02:99:99:99:99:99")
MACHINES = (ONE, IN_RANGE, IN_NETWORK)
OUTSIDE = (Host("10.0.2.14"), Host("10.0.2.9"), Host("10.0.4.16"))
"""Next to the range and the network of the profile."""
FLOOR_2, FLOOR_4 = Host("10.0.2.63"), Host("10.0.4.255")
OWN_BROADCAST, WRONG_LENGTH = Host("10.0.1.255"), Host("10.0.2.255")
GROUP, OTHER_GROUP, LINK_GROUP = Host("239.1.2.3"), Host("232.9.9.9"), Host("224.0.0.251")
GROUP6, LINK_GROUP6 = Host("ff15::77"), Host("ff02::fb")

SECONDS_BETWEEN = 600
"""Between two cases, so that they are always two flows."""

SINGLE = {"bpf": LossCode.EACH_PACKET, "wireshark": LossCode.EACH_PACKET}
NO_REQUEST = {"bpf": LossCode.TRANSFER_WITHOUT_REQUEST, "wireshark": LossCode.TRANSFER_WITHOUT_REQUEST}
TO_MAC = {"nftables": LossCode.NO_TARGET_HARDWARE_ADDRESS}
ANY_MAC = dict.fromkeys(("bpf", "wireshark", "nftables"), LossCode.ANY_HARDWARE_ADDRESS)


@dataclass(frozen=True)
class Sent:
    """A packet. ``of_row``: whether the row covers it. ``lossy``: targets with another result, and the code for it."""

    packet: Packet
    of_row: bool
    lossy: Mapping[str, LossCode]

    @property
    def frame(self) -> bytes:
        return Framing().frame(self.packet)

    def taken_by(self, target: str) -> bool:
        return self.of_row != (target in self.lossy)


@dataclass
class Case:
    """Packets that follow one another, apart from those of every other case."""

    name: str
    sent: list[Sent] = field(default_factory=list)


@dataclass
class Traffic:
    """The cases of one row."""

    row: str
    wire: Wire = field(default_factory=Wire)
    cases: list[Case] = field(default_factory=list)

    @contextmanager
    def takes(self, name: str, lossy: Mapping[str, LossCode] | None = None, *, then: bool = False) -> Iterator[Wire]:
        """``then``: the packets go on in the case before."""
        yield from self._record(name, lossy or {}, of_row=True, then=then)

    @contextmanager
    def refuses(self, name: str, lossy: Mapping[str, LossCode] | None = None, *, then: bool = False) -> Iterator[Wire]:
        yield from self._record(name, lossy or {}, of_row=False, then=then)

    def _record(self, name: str, lossy: Mapping[str, LossCode], *, of_row: bool, then: bool) -> Iterator[Wire]:
        if not then:
            self.cases.append(Case(name))
            self.wire.wait(SECONDS_BETWEEN)
        begin = len(self.wire.packets)
        yield self.wire
        self.cases[-1].sent += [Sent(packet, of_row, lossy) for packet in self.wire.packets[begin:]]


def both(wire: Wire, client: Host, port: int, server: Host, server_port: int) -> None:
    """A datagram and its answer."""
    wire.udp(client, port, server, server_port, b"x" * 20)
    wire.udp(server, server_port, client, port, b"y" * 20)


def power_on() -> Traffic:
    row = Traffic("power-on")
    for to, machine in ((EVERYBODY, ONE), (FLOOR_2, IN_RANGE), (FLOOR_4, IN_NETWORK)):
        with row.takes(f"to {to.ip}") as wire:
            wire.magic(SERVER, to, machine.mac)
    with row.refuses("protocol") as wire:
        wire.syn(SERVER, 49_000, FLOOR_2, 5561)
    with row.refuses("port") as wire:
        wire.magic(SERVER, EVERYBODY, ONE.mac, 5562)
    with row.refuses("originator") as wire:
        wire.magic(STRANGER, EVERYBODY, ONE.mac)
    with row.refuses("direction") as wire:
        wire.magic(ONE, EVERYBODY, ONE.mac)
    for name, to in (("own segment's", OWN_BROADCAST), ("wrong prefix length", WRONG_LENGTH), ("unicast", ONE)):
        with row.refuses(f"addressing: {name}") as wire:
            wire.magic(SERVER, to, ONE.mac)
    with row.refuses("an ICMP error that repeats it") as wire:
        wire.icmp_error(RELAY, wire.packets[1], 3, 13)
    everywhere = dict.fromkeys(("bpf", "wireshark", "nftables"), LossCode.WOKEN_MACHINE)
    with row.refuses("addressing: a machine of floor-4 woken in floor-2", everywhere) as wire:
        wire.magic(SERVER, FLOOR_2, IN_NETWORK.mac)
    return row


def shutdown() -> Traffic:
    row = Traffic("shutdown")
    for machine in MACHINES:
        with row.takes(f"to {machine.ip}") as wire:
            wire.tcp(SERVER, 40_001, machine, 56_010)
    with row.takes("IPv6") as wire:
        wire.tcp(SERVER6, 40_001, SIX, 56_010)
    with row.takes("refused by the machine") as wire:
        wire.refused(SERVER, 40_001, ONE, 56_010)
    with row.takes("a machine known by MAC", TO_MAC) as wire:
        wire.syn(SERVER, 40_001, BY_MAC, 56_010)
    with row.takes("its answer", then=True) as wire:
        wire.segment(BY_MAC, 56_010, SERVER, 40_001, "SA", seq=5, ack=1001)
    with row.refuses("protocol") as wire:
        wire.udp(SERVER, 40_001, ONE, 56_010)
    with row.refuses("port") as wire:
        wire.tcp(SERVER, 40_001, ONE, 56_011)
    with row.refuses("originator") as wire:
        wire.tcp(STRANGER, 40_001, ONE, 56_010)
    for other in (STRANGER, *OUTSIDE):
        with row.refuses(f"responder: {other.ip}") as wire:
            wire.tcp(SERVER, 40_001, other, 56_010)
    with row.refuses("responder: IPv6") as wire:
        wire.tcp(SERVER6, 40_001, STRANGER6, 56_010)
    with row.refuses("direction") as wire:
        wire.tcp(ONE, 40_001, SERVER, 56_010)
    with row.refuses("direction: from the agent's port") as wire:
        wire.segment(ONE, 56_010, SERVER, 40_002, "S", seq=100)
        wire.segment(SERVER, 40_002, ONE, 56_010, "SA", seq=200, ack=101)
    with row.refuses("and on", SINGLE, then=True) as wire:
        wire.segment(ONE, 56_010, SERVER, 40_002, "A", seq=101, ack=201)
        wire.segment(SERVER, 40_002, ONE, 56_010, "PA", seq=201, ack=101, data=b"x")
    with row.refuses("direction: in the middle of a connection", SINGLE) as wire:
        wire.segment(ONE, 56_010, SERVER, 40_003, "A", seq=1, ack=1)
    with row.refuses("an ICMP error that repeats it") as wire:
        wire.icmp_error(ONE, wire.packets[0], 3, 3)
    return row


def dhcp_request() -> Traffic:
    row = Traffic("boot-dhcp-request")
    with row.takes("without an address") as wire:
        wire.dhcp(BLANK, EVERYBODY, "discover", ONE)
    with row.takes("renewed with the DHCP server") as wire:
        wire.dhcp(ONE, DHCP, "request", ONE)
        wire.dhcp(DHCP, ONE, "ack", ONE)
    with row.takes("to the DPM Server") as wire:
        wire.dhcp(IN_RANGE, SERVER, "request", IN_RANGE)
    with row.takes("broadcast with an address") as wire:
        wire.dhcp(IN_NETWORK, EVERYBODY, "inform", IN_NETWORK)
    with row.takes("through a relay") as wire:
        wire.dhcp(RELAY, DHCP, "discover", IN_RANGE, sport=67)
        wire.dhcp(DHCP, RELAY, "offer", IN_RANGE, dport=67)
    with row.takes("from a machine known by MAC") as wire:
        wire.dhcp(BY_MAC, DHCP, "request", BY_MAC)
    with row.refuses("protocol") as wire:
        wire.syn(ONE, 68, DHCP, 67)
    with row.refuses("port") as wire:
        both(wire, ONE, 68, DHCP, 66)
    with row.refuses("client port") as wire:
        both(wire, ONE, 69, DHCP, 67)
    with row.refuses("client port without an address") as wire:
        wire.dhcp(BLANK, EVERYBODY, "request", ONE, sport=69)
    with row.refuses("originator") as wire:
        both(wire, STRANGER, 68, DHCP, 67)
    with row.refuses("originator: no relay") as wire:
        both(wire, STRANGER, 67, DHCP, 67)
    with row.refuses("originator: without an address, another MAC", ANY_MAC) as wire:
        wire.dhcp(BLANK_STRANGER, EVERYBODY, "discover", BLANK_STRANGER)
    with row.refuses("responder") as wire:
        both(wire, ONE, 68, STRANGER, 67)
    with row.refuses("responder: through a relay") as wire:
        both(wire, RELAY, 67, STRANGER, 67)
    with row.refuses("port: through a relay") as wire:
        both(wire, RELAY, 67, DHCP, 66)
    with row.refuses("client port: through a relay") as wire:
        both(wire, RELAY, 69, DHCP, 67)
    with row.refuses("addressing: directed broadcast") as wire:
        wire.dhcp(ONE, FLOOR_2, "request", ONE)
    with row.refuses("addressing: unicast without an address") as wire:
        wire.dhcp(BLANK, DHCP, "request", ONE)
    with row.refuses("direction") as wire:
        wire.udp(DHCP, 68, ONE, 67)
    with row.refuses("direction: an answer that nobody asked for", SINGLE) as wire:
        wire.dhcp(DHCP, ONE, "ack", ONE)
    return row


def dhcp_reply() -> Traffic:
    row = Traffic("boot-dhcp-reply")
    for sender, to in ((DHCP, ONE), (DHCP, EVERYBODY), (SERVER, IN_RANGE), (RELAY, IN_NETWORK)):
        with row.takes(f"{sender.ip} to {to.ip}") as wire:
            wire.dhcp(sender, to, "offer", ONE)
    with row.refuses("the request") as wire:
        wire.dhcp(ONE, DHCP, "request", ONE)
    with row.takes("its answer", then=True) as wire:
        wire.dhcp(DHCP, ONE, "ack", ONE)
    with row.takes("a machine known by MAC", TO_MAC) as wire:
        wire.dhcp(DHCP, BY_MAC, "ack", BY_MAC)
    with row.refuses("protocol") as wire:
        wire.syn(DHCP, 67, ONE, 68)
    with row.refuses("port") as wire:
        wire.dhcp(DHCP, ONE, "offer", ONE, dport=69)
    with row.refuses("client port") as wire:
        wire.dhcp(DHCP, ONE, "offer", ONE, sport=66)
    with row.refuses("originator") as wire:
        wire.dhcp(STRANGER, ONE, "offer", ONE)
    with row.refuses("responder") as wire:
        wire.dhcp(DHCP, STRANGER, "offer", STRANGER)
    with row.refuses("addressing: directed broadcast") as wire:
        wire.dhcp(DHCP, FLOOR_2, "offer", ONE)
    with row.refuses("direction") as wire:
        wire.udp(ONE, 67, DHCP, 68)
    return row


def pxe(port: int) -> Traffic:
    row = Traffic(f"boot-pxe-{port}")
    for machine in MACHINES:
        with row.takes(f"from {machine.ip}") as wire:
            wire.proxy(machine, SERVER, port)
    with row.takes("IPv6") as wire:
        wire.udp(SIX, port, SERVER6, 4011)
        wire.udp(SERVER6, 4011, SIX, port)
    with row.takes("from a machine known by MAC") as wire:
        wire.dhcp(BY_MAC, SERVER, "request", BY_MAC, sport=port, dport=4011)
    with row.takes("and to it", TO_MAC, then=True) as wire:
        wire.dhcp(SERVER, BY_MAC, "ack", BY_MAC, sport=4011, dport=port)
    with row.refuses("protocol") as wire:
        wire.syn(ONE, port, SERVER, 4011)
    with row.refuses("port") as wire:
        both(wire, ONE, port, SERVER, 4012)
    with row.refuses("client port") as wire:
        both(wire, ONE, port + 1, SERVER, 4011)
    with row.refuses("originator") as wire:
        both(wire, STRANGER, port, SERVER, 4011)
    with row.refuses("responder") as wire:
        both(wire, ONE, port, DHCP, 4011)
    with row.refuses("addressing") as wire:
        wire.udp(ONE, port, EVERYBODY, 4011)
    with row.refuses("direction: an answer that nobody asked for", SINGLE) as wire:
        wire.udp(SERVER, 4011, ONE, port)
    if port != 4011:
        with row.refuses("direction") as wire:
            wire.udp(SERVER, port, ONE, 4011)
    return row


def read_request(wire: Wire, client: Host, port: int, server: Host) -> None:
    wire.udp(client, port, server, 69, TFTP() / TFTP_RRQ(filename=b"boot.0"))


def transfer(wire: Wire, client: Host, port: int, server: Host, server_port: int) -> None:
    wire.udp(server, server_port, client, port, TFTP() / TFTP_OACK())
    wire.udp(client, port, server, server_port, TFTP() / TFTP_ACK(block=0))
    wire.udp(server, server_port, client, port, TFTP() / TFTP_DATA(block=1) / bytes(300))
    wire.udp(client, port, server, server_port, TFTP() / TFTP_ACK(block=1))


def tftp_near_misses(row: Traffic) -> None:
    """What is no transfer, after a request of the client's port 2071."""
    for name, client, port, server, server_port in (
        ("server's port", ONE, 2071, SERVER, 900),
        ("responder", STRANGER, 2071, SERVER, 50_000),
        ("originator", ONE, 2071, DHCP, 50_000),
    ):
        with row.refuses(f"transfer: {name}", then=True) as wire:
            transfer(wire, client, port, server, server_port)
    with row.refuses("transfer: another port than that of the request", NO_REQUEST, then=True) as wire:
        transfer(wire, ONE, 2072, SERVER, 50_000)
    with row.refuses("transfer: other octets", then=True) as wire:
        wire.udp(SERVER, 50_000, ONE, 2071, b"\0\1boot.0\0octet\0")
        wire.udp(SERVER, 50_000, ONE, 2071, b"\0\7")
        wire.udp(ONE, 2071, SERVER, 50_000, b"\1\3")
    with row.refuses("transfer: protocol", then=True) as wire:
        wire.segment(SERVER, 50_000, ONE, 2071, "PA", data=b"\0\3\0\1")
    with row.refuses("transfer: without a request", NO_REQUEST) as wire:
        transfer(wire, ONE, 2071, SERVER, 50_000)


def tftp_request() -> Traffic:
    row = Traffic("boot-tftp-request")
    for machine in MACHINES:
        with row.takes(f"{machine.ip}, a transfer from a port of its own") as wire:
            read_request(wire, machine, 2070, SERVER)
            transfer(wire, machine, 2070, SERVER, 50_000)
    with row.takes("IPv6") as wire:
        read_request(wire, SIX, 2070, SERVER6)
        transfer(wire, SIX, 2070, SERVER6, 50_000)
    with row.takes("a transfer from port 69") as wire:
        read_request(wire, ONE, 2071, SERVER)
        transfer(wire, ONE, 2071, SERVER, 69)
    with row.takes("a request") as wire:
        read_request(wire, ONE, 2071, SERVER)
    tftp_near_misses(row)
    with row.refuses("protocol") as wire:
        wire.syn(ONE, 2071, SERVER, 69)
    with row.refuses("port") as wire:
        both(wire, ONE, 2071, SERVER, 70)
    with row.refuses("originator") as wire:
        both(wire, STRANGER, 2071, SERVER, 69)
    with row.refuses("responder") as wire:
        both(wire, ONE, 2071, DHCP, 69)
    with row.refuses("direction") as wire:
        both(wire, SERVER, 2071, ONE, 69)
    return row


def tftp_reply() -> Traffic:
    row = Traffic("boot-tftp-reply")
    with row.takes("from port 69") as wire:
        wire.udp(SERVER, 69, ONE, 2070, TFTP() / TFTP_DATA(block=1) / bytes(100))
    for machine, server in ((IN_RANGE, SERVER), (SIX, SERVER6)):
        with row.refuses(f"the request of {machine.ip}") as wire:
            read_request(wire, machine, 2070, server)
        with row.takes("its transfer", then=True) as wire:
            transfer(wire, machine, 2070, server, 50_000)
    with row.refuses("the request") as wire:
        read_request(wire, ONE, 2071, SERVER)
    tftp_near_misses(row)
    with row.refuses("protocol") as wire:
        wire.syn(SERVER, 69, ONE, 2070)
    with row.refuses("port") as wire:
        wire.udp(SERVER, 70, ONE, 2070, TFTP() / TFTP_ACK(block=1) / b"x")
    with row.refuses("originator") as wire:
        wire.udp(STRANGER, 69, ONE, 2070, TFTP() / TFTP_DATA(block=1))
    with row.refuses("responder") as wire:
        wire.udp(SERVER, 69, STRANGER, 2070, TFTP() / TFTP_DATA(block=1))
    with row.refuses("direction") as wire:
        wire.udp(ONE, 69, SERVER, 2070, b"x")
    return row


@dataclass(frozen=True)
class Opened:
    """A row of TCP, as its connections are: client's port (None: any), the server's port."""

    row: str
    clients: tuple[Host, ...]
    client_port: int | None
    port: int


def connections(opened: Opened) -> Traffic:
    """A row whose connections go to the DPM Server."""
    row = Traffic(opened.row)
    port, own = opened.port, opened.client_port or 40_100
    for client in opened.clients:
        with row.takes(f"from {client.ip}") as wire:
            wire.tcp(client, own, SERVER6 if ":" in client.ip else SERVER, port)
    client = opened.clients[0]
    with row.takes("reset") as wire:
        wire.tcp(client, own, SERVER, port, end="rst")
    with row.refuses("protocol") as wire:
        wire.udp(client, own, SERVER, port)
    with row.refuses("port") as wire:
        wire.tcp(client, own, SERVER, port + 1)
    if opened.client_port:
        with row.refuses("client port") as wire:
            wire.tcp(client, own + 1, SERVER, port)
    with row.refuses("originator") as wire:
        wire.tcp(STRANGER, own, SERVER, port)
    with row.refuses("responder") as wire:
        wire.tcp(client, own, DHCP, port)
    with row.refuses("direction") as wire:
        wire.syn(SERVER, own, client, port)
    with row.refuses("direction: from the service's port") as wire:
        wire.segment(SERVER, port, client, own, "S", seq=100)
        wire.segment(client, own, SERVER, port, "SA", seq=200, ack=101)
    with row.refuses("and on", SINGLE, then=True) as wire:
        wire.segment(SERVER, port, client, own, "A", seq=101, ack=201)
        wire.segment(client, own, SERVER, port, "PA", seq=201, ack=101, data=b"x")
    with row.refuses("direction: in the middle of a connection", SINGLE) as wire:
        wire.segment(SERVER, port, client, own, "A", seq=1, ack=1)
    return row


def command_line() -> Traffic:
    row = connections(Opened("command-line", (CONSOLE,), None, 8080))
    with row.refuses("port: the default, which the profile changes (footnote *10)") as wire:
        wire.tcp(CONSOLE, 40_100, SERVER, 80)
    return row


def server_internal() -> Traffic:
    row = Traffic("server-internal")
    with row.refuses("between machines") as wire:
        wire.tcp(ONE, 40_100, SERVER, 56_050)
    with row.refuses("of the server alone") as wire:
        wire.tcp(SERVER, 40_100, SERVER, 56_050)
    return row


def existence_check() -> Traffic:
    row = Traffic("existence-check")
    for machine in MACHINES:
        with row.takes(f"to {machine.ip}") as wire:
            wire.ping(SERVER, machine)
    with row.takes("a machine known by MAC", TO_MAC) as wire:
        wire.ping(SERVER, BY_MAC, answered=False)
    with row.refuses("protocol: ICMPv6") as wire:
        wire.ping(SERVER6, SIX)
    with row.refuses("protocol: UDP") as wire:
        wire.udp(SERVER, 8, ONE, 8)
    with row.refuses("type") as wire:
        wire.send(SERVER, ONE, ICMP(type=13, id=1))
        wire.send(ONE, SERVER, ICMP(type=14, id=1))
    with row.refuses("originator") as wire:
        wire.ping(STRANGER, ONE)
    with row.refuses("responder") as wire:
        wire.ping(SERVER, OUTSIDE[0])
    with row.refuses("direction") as wire:
        wire.ping(ONE, SERVER)
    with row.refuses("direction: an answer that nobody asked for", SINGLE) as wire:
        wire.send(ONE, SERVER, ICMP(type=0, id=9) / b"x")
    with row.refuses("an ICMP error that repeats it") as wire:
        wire.icmp_error(ONE, wire.packets[0], 3, 1)
    return row


def multicast() -> Traffic:
    row = Traffic("multicast")
    for group in (GROUP, OTHER_GROUP):
        with row.takes(f"to {group.ip}") as wire:
            wire.udp(SERVER, 40_000, group, 40_001, b"x")
    with row.takes("IPv6") as wire:
        wire.udp(SERVER6, 40_000, GROUP6, 40_001, b"x")
    with row.refuses("protocol") as wire:
        wire.send(SERVER, GROUP, ICMP(type=8))
        wire.send(SERVER, GROUP, TCP(sport=40_000, dport=40_001))
    with row.refuses("originator") as wire:
        wire.udp(STRANGER, 40_000, GROUP, 40_001, b"x")
    with row.refuses("direction") as wire:
        wire.udp(ONE, 40_000, GROUP, 40_001, b"x")
    with row.refuses("addressing: unicast") as wire:
        wire.udp(SERVER, 40_000, ONE, 40_001, b"x")
    with row.refuses("addressing: of the link alone") as wire:
        wire.udp(SERVER, 40_000, LINK_GROUP, 40_001, b"x")
        wire.send(SERVER6, LINK_GROUP6, UDP(sport=40_000, dport=40_001) / b"x", hlim=64)
    with row.refuses("addressing: broadcast") as wire:
        wire.udp(SERVER, 40_000, EVERYBODY, 40_001, b"x")
    return row


def rows() -> list[Traffic]:
    """The traffic of every row of the built-in table, in its order."""
    return [
        power_on(), shutdown(), dhcp_request(), dhcp_reply(), pxe(68), pxe(4011), tftp_request(), tftp_reply(),
        connections(Opened("boot-agent", (*MACHINES, SIX), 56_030, 56_030)),
        connections(Opened("image-builder", (BUILDER, BUILDER6), None, 56_023)),
        command_line(), server_internal(), existence_check(), multicast(),
    ]  # fmt: skip
