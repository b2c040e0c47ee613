"""What fuzzing starts from: small captures of every kind, and frames of every link type and tunnel.

    python -m tests.fuzz.seeds FOLDER

writes them, and beside the folder a dictionary of words that captures are made of.
"""

import bz2
import gzip
import hashlib
import lzma
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import lz4.frame
import zstandard

from tests import capfile as cap
from tests.capfile import START, Ends, Record, datagram, ip4, option, tcp, udp
from tests.capture.test_damage import FORMATS, parts
from tests.capture.test_link_layers import FRAMES
from tests.capture.test_tunnels import NO_TUNNELS, TUNNELS
from tests.program import ROOT

MOST_OCTETS = 4096
"""Larger samples reach no further code, and they are slower."""
ENDIANS: tuple[cap.Endian, ...] = ("<", ">")
A, B = "10.0.0.1", "10.0.0.2"


def frames() -> Iterator[bytes]:
    """Frames that do not begin like a capture."""
    yield from (frame for _, frame in FRAMES.values())
    yield from (cap.ether_of(packet) for packet, _ in TUNNELS.values())
    yield from (cap.ether_of(packet) for packet in NO_TUNNELS.values())


def conversations() -> Iterator[tuple[list[Record], int]]:
    """(records, link type): what brings every part of the assembler to work."""
    yield cap.converse("ShADdAaFfAa"), cap.ETHERNET
    yield cap.converse("SSDRShADdRr") + cap.converse("ShADdFfAa", isn=(7, 8)), cap.ETHERNET
    yield [datagram(Ends(resp_p=port), bytes(20)) for port in (53, 67, 68, 69, 4011)], cap.ETHERNET
    quoted = ip4(A, B, cap.UDP, udp(40_000, 80, b"hello"))
    error = cap.ether_of(ip4(B, A, cap.ICMP, cap.icmp(3, 3, quoted)), back=True)
    yield [Record(START, cap.ether_of(quoted)), Record(START + 1, error)], cap.ETHERNET
    echo = cap.ether_of(ip4(A, B, cap.ICMP, cap.icmp(8, 0, b"hello", 7)))
    yield [Record(START + at, echo) for at in range(2)], cap.ETHERNET
    whole = udp(5000, 69, b"\0\1a\0octet\0", 8 + 24 + 16)
    pieces = [(0x2000, whole + bytes(24 - len(whole) % 8)), (4, bytes(16)), (0x2002, bytes(16))]
    for order in (pieces, pieces[::-1]):
        yield (
            [Record(START + at, cap.ether_of(ip4(A, B, cap.UDP, body, fragment=place)))
             for at, (place, body) in enumerate(order)],
            cap.ETHERNET,
        )  # fmt: skip
    for link, framed in FRAMES.values():
        yield [Record(START, framed), Record(START + 1, framed, 1500)], link
    inside = [Record(START + at, packet) for at, (packet, _) in enumerate(TUNNELS.values())]
    half = len(inside) // 2
    yield inside[:half], cap.RAW
    yield inside[half:], cap.RAW
    cut = ip4(A, B, cap.TCP, tcp(1, 2, 2))
    yield [Record(START, cut[:length], len(cut)) for length in (0, 10, 25, 39)], cap.RAW


def blocks() -> Iterator[bytes]:
    """pcapng captures with every block and option that is looked into."""
    record = datagram(Ends())
    for endian in ENDIANS:
        counts = b"".join(option(code, struct.pack(endian + "Q", 3), endian) for code in (5, 7))
        yield b"".join(
            (
                cap.section(endian),
                cap.interface(endian=endian, resolution=9, offset=3600),
                cap.interface(cap.RAW, endian, resolution=0x80 | 30, snaplen=96),
                cap.block(1, struct.pack(endian + "HHI", 1, 0, 0) + option(1, b"text", endian)
                          + option(11, b"\0port 53", endian), endian),
                cap.packet(record, endian),
                cap.old_packet(record, endian),
                cap.simple_packet(record, endian),
                cap.block(5, struct.pack(endian + "III", 0, 0, 0) + counts + option(0, b"", endian), endian),
                cap.block(10, bytes(16), endian),
                cap.block(0xBAD, bytes(8), endian),
                cap.section("<"),
                cap.interface(),
                cap.packet(record),
            )
        )  # fmt: skip


def captures() -> Iterator[bytes]:
    for name in FORMATS:
        head, records = parts(name)
        yield head + b"".join(records[:4])
        yield head + b"".join(records[:2]) + b"\xff" * 37 + b"".join(records[2:6])
    for version in ((2, 3), (2, 0), (543, 0)):
        content = cap.pcap(cap.converse("ShA"))
        yield content[:4] + struct.pack("<HH", *version) + content[8:]
    yield cap.pcap(cap.converse("ShA"), nano=True)
    yield from blocks()
    for talk, link in conversations():
        yield cap.pcap(talk, link)
    for sample in sorted((ROOT / "sample_pcaps" / "made").glob("*.pcap*")):
        if sample.stat().st_size <= MOST_OCTETS:
            yield sample.read_bytes()


def seeds() -> Iterator[bytes]:
    """All of them; those that caused a fault before come last."""
    yield from frames()
    yield from captures()
    small = cap.pcap(cap.converse("ShA"))
    for pack in (gzip.compress, zstandard.compress, lzma.compress, bz2.compress, lz4.frame.compress):
        yield pack(small)
        yield pack(small) + pack(b"") + pack(small)[:20]
    yield from found()


def found() -> Iterator[bytes]:
    """Inputs that caused a fault before."""
    for path in sorted((Path(__file__).parent / "found").glob("*.bin")):
        yield path.read_bytes()


def dictionary() -> str:
    """Words of several octets that random changes hardly find, in the format of libFuzzer."""
    kinds = (0x0800, 0x86DD, 0x0806, 0x8100, 0x88A8, 0x8847, 0x8863, 0x8864, 0x88E5, 0x88E7, 0x893F, 0x6558, 0x88BE)
    ports = (53, 67, 68, 69, 2152, 3544, 4011, 4754, 4789, 6081, 6635, 8472)
    words = [struct.pack(">H", word) for word in (*kinds, *ports)]
    for endian in ENDIANS:
        words += [struct.pack(endian + "I", kind) for kind in (1, 2, 3, 5, 6, 10, 0x0A0D0D0A, 0xFFFF_FFFC, 1 << 31)]
        words += [struct.pack(endian + "I", magic) for magic in (0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34, 0x1A2B3C4D)]
        words += [option(code, bytes(size), endian) for code, size in ((1, 4), (9, 1), (11, 4), (14, 8), (4, 8))]
    lines = ["".join(f"\\x{octet:02x}" for octet in word) for word in dict.fromkeys(words)]
    return "".join(f'"{line}"\n' for line in lines)


def write(folder: Path) -> int:
    """Write every seed, each named by its content; how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    for content in seeds():
        (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)
    folder.with_suffix(".dict").write_text(dictionary(), encoding="ascii")
    return len(list(folder.iterdir()))


if __name__ == "__main__":
    sys.stdout.write(f"{write(Path(sys.argv[1]))} seeds\n")
