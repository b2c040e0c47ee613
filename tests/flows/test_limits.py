"""Limits: the flows that are kept, the frames that are kept, and the work that one frame can cause."""

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzer import pipeline as api
from analyzer.capture.frame import Aside
from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.decode import decode
from analyzer.cli import main
from analyzer.flows import record_memory
from analyzer.flows.assembler import Watch
from analyzer.flows.evidence import Evidence
from analyzer.flows.kernel import record as r
from analyzer.flows.marked import frames_of
from analyzer.flows.merging.match_records import merge
from analyzer.flows.merging.single import table_of_one_part
from analyzer.flows.options import ReadOptions
from analyzer.flows.read import read_captures
from analyzer.messages.english import sentence
from tests import capfile as cap
from tests.capfile import ACK, SECOND, START, SYN, Ends, Record, datagram, ether_of, ip4, ip6, tcp, udp
from tests.cases.hosts import M1, M2, SERVER
from tests.guarded import Guarded
from tests.packets import Wire
from tests.program import ROOT, run

MADE = ROOT / "sample_pcaps" / "made"
BEYOND = "beyond the limit of flows"
both = pytest.mark.parametrize("mode", [True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))])


def read(folder: Path, *contents: bytes, mode: bool = True, most: int) -> Evidence:
    paths = [folder / f"at_{'abc'[number]}.pcap" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    options = ReadOptions(max_flows=most)
    return read_captures([str(path) for path in paths], watch=Watch(), interpreted=mode, options=options)


def flood(count: int) -> list[Record]:
    """A flow a packet."""
    return [datagram(Ends(orig_p=1000 + number, resp_p=53), b"", START + number * 1000) for number in range(count)]


# Flows


@both
def test_what_is_beyond_the_limit_is_set_aside_by_name(tmp_path: Path, mode: bool) -> None:
    evidence = read(tmp_path, cap.pcap(flood(5000)), mode=mode, most=1000)
    assert cap.words(evidence) == {"in a flow": 1000, BEYOND: 4000}
    assert evidence.table.orig_p.tolist() == list(range(1000, 2000))
    assert evidence.incomplete
    assert cap.words(read(tmp_path, cap.pcap(flood(1000)), mode=mode, most=1000)) == {"in a flow": 1000}


@both
@pytest.mark.parametrize("most", [1, 2, 1023, 1024, 1025, 2047, 2048, 2049])
def test_any_number_can_be_the_limit(tmp_path: Path, mode: bool, most: int) -> None:
    """Those among them at which the arrays grow."""
    evidence = read(tmp_path, cap.pcap(flood(most + 2) + flood(most + 2)), mode=mode, most=most)
    assert cap.words(evidence) == {"in a flow": 2 * most, BEYOND: 4}
    assert len(evidence.table) == most


@both
def test_flows_that_are_kept_go_on(tmp_path: Path, mode: bool) -> None:
    """An error about a flow that is not kept is set aside too."""
    kept, other = Ends(), Ends(orig="10.0.0.9")
    answer = datagram(kept.back, at=START + 3)
    errors = [
        ether_of(
            ip4(ends.resp, ends.orig, cap.ICMP, cap.icmp(3, 3, ip4(ends.orig, ends.resp, cap.UDP, udp(40_000, 80))))
        )
        for ends in (kept, other)
    ]
    records = [datagram(kept), datagram(other, at=START + 1), answer, *(Record(START + 9, frame) for frame in errors)]
    evidence = read(tmp_path, cap.pcap(records), mode=mode, most=1)
    (line,) = cap.lines(evidence)
    assert (line["orig_pkts"], line["resp_pkts"]) == (1, 1)
    assert evidence.table.icmp_error.count.tolist() == [1]
    assert cap.words(evidence) == {"in a flow": 2, BEYOND: 2, Aside.ICMP_ERROR.word: 1}


@both
def test_a_connection_that_is_not_kept_is_not_taken_for_the_one_before(tmp_path: Path, mode: bool) -> None:
    """Both are of one tuple, as all connections of an agent are."""
    first, again = cap.converse("ShADdFfAa"), cap.converse("ShADDDdddRr", isn=(70_000, 80_000), at=START + SECOND)
    evidence = read(tmp_path, cap.pcap(first + again), mode=mode, most=1)
    (line,) = cap.lines(evidence)
    assert (line["orig_pkts"] + line["resp_pkts"], line["conn_state"]) == (len(first), "SF")
    assert cap.words(evidence) == {"in a flow": len(first), BEYOND: len(again)}
    assert len(read(tmp_path, cap.pcap(first + again), mode=mode, most=2).table) == 2


def test_silence_ends_a_flow_at_the_limit_too(tmp_path: Path) -> None:
    evidence = read(tmp_path, cap.pcap([datagram(Ends(), at=START + 61 * SECOND * n) for n in range(3)]), most=1)
    assert cap.words(evidence) == {"in a flow": 1, BEYOND: 2}


@both
def test_a_system_that_reserves_little_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: bool
) -> None:
    content = cap.pcap(flood(3000))
    plenty = read(tmp_path, content, mode=mode, most=10_000)
    monkeypatch.setattr(record_memory, "reserved", lambda _rows: np.zeros((7, r.WIDTH), dtype=np.int64))
    little = read(tmp_path, content, mode=mode, most=10_000)
    assert np.array_equal(little.table.records, plenty.table.records)
    assert len(little.table) == 3000


def test_where_memory_is_not_to_be_had_a_table_begins_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    zeros = np.zeros

    def strict(size: int, dtype: type) -> np.ndarray[Any, Any]:
        if size > 50_000 * r.WIDTH:
            raise MemoryError
        return zeros(size, dtype=dtype)

    monkeypatch.setattr(np, "zeros", strict)
    assert 1024 <= len(record_memory.reserved(2_000_001)) <= 50_000


def test_vantages_share_the_limit(tmp_path: Path) -> None:
    here, there = cap.pcap(flood(30)), cap.pcap(flood(40))
    evidence = read(tmp_path, here, there, most=50)
    assert [capture.vantage for capture in evidence.captures] == [1, 2]
    assert [capture.beyond for capture in evidence.captures] == [0, 20]
    assert [int(seen) for seen in evidence.table.seen.sum(axis=0)] == [30, 20]


def test_the_first_screen_has_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(cap.pcap(flood(50)))
    result = run("analyze", path, "--no-dissect", "--max-flows", "10", "--out", tmp_path / "out", "--strict")
    sentence = "the first 10 flows were kept, and 40 frames of later flows were set aside; --max-flows raises the limit"
    assert result.exit_code == 3
    assert sentence[4:] in result.stdout.replace("\n", " ").replace("  ", " ")
    report = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert sentence[4:] in report.partition("## ")[0] + report.partition("## ")[2][:3000]
    assert "do not agree" not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    for command in (("flows",), ("site", "infer")):
        result = run(*command, path, "--max-flows", "10")
        assert (result.exit_code, sentence in result.stderr) == (0, True)
    assert run("flows", path, "--max-flows", "49").stderr.startswith(
        "the first 49 flows were kept, and 1 frame of later flows was"
    )
    assert run("flows", path).stderr == ""
    assert run("flows", path, "--max-flows", "0").exit_code == 2


def test_the_option_says_what_is_the_default() -> None:
    (option,) = (option for option in main.commands["flows"].params if option.name == "max_flows")
    assert option.default == ReadOptions.max_flows


@pytest.mark.parametrize("sample", ["boot_complete.pcap", "two_interfaces.pcapng", "mid_stream.pcap"])
def test_one_vantage_is_merged_with_nothing(sample: str) -> None:
    """The short way for a single vantage gives what merging gives, in order or not."""
    watch = Watch(frozenset({67, 68, 69}), 100)
    table = read_captures([str(MADE / sample)], watch=watch, interpreted=True).table
    for part, marks in (
        (table.records, table.marks),
        (
            table.records.take(slice(None, None, -1)),
            frames_of(m._replace(flow=len(table) - 1 - m.flow) for m in table.marks),
        ),
    ):
        one, other = table_of_one_part(part, marks), merge([part], [marks])[0]
        assert np.array_equal(one.records, other.records)
        assert np.array_equal(one.sides, other.sides)
        assert one.sides.dtype == other.sides.dtype
        assert one.marks == other.marks


# Frames that are kept for a closer look


def test_many_small_frames_are_bounded_as_few_large_ones_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.flows.assembler.MOST_MARKED_OCTETS", 50_000)
    (tmp_path / "x.pcap").write_bytes(cap.pcap(datagram(Ends(orig_p=1000 + n, resp_p=67), b"") for n in range(500)))
    evidence = read_captures([str(tmp_path / "x.pcap")], watch=Watch(frozenset({67})), interpreted=True)
    assert 50 < len(evidence.table.marks) < 50_000 // 400
    assert len(evidence.table.marks) + evidence.marks_dropped == 500


# Containers


def test_a_million_interfaces(tmp_path: Path) -> None:
    """Reading ends at the limit; behind it, it goes on where it is asked to."""
    path = tmp_path / "x.pcapng"
    path.write_bytes(cap.section() + cap.interface() * 1_000_000)
    evidence = read_captures([str(path)], watch=Watch(), interpreted=True)
    assert evidence.captures[0].blocks["interface"] == 65_536
    assert "more than 65536 interfaces in one section" in sentence(evidence.captures[0].damage[0])


@pytest.mark.parametrize("resync", [False, True])
def test_interfaces_of_many_sections_take_no_room(tmp_path: Path, resync: bool) -> None:
    path = tmp_path / "x.pcapng"
    content = (cap.section() + cap.interface() * 10) * 500
    path.write_bytes(content + cap.packet(datagram(Ends(), at=START)))
    evidence = read_captures([str(path)], watch=Watch(), interpreted=True, options=ReadOptions(resync=resync))
    assert (evidence.captures[0].frames, evidence.captures[0].damage) == (1, ())


# Encapsulation


class Counted(Guarded):
    """Octets that count how often they were read."""

    reads = 0

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        self.reads += 1
        return self.octets[at]


A, B, A6, B6 = "10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"
INNER = ip4(A, B, cap.UDP, udp(5000, 6000))


def deep(times: int, around: Callable[[bytes], bytes], inner: bytes = INNER) -> bytes:
    for _ in range(times):
        inner = around(inner)
    return inner


def vxlan(packet: bytes) -> bytes:
    return ip4(A, B, cap.UDP, udp(5000, 4789, b"\x08\0\0\0\0\0\x07\0" + ether_of(packet)))


def four_in(proto: int, head: bytes = b"") -> Callable[[bytes], bytes]:
    return lambda packet: ip4(A, B, proto, head + packet)


DEEP = {
    "vlan": cap.ether(INNER, tags=[(0x8100, 7)] * 10_000),
    "qinq": cap.ether(INNER, tags=[(0x88A8, 7)] * 10_000),
    "mpls": cap.ether(struct.pack(">I", 16 << 12) * 10_000 + INNER, 0x8847),
    "pseudowire": deep(
        500, lambda frame: cap.ether(struct.pack(">I", 16 << 12 | 1 << 8) + frame, 0x8847), ether_of(INNER)
    ),
    "802.1ah": deep(500, lambda frame: cap.ether(bytes(4) + frame, 0x88E7), ether_of(INNER)),
    "ip-in-ip": ether_of(deep(1000, four_in(4))),
    "6in6": ether_of(deep(1000, lambda packet: ip6(A6, B6, 41, packet), ip6(A6, B6, cap.UDP, udp(1, 2)))),
    "gre": ether_of(deep(1000, four_in(47, b"\0\0\x08\0"))),
    "vxlan": ether_of(deep(500, vxlan)),
    "extension headers": ether_of(ip6(A6, B6, 0, b"\0\0\1\4\0\0\0\0" * 7000 + udp(1, 2))),
    "large extension headers": ether_of(ip6(A6, B6, 60, (b"\x3c\xff" + bytes(2046)) * 30)),
    "authentication": ether_of(ip4(A, B, 51, (b"\x33\1" + bytes(10)) * 4000)),
    "quoted": ether_of(deep(500, four_in(cap.ICMP, cap.icmp(3, 3)))),
}


@pytest.mark.parametrize("name", DEEP)
def test_depth_makes_no_work(name: str) -> None:
    """At any depth of nesting, a few hundred octets of a frame are read, and it has a result."""
    frame = DEEP[name]
    octets, row = Counted(frame), [0] * f.ROW_WIDTH
    assert decode(octets, 0, len(frame), len(frame), f.ETHERNET, 1, row) in list(Aside)
    assert octets.reads < 3000
    assert len(frame) > 9000


@pytest.mark.parametrize("name", ["vlan", "mpls", "ip-in-ip", "gre", "vxlan", "6in6"])
def test_what_is_nested_too_deep_is_set_aside_as_that(name: str) -> None:
    frame = DEEP[name]
    assert decode(frame, 0, len(frame), len(frame), f.ETHERNET, 1, [0] * f.ROW_WIDTH) == f.DEEP


def test_words_of_radiotap_are_read_once_each() -> None:
    present = struct.pack("<I", 0x80000000) * 16_000 + struct.pack("<I", 0)
    frame = struct.pack("<BBH", 0, 0, 4 + len(present)) + present
    octets = Counted(frame)
    decode(octets, 0, len(frame), len(frame), f.RADIOTAP, 1, [0] * f.ROW_WIDTH)
    assert octets.reads < len(frame)


def test_a_flood_of_openings_is_a_flow_each_up_to_the_limit(tmp_path: Path) -> None:
    """One tuple, another initial number each time: every one is a connection."""
    records = [
        Record(START + n, ether_of(ip4(A, B, cap.TCP, tcp(1, 2, SYN if n % 2 == 0 else ACK, seq=n * 1000))))
        for n in range(300)
    ]
    evidence = read(tmp_path, cap.pcap(records), most=100)
    assert cap.words(evidence) == {"in a flow": 200, BEYOND: 100}
    assert re.match(r"S", cap.lines(evidence)[0]["history"])


def test_what_was_not_kept_is_missing_nowhere(tmp_path: Path) -> None:
    """A row that is asked for may be among the flows beyond the limit, and so may a DHCP answer."""
    wire = Wire()
    wire.tcp(SERVER, 50_000, M1, 56010)
    wire.lease(M1, SERVER)
    wire.wait(30)
    wire.ping(SERVER, M2)
    wire.save(tmp_path / "x.pcap")
    site = ROOT / "tests" / "cases" / "site.yaml"
    report = api.analyze(tmp_path / "x.pcap", site=site, expect=["image-builder"], options=ReadOptions(max_flows=2))
    assert set(report.rows["status"]) & {"missing"} == set()
    (asked,) = report.flows[report.flows["resp_p"] == 67].to_dict("records")
    assert (asked["verdict"], asked["reason"]) == ("undetermined", "")
    assert "flows beyond the limit were not kept" in asked["detail"]


@both
def test_captures_of_one_time_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: bool) -> None:
    monkeypatch.setattr("analyzer.flows.reading.capture_groups.MOST_VANTAGES", 3)
    monkeypatch.setattr("analyzer.kernel.loading.cores", lambda: 2)
    for name in "abcdef":
        (tmp_path / f"at_{name}.pcap").write_bytes(cap.pcap(flood(20)))
    later = [record._replace(ts=record.ts + 100 * SECOND) for record in flood(20)]
    (tmp_path / "at_later.pcap").write_bytes(cap.pcap(later))
    evidence = read_captures([str(tmp_path)], watch=Watch(), interpreted=mode)
    names = [capture.name for capture in evidence.captures]
    assert names == ["at_a.pcap", "at_b.pcap", "at_c.pcap", "at_later.pcap"]
    assert {capture.name: capture.vantage for capture in evidence.captures}["at_later.pcap"] <= 3
    assert list(map(sentence, evidence.unread)) == [
        "3 captures (at_d.pcap and those after it): more than 3 captures have the same time; analyse fewer at once"
    ]
    assert evidence.incomplete


def test_the_report_names_captures_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.flows.reading.capture_groups.MOST_VANTAGES", 2)
    for name in "abc":
        (tmp_path / f"at_{name}.pcap").write_bytes(cap.pcap(flood(20)))
    report = api.analyze(tmp_path, dissect=False)
    assert [text for text in report.meta.left_out if "at_c.pcap" in text]
    assert [note for note in report.meta.notes if "at_c.pcap" in note.text]
    assert report.meta.incomplete
