"""Two cores find what one finds, and compiled kernels what interpreted ones find."""

import gzip
import hashlib
from functools import partial
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer import kernel
from analyzer.capture import scan
from analyzer.capture.source import Source, open_source
from analyzer.capture.window import Chunk, Window
from analyzer.errors import CaptureError
from analyzer.flows import reading
from analyzer.flows import record as r
from analyzer.flows.assembler import Assembler, Watch
from analyzer.flows.build import read_captures
from analyzer.flows.evidence import Evidence
from analyzer.flows.fuse import fuse_many, fuse_one
from tests import capfile as cap
from tests.capfile import Ends, converse, datagram

COMPILED = pytest.mark.xdist_group("compiled")


@COMPILED
@settings(deadline=None)
@given(st.binary(min_size=8, max_size=64), st.data())
def test_compiled_loads_answer_as_octet_after_octet_does(content: bytes, data: st.DataObject) -> None:
    """Through the functions that are made of them: a load cannot be called by itself."""
    at = data.draw(st.integers(0, len(content) - 8))
    array = np.frombuffer(content, dtype=np.uint8).copy()
    u48 = kernel.compiled("analyzer.capture.octets").u48
    assert u48(array, at) == int.from_bytes(content[at : at + 6], "big")
    compiled = kernel.compiled("analyzer.capture.scan")
    for swapped in (0, 1):
        for name in ("word", "half"):
            assert getattr(compiled, name)(array, at, swapped) == getattr(scan, name)(content, at, swapped)


def traffic() -> list[cap.Record]:
    """Conversations and datagrams, each with a pause long enough to lie in several chunks, and one frame that is larger
    than a chunk's room."""
    records = []
    for number in range(1500):
        ends = Ends(orig_p=10_000 + number % 700, resp_p=80 + number % 3)
        records += converse("ShADadFfa", ends, isn=(number, 7 * number), at=cap.START + number * 10**7, step=10**8)
        records.append(
            datagram(Ends(orig_p=5000 + number % 50, resp_p=69), bytes(number % 1200), at=cap.START + number)
        )
    records.append(datagram(Ends(orig_p=9, resp_p=9), bytes(60_000), at=cap.START))
    return sorted(records, key=lambda record: record.ts)


def evidence(
    path: Path, monkeypatch: pytest.MonkeyPatch, *, cores: int, size: int, interpreted: bool | None
) -> Evidence:
    with monkeypatch.context() as patched:
        patched.setattr(kernel, "cores", lambda: cores)
        patched.setattr(reading, "Window", partial(Window, size=size))
        patched.setattr(reading, "INTERPRETED_UP_TO", 1 << 16)
        return read_captures([str(path)], watch=Watch(frozenset({69}), 100), interpreted=interpreted, hashed=True)


def assert_same(other: Evidence, one: Evidence) -> None:
    assert other.captures == one.captures
    assert np.array_equal(other.table.raw, one.table.raw)
    assert other.table.marks == one.table.marks
    assert [vars(around) for around in other.surroundings] == [vars(around) for around in one.surroundings]


@COMPILED
@pytest.mark.parametrize("form", ["pcap", "pcapng", "gzip", "cut", "damaged"])
@pytest.mark.parametrize("size", [1 << 12, 1 << 19, 1 << 22])
def test_two_cores_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, size: int) -> None:
    content = cap.pcapng(traffic()) if form == "pcapng" else cap.pcap(traffic())
    if form == "gzip":
        content = gzip.compress(content, mtime=0)
    elif form == "cut":
        content = content[:-7]
    elif form == "damaged":
        content = content[:1_500_000] + b"\xff" * 600 + content[1_500_600:]
    path = tmp_path / "a.cap"
    path.write_bytes(content)
    one = evidence(path, monkeypatch, cores=1, size=size, interpreted=False)
    assert one.captures[0].sha256 == hashlib.sha256(content).hexdigest()
    for cores, interpreted in ((2, False), (2, None), (1, None), (1, True)):
        other = evidence(path, monkeypatch, cores=cores, size=size, interpreted=interpreted)
        assert other.captures == one.captures
        assert np.array_equal(other.table.raw, one.table.raw)
        assert other.table.marks == one.table.marks
    assert len(one.table) > 500
    assert len(one.table.marks) > 500


WINDOWS = [(0, 9), (1, 8), (9, 12), (12, 15), (3, 14), (15, 15), (20, 20)]
"""Seconds that captures begin and end at: some follow one another, some overlap, some hold next to nothing."""


@COMPILED
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(WINDOWS), st.sampled_from(["east", "west"])), min_size=2, max_size=6),
    st.integers(2, 4),
)
def test_captures_read_at_once_are_those_read_one_after_the_other(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, files: list[tuple[tuple[int, int], str]],
    cores: int,
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("captures")
    every = traffic()
    for number, ((begin, end), place) in enumerate(files):
        some = [record for record in every if begin <= (record.ts - cap.START) / 10**9 < end]
        (folder / f"{place}{number}.pcap").write_bytes(cap.pcap(some))
    one, other = (at_cores(folder, monkeypatch, count) for count in (1, cores))
    assert_same(other, one)


def at_cores(folder: Path, monkeypatch: pytest.MonkeyPatch, cores: int, most_flows: int = 10_000) -> Evidence:
    with monkeypatch.context() as patched:
        patched.setattr(kernel, "cores", lambda: cores)
        patched.setattr(reading, "Window", partial(Window, size=1 << 14))
        return read_captures(
            [str(folder)], watch=Watch(frozenset({69}), 100), interpreted=False, hashed=True, most_flows=most_flows
        )


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """A folder of captures that were taken at the same time."""
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.pcap").write_bytes(cap.pcap(traffic()))
    return tmp_path


@COMPILED
def test_captures_of_several_places_are_read_at_once(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = Barrier(3)
    real, met = Assembler.feed, set[int]()

    def feed(assembler: Assembler, chunk: Chunk) -> None:
        if assembler.last > cap.START + 10**9 and id(assembler) not in met:
            met.add(id(assembler))
            meeting.wait(timeout=60)  # where one is read after another, nobody comes
        real(assembler, chunk)

    monkeypatch.setattr(Assembler, "feed", feed)
    assert [capture.vantage for capture in at_cores(places, monkeypatch, 3).captures] == [1, 2, 3]


@COMPILED
@pytest.mark.parametrize("most", [1, 100, 800, 2 * 750, 10_000])
def test_flows_that_are_too_many_are_set_aside_in_the_same_order(
    places: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    one, other = (at_cores(places, monkeypatch, cores, most) for cores in (1, 3))
    assert any(capture.beyond for capture in one.captures) == (most < 10_000)
    assert_same(other, one)


@COMPILED
def test_an_interruption_ends_every_reading(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted, fed = Event(), list[Assembler]()
    real = Assembler.feed

    def feed(assembler: Assembler, chunk: Chunk) -> None:
        fed.append(assembler)
        interrupted.wait(60)
        real(assembler, chunk)

    def wait(*_: object) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    monkeypatch.setattr(Assembler, "feed", feed)
    monkeypatch.setattr("analyzer.flows.vantages.wait", wait)
    with pytest.raises(KeyboardInterrupt):
        at_cores(places, monkeypatch, 3)
    assert len(fed) <= 2, "the chunk that was being taken, and at most one more"


@COMPILED
def test_what_cannot_be_read_is_told_of_the_first_such_capture(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(path: str, *rest: Any, **more: Any) -> Source:
        if Path(path).name != "a.pcap":
            raise CaptureError(f"{Path(path).name}: gone")
        return open_source(path, *rest, **more)

    monkeypatch.setattr(reading, "open_source", opened)
    with pytest.raises(CaptureError, match=r"^b\.pcap: gone"):
        at_cores(places, monkeypatch, 3)


@given(st.integers(2, 3), st.data())
def test_many_flows_are_fused_as_each_one_is(vantages: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 6))
    raw = np.zeros((count * vantages, r.WIDTH), dtype=np.int64)
    small = st.integers(0, 2)
    for line in raw:
        line[r.F_SIDE :] = data.draw(st.lists(small, min_size=r.WIDTH - r.F_SIDE, max_size=r.WIDTH - r.F_SIDE))
        line[r.F_PROTO] = data.draw(st.sampled_from([6, 17]))
        for slot in (r.F_BASIS, r.F_FIRST, r.F_LAST, r.F_CAPTURE, r.F_FRAME, r.F_TUNNEL):
            line[slot] = data.draw(small)
        line[r.F_ERR_COUNT] = data.draw(st.sampled_from([0, 0, 0, 1]))
        here = data.draw(st.sampled_from([0, 1]))
        line[[r.F_PORT0, r.F_PORT1]] = (7, 9)[:: 1 - 2 * here]
    members = np.arange(len(raw)).reshape(count, vantages)
    vantage = np.tile(np.arange(vantages), count)
    fused, made_on, holds = fuse_many(raw, members)
    for number in np.flatnonzero(holds).tolist():
        record, base = fuse_one(raw, vantage, members[number].tolist())
        assert base == made_on[number]
        assert fused[number].tolist() == record.tolist()
