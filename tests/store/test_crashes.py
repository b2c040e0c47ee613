"""A writer that is ended at any moment, a full disk and two writers lose nothing and damage nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from analyzer.errors import CaptureError, StoreError
from analyzer.operating_system import files
from analyzer.store import adding
from analyzer.store import folder as store_folder
from analyzer.store.adding import Place, add
from tests.program import ROOT
from tests.store.kill_writers import COMPLETE, REFUSED, UNINTERRUPTED, fingerprint
from tests.stores import LAB, assert_same, evidence_at_once, evidence_of_store, manifest_at, slices
from tests.systems import posix

ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


def ring(folder: Path, pieces: int = 3) -> list[Path]:
    """The files of a ring buffer."""
    paths = []
    for number, piece in enumerate(slices((LAB / "dirty_server.pcap").read_bytes(), range(60, 60 * pieces, 60))):
        paths.append(folder / f"ring-{number}.pcap")
        paths[-1].write_bytes(piece)
    return paths


@posix("Windows has no fork")
@pytest.mark.parametrize("known", [0, 2])
def test_ended_at_each_moment(known: int, tmp_path: Path) -> None:
    paths = [str(path) for path in ring(tmp_path)]
    before = ""
    if known:
        add(tmp_path / "before", paths[:known], Place())
        before = fingerprint(tmp_path / "before")
    add(tmp_path / "whole", paths, Place())
    whole = fingerprint(tmp_path / "whole")
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.kill_writers", str(tmp_path), *paths],
        capture_output=True, text=True, timeout=600, check=True, cwd=ROOT, env=ENVIRONMENT,
    )  # fmt: skip
    moments = [line.split() for line in done.stdout.splitlines()]
    statuses: dict[str, set[int]] = {"kill": set(), "fill": set()}
    for how, status, left, again, *strays in moments:
        # What was there stays, or all of the new is there; and the next writer completes it and removes all rests.
        assert left in {before or "-", whole}
        assert again == whole
        assert strays == []
        statuses[how].add(int(status))
    assert len(moments) > 30
    assert statuses == {"kill": {UNINTERRUPTED, -signal.SIGKILL}, "fill": {UNINTERRUPTED, COMPLETE, REFUSED}}
    assert {left for how, _, left, *_ in moments if how == "kill"} == {before or "-", whole}


def test_killed_at_random_moments(tmp_path: Path) -> None:
    """By the clock, wherever the process is then; each capture of the ring is added until all are there."""
    paths = [str(path) for path in ring(tmp_path, 6)]
    store, random = tmp_path / "store", Random(7)
    code = (
        "import sys; from pathlib import Path; from analyzer.store.adding import Place, add\n"
        "print('ready', flush=True); [add(Path(sys.argv[1]), [path], Place()) for path in sys.argv[2:]]"
    )
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", code, str(store), *paths], stdout=subprocess.PIPE, cwd=ROOT, env=ENVIRONMENT
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(random.random() / 2)
            process.kill()
        if (store / "manifest.json").exists():
            captures = [Path(one.at) for one in manifest_at(store).captures]
            assert_same(evidence_of_store(store), evidence_at_once(captures))
    add(store, paths, Place())
    assert_same(evidence_of_store(store), evidence_at_once(list(map(Path, paths))))


def test_folders_are_moved_as_files_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows a virus scanner may hold a file in a folder for a moment; ``replace`` tries again then."""
    moved = list[str]()

    def noted(source: Path, target: Path) -> None:
        moved.append(target.relative_to(tmp_path / "store").parts[0])
        files.replace(source, target)

    monkeypatch.setattr("analyzer.store.folder.replace", noted)
    add(tmp_path / "store", [str(ring(tmp_path)[0])], Place())
    assert set(moved) >= {"increments", "manifest.json"}


def test_two_writers_at_once(tmp_path: Path) -> None:
    paths = ring(tmp_path, 4)
    store = tmp_path / "store"
    command = [sys.executable, "-m", "analyzer", "store", "add", str(store)]
    writers = [
        subprocess.Popen([*command, *map(str, part)], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        for part in (paths[::2], paths[1::2])
    ]
    assert [writer.wait(timeout=300) for writer in writers] == [0, 0]
    assert_same(evidence_of_store(store), evidence_at_once(paths))


def test_a_writer_waits_and_says_so(tmp_path: Path) -> None:
    paths = ring(tmp_path)
    store = tmp_path / "store"
    add(store, [str(paths[0])], Place())
    code = (
        "import sys; from pathlib import Path; from analyzer.store.adding import Place, add\n"
        "from analyzer.flows.options import DEFAULT_OPTIONS as options\n"
        "add(Path(sys.argv[1]), sys.argv[2:], Place(), options, lambda name, _: print(name, flush=True))"
    )
    with store_folder.locked(store, writing=False), subprocess.Popen(
        [sys.executable, "-c", code, str(store), str(paths[1])],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env=ENVIRONMENT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting until another process has finished with the store\n"
        assert len(manifest_at(store).captures) == 1
        readers = store_folder.locked(store, writing=False)
        with readers:
            assert len(manifest_at(store).captures) == 1
        process.kill()
    add(store, [str(paths[1])], Place())
    assert len(manifest_at(store).captures) == 2


def test_a_capture_that_is_still_being_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = ring(tmp_path)
    store = tmp_path / "store"
    add(store, [str(paths[0])], Place())
    before = fingerprint(store)
    hashed = adding.hashed

    def grows(*given: object) -> object:
        found = list(hashed(*given))  # type: ignore[arg-type]  # passed on as it came
        paths[1].write_bytes(paths[1].read_bytes() + paths[2].read_bytes()[24:])
        return iter(found)

    with monkeypatch.context() as patched:
        patched.setattr(adding, "hashed", grows)
        with pytest.raises(CaptureError, match="changed while it was read"):
            add(store, [str(paths[1])], Place())
    assert fingerprint(store) == before
    assert add(store, [str(paths[1])], Place()).new == 1


def test_a_late_capture_needs_those_after_it(tmp_path: Path) -> None:
    paths = ring(tmp_path)
    store = tmp_path / "store"
    add(store, [str(path) for path in (paths[0], paths[2])], Place())
    before = fingerprint(store)
    moved = paths[2].rename(tmp_path / "moved.pcap")
    with pytest.raises(CaptureError, match=r"ring-2\.pcap.*read this capture again.*unchanged copy"):
        add(store, [str(paths[1])], Place())
    assert fingerprint(store) == before
    added = add(store, [str(paths[1]), str(moved)], Place())
    assert (added.new, added.known, added.again) == (1, 1, 2)
    moved.rename(paths[2])
    assert_same(evidence_of_store(store), evidence_at_once(paths[:3]))


def test_a_store_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="no store can be made here"):
        add(tmp_path / "file" / "store", [str(LAB / "clean_segB.pcap")], Place())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").touch()
    with pytest.raises(StoreError, match="not empty and no store"):
        add(tmp_path / "other", [str(LAB / "clean_segB.pcap")], Place())
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["letter.txt"]
