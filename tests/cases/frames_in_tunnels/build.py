import struct
from pathlib import Path

from tests.capfile import ACK, IP4, IP6, START, SYN, TCP, UDP, Record, ether, ip4, ip6, pcap, tcp, udp

STRANGER, MACHINE = "192.168.0.99", "192.168.0.21"
ONE, TWO = "192.0.2.1", "192.0.2.2"
GRE = 47


def over_udp(port: int, content: bytes) -> bytes:
    return ip4(ONE, TWO, UDP, udp(40_000, port, content))


def tunnels(packet: bytes) -> list[bytes]:
    """The packet in each tunnel."""
    frame = ether(packet)
    return [
        over_udp(5247, struct.pack(">I", 2 << 19 | 1 << 9) + bytes(4) + frame),
        over_udp(4341, bytes(8) + packet),
        over_udp(1701, b"\0\2\0\1\0\1\xff\3\0\x21" + packet),
        ip4(ONE, TWO, 115, b"\0\0\0\7" + frame),
        ip4(ONE, TWO, 97, b"\x30\0" + frame),
        ip4(ONE, TWO, GRE, struct.pack(">HHH", 0x2001, 0x6400, len(frame)) + b"\7\0" + frame),
        ip6("2001:db8::1", "2001:db8::2", 143, frame),
        over_udp(10_800, b"\x08\0\0\0\0\0\7\0" + frame),
        over_udp(48_879, b"\xc8\x80\0\5\0\0\7\x80" + frame),
    ]


def build(folder: Path) -> None:
    frames = []
    for number in range(9):
        port = 50_100 + number
        packets = [
            ip4(STRANGER, MACHINE, TCP, tcp(port, 3389, SYN, seq=1000)),
            ip4(MACHINE, STRANGER, TCP, tcp(3389, port, SYN | ACK, seq=9000, ack=1001)),
            ip4(STRANGER, MACHINE, TCP, tcp(port, 3389, ACK, seq=1001, ack=9001)),
        ]
        for place, packet in enumerate(packets):
            outer = tunnels(packet)[number]
            kind = IP6 if outer[0] >> 4 == 6 else IP4
            frames.append(Record(START + number * 1_000_000_000 + place * 1_000_000, ether(outer, kind)))
    (folder / "tunnels.pcap").write_bytes(pcap(frames))
