"""What holds for any octets, read as a capture and as a single frame: a consistent result, or a sentence.

The kernels run interpreted, so that a coverage tool counts their lines.
"""

import tempfile
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np

from analyzer.capture.frame import READ_LINKS, Aside
from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.decode import decode
from analyzer.capture.recognition import PCAPNG_MAGIC, PCAPS
from analyzer.capture.sources.compressed import kind_of
from analyzer.capture.sources.window import Window
from analyzer.errors import CaptureError
from analyzer.flows import read as build
from analyzer.flows.assembler import Watch
from analyzer.flows.evidence import Evidence
from analyzer.flows.options import ReadOptions
from analyzer.flows.table import FlowTable
from analyzer.report.flows import plain_columns
from tests.guarded import Guarded

LINKS = sorted({*READ_LINKS, 147, 249})
"""Every link type that is read, one that is not known and one that is known and not read."""
SMALL = 64
"""Octets of a window that every capture outgrows."""
WATCH = Watch(frozenset({67, 68, 69, 4011, 547}), 100)
Answer = Evidence | str


def check(octets: bytes, folder: Path | None = None) -> None:
    """Everything that holds of these octets: of a capture where they begin as one, else of a frame.

    ``folder``: where the capture is written for reading, a temporary one where none is given.
    """
    if octets[:4] in PCAPS or octets[:4] == PCAPNG_MAGIC or kind_of(octets[:4]):
        check_capture(octets, folder)
    else:
        check_frame(octets)


def check_frame(octets: bytes) -> None:
    """Decoded as a frame of each link type, whole and snapped, tunnels opened and closed."""
    for link in LINKS:
        for missing, tunnels in ((0, 1), (0, 0), (1000, 1)):
            row = [0] * f.ROW_WIDTH
            guarded = Guarded(octets)
            status = decode(guarded, 0, len(octets), len(octets) + missing, link, tunnels, row)
            assert status in list(Aside), (link, status)
            if status in (f.IN_FLOW, f.FRAGMENT):
                check_row(row, tunnels)


def check_row(row: list[int], tunnels: int) -> None:
    assert row[f.VERSION] in {4, 6}
    assert 0 <= row[f.PROTO] <= 255
    assert 0 <= row[f.PAYLEN] <= row[f.IPLEN]
    assert row[f.PAYOFF] >= 0  # beyond the frame where it keeps too little of the headers
    assert all(0 <= word <= 0xFFFFFFFF for word in row[f.SRC : f.DST3 + 1])
    assert -1 <= row[f.SPORT] <= 0xFFFF
    assert -1 <= row[f.DPORT] <= 0xFFFF
    assert tunnels or not row[f.TUNNEL]


def check_capture(octets: bytes, folder: Path | None = None) -> None:
    """Read plainly and behind damage, at once and in small pieces, with room for all flows and for two."""
    if folder is None:
        with tempfile.TemporaryDirectory() as made:
            check_capture(octets, Path(made))
        return
    path = folder / "x.cap"
    path.write_bytes(octets)
    answers = []
    for resync in (False, True):
        whole, pieces = read(path, resync=resync), in_pieces(path, resync=resync)
        assert_same(whole, pieces)
        if not isinstance(whole, str):
            check_evidence(whole)
        answers.append(whole)
    few = read(path, resync=True, max_flows=2)
    if not isinstance(few, str):
        check_evidence(few)
        assert len(few.table) <= 2
    plain, behind = answers
    assert isinstance(plain, str) == isinstance(behind, str)
    if not isinstance(plain, str) and not isinstance(behind, str) and not plain.captures[0].undated:
        assert plain.captures[0].frames <= behind.captures[0].frames
        assert plain.captures[0].damage or not behind.captures[0].damage


def read(path: Path, *, resync: bool, max_flows: int = ReadOptions.max_flows) -> Answer:
    """The evidence, or the sentence of a refusal."""
    try:
        options = ReadOptions(resync=resync, max_flows=max_flows)
        return build.read_captures([str(path)], watch=WATCH, interpreted=True, options=options)
    except CaptureError as error:
        return str(error)


def in_pieces(path: Path, *, resync: bool) -> Answer:
    """The same, through a window that is always too small."""
    with (
        patch("analyzer.capture.sources.window.CHUNK", 7),
        patch("analyzer.capture.sources.window.RECORDS", 3),
        patch("analyzer.flows.reading.reader.Window", partial(Window, size=SMALL)),
    ):
        return read(path, resync=resync)


def assert_same(one: Answer, other: Answer) -> None:
    if isinstance(one, str) or isinstance(other, str):
        assert one == other
        return
    assert one.captures == other.captures
    assert np.array_equal(one.table.records, other.table.records)
    assert one.table.marks == other.table.marks


def check_evidence(evidence: Evidence) -> None:
    """Every frame is counted, nothing is negative, and every column can be made."""
    (facts,) = evidence.captures
    assert facts.frames == sum(facts.asides.values())
    assert all(count >= 0 for count in facts.asides.values())
    assert min(facts.snapped, facts.backwards, facts.duplicates, facts.undated, facts.overlong, facts.dropped) >= 0
    table = evidence.table
    assert int(table.orig.pkts.sum() + table.resp.pkts.sum()) == facts.asides[Aside.NONE]
    check_sides(table)
    assert (table.first_ns <= table.last_ns).all()
    assert (table.first_ns >= facts.first).all()
    assert (table.last_ns <= facts.last).all()
    for mark in table.marks:
        assert 0 <= mark.flow < len(table)
        assert mark.payload >= 0
        assert len(mark.data) <= len(mark.octets) <= mark.original
    columns = plain_columns(evidence)
    assert {len(column) for column in columns.values()} == {len(table)}


def check_sides(table: FlowTable) -> None:
    for side in (table.orig, table.resp):
        counts = (
            *(side.pkts, side.payload_bytes, side.ip_bytes, side.copies, side.syns, side.longest),
            *(side.retransmitted, side.zero_windows, side.gaps),
        )
        for number, count in enumerate(counts):
            assert (count >= 0).all(), number
        assert (side.payload_bytes <= side.ip_bytes).all()
        assert ((side.pkts > 0) | (side.ip_bytes == 0)).all()
