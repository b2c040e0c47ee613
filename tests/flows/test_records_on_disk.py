"""The records of many flows are in a file without a name: the flow table does not depend on it."""

import errno
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.flows import record_memory
from analyzer.flows.assembler import Watch
from analyzer.flows.evidence import Evidence
from analyzer.flows.kernel import record as r
from analyzer.flows.read import read_captures
from analyzer.operating_system.large_memory import NamelessFile, give_back, is_on_disk, resident_of_files
from analyzer.report import flows as report_flows
from analyzer.report.flow_names import FlowNames
from tests import capfile as cap
from tests.capfile import START, Ends, Record, datagram
from tests.program import run

LIMIT = 300
FLOWS = 5 * LIMIT
both = pytest.mark.parametrize("mode", [True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))])
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes pages away when it is asked")


def conversation() -> list[Record]:
    """Every flow is asked in the first half, and answered in the second half, the latest first."""
    ends = [Ends(orig_p=1000 + number, resp_p=53) for number in range(FLOWS)]
    asked = [datagram(one, b"asked", START + number * 1000) for number, one in enumerate(ends)]
    answered = [
        datagram(one.back, b"answer", START + (FLOWS + number) * 1000) for number, one in enumerate(reversed(ends))
    ]
    return asked + answered


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "x.pcap"
    path.write_bytes(cap.pcap(conversation()))
    return path


def read(path: Path, *, mode: bool) -> Evidence:
    return read_captures([str(path)], watch=Watch(), interpreted=mode)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The octets of each file that was mapped; few flows fit into memory, and pages are given back after each chunk."""
    mapped: list[int] = []

    class CountedFile(NamelessFile):
        def mapped(self, octets: int) -> Any:
            memory = super().mapped(octets)
            mapped.append(octets)
            return memory

    monkeypatch.setattr(record_memory, "NamelessFile", CountedFile)
    monkeypatch.setattr(record_memory, "FLOWS_IN_MEMORY", LIMIT)
    monkeypatch.setattr(record_memory, "MOST_RESIDENT", -(1 << 60))
    monkeypatch.setattr(record_memory, "STEP", 250)
    monkeypatch.setattr(record_memory, "PART", 70)
    return mapped


def assert_equal(one: Evidence, other: Evidence) -> None:
    assert np.array_equal(one.table.records, other.table.records)
    assert one.table.resp.pkts.tolist() == [1] * FLOWS
    assert one.captures == other.captures


@both
def test_flows_go_on_after_their_pages_were_given_back(
    path: Path, monkeypatch: pytest.MonkeyPatch, files: list[int], mode: bool
) -> None:
    on_disk = read(path, mode=mode)
    room = (LIMIT + 1 + 250) * r.WIDTH * 8
    assert files[0] == room
    assert len(files) == 5
    monkeypatch.undo()
    files.clear()
    assert_equal(on_disk, read(path, mode=mode))
    assert not files


@both
def test_few_flows_touch_no_disk(path: Path, monkeypatch: pytest.MonkeyPatch, files: list[int], mode: bool) -> None:
    monkeypatch.setattr(record_memory, "FLOWS_IN_MEMORY", FLOWS)
    read(path, mode=mode)
    assert not files


@both
@pytest.mark.parametrize("times", [0, 1, 3])
def test_a_full_disk_leaves_the_records_in_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch, files: list[int], mode: bool, times: int
) -> None:
    room = shutil.disk_usage

    def full(folder: str) -> Any:
        return room(folder)._replace(free=1 << 60 if len(files) < times else 1000)

    monkeypatch.setattr(shutil, "disk_usage", full)
    in_memory = read(path, mode=mode)
    assert len(files) == times
    monkeypatch.undo()
    assert_equal(in_memory, read(path, mode=mode))


def test_without_a_folder_on_a_disk_records_are_in_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch, files: list[int]
) -> None:
    monkeypatch.setattr(record_memory, "is_on_disk", lambda _folder: False)
    in_memory = read(path, mode=True)
    assert not files
    monkeypatch.undo()
    assert_equal(in_memory, read(path, mode=True))


@linux
def test_the_next_folder_is_used_where_the_first_one_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/dev/shm")
    monkeypatch.setattr(record_memory, "FURTHER_FOLDERS", ("/proc",))
    assert record_memory.folder_on_disk() == "/proc"
    monkeypatch.setattr(record_memory, "FURTHER_FOLDERS", ("/dev/shm/x", "/dev/shm"))
    assert record_memory.folder_on_disk() == "/dev/shm/x", "of a folder that is not there nothing is known"
    assert not is_on_disk("/dev/shm")


def test_the_room_that_is_left_to_others_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{NamelessFile.__module__}.LEFT_FREE", 1 << 60)
    file = NamelessFile(str(tmp_path))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        file.mapped(4096)
    file.close()
    assert not list(tmp_path.iterdir())


@linux
def test_no_name_leads_to_the_file(tmp_path: Path) -> None:
    """So nothing is left, however the program ends."""
    file = NamelessFile(str(tmp_path))
    memory = file.mapped(4096)
    memory[:5] = b"hello"
    assert not list(tmp_path.iterdir())
    longer = file.mapped(1 << 20)
    longer[4:6] = b"?!"
    assert memory[:6] == longer[:6] == b"hell?!"
    file.close()
    assert longer[:6] == b"hell?!"


@linux
def test_pages_that_are_given_back_are_not_in_memory_and_keep_their_octets(tmp_path: Path) -> None:
    octets = 64 << 20
    values = np.frombuffer(NamelessFile(str(tmp_path)).mapped(octets), dtype=np.int64)
    values[:] = np.arange(len(values))
    before = resident_of_files()
    give_back(values.ctypes.data + 5, octets - 10)
    assert before - resident_of_files() > octets - (1 << 20)
    assert np.array_equal(values, np.arange(len(values)))


def test_the_first_screen_has_it(path: Path, tmp_path: Path, files: list[int]) -> None:
    sentence = (
        f"vantage has {FLOWS:,} flows: while captures are read, flows beyond the first {LIMIT:,} are kept in a "
        f"temporary file, if the folder for temporary files is on a disk with room"
    )
    assert sentence in run("flows", path).stderr
    assert run("flows", path, "--quiet").stderr == ""
    result = run("analyze", path, "--no-dissect", "--out", tmp_path / "out")
    assert sentence in " ".join(result.stdout.split())
    assert files


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=7))
def test_identifiers_do_not_depend_on_the_parts(parts: list[list[int]]) -> None:
    names = FlowNames()
    given_in_parts = [name for part in parts for name in names.names_of(map(str, part))]
    assert given_in_parts == FlowNames().names_of(str(key) for part in parts for key in part)
    assert len(set(given_in_parts)) == len(given_in_parts)


def test_an_identifier_is_the_beginning_of_a_hash() -> None:
    one, other = "fca978112ca1b", "f3e23e8160039"
    assert FlowNames().names_of(["a", "b", "a", "a"]) == [one, other, f"{one}-2", f"{one}-3"]


def test_the_table_in_parts_is_the_whole_table(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run("flows", path).stdout
    monkeypatch.setattr(report_flows, "FLOWS_AT_ONCE", 64)
    assert run("flows", path).stdout == whole
    assert whole.count("\n") == FLOWS + 1
