"""Packets for tests and samples: conversations in a few calls, written over any link layer as pcap or pcapng.

A ``Wire`` collects packets with a clock of its own, so what it writes is the same every time. How the packets are
framed (link layer, VLANs, byte order, time resolution, snapping) is decided when they are saved, not when they are
sent.
"""

import ipaddress
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, IPv6
from scapy.layers.tftp import TFTP, TFTP_ACK, TFTP_DATA, TFTP_ERROR, TFTP_RRQ
from scapy.packet import Packet as Layer

ETHERNET, NULL, RAW, SLL, SLL2 = 1, 0, 101, 113, 276
BROADCAST = "ff:ff:ff:ff:ff:ff"
START = 1_772_442_000_000_000_000
"""2026-03-02 09:00:00 UTC, in nanoseconds."""
SECOND = 1_000_000_000


@dataclass(frozen=True)
class Host:
    """An address and the MAC in front of it; the MAC follows from the address where none is given."""

    ip: str
    mac: str = ""

    def __post_init__(self) -> None:
        if not self.mac:
            object.__setattr__(self, "mac", mac_of(self.ip))


def mac_of(ip: str) -> str:
    """The multicast or broadcast MAC of such an address, a locally administered one for any other."""
    address = ipaddress.ip_address(ip)
    octets = address.packed
    if ip == "255.255.255.255":
        return BROADCAST
    if not address.is_multicast:
        octets = b"\x02\x00" + octets[-4:]
    elif address.version == 4:
        octets = bytes((1, 0, 0x5E, octets[1] & 0x7F, octets[2], octets[3]))
    else:
        octets = b"\x33\x33" + octets[-4:]
    return octets.hex(":")


NOBODY = Host("0.0.0.0", "02:00:00:00:00:00")
EVERYBODY = Host("255.255.255.255")


@dataclass(frozen=True)
class Packet:
    """What is sent: nanoseconds since the epoch, the two MACs, the EtherType and everything after it."""

    ts: int
    source: str
    destination: str
    ethertype: int
    payload: bytes
    interface: int = 0


@dataclass(frozen=True)
class Framing:
    """How packets are put on a link: its type, VLAN tags as (TPID, VLAN), Ethernet's padding to 60 bytes."""

    link: int = ETHERNET
    vlans: tuple[tuple[int, int], ...] = ()
    pad: bool = True
    endian: Literal["<", ">"] = "<"

    def frame(self, packet: Packet) -> bytes:
        source, destination = (bytes.fromhex(mac.replace(":", "")) for mac in (packet.source, packet.destination))
        kind = 1 if packet.destination == BROADCAST else 2 if destination[0] & 1 else 0
        if self.link == ETHERNET:
            tags = b"".join(struct.pack(">HH", tpid, vlan) for tpid, vlan in self.vlans)
            whole = destination + source + tags + struct.pack(">H", packet.ethertype) + packet.payload
            return whole.ljust(60, b"\0") if self.pad else whole
        if self.link == SLL:
            return struct.pack(">HHH6s2xH", kind, 1, 6, source, packet.ethertype) + packet.payload
        if self.link == SLL2:
            ifindex = packet.interface + 1
            return struct.pack(">HHIHBB6s2x", packet.ethertype, 0, ifindex, 1, kind, 6, source) + packet.payload
        if self.link == NULL:
            family = 2 if packet.ethertype == 0x0800 else 30
            return struct.pack(self.endian + "I", family) + packet.payload
        return packet.payload


@dataclass
class Wire:
    """The packets so far and the time of the next one; every packet takes a millisecond."""

    now: int = START
    packets: list[Packet] = field(default_factory=list)
    interface: int = 0
    _identification: int = 0
    _connections: int = 0

    def wait(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)

    def put(self, source: str, destination: str, ethertype: int, payload: bytes) -> Packet:
        """One packet of any protocol, between MACs."""
        packet = Packet(self.now, source, destination, ethertype, payload, self.interface)
        self.packets.append(packet)
        self.now += SECOND // 1000
        return packet

    def send(self, source: Host, destination: Host, layer: Layer, **header: Any) -> Packet:
        """One IP packet; ``header`` are scapy's names of IP or IPv6 fields."""
        self._identification = (self._identification + 1) & 0xFFFF
        if ":" in source.ip:
            whole = IPv6(src=source.ip, dst=destination.ip, **header) / layer
            return self.put(source.mac, destination.mac, 0x86DD, bytes(whole))
        whole = IP(src=source.ip, dst=destination.ip, **{"id": self._identification, **header}) / layer
        return self.put(source.mac, destination.mac, 0x0800, bytes(whole))

    def udp(self, source: Host, sport: int, destination: Host, dport: int, payload: Layer | bytes = b"") -> Packet:
        return self.send(source, destination, UDP(sport=sport, dport=dport) / payload)

    def segment(self, source: Host, sport: int, destination: Host, dport: int, flags: str, **header: Any) -> Packet:
        """One TCP segment; ``data`` and scapy's names of TCP fields go by keyword."""
        data = header.pop("data", b"")
        return self.send(source, destination, TCP(sport=sport, dport=dport, flags=flags, **header) / data)

    def tcp(self, source: Host, sport: int, destination: Host, dport: int, **words: Any) -> None:
        """A whole connection: ``say`` and ``hear`` are the data of each side, ``end`` is fin, rst or none.

        ``isn``: the two initial sequence numbers; ``begin=False`` leaves the handshake out.
        """
        say, hear = words.get("say", b"hello"), words.get("hear", b"welcome")
        self._connections += 1
        a, b = words.get("isn", (self._connections * 100_000, self._connections * 100_000 + 9000))
        there, back = (source, sport, destination, dport), (destination, dport, source, sport)
        if words.get("begin", True):
            self.segment(*there, "S", seq=a)
            self.segment(*back, "SA", seq=b, ack=a + 1)
            self.segment(*there, "A", seq=a + 1, ack=b + 1)
        a, b = a + 1, b + 1
        if say:
            self.segment(*there, "PA", seq=a, ack=b, data=say)
            a += len(say)
            self.segment(*back, "A", seq=b, ack=a)
        if hear:
            self.segment(*back, "PA", seq=b, ack=a, data=hear)
            b += len(hear)
            self.segment(*there, "A", seq=a, ack=b)
        end = words.get("end", "fin")
        if end == "rst":
            self.segment(*there, "RA", seq=a, ack=b)
        elif end == "fin":
            self.segment(*there, "FA", seq=a, ack=b)
            self.segment(*back, "FA", seq=b, ack=a + 1)
            self.segment(*there, "A", seq=a + 1, ack=b + 1)

    def syn(self, source: Host, sport: int, destination: Host, dport: int, tries: int = 1) -> Packet:
        """A connection without an answer: SYNs one, two, four ... seconds apart."""
        first = self.segment(source, sport, destination, dport, "S", seq=1000)
        for attempt in range(tries - 1):
            self.wait(2**attempt)
            self.segment(source, sport, destination, dport, "S", seq=1000)
        return first

    def refused(self, source: Host, sport: int, destination: Host, dport: int) -> None:
        self.segment(source, sport, destination, dport, "S", seq=1000)
        self.segment(destination, dport, source, sport, "RA", seq=0, ack=1001)

    def ping(self, source: Host, destination: Host, count: int = 1, answered: bool = True) -> Packet:
        """Echo requests a second apart; returns the first."""
        request, reply = ICMP(type=8, id=77), ICMP(type=0, id=77)
        if ":" in source.ip:
            request, reply = ICMPv6EchoRequest(id=77), ICMPv6EchoReply(id=77)
        begin = len(self.packets)
        for number in range(1, count + 1):
            request.seq = reply.seq = number
            self.send(source, destination, request / b"are you there?")
            if answered:
                self.send(destination, source, reply / b"are you there?")
            self.wait(1)
        return self.packets[begin]

    def icmp_error(self, reporter: Host, about: Packet, kind: int, code: int) -> Packet:
        """An ICMP error of a router or a host about a packet of this wire, sent to the packet's source."""
        six = about.ethertype == 0x86DD
        original = IPv6(about.payload) if six else IP(about.payload)
        to = Host(original.src, about.source)
        quoted = about.payload[: 1200 if six else original.ihl * 4 + 8]
        report = ICMPv6DestUnreach(code=code) if six else ICMP(type=kind, code=code)
        return self.send(reporter, to, report / quoted)

    def arp(self, asker: Host, wanted: Host) -> None:
        octets = [bytes.fromhex(host.mac.replace(":", "")) for host in (asker, wanted)]
        a, b = (ipaddress.ip_address(host.ip).packed for host in (asker, wanted))
        head = struct.pack(">HHBB", 1, 0x0800, 6, 4)
        self.put(asker.mac, BROADCAST, 0x0806, head + b"\0\1" + octets[0] + a + bytes(6) + b)
        self.put(wanted.mac, asker.mac, 0x0806, head + b"\0\2" + octets[1] + b + octets[0] + a)

    def magic(self, source: Host, destination: Host, mac: str, port: int = 5561) -> Packet:
        """A power-on datagram with a standard magic packet for ``mac``."""
        octets = bytes.fromhex(mac.replace(":", ""))
        return self.udp(source, 49_000, destination, port, b"\xff" * 6 + octets * 16)

    def dhcp(self, source: Host, destination: Host, kind: str, client: Host, **words: Any) -> Packet:
        """One DHCP message of ``client`` (its address is the one offered); ``kind`` as scapy names it.

        ``xid``, ``sport``, ``dport``, ``giaddr``, ``vendor`` (PXEClient unless given), ``ciaddr``, ``file`` (bytes),
        ``options`` (more, as scapy has them).
        """
        answer = kind in {"offer", "ack", "nak"}
        message = BOOTP(
            op=2 if answer else 1,
            chaddr=bytes.fromhex(client.mac.replace(":", "")) + bytes(10),
            xid=words.get("xid", 0x20260302),
            yiaddr=words.get("yiaddr", client.ip if answer else "0.0.0.0"),
            ciaddr=words.get("ciaddr", "0.0.0.0"),
            siaddr=source.ip if answer else "0.0.0.0",
            giaddr=words.get("giaddr", "0.0.0.0"),
            file=words.get("file", b""),
        )
        options: list[Any] = [("message-type", kind), ("vendor_class_id", words.get("vendor", b"PXEClient:Arch:00000"))]
        if answer:
            options.append(("server_id", source.ip))
        options += words.get("options", [])
        ports = (67, 68) if answer else (68, 67)
        return self.udp(
            source, words.get("sport", ports[0]), destination, words.get("dport", ports[1]),
            message / DHCP(options=[*options, "end"]),
        )  # fmt: skip

    def lease(self, client: Host, server: Host, **words: Any) -> None:
        """Discover, offer, request, ack; the client has no address yet."""
        blank = Host("0.0.0.0", client.mac)
        self.dhcp(blank, EVERYBODY, "discover", client, **words)
        self.dhcp(server, EVERYBODY, "offer", client, **words)
        self.dhcp(blank, EVERYBODY, "request", client, **words)
        self.dhcp(server, EVERYBODY, "ack", client, **words)

    def proxy(self, client: Host, server: Host, port: int = 68) -> None:
        """The client sends a request to the boot server's port 4011 and gets an answer."""
        self.dhcp(client, server, "request", client, sport=port, dport=4011, ciaddr=client.ip)
        self.dhcp(server, client, "ack", client, sport=4011, dport=port)

    def tftp(self, client: Host, server: Host, **words: Any) -> None:
        """A file is read: ``file``, ``size`` in bytes, ``port`` of the client, ``answer_port`` of the server.

        ``missing=True``: the server answers with an error.
        """
        port, other = words.get("port", 2070), words.get("answer_port", 50_100)
        self.udp(client, port, server, 69, TFTP() / TFTP_RRQ(filename=words.get("file", "boot.0").encode()))
        if words.get("missing"):
            error = TFTP() / TFTP_ERROR(errorcode=1, errormsg=b"File not found")
            self.udp(server, other, client, port, error)
            return
        size = words.get("size", 1200)
        for block in range(size // 512 + 1):
            data = bytes(min(512, size - block * 512))
            self.udp(server, other, client, port, TFTP() / TFTP_DATA(block=block + 1) / data)
            self.udp(client, port, server, other, TFTP() / TFTP_ACK(block=block + 1))

    def boot(self, client: Host, server: Host) -> None:
        """A complete PXE boot: lease, 4011, file, and the agent's connection on 56030."""
        self.lease(client, server)
        self.proxy(client, server)
        self.tftp(client, server)
        self.wait(2)
        self.tcp(client, 56030, server, 56030)

    def save(self, path: Path, framing: Framing | None = None, **words: Any) -> None:
        """Write a pcap: ``nano``, ``snaplen``, ``cut`` (bytes missing at the end)."""
        framing = framing or Framing()
        whole = pcap(self.packets, framing, nano=words.get("nano", False), snaplen=words.get("snaplen", 262_144))
        path.write_bytes(whole[: len(whole) - words.get("cut", 0)])

    def save_ng(self, path: Path, framings: Sequence[Framing] = (Framing(),), nano: bool = False) -> None:
        """Write a pcapng with an interface for each of ``framings``; a packet's ``interface`` picks its own."""
        path.write_bytes(pcapng(self.packets, framings, nano=nano))


def pcap(packets: Iterable[Packet], framing: Framing, *, nano: bool = False, snaplen: int = 262_144) -> bytes:
    e, unit = framing.endian, 1 if nano else 1000
    out = [struct.pack(e + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snaplen, framing.link)]
    for packet in packets:
        frame = framing.frame(packet)
        seconds, rest = divmod(packet.ts, SECOND)
        kept = frame[:snaplen]
        out.append(struct.pack(e + "IIII", seconds, rest // unit, len(kept), len(frame)) + kept)
    return b"".join(out)


def pcapng(packets: Iterable[Packet], framings: Sequence[Framing], *, nano: bool = False) -> bytes:
    e = framings[0].endian
    resolution = struct.pack(e + "HHB3xHH", 9, 1, 9 if nano else 6, 0, 0)
    out = [_block(e, 0x0A0D0D0A, struct.pack(e + "IHHq", 0x1A2B3C4D, 1, 0, -1))]
    out += [_block(e, 1, struct.pack(e + "HHI", framing.link, 0, 262_144) + resolution) for framing in framings]
    for packet in packets:
        frame = framings[packet.interface].frame(packet)
        ticks = packet.ts if nano else packet.ts // 1000
        head = struct.pack(e + "IIIII", packet.interface, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
        out.append(_block(e, 6, head + frame))
    return b"".join(out)


def _block(endian: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = len(body) + 12
    return struct.pack(endian + "II", kind, length) + body + struct.pack(endian + "I", length)


def shifted(packets: Iterable[Packet], nanoseconds: int) -> Iterator[Packet]:
    """The same packets, captured at another vantage that much later."""
    return (replace(packet, ts=packet.ts + nanoseconds) for packet in packets)
