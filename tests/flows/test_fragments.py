"""IP fragments: the later ones belong to the flow of the first, in any order of arrival; jumbograms."""

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.flows.evidence import Evidence
from tests import capfile as cap
from tests.capfile import ACK, IP4, IP6, SECOND, START, SYN, Record, ether, icmp, ip4, ip6, tcp, udp

A, B, A6, B6 = "10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"
LATER = "later IP fragment without its first one"
REST = "later fragment of a tunnel's packet, told with the flow inside"
MORE = 0x2000
DATA = bytes(range(256)) * 2


@pytest.fixture(
    params=[True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))], ids=["plain", "compiled"]
)
def mode(request: pytest.FixtureRequest) -> bool:
    """Every test of this file runs the kernels as they stand and compiled."""
    return bool(request.param)


def pieces4(proto: int, body: bytes, name: int = 77, size: int = 160, source: str = A) -> list[bytes]:
    """An IPv4 packet in fragments of ``size`` octets of payload."""
    packets = []
    for start in range(0, len(body), size):
        place = start // 8 | (MORE if start + size < len(body) else 0)
        packet = ip4(source, B, proto, body[start : start + size], fragment=place)
        packets.append(packet[:4] + struct.pack(">H", name) + packet[6:])
    return packets


def pieces6(proto: int, body: bytes, name: int = 77, size: int = 160) -> list[bytes]:
    return [
        ip6(A6, B6, 44, struct.pack(">BBHI", proto, 0, start | (start + size < len(body)), name) + body[start:][:size])
        for start in range(0, len(body), size)
    ]


def read(folder: Path, packets: list[bytes], mode: bool, step: int = 1000) -> Evidence:
    framed = [ether(packet, IP6 if packet[0] >> 4 == 6 else IP4) for packet in packets]
    records = [Record(START + number * step, frame) for number, frame in enumerate(framed)]
    return cap.read(folder, cap.pcap(records), interpreted=mode)


def only(evidence: Evidence) -> dict[str, Any]:
    (line,) = cap.lines(evidence)
    return line


@pytest.mark.parametrize("pieces", [pieces4, pieces6], ids=["4", "6"])
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 0, 3, 2), (2, 3, 0, 1)])
@pytest.mark.parametrize("proto", [cap.UDP, cap.TCP])
def test_fragments_are_in_the_flow_of_the_first_one(
    tmp_path: Path, mode: bool, pieces: Any, order: tuple[int, ...], proto: int
) -> None:
    body = udp(5000, 6000, DATA) if proto == cap.UDP else tcp(5000, 6000, ACK, seq=1, data=DATA)
    packets = pieces(proto, body)
    evidence = read(tmp_path, [packets[number] for number in order], mode)
    line = only(evidence)
    assert cap.words(evidence) == {"in a flow": 4}
    assert (line["orig_p"], line["resp_p"], line["orig_pkts"], line["orig_bytes"]) == (5000, 6000, 4, len(DATA))
    assert line["orig_ip_bytes"] == sum(map(len, packets))


def test_a_fragmented_segment_leaves_no_gap(tmp_path: Path, mode: bool) -> None:
    sent = pieces4(cap.TCP, tcp(5000, 6000, ACK, seq=1, ack=1, data=DATA))
    answer = ip4(B, A, cap.TCP, tcp(6000, 5000, ACK, seq=1, ack=1 + len(DATA)))
    opening = [
        ip4(A, B, cap.TCP, tcp(5000, 6000, SYN)),
        ip4(B, A, cap.TCP, tcp(6000, 5000, SYN | ACK, ack=1)),
    ]
    for packets in (sent, [sent[2], sent[0], sent[1], sent[3]]):
        assert only(read(tmp_path, [*opening, *packets, answer], mode))["history"] == "ShDa"
    assert only(read(tmp_path, [*opening, *sent[:2], answer], mode))["history"] == "ShDaG"


@pytest.mark.parametrize("pieces", [pieces4, pieces6], ids=["4", "6"])
@pytest.mark.parametrize("rotated", [0, 1])
@pytest.mark.parametrize(("size", "state"), [(8, "OTH"), (16, "S0"), (24, "S0")])
def test_a_first_fragment_with_the_ports_is_in_a_flow(
    tmp_path: Path, mode: bool, pieces: Any, rotated: int, size: int, state: str
) -> None:
    """The ports are in eight octets, the flags in sixteen, the whole header in twenty-four."""
    packets = pieces(cap.TCP, tcp(5000, 6000, SYN, seq=1, data=DATA[:100]), size=size)
    evidence = read(tmp_path, packets[rotated:] + packets[:rotated], mode)
    line = only(evidence)
    assert cap.words(evidence) == {"in a flow": len(packets)}
    assert (line["orig_h"] in {A, A6}, line["orig_p"], line["resp_p"]) == (True, 5000, 6000)
    assert (line["orig_pkts"], line["orig_bytes"], line["orig_ip_bytes"]) == (len(packets), 100, sum(map(len, packets)))
    assert (line["conn_state"], evidence.captures[0].snapped) == (state, int(size < 20))


@pytest.mark.parametrize("cut", range(8))
def test_a_first_fragment_without_the_ports_is_set_aside(tmp_path: Path, mode: bool, cut: int) -> None:
    """A segment of less than eight octets: no fragment of that size may have another one behind it."""
    (packet,) = pieces4(cap.TCP, tcp(5000, 6000, SYN)[:cut]) or [ip4(A, B, cap.TCP, b"")]
    first = packet[:6] + struct.pack(">H", MORE) + packet[8:]
    assert cap.words(read(tmp_path, [first], mode)) == {"malformed headers": 1}


@pytest.mark.parametrize("pieces", [pieces4, pieces6], ids=["4", "6"])
def test_without_the_first_one_they_are_set_aside(tmp_path: Path, mode: bool, pieces: Any) -> None:
    packets = pieces(cap.UDP, udp(5000, 6000, DATA))
    assert cap.words(read(tmp_path, packets[1:], mode)) == {LATER: 3}
    other = pieces(cap.UDP, udp(5000, 6000, DATA), 78)
    assert cap.words(read(tmp_path, [packets[0], *other[1:]], mode)) == {"in a flow": 1, LATER: 3}


def test_a_datagrams_name_is_with_its_ends_and_protocol(tmp_path: Path, mode: bool) -> None:
    first = pieces4(cap.UDP, udp(5000, 6000, DATA))[0]
    others = [pieces4(cap.UDP, DATA, source="10.0.0.9")[1], pieces4(cap.ICMP, DATA)[1]]
    assert cap.words(read(tmp_path, [first, *others], mode)) == {"in a flow": 1, LATER: 2}


@pytest.mark.parametrize(("wait", "word"), [(59, "in a flow"), (61, LATER)])
def test_fragments_of_one_datagram_are_a_minute_apart_at_most(tmp_path: Path, mode: bool, wait: int, word: str) -> None:
    first, later, *_ = pieces4(cap.UDP, udp(5000, 6000, DATA))
    for packets in ([first, later], [later, first]):
        words = cap.words(read(tmp_path, packets, mode, wait * SECOND))
        assert words == ({word: 2} if word == "in a flow" else {"in a flow": 1, word: 1})


def test_what_waits_in_one_capture_is_not_counted_in_the_next(tmp_path: Path, mode: bool) -> None:
    first, later, *_ = (ether(packet) for packet in pieces4(cap.UDP, udp(5000, 6000, DATA)))
    files = [cap.pcap([Record(START, later)]), cap.pcap([Record(START + SECOND, first)])]
    evidence = cap.read(tmp_path, *files, interpreted=mode)
    assert cap.words(evidence) == {"in a flow": 1, LATER: 1}
    assert only(evidence)["orig_pkts"] == 1
    evidence = cap.read(tmp_path, *reversed(files), interpreted=mode)
    assert cap.words(evidence)[LATER] == 1


def test_one_that_follows_its_first_into_the_next_capture_is_in_the_flow(tmp_path: Path, mode: bool) -> None:
    first, later, *_ = (ether(packet) for packet in pieces4(cap.UDP, udp(5000, 6000, DATA)))
    files = [cap.pcap([Record(START, first)]), cap.pcap([Record(START + SECOND, later)])]
    assert only(cap.read(tmp_path, *files, interpreted=mode))["orig_pkts"] == 2


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 2, 3, 0)])
def test_the_rest_of_a_tunnels_packet_is_reported_with_the_flow_inside(
    tmp_path: Path, mode: bool, order: tuple[int, ...]
) -> None:
    inner = ip4("10.1.0.1", "10.1.0.2", cap.UDP, udp(53, 54, DATA))
    packets = pieces4(cap.UDP, udp(40_000, 4789, b"\x08\0\0\0\0\0\x07\0" + ether(inner)))
    evidence = read(tmp_path, [packets[number] for number in order], mode)
    line = only(evidence)
    assert cap.words(evidence) == {"in a flow": 1, REST: 3}
    assert (line["orig_h"], line["orig_pkts"], line["orig_ip_bytes"]) == ("10.1.0.1", 1, len(inner))


def test_fragments_of_an_echo_are_in_its_flow(tmp_path: Path, mode: bool) -> None:
    evidence = read(tmp_path, pieces4(cap.ICMP, icmp(8, 0, DATA)), mode)
    assert (cap.words(evidence), only(evidence)["orig_bytes"]) == ({"in a flow": 4}, len(DATA))


def test_an_error_about_a_first_fragment_belongs_to_its_flow(tmp_path: Path, mode: bool) -> None:
    packets = pieces4(cap.UDP, udp(5000, 6000, DATA))
    errors = [ip4(B, A, cap.ICMP, icmp(11, 1, packets[0])), ip4(B, A, cap.ICMP, icmp(11, 1, packets[1]))]
    words = cap.words(read(tmp_path, [*packets, *errors], mode))
    assert words == {"in a flow": 5, "icmp error, told with the flow that it quotes": 1}


def test_fragments_seen_twice_are_copies(tmp_path: Path, mode: bool) -> None:
    packets = pieces4(cap.UDP, udp(5000, 6000, DATA))
    evidence = read(tmp_path, [packet for packet in packets for _ in range(2)], mode)
    assert (evidence.captures[0].duplicates, only(evidence)["orig_pkts"]) == (4, 8)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30), st.booleans())
@settings(deadline=None, max_examples=60)
def test_in_any_order_every_frame_is_accounted_for(picks: list[tuple[int, int]], six: bool) -> None:
    import tempfile  # noqa: PLC0415 - a fixture would be shared by all examples

    pieces = pieces6 if six else pieces4
    made = [pieces(cap.UDP, udp(5000 + name, 6000, DATA), name) for name in range(4)]
    with tempfile.TemporaryDirectory() as folder:
        evidence = read(Path(folder), [made[name][number] for name, number in picks], mode=True)
    first = {name for name, number in picks if number == 0}
    words = cap.words(evidence)
    assert words.get("in a flow", 0) == sum(name in first for name, _ in picks)
    assert sum(words.values()) == len(picks)
    assert sum(line["orig_pkts"] for line in cap.lines(evidence)) == words.get("in a flow", 0)


# Jumbograms (RFC 2675)


@pytest.mark.parametrize("option", [b"\xc2\x04", b"\1\0\xc2\x04", b"\0\0\xc2\x04"])
def test_a_jumbograms_length_is_that_of_its_option(tmp_path: Path, mode: bool, option: bytes) -> None:
    length = 8 * ((len(option) + 4 + 2 + 7) // 8)
    body = tcp(5000, 6000, ACK, data=bytes(70_000))
    header = bytes((cap.TCP, length // 8 - 1)) + option + struct.pack(">I", length + len(body))
    packet = ip6(A6, B6, 0, header.ljust(length, b"\0") + body, length=0)
    line = only(read(tmp_path, [packet], mode))
    assert (line["orig_ip_bytes"], line["orig_bytes"]) == (len(packet), 70_000)


def test_a_length_of_zero_is_segmentation_offload(tmp_path: Path, mode: bool) -> None:
    packet = ip6(A6, B6, cap.TCP, tcp(5000, 6000, ACK, data=bytes(70_000)), length=0)
    line = only(read(tmp_path, [packet], mode))
    assert (line["orig_ip_bytes"], line["orig_bytes"]) == (len(packet), 70_000)
