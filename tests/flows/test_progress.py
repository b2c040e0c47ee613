"""What the peer acknowledged of each side, and how often a side repeated itself at the end."""

from pathlib import Path

import pytest

from analyzer.flows.table import FlowTable
from tests import capfile as cap
from tests.capfile import (
    ACK,
    PSH,
    SECOND,
    START,
    SYN,
    TCP,
    UDP,
    Ends,
    Record,
    converse,
    datagram,
    ether_of,
    ip,
    tcp,
    udp,
)


@pytest.fixture(
    params=[True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))], ids=["plain", "compiled"]
)
def mode(request: pytest.FixtureRequest) -> bool:
    """Every test of this file runs the kernels as they stand and compiled."""
    return bool(request.param)


def table(folder: Path, records: list[Record], *, mode: bool) -> FlowTable:
    return cap.read(folder, cap.pcap(records), interpreted=mode).table


def progress(flows: FlowTable) -> list[tuple[int, int, int]]:
    """(sent, acknowledged, repeats) of both sides of the only flow."""
    assert len(flows) == 1
    return [
        (int(side.octets_sent[0]), int(side.octets_acknowledged[0]), int(side.repeats[0]))
        for side in (flows.orig, flows.resp)
    ]


def later(record: Record, seconds: float) -> Record:
    return record._replace(ts=record.ts + round(seconds * SECOND))


def answer(seq: int, ack: int, *, flags: int = ACK, data: bytes = b"", at: float = 1.0) -> Record:
    ends = Ends().back
    segment = tcp(ends.orig_p, ends.resp_p, flags, seq=seq, ack=ack, data=data)
    return Record(START + round(at * SECOND), ether_of(ip(ends.orig, ends.resp, TCP, segment), back=True))


@pytest.mark.parametrize("isn", [(1000, 9000), (0xFFFFFFFF, 0xFFFFFFFD), (0x7FFFFFFE, 0x80000000)])
@pytest.mark.parametrize(
    ("letters", "orig", "resp"),
    [
        ("S", (0, -1, 0), None),
        ("Sh", (0, 0, 0), (0, -1, 0)),
        ("ShA", (0, 0, 0), (0, 0, 0)),
        ("ShAD", (5, 0, 0), (0, 0, 0)),
        ("ShADa", (5, 5, 0), (0, 0, 0)),
        ("ShADdA", (5, 5, 0), (5, 5, 0)),
        ("ShAFaf", (1, 1, 0), (1, 0, 0)),
    ],
)
def test_what_was_acknowledged(
    tmp_path: Path, mode: bool, isn: tuple[int, int], letters: str, orig: tuple[int, int, int], resp: tuple[int, ...]
) -> None:
    found = progress(table(tmp_path, converse(letters, isn=isn), mode=mode))
    assert found[0] == orig
    assert resp is None or found[1] == resp


def test_data_that_is_sent_again_counts_until_it_is_acknowledged(tmp_path: Path, mode: bool) -> None:
    talk = converse("ShAD")
    again = [later(talk[-1], seconds) for seconds in (1, 3, 7)]
    assert progress(table(tmp_path, [*talk, *again], mode=mode))[0] == (5, 0, 3)
    acknowledged = [*talk, *again, answer(9001, 1006, at=8)]
    assert progress(table(tmp_path, acknowledged, mode=mode))[0] == (5, 5, 0)


def test_new_data_ends_the_count_and_data_with_old_data_before_it_does_not(tmp_path: Path, mode: bool) -> None:
    talk = converse("ShADD")
    assert progress(table(tmp_path, [*talk[:4], later(talk[3], 1), later(talk[4], 2)], mode=mode))[0] == (10, 0, 0)
    both = tcp(40_000, 80, PSH | ACK, seq=1001, ack=9001, data=b"hellohello")
    longer = Record(START + 2 * SECOND, ether_of(ip("10.0.0.1", "10.0.0.2", TCP, both)))
    assert progress(table(tmp_path, [*talk[:4], later(talk[3], 1), longer], mode=mode))[0] == (10, 0, 2)


def test_an_answer_to_something_else_acknowledges_nothing(tmp_path: Path, mode: bool) -> None:
    syn = converse("S")[0]
    for flags in (ACK, SYN | ACK):
        for number in (1000, 1002, 77, 0x80000000):
            found = progress(table(tmp_path, [syn, answer(9000, number, flags=flags)], mode=mode))
            assert found[0][1] == -1, (flags, number)


def test_the_last_octet_again_asks_whether_the_peer_is_there(tmp_path: Path, mode: bool) -> None:
    talk = converse("ShADa")
    probe = tcp(40_000, 80, ACK, seq=1005, ack=9001, data=b"o")
    probes = [
        Record(START + (10 + place) * SECOND, ether_of(ip("10.0.0.1", "10.0.0.2", TCP, probe))) for place in range(4)
    ]
    assert progress(table(tmp_path, [*talk, *probes], mode=mode))[0] == (5, 5, 0)
    assert progress(table(tmp_path, [*talk[:4], *probes], mode=mode))[0] == (5, 0, 4)


def test_datagrams_that_begin_as_the_one_before(tmp_path: Path, mode: bool) -> None:
    ends = Ends("10.0.0.1", 50_000, "10.0.0.2", 2070)
    blocks = [1, 1, 1, 2, 2]
    records = [datagram(ends, bytes((0, 3, 0, block)) + b"x", START + at * SECOND) for at, block in enumerate(blocks)]
    for count, repeats in ((1, 0), (2, 1), (3, 2), (4, 0), (5, 1)):
        assert int(table(tmp_path, records[:count], mode=mode).orig.repeats[0]) == repeats


def repeats_of(folder: Path, records: list[Record], *, mode: bool) -> int:
    """The repetitions of the originator's datagrams; the port of TFTP is watched."""
    return int(table(folder, records, mode=mode).orig.repeats[0])


@pytest.mark.parametrize(
    ("port", "payloads", "repeats"),
    [
        (69, ["px0", "px1", "px2"], 0),
        (69, ["px0", "px0", "px0"], 2),
        (69, ["px0", "px0", "px"], 0),
        (2070, ["px0", "px0", "px"], 0),
        (2070, ["px0", "px0", "px0"], 2),
    ],
)
def test_datagrams_that_begin_as_the_one_before_and_are_no_repetitions(
    tmp_path: Path, mode: bool, port: int, payloads: list[str], repeats: int
) -> None:
    ends = Ends("10.0.0.1", 50_000, "10.0.0.2", port)
    records = [
        datagram(ends, b"\0\1" + payload.encode() + b"\0octet\0", START + at * SECOND)
        for at, payload in enumerate(payloads)
    ]
    assert repeats_of(tmp_path, records, mode=mode) == repeats


@pytest.mark.parametrize("ident", [0, 7], ids=["without identification", "with identification"])
@pytest.mark.parametrize("port", [69, 2070])
@pytest.mark.parametrize(("seconds", "repeats"), [(0.0005, 0), (2, 1)], ids=["at once", "later"])
def test_a_datagram_with_the_mac_of_a_device_on_its_way_is_no_repetition(
    tmp_path: Path, mode: bool, ident: int, port: int, seconds: float, repeats: int
) -> None:
    """The device keeps the time to live. The sender repeats with an identification of its own."""
    payload = b"\0\1boot.0\0octet\0"
    records = []
    for place, number in enumerate((ident, ident + 1 if ident else 0)):
        whole = ip("10.0.0.1", "10.0.0.2", UDP, udp(50_000, port, payload))
        packet = whole[:4] + number.to_bytes(2) + whole[6:]
        at = START + place * 5 * SECOND
        records += [Record(at, ether_of(packet)), Record(at + round(seconds * SECOND), device(ether_of(packet)))]
    assert repeats_of(tmp_path, records[:2], mode=mode) == repeats
    assert repeats_of(tmp_path, records, mode=mode) == 1 + 2 * repeats


def device(frame: bytes) -> bytes:
    """A frame from another MAC."""
    return frame[:6] + b"\2\0\0\0\0\x77" + frame[12:]


def test_the_sides_of_a_tap_in_two_files_acknowledge_each_other(tmp_path: Path, mode: bool) -> None:
    talk = [later(record, 0) for record in converse("ShADdA", step=SECOND)]
    orig, resp = [talk[place] for place in (0, 2, 3, 5)], [talk[1], talk[4]]
    evidence = cap.read(tmp_path, cap.pcap(orig), cap.pcap(resp), interpreted=mode)
    assert progress(evidence.table) == [(5, 5, 0), (5, 5, 0)]
