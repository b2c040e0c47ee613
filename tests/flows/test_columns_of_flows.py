"""Flow records and kept frames as columns are the same numbers and octets as lines and objects."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.columns import Integers
from analyzer.flows import marked
from analyzer.flows.kernel import record as r
from analyzer.flows.marked import MarkedFrame, frames_of, gathered, joined
from analyzer.flows.packed import BLOCK, WIDTHS, NarrowColumn, pack
from analyzer.protocols.wol import SYNC

EDGES = [
    edge + step for bits in (7, 8, 15, 16, 31, 32, 63) for edge in (-(1 << bits), 1 << bits) for step in (-1, 0, 1)
]
NUMBERS = st.sampled_from([0, -1, *(edge for edge in EDGES if -(1 << 63) <= edge < 1 << 63)])
LINES = st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=6)


@given(LINES, st.lists(st.integers(0, 5), max_size=8), st.integers(1, 6))
def test_packed_lines_are_the_lines(lines: list[list[int]], chosen: list[int], cut: int) -> None:
    plain = np.array(lines, dtype=np.int64)
    packed = pack([plain[:cut], plain[cut:]])
    numbers = np.array([number % len(plain) for number in chosen], dtype=np.int64)
    assert np.asarray(packed).tolist() == lines
    assert packed.line(len(lines) - 1) == lines[-1]
    assert np.asarray(packed.take(numbers)).tolist() == plain[numbers].tolist()
    assert packed.lines(numbers).tolist() == plain[numbers].tolist()
    for slot in range(3):
        column = packed.column(slot)
        assert column.tolist() == plain[:, slot].tolist()
        assert (column + 1 > column).tolist() == (plain[:, slot] + 1 > plain[:, slot]).tolist()
        assert column[numbers].dtype == np.int64


@given(LINES, NUMBERS, st.lists(st.integers(0, 5), min_size=1, max_size=6, unique=True))
def test_lines_that_are_changed_become_as_wide_as_they_need(
    lines: list[list[int]], value: int, chosen: list[int]
) -> None:
    plain = np.array(lines, dtype=np.int64)
    packed = pack([plain])
    numbers = np.array(sorted({number % len(plain) for number in chosen}), dtype=np.int64)

    def change(some: Integers) -> Integers:
        some[:, 1] = value
        return some

    changed = packed.with_lines(numbers, change)
    wanted = plain.copy()
    wanted[numbers, 1] = value
    assert np.asarray(changed).tolist() == wanted.tolist()
    assert np.asarray(packed).tolist() == lines, "the lines before are as they were"


def test_a_column_with_one_number_takes_no_memory() -> None:
    lines = np.zeros((3 * BLOCK + 1, 2), dtype=np.int64)
    lines[:, 0], lines[-1, 1] = 1 << 40, 200
    packed = pack([lines])
    assert [column.strides for column in packed.columns] == [(0,), (2,)]
    assert np.array_equal(np.asarray(packed), lines)


PIECES = st.sampled_from([b"", b"\xff", SYNC[:3], SYNC, SYNC + b"\2" * 9, b"\0\5", b"\0\5\0", b"data"])


@st.composite
def frames(draw: st.DrawFn) -> list[MarkedFrame]:
    found = []
    for number in range(draw(st.integers(0, 7))):
        header = bytes(draw(st.integers(0, 3)))
        data = draw(PIECES) + draw(PIECES)
        kept = draw(st.integers(0, len(header) + len(data)))
        found.append(
            MarkedFrame(
                flow=draw(st.integers(0, 3)), frame=number + 1, time=draw(st.integers(0, 2)), capture=0,
                from_orig=draw(st.booleans()), payload=len(header), length=max(len(data) - draw(st.integers(0, 2)), 0),
                octets=(header + data)[:kept], link=1, original=len(header) + len(data),
            )
        )  # fmt: skip
    return found


@given(frames(), frames(), st.data())
def test_frames_as_columns_are_the_objects(one: list[MarkedFrame], two: list[MarkedFrame], data: st.DataObject) -> None:
    known = joined([frames_of(one), frames_of(two)])
    both = [*one, *two]
    assert list(known) == both
    assert [known[place] for place in range(len(known))] == both
    for beginning in (SYNC, b"\0\5"):
        assert known.begins_with(beginning).tolist() == [mark.data.startswith(beginning) for mark in both]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marked, "SEARCHED_AT_ONCE", data.draw(st.integers(1, 40)))
        patch.setattr(marked, "FRAMES_AT_ONCE", data.draw(st.integers(1, 3)))
        assert known.containing(SYNC).tolist() == [place for place, mark in enumerate(both) if SYNC in mark.data]
        chosen = data.draw(st.lists(st.integers(0, max(len(both) - 1, 0)), max_size=4 if both else 0))
        assert list(known.select(np.array(chosen, dtype=np.int64))) == [both[place] for place in chosen]
        assert list(known.in_time()) == sorted(both, key=lambda mark: (mark.time, mark.capture, mark.frame))
    assert known.captured.tolist() == [len(mark.data) for mark in both]
    for flow in range(4):
        assert known.of_flow(flow) == [mark for mark in both if mark.flow == flow]


def test_frames_of_many_flows_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marked, "REMEMBERED", 4)
    known = frames_of(MarkedFrame(flow // 2, flow + 1, flow, 0, True, 0, 1, bytes([flow]), 1, 1) for flow in range(40))
    for _ in range(2):
        for flow in range(20):
            assert [mark.octets for mark in known.of_flow(flow)] == [bytes([2 * flow]), bytes([2 * flow + 1])]


class Unvisited(dict[int, list[MarkedFrame]]):
    """What must not be gone through for each flow that is asked for: a scan has hundreds of thousands."""

    def values(self) -> Any:
        raise AssertionError("the frames of all flows are visited for one flow")

    __iter__ = items = keys = values


def test_a_flow_is_kept_without_a_look_at_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marked, "REMEMBERED", 5)
    one = MarkedFrame(0, 1, 0, 0, True, 0, 1, b"", 1, 1)
    asked = marked.AskedFor(Unvisited())
    counts = []
    for flow, frames in enumerate([2, 3, 1, 0, 4, 9, 1]):
        asked.keep(flow, [one] * frames)
        assert asked.by_flow[flow] == [one] * frames
        counts.append((len(asked.by_flow), asked.count))
    assert counts == [(1, 2), (2, 5), (1, 1), (2, 1), (3, 5), (1, 9), (1, 1)]


def test_flows_without_frames_are_forgotten_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marked, "REMEMBERED", 5)
    known = frames_of([])
    asked = marked.AskedFor()
    for flow in range(50):
        asked.keep(flow, known.of_flow(flow))
        assert len(asked.by_flow) <= 6


@pytest.mark.parametrize("width", WIDTHS)
def test_a_number_of_a_column_is_as_wide_as_the_column(width: type[np.signedinteger[Any]]) -> None:
    column = NarrowColumn(np.array([-1, 100], dtype=width))
    assert [type(one) for one in (column[0], column[-1], *column, *column[:1])] == [np.int64] * 5
    assert (column[1] << 40, column[0]) == (100 << 40, -1)


def test_octets_that_no_frame_needs_are_given_back() -> None:
    known = frames_of(MarkedFrame(0, number + 1, number, 0, True, 0, 9, b"%09d" % number, 1, 9) for number in range(50))
    few = known.select(np.array([40, 3]))
    assert (bytes(few.octets), len(few.lines)) == (b"000000040000000003", 2)
    assert few.lines.column(r.M_OFFSET).tolist() == [0, 9]


@given(st.binary(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6))
def test_ranges_are_gathered(octets: bytes, ranges: list[tuple[int, int]]) -> None:
    starts = np.array([min(start, len(octets)) for start, _ in ranges], dtype=np.int64)
    sizes = np.array(
        [min(size, len(octets) - start) for start, (_, size) in zip(starts, ranges, strict=True)], dtype=np.int64
    )
    wanted = b"".join(octets[start : start + size] for start, size in zip(starts, sizes, strict=True))
    assert bytes(gathered(octets, starts, sizes)) == wanted
