"""Packets, frames and capture files made of plain bytes: quick enough for thousands of them, with mistakes if asked.

``tests.packets`` describes conversations, and scapy builds them; here every field is given by hand. Times are integer
nanoseconds since the epoch.
"""

import ipaddress
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from analyzer.flows.assembler import Watch
from analyzer.flows.evidence import Evidence
from analyzer.flows.options import DEFAULT_OPTIONS, ReadOptions
from analyzer.flows.read import read_captures
from analyzer.report.flows import plain_frame

Endian = Literal["<", ">"]

ETHERNET, NULL, RAW_12, RAW_14, RAW, LOOP, SLL, IPV4, IPV6, SLL2 = 1, 0, 12, 14, 101, 108, 113, 228, 229, 276
READ = (ETHERNET, NULL, RAW_12, RAW_14, RAW, LOOP, SLL, IPV4, IPV6, SLL2)
"""Every link type that the program reads."""
IP4, IP6, ARP = 0x0800, 0x86DD, 0x0806
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SECOND = 1_000_000_000
START = 1_772_442_000 * SECOND
"""2026-03-02 09:00:00 UTC."""
CLIENT_MAC, SERVER_MAC, BROADCAST_MAC = b"\x02\0\0\0\0\x0a", b"\x02\0\0\0\0\x0b", b"\xff" * 6


class Record(NamedTuple):
    """A frame of a capture file; ``original``: its length on the wire where that is not what was captured."""

    ts: int
    frame: bytes
    original: int | None = None
    interface: int = 0

    @property
    def wire(self) -> int:
        return len(self.frame) if self.original is None else self.original


# Packets


def packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def ip4(
    source: str, target: str, proto: int, body: bytes, *, total: int | None = None, fragment: int = 0,
    options: bytes = b"", ttl: int = 64,
) -> bytes:  # fmt: skip
    """``total``: the length that the header states; ``fragment``: its flags and offset."""
    header = 20 + len(options)
    length = header + len(body) if total is None else total
    addresses = packed(source) + packed(target)
    head = struct.pack(">BBHHHBBH", 0x40 | header // 4, 0, length, 0, fragment, ttl, proto, 0)
    return head + addresses + options + body


def summed(packet: bytes) -> bytes:
    """The IPv4 packet, which has no options, with the checksum of its header."""
    words = struct.unpack(">10H", packet[:10] + bytes(2) + packet[12:20])
    total = sum(words)
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return packet[:10] + struct.pack(">H", 0xFFFF - total) + packet[12:]


def ip6(source: str, target: str, proto: int, body: bytes, *, length: int | None = None, hops: int = 64) -> bytes:
    """``body`` begins with the extension headers where there are any, and ``proto`` is the first one's."""
    stated = len(body) if length is None else length
    addresses = packed(source) + packed(target)
    return struct.pack(">IHBB", 6 << 28, stated, proto, hops) + addresses + body


def ip(source: str, target: str, proto: int, body: bytes) -> bytes:
    return (ip6 if ":" in source else ip4)(source, target, proto, body)


def tcp(
    sport: int, dport: int, flags: int, *, seq: int = 0, ack: int = 0, data: bytes = b"", window: int = 8192
) -> bytes:
    numbers = seq & 0xFFFFFFFF, ack & 0xFFFFFFFF
    return struct.pack(">HHIIBBHHH", sport, dport, *numbers, 0x50, flags, window, 0, 0) + data


def udp(sport: int, dport: int, data: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack(">HHHH", sport, dport, 8 + len(data) if length is None else length, 0) + data


def icmp(kind: int, code: int = 0, data: bytes = b"", rest: int = 0) -> bytes:
    return struct.pack(">BBHI", kind, code, 0, rest) + data


# Conversations


class Ends(NamedTuple):
    """The two ends: the originator (upper case letters of ``converse``) and the responder."""

    orig: str = "10.0.0.1"
    orig_p: int = 40_000
    resp: str = "10.0.0.2"
    resp_p: int = 80

    @property
    def back(self) -> "Ends":
        return Ends(self.resp, self.resp_p, self.orig, self.orig_p)


FLAGS = {"S": SYN, "H": SYN | ACK, "A": ACK, "D": PSH | ACK, "F": FIN | ACK, "R": RST | ACK}
DATA = b"hello"


def converse(
    letters: str, ends: Ends | None = None, *, isn: tuple[int, int] = (1000, 9000), at: int = START, step: int = 10**6
) -> list[Record]:
    """A TCP connection given by the letters of Zeek's history: upper case from the originator, lower case back.

    S SYN, H SYN-ACK, A bare ACK, D five octets of data, F FIN, R RST; sequence numbers follow from the letters.
    """
    ends = ends or Ends()
    following = [isn[0] + 1, isn[1] + 1]
    records = []
    for place, letter in enumerate(letters):
        side = int(letter.islower())
        way = ends.back if side else ends
        kind = letter.upper()
        data = DATA if kind == "D" else b""
        seq = isn[side] if kind in "SH" else following[side]
        acked = 0 if kind == "S" else following[1 - side]
        segment = tcp(way.orig_p, way.resp_p, FLAGS[kind], seq=seq, ack=acked, data=data)
        records.append(Record(at + place * step, ether_of(ip(way.orig, way.resp, TCP, segment), back=bool(side))))
        following[side] += len(data) + (kind == "F")
    return records


def datagram(ends: Ends, data: bytes = DATA, at: int = START) -> Record:
    return Record(at, ether_of(ip(ends.orig, ends.resp, UDP, udp(ends.orig_p, ends.resp_p, data))))


# Frames


def ether_of(packet: bytes, *, back: bool = False) -> bytes:
    """An IP packet as an Ethernet frame from the client to the server, or ``back``."""
    macs = (SERVER_MAC, CLIENT_MAC) if back else (CLIENT_MAC, SERVER_MAC)
    return ether(packet, IP6 if packet[0] >> 4 == 6 else IP4, source=macs[0], target=macs[1])


def ether(
    payload: bytes, kind: int = IP4, *, source: bytes = CLIENT_MAC, target: bytes = SERVER_MAC,
    tags: Sequence[tuple[int, int]] = (),
) -> bytes:  # fmt: skip
    """``tags``: (TPID, VLAN), the outer one first."""
    tagged = b"".join(struct.pack(">HH", *tag) for tag in tags)
    return target + source + tagged + struct.pack(">H", kind) + payload


def link(number: int, payload: bytes, endian: Endian = "<") -> bytes:
    """An IP packet as a frame of that link type; ``endian``: of the machine that captured."""
    six = payload[:1] and payload[0] >> 4 == 6
    kind = IP6 if six else IP4
    if number == ETHERNET:
        return ether(payload, kind)
    if number == SLL:
        return struct.pack(">HHH6s2xH", 0, 1, 6, CLIENT_MAC, kind) + payload
    if number == SLL2:
        return struct.pack(">HHIHBB6s2x", kind, 0, 1, 1, 0, 6, CLIENT_MAC) + payload
    if number in (NULL, LOOP):
        return struct.pack((">" if number == LOOP else endian) + "I", 30 if six else 2) + payload
    return payload


# Files


def pcap_header(number: int = ETHERNET, endian: Endian = "<", *, nano: bool = False, snaplen: int = 262_144) -> bytes:
    return struct.pack(endian + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snaplen, number)


def pcap_record(record: Record, endian: Endian = "<", *, nano: bool = False) -> bytes:
    seconds, rest = divmod(record.ts, SECOND)
    fraction = rest if nano else rest // 1000
    return struct.pack(endian + "IIII", seconds, fraction, len(record.frame), record.wire) + record.frame


def pcap(records: Iterable[Record], number: int = ETHERNET, endian: Endian = "<", *, nano: bool = False) -> bytes:
    return pcap_header(number, endian, nano=nano) + b"".join(pcap_record(one, endian, nano=nano) for one in records)


def block(kind: int, body: bytes, endian: Endian = "<", length: int | None = None, trailer: int | None = None) -> bytes:
    """A pcapng block; ``length`` and ``trailer``: what its two length fields state, where that is wrong."""
    body += bytes(-len(body) % 4)
    stated = len(body) + 12 if length is None else length
    closing = stated if trailer is None else trailer
    return struct.pack(endian + "II", kind, stated) + body + struct.pack(endian + "I", closing)


def section(endian: Endian = "<", version: tuple[int, int] = (1, 0)) -> bytes:
    return block(0x0A0D0D0A, struct.pack(endian + "IHHq", 0x1A2B3C4D, *version, -1), endian)


def option(code: int, value: bytes, endian: Endian = "<", length: int | None = None) -> bytes:
    head = struct.pack(endian + "HH", code, len(value) if length is None else length)
    return head + value + bytes(-len(value) % 4)


def interface(
    number: int = ETHERNET, endian: Endian = "<", *, resolution: int | None = None, offset: int | None = None,
    snaplen: int = 0,
) -> bytes:  # fmt: skip
    """``resolution``: the octet of if_tsresol; ``offset``: the seconds of if_tsoffset."""
    options = b"" if resolution is None else option(9, bytes((resolution,)), endian)
    options += b"" if offset is None else option(14, struct.pack(endian + "q", offset), endian)
    end = option(0, b"", endian) if options else b""
    return block(1, struct.pack(endian + "HHI", number, 0, snaplen) + options + end, endian)


def ticks(ts: int, resolution: int | None, offset: int = 0) -> int:
    """A time in the units of an interface, rounded down."""
    rest = ts - offset * SECOND
    if resolution is None:
        return rest // 1000
    if resolution & 0x80:
        return (rest << (resolution & 0x7F)) // SECOND
    return rest * int(10**resolution) // SECOND


def packet(record: Record, endian: Endian = "<", stamp: int | None = None) -> bytes:
    """An enhanced packet block; ``stamp``: its time in the interface's units, microseconds where none is given."""
    when = record.ts // 1000 if stamp is None else stamp
    head = struct.pack(
        endian + "IIIII", record.interface, when >> 32, when & 0xFFFFFFFF, len(record.frame), record.wire
    )
    return block(6, head + record.frame, endian)


def old_packet(record: Record, endian: Endian = "<") -> bytes:
    """The obsolete packet block."""
    when = record.ts // 1000
    head = struct.pack(
        endian + "HHIIII", record.interface, 0, when >> 32, when & 0xFFFFFFFF, len(record.frame), record.wire
    )
    return block(2, head + record.frame, endian)


def simple_packet(record: Record, endian: Endian = "<") -> bytes:
    """A simple packet block: no time, always of the first interface."""
    return block(3, struct.pack(endian + "I", record.wire) + record.frame, endian)


def pcapng(records: Iterable[Record], number: int = ETHERNET, endian: Endian = "<") -> bytes:
    return section(endian) + interface(number, endian) + b"".join(packet(record, endian) for record in records)


# Reading them


def read(
    folder: Path,
    *contents: bytes,
    interpreted: bool | None = True,
    names: Sequence[str] = (),
    options: ReadOptions = DEFAULT_OPTIONS,
) -> Evidence:
    """The evidence of files with these contents, one after the other in ``folder``."""
    paths = [folder / name for name in names or [f"part_{number:03}.cap" for number in range(len(contents))]]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    watch = Watch(frozenset({67, 68, 69}))
    return read_captures([str(path) for path in paths], watch=watch, interpreted=interpreted, options=options)


def lines(evidence: Evidence) -> list[dict[str, Any]]:
    """The flow table, a dictionary a flow."""
    return [{str(name): value for name, value in line.items()} for line in plain_frame(evidence).to_dict("records")]


def words(evidence: Evidence) -> dict[str, int]:
    """Frames of all captures by what became of them, those that occur."""
    counts: dict[str, int] = {}
    for capture in evidence.captures:
        for aside, frames in capture.asides.items():
            if frames:
                counts[aside.word] = counts.get(aside.word, 0) + frames
    return counts
