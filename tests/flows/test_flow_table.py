"""Frames into flows: where one ends and the next begins, who opened it, and Zeek's words for its state."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from analyzer.flows.conn_state import CONN_STATES
from tests import capfile as cap
from tests.capfile import ACK, RST, SECOND, START, SYN, Ends, Record, converse, datagram, ether_of, icmp, ip4, tcp, udp

A, B, OTHER = "10.0.0.1", "10.0.0.2", "10.0.0.3"
EVERYBODY, GROUP = "255.255.255.255", "239.1.2.3"
MINUTE = 60 * SECOND


@pytest.fixture(
    params=[True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))], ids=["plain", "compiled"]
)
def mode(request: pytest.FixtureRequest) -> bool:
    """Every test of this file runs the kernels as they stand and compiled."""
    return bool(request.param)


def flows(folder: Path, records: Sequence[Record], *, mode: bool) -> list[dict[str, Any]]:
    return cap.lines(cap.read(folder, cap.pcap(records), interpreted=mode))


def only(folder: Path, records: Sequence[Record], *, mode: bool) -> dict[str, Any]:
    (line,) = flows(folder, records, mode=mode)
    return line


def ends(line: dict[str, Any]) -> tuple[str, int, str, int]:
    return line["orig_h"], line["orig_p"], line["resp_h"], line["resp_p"]


def message(source: str, sport: int, target: str, dport: int, **more: Any) -> Record:
    """A datagram; ``data``, ``at`` and the ``mac`` that it comes from."""
    packet = ip4(source, target, cap.UDP, udp(sport, dport, more.get("data", b"hello")))
    return Record(more.get("at", START), cap.ether(packet, source=more.get("mac", cap.CLIENT_MAC)))


# TCP


@pytest.mark.parametrize(
    ("letters", "observed"),
    [
        ("S", ("S0", "S", "syn")),
        ("ShADad", ("S1", "ShADad", "syn")),
        ("ShADadFfA", ("SF", "ShADadFf", "syn")),
        ("Sr", ("REJ", "Sr", "syn")),
        ("ShAFa", ("S2", "ShAFa", "syn")),
        ("ShAfA", ("S3", "ShAf", "syn")),
        ("ShADR", ("RSTO", "ShADR", "syn")),
        ("ShADr", ("RSTR", "ShADr", "syn")),
        ("SR", ("RSTOS0", "SR", "syn")),
        ("hr", ("RSTRH", "^hr", "syn-ack")),
        ("SF", ("SH", "SF", "syn")),
        ("hf", ("SHR", "^hf", "syn-ack")),
        ("Dd", ("OTH", "Dd", "first-packet")),
        ("d", ("OTH", "D", "first-packet")),
        ("dFf", ("SF", "DfF", "first-packet")),
    ],
)
def test_state_and_history(tmp_path: Path, mode: bool, letters: str, observed: tuple[str, str, str]) -> None:
    line = only(tmp_path, converse(letters), mode=mode)
    assert (line["conn_state"], line["history"], line["direction_basis"]) == observed
    reversed_ = letters[0] == "d"
    assert ends(line) == ((B, 80, A, 40_000) if reversed_ else (A, 40_000, B, 80))


def test_the_thirteen_states_are_all_reported() -> None:
    marks = [mark for mark in test_state_and_history.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]
    assert {observed[0] for _, observed in marks[0].args[1]} == set(CONN_STATES)


def test_counts_of_a_connection(tmp_path: Path, mode: bool) -> None:
    line = only(tmp_path, converse("ShADaddAFfA"), mode=mode)
    assert (line["orig_pkts"], line["resp_pkts"]) == (6, 5)
    assert (line["orig_bytes"], line["resp_bytes"]) == (5, 10)
    assert (line["orig_ip_bytes"], line["resp_ip_bytes"]) == (6 * 40 + 5, 5 * 40 + 10)
    assert line["duration"] == "0.010000"
    assert line["first_frame"] == 1


@pytest.mark.parametrize("isn", [(0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFD, 0), (0x7FFFFFFF, 0x80000000)])
def test_sequence_numbers_wrap_round(tmp_path: Path, mode: bool, isn: tuple[int, int]) -> None:
    line = only(tmp_path, converse("ShADadDdFfA", isn=isn), mode=mode)
    assert (line["conn_state"], line["history"]) == ("SF", "ShADadFf")


def test_a_repeated_segment_is_distinguished_from_new_data(tmp_path: Path, mode: bool) -> None:
    first = converse("ShAD", isn=(0xFFFFFFFC, 9000))
    again = first[-1]._replace(ts=START + SECOND)
    assert only(tmp_path, [*first, again], mode=mode)["history"] == "ShADT"
    assert only(tmp_path, converse("ShADD", isn=(0xFFFFFFFC, 9000)), mode=mode)["history"] == "ShAD"


def test_data_that_was_acknowledged_and_never_seen_is_a_gap(tmp_path: Path, mode: bool) -> None:
    talk = converse("ShADDa")
    assert only(tmp_path, [*talk[:3], talk[5]], mode=mode)["history"] == "ShAaG"
    assert "G" not in only(tmp_path, talk, mode=mode)["history"]


def test_a_repeated_syn_is_the_same_connection(tmp_path: Path, mode: bool) -> None:
    syn = converse("S")[0]
    line = only(tmp_path, [syn._replace(ts=START + wait * SECOND) for wait in (0, 1, 3, 7, 90)], mode=mode)
    assert (line["orig_pkts"], line["conn_state"], line["history"]) == (5, "S0", "S")


@pytest.mark.parametrize("first", ["S", "Sr", "ShADad", "ShADadFfA", "ShADR", "Dd"])
def test_another_syn_on_the_same_ports_is_another_connection(tmp_path: Path, mode: bool, first: str) -> None:
    fixed = Ends(A, 56_030, B, 56_030)
    earlier = converse(first, fixed, isn=(1000, 9000))
    later = converse("ShADadFfA", fixed, isn=(500_000, 900_000), at=START + SECOND)
    lines = flows(tmp_path, [*earlier, *later], mode=mode)
    assert [line["orig_pkts"] + line["resp_pkts"] for line in lines] == [len(earlier), len(later)]
    assert ends(lines[0]) == ends(lines[1]) == (A, 56_030, B, 56_030)
    assert lines[1]["conn_state"] == "SF"
    assert lines[0]["flow"] != lines[1]["flow"]


def test_another_syn_from_the_other_side_is_another_connection(tmp_path: Path, mode: bool) -> None:
    earlier = converse("ShADadFfA", Ends(A, 56_030, B, 56_030))
    later = converse("ShADadFfA", Ends(B, 56_030, A, 56_030), isn=(500_000, 900_000), at=START + SECOND)
    lines = flows(tmp_path, [*earlier, *later], mode=mode)
    assert [ends(line) for line in lines] == [(A, 56_030, B, 56_030), (B, 56_030, A, 56_030)]


def test_two_that_open_at_the_same_moment_are_one_connection(tmp_path: Path, mode: bool) -> None:
    fixed = Ends(A, 56_030, B, 56_030)
    crossing = converse("S", fixed) + converse("S", fixed.back, isn=(9000, 1000), at=START + SECOND // 100)
    answers = converse("HhAD", fixed, at=START + SECOND // 10)
    line = only(tmp_path, [*crossing, *answers], mode=mode)
    assert (ends(line), line["conn_state"]) == ((A, 56_030, B, 56_030), "S1")


def test_a_finished_connection_and_one_that_begins_with_the_same_number(tmp_path: Path, mode: bool) -> None:
    talk = converse("ShADadFfA")
    again = [record._replace(ts=record.ts + SECOND) for record in talk]
    assert [line["conn_state"] for line in flows(tmp_path, [*talk, *again], mode=mode)] == ["SF", "SF"]


def test_a_syn_in_the_wrong_order_still_shows_the_originator(tmp_path: Path, mode: bool) -> None:
    syn, syn_ack, *rest = converse("ShADadFfA")
    line = only(tmp_path, [syn_ack, syn, *rest], mode=mode)
    assert ends(line) == (A, 40_000, B, 80)
    assert line["direction_basis"] == "syn"
    assert line["history"].startswith("^hS")


def test_a_long_history_is_cut_not_spoilt(tmp_path: Path, mode: bool) -> None:
    ports = Ends(A, 1, B, 2)
    resets = [
        Record(START + number, ether_of(ip4(A, B, cap.TCP, tcp(1, 2, RST, seq=number * 7)))) for number in range(90)
    ]
    line = only(tmp_path, [*converse("S", ports, isn=(0, 0), at=START - 1), *resets], mode=mode)
    assert line["history"] == "S" + "R" * 35
    assert line["orig_pkts"] == 91


# Datagrams


@pytest.mark.parametrize(("silence", "count"), [(59_900_000_000, 1), (MINUTE, 1), (MINUTE + 1000, 2), (2 * MINUTE, 2)])
@pytest.mark.parametrize("kind", ["udp", "icmp", "other"])
def test_a_minute_of_silence_ends_a_flow_without_connection(
    tmp_path: Path, mode: bool, silence: int, count: int, kind: str
) -> None:
    packet = {
        "udp": ip4(A, B, cap.UDP, udp(5000, 6000, b"hello")),
        "icmp": ip4(A, B, cap.ICMP, icmp(8, 0, b"hello")),
        "other": ip4(A, B, 47, b"hello"),
    }[kind]
    times = (START, START + SECOND, START + SECOND + silence)
    lines = flows(tmp_path, [Record(at, ether_of(packet)) for at in times], mode=mode)
    assert [line["orig_pkts"] for line in lines] == ([3] if count == 1 else [2, 1])


def test_the_silence_counts_from_either_sides_last_packet(tmp_path: Path, mode: bool) -> None:
    ask = Ends(A, 5000, B, 6000)
    talk = [datagram(ask if number % 2 else ask.back, at=START + number * 50 * SECOND) for number in range(5)]
    assert len(flows(tmp_path, talk, mode=mode)) == 1


def test_machines_without_an_address_are_reported_by_their_mac(tmp_path: Path, mode: bool) -> None:
    macs = [bytes((2, 0, 0, 0, 0, number)) for number in (1, 2, 1)]
    asked = [
        message("0.0.0.0", 68, EVERYBODY, 67, data=b"\1\1\6", mac=mac, at=START + number)
        for number, mac in enumerate(macs)
    ]
    lines = flows(tmp_path, asked, mode=mode)
    assert [(line["orig_mac"], line["orig_pkts"]) for line in lines] == [
        ("02:00:00:00:00:01", 2), ("02:00:00:00:00:02", 1),
    ]  # fmt: skip


def test_echo_and_reply_are_one_flow_by_type_and_code(tmp_path: Path, mode: bool) -> None:
    asked = Record(START, ether_of(ip4(A, B, cap.ICMP, icmp(8, 0, b"x" * 8))))
    answered = Record(START + 1, ether_of(ip4(B, A, cap.ICMP, icmp(0, 0, b"x" * 8))))
    for records in ([asked, answered], [answered._replace(ts=START - 1), asked]):
        line = only(tmp_path, records, mode=mode)
        assert ends(line) == (A, 8, B, 0)
        assert (line["orig_pkts"], line["resp_pkts"], line["direction_basis"]) == (1, 1, "protocol")
    single = only(tmp_path, [answered], mode=mode)
    assert ends(single) == (A, 8, B, 0)
    assert (single["orig_pkts"], single["resp_pkts"]) == (0, 1)


@pytest.mark.parametrize(("kind", "reply"), [(8, 0), (13, 14), (15, 16), (17, 18)])
def test_two_hosts_that_ask_each_other_are_two_flows(tmp_path: Path, mode: bool, kind: int, reply: int) -> None:
    there, back = (
        [
            Record(at, ether_of(ip4(asker, other, cap.ICMP, icmp(kind, 0, b"x" * 8)))),
            Record(at + 1, ether_of(ip4(other, asker, cap.ICMP, icmp(reply, 0, b"x" * 8)))),
        ]
        for asker, other, at in ((A, B, START), (B, A, START + 2))
    )
    lines = flows(tmp_path, [*there, *back], mode=mode)
    assert [ends(line) for line in lines] == [(A, kind, B, 0), (B, kind, A, 0)]
    assert [(line["orig_pkts"], line["resp_pkts"]) for line in lines] == [(1, 1), (1, 1)]
    crossing = flows(tmp_path, [there[0], back[0]], mode=mode)
    assert [(line["orig_pkts"], line["resp_pkts"]) for line in crossing] == [(1, 0), (1, 0)]


def test_two_hosts_that_ask_each_other_by_icmp6_are_two_flows(tmp_path: Path, mode: bool) -> None:
    records = [
        Record(START + at, ether_of(cap.ip6(source, target, cap.ICMP6, icmp(kind, 0, b"x" * 8))))
        for at, (source, target, kind) in enumerate(
            [("fd00::1", "fd00::2", 128), ("fd00::2", "fd00::1", 128), ("fd00::1", "fd00::2", 129)]
        )
    ]
    lines = flows(tmp_path, records, mode=mode)
    assert [(line["orig_h"], line["orig_pkts"], line["resp_pkts"]) for line in lines] == [
        ("fd00::1", 1, 0), ("fd00::2", 1, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(("source", "target", "kind", "quoted"), [(A, B, 8, 0), (B, A, 8, 1), (A, B, 0, 1)])
def test_an_icmp_error_belongs_to_the_quoted_request(
    tmp_path: Path, mode: bool, source: str, target: str, kind: int, quoted: int
) -> None:
    asked = [
        Record(START + at, ether_of(ip4(asker, other, cap.ICMP, icmp(8, 0, b"x" * 8))))
        for at, (asker, other) in enumerate([(A, B), (B, A)])
    ]
    about = ip4(source, target, cap.ICMP, icmp(kind, 0, b"x" * 8))
    error = Record(START + 5, ether_of(ip4("10.0.0.254", source, cap.ICMP, icmp(3, 1, about))))
    evidence = cap.read(tmp_path, cap.pcap([*asked, error]), interpreted=mode)
    assert evidence.table.icmp_error.count.tolist() == [int(quoted == 0), int(quoted == 1)]


# Who opened it


@pytest.mark.parametrize(
    ("record", "expected", "basis"),
    [
        (converse("S")[0], (A, 40_000, B, 80), "syn"),
        (converse("h")[0], (A, 40_000, B, 80), "syn-ack"),
        (converse("a")[0], (B, 80, A, 40_000), "first-packet"),
        (message(B, 67, A, 68, data=b"\2\1\6\0"), (B, 67, A, 68), "protocol"),
        (message(B, 67, EVERYBODY, 68, data=b"\2\1\6\0"), (B, 67, EVERYBODY, 68), "protocol"),
        (message(A, 68, B, 67, data=b"\1\1\6\0"), (A, 68, B, 67), "protocol"),
        (message(B, 67, OTHER, 67, data=b"\2\1\6\0"), (OTHER, 67, B, 67), "protocol"),
        (message(OTHER, 67, B, 67, data=b"\1\1\6\0"), (OTHER, 67, B, 67), "protocol"),
        (message(B, 4011, A, 68, data=b"\2\1\6\0"), (A, 68, B, 4011), "protocol"),
        (message(B, 4011, A, 4011, data=b"\2\1\6\0"), (A, 4011, B, 4011), "protocol"),
        (message(A, 4011, B, 4011, data=b"\1\1\6\0"), (A, 4011, B, 4011), "protocol"),
        (message(A, 2070, B, 69), (A, 2070, B, 69), "protocol"),
        (message(B, 69, A, 2070), (A, 2070, B, 69), "protocol"),
        (message(A, 5000, B, 6000), (A, 5000, B, 6000), "first-packet"),
        (message(A, 5000, GROUP, 6000), (A, 5000, GROUP, 6000), "first-packet"),
    ],
)
def test_the_first_frame_shows_the_originator(
    tmp_path: Path, mode: bool, record: Record, expected: tuple[str, int, str, int], basis: str
) -> None:
    line = only(tmp_path, [record], mode=mode)
    assert (ends(line), line["direction_basis"]) == (expected, basis)


@pytest.mark.parametrize("group", [EVERYBODY, GROUP, "224.0.0.1"])
@pytest.mark.parametrize(("sport", "dport"), [(5000, 6000), (6000, 5000), (69, 2070), (67, 68), (4011, 68), (68, 67)])
def test_a_broadcast_address_is_never_an_originator(
    tmp_path: Path, mode: bool, group: str, sport: int, dport: int
) -> None:
    to = only(tmp_path, [message(A, sport, group, dport)], mode=mode)
    assert ends(to) == (A, sport, group, dport)
    forged = only(tmp_path, [message(group, sport, A, dport)], mode=mode)
    assert ends(forged) == (A, dport, group, sport)
    assert forged["history"] == "^d"


def test_a_lease_that_is_renewed_is_the_clients_flow(tmp_path: Path, mode: bool) -> None:
    answer = message(B, 67, A, 68, data=b"\2\1\6\0")
    renewal = message(A, 68, B, 67, data=b"\1\1\6\0", at=START + SECOND)
    line = only(tmp_path, [answer, renewal, answer._replace(ts=START + 2 * SECOND)], mode=mode)
    assert ends(line) == (A, 68, B, 67)
    assert (line["orig_pkts"], line["resp_pkts"], line["history"]) == (1, 2, "d^D")


# Errors belong to the flow that they quote


def quoting(kind: int, code: int, about: bytes, at: int = START + SECOND) -> Record:
    """A router's report to A."""
    return Record(at, ether_of(ip4("10.0.0.254", A, cap.ICMP, icmp(kind, code, about)), back=True))


def six(kind: int, code: int, about: bytes) -> Record:
    report = cap.ip6("fe80::1", "fd00::1", cap.ICMP6, icmp(kind, code, about))
    return Record(START + SECOND, ether_of(report, back=True))


@pytest.mark.parametrize(
    ("packet", "report"),
    [
        (ip4(A, B, cap.TCP, tcp(40_000, 80, SYN)), quoting),
        (ip4(A, B, cap.UDP, udp(5000, 6000, b"hello")), quoting),
        (ip4(A, B, cap.ICMP, icmp(8, 0, b"hello")), quoting),
        (ip4(A, B, cap.TCP, tcp(40_000, 80, SYN), options=b"\1\1\1\0"), quoting),
        (cap.ip6("fd00::1", "fd00::2", cap.TCP, tcp(40_000, 80, SYN)), six),
        (cap.ip6("fd00::1", "fd00::2", 0, b"\x11\0\1\4\0\0\0\0" + udp(5000, 6000, b"hello")), six),
    ],
)
def test_an_icmp_error_is_reported_with_the_flow_that_it_quotes(
    tmp_path: Path, mode: bool, packet: bytes, report: Any
) -> None:
    evidence = cap.read(
        tmp_path, cap.pcap([Record(START, ether_of(packet)), report(3 if report is quoting else 1, 3, packet[:64])]),
        interpreted=mode,
    )  # fmt: skip
    assert cap.words(evidence) == {"in a flow": 1, "icmp error, told with the flow that it quotes": 1}
    (line,) = cap.lines(evidence)
    assert line["orig_pkts"] == 1


def test_an_icmp_error_about_a_flow_that_was_not_seen_is_a_flow(tmp_path: Path, mode: bool) -> None:
    seen = Record(START, ether_of(ip4(A, B, cap.UDP, udp(5000, 6000))))
    about = ip4(A, B, cap.UDP, udp(5000, 6001))
    lines = flows(tmp_path, [seen, quoting(3, 3, about)], mode=mode)
    assert [line["proto"] for line in lines] == ["udp", "icmp"]


@pytest.mark.parametrize("length", range(28))
def test_an_icmp_error_that_quotes_too_little_is_a_flow_of_its_own(tmp_path: Path, mode: bool, length: int) -> None:
    packet = ip4(A, B, cap.UDP, udp(5000, 6000))
    lines = flows(tmp_path, [Record(START, ether_of(packet)), quoting(3, 3, packet[:length])], mode=mode)
    assert [line["proto"] for line in lines] == ["udp", "icmp"]


# What was never one flow


@pytest.mark.parametrize(
    "packet",
    [
        ip4(A, B, cap.UDP, udp(5000, 6001)),
        ip4(A, B, cap.UDP, udp(5001, 6000)),
        ip4(A, OTHER, cap.UDP, udp(5000, 6000)),
        ip4(OTHER, B, cap.UDP, udp(5000, 6000)),
        ip4(A, B, cap.TCP, tcp(5000, 6000, ACK)),
        ip4(A, B, 132, udp(5000, 6000)),
        ip4(A, B, cap.UDP, udp(6000, 5000)),
        cap.ip6("::10.0.0.1", "::10.0.0.2", cap.UDP, udp(5000, 6000)),
    ],
)
def test_any_part_of_the_tuple_makes_another_flow(tmp_path: Path, mode: bool, packet: bytes) -> None:
    first = Record(START, ether_of(ip4(A, B, cap.UDP, udp(5000, 6000))))
    assert len(flows(tmp_path, [first, Record(START + 1, ether_of(packet))], mode=mode)) == 2


def test_thousands_of_flows_stay_apart(tmp_path: Path, mode: bool) -> None:
    """More flows than the first tables hold: they grow, and nothing is lost or mixed."""
    each = 3
    asked = [datagram(Ends(A, 20_000 + number % 2500, B, 53), at=START + number) for number in range(2500 * each)]
    lines = flows(tmp_path, asked, mode=mode)
    assert [line["orig_p"] for line in lines] == list(range(20_000, 22_500))
    assert {line["orig_pkts"] for line in lines} == {each}
