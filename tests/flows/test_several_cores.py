"""Two cores give the result of one, and compiled kernels the result of interpreted ones."""

import gzip
import hashlib
import io
import os
import select
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from random import Random
from threading import Barrier, Event, Thread, active_count, get_ident, main_thread
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.capture.kernel import scan
from analyzer.capture.sources.find import FoundCapture
from analyzer.capture.sources.source import CaptureSource, Hashing, open_source
from analyzer.capture.sources.window import Chunk, Window
from analyzer.errors import CaptureError
from analyzer.flows.assembler import Assembler, Prepared, Watch
from analyzer.flows.evidence import Evidence
from analyzer.flows.kernel import record as r
from analyzer.flows.merging.combine import combine_many, combine_one
from analyzer.flows.options import ReadOptions
from analyzer.flows.read import read_captures
from analyzer.flows.reading import reader as reading
from analyzer.flows.reading.capture_groups import CaptureGroup, ReadPlan, read_at_once
from analyzer.flows.reading.workers import WorkerPool
from analyzer.kernel import loading
from tests import capfile as cap
from tests.capfile import Ends, converse, datagram
from tests.program import ROOT
from tests.systems import make_fifo, signals

COMPILED = pytest.mark.xdist_group("compiled")


@COMPILED
@settings(deadline=None)
@given(st.binary(min_size=8, max_size=64), st.data())
def test_compiled_loads_answer_as_octet_after_octet_does(content: bytes, data: st.DataObject) -> None:
    """Through the functions that are made of them: a load cannot be called by itself."""
    at = data.draw(st.integers(0, len(content) - 8))
    array = np.frombuffer(content, dtype=np.uint8).copy()
    u48 = loading.compiled("analyzer.capture.kernel.octets").u48
    assert u48(array, at) == int.from_bytes(content[at : at + 6], "big")
    compiled = loading.compiled("analyzer.capture.kernel.scan")
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
        patched.setattr(loading, "cores", lambda: cores)
        patched.setattr(reading, "Window", partial(Window, size=size))
        patched.setattr(reading, "INTERPRETED_UP_TO", 1 << 16)
        return read_captures([str(path)], watch=Watch(frozenset({69}), 100), interpreted=interpreted, hashed=True)


def assert_same(other: Evidence, one: Evidence) -> None:
    assert other.captures == one.captures
    assert np.array_equal(other.table.records, one.table.records)
    assert other.table.marks == one.table.marks
    for others, ones in zip(other.senders, one.senders, strict=True):
        assert others.rows.tolist() == ones.rows.tolist()
        assert others.macs_in_all_frames == ones.macs_in_all_frames


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
    for cores, interpreted in ((2, False), (2, None), (4, False), (1, None), (1, True)):
        other = evidence(path, monkeypatch, cores=cores, size=size, interpreted=interpreted)
        assert other.captures == one.captures
        assert np.array_equal(other.table.records, one.table.records)
        assert other.table.marks == one.table.marks
    assert len(one.table) > 500
    assert len(one.table.marks) > 500


def at_cores(captures: Path, monkeypatch: pytest.MonkeyPatch, cores: int, max_flows: int = 10_000) -> Evidence:
    """Captures in chunks of a few frames, by so many threads."""
    with monkeypatch.context() as patched:
        patched.setattr(loading, "cores", lambda: cores)
        patched.setattr(reading, "Window", partial(Window, size=1 << 13))
        return read_captures(
            [str(captures)],
            watch=Watch(frozenset({69}), 100),
            options=ReadOptions(max_flows=max_flows),
            interpreted=False,
            hashed=True,
        )


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "a.pcap"
    path.write_bytes(cap.pcap(traffic()))
    return path


@COMPILED
def test_one_capture_is_decoded_by_several_threads_at_once(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = Barrier(3)
    real, met = Assembler.prepare, set[int]()

    def prepare(assembler: Assembler, chunk: Chunk, room: Any) -> Prepared:
        if assembler.flows and get_ident() not in met:
            met.add(get_ident())
            meeting.wait(timeout=60)  # if one thread reads, no other arrives
        return real(assembler, chunk, room)

    monkeypatch.setattr(Assembler, "prepare", prepare)
    assert at_cores(capture, monkeypatch, 3).captures[0].frames == len(traffic())
    assert len(met) == 3


@COMPILED
@pytest.mark.parametrize("max_flows", [100, 10_000])
def test_a_slow_reader_changes_nothing(capture: Path, monkeypatch: pytest.MonkeyPatch, max_flows: int) -> None:
    """Threads that finish in any order, each of its own pace in decoding, hashing and taking turns."""
    one = at_cores(capture, monkeypatch, 1, max_flows)
    real, slow = Assembler.prepare, Random(7)

    def prepare(assembler: Assembler, chunk: Chunk, room: Any) -> Prepared:
        time.sleep(slow.choice([0, 0, 0, 1e-4, 2e-3]))
        return real(assembler, chunk, room)

    monkeypatch.setattr(Assembler, "prepare", prepare)
    for cores in (2, 3, 5):
        other = at_cores(capture, monkeypatch, cores, max_flows)
        assert_same(other, one)
        assert other.captures[0].sha256 == hashlib.sha256(capture.read_bytes()).hexdigest()


@COMPILED
@pytest.mark.parametrize("where", ["prepare", "take"])
@pytest.mark.parametrize("thread", [0, 1])
def test_what_goes_wrong_in_one_thread_ends_the_reading(
    capture: Path, monkeypatch: pytest.MonkeyPatch, where: str, thread: int
) -> None:
    real, met = getattr(Assembler, where), list[int]()

    def fails(assembler: Assembler, *rest: Any) -> Any:
        if get_ident() not in (*met, main_thread().ident):
            met.append(get_ident())
        if len(met) > 1 and get_ident() == met[thread]:
            raise MemoryError("a thread's")
        time.sleep(1e-3)
        return real(assembler, *rest)

    monkeypatch.setattr(Assembler, where, fails)
    before = active_count()
    with pytest.raises(MemoryError, match="a thread's"):
        at_cores(capture, monkeypatch, 2)
    assert active_count() == before


@signals
@COMPILED
def test_an_interruption_ends_all_threads(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, taken = Assembler.take, list[int]()

    def take(assembler: Assembler, prepared: Prepared) -> None:
        taken.append(get_ident())
        if len(taken) == 20:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)
        real(assembler, prepared)

    monkeypatch.setattr(Assembler, "take", take)
    before = active_count()
    with pytest.raises(KeyboardInterrupt):
        at_cores(capture, monkeypatch, 3)
    assert active_count() == before
    assert len(taken) == 20


@signals
@COMPILED
def test_an_interruption_where_no_packets_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of other kinds to the end of the file: for a long time no chunk is found."""
    path = tmp_path / "a.pcapng"
    path.write_bytes(cap.pcapng(traffic()) + cap.block(0xBAD, bytes(1 << 10)) * (1 << 14))
    real, filled = Hashing._fill, list[int]()

    def fill(hashing: Hashing, view: memoryview, *, begun: bool) -> int:
        filled.append(count := real(hashing, view, begun=begun))
        if sum(filled) > len(cap.pcapng(traffic())) + (1 << 16) and get_ident() != main_thread().ident:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)
        return count

    monkeypatch.setattr(Hashing, "_fill", fill)
    with pytest.raises(KeyboardInterrupt):
        at_cores(path, monkeypatch, 2)
    assert sum(filled) < path.stat().st_size / 2


@COMPILED
def test_where_there_are_no_further_threads_one_reads(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = at_cores(capture, monkeypatch, 1)
    started = list[Thread]()
    for most in (0, 1):

        def start(thread: Thread, most: int = most, real: Any = Thread.start) -> None:
            if len(started) >= most:
                raise RuntimeError("can't start new thread")
            started.append(thread)
            real(thread)

        with monkeypatch.context() as patched:
            patched.setattr(Thread, "start", start)
            assert_same(at_cores(capture, monkeypatch, 3), one)
    assert len(started) == 1


DESCRIBING = """
import os, threading
from analyzer.capture.sources.source import Hashing
from analyzer.cli import main
from analyzer.flows.reading import reader
from analyzer.kernel import loading

def fill(self, *rest, real=Hashing._fill, **more):
    os.write(1, b"main " if threading.current_thread() is threading.main_thread() else b"another ")
    return real(self, *rest, **more)

loading.cores = lambda: 2
reader.INTERPRETED_UP_TO = 1 << 14
Hashing._fill = fill
main()
"""


def opened_by(program: subprocess.Popen[bytes], pipe: Path) -> io.FileIO:
    """The pipe, opened to write as soon as the program reads from it; an error if the program ends before."""
    while True:
        try:
            descriptor = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            assert program.poll() is None, program.communicate()[1].decode()
            time.sleep(0.01)
        else:
            os.set_blocking(descriptor, True)
            return io.FileIO(descriptor, "w")


@COMPILED
def test_an_interruption_while_another_thread_waits_for_a_pipe(tmp_path: Path) -> None:
    """The writer has stopped and does not close it."""
    pipe = tmp_path / "pipe"
    make_fifo(pipe)
    pieces = cap.pcap(traffic() * 20)
    running = subprocess.Popen(
        [sys.executable, "-c", DESCRIBING, "flows", str(pipe)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert running.stdout is not None
    try:
        with opened_by(running, pipe) as file:
            observed, start = b"", 0
            while not observed.endswith(b"another "):
                file.write(pieces[start : (start := start + (3 << 19))])
                assert start < len(pieces), "no other thread ever waits"
                while select.select([running.stdout], [], [], 1)[0]:
                    observed = os.read(running.stdout.fileno(), 1 << 16)
            running.send_signal(signal.SIGINT)
            _, stderr = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130
    assert b"interrupted" in stderr
    assert b"Traceback" not in stderr


def test_a_helper_leaves_where_another_capture_is_begun() -> None:
    pool = WorkerPool(2)
    pool.enter()
    assert pool.enter_helper()
    assert not pool.enter_helper()
    assert not pool.is_overfull
    pool.enter()
    assert pool.is_overfull
    pool.leave()
    assert not pool.is_overfull


WINDOWS = [(0, 9), (1, 8), (9, 12), (12, 15), (3, 14), (15, 15), (20, 20)]
"""Seconds that captures begin and end at: some follow one another, some overlap, some are almost empty."""


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


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """A folder of captures that were taken at the same time."""
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.pcap").write_bytes(cap.pcap(traffic()))
    return tmp_path


@COMPILED
def test_captures_of_several_places_are_read_at_once(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = Barrier(3)
    real, met = Assembler.take, set[int]()

    def take(assembler: Assembler, prepared: Prepared) -> None:
        if assembler.last > cap.START + 10**9 and id(assembler) not in met:
            met.add(id(assembler))
            meeting.wait(timeout=60)  # if one is read after another, no other thread arrives
        real(assembler, prepared)

    monkeypatch.setattr(Assembler, "take", take)
    assert [capture.vantage for capture in at_cores(places, monkeypatch, 3).captures] == [1, 2, 3]


@COMPILED
@pytest.mark.parametrize("most", [1, 100, 800, 2 * 750, 10_000])
def test_flows_that_are_too_many_are_set_aside_in_the_same_order(
    places: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    one, other = (at_cores(places, monkeypatch, cores, most) for cores in (1, 3))
    assert any(capture.beyond for capture in one.captures) == (most < 10_000)
    assert_same(other, one)


def test_each_capture_is_asked_a_few_times_whether_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not once more for each capture that follows: ten thousand would ask fifty million times."""
    asked = 0
    real = Future.done

    def done(task: "Future[int]") -> bool:
        nonlocal asked
        asked += 1
        return real(task)

    def read_capture(number: int, _item: FoundCapture, group: CaptureGroup[SimpleNamespace], _flows: int) -> int:
        group.first, group.last = number * 10**9, number * 10**9 + 1
        return number

    monkeypatch.setattr(Future, "done", done)
    found = [
        (number * 10**9, FoundCapture(f"{number}.pcap", "", given=False, size=1, once=False)) for number in range(300)
    ]
    plan = ReadPlan(found, 1, lambda: SimpleNamespace(flows=0), read_capture)
    assert read_at_once(plan, 2)[1] == list(range(300))
    assert asked <= 4 * len(found)


@COMPILED
def test_an_interruption_ends_every_reading(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted, begun = Event(), list[Assembler]()
    real = Assembler.take

    def take(assembler: Assembler, prepared: Prepared) -> None:
        begun.append(assembler)
        interrupted.wait(60)
        real(assembler, prepared)

    def wait(*_: object) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    monkeypatch.setattr(Assembler, "take", take)
    monkeypatch.setattr("analyzer.flows.reading.capture_groups.wait", wait)
    with pytest.raises(KeyboardInterrupt):
        at_cores(places, monkeypatch, 3)
    assert len(begun) <= 2, "the chunk that was being taken, and at most one more"


@COMPILED
def test_what_cannot_be_read_is_reported_of_the_first_such_capture(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(path: str, *rest: Any, **more: Any) -> CaptureSource:
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
    combined, made_from, holds = combine_many(raw, members)
    for number in np.flatnonzero(holds).tolist():
        record, base = combine_one(raw, vantage, members[number].tolist())
        assert base == made_from[number]
        assert combined[number].tolist() == record.tolist()
