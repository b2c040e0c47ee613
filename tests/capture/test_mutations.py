"""Mutated encapsulations: compiled and interpreted kernels give the same, and every frame is counted once."""

import random
from pathlib import Path

import pytest

from tests import capfile as cap
from tests.capfile import IP6, START, Record, ether
from tests.capture.test_link_layers import ASIDE, ETHERNET, FRAMES, UNKNOWN
from tests.capture.test_tunnels import CUT_INSIDE, NO_TUNNELS, OWN_PORTS, TUNNELS, UNREAD

LINKS = [*FRAMES.values(), *(case[:2] for case in (*ASIDE.values(), *UNKNOWN.values()))]
PACKETS = [case[0] for case in (*TUNNELS.values(), *UNREAD.values(), *OWN_PORTS.values())]
POOL = LINKS + [
    (ETHERNET, ether(packet, IP6 if packet[0] >> 4 == 6 else cap.IP4))
    for packet in (*PACKETS, *NO_TUNNELS.values(), *CUT_INSIDE.values())
]


def mutated(frame: bytes, chance: random.Random) -> bytes:
    """A frame with a few octets changed, removed or inserted, most of them among the headers."""
    octets = bytearray(frame)
    for _ in range(chance.choice([1, 1, 2, 3, 8])):
        place = chance.randrange(max(min(len(octets), chance.choice([20, 60, len(octets)])), 1))
        match chance.randrange(4):
            case 0:
                octets[place : place + 1] = bytes((chance.choice([0, 1, 3, 0x7F, 0x80, 0xFF, chance.randrange(256)]),))
            case 1:
                del octets[place : place + chance.randrange(1, 9)]
            case 2:
                octets[place:place] = chance.randbytes(chance.randrange(1, 9))
            case _:
                octets[place:] = octets[place:] if chance.random() < 0.7 else chance.choice(POOL)[1]
    return bytes(octets)


@pytest.mark.xdist_group("compiled")
def test_mutated_frames_are_read_the_same_compiled_and_interpreted(tmp_path: Path) -> None:
    chance = random.Random(14)
    records: dict[int, list[Record]] = {}
    for link, frame in POOL * 4:
        mine = records.setdefault(link, [])
        octets = mutated(frame, chance)
        missing = chance.choice([0, 0, 0, chance.randrange(100)])
        mine.append(Record(START + len(mine) * 1_000_000, octets, len(octets) + missing))
    for link, frames in records.items():
        content = cap.pcap(frames, link)
        plain, compiled = (cap.read(tmp_path, content, interpreted=interpreted) for interpreted in (True, False))
        assert sum(cap.words(plain).values()) == len(frames)
        assert cap.lines(plain) == cap.lines(compiled)
        assert plain.captures == compiled.captures
