from pathlib import Path

from tests.capfile import ACK, START, SYN, TCP, UDP, Record, ether, ip4, pcap, summed, tcp, udp

STRANGER, MACHINE = "192.168.0.99", "192.168.0.21"
HEADER = b"\x08\0\0\0\0\0\7\0"


def build(folder: Path) -> None:
    packets = [
        ip4(STRANGER, MACHINE, TCP, tcp(50_100, 3389, SYN, seq=1000)),
        ip4(MACHINE, STRANGER, TCP, tcp(3389, 50_100, SYN | ACK, seq=9000, ack=1001)),
        ip4(STRANGER, MACHINE, TCP, tcp(50_100, 3389, ACK, seq=1001, ack=9001)),
    ]
    mirrored = [ip4("192.0.2.1", "192.0.2.2", UDP, udp(40_000, 14_789, HEADER + ether(summed(one)))) for one in packets]
    frames = [Record(START + number * 1_000_000, ether(summed(one))) for number, one in enumerate(mirrored)]
    (folder / "mirror.pcap").write_bytes(pcap(frames))
