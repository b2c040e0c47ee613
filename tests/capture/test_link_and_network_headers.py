"""Frames made by hand: every link layer, every header that may stand before the ports, every place to be cut at."""

import struct
from pathlib import Path
from typing import Any

import pytest

from tests import capfile as cap
from tests.capfile import ACK, IP4, IP6, SECOND, START, SYN, Record, ether, icmp, ip4, ip6, link, tcp, udp

A, B, A6, B6 = "10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"
IN_A_FLOW, CUT, MALFORMED, FRAGMENT = (
    "in a flow",
    "headers cut short",
    "malformed headers",
    "later IP fragment without its first one",
)
DATAGRAM = ip4(A, B, cap.UDP, udp(5000, 6000, b"hello"))
DATAGRAM6 = ip6(A6, B6, cap.UDP, udp(5000, 6000, b"hello"))
SEGMENT = ip4(A, B, cap.TCP, tcp(5000, 6000, SYN, seq=7, data=b"hello"))
LLC = b"\xaa\xaa\x03\0\0\0"


@pytest.fixture(
    params=[True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))], ids=["plain", "compiled"]
)
def mode(request: pytest.FixtureRequest) -> bool:
    """Every test of this file runs the kernels as they stand and compiled."""
    return bool(request.param)


class Decoded:
    """The result of one frame: the ``word`` for it, and the only flow's ``line`` if there is one."""

    def __init__(self, folder: Path, frame: bytes, *, mode: bool, number: int = cap.ETHERNET, wire: int = 0) -> None:
        content = cap.pcap([Record(START, frame, wire or None)], number)
        evidence = cap.read(folder, content, interpreted=mode)
        (self.word,) = cap.words(evidence)
        self.captures = evidence.captures
        self.line: dict[str, Any] = next(iter(cap.lines(evidence)), {})

    @property
    def ends(self) -> tuple[Any, ...]:
        return tuple(self.line[name] for name in ("proto", "orig_h", "orig_p", "resp_h", "resp_p"))

    @property
    def size(self) -> tuple[int, int]:
        """Octets from the IP header on, and of payload."""
        return self.line["orig_ip_bytes"], self.line["orig_bytes"]


# Link layers


@pytest.mark.parametrize("number", cap.READ)
@pytest.mark.parametrize("packet", [DATAGRAM, DATAGRAM6], ids=["4", "6"])
def test_every_link_layer_leads_to_the_same_packet(tmp_path: Path, mode: bool, number: int, packet: bytes) -> None:
    got = Decoded(tmp_path, link(number, packet), mode=mode, number=number)
    assert got.word == IN_A_FLOW
    assert got.ends == ("udp", *((A, 5000, B, 6000) if packet is DATAGRAM else (A6, 5000, B6, 6000)))
    assert got.size == (len(packet), 5)
    assert got.line["orig_mac"] == ("02:00:00:00:00:0a" if number in (cap.ETHERNET, cap.SLL, cap.SLL2) else "")


@pytest.mark.parametrize("number", cap.READ)
@pytest.mark.parametrize("packet", [DATAGRAM, DATAGRAM6, SEGMENT], ids=["4", "6", "tcp"])
def test_a_frame_cut_anywhere_is_counted_and_its_lengths_are_those_of_its_header(
    tmp_path: Path, mode: bool, number: int, packet: bytes
) -> None:
    whole = link(number, packet)
    records = [Record(START, whole[:length], len(whole)) for length in range(len(whole) + 1)]
    evidence = cap.read(tmp_path, cap.pcap(records, number), interpreted=mode)
    words, (line,) = cap.words(evidence), cap.lines(evidence)
    before_ports = len(whole) - len(packet) + (20 if packet is not DATAGRAM6 else 40)
    readable = len(whole) + 1 - before_ports - (16 if packet is SEGMENT else 8)
    assert words == {IN_A_FLOW: readable, CUT: len(records) - readable}
    assert (line["orig_pkts"], line["orig_bytes"]) == (readable, readable * 5)
    assert line["orig_ip_bytes"] == readable * len(packet)
    assert evidence.captures[0].snapped == len(whole)


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize(
    ("family", "packet"), [(2, DATAGRAM), *((number, DATAGRAM6) for number in (10, 23, 24, 28, 30))]
)
def test_a_loopback_header_is_read_in_either_byte_order(
    tmp_path: Path, mode: bool, endian: str, family: int, packet: bytes
) -> None:
    got = Decoded(tmp_path, struct.pack(f"{endian}I", family) + packet, mode=mode, number=cap.NULL)
    assert (got.word, got.line["resp_p"]) == (IN_A_FLOW, 6000)


@pytest.mark.parametrize("number", [cap.NULL, cap.LOOP])
@pytest.mark.parametrize("family", [0, 1, 7, 29, 0x1000])
def test_a_loopback_header_of_another_family_is_no_ip(tmp_path: Path, mode: bool, number: int, family: int) -> None:
    """It is not read. It counts as not IP only if no IP packet is behind it."""
    for packet, word in ((bytes(len(DATAGRAM)), "not IP"), (DATAGRAM, "encapsulation not read")):
        assert Decoded(tmp_path, struct.pack(">I", family) + packet, mode=mode, number=number).word == word


@pytest.mark.parametrize("version", [0, 5, 7, 15])
def test_a_raw_packet_of_no_known_version_is_malformed(tmp_path: Path, mode: bool, version: int) -> None:
    assert Decoded(tmp_path, bytes((version << 4,)) + DATAGRAM[1:], mode=mode, number=cap.RAW).word == MALFORMED


@pytest.mark.parametrize(
    ("tags", "vlan"),
    [
        ([(0x8100, 100)], "100"),
        ([(0x8100, 0xE064)], "100"),
        ([(0x8100, 0)], "0"),
        ([(0x88A8, 4095)], "4095"),
        ([(0x88A8, 100), (0x8100, 200)], "100.200"),
        ([(0x9100, 1), (0x9200, 2)], "1.2"),
        ([(0x8100, 1), (0x8100, 2), (0x8100, 3)], "1.2"),
        ([(0x8100, number) for number in range(1, 9)], "1.2"),
    ],
)
def test_vlan_tags_are_passed_and_reported(tmp_path: Path, mode: bool, tags: list[tuple[int, int]], vlan: str) -> None:
    for packet, kind in ((DATAGRAM, IP4), (DATAGRAM6, IP6)):
        got = Decoded(tmp_path, ether(packet, kind, tags=tags), mode=mode)
        assert (got.word, got.line["vlan"], got.line["resp_p"]) == (IN_A_FLOW, vlan, 6000)
        assert got.size == (len(packet), 5)


@pytest.mark.parametrize("number", [cap.SLL, cap.SLL2])
def test_vlan_tags_behind_a_cooked_header(tmp_path: Path, mode: bool, number: int) -> None:
    frame = bytearray(link(number, struct.pack(">HH", 100, IP4) + DATAGRAM))
    at = 14 if number == cap.SLL else 0
    frame[at : at + 2] = b"\x81\0"
    got = Decoded(tmp_path, bytes(frame), mode=mode, number=number)
    assert (got.word, got.line["vlan"], got.line["resp_p"]) == (IN_A_FLOW, "100", 6000)


def test_a_cooked_header_without_an_ethernet_address_has_no_mac(tmp_path: Path, mode: bool) -> None:
    frame = struct.pack(">HHH8sH", 0, 772, 0, bytes(8), IP4) + DATAGRAM
    assert Decoded(tmp_path, frame, mode=mode, number=cap.SLL).line["orig_mac"] == ""


@pytest.mark.parametrize(
    ("frame", "word"),
    [
        (ether(bytes(46), cap.ARP), "arp"),
        (ether(bytes(46), 0x8035), "arp"),
        (ether(bytes(46), 0x88CC), "not IP"),
        (ether(b"\x42\x42\x03" + bytes(43), 38), "not IP"),
        (ether(bytes(46), 0x0842), "magic packet straight over Ethernet"),
        (ether(DATAGRAM, tags=[(0x8100, number) for number in range(9)]), "nested too deep"),
        (ether(LLC + b"\x88\xcc" + bytes(30), 38), "not IP"),
        (ether(DATAGRAM6, IP4), MALFORMED),
        (ether(DATAGRAM, IP6).ljust(60, b"\0"), MALFORMED),
        (ether(b""), CUT),
        (b"", CUT),
    ],
)
def test_what_is_no_ip_is_set_aside_by_name(tmp_path: Path, mode: bool, frame: bytes, word: str) -> None:
    got = Decoded(tmp_path, frame, mode=mode, wire=60)
    assert (got.word, got.line) == (word, {})


def test_a_link_type_that_is_not_read_says_so(tmp_path: Path, mode: bool) -> None:
    got = Decoded(tmp_path, DATAGRAM, mode=mode, number=147)
    assert (got.word, got.captures[0].link_types) == ("link type not read", ("link type 147",))


def test_snap_carries_ip(tmp_path: Path, mode: bool) -> None:
    got = Decoded(tmp_path, ether(LLC + struct.pack(">H", IP4) + DATAGRAM, len(LLC) + 2 + len(DATAGRAM)), mode=mode)
    assert got.ends == ("udp", A, 5000, B, 6000)


# IPv4


@pytest.mark.parametrize("packet", [ip4(A, B, cap.UDP, udp(5000, 6000)), ip4(A, B, cap.TCP, tcp(5000, 6000, ACK))])
def test_padding_of_a_short_frame_is_no_payload(tmp_path: Path, mode: bool, packet: bytes) -> None:
    got = Decoded(tmp_path, ether(packet).ljust(60, b"\xee"), mode=mode)
    assert got.size == (len(packet), 0)


@pytest.mark.parametrize("words", range(1, 11))
def test_ip_options_are_passed(tmp_path: Path, mode: bool, words: int) -> None:
    packet = ip4(A, B, cap.TCP, tcp(5000, 6000, SYN, data=b"hello"), options=b"\1" * 4 * words)
    got = Decoded(tmp_path, ether(packet), mode=mode)
    assert (got.ends, got.size) == (("tcp", A, 5000, B, 6000), (len(packet), 5))


@pytest.mark.parametrize("captured", [54, 60, 4000])
def test_segmentation_offload_leaves_the_length_to_the_frame(tmp_path: Path, mode: bool, captured: int) -> None:
    packet = ip4(A, B, cap.TCP, tcp(5000, 6000, ACK, data=bytes(30_000)), total=0)
    frame = ether(packet)
    got = Decoded(tmp_path, frame[:captured], mode=mode, wire=len(frame))
    assert got.size == (len(packet), 30_000)


@pytest.mark.parametrize("total", [65_535, 1500])
def test_the_length_of_the_header_counts_not_that_of_the_frame(tmp_path: Path, mode: bool, total: int) -> None:
    got = Decoded(tmp_path, ether(ip4(A, B, cap.UDP, udp(5000, 6000, length=total - 20), total=total)), mode=mode)
    assert got.size == (total, total - 28)


@pytest.mark.parametrize(
    ("fragment", "word"),
    [(0, IN_A_FLOW), (0x2000, IN_A_FLOW), (0x4000, IN_A_FLOW), (1, FRAGMENT), (0x2001, FRAGMENT), (0x1FFF, FRAGMENT)],
)
def test_later_fragments_are_counted_and_the_first_one_is_in_its_flow(
    tmp_path: Path, mode: bool, fragment: int, word: str
) -> None:
    assert Decoded(tmp_path, ether(ip4(A, B, cap.UDP, udp(5000, 6000), fragment=fragment)), mode=mode).word == word


@pytest.mark.parametrize(
    "packet",
    [
        b"\x44" + DATAGRAM[1:],
        b"\x40" + DATAGRAM[1:],
        b"\x65" + DATAGRAM[1:],
        ip4(A, B, cap.UDP, udp(5000, 6000), total=19),
        ip4(A, B, cap.UDP, udp(5000, 6000), total=27),
        ip4(A, B, cap.TCP, tcp(5000, 6000, SYN), total=39),
        ip4(A, B, cap.ICMP, icmp(8), total=23),
        ip4(A, B, cap.TCP, tcp(5000, 6000, SYN)[:12] + b"\x40" + tcp(5000, 6000, SYN)[13:]),
        ip4(A, B, cap.TCP, tcp(5000, 6000, SYN)[:12] + b"\xf0" + tcp(5000, 6000, SYN)[13:]),
    ],
)
def test_headers_that_contradict_themselves_are_malformed(tmp_path: Path, mode: bool, packet: bytes) -> None:
    assert Decoded(tmp_path, ether(packet), mode=mode).word == MALFORMED


@pytest.mark.parametrize(("stated", "payload"), [(8, 0), (12, 4), (13, 5), (7, 5), (0, 5), (65_535, 5)])
def test_a_datagrams_own_length_counts_where_it_is_possible(
    tmp_path: Path, mode: bool, stated: int, payload: int
) -> None:
    packet = ip4(A, B, cap.UDP, udp(5000, 6000, b"hello", length=stated))
    assert Decoded(tmp_path, ether(packet), mode=mode).size == (len(packet), payload)


@pytest.mark.parametrize("proto", [0, 2, 4, 41, 47, 50, 89, 132, 255])
def test_other_protocols_are_flows_without_ports(tmp_path: Path, mode: bool, proto: int) -> None:
    got = Decoded(tmp_path, ether(ip4(A, B, proto, b"hello")), mode=mode)
    assert got.ends == (str(proto), A, -1, B, -1)
    assert got.size == (25, 5)


# IPv6


@pytest.mark.parametrize(
    ("first", "headers"),
    [
        (0, b"\x11\0\1\4\0\0\0\0"),
        (43, b"\x11\0\0\0\0\0\0\0"),
        (60, b"\x11\1" + bytes(14)),
        (51, b"\x11\1" + bytes(10)),
        (44, b"\x11\0\0\0\0\0\0\1"),
        (44, b"\x11\0\0\1\0\0\0\1"),
        (135, b"\x11\0" + bytes(6)),
        (0, b"\x2b\0" + bytes(6) + b"\x2c\0" + bytes(6) + b"\x3c\0" + bytes(6) + b"\x11\0" + bytes(6)),
    ],
)
def test_extension_headers_are_passed(tmp_path: Path, mode: bool, first: int, headers: bytes) -> None:
    packet = ip6(A6, B6, first, headers + udp(5000, 6000, b"hello"))
    got = Decoded(tmp_path, ether(packet, IP6), mode=mode)
    assert (got.ends, got.size) == (("udp", A6, 5000, B6, 6000), (len(packet), 5))


@pytest.mark.parametrize("offset", [8, 0xFFF8])
def test_later_fragments_of_ipv6_are_counted(tmp_path: Path, mode: bool, offset: int) -> None:
    packet = ip6(A6, B6, 44, struct.pack(">BBHI", cap.UDP, 0, offset, 1) + b"rest of it")
    assert Decoded(tmp_path, ether(packet, IP6), mode=mode).word == FRAGMENT


@pytest.mark.parametrize("count", [15, 16, 17, 40])
def test_an_endless_chain_of_headers_ends(tmp_path: Path, mode: bool, count: int) -> None:
    chain = b"\0\0" + bytes(6)
    packet = ip6(A6, B6, 0, chain * (count - 1) + b"\x11\0" + bytes(6) + udp(5000, 6000))
    got = Decoded(tmp_path, ether(packet, IP6), mode=mode)
    assert got.word == IN_A_FLOW
    assert got.line["proto"] == ("udp" if count <= 16 else "0")


@pytest.mark.parametrize(
    ("packet", "word"),
    [
        (ip6(A6, B6, 0, b"\x11\xff" + bytes(6) + udp(5000, 6000)), MALFORMED),
        (ip6(A6, B6, cap.UDP, udp(5000, 6000), length=7), MALFORMED),
        (ip6(A6, B6, 0, b"\x11"), CUT),
        (ip6(A6, B6, 44, b"\x11\0\0\0"), CUT),
        (ip6(A6, B6, 59, b""), IN_A_FLOW),
    ],
)
def test_odd_ipv6(tmp_path: Path, mode: bool, packet: bytes, word: str) -> None:
    wire = 100 if word == CUT else 0
    assert Decoded(tmp_path, ether(packet, IP6), mode=mode, wire=wire).word == word


@pytest.mark.parametrize(("kind", "observed"), [(128, 128), (129, 128), (1, 1), (135, 135)])
def test_icmp_has_its_type_and_code_for_ports(tmp_path: Path, mode: bool, kind: int, observed: int) -> None:
    got = Decoded(tmp_path, ether(ip6(A6, B6, cap.ICMP6, icmp(kind, 4, b"hello")), IP6), mode=mode)
    assert {got.line["orig_p"], got.line["resp_p"]} == {observed, 4}
    assert got.line["proto"] == "icmp6"


# Records


@pytest.mark.parametrize("captured", [0, 1, 13])
def test_frames_of_no_use_are_counted(tmp_path: Path, mode: bool, captured: int) -> None:
    records = [Record(START + number * SECOND, bytes(captured), 60) for number in range(5)]
    evidence = cap.read(tmp_path, cap.pcap(records), interpreted=mode)
    assert cap.words(evidence) == {CUT: 5}
    assert (evidence.captures[0].frames, evidence.captures[0].snapped) == (5, 5)


@pytest.mark.parametrize("length", [0, 13, 14, 30])
def test_a_frame_that_was_short_on_the_wire_was_not_cut(tmp_path: Path, mode: bool, length: int) -> None:
    """If one of these counted as cut, every missing answer of its capture would be undetermined."""
    assert Decoded(tmp_path, ether(DATAGRAM)[:length], mode=mode).word == MALFORMED
    assert Decoded(tmp_path, ether(DATAGRAM)[:length], mode=mode, wire=60).word == CUT


def test_a_record_that_claims_less_than_it_holds_counts_as_whole(tmp_path: Path, mode: bool) -> None:
    got = Decoded(tmp_path, ether(DATAGRAM), mode=mode, wire=1)
    assert (got.size, got.captures[0].snapped) == ((len(DATAGRAM), 5), 0)
