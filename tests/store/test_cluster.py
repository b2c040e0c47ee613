"""Vantages that are read on a cluster of Dask."""

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import StoreError
from analyzer.store import cluster as clusters
from analyzer.store.adding import Place, add
from analyzer.store.cluster import NO_ANSWER, NO_WORKERS, Cluster, connected
from tests.program import ROOT
from tests.program import run as run_command
from tests.store import cluster_faults
from tests.store.test_workers import in_files
from tests.stores import LAB, assert_same, evidence_at_once, evidence_of_store

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
distributed = pytest.importorskip("distributed", reason="needs the package distributed (extra fleet)")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize("address", ["nonsense://x", "no address"])
def test_a_scheduler_that_is_not_there(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "CONNECT_WITHIN", 1)
    for one in (address, f"tcp://127.0.0.1:{free_port()}"):
        result = run_command("store", "add", tmp_path / "store", LAB, "--cluster", one)
        assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
        assert "no scheduler of Dask answers there" in result.stderr
    assert not (tmp_path / "store").exists()


class Programs:
    """The programs of a cluster; each is a process of its own. ``scheduler``: the last scheduler that was started."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self.stack, self.port = stack, free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler = self.start("dask_scheduler", "--port", str(self.port))

    def start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        options = ["--no-dashboard", "--host", "127.0.0.1"]
        command = [sys.executable, "-m", f"distributed.cli.{name}", *words, *options]
        program = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
        self.stack.callback(program.wait)
        self.stack.callback(program.kill)
        return program

    def start_worker(self) -> None:
        self.start("dask_worker", self.address, "--nthreads", "1", "--no-nanny")

    def start_again(self) -> None:
        """Start a scheduler and a worker as soon as the scheduler has ended."""
        self.scheduler.wait()
        self.scheduler = self.start("dask_scheduler", "--port", str(self.port))
        self.start_worker()


@contextlib.contextmanager
def cluster_with(workers: int) -> Iterator[Programs]:
    """A scheduler with so many workers."""
    with contextlib.ExitStack() as stack:
        programs = Programs(stack)
        for _ in range(workers):
            programs.start_worker()
        with distributed.Client(programs.address, timeout=120, set_as_default=False) as client:
            if workers:
                client.wait_for_workers(workers, timeout=120)
        yield programs


def test_a_cluster_gives_the_store_of_one_worker(tmp_path: Path) -> None:
    paths = in_files(tmp_path)
    with cluster_with(2) as programs, connected(programs.address) as cluster:
        assert cluster.workers == 2
        for part in (paths[::2], paths[1::2]):
            add(tmp_path / "store", list(map(str, part)), Place(), engine=cluster)
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))


def test_a_scheduler_without_workers() -> None:
    with (
        cluster_with(0) as programs,
        pytest.raises(StoreError, match="this scheduler has no workers"),
        connected(programs.address),
    ):
        pass


@pytest.fixture
def ends_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "run", cluster_faults.ends_once)


@pytest.mark.usefixtures("ends_once")
def test_a_worker_that_is_killed(tmp_path: Path) -> None:
    """The other worker does its part: the caller reads nothing."""
    paths = in_files(tmp_path)
    (tmp_path / cluster_faults.WHAT).write_text("0")
    with cluster_with(2) as programs, connected(programs.address) as cluster:
        added = add(tmp_path / "store", list(map(str, paths)), Place(), engine=cluster)
        assert (added.new, added.without_workers, cluster.problem) == (len(paths), 0, "")
        assert len(cluster.client.scheduler_info(n_workers=-1)["workers"]) == 1
    assert (tmp_path / cluster_faults.DONE).exists()
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))


@pytest.mark.usefixtures("ends_once")
def test_a_scheduler_that_stays_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """One sentence says so, and nothing else does; the command reads the captures itself."""
    monkeypatch.setattr(clusters, "LOST_AFTER", 1)
    paths = in_files(tmp_path)
    with cluster_with(1) as programs:
        (tmp_path / cluster_faults.WHAT).write_text(str(programs.scheduler.pid))
        result = run_command("store", "add", tmp_path / "store", *paths, "--cluster", programs.address)
    assert (tmp_path / cluster_faults.DONE).exists()
    assert (result.exit_code, result.stdout) == (0, f"{len(paths)} captures added\n")
    [line] = result.stderr.splitlines()
    assert line == (
        f"3 vantages read by this process alone: the cluster {programs.address} could not be used to the end: "
        "its scheduler does not answer any more; nothing is missing"
    )
    assert capfd.readouterr().err == ""
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))


@pytest.mark.usefixtures("ends_once")
def test_a_scheduler_that_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its workers do the rest: the caller reads nothing."""
    monkeypatch.setattr(clusters, "LOST_AFTER", 120)
    paths = in_files(tmp_path)
    with cluster_with(1) as programs:
        (tmp_path / cluster_faults.WHAT).write_text(str(programs.scheduler.pid))
        starter = threading.Thread(target=programs.start_again)
        starter.start()
        with connected(programs.address) as cluster:
            added = add(tmp_path / "store", list(map(str, paths)), Place(), engine=cluster)
        starter.join()
    assert (tmp_path / cluster_faults.DONE).exists()
    assert (added.new, added.without_workers, cluster.problem) == (len(paths), 0, "")
    assert capfd.readouterr().err == ""
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))


class SilentClient:
    """A client of a scheduler that takes tasks, and then has no answer, or no workers."""

    def __init__(self, answers: bool) -> None:
        self.answers, self.scheduler = answers, argparse.Namespace(identity="identity")
        self.tasks = 0

    def map(self, _run: Any, tasks: Sequence[Any], **_how: Any) -> list[Any]:
        self.tasks += len(tasks)
        return [argparse.Namespace(done=lambda: False) for _ in tasks]

    def sync(self, what: Any, **_how: Any) -> Any:
        if what == "identity":
            if not self.answers:
                raise TimeoutError
            return {"workers": {}}
        return time.sleep(0.01)

    def close(self, **_how: Any) -> None:
        pass


@pytest.mark.parametrize(("answers", "problem"), [(False, NO_ANSWER), (True, NO_WORKERS)])
def test_a_cluster_that_does_nothing_is_given_up(
    answers: bool, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduler that stands still, or all of whose workers have gone; and none is asked again after that."""
    for name, value in (("LOST_AFTER", 0.1), ("ASK_EVERY", 0.02)):
        monkeypatch.setattr(clusters, name, value)
    client = SilentClient(answers)
    cluster = Cluster(f"tcp://127.0.0.1:{free_port()}", client, 2)
    paths = in_files(tmp_path)
    for part in (paths[::2], paths[1::2]):
        added = add(tmp_path / "store", list(map(str, part)), Place(), engine=cluster)
        assert added.without_workers > 0
    assert cluster.problem == problem
    assert client.tasks == len(paths[::2])
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))
