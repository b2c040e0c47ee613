import struct
from collections.abc import Callable
from pathlib import Path

from tests.capfile import ACK, IP4, START, SYN, TCP, Record, ether, ip4, pcap, tcp

STRANGER, MACHINE = "192.168.0.99", "192.168.0.21"
TYPE = struct.pack(">H", IP4)
SNAP = b"\xaa\xaa\x03\0\0\0" + TYPE
THERE, BACK = b"\x02\0\0\0\0\x63", b"\x02\0\0\0\x0a\x21"

Wrap = Callable[[bytes], bytes]


def isl(packet: bytes) -> bytes:
    inside = b"\xaa\xaa\x03\0\0\x0c" + struct.pack(">HHH", 30 << 1, 1, 0) + ether(packet) + bytes(4)
    return b"\x01\0\x0c\0\0\0" + bytes(6) + struct.pack(">H", len(inside)) + inside


def air(packet: bytes, kind: int = 0x08, flags: int = 1, rest: bytes = b"") -> bytes:
    return bytes((kind, flags)) + bytes(2) + THERE + BACK + THERE + bytes(2) + rest + SNAP + packet


def nflog(packet: bytes) -> bytes:
    protocol = struct.pack("<HH", 8, 1) + TYPE + bytes(2)
    return b"\x07\0\0\0" + protocol + struct.pack("<HH", len(packet) + 4, 9) + packet


ON_ETHERNET: list[Wrap] = [
    lambda packet: ether(bytes(6) + TYPE + packet, 0x893F),
    lambda packet: ether(bytes(4) + TYPE + packet, 0xF1C1),
    lambda packet: ether(bytes(2) + TYPE + packet, 0x22E9),
    lambda packet: ether(b"\0\x34\0\1" + TYPE + packet, 0x892F),
    lambda packet: ether(b"\x0f\xc2\2\1" + bytes(4) + packet, 0x894F),
    lambda packet: ether(b"\0\1" + bytes(4) + ether(packet), 0x22F3),
    lambda packet: ether(b"\0\x60" + ether(packet), 0x8903),
    isl,
    lambda packet: ether(bytes(6) + TYPE + packet, 0x8988),
    lambda packet: ether(b"\0\1\0\x10" + bytes(8) + TYPE + packet, 0xD28B),
    lambda packet: ether(air(packet), 0x2452),
]
OTHERS: dict[int, Wrap] = {
    105: lambda packet: air(packet, 0x88, 3, THERE + b"\0\1" + bytes(6)),
    239: nflog,
    0: lambda packet: struct.pack("<I", IP4) + packet,
}


def connection(port: int, wrap: Wrap) -> list[Record]:
    asked = tcp(port, 3389, SYN, seq=1000)
    answered = tcp(3389, port, SYN | ACK, seq=9000, ack=1001)
    taken = tcp(port, 3389, ACK, seq=1001, ack=9001)
    packets = [
        ip4(STRANGER, MACHINE, TCP, asked),
        ip4(MACHINE, STRANGER, TCP, answered),
        ip4(STRANGER, MACHINE, TCP, taken),
    ]
    begin = START + port * 1_000_000_000
    return [Record(begin + number * 1_000_000, wrap(packet)) for number, packet in enumerate(packets)]


def build(folder: Path) -> None:
    frames = [frame for number, wrap in enumerate(ON_ETHERNET) for frame in connection(50_100 + number, wrap)]
    (folder / "switches.pcap").write_bytes(pcap(frames))
    for number, (link, wrap) in enumerate(OTHERS.items()):
        frames = connection(50_200 + number, wrap)
        (folder / f"link_{link}.pcap").write_bytes(pcap(frames, link))
