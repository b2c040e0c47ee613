"""``store watch``: a ring buffer that runs, what is in the store, and what is named."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analyzer.store.adding import Place
from analyzer.store.taking import Watcher
from analyzer.store.watching import EventKind, FolderWatch
from tests.command.test_command import files
from tests.program import ROOT, run
from tests.stores import LAB, manifest_at, slices

CAPTURE = LAB / "dirty_server.pcap"
PARTS = slices(CAPTURE.read_bytes(), [150, 300])
CHECKED = ("--no-dissect", "--fail-on", "none", "-q")


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    (tmp_path / "ring").mkdir()
    return tmp_path / "ring"


def name(number: int) -> str:
    return f"eth0_{number:05}_2026112210{number:02}00.pcap"


def write(ring: Path, number: int, content: bytes) -> Path:
    path = ring / name(number)
    path.write_bytes(content)
    os.utime(path, (number, number))
    return path


def watcher(tmp_path: Path, ring: Path) -> Watcher:
    return Watcher(tmp_path / "store", FolderWatch(ring, 600, lambda: 0.0), Place())


def test_a_ring_buffer_that_runs_gives_the_report_of_all_files(ring: Path, tmp_path: Path) -> None:
    running = watcher(tmp_path, ring)
    for number, part in enumerate(PARTS, 1):
        write(ring, number, part[: len(part) // 2 + 3])
        running.take()
        write(ring, number, part)
        running.take()
    write(ring, 4, b"")
    running.take()
    running.take()
    assert len(manifest_at(tmp_path / "store").captures) == 3
    assert sorted(path.name for path in running.watch.done) == [name(number) for number in (1, 2, 3)]
    # After a new start nothing is read again.
    again = watcher(tmp_path, ring)
    again.take()
    taken = again.take()
    assert (taken.added.new, taken.added.known, len(taken.files)) == (0, 3, 3)
    run("store", "report", tmp_path / "store", *CHECKED, "--out", tmp_path / "one")
    run("analyze", *(ring / name(number) for number in (1, 2, 3)), *CHECKED, "--out", tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_a_file_that_grew_after_it_was_taken_is_named_and_not_doubled(ring: Path, tmp_path: Path) -> None:
    first = watcher(tmp_path, ring)
    path = write(ring, 1, PARTS[0])
    write(ring, 2, b"")
    first.take()
    assert first.take().added.new == 1
    write(ring, 1, PARTS[0] + PARTS[1][24:])
    for one in (first, watcher(tmp_path, ring)):
        events = [*one.take().events, *one.take().events]
        assert (EventKind.GROWN, path) in [(event.kind, event.path) for event in events]
        assert one.take().events == []
    assert len(manifest_at(tmp_path / "store").captures) == 1


def test_a_file_that_cannot_be_added_keeps_no_other_one_back(ring: Path, tmp_path: Path) -> None:
    (ring / "other.pcap").write_bytes(b"no capture at all, whatever its name says")
    os.utime(ring / "other.pcap", (1, 1))
    (ring / "other.pcap1").write_bytes(b"")
    write(ring, 1, PARTS[0])
    write(ring, 2, b"")
    one = watcher(tmp_path, ring)
    one.take()
    taken = one.take()
    assert [path.name for path in taken.files] == [name(1)]
    refused = [event for event in taken.events if event.kind is EventKind.REFUSED]
    assert [event.path.name for event in refused] == ["other.pcap"]
    assert "other.pcap" in refused[0].problem
    assert one.take().events == []


def test_once_and_a_report(ring: Path, tmp_path: Path) -> None:
    write(ring, 1, PARTS[0])
    write(ring, 2, PARTS[1][:-7])
    write(ring, 3, b"")
    words = ("--once", "--interval", "0s", "--report-every", "1h", "--no-dissect", "--out", tmp_path / "one")
    result = run("store", "watch", tmp_path / "store", ring, *words, "--site", LAB / "site.yaml")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{name(1)}: in the store",
        f"report: {tmp_path / 'one' / 'report.html'}",
        "ended; 1 capture added",
    ]
    assert result.stderr.splitlines() == [f"{name(2)}: ends within a frame; waiting"]
    run("analyze", ring / name(1), *CHECKED, "--site", LAB / "site.yaml", "--out", tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_wrong_words(ring: Path, tmp_path: Path) -> None:
    for words, sentence in (
        ((ring / "no",), "there is no such folder"),
        ((ring, "--interval", "soon"), "write it as 90s, 10m, 1h or 1d"),
        ((ring, "--site-name", "../x"), "cannot be a name"),
        ((ring, "--site", tmp_path / "no.yaml"), "no.yaml"),
    ):
        result = run("store", "watch", tmp_path / "store", *words, "--once")
        assert (result.exit_code, sentence in result.stderr) == (2, True), result.stderr
    assert not (tmp_path / "store").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_leaves_a_valid_store(ring: Path, tmp_path: Path, number: int) -> None:
    write(ring, 1, PARTS[0])
    write(ring, 2, b"")
    words = [sys.executable, "-m", "analyzer", "store", "watch", tmp_path / "store", ring, "--interval", "0.1s"]
    watching = subprocess.Popen(
        [*map(str, words)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert watching.stdout is not None
    assert watching.stdout.readline() == f"{name(1)}: in the store\n"
    time.sleep(0.3)
    watching.send_signal(number)
    out, problems = watching.communicate(timeout=60)
    assert (watching.returncode, out) == (0, "ended; 1 capture added\n"), problems
    assert len(manifest_at(tmp_path / "store").captures) == 1
    assert run("store", "report", tmp_path / "store", *CHECKED, "--out", tmp_path / "out").exit_code == 0
