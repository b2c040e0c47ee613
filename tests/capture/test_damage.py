"""Damage inside a capture, what is found behind it, the losses that a capture reports, and what --strict does."""

import random
import struct
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.capture.sources.window import Window
from analyzer.errors import CaptureError
from analyzer.flows.assembler import Watch
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.flows.options import ReadOptions
from analyzer.flows.read import read_captures
from analyzer.messages.english import sentence
from tests import capfile as cap
from tests.capfile import (
    SECOND,
    START,
    UDP,
    Endian,
    Ends,
    Record,
    block,
    datagram,
    ether,
    interface,
    ip4,
    option,
    packet,
    section,
    summed,
    udp,
)
from tests.program import run

TALK = [datagram(Ends(orig_p=20_000 + number, resp_p=53), at=START + number * SECOND) for number in range(12)]
FORMATS = ["pcap", "pcap-be", "modified", "pcapng", "pcapng-be"]
tried = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
both = pytest.mark.parametrize("interpreted", [True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))])


def parts(name: str) -> tuple[bytes, list[bytes]]:
    """What a capture of the talk begins with, and its records."""
    endian: Endian = ">" if name.endswith("-be") else "<"
    if name.startswith("pcapng"):
        return section(endian) + interface(endian=endian), [packet(record, endian) for record in TALK]
    if name == "modified":
        head = struct.pack("<IHHiIII", 0xA1B2CD34, 2, 4, 0, 0, 262_144, 1)
        return head, [with_extra(cap.pcap_record(record)) for record in TALK]
    return cap.pcap_header(endian=endian), [cap.pcap_record(record, endian) for record in TALK]


def with_extra(record: bytes) -> bytes:
    return record[:16] + bytes(8) + record[16:]


def read(folder: Path, content: bytes, *, resync: bool = True, interpreted: bool = True) -> CaptureFacts:
    path = folder / "x.cap"
    path.write_bytes(content)
    evidence = read_captures([str(path)], watch=Watch(), interpreted=interpreted, options=ReadOptions(resync=resync))
    facts = evidence.captures[0]
    assert facts.frames == sum(facts.asides.values())
    return facts


# Behind damage


GARBAGE = {
    "ones": b"\xff" * 333,
    "random": random.Random(7).randbytes(1000),
    "text": b"this is no packet\n" * 20,
    "long": b"\xff" * (5 << 19),
}


@both
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("garbage", GARBAGE)
def test_reading_goes_on_behind_garbage_and_says_so(tmp_path: Path, name: str, garbage: str, interpreted: bool) -> None:
    head, records = parts(name)
    before, between, after = head + b"".join(records[:5]), GARBAGE[garbage], b"".join(records[5:])
    facts = read(tmp_path, before + between + after, interpreted=interpreted)
    assert facts.frames == 12
    (loss,) = facts.damage
    observed = sentence(loss)
    assert f"at octet {len(before)}, after frame 5" in observed
    assert (
        f"{len(between)} octets were skipped, and reading continued at octet {len(before) + len(between)}" in observed
    )
    assert observed.endswith("7 frames were found after it")
    plain = read(tmp_path, before + between + after, resync=False, interpreted=interpreted)
    assert plain.frames == 5
    assert sentence(plain.damage[0]).endswith("nothing after it was read")


@pytest.mark.parametrize("name", FORMATS)
def test_a_record_with_a_lost_end_costs_that_record(tmp_path: Path, name: str) -> None:
    head, records = parts(name)
    facts = read(tmp_path, head + b"".join(records[:4]) + records[4][:-9] + b"".join(records[5:]))
    assert facts.damage
    assert facts.frames == 11 if name.startswith("pcapng") else facts.frames >= 10  # in pcap it eats into the next


@both
def test_zeros_in_the_middle_are_a_hole_with_resync(tmp_path: Path, interpreted: bool) -> None:
    """In other places they are frames without a time, as other programs number them."""
    head, records = parts("pcap")
    content = head + b"".join(records[:5]) + bytes(4096) + b"".join(records[5:])
    facts = read(tmp_path, content, interpreted=interpreted)
    assert (facts.frames, facts.undated) == (12, 0)
    assert "nothing but zeros" in sentence(facts.damage[0])
    plain = read(tmp_path, content, resync=False, interpreted=interpreted)
    assert (plain.frames, plain.undated, plain.damage) == (12 + 256, 256, ())


@pytest.mark.parametrize("name", FORMATS)
def test_records_inside_what_was_cut_short_are_found(tmp_path: Path, name: str) -> None:
    """A length that is larger than the file takes the rest of the file."""
    head, records = parts(name)
    endian = ">" if name.endswith("-be") else "<"
    lying = struct.pack(endian + "IIII", 1, 1, 200_000, 200_000)
    if name.startswith("pcapng"):
        lying = struct.pack(endian + "IIII", 0x0BAD, 200_000, 1, 1)
    facts = read(tmp_path, head + b"".join(records[:5]) + lying + b"".join(records[5:]))
    assert facts.frames == 12
    assert f"cut short at octet {len(head) + sum(map(len, records[:5]))}" in sentence(facts.damage[0])


def test_a_section_behind_damage_may_have_the_other_byte_order(tmp_path: Path) -> None:
    content = section("<") + interface() + packet(TALK[0]) + b"\xff" * 17
    content += section(">") + interface(endian=">") + packet(TALK[1], ">")
    facts = read(tmp_path, content)
    assert (facts.frames, len(facts.damage)) == (2, 1)


def test_packets_of_an_interface_that_nobody_described_are_skipped(tmp_path: Path) -> None:
    stray = packet(TALK[1]._replace(interface=7))
    facts = read(tmp_path, section() + interface() + packet(TALK[0]) + stray + packet(TALK[2]))
    assert facts.frames == 2
    assert f"{len(stray)} octets were skipped" in sentence(facts.damage[0])


def test_where_nothing_follows_that_is_reported(tmp_path: Path) -> None:
    facts = read(tmp_path, cap.pcap(TALK) + b"\xff" * 999)
    assert facts.frames == 12
    assert sentence(facts.damage[0]).endswith("nothing that follows could be read")


@tried
@given(
    name=st.sampled_from(FORMATS),
    holes=st.lists(st.tuples(st.integers(0, 11), st.binary(min_size=1, max_size=60)), max_size=4),
    size=st.sampled_from([64, 100, 4096]),
    resync=st.booleans(),
)
def test_where_a_chunk_ends_changes_nothing(
    tmp_path: Path, name: str, holes: list[tuple[int, bytes]], size: int, resync: bool
) -> None:
    head, records = parts(name)
    for place, octets in holes:
        records[place] = octets + records[place]
    content = head + b"".join(records)
    whole = read(tmp_path, content, resync=resync)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analyzer.capture.sources.window.CHUNK", 7)
        patch.setattr("analyzer.capture.sources.window.RECORDS", 3)
        patch.setattr("analyzer.flows.reading.reader.Window", partial(Window, size=size))
        assert read(tmp_path, content, resync=resync) == whole


HEADS = [parts(name)[0] for name in FORMATS] + [b"", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"\x04\x22\x4d\x18"]


@tried
@given(head=st.sampled_from(HEADS), octets=st.binary(max_size=400), resync=st.booleans())
def test_whatever_octets_come_the_answer_is_a_capture_or_a_sentence(
    tmp_path: Path, head: bytes, octets: bytes, resync: bool
) -> None:
    with suppress(CaptureError):
        assert read(tmp_path, head + octets, resync=resync).frames >= 0


@tried
@given(name=st.sampled_from(FORMATS), octets=st.binary(max_size=300))
def test_both_kernels_find_the_same_behind_damage(tmp_path: Path, name: str, octets: bytes) -> None:
    head, records = parts(name)
    content = head + b"".join(records[:3]) + octets + b"".join(records[3:])
    assert read(tmp_path, content) == read(tmp_path, content, interpreted=False)


def test_files_of_a_series_are_ordered_by_what_is_found_behind_damage(tmp_path: Path) -> None:
    """The first of them is damaged right behind its header."""
    head, records = parts("pcap")
    first, second = head + b"\xff" * 50 + b"".join(records[6:]), head + b"".join(records[:6])
    for name, content in (("cap_2.pcap", first), ("cap_1.pcap", second)):
        (tmp_path / name).write_bytes(content)
    paths = [str(tmp_path / name) for name in ("cap_2.pcap", "cap_1.pcap")]
    evidence = read_captures(paths, watch=Watch(), interpreted=True, options=ReadOptions(resync=True))
    assert [(capture.name, capture.frames) for capture in evidence.captures] == [("cap_1.pcap", 6), ("cap_2.pcap", 6)]
    assert {capture.vantage for capture in evidence.captures} == {1}


# What a capture reports of itself


def statistics(number: int, dropped: int, by_system: int, endian: Endian = "<") -> bytes:
    counts = b"".join(
        option(code, struct.pack(endian + "Q", count), endian) for code, count in ((5, dropped), (7, by_system))
    )
    return block(5, struct.pack(endian + "III", number, 0, 0) + counts + option(0, b"", endian), endian)


def with_drops(record: Record, count: int, endian: Endian = "<") -> bytes:
    plain = packet(record, endian)[8:-4]
    return block(6, plain + option(4, struct.pack(endian + "Q", count), endian) + option(0, b"", endian), endian)


@both
@pytest.mark.parametrize("endian", ["<", ">"])
def test_packets_lost_while_capturing_are_counted_once(tmp_path: Path, endian: Endian, interpreted: bool) -> None:
    """Statistics grow, so the last of an interface counts; packets may report the same losses one by one."""
    content = section(endian) + interface(endian=endian) * 2
    content += with_drops(TALK[0], 3, endian) + with_drops(TALK[1], 4, endian)
    content += statistics(0, 2, 1, endian) + statistics(1, 5, 0, endian) + statistics(0, 6, 5, endian)
    content += statistics(9, 100, 0, endian)  # of no interface
    content += section(endian) + interface(endian=endian) + statistics(0, 1, 0, endian) + statistics(0, 0, 0, endian)
    facts = read(tmp_path, content, interpreted=interpreted)
    assert (facts.frames, facts.dropped) == (2, 11 + 5 + 1)
    assert facts.blocks == {"enhanced packet": 2, "interface": 3, "interface statistics": 6, "section": 2}


@both
def test_drops_of_the_obsolete_block(tmp_path: Path, interpreted: bool) -> None:
    lost, unknown = bytearray(cap.old_packet(TALK[0])), bytearray(cap.old_packet(TALK[1]))
    lost[10:12], unknown[10:12] = b"\5\0", b"\xff\xff"
    assert read(tmp_path, section() + interface() + lost + unknown, interpreted=interpreted).dropped == 5


@both
def test_counts_that_nobody_believes_are_no_drops(tmp_path: Path, interpreted: bool) -> None:
    content = section() + interface() + with_drops(TALK[0], (1 << 64) - 1) + statistics(0, (1 << 64) - 1, 0)
    assert read(tmp_path, content, interpreted=interpreted).dropped == 0


def test_comments_filters_and_secrets_are_reported_and_bounded(tmp_path: Path) -> None:
    described = struct.pack("<HHI", 1, 0, 0) + option(1, b"the uplink") + option(11, b"\0port 53") + option(0, b"")
    opened = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + option(1, b"x" * 5000) + option(1, "\u00e9".encode())
    content = block(0x0A0D0D0A, opened) + block(1, described) + block(10, bytes(16)) + packet(TALK[0])
    content += b"".join(block(0x4000 + number, b"") for number in range(200))
    facts = read(tmp_path, content)
    assert facts.filters == ("port 53",)
    assert facts.comments == ("x" * 200, "\u00e9", "the uplink")
    assert facts.blocks["decryption secrets"] == 1
    assert len(facts.blocks) < 60
    assert sum(facts.blocks.values()) == 204
    report = analysed(tmp_path, tmp_path / "x.cap")
    assert "with the filter 'port 53'" in report
    assert "decryption secrets, which were not used" in report
    assert "the uplink" in report


def analysed(folder: Path, *arguments: Path | str, code: tuple[int, ...] = (0, 1, 4)) -> str:
    result = run("analyze", *arguments, "--no-dissect", "--force", "--out", folder / "out")
    assert result.exit_code in code, result.stderr
    return (folder / "out" / "report.md").read_text(encoding="utf-8")


def test_clocks_that_go_back_and_frames_without_a_time_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    moved = [TALK[0], TALK[5], TALK[1]._replace(ts=START + SECOND // 2), TALK[6], TALK[7]._replace(ts=0)]
    path.write_bytes(cap.pcap(moved))
    report = analysed(tmp_path, path)
    assert "The clock of x.pcap went back by up to 4.500 s" in report
    assert "1 frame without a time stamp" in report
    assert "2 frames older than the one before, by 4.5 s at most" in report


# --strict

UNREAD = Record(START, ether(bytes(5) + summed(ip4("10.0.0.1", "10.0.0.2", UDP, udp(5000, 6000))), 0x1234))
CLOSED = Record(START, ether(ip4("10.0.0.1", "10.0.0.2", UDP, udp(5000, 37008, b"\1\0\0\2\1" + bytes(60)))))
"""A tunnel with a frame of a kind that is not read."""


def test_without_strict_findings_make_the_code_and_with_it_losses_do(tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    folder.mkdir()
    (folder / "good.pcap").write_bytes(cap.pcap(TALK))
    assert "Not read: bad.pcap" not in analysed(tmp_path, folder, "--strict", code=(0, 1, 4))
    (folder / "bad.pcap").write_bytes(cap.pcap(TALK)[:20])
    report = analysed(tmp_path, folder, "--fail-on", "none", code=(4,))
    assert "Not read: bad.pcap: the file ends inside its own header" in report
    assert report == analysed(tmp_path, folder, "--fail-on", "none", "--strict", code=(3,))


@pytest.mark.parametrize(
    ("content", "observed"),
    [
        (cap.pcap(TALK)[:-3], "x.cap is damaged: cut short"),
        (section() + interface() + packet(TALK[0]) + statistics(0, 17, 0), "x.cap reports 17 dropped packets"),
        (cap.pcap(TALK, 178), f"by encapsulation: {len(TALK)} juniper-ethernet (link type 178)"),
        (cap.pcap([*TALK, UNREAD]), "by encapsulation: 1 EtherType 0x1234"),
        (cap.pcap([*TALK, CLOSED]), "by encapsulation: 1 tzsp (UDP port 37008)"),
    ],
    ids=["damaged", "dropped", "link type", "encapsulation", "tunnel"],
)
def test_strict_is_about_everything_that_was_not_read(tmp_path: Path, content: bytes, observed: str) -> None:
    path = tmp_path / "x.cap"
    path.write_bytes(content)
    assert observed in analysed(tmp_path, path, "--strict", code=(3,))
    assert run("flows", path, "--strict").exit_code == 3
    assert run("flows", path).exit_code == 0
    assert run("flows", path).stderr.startswith(("x.cap: ", f"frames with packets that were not read, {observed}"))


@pytest.mark.parametrize("command", ["flows", "site infer"])
def test_resync_is_for_every_command_that_reads(tmp_path: Path, command: str) -> None:
    path = tmp_path / "x.pcap"
    head, records = parts("pcap")
    path.write_bytes(head + b"".join(records[:5]) + b"\xff" * 99 + b"".join(records[5:]))
    plain, whole = run(*command.split(), path), run(*command.split(), path, "--resync")
    assert plain.exit_code == whole.exit_code == 0
    assert command != "flows" or whole.stdout.count("\n") == 13
    assert "7 frames were found after it" in analysed(tmp_path, path, "--resync")


# One vantage or several


@pytest.mark.parametrize(
    ("names", "vantages"), [(("server.pcap", "client.pcap"), 2), (("cap_001.pcap", "cap_002.pcap"), 1)]
)
def test_captures_of_one_instant(tmp_path: Path, names: tuple[str, str], vantages: int) -> None:
    """The same instant at two places is two vantages; the second file of a series may begin where the first ended."""
    evidence = cap.read(tmp_path, cap.pcap(TALK[:1]), cap.pcap(TALK[:1]), names=names)
    assert {capture.vantage for capture in evidence.captures} == set(range(1, vantages + 1))


def test_captures_without_frames_are_no_vantage_of_their_own(tmp_path: Path) -> None:
    names = ("one.pcap", "other.pcap", "third.pcap")
    evidence = cap.read(tmp_path, cap.pcap([]), cap.pcap([]), cap.pcap(TALK), names=names)
    assert {capture.vantage for capture in evidence.captures} == {1}
