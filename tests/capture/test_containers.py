"""The containers: the facts about frames in pcap and pcapng, in either byte order, and the reports about wrong ones."""

import struct
from pathlib import Path

import pytest

from analyzer.flows.evidence import Evidence
from analyzer.messages.english import sentence
from tests import capfile as cap
from tests.capfile import SECOND, START, Endian, Ends, Record, block, datagram, interface, option, packet, section

PACKET, SIMPLE, OLD, SECTION, INTERFACE, NAMES, STATISTICS = 6, 3, 2, 0x0A0D0D0A, 1, 4, 5
CUSTOM, UNKNOWN = 0xBAD, 0x7FFFFFFF


@pytest.fixture(
    params=[True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))], ids=["plain", "compiled"]
)
def mode(request: pytest.FixtureRequest) -> bool:
    """Every test of this file runs the kernels as they stand and compiled."""
    return bool(request.param)


def ask(number: int, interface: int = 0) -> Record:
    """One datagram, of a flow of its own."""
    return datagram(Ends(orig_p=20_000 + number, resp_p=53), at=START + number * 1_234_567_000)._replace(
        interface=interface
    )


ASKED = [ask(number) for number in range(4)]


def times(evidence: Evidence) -> list[str]:
    return [line["ts"] for line in cap.lines(evidence)]


def ports(evidence: Evidence) -> list[int]:
    return [line["orig_p"] for line in cap.lines(evidence)]


EXPECTED = ["2026-03-02T09:00:00.000000", "2026-03-02T09:00:01.234567", "2026-03-02T09:00:02.469134",
            "2026-03-02T09:00:03.703701"]  # fmt: skip


# Time stamps


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("nano", [False, True])
def test_pcap_in_either_byte_order_and_resolution(tmp_path: Path, mode: bool, endian: Endian, nano: bool) -> None:
    asked = [record._replace(ts=record.ts + 789 * nano) for record in ASKED]
    evidence = cap.read(tmp_path, cap.pcap(asked, endian=endian, nano=nano), interpreted=mode)
    assert times(evidence) == [f"{time}{'789' * nano}Z" for time in EXPECTED]
    facts = evidence.captures[0]
    assert facts.nanoseconds is nano
    order, unit = {"<": "little", ">": "big"}[endian], "nano" if nano else "micro"
    assert facts.format == f"pcap, {order}-endian, {unit}seconds"


@pytest.mark.parametrize("resolution", [None, 6, 7, 8, 9, 0x80 | 20, 0x80 | 24, 0x80 | 29, 0x80 | 30, 0x80 | 31])
@pytest.mark.parametrize("offset", [None, 0, 1_700_000_000, START // SECOND, -3600])
def test_every_resolution_and_offset_gives_the_same_time(
    tmp_path: Path, mode: bool, resolution: int | None, offset: int | None
) -> None:
    exact = resolution is None or not resolution & 0x80
    digits = 26 if exact else 29  # microseconds, which are all that was given, or what a binary fraction keeps
    wanted = [time[:digits] for time in (EXPECTED if exact else lowered(resolution or 0))]
    endians: tuple[Endian, Endian] = ("<", ">")
    for endian in endians:
        stamps = [cap.ticks(record.ts, resolution, offset or 0) for record in ASKED]
        packets = [packet(record, endian, stamp) for record, stamp in zip(ASKED, stamps, strict=True)]
        content = section(endian) + interface(endian=endian, resolution=resolution, offset=offset) + b"".join(packets)
        got = times(cap.read(tmp_path, content, interpreted=mode))
        assert [time.rstrip("Z").ljust(29, "0")[:digits] for time in got] == wanted


def lowered(resolution: int) -> list[str]:
    """The times as far as a binary fraction of a second can express them: at most one unit earlier."""
    unit = 1 << (resolution & 0x7F)
    rests = [record.ts - START for record in ASKED]
    kept = [(rest * unit // SECOND) * SECOND // unit for rest in rests]
    return [f"2026-03-02T09:00:{rest // SECOND:02}.{rest % SECOND:09}" for rest in kept]


@pytest.mark.parametrize(("resolution", "observed"), [(0, "000000"), (0x80, "000000"), (1, "200000"), (3, "234000")])
def test_coarse_resolutions(tmp_path: Path, mode: bool, resolution: int, observed: str) -> None:
    record = ASKED[0]._replace(ts=START + 234_567_000)
    content = section() + interface(resolution=resolution) + packet(record, stamp=cap.ticks(record.ts, resolution))
    assert times(cap.read(tmp_path, content, interpreted=mode)) == [f"2026-03-02T09:00:00.{observed}Z"]


@pytest.mark.xdist_group("compiled")
@pytest.mark.parametrize("resolution", [0, 6, 9, 10, 18, 19, 127, 0x80, 0x80 | 1, 0x80 | 31, 0x80 | 32, 0x80 | 62, 255])
@pytest.mark.parametrize("offset", [0, 1 << 33, -(1 << 33), -1, 1 << 32])
def test_a_time_that_no_date_has_is_the_epoch_in_both_kernels(tmp_path: Path, resolution: int, offset: int) -> None:
    """No time is negative or beyond 63 bits, and both kernels agree on it."""
    stamps = [0, 1, (1 << 31) - 1, (1 << 32) + 5, (1 << 62) - 1, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]
    content = section() + interface(resolution=resolution, offset=offset)
    content += b"".join(packet(ask(number), stamp=stamp) for number, stamp in enumerate(stamps))
    plain, compiled = (cap.read(tmp_path, content, interpreted=mode) for mode in (True, False))
    assert cap.lines(plain) == cap.lines(compiled)
    facts = plain.captures[0]
    assert 0 <= facts.first <= facts.last <= 1 << 62


def test_interfaces_have_units_and_links_of_their_own(tmp_path: Path, mode: bool) -> None:
    inner, cooked = ASKED[1].frame[14:], cap.link(cap.SLL, ASKED[2].frame[14:])
    content = b"".join([
        section(), interface(), interface(cap.RAW, resolution=9), interface(cap.SLL, resolution=3, offset=1000),
        packet(ASKED[0]),
        packet(Record(ASKED[1].ts, inner, interface=1), stamp=ASKED[1].ts + 5),
        packet(Record(0, cooked, interface=2), stamp=(START // SECOND - 1000 + 9) * 1000),
    ])  # fmt: skip
    evidence = cap.read(tmp_path, content, interpreted=mode)
    assert times(evidence) == [
        "2026-03-02T09:00:00.000000000Z", "2026-03-02T09:00:01.234567005Z", "2026-03-02T09:00:09.000000000Z",
    ]  # fmt: skip
    assert evidence.captures[0].link_types == ("ethernet", "raw-ip", "linux-sll")


# Sections and blocks


def test_sections_number_their_interfaces_anew_and_have_their_own_byte_order(tmp_path: Path, mode: bool) -> None:
    content = b"".join([
        section("<"), interface(cap.RAW, "<"), interface(endian="<"), packet(ask(0, 1), "<"),
        section(">"), interface(endian=">"), packet(ask(1), ">"),
        section(">", (1, 2)), interface(endian=">"), packet(ask(2), ">"),
        section("<"), interface(endian="<"), packet(ask(3), "<"),
    ])  # fmt: skip
    evidence = cap.read(tmp_path, content, interpreted=mode)
    assert ports(evidence) == [20_000, 20_001, 20_002, 20_003]
    assert evidence.captures[0].damage == ()


def test_an_interface_of_an_earlier_section_is_gone(tmp_path: Path, mode: bool) -> None:
    content = section() + interface() + interface() + packet(ask(0, 1)) + section() + interface() + packet(ask(1, 1))
    evidence = cap.read(tmp_path, content, interpreted=mode)
    assert ports(evidence) == [20_000]
    assert "an interface that no block describes" in sentence(evidence.captures[0].damage[0])


@pytest.mark.parametrize("endian", ["<", ">"])
def test_old_and_simple_packets(tmp_path: Path, mode: bool, endian: Endian) -> None:
    content = b"".join([
        section(endian), interface(endian=endian),
        cap.old_packet(ASKED[0], endian), cap.simple_packet(ASKED[1], endian),
        packet(ASKED[2], endian), cap.simple_packet(ASKED[3], endian),
    ])  # fmt: skip
    evidence = cap.read(tmp_path, content, interpreted=mode)
    # A simple packet has no time: it is given that of the packet before it.
    assert times(evidence) == [f"{EXPECTED[place]}Z" for place in (0, 0, 2, 2)]
    assert ports(evidence) == [20_000, 20_001, 20_002, 20_003]


def test_a_simple_packet_is_cut_by_its_interfaces_snaplen(tmp_path: Path, mode: bool) -> None:
    """The octets behind the cut fill the block and are no part of the frame."""
    asked = datagram(Ends(orig_p=2070, resp_p=69), b"hello").frame
    content = section() + interface(snaplen=44) + block(SIMPLE, struct.pack("<I", 1000) + asked)
    evidence = cap.read(tmp_path, content, interpreted=mode)
    assert [mark.data for mark in evidence.table.marks] == [b"he"]
    assert evidence.captures[0].snapped == 1


@pytest.mark.parametrize("kind", [NAMES, STATISTICS, CUSTOM, UNKNOWN, 0, 10, 0x80000001])
@pytest.mark.parametrize("size", [0, 1, 4, 70_000])
def test_other_blocks_are_passed_over(tmp_path: Path, mode: bool, kind: int, size: int) -> None:
    other = block(kind, bytes(size))
    content = other.join([section(), interface(), *(packet(record) for record in ASKED), b""])
    evidence = cap.read(tmp_path, content, interpreted=mode)
    assert ports(evidence) == [20_000, 20_001, 20_002, 20_003]
    assert (evidence.captures[0].frames, evidence.captures[0].damage) == (4, ())


def test_options_of_a_packet_are_passed_over(tmp_path: Path, mode: bool) -> None:
    head = struct.pack("<IIIII", 0, 0, 0, len(ASKED[0].frame), len(ASKED[0].frame))
    padded = head + ASKED[0].frame + bytes(-len(ASKED[0].frame) % 4)
    content = (
        section() + interface() + block(PACKET, padded + option(1, b"a comment") + option(0, b"")) + packet(ASKED[1])
    )
    assert cap.read(tmp_path, content, interpreted=mode).captures[0].frames == 2


@pytest.mark.parametrize(
    "options",
    [
        option(9, b"\6\6"),
        option(9, b"", length=60_000),
        option(14, b"1234"),
        option(2, b"eth0") + option(0, b"") + option(9, b"\0"),
        struct.pack("<HH", 9, 1),
        b"\xff" * 12,
    ],
)
def test_options_that_lie_change_nothing(tmp_path: Path, mode: bool, options: bytes) -> None:
    described = block(INTERFACE, struct.pack("<HHI", 1, 0, 0) + options)
    content = section() + described + b"".join(packet(record) for record in ASKED)
    evidence = cap.read(tmp_path, content, interpreted=mode)
    assert (times(evidence), evidence.captures[0].damage) == ([f"{time}Z" for time in EXPECTED], ())


# Where reading stops


def damaged(folder: Path, bad: bytes, *, mode: bool) -> tuple[list[int], str]:
    """The ports that were read of a capture in which ``bad`` is between the second packet and the third, and the
    only sentence on it."""
    before = section() + interface() + packet(ASKED[0]) + packet(ASKED[1])
    evidence = cap.read(folder, before + bad + packet(ASKED[2]), interpreted=mode)
    (loss,) = evidence.captures[0].damage
    observed = sentence(loss)
    assert f"at octet {len(before)}, after frame 2" in observed
    return ports(evidence), observed


@pytest.mark.parametrize("kind", [SECTION, INTERFACE, PACKET, SIMPLE, OLD, UNKNOWN])
@pytest.mark.parametrize("length", [0, 1, 4, 8, 11, 13, 0x0800_0004, 0x7FFF_FFFF, 0xFFFF_FFFC, 0xFFFF_FFFF])
def test_a_block_of_impossible_length_ends_reading(tmp_path: Path, mode: bool, kind: int, length: int) -> None:
    body = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) if kind == SECTION else bytes(32)
    assert damaged(tmp_path, block(kind, body, length=length), mode=mode) == (
        [20_000, 20_001],
        f"a block of impossible length at octet {28 + 20 + 2 * 80}, after frame 2; nothing after it was read",
    )


@pytest.mark.parametrize("kind", [SECTION, INTERFACE, PACKET, SIMPLE, OLD, UNKNOWN])
@pytest.mark.parametrize("trailer", [0, 12, 0xFFFF_FFFF])
def test_a_block_with_two_different_lengths_ends_reading(tmp_path: Path, mode: bool, kind: int, trailer: int) -> None:
    body = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) if kind == SECTION else bytes(32)
    assert damaged(tmp_path, block(kind, body, trailer=trailer), mode=mode)[0] == [20_000, 20_001]


@pytest.mark.parametrize(
    ("bad", "part"),
    [
        (packet(ask(9, 1)), "an interface that no block describes"),
        (packet(ask(9, 0xFFFF_FFFF)), "an interface that no block describes"),
        (block(PACKET, struct.pack("<IIIII", 0, 0, 0, 61, 61) + bytes(60)), "impossible length"),
        (block(PACKET, struct.pack("<IIIII", 0, 0, 0, 0xFFFF_FFFF, 61) + bytes(60)), "impossible length"),
        (block(PACKET, bytes(16)), "impossible length"),
        (block(OLD, bytes(16)), "impossible length"),
        (block(INTERFACE, bytes(4)), "an interface block that is too short"),
        (block(SECTION, struct.pack("<IHH", 0x1A2B3C4D, 1, 0)), "a section header that is too short"),
        (block(SECTION, struct.pack("<IHHq", 0x1A2B3C4E, 1, 0, -1)), "a section without its byte-order magic"),
        (section(version=(2, 0)), "a section of the unsupported pcapng version 2.0"),
        (section(version=(1, 1)), "a section of the unsupported pcapng version 1.1"),
        (block(UNKNOWN, bytes(4000))[:100], "impossible length|two lengths disagree|cut short"),
    ],
)
def test_what_ends_reading_is_reported(tmp_path: Path, mode: bool, bad: bytes, part: str) -> None:
    read, observed = damaged(tmp_path, bad, mode=mode)
    assert read == [20_000, 20_001]
    assert any(word in observed for word in part.split("|"))


def test_a_packet_before_any_interface_ends_reading(tmp_path: Path, mode: bool) -> None:
    evidence = cap.read(tmp_path, section() + packet(ASKED[0]), interpreted=mode)
    assert evidence.captures[0].frames == 0
    assert "an interface that no block describes at octet 28, after frame 0" in sentence(evidence.captures[0].damage[0])


def test_interfaces_without_end_end(tmp_path: Path) -> None:
    content = section() + interface() * 65_537 + packet(ASKED[0])
    evidence = cap.read(tmp_path, content)
    assert evidence.captures[0].frames == 0
    assert sentence(evidence.captures[0].damage[0]).startswith("more than 65536 interfaces in one section")


def test_a_time_offset_beyond_all_dates_is_reported_and_left_out(tmp_path: Path, mode: bool) -> None:
    content = section() + interface(offset=1 << 60) + packet(ASKED[0])
    evidence = cap.read(tmp_path, content, interpreted=mode)
    assert times(evidence) == [f"{EXPECTED[0]}Z"]
    assert "time offset" in sentence(evidence.captures[0].damage[0])


@pytest.mark.parametrize("captured", [262_145, 0x7FFF_FFFF, 0xFFFF_FFFF])
def test_a_pcap_record_of_impossible_length_ends_reading(tmp_path: Path, mode: bool, captured: int) -> None:
    whole = cap.pcap(ASKED[:2])
    bad = struct.pack("<IIII", 0, 0, captured, captured) + bytes(100)
    evidence = cap.read(tmp_path, whole + bad, interpreted=mode)
    assert ports(evidence) == [20_000, 20_001]
    assert tuple(map(sentence, evidence.captures[0].damage)) == (
        f"a record of impossible length at octet {len(whole)}, after frame 2; nothing after it was read",
    )


def test_a_pcap_of_links_that_are_not_read_may_hold_large_records(tmp_path: Path, mode: bool) -> None:
    content = cap.pcap([Record(START, bytes(300_000)), Record(START, b"")], 249)
    evidence = cap.read(tmp_path, content, interpreted=mode)
    assert (cap.words(evidence), evidence.captures[0].damage) == ({"link type not read": 2}, ())


@pytest.mark.parametrize("extra", [0x0400_0000, 0xF000_0000, 0x1234_0000])
def test_the_link_type_of_a_pcap_is_its_low_half(tmp_path: Path, mode: bool, extra: int) -> None:
    evidence = cap.read(tmp_path, cap.pcap(ASKED, cap.ETHERNET | extra), interpreted=mode)
    assert ports(evidence) == [20_000, 20_001, 20_002, 20_003]
