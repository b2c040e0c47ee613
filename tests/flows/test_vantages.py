"""Several vantages at the same time: what is one flow, one message and one error, at any of them."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analyzer.capture.kernel.scan import MOST_JUMPS
from analyzer.compliance.exchanges.dhcp import read_messages
from analyzer.flows.assembler import Watch
from analyzer.flows.conn_state import conn_states
from analyzer.flows.evidence import Evidence, gaps
from analyzer.flows.history import histories
from analyzer.flows.marked import MarkedFrame, MarkedFrames
from analyzer.flows.merging.match_records import merge
from analyzer.flows.merging.translated import TwoSides
from analyzer.flows.packed import PackedLines
from analyzer.flows.read import read_captures
from analyzer.flows.table import FlowTable
from tests import capfile as cap
from tests.cases.hosts import M1, M2, Q1, ROUTER, SERVER
from tests.packets import SECOND, Packet, Wire, shifted

WATCH = Watch(frozenset({67, 68, 69, 4011}), payloads=10)


def read(folder: Path, **places: list[Packet]) -> Evidence:
    """The evidence of captures of these names."""
    for name, packets in places.items():
        Wire(packets=packets).save(folder / f"{name}.pcap")
    return read_captures([str(folder / f"{name}.pcap") for name in places], watch=WATCH)


def both_parts(wire: Wire) -> tuple[list[Packet], list[Packet]]:
    """The packets from the server, and the packets to it."""
    sent = [packet for packet in wire.packets if packet.source == SERVER.mac]
    return sent, [packet for packet in wire.packets if packet.source != SERVER.mac]


@pytest.mark.parametrize("seconds", [0, 1, 10])
def test_clocks_that_differ_double_no_message(tmp_path: Path, seconds: int) -> None:
    wire = Wire()
    wire.boot(M1, SERVER)
    wire.wait(20)
    wire.ping(SERVER, M2)
    evidence = read(tmp_path, one=wire.packets, two=list(shifted(wire.packets, seconds * SECOND)))
    single = read_captures([str(tmp_path / "one.pcap")], watch=WATCH)
    assert {capture.vantage for capture in evidence.captures} == {1, 2}
    assert [mark.data for mark in evidence.table.marks] == [mark.data for mark in single.table.marks]
    assert len(read_messages(evidence.table)) == 6


def test_a_message_that_was_cut_gives_way_to_the_whole_one(tmp_path: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    wire.wait(9)
    wire.ping(SERVER, M2)
    wire.save(tmp_path / "a.pcap", snaplen=96)
    wire.save(tmp_path / "b.pcap")
    evidence = read_captures([str(tmp_path / "a.pcap"), str(tmp_path / "b.pcap")], watch=WATCH)
    assert [message.bootp.kind for message in read_messages(evidence.table)] == [1, 2, 3, 5]


def test_a_message_that_only_one_place_saw_is_kept(tmp_path: Path) -> None:
    wire = Wire()
    wire.lease(M1, SERVER)
    first, last = wire.packets[:3], wire.packets[1:]
    evidence = read(tmp_path, one=first, two=list(shifted(last, 1000)))
    assert [message.bootp.kind for message in read_messages(evidence.table)] == [1, 2, 3, 5]


def test_the_answer_goes_to_the_attempt_that_it_acknowledges(tmp_path: Path) -> None:
    """Two attempts on one tuple within a second: the second one was answered."""
    wire = Wire()
    wire.ping(SERVER, M1)
    wire.segment(SERVER, 50000, M1, 56010, "S", seq=1000)
    wire.wait(1)
    wire.segment(SERVER, 50000, M1, 56010, "S", seq=9000)
    wire.segment(M1, 56010, SERVER, 50000, "RA", ack=9001)
    wire.ping(SERVER, M1)
    sent, received = both_parts(wire)
    table = read(tmp_path, sent=sent, received=received).table
    assert conn_states(table)[1:3] == ["S0", "REJ"]
    assert histories(table)[1:3] == ["S", "Sr"]


def test_an_error_about_a_flow_of_another_vantage_is_in_no_flow_of_its_own(tmp_path: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, M1)
    asked = [wire.segment(SERVER, port, Q1, 56010, "S", seq=5) for port in (50001, 50002)]
    for packet in asked:
        wire.icmp_error(ROUTER, packet, 3, 13)
    wire.ping(SERVER, M1)
    sent, received = both_parts(wire)
    evidence = read(tmp_path, sent=sent, received=received)
    assert len(evidence.table) == 3
    assert cap.words(evidence) == {"in a flow": 6, "icmp error, told with the flow that it quotes": 2}
    assert evidence.table.icmp_error.code[1:3].tolist() == [13, 13]
    assert not evidence.table.marks


def test_hosts_that_ping_each_other_are_two_flows_at_every_vantage(tmp_path: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, Q1)
    wire.ping(Q1, SERVER, answered=False)
    wire.icmp_error(ROUTER, wire.ping(SERVER, Q1, answered=False), 3, 13)
    sent, received = both_parts(wire)
    evidence = read(tmp_path, sent=sent, received=received)
    assert [len(evidence.table), *evidence.table.orig.pkts.tolist()] == [2, 2, 1]
    assert evidence.table.resp.pkts.tolist() == [1, 0]
    assert evidence.table.icmp_error.count.tolist() == [1, 0]


def test_the_order_of_vantages_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire()
    wire.boot(M1, SERVER)
    wire.refused(SERVER, 50002, M1, 56010)
    wire.icmp_error(ROUTER, wire.syn(SERVER, 50003, Q1, 56010), 3, 13)
    wire.ping(SERVER, M1)
    sent, received = both_parts(wire)
    given: list[tuple[list[PackedLines], list[MarkedFrames]]] = []

    def noting(
        parts: list[PackedLines], marks: list[MarkedFrames], translated: list[list[TwoSides]]
    ) -> tuple[FlowTable, list[MarkedFrame]]:
        given.append((parts, marks))
        return merge(parts, marks, translated)

    monkeypatch.setattr("analyzer.flows.merging.join.merge", noting)
    wanted = read(tmp_path, sent=sent, received=received, other=wire.packets[:9]).table
    ((parts, marks),) = given
    assert len(parts) == 3
    for order in itertools.permutations(range(3)):
        table, _ = merge([parts[place] for place in order], [marks[place] for place in order])
        np.testing.assert_array_equal(table.records, wanted.records)
        assert table.marks == wanted.marks


DAY = 86_400
PAUSES = [
    ([0, 10, 2 * DAY, 2 * DAY + 10, 5 * DAY, 5 * DAY + 9], [(10, 2 * DAY), (2 * DAY + 10, 5 * DAY)]),
    ([0, 10, 5 * DAY, 5 * DAY + 9, 7 * DAY], [(10, 5 * DAY), (5 * DAY + 9, 7 * DAY)]),
    ([0, DAY - 1], []),
    ([0, DAY], [(0, DAY)]),
    ([5 * DAY, 0, 2 * DAY, 5 * DAY + 9], [(0, 2 * DAY), (2 * DAY, 5 * DAY + 9)]),
    ([0, 3 * DAY, 10, 5 * DAY], [(0, 10), (3 * DAY, 5 * DAY)]),
]


@pytest.mark.parametrize("container", [cap.pcap, cap.pcapng])
@pytest.mark.parametrize(("times", "expected"), PAUSES)
def test_every_pause_of_a_day_within_a_file_is_a_gap(
    tmp_path: Path, container: Callable[[list[cap.Record]], bytes], times: list[int], expected: list[tuple[int, int]]
) -> None:
    """Also where the clock was set back before them or between two of them."""
    records = [cap.datagram(cap.Ends(), b"data", cap.START + seconds * SECOND) for seconds in times]
    evidence = cap.read(tmp_path, container(records))
    assert [
        ((end - cap.START) // SECOND, (begin - cap.START) // SECOND) for end, begin in gaps(evidence, 1)
    ] == expected


def test_the_first_pauses_of_very_many_are_kept(tmp_path: Path) -> None:
    records = [cap.datagram(cap.Ends(), b"data", cap.START + day * DAY * SECOND) for day in range(MOST_JUMPS + 5)]
    assert len(gaps(cap.read(tmp_path, cap.pcap(records)), 1)) == MOST_JUMPS


def test_a_time_in_which_another_file_of_the_vantage_ran_is_no_gap(tmp_path: Path) -> None:
    evidence = cap.read(tmp_path, cap.pcap([cap.datagram(cap.Ends())]))
    (capture,) = evidence.captures
    spans = [(0, 100), (20, 30), (80, 120), (150, 160)]
    evidence.captures = [replace(capture, first=first, last=last) for first, last in spans]
    assert gaps(evidence, 1) == [(120, 150)]
