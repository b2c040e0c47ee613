"""Vantages that are read on a cluster of Dask."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.errors import StoreError
from analyzer.store import engine as engines
from analyzer.store.adding import Place, add
from analyzer.store.engine import connected
from tests.program import ROOT
from tests.program import run as run_command
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
    monkeypatch.setattr(engines, "CONNECT_WITHIN", 1)
    for one in (address, f"tcp://127.0.0.1:{free_port()}"):
        result = run_command("store", "add", tmp_path / "store", LAB, "--cluster", one)
        assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
        assert "no scheduler of Dask answers there" in result.stderr
    assert not (tmp_path / "store").exists()


@contextlib.contextmanager
def scheduler_with(workers: int) -> Iterator[str]:
    """The address of a scheduler with so many workers, each a program of its own."""
    address = f"tcp://127.0.0.1:{free_port()}"
    options = ["--no-dashboard", "--host", "127.0.0.1"]
    begin = ["dask_scheduler", "--port", address.rpartition(":")[2], *options]
    worker = ["dask_worker", address, "--nthreads", "1", "--no-nanny", *options]
    with contextlib.ExitStack() as stack:
        for name, *words in (begin, *[worker] * workers):
            command = [sys.executable, "-m", f"distributed.cli.{name}", *words]
            program = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
            stack.callback(program.wait)
            stack.callback(program.kill)
        with distributed.Client(address, timeout=120, set_as_default=False) as client:
            if workers:
                client.wait_for_workers(workers, timeout=120)
        yield address


def test_a_cluster_gives_the_store_of_one_worker(tmp_path: Path) -> None:
    paths = in_files(tmp_path)
    with scheduler_with(2) as scheduler, connected(scheduler) as cluster:
        assert cluster.workers == 2
        for part in (paths[::2], paths[1::2]):
            add(tmp_path / "store", list(map(str, part)), Place(), engine=cluster)
    assert_same(evidence_of_store(tmp_path / "store"), evidence_at_once(paths))


def test_a_scheduler_without_workers() -> None:
    with (
        scheduler_with(0) as scheduler,
        pytest.raises(StoreError, match="this scheduler has no workers"),
        connected(scheduler),
    ):
        pass
