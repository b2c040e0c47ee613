"""What must hold for every capture, with any content: tested with generated traffic."""

import itertools
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analyzer import pipeline as api
from analyzer.capture.sources.window import Window
from analyzer.flows.assembler import Watch
from analyzer.flows.evidence import Evidence
from analyzer.flows.read import read_captures
from analyzer.report import to_json
from tests import capfile as cap
from tests.capfile import ACK, FIN, PSH, RST, SECOND, START, SYN, Endian, Record, ether_of, icmp, ip, ip4, tcp, udp
from tests.program import ROOT, flows

LAB, MADE = ROOT / "sample_pcaps" / "lab", ROOT / "sample_pcaps" / "made"
WATCH = Watch(frozenset({67, 68, 69, 4011}))
COMPILED = pytest.mark.xdist_group("compiled")
tried = settings(deadline=None, max_examples=60)
"""The number of trials of a property; their duration is not tested."""
OF_THE_FILE = ("capture", "first_frame")
"""The columns about the file, not about the flow."""

# Traffic

HOSTS = ("198.51.100.77", "203.0.113.201", "192.0.2.133", "2001:db8::d:e:a:d", "2001:db8::b:e:e:f")
"""Their octets stand in no packet below but as addresses, so that they can be exchanged for others."""
PAIRS = [
    pair for pair in itertools.permutations(HOSTS, 2) if (":" in pair[0]) == (":" in pair[1])
]  # fmt: skip
PORTS = ((56_030, 56_030), (2070, 69), (68, 67), (67, 68), (5000, 6000))
FLAGS = (SYN, SYN | ACK, ACK, PSH | ACK, FIN | ACK, RST, RST | ACK, 0)
NUMBERS = (0, 1, 6, 0x7FFFFFFF, 0xFFFFFFFE)
GAPS = (0, 0, 0, 1000, 1_000_000, SECOND, 59_900_000_000, 60 * SECOND, 60 * SECOND + 1000, 3600 * SECOND)


def errors(source: str, target: str, about: bytes) -> bytes:
    """A report to ``source`` on a packet that it sent."""
    proto, kind = (cap.ICMP6, 1) if ":" in source else (cap.ICMP, 3)
    return ip(target, source, proto, icmp(kind, 3, about))


def datagrams(source: str, target: str) -> Iterator[bytes]:
    for sport, dport in PORTS:
        asked = ip(source, target, cap.UDP, udp(sport, dport, b"\1\1\6hello"))
        yield from (asked, ip(source, target, cap.UDP, udp(dport, sport, b"\2\1\6")), errors(source, target, asked))
    proto, kinds = (cap.ICMP6, (128, 129)) if ":" in source else (cap.ICMP, (8, 0))
    yield from (ip(source, target, proto, icmp(kind, 0, b"hello")) for kind in kinds)
    yield ip(source, target, 47, b"hello")


def segments(source: str, target: str) -> Iterator[bytes]:
    for (sport, dport), flags, seq in itertools.product(PORTS[:2], FLAGS, NUMBERS):
        yield ip(source, target, cap.TCP, tcp(sport, dport, flags, seq=seq, ack=6 if flags & ACK else 0))
        yield ip(source, target, cap.TCP, tcp(dport, sport, flags, seq=seq, ack=1, data=b"hello"))


POOL = [
    *(packet for pair in PAIRS for made in (datagrams, segments) for packet in made(*pair)),
    *(ip4("0.0.0.0", "255.255.255.255", cap.UDP, udp(68, 67, b"\1\1\6")) for _ in range(20)),
    *(ip4(host, "239.1.2.3", cap.UDP, udp(5561, 5561, b"hello")) for host in HOSTS[:3]),
    ip4(HOSTS[0], HOSTS[1], cap.UDP, udp(5000, 6000), fragment=1),
    b"\x45\0\0",
]

packets = st.lists(st.tuples(st.sampled_from(GAPS), st.sampled_from(POOL)), max_size=30)
"""Packets of a few hosts on a few ports, each with the time since the one before."""


def recorded(traffic: Sequence[tuple[int, bytes]], at: int = START) -> list[Record]:
    records = []
    for gap, packet in traffic:
        at += gap
        records.append(Record(at, ether_of(packet)))
    return records


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def seen(*contents: bytes, interpreted: bool = True, names: Sequence[str] = ()) -> Evidence:
    with folder() as scratch:
        return cap.read(scratch, *contents, interpreted=interpreted, names=names)


def observed(evidence: Evidence, *without: str) -> list[dict[str, Any]]:
    return [{name: value for name, value in line.items() if name not in without} for line in cap.lines(evidence)]


# Every frame is accounted for


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A frame of any link type, with some of its octets changed or cut off; or random octets."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.binary(max_size=90))
    frame = bytearray(cap.link(draw(st.sampled_from(cap.READ)), draw(st.sampled_from(POOL))))
    for _ in range(draw(st.integers(0, 4))):
        frame[draw(st.integers(0, len(frame) - 1))] = draw(st.sampled_from((0, 1, 6, 17, 44, 0x45, 0x60, 0x81, 255)))
    return bytes(frame[: draw(st.integers(0, len(frame)))] if draw(st.booleans()) else frame)


@tried
@given(frames=st.lists(st.tuples(spoilt(), st.integers(0, 70_000)), max_size=25), number=st.sampled_from(cap.READ))
def test_every_frame_is_in_a_flow_or_set_aside(frames: list[tuple[bytes, int]], number: int) -> None:
    records = [Record(START, frame, original) for frame, original in frames]
    evidence = seen(cap.pcap(records, number))
    facts = evidence.captures[0]
    assert facts.frames == sum(facts.asides.values()) == len(frames)
    lines = cap.lines(evidence)
    assert sum(line["orig_pkts"] + line["resp_pkts"] for line in lines) == cap.words(evidence).get("in a flow", 0)
    assert all(
        min(line["orig_bytes"], line["resp_bytes"], line["orig_ip_bytes"], line["resp_ip_bytes"]) >= 0 for line in lines
    )


@COMPILED
@tried
@given(frames=st.lists(st.tuples(spoilt(), st.integers(0, 70_000)), max_size=25), number=st.sampled_from(cap.READ))
def test_both_kernels_make_the_same_of_every_frame(frames: list[tuple[bytes, int]], number: int) -> None:
    content = cap.pcap([Record(START, frame, original) for frame, original in frames], number)
    assert_equal(seen(content), seen(content, interpreted=False))


@COMPILED
@tried
@given(traffic=packets)
def test_both_kernels_make_the_same_of_every_conversation(traffic: list[tuple[int, bytes]]) -> None:
    content = cap.pcap(recorded(traffic), nano=True)
    assert_equal(seen(content), seen(content, interpreted=False))


def assert_equal(one: Evidence, two: Evidence) -> None:
    np.testing.assert_array_equal(one.table.records, two.table.records)
    assert one.table.marks == two.table.marks
    assert one.captures == two.captures


# The file is not the traffic


@tried
@given(traffic=packets, cuts=st.sets(st.integers(0, 30), max_size=5), rotated=st.booleans())
def test_a_capture_that_was_cut_in_parts_has_the_flows_of_the_whole(
    traffic: list[tuple[int, bytes]], cuts: set[int], rotated: bool
) -> None:
    records = recorded(traffic)
    places = [0, *sorted(min(cut, len(records)) for cut in cuts), len(records)]
    # One instant in files that are of no series is two places, not two files of one.
    borders = [place for place in places if 0 < place < len(records)]
    assume(rotated or all(records[place - 1].ts < records[place].ts for place in borders))
    parts = [cap.pcap(records[begin:end]) for begin, end in itertools.pairwise(places)]
    names = [f"part_{number:02}.pcap" if rotated else f"{chr(97 + number)}.pcap" for number in range(len(parts))]
    whole, combined = seen(cap.pcap(records)), seen(*parts, names=names)
    assert observed(combined, *OF_THE_FILE) == observed(whole, *OF_THE_FILE)
    assert cap.words(combined) == cap.words(whole)
    assert {capture.vantage for capture in combined.captures} == {1}


@tried
@given(traffic=packets, rotated=st.permutations(range(3)))
def test_the_order_on_the_command_line_does_not_matter(traffic: list[tuple[int, bytes]], rotated: list[int]) -> None:
    records = recorded(traffic)
    third = len(records) // 3
    parts = [records[:third], records[third : 2 * third], records[2 * third :]]
    with folder() as scratch:
        paths = [scratch / f"{number}.pcap" for number in range(3)]
        for path, part in zip(paths, parts, strict=True):
            path.write_bytes(cap.pcap(part))
        straight = read_captures([str(path) for path in paths], watch=WATCH)
        reversed_ = read_captures([str(paths[number]) for number in rotated], watch=WATCH)
    assert_equal(straight, reversed_)


units = st.sampled_from([None, 6, 9, 0x80 | 30, 0x80 | 31])


@tried
@given(
    traffic=packets,
    described=st.lists(st.tuples(units, st.sampled_from([None, 0, 1_700_000_000, -3600])), min_size=1, max_size=4),
    endians=st.lists(st.sampled_from(["<", ">"]), min_size=1, max_size=3),
    draw=st.randoms(use_true_random=False),
)
def test_pcapng_has_the_flows_of_pcap(
    traffic: list[tuple[int, bytes]], described: list[tuple[int | None, int | None]], endians: list[Endian], draw: Any
) -> None:
    """Several sections in different byte orders, several interfaces in different units, other blocks between.

    A sender has one interface: two connections of one 5-tuple at two interfaces are two flows, and pcap has no
    interfaces.
    """
    interface_of: defaultdict[bytes, int] = defaultdict(lambda: draw.randrange(len(described)))
    records = [record._replace(ts=record.ts // 1_000_000_000 * 1_000_000_000) for record in recorded(traffic)]
    content = b""
    share = -(-len(records) // len(endians)) if records else 0
    for number, endian in enumerate(endians):
        content += cap.section(endian)
        for resolution, offset in described:
            content += cap.interface(endian=endian, resolution=resolution, offset=offset)
        for record in records[number * share : (number + 1) * share]:
            place = interface_of[source_of(record.frame)]
            resolution, offset = described[place]
            stamp = cap.ticks(record.ts, resolution, offset or 0)
            content += cap.packet(record._replace(interface=place), endian, stamp)
            content += cap.block(draw.choice((4, 5, 0xBAD)), b"?" * draw.randrange(9), endian)
    ours, plain = seen(content), seen(cap.pcap(records))
    assert ours.captures[0].damage == ()
    assert [exact(line) for line in observed(ours)] == [exact(line) for line in observed(plain)]


def source_of(frame: bytes) -> bytes:
    """The address that sends a frame of the pool."""
    packet = frame[14:]
    return packet[8:24] if packet[0] >> 4 == 6 else packet[12:16]


def exact(line: dict[str, Any]) -> dict[str, Any]:
    """The line with its times to the microsecond, independent of their number of digits."""
    return line | {
        "ts": line["ts"][:26],
        "duration": line["duration"][:-3] if len(line["ts"]) > 27 else line["duration"],
    }


@pytest.mark.parametrize("size", [24, 25, 61, 64, 100, 1000])
@pytest.mark.parametrize("ng", [False, True])
def test_where_a_chunk_ends_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, ng: bool
) -> None:
    traffic = recorded([(GAPS[number % len(GAPS)], POOL[number * 37 % len(POOL)]) for number in range(200)])
    content = (cap.pcapng if ng else cap.pcap)(traffic) + b"the end is damaged"
    whole = cap.read(tmp_path, content)
    monkeypatch.setattr("analyzer.capture.sources.window.CHUNK", 7)
    monkeypatch.setattr("analyzer.capture.sources.window.RECORDS", 3)
    monkeypatch.setattr("analyzer.flows.reading.reader.Window", partial(Window, size=size))
    again = cap.read(tmp_path, content)
    assert len(whole.table) > 20
    assert_equal(again, whole)


@pytest.mark.parametrize("sample", ["boot_complete.pcap", "two_interfaces.pcapng", "truncated.pcap", "snapped.pcap"])
def test_a_pipe_and_compressed_files_have_the_flows_of_the_file(tmp_path: Path, sample: str) -> None:
    import gzip  # noqa: PLC0415

    import zstandard  # noqa: PLC0415

    content = (MADE / sample).read_bytes()
    wanted = flows([MADE / sample]).drop(columns="capture").to_dict("records")
    for name, packed in ((f"{sample}.gz", gzip.compress(content)), (f"{sample}.zst", zstandard.compress(content))):
        (tmp_path / name).write_bytes(packed)
        assert flows([tmp_path / name]).drop(columns="capture").to_dict("records") == wanted


# Names are not the traffic


def readdressed(packet: bytes, names: dict[str, str]) -> bytes:
    """The packet with every address that is in ``names`` exchanged, in what it quotes too."""
    octets = {cap.packed(old): cap.packed(new) for old, new in names.items()}
    pattern = b"|".join(re.escape(address) for address in sorted(octets, key=len, reverse=True))
    return re.sub(pattern, lambda found: octets[found[0]], packet, flags=re.DOTALL)


@tried
@given(traffic=packets, four=st.permutations(HOSTS[:3]), six=st.permutations(HOSTS[3:]))
def test_addresses_exchanged_are_ends_exchanged_and_nothing_else(
    traffic: list[tuple[int, bytes]], four: list[str], six: list[str]
) -> None:
    names = dict(zip(HOSTS, (*four, *six), strict=True))
    plain = observed(seen(cap.pcap(recorded(traffic))), "flow", "community_id")
    moved = [(gap, readdressed(packet, names)) for gap, packet in traffic]
    expected = [
        line | {side: names.get(line[side], line[side]) for side in ("orig_h", "resp_h")} for line in plain
    ]  # fmt: skip
    assert observed(seen(cap.pcap(recorded(moved))), "flow", "community_id") == expected


# Several vantages


@st.composite
def conversations(draw: st.DrawFn, *, apart: bool = False) -> list[Record]:
    """Whole conversations, each with sequence numbers of its own, one after the other on a few ports, or ``apart``: on
    ports of their own."""
    records: list[Record] = []
    at = START
    for number in range(draw(st.integers(1, 8))):
        source, target = sorted(draw(st.sampled_from(PAIRS)))
        ends = cap.Ends(source, 56_030 + number * apart, target, 56_030)
        if draw(st.booleans()):
            letters = draw(st.sampled_from(["S", "Sr", "ShADad", "ShADadFfA", "ShADR", "ShAdaDr", "SS"]))
            records += cap.converse(letters, ends, isn=(number * 10_000, number * 10_000 + 5000), at=at)
        else:
            records += [cap.datagram(ends, at=at), cap.datagram(ends.back, at=at + 1000)]
        at += draw(st.sampled_from((SECOND, 30 * SECOND, 61 * SECOND)))
    return [*records, cap.datagram(cap.Ends(HOSTS[0], 1, HOSTS[1], 2), at=at + 30 * SECOND)]


COUNTS = tuple(f"{side}_{what}" for side in ("orig", "resp") for what in ("pkts", "bytes", "ip_bytes"))


@tried
@given(records=conversations(), later=st.sampled_from([0, 1000, 250_000_000]))
def test_two_vantages_of_the_same_traffic_count_once(records: list[Record], later: int) -> None:
    one = cap.pcap(records)
    two = cap.pcap([record._replace(ts=record.ts + later) for record in records])
    single, combined = seen(one), seen(one, two)
    assert {capture.vantage for capture in combined.captures} == {1, 2}
    wanted = ("flow", "orig_h", "orig_p", "resp_h", "resp_p", "conn_state", "history", *COUNTS)
    assert [[line[name] for name in wanted] for line in observed(combined)] == [
        [line[name] for name in wanted] for line in observed(single)
    ]
    assert combined.table.seen.all()


@tried
@given(records=conversations(), lost=st.sets(st.integers(0, 40)))
def test_a_vantage_that_saw_less_adds_nothing(records: list[Record], lost: set[int]) -> None:
    """Whatever it did not capture. The first packet of a connection is in both, since connections are identified by it;
    so are the first and the last of all: a capture that begins where the other one ends is its continuation."""
    less = [
        record
        for number, record in enumerate(records)
        if number not in lost or is_syn(record) or number in (0, len(records) - 1)
    ]  # fmt: skip
    single, combined = seen(cap.pcap(records)), seen(cap.pcap(records), cap.pcap(less))
    wanted = ("flow", "conn_state", "history", *COUNTS)
    assert [[line[name] for name in wanted] for line in observed(combined)] == [
        [line[name] for name in wanted] for line in observed(single)
    ]


def is_syn(record: Record) -> bool:
    proto, flags = (20, 67) if record.frame[14] >> 4 == 6 else (23, 47)
    return record.frame[proto] == cap.TCP and record.frame[flags] & SYN != 0


@tried
@given(records=conversations(apart=True))
def test_a_tap_in_two_files_has_the_flows_of_the_whole(records: list[Record]) -> None:
    """Each direction is in its own file: the packets of every side, and the end of the connections. An answer does not
    show to which of several connections of one tuple it belongs, so each connection has its own tuple."""
    both_parts: list[list[Record]] = [[], []]
    for record in records:
        both_parts[to_the_higher(record)].append(record)
    assume(
        all(both_parts) and both_parts[0][-1].ts > both_parts[1][0].ts and both_parts[1][-1].ts > both_parts[0][0].ts
    )
    single, combined = seen(cap.pcap(records)), seen(*map(cap.pcap, both_parts))
    assume({capture.vantage for capture in combined.captures} == {1, 2})
    wanted = ("orig_h", "orig_p", "resp_h", "resp_p", "conn_state", *COUNTS)
    assert [[line[name] for name in wanted] for line in observed(combined)] == [
        [line[name] for name in wanted] for line in observed(single)
    ]
    letters = [[sorted(line["history"].strip("^")) for line in observed(one)] for one in (combined, single)]
    assert letters[0] == letters[1]


def to_the_higher(record: Record) -> bool:
    """Whether the packet's source has the smaller address."""
    six = record.frame[14] >> 4 == 6
    source, target = (record.frame[22:38], record.frame[38:54]) if six else (record.frame[26:30], record.frame[30:34])
    return source < target


FIXED = cap.Ends(resp_p=56_030, orig_p=56_030)
LAST = cap.datagram(cap.Ends(), at=START + 100 * SECOND)


@pytest.mark.parametrize(
    "talk",
    [
        [*cap.converse("ShADadFfA", FIXED), *cap.converse("ShADadFfA", FIXED, at=START + 10 * SECOND)],
        [*cap.converse("ShADadFfA", FIXED), *cap.converse("ShADadFfA", FIXED, at=START + SECOND // 2)],
        [*cap.converse("DdFfA", FIXED), *cap.converse("ShAD", FIXED, isn=(500_000, 7), at=START + SECOND)],
        [*cap.converse("ShADadFfA", FIXED), *cap.converse("ShAD", FIXED.back, isn=(500_000, 7), at=START + SECOND)],
    ],
    ids=["the same number", "the same number at once", "an end and a beginning", "the other way"],
)
def test_connections_that_follow_each_other_on_one_tuple_stay_apart_at_two_vantages(
    tmp_path: Path, talk: list[Record]
) -> None:
    content = cap.pcap([*talk, LAST])
    single, combined = cap.read(tmp_path, content), cap.read(tmp_path, content, content)
    assert len(single.table) == 3
    assert observed(combined, *OF_THE_FILE) == observed(single, *OF_THE_FILE)


# The same input gives the same bytes


def analysed(cwd: Path, captures: Sequence[str], site: str, **surroundings: str) -> dict[str, bytes]:
    """Every file of the report of a process of its own."""
    code = "from analyzer.cli import main; main()"
    command = [sys.executable, "-c", code, "analyze", *captures, "--site", site, "--out", "out here"]
    env = os.environ | {"PYTHONPATH": str(ROOT)} | surroundings
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode in (0, 1, 4), done.stderr) == (True, "")
    out = cwd / "out here"
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_the_report_is_the_same_bytes_wherever_and_whenever_it_is_made(tmp_path: Path) -> None:
    names = ["pxeproxy_segA.pcap", "pxeproxy_server.pcap"]
    here, there = tmp_path / "here", tmp_path / "over there" / "deep"
    here.mkdir()
    there.mkdir(parents=True)
    for name in (*names, "site_pxeproxy.yaml"):
        (there / name).write_bytes((LAB / name).read_bytes())
        os.utime(there / name, (1, 1))
    one = analysed(
        here, [str(LAB / name) for name in names], str(LAB / "site_pxeproxy.yaml"),
        PYTHONHASHSEED="1", TZ="Asia/Kathmandu", COLUMNS="40", LC_ALL="C",
    )  # fmt: skip
    two = analysed(
        there, [f"./{name}" for name in reversed(names)], "site_pxeproxy.yaml", PYTHONHASHSEED="2", TZ="America/Lima"
    )
    assert len(one) == 26
    assert sorted(one) == sorted(two)
    assert not [name for name in one if one[name] != two[name]]


@pytest.mark.parametrize("order", [(0, 2, 1), (1, 2, 0), (2, 1, 0)])
def test_the_document_does_not_depend_on_the_order_of_captures(order: tuple[int, ...]) -> None:
    captures = [LAB / name for name in ("dirty_server.pcap", "dirty_segA.pcap", "dirty_segB.pcap")]
    wanted = document(captures)
    assert document([captures[number] for number in order]) == wanted


def document(captures: Sequence[Path]) -> str:
    return to_json(api.analyze([str(path) for path in captures], site=LAB / "site.yaml", dissect=False))
