"""Mutated encapsulations: compiled and interpreted kernels give the same, and every frame is counted once."""

import random
from collections.abc import Iterator
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from analyzer.capture.frame import Aside
from analyzer.capture.kernel import datagrams
from analyzer.capture.kernel.frame_slots import STATUS, UNDECIDED
from analyzer.capture.sources.window import RECORDS
from analyzer.flows import assembler
from analyzer.flows.read import read_captures
from analyzer.flows.reading import reader
from analyzer.kernel import loading
from tests import capfile as cap
from tests.capfile import IP6, START, Record, ether
from tests.capture.test_link_layers import ASIDE, ETHERNET, FRAMES, UNKNOWN
from tests.capture.test_tunnels import CUT_INSIDE, NO_TUNNELS, OWN_PORTS, TUNNELS, UNREAD
from tests.program import ROOT

LINKS = [*FRAMES.values(), *(case[:2] for case in (*ASIDE.values(), *UNKNOWN.values()))]
PACKETS = [case[0] for case in (*TUNNELS.values(), *UNREAD.values(), *OWN_PORTS.values())]
NEVER = 1 << 30
POOL = LINKS + [
    (ETHERNET, ether(packet, IP6 if packet[0] >> 4 == 6 else cap.IP4))
    for packet in (*PACKETS, *NO_TUNNELS.values(), *CUT_INSIDE.values())
]
FOUR, SIX = (
    [
        make(source, target, proto, body)
        for proto, body in (
            (cap.TCP, cap.tcp(40000, 80, cap.SYN)),
            (cap.UDP, cap.udp(40000, 53, b"a question")),
            (cap.UDP, cap.udp(40000, 50000, b"E" * 100)),
            (icmp, cap.icmp(echo)),
        )
    ]
    for make, source, target, icmp, echo in (
        (cap.ip4, "10.0.0.1", "10.0.0.2", 1, 8),
        (cap.ip6, "fd00::1", "fd00::2", 58, 128),
    )
)
PLAIN = {
    ETHERNET: [
        *(ether(packet, cap.IP4) for packet in FOUR),
        *(ether(packet, IP6) for packet in SIX),
        *(ether(b"\0\x07\x08\0" + packet, 0x8100) for packet in FOUR),
        ether(bytes(28), 0x0806),
    ],
    **{
        number: [cap.link(number, packet) for packet in FOUR + SIX]
        for number in (cap.SLL, cap.SLL2, cap.RAW, cap.NULL, cap.LOOP)
    },
}


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


def compile_for(monkeypatch: pytest.MonkeyPatch, seldom: int) -> None:
    """Have kernels be compiled for plain frames; for all frames after so many that are not plain."""
    monkeypatch.setattr(reader, "INTERPRETED_UP_TO", -1)
    monkeypatch.setattr(loading, "is_kept", lambda _kernel="": seldom == 0)
    monkeypatch.setattr(reader, "SELDOM_INTERPRETED", seldom)


@pytest.mark.xdist_group("compiled")
@pytest.mark.parametrize("seldom", [0, NEVER], ids=["all frames", "plain frames"])
def test_mutated_frames_are_read_the_same_compiled_and_interpreted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seldom: int
) -> None:
    compile_for(monkeypatch, seldom)
    chance = random.Random(14)
    records: dict[int, list[Record]] = {}
    for link, frame in POOL * 4:
        mine = records.setdefault(link, [])
        octets = mutated(frame, chance)
        missing = chance.choice([0, 0, 0, chance.randrange(100)])
        mine.append(Record(START + len(mine) * 1_000_000, octets, len(octets) + missing))
    for link, frames in records.items():
        content = cap.pcap(frames, link)
        plain, compiled = (cap.read(tmp_path, content, interpreted=interpreted) for interpreted in (True, None))
        assert sum(cap.words(plain).values()) == len(frames)
        assert cap.lines(plain) == cap.lines(compiled)
        assert plain.captures == compiled.captures


@pytest.mark.xdist_group("compiled")
def test_from_a_number_of_frames_on_those_that_are_not_plain_are_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks before and after give the same flows, and a progress line explains the pause."""
    frames = [frame for link, frame in POOL if link == ETHERNET]
    records = [Record(START + n * 1_000_000, frames[n % len(frames)]) for n in range(2 * RECORDS + 10)]
    interpreted: list[int] = []
    prepare_undecided = assembler.Assembler.prepare_undecided

    def count(self: assembler.Assembler, chunk: Any, rows: Any) -> list[int]:
        apart = prepare_undecided(self, chunk, rows)
        interpreted.append(len(apart))
        return apart

    content = cap.pcap(records, ETHERNET)
    expected = cap.read(tmp_path, content)
    compile_for(monkeypatch, 10)
    monkeypatch.setattr(assembler.Assembler, "prepare_undecided", count)
    stages: list[str] = []
    watch = assembler.Watch(frozenset({67, 68, 69}))
    found = read_captures([str(tmp_path / "part_000.cap")], watch=watch, progress=lambda name, _: stages.append(name))
    assert cap.lines(found) == cap.lines(expected)
    assert found.captures == expected.captures
    assert len(interpreted) == 1
    assert 10 < interpreted[0] < RECORDS
    assert stages.count("compiling the rest of the decoder, once") == 1


@pytest.mark.xdist_group("compiled")
def test_captures_are_read_the_same_by_compiled_and_interpreted_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fragments, quoted errors and tunnels by interpreted functions, all else by compiled ones, into the same flows."""
    compile_for(monkeypatch, NEVER)
    watch = assembler.Watch(frozenset({67, 68, 69}), 100)
    apart = 0
    counted = assembler.Assembler.assemble_apart

    def count(self: assembler.Assembler, prepared: assembler.Prepared, number: int) -> None:
        nonlocal apart
        apart += 1
        counted(self, prepared, number)

    monkeypatch.setattr(assembler.Assembler, "assemble_apart", count)
    paths = [path for folder in ("sample_pcaps", "tests/cases") for path in (ROOT / folder).rglob("*.pcap*")]
    for path in sorted(paths):
        plain, both = (read_captures([str(path)], watch=watch, interpreted=how) for how in (True, None))
        assert cap.lines(plain) == cap.lines(both), path
        assert plain.captures == both.captures, path
    assert apart > 10


@pytest.mark.xdist_group("compiled")
def test_fragments_and_errors_among_plain_frames_are_read_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every frame of a datagram in fragments, and errors about it, between the frames of connections; in any order."""
    compile_for(monkeypatch, NEVER)
    chance = random.Random(3)
    whole = cap.udp(5000, 6000, b"x" * 64)
    frames = [record.frame for record in cap.converse("SHADadFfA" * 3)]
    for name in range(40):
        for start in (0, 32, 64):
            piece = bytearray(cap.ip4("10.0.0.1", "10.0.0.2", cap.UDP, whole[start : start + 32]))
            piece[4:6] = name.to_bytes(2, "big")
            piece[6:8] = ((start < 64) << 13 | start // 8).to_bytes(2, "big")
            frames.append(ether(bytes(piece), cap.IP4))
        quoted = cap.ip4("10.0.0.1", "10.0.0.2", cap.UDP, whole)[:28]
        frames.append(ether(cap.ip4("10.0.0.2", "10.0.0.1", 1, cap.icmp(3, 3, quoted)), cap.IP4))
        frames.append(ether(cap.ip4("10.0.0.1", "10.0.0.2", cap.UDP, whole), cap.IP4))
    for _ in range(5):
        chance.shuffle(frames)
        content = cap.pcap([Record(START + n * 1_000_000, frame) for n, frame in enumerate(frames)], ETHERNET)
        plain, both = (cap.read(tmp_path, content, interpreted=how) for how in (True, None))
        assert plain.captures[0].asides[Aside.ICMP_ERROR] > 0
        assert cap.lines(plain) == cap.lines(both)
        assert plain.captures == both.captures


def answer(answers: Iterator[bool], _: loading.KernelMode) -> bool:
    """The next answer."""
    return next(answers)


@pytest.mark.xdist_group("compiled")
def test_a_change_by_another_thread_changes_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the mode answers each time that it is asked: a chunk goes through one kind of kernels."""
    compile_for(monkeypatch, NEVER)
    later = bytearray(cap.ip4("10.0.0.1", "10.0.0.2", cap.UDP, cap.udp(5000, 6000, b"x" * 64)))
    later[6:8] = (0x2000).to_bytes(2, "big")
    frames = [ether(bytes(later), cap.IP4), *PLAIN[ETHERNET]]
    content = cap.pcap([Record(START + n * 1_000_000, frame) for n, frame in enumerate(frames * 3)], ETHERNET)
    plain = cap.read(tmp_path, content)
    for answers in ([True, False], [False, True], [False, True, True, False]):
        monkeypatch.setattr(loading.KernelMode, "is_plain", property(partial(answer, cycle(answers))))
        both = cap.read(tmp_path, content, interpreted=None)
        assert cap.lines(plain) == cap.lines(both)
        assert plain.captures == both.captures


@pytest.mark.xdist_group("compiled")
def test_plain_frames_are_decided_by_the_functions_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ethernet, VLAN, cooked and raw IP; IPv4 and IPv6; TCP, UDP and ICMP; ARP."""
    left: list[int] = []

    def prepare_undecided(_: assembler.Assembler, chunk: Any, rows: Any) -> list[int]:
        left.append(int((rows[: chunk.count, STATUS] == UNDECIDED).sum()))
        return []

    compile_for(monkeypatch, NEVER)
    monkeypatch.setattr(assembler.Assembler, "prepare_undecided", prepare_undecided)
    for link, frames in PLAIN.items():
        cap.read(tmp_path, cap.pcap([Record(START, frame) for frame in frames], link), interpreted=None)
    assert left == [0] * len(PLAIN)


def test_every_port_of_a_tunnel_is_listed() -> None:
    """Datagrams to other ports are plain."""
    lists = {"TUNNEL_PORTS", "TUNNEL_PORTS_OF_BOTH"}
    assert set(datagrams.TUNNEL_PORTS) == {
        number for name, number in vars(datagrams).items() if "_PORT" in name and name not in lists
    }
    assert set(datagrams.TUNNEL_PORTS_OF_BOTH) < set(datagrams.TUNNEL_PORTS)
