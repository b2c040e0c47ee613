"""The packets behind findings, flows and verdicts: the same frames that were counted, as the captures have them."""

import gzip
import json
import re
import shutil
import struct
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from analyzer.extract.frames import read_again
from analyzer.extract.originals import find_originals
from analyzer.flows.assembler import Watch
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.flows.options import ReadOptions
from analyzer.flows.read import read_captures
from analyzer.render import files_of
from analyzer.report import Capture
from tests import capfile as cap
from tests.capfile import SECOND, START, Ends, Record, datagram, ether, ether_of, icmp, ip4, udp
from tests.flows.test_fragments import pieces4
from tests.program import ROOT, read_table, run
from tests.systems import make_fifo, make_link
from tests.test_cases import CASES, captures_of

MADE = ROOT / "sample_pcaps" / "made"
LAB = ROOT / "sample_pcaps" / "lab"
SAMPLES = sorted((ROOT / "sample_pcaps").glob("*/*.pcap*"))
FIELDS = ("frame.time_epoch", "frame.len", "frame.cap_len", "frame.md5_hash")
DIRTY = [LAB / name for name in ("dirty_server.pcap", "dirty_segA.pcap", "dirty_segB.pcap")]


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts take longer than everything else, and no test here uses them."""

    def files(report: object, *_rest: object) -> Iterator[tuple[str, bytes]]:
        return (file for name in ("csv", "json") for file in files_of(name, report).items())  # type: ignore[arg-type]

    monkeypatch.setattr("analyzer.render.everything", files)


@pytest.fixture(
    params=[True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))], ids=["plain", "compiled"]
)
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernels as they stand and compiled."""
    if not request.param:
        monkeypatch.setattr("analyzer.extract.originals.INTERPRETED_UP_TO", -1)


class Packet(NamedTuple):
    """A packet of an extracted capture; ``name``: the comment of its interface."""

    interface: int
    frame: bytes
    ticks: int
    comment: str
    name: str


def texts(octets: bytes) -> dict[int, bytes]:
    """Options by their code."""
    found = {}
    while len(octets) >= 4:
        code, size = struct.unpack_from("<HH", octets)
        if not code:
            break
        found[code] = octets[4 : 4 + size]
        octets = octets[4 + (size + 3 & ~3) :]
    return found


def packets(content: bytes) -> list[Packet]:
    names, found, at = [], [], 0
    while at < len(content):
        kind, length = struct.unpack_from("<II", content, at)
        body = content[at + 8 : at + length - 4]
        if kind == 1:
            names.append(texts(body[8:]).get(1, b"").decode())
        elif kind == 6:
            number, high, low, size, _ = struct.unpack_from("<IIIII", body)
            comment = texts(body[20 + (size + 3 & ~3) :]).get(1, b"").decode()
            found.append(Packet(number, body[20 : 20 + size], high << 32 | low, comment, names[number]))
        at += length
    return found


def analysed(folder: Path, *arguments: str | Path) -> Path:
    out = folder / "report"
    result = run("analyze", *arguments, "--no-dissect", "--out", out)
    assert result.exit_code in (0, 1, 4), result.stderr
    return out


def words(report: Path) -> list[str]:
    """Options that ask for every flow of a report."""
    return [part for word in sorted(set(read_table(report / "flows.csv")["verdict"])) for part in ("--verdict", word)]


def extracted(report: Path, *arguments: str | Path) -> Path:
    out = report.parent / "evidence.pcapng"
    result = run("extract", report, *arguments, "-o", out, "--force")
    assert result.exit_code == 0, result.stderr
    return out


def judged(tshark: str, path: Path, shown: str = "", fields: tuple[str, ...] = FIELDS) -> list[str]:
    """What tshark reports of every frame."""
    command = [tshark, "-n", "-r", str(path), "-o", "frame.generate_md5_hash:TRUE", "-T", "fields"]
    command += [part for field in fields for part in ("-e", field)] + (["-Y", shown] if shown else [])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "cut short" in done.stderr, done.stderr
    return done.stdout.splitlines()


# The frames that were counted


def capture_of(facts: CaptureFacts) -> Capture:
    return Capture(
        name=facts.name, sha256=facts.sha256, size=facts.size, format=facts.format, link_types=facts.link_types,
        vantage=facts.vantage, first_ts=None, last_ts=None, frames=facts.frames, in_flows=0, accounted={},
        snapped=facts.snapped,
    )  # fmt: skip


def frames_and_packets(
    paths: list[Path], *, outer: bool = False, resync: bool = False
) -> tuple[list[int], list[int], int]:
    """(frames found for each flow, packets counted of it, frames reported with one), and the tables are the same."""
    names = [str(path) for path in paths]
    options = ReadOptions(outer=outer, resync=resync)
    evidence = read_captures(names, watch=Watch(), options=options, hashed=True)
    originals = find_originals([capture_of(facts) for facts in evidence.captures], names, lambda *_: None)
    found, beside = np.zeros(len(evidence.table), dtype=np.int64), 0
    if not originals:
        return [], [], 0
    with tempfile.TemporaryFile() as file:
        reading = read_again(originals, options, file, lambda *_: None)
        assert np.array_equal(reading.table.records, evidence.table.records)
        for original in originals:
            lines, own = reading.lines(original.number, 0, original.capture.frames)
            found += np.bincount(lines[own & (lines >= 0)], minlength=len(found))
            beside += int((~own & (lines >= 0)).sum())
    counted = evidence.table.orig.pkts + evidence.table.resp.pkts
    if len({facts.vantage for facts in evidence.captures}) > 1:
        # Of several vantages one counts, and the frames of all are there.
        assert (found >= counted).all()
        return [], [], beside
    return found.tolist(), counted.tolist(), beside


@pytest.mark.parametrize("outer", [False, True], ids=["inner", "outer"])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_samples_have_a_frame_for_every_packet(sample: Path, outer: bool) -> None:
    found, counted, _ = frames_and_packets([sample], outer=outer)
    assert found == counted


def test_all_captures_have_a_frame_for_every_packet() -> None:
    found, counted, _ = frames_and_packets(sorted(MADE.glob("rotated_*.pcap")))
    assert found == counted
    assert frames_and_packets(DIRTY)[2]


@pytest.mark.parametrize("number", range(8))
def test_cases_have_a_frame_for_every_packet(tmp_path: Path, number: int) -> None:
    from ruamel.yaml import YAML  # noqa: PLC0415

    for case in sorted(path.parent for path in CASES.glob("*/expect.yaml"))[number::8]:
        listed = YAML(typ="safe").load(case / "expect.yaml").get("captures")
        scratch = tmp_path / case.name
        scratch.mkdir()
        found, counted, _ = frames_and_packets(captures_of(case, listed, scratch))
        assert found == counted, case.name


def fragments(port: int, order: str, ident: int, at: int) -> list[Record]:
    """A datagram in three pieces, sent in this order (``0``: the one that has the ports)."""
    pieces = pieces4(cap.UDP, udp(port, 53, bytes(40)), ident, size=16)
    return [Record(at + place, ether(pieces[int(number)])) for place, number in enumerate(order)]


@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("order", ["012", "021", "120", "201", "210", "12", "0"])
def test_fragments_before_and_after_their_first_one(tmp_path: Path, order: str) -> None:
    pairs = zip(fragments(5000, order, 7, START), fragments(5001, order, 8, START + 500), strict=True)
    mixed = [frame for pair in pairs for frame in pair]
    path = tmp_path / "pieces.pcap"
    path.write_bytes(cap.pcap(mixed, nano=True))
    found, counted, _ = frames_and_packets([path])
    assert found == counted == ([len(order)] * 2 if "0" in order else [])


def inside(port: int, ident: int, order: tuple[int, ...]) -> list[Record]:
    """A datagram inside VXLAN, whose packet comes in pieces that are sent in this order."""
    inner = ether(ip4("10.1.0.1", "10.1.0.2", cap.UDP, udp(port, 54, bytes(500))))
    packets = pieces4(cap.UDP, udp(40_000, 4789, b"\x08\0\0\0\0\0\7\0" + inner), ident)
    return [Record(START + ident * SECOND + place, ether(packets[number])) for place, number in enumerate(order)]


@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 2, 3, 0)])
def test_the_rest_of_a_fragmented_tunnel_packet_comes_along(tmp_path: Path, order: tuple[int, ...]) -> None:
    sent = [inside(5000 + number, number + 1, order) for number in range(3)]
    path = tmp_path / "tunnel.pcap"
    path.write_bytes(cap.pcap([record for some in sent for record in some], nano=True))
    found, counted, beside = frames_and_packets([path])
    assert (found, counted, beside) == ([1, 1, 1], [1, 1, 1], 9)
    report = analysed(tmp_path, path)
    flow = read_table(report / "flows.csv")["flow"][1]
    evidence = packets(extracted(report, path, "--flow", flow).read_bytes())
    assert [packet.frame for packet in evidence] == [record.frame for record in sent[1]]
    assert [bool(packet.comment) for packet in evidence] == [number == 0 for number in order]


def test_icmp_errors_come_with_the_flow_that_they_quote(tmp_path: Path) -> None:
    asked = [datagram(Ends(orig_p=5000 + n, resp_p=53), at=START + n) for n in range(2)]
    quote = icmp(3, 3, asked[1].frame[14:])
    error = Record(START + 5, ether_of(ip4("10.0.0.2", "10.0.0.1", cap.ICMP, quote), back=True))
    path = tmp_path / "error.pcap"
    path.write_bytes(cap.pcap([*asked, error], nano=True))
    report = analysed(tmp_path, path)
    flow = read_table(report / "flows.csv").set_index("orig_p")["flow"]["5001"]
    found = packets(extracted(report, path, "--flow", flow).read_bytes())
    assert [packet.frame for packet in found] == [asked[1].frame, error.frame]
    assert [bool(packet.comment) for packet in found] == [True, False]


def test_an_error_that_only_another_vantage_saw_comes_too(tmp_path: Path) -> None:
    asked = [datagram(Ends(orig_p=5000, resp_p=53), at=START + n * SECOND) for n in range(4)]
    other = [datagram(Ends(orig_p=6000, resp_p=53), at=START + n * SECOND // 2) for n in range(6)]
    quote = icmp(3, 13, asked[0].frame[14:])
    error = Record(START + SECOND, ether_of(ip4("10.0.0.9", "10.0.0.1", cap.ICMP, quote), back=True))
    for name, records in (("a", asked), ("b", sorted([*other, error]))):
        (tmp_path / f"{name}.pcap").write_bytes(cap.pcap(records))
    report = analysed(tmp_path, tmp_path / "a.pcap", tmp_path / "b.pcap")
    flow = read_table(report / "flows.csv").set_index("orig_p")["flow"]["5000"]
    found = packets(extracted(report, tmp_path, "--flow", flow).read_bytes())
    assert [packet.frame for packet in found] == [*(record.frame for record in asked), error.frame]
    assert [packet.name[:6] for packet in found] == ["a.pcap"] * 4 + ["b.pcap"]


# As the captures have them, by tshark


@pytest.mark.parametrize(
    "sample", [*SAMPLES[::4], MADE / "two_interfaces.pcapng", MADE / "truncated.pcap"], ids=lambda path: path.name
)
def test_tshark_finds_the_same_frames_in_both(tmp_path: Path, tshark: str, sample: Path) -> None:
    report = analysed(tmp_path, sample)
    evidence = extracted(report, sample, *words(report))
    there, here = judged(tshark, sample), judged(tshark, evidence)
    flows = read_table(report / "flows.csv")
    meta = json.loads((report / "report.json").read_text())["meta"]["captures"][0]
    assert not Counter(here) - Counter(there)
    assert iter_within(there, here)
    errors = meta["accounted"].get("icmp error, told with the flow that it quotes", 0)
    assert len(here) == meta["in_flows"] + errors
    comments = [line for line in judged(tshark, evidence, fields=("frame.comment",)) if line]
    assert len(comments) == len(flows)


def iter_within(whole: list[str], part: list[str]) -> bool:
    """Whether ``part`` is ``whole`` with lines left out."""
    rest = iter(whole)
    return all(line in rest for line in part)


@pytest.mark.parametrize("name", ["big_endian.pcap", "two_interfaces.pcapng", "ipv6.pcap"])
def test_a_flow_is_what_tshark_finds_by_its_tuple(tmp_path: Path, tshark: str, name: str) -> None:
    report = analysed(tmp_path, MADE / name)
    flows = read_table(report / "flows.csv")
    tuples = ["proto", "orig_h", "orig_p", "resp_h", "resp_p"]
    single = flows[~flows.duplicated(tuples, keep=False) & flows["proto"].isin(["tcp", "udp"])]
    assert len(single)
    for flow, proto, orig, orig_p, resp, resp_p in single[["flow", *tuples]].itertuples(index=False):
        family = "ipv6" if ":" in orig else "ip"
        shown = f"{family}.addr=={orig} && {family}.addr=={resp} && {proto}.port=={orig_p} && {proto}.port=={resp_p}"
        evidence = extracted(report, MADE, "--flow", flow)
        here = judged(tshark, evidence, "!icmp && !icmpv6")
        assert here == judged(tshark, MADE / name, f"{shown} && !icmp && !icmpv6")


def section_of(endian: cap.Endian, resolution: int | None, offset: int | None, named: str) -> bytes:
    """A section with two interfaces, packets of every kind in it, and names on its interfaces."""
    talk = [Record(START + n * SECOND + n, datagram(Ends(orig_p=7000 + n, resp_p=53)).frame) for n in range(4)]
    options = cap.option(2, named.encode(), endian) + cap.option(3, b"the \x1b[31mred\x07 one", endian)
    options += cap.option(11, b"\0udp or icmp", endian)
    described = cap.block(1, struct.pack(endian + "HHI", 1, 0, 0) + options + cap.option(0, b"", endian), endian)
    second = cap.interface(1, endian, resolution=resolution, offset=offset)
    stamp = cap.ticks(talk[1].ts, resolution, offset or 0)
    blocks = [
        cap.packet(talk[0], endian),
        cap.packet(talk[1]._replace(interface=1), endian, stamp),
        cap.block(5, struct.pack(endian + "III", 1, 0x10001, 0x10001), endian),
        cap.simple_packet(talk[2], endian),
        cap.block(5, struct.pack(endian + "III", 0, 0, 0), endian) * 3,
        cap.old_packet(talk[3]._replace(interface=1), endian),
    ]
    return cap.section(endian) + described + second + b"".join(blocks)


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize(("resolution", "offset"), [(None, None), (9, None), (3, 1000), (10, None), (0x94, -50)])
def test_interfaces_and_time_stamps_of_pcapng_are_kept(
    tmp_path: Path, tshark: str, endian: cap.Endian, resolution: int | None, offset: int | None
) -> None:
    path = tmp_path / "sections.pcapng"
    first = section_of(endian, resolution, offset, "eth0")
    path.write_bytes(first + section_of(endian, 6, None, "eth\u202e1"))
    report = analysed(tmp_path, path)
    evidence = extracted(report, path, *words(report))
    fields = ("frame.time_epoch", "frame.len", "frame.md5_hash")
    there, here = judged(tshark, path, fields=fields), judged(tshark, evidence, fields=fields)
    # A simple packet has no time: tshark shows none in the original, and the epoch here.
    simple = [place for place, line in enumerate(there) if place % 4 == 2]
    assert [line for place, line in enumerate(here) if place not in simple] == [
        line for place, line in enumerate(there) if place not in simple
    ]
    assert [here[place].split("\t")[1:] for place in simple] == [there[place].split("\t")[1:] for place in simple]
    named = judged(tshark, evidence, fields=("frame.interface_id", "frame.interface_name"))
    assert [line.split("\t")[0] for line in named] == ["0", "1", "0", "1", "2", "3", "2", "3"]
    assert [line.split("\t")[1] for line in (named[0], named[4])] == ["eth0", "eth\\u202e1"]
    content = evidence.read_bytes()
    assert b"the \\x1b[31mred\\x07 one" in content
    assert b"\0udp or icmp" in content


def test_only_interfaces_of_written_packets_are_written(tmp_path: Path, tshark: str) -> None:
    """A small compressed capture may describe millions of interfaces: an extract of one packet must stay small."""
    talk = [Record(START + n * SECOND, datagram(Ends(orig_p=7000 + n, resp_p=53)).frame) for n in range(3)]
    many = b"".join(cap.interface(1, "<") for _ in range(2000))
    sections = [
        cap.section("<") + many + cap.packet(frame._replace(interface=1999 - n), "<") for n, frame in enumerate(talk)
    ]
    path = tmp_path / "many.pcapng"
    path.write_bytes(b"".join(sections))
    report = analysed(tmp_path, path)
    evidence = extracted(report, path, *words(report))
    named = judged(tshark, evidence, fields=("frame.interface_id", "udp.srcport"))
    assert named == ["0\t7000", "1\t7001", "2\t7002"]
    assert evidence.stat().st_size < 4000


@pytest.mark.parametrize("nano", [False, True])
def test_time_stamps_of_pcap_are_exact(tmp_path: Path, tshark: str, nano: bool) -> None:
    path = tmp_path / "times.pcap"
    talk = [datagram(Ends(orig_p=5000, resp_p=53), at=START + n * SECOND + 123_456_789) for n in range(3)]
    path.write_bytes(cap.pcap([*talk, talk[0]._replace(original=2000)], nano=nano))
    report = analysed(tmp_path, path)
    evidence = extracted(report, path, *words(report))
    assert judged(tshark, evidence) == judged(tshark, path)
    assert ".123456789" in judged(tshark, evidence)[0] or not nano


# Which captures


def test_captures_are_found_by_content_whatever_they_are_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = analysed(tmp_path, *DIRTY)
    archive = tmp_path / "archive" / "deep"
    archive.mkdir(parents=True)
    for number, path in enumerate(DIRTY):
        shutil.copy(path, archive / f"{number}.bin")
    (archive / "other.pcap").write_bytes(cap.pcap([datagram(Ends())]))
    one = extracted(report, *DIRTY, "--verdict", "unexpected").read_bytes()
    assert extracted(report, tmp_path / "archive", "--verdict", "unexpected").read_bytes() == one
    monkeypatch.chdir(tmp_path / "archive")
    assert extracted(report, "--verdict", "unexpected").read_bytes() == one
    assert len({packet.name for packet in packets(one)}) == 3


def test_a_name_in_the_document_opens_no_file(tmp_path: Path) -> None:
    """The document may come from any source: its names are shown, and no file is searched by them."""
    capture = tmp_path / "talk.pcap"
    capture.write_bytes(cap.pcap([datagram(Ends())]))
    report = analysed(tmp_path, capture)
    document = (report / "report.json").read_text()
    (report / "report.json").write_text(document.replace("talk.pcap", str(capture)))
    (report / "SHA256SUMS").unlink()
    empty = tmp_path / "empty"
    empty.mkdir()
    result = run("extract", report, empty, "--verdict", "out-of-scope", "-o", tmp_path / "x.pcapng")
    assert result.exit_code == 3
    assert not (tmp_path / "x.pcapng").exists()


@pytest.mark.parametrize("kind", ["changed", "missing", "unpacked"])
def test_a_capture_that_is_not_as_it_was_is_refused(tmp_path: Path, kind: str) -> None:
    capture = tmp_path / "talk.pcap.gz"
    plain = cap.pcap([datagram(Ends())])
    capture.write_bytes(gzip.compress(plain, mtime=0))
    report = analysed(tmp_path, capture)
    given = capture
    if kind == "changed":
        capture.write_bytes(gzip.compress(cap.pcap([datagram(Ends(), b"jello")]), mtime=0))
    elif kind == "unpacked":
        capture.write_bytes(plain)
    else:
        capture.unlink()
        given = tmp_path
    result = run("extract", report, given, "--verdict", "out-of-scope", "-o", tmp_path / "x.pcapng")
    assert result.exit_code == 3
    assert "talk.pcap.gz" in result.stderr
    digest = json.loads((report / "report.json").read_text())["meta"]["captures"][0]["sha256"]
    assert digest in result.stderr
    assert "Give the files that were analysed" in result.stderr
    assert not (tmp_path / "x.pcapng").exists()


def test_a_capture_that_changes_between_two_reads_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    capture = tmp_path / "talk.pcap"
    capture.write_bytes(cap.pcap([datagram(Ends())]))
    report = analysed(tmp_path, capture)
    content = bytearray(capture.read_bytes())
    content[-1] ^= 1

    def check_agreement(*_: object) -> None:
        capture.write_bytes(content)

    monkeypatch.setattr("analyzer.extract.check_agreement", check_agreement)
    result = run("extract", report, capture, "--verdict", "out-of-scope", "-o", tmp_path / "x.pcapng")
    assert result.exit_code == 3
    assert "changed while it was read" in result.stderr
    assert list(tmp_path.glob("*x.pcapng*")) == []


def test_compressed_captures_and_the_options_of_analyze(tmp_path: Path) -> None:
    content = cap.pcap([datagram(Ends(orig_p=5000 + n, resp_p=53), at=START + n) for n in range(9)])
    broken = content[:200] + b"\xff" * 40 + content[200:]
    capture = tmp_path / "talk.pcap.gz"
    capture.write_bytes(gzip.compress(broken))
    report = analysed(tmp_path, capture, "--resync", "--max-flows", "4")
    flows = read_table(report / "flows.csv")
    found = packets(extracted(report, capture, *words(report)).read_bytes())
    assert len(found) == len(flows) == 4


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    report = analysed(tmp_path, MADE / "segments.pcap")
    make_fifo(tmp_path / "pipe")
    for name in ("-", str(tmp_path / "pipe")):
        result = run("extract", report, name, "--verdict", "expected", "-o", tmp_path / "x.pcapng")
        assert result.exit_code == 3
        assert "save it to a file first" in result.stderr


# What is asked for


def test_findings_flows_and_verdicts_are_combined(tmp_path: Path) -> None:
    report = analysed(tmp_path, *DIRTY, "--site", LAB / "site.yaml")
    flows, findings = read_table(report / "flows.csv"), read_table(report / "findings.csv")
    finding = findings[findings["verdict"] == "unexpected"].iloc[0]
    blocked = flows[flows["verdict"] == "blocked"]
    evidence = extracted(
        report, LAB, "--finding", finding["finding"], "--verdict", "blocked", "--flow", flows["flow"][0]
    )
    comments = [packet.comment for packet in packets(evidence.read_bytes()) if packet.comment]
    assert len(comments) == int(finding["flows"]) + len(blocked) + 1
    said = next(text for text in comments if finding["finding"] in text)
    for part in (f"unexpected ({finding['reason']})", finding["why"], finding["citation"], finding["rule"]):
        assert part in said
    assert {re.findall(r"Flow (\w+)", text)[0] for text in comments} >= set(blocked["flow"])


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ((), "Name what to extract"),
        (("--flow", "f0"), "no flow 'f0' in this report"),
        (("--finding", "n0"), "those with packets: n"),
        (("--verdict", "missing"), "choose from expected, blocked"),
        (("--verdict", "waived"), "no flow of this report is waived; it has: "),
    ],
)
def test_nothing_asked_for_says_what_there_is(tmp_path: Path, choice: tuple[str, ...], message: str) -> None:
    report = analysed(tmp_path, *DIRTY, "--site", LAB / "site.yaml")
    result = run("extract", report, LAB, *choice, "-o", tmp_path / "x.pcapng")
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "x.pcapng").exists()


def test_a_missing_row_has_no_packet(tmp_path: Path) -> None:
    case = CASES / "agent_elsewhere"
    captures = captures_of(case, None, tmp_path)
    report = analysed(tmp_path, *captures, "--site", CASES / "site.yaml")
    findings = read_table(report / "findings.csv")
    missing = findings[findings["verdict"] == "missing"].iloc[0]["finding"]
    result = run("extract", report, *captures, "--finding", missing, "-o", tmp_path / "x.pcapng")
    assert result.exit_code == 2
    assert "is a missing row and has no packets" in result.stderr


def test_a_report_that_does_not_fit_its_captures_is_refused(tmp_path: Path) -> None:
    report = analysed(tmp_path, MADE / "segments.pcap")
    document = json.loads((report / "report.json").read_text())
    document["flows"]["orig_pkts"][0] += 1
    (report / "report.json").write_text(json.dumps(document))
    asked: tuple[str | Path, ...] = ("extract", report, MADE, *words(report), "-o", tmp_path / "x.pcapng")
    result = run(*asked)
    assert result.exit_code == 2
    assert "changed since the report was written" in result.stderr
    (report / "SHA256SUMS").unlink()
    result = run(*asked)
    assert result.exit_code == 2
    assert "does not give the flows of this report" in result.stderr


# The file


def test_a_file_is_not_replaced_without_force(tmp_path: Path) -> None:
    report = analysed(tmp_path, MADE / "segments.pcap")
    out = tmp_path / "x.pcapng"
    out.write_text("mine")
    asked: tuple[str | Path, ...] = ("extract", report, MADE, *words(report), "-o")
    assert run(*asked, out).exit_code == 2
    assert out.read_text() == "mine"
    assert run(*asked, tmp_path).exit_code == 2
    assert run(*asked, tmp_path / "nowhere" / "x.pcapng").exit_code == 2
    assert run(*asked, out, "--force").exit_code == 0
    assert packets(out.read_bytes())
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_capture_is_never_written_over(tmp_path: Path) -> None:
    capture = tmp_path / "talk.pcap"
    shutil.copy(MADE / "segments.pcap", capture)
    before = capture.read_bytes()
    report = analysed(tmp_path, capture)
    link = tmp_path / "link.pcap"
    make_link(link, capture)
    for out in (capture, link):
        result = run("extract", report, capture, *words(report), "-o", out, "--force")
        assert result.exit_code == 2
        assert "an input of the analysis" in result.stderr
    assert capture.read_bytes() == before


def test_standard_output_gets_the_same_octets_every_time(tmp_path: Path) -> None:
    report = analysed(tmp_path, *DIRTY)
    one = run("extract", report, LAB, *words(report), "-o", "-")
    assert one.exit_code == 0
    assert one.stdout_bytes == run("extract", report, *reversed(DIRTY), *words(report), "-o", "-").stdout_bytes
    assert one.stdout_bytes == extracted(report, LAB, *words(report)).read_bytes()
    assert "packets of" in one.stderr
    for fact in (str(tmp_path), str(ROOT), tempfile.gettempdir()):
        assert fact.encode() not in one.stdout_bytes
