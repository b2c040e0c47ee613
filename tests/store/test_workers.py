"""Workers that read several vantages: the store is the same, whatever becomes of them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from analyzer.operating_system import files
from analyzer.store import adding, folder
from analyzer.store import engine as engines
from analyzer.store.adding import Place, add
from analyzer.store.engine import LocalPool, Task
from analyzer.store.manifest import Manifest
from analyzer.store.vantage_tasks import StoppedError, VantageTask, progress_in, report_into, run
from tests.program import ROOT
from tests.program import run as run_command
from tests.stores import LAB, assert_same, evidence_at_once, evidence_of_store, manifest_at, slices
from tests.systems import memory_limits

NAMES = ("dirty_server", "dirty_segA", "dirty_segB")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
"""Ends a process at once; on Windows SIGTERM does that."""


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return in_files(tmp_path)


def in_files(folder: Path) -> list[Path]:
    """Two files of each of three vantages."""
    found = []
    for name in NAMES:
        for number, piece in enumerate(slices((LAB / f"{name}.pcap").read_bytes(), [150])):
            if len(piece) > 24:
                found.append(folder / f"{name}-{number}.pcap")
                found[-1].write_bytes(piece)
    assert len(found) > 3
    return found


class InThisProcess:
    """Runs the tasks of an engine one after the other; ``fails``: those that have no result."""

    workers, problem = 2, ""

    def __init__(self, fails: Callable[[Task], bool] = lambda _task: False) -> None:
        self.fails = fails
        self.vantages = 0

    def results(self, tasks: Sequence[Task], look: Callable[[], None]) -> list[Any]:
        self.vantages += sum(isinstance(task, VantageTask) for task in tasks)
        found = [None if self.fails(task) else run(task) for task in tasks]
        look()
        return found

    def release(self) -> None:
        pass


def increments_of(manifest: Manifest) -> set[tuple[str, tuple[str, ...], int]]:
    return {(one.key, one.captures, one.lines) for one in manifest.increments}


def test_two_workers_give_the_store_of_one(paths: list[Path], tmp_path: Path) -> None:
    one = run_command("store", "add", tmp_path / "one", *paths)
    two = run_command("store", "add", tmp_path / "two", *paths, "--workers", "2")
    assert (two.exit_code, two.stdout) == (0, one.stdout)
    first, second = manifest_at(tmp_path / "one"), manifest_at(tmp_path / "two")
    assert increments_of(first) == increments_of(second)
    assert (first.captures, first.sites) == (second.captures, second.sites)
    assert_same(evidence_of_store(tmp_path / "two"), evidence_at_once(paths))
    assert not list((tmp_path / "two").glob(".*"))


def test_workers_read_every_vantage(paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller reads nothing itself."""
    worker = InThisProcess()
    moved = list[Path]()

    def noted(source: Path, target: Path) -> None:
        moved.append(target)
        files.replace(source, target)

    monkeypatch.setattr("analyzer.store.ahead.replace", noted)
    for path in (paths[0], paths[2]):
        add(tmp_path / "store", [str(path)], Place())
    monkeypatch.setattr("analyzer.store.site_captures.ChainReader", reads_nothing)
    added = add(tmp_path / "store", list(map(str, paths)), Place(), engine=worker)
    assert (added.new, added.known, worker.vantages) == (len(paths) - 2, 2, len(NAMES))
    assert {path.parent for path in moved} == {tmp_path / "store" / "increments"}
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))


def reads_nothing(reader: Any, *given: Any) -> Any:
    from analyzer.store.chain import ChainReader  # noqa: PLC0415 - another name has its place

    def refuse(*_given: Any) -> None:
        raise AssertionError("a capture was read")

    object.__setattr__(reader, "read_capture", refuse)
    return ChainReader(reader, *given)


@pytest.mark.parametrize("what", ["times", "vantages", "one vantage", "wrong times"])
def test_what_workers_do_not_do_the_caller_does(what: str, paths: list[Path], tmp_path: Path) -> None:
    store = tmp_path / "store"
    fails: dict[str, Callable[[Task], bool]] = {
        "times": lambda task: not isinstance(task, VantageTask),
        "vantages": lambda task: isinstance(task, VantageTask),
        "one vantage": lambda task: isinstance(task, VantageTask) and "segA" in task.captures[0].path,
    }
    engine = InThisProcess(fails.get(what, lambda _task: False))
    if what == "wrong times":
        results = engine.results
        # Every capture seems to end before the next begins: one vantage for all.
        engine.results = lambda tasks, look: [  # type: ignore[method-assign]  # another worker
            (one[0], one[0]) if isinstance(one, tuple) else one for one in results(tasks, look)
        ]
    for part in (paths[::2], paths[1::2]):
        add(store, list(map(str, part)), Place(), engine=engine)
    assert_same(evidence_of_store(store), evidence_at_once(paths))
    named = {increment.key for increment in manifest_at(store).increments}
    assert {path.name for path in (store / "increments").iterdir()} == named


def test_a_capture_that_cannot_be_read(paths: list[Path], tmp_path: Path) -> None:
    """The error is that of the caller, and the store is as it was."""
    add(tmp_path / "store", [str(paths[0])], Place())
    before = (tmp_path / "store" / "manifest.json").read_bytes()
    more = tmp_path / "store-limit"
    result = run_command("store", "add", more, *paths, "--workers", "2", "--max-flows", "3")
    assert (result.exit_code, "more than 3 flows" in result.stderr) == (2, True)
    assert not (more / "manifest.json").exists()
    assert (tmp_path / "store" / "manifest.json").read_bytes() == before


def ends_once(task: Task) -> Any:
    """A worker that is killed in the middle of the first vantage that is read."""
    if isinstance(task, VantageTask):
        mark = Path(task.root).parent / "killed"
        with contextlib.suppress(FileExistsError):
            mark.touch(exist_ok=False)
            os.kill(os.getpid(), KILL)
    return run(task)


def test_a_worker_that_is_killed(paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "run", ends_once)
    add(tmp_path / "store", list(map(str, paths)), Place(), engine=LocalPool(2))
    assert (tmp_path / "killed").exists()
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))


class EndsWhileItWrites:
    """A call that ends the process, if it writes for the first of several attempts."""

    def __init__(self, write: Callable[..., Any], mark: Path) -> None:
        self.write, self.mark = write, mark

    def __call__(self, path: Path, content: bytes) -> None:
        self.write(path, content)
        with contextlib.suppress(FileExistsError):
            self.mark.touch(exist_ok=False)
            os.kill(os.getpid(), KILL)


def ends_while_it_writes(task: Task) -> Any:
    """A worker that is killed when it has written a part of an increment."""
    if isinstance(task, VantageTask):
        folder.write_durably = EndsWhileItWrites(folder.write_durably, Path(task.root).parent / "killed")
    return run(task)


def test_a_worker_that_is_killed_while_it_writes(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker does its part, whatever the first one left: the caller reads nothing."""
    monkeypatch.setattr(engines, "run", ends_while_it_writes)
    added = add(tmp_path / "store", list(map(str, paths)), Place(), engine=LocalPool(2))
    assert (tmp_path / "killed").exists()
    assert (added.new, added.without_workers) == (len(paths), 0)
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))


def test_a_program_without_a_guard_for_its_main_part(paths: list[Path], tmp_path: Path) -> None:
    """Its workers do not run it again: they would wait for the store that it has locked."""
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, analyzer\n"
        "print('begun', flush=True)\n"
        "print(analyzer.Store(sys.argv[1]).add(sys.argv[2:], workers=2).without_workers)\n"
    )
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path / "store"), *map(str, paths)],
        capture_output=True, text=True, timeout=120, cwd=tmp_path, env=ENVIRONMENT, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("begun\n0\n", "")
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))


def ends_always(_task: Task) -> Any:
    os.kill(os.getpid(), KILL)


def test_workers_that_are_always_killed(paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "run", ends_always)
    monkeypatch.setattr(engines, "ATTEMPTS", 1)
    add(tmp_path / "store", list(map(str, paths)), Place(), engine=LocalPool(2))
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))


def test_a_task_ends_when_its_folder_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "task"
    folder.mkdir()
    times = iter(range(1, 100))
    report = report_into(folder, lambda: next(times))
    assert progress_in(folder) is None
    report("a b\udc80.pcap", 7)
    assert progress_in(folder) == ("a b\udc80.pcap", 7)
    (folder / "progress").unlink()
    folder.rmdir()
    with pytest.raises(StoppedError):
        report("a", 8)


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to one process")
def test_an_interruption_leaves_a_valid_store(paths: list[Path], tmp_path: Path) -> None:
    store = tmp_path / "store"
    add(store, [str(paths[0])], Place())
    before = (store / "manifest.json").read_bytes()
    command = [sys.executable, "-m", "analyzer", "store", "add", str(store), *map(str, paths), "--workers", "2"]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stderr=subprocess.PIPE) as process:
        end = time.monotonic() + 120
        while not list(store.glob(".partial-*")) and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode != 0
    assert (store / "manifest.json").read_bytes() == before
    add(store, list(map(str, paths)), Place())
    assert not list(store.glob(".*"))
    assert_same(evidence_of_store(store), evidence_at_once(paths))


def test_options_that_exclude_each_other(tmp_path: Path) -> None:
    result = run_command("store", "add", tmp_path / "s", LAB, "--workers", "2", "--cluster", "tcp://127.0.0.1:1")
    assert (result.exit_code, "--cluster excludes --workers" in result.stderr) == (2, True)


def test_the_processes_are_kept_until_all_captures_are_added(
    tmp_path: Path, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pools: list[Any] = []
    real = ProcessPoolExecutor

    def pool(*arguments: Any) -> Any:
        pools.append(real(*arguments))
        return pools[-1]

    monkeypatch.setattr(engines, "ProcessPoolExecutor", pool)
    monkeypatch.setattr(adding, "OCTETS_OF_A_STEP", 1)
    engine = LocalPool(2)
    assert add(tmp_path / "store", list(map(str, paths)), Place(), engine=engine).new == len(paths)
    assert len(pools) == 1
    assert engine.pool is None


@memory_limits
def test_a_worker_without_enough_memory_costs_time_only(tmp_path: Path, paths: list[Path]) -> None:
    added = add(tmp_path / "store", list(map(str, paths)), Place(), engine=LocalPool(2, 64 << 20))
    assert added.new == len(paths)
    assert added.without_workers == len(NAMES)
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))


def test_memory_of_workers_needs_workers(tmp_path: Path, paths: list[Path]) -> None:
    ended = run_command("store", "add", tmp_path / "store", *paths, "--worker-memory", "600")
    assert ended.exit_code == 2
    assert "--worker-memory needs --workers." in ended.stderr
    ended = run_command("store", "add", tmp_path / "store", *paths, "--workers", "2", "--worker-memory", "4000")
    assert ended.exit_code == 0
    assert "read by this process" not in ended.stderr
