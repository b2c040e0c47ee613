"""A folder into which a ring buffer is written: what is taken, when, and what is named."""

import os
import struct
from pathlib import Path

import pytest

from analyzer.store.completeness import FileState, file_state
from analyzer.store.watching import FolderWatch, series_of
from tests.stores import LAB
from tests.systems import make_link

PCAP = (LAB / "dirty_server.pcap").read_bytes()


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    length = 12 + len(body)
    return struct.pack(f"{order}II", kind, length) + body + struct.pack(f"{order}I", length)


def pcapng(*kinds: int, order: str = "<") -> bytes:
    """A pcapng with blocks of these types after its header and its interface."""
    section = block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    interface = block(1, struct.pack(f"{order}HHI", 1, 0, 0), order)
    return section + interface + b"".join(block(kind, bytes(20), order) for kind in kinds)


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (b"", FileState.EMPTY),
        (PCAP, FileState.WHOLE),
        (PCAP[:24], FileState.WHOLE),
        (PCAP[:23], FileState.HALF),
        (PCAP[:2], FileState.HALF),
        (PCAP[:-1], FileState.HALF),
        (PCAP[:30], FileState.HALF),
        (PCAP + bytes(15), FileState.HALF),
        (PCAP[:24] + bytes(8) + b"\xff" * 8, FileState.UNKNOWN),
        (pcapng(), FileState.WHOLE),
        (pcapng(6, 6), FileState.WHOLE),
        (pcapng(6, 5), FileState.CLOSED),
        (pcapng(6, 5, order=">"), FileState.CLOSED),
        (pcapng(6, 5)[:-1], FileState.HALF),
        (pcapng(6)[:-30], FileState.HALF),
        (pcapng()[:3], FileState.HALF),
        (pcapng(6) + pcapng(6, 5, order=">"), FileState.CLOSED),
        (pcapng() + b"\x06\0\0\0\x0d\0\0\0" + bytes(40), FileState.UNKNOWN),
        (b"\x1f\x8b\x08\0" + bytes(20), FileState.UNKNOWN),
    ],
)
def test_states_of_files(content: bytes, state: FileState, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    assert file_state(tmp_path / "a") is state


def test_no_cut_of_a_capture_is_whole_but_those_between_frames(tmp_path: Path) -> None:
    ends, path = {24}, tmp_path / "cut.pcap"
    while (at := max(ends)) < 2000:
        ends.add(at + 16 + struct.unpack_from("<I", PCAP, at + 8)[0])
    for cut in range(1, 2000):
        path.write_bytes(PCAP[:cut])
        assert (file_state(path) is FileState.WHOLE) == (cut in ends), cut


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("eth0_00001_20260302090000.pcapng", "eth0"),
        ("eth0_20260302090000_00001.pcapng", "eth0"),
        ("eth1_00001_20260302090000.pcapng.gz", "eth1"),
        ("ring.pcap", "ring"),
        ("ring.pcap12", "ring"),
        ("ring-20260302-090000.pcap", "ring"),
        ("eth0-2026-03-02T09.pcap", "eth0"),
        ("ring7.pcap", "ring"),
    ],
)
def test_series_of_names(name: str, series: str) -> None:
    assert series_of(name) == series


class Folder:
    """A folder, a clock, and a watch; files are written with a time of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, 0.0
        self.watch = FolderWatch(folder, 600, lambda: self.now)

    def write(self, name: str, content: bytes, time: int) -> None:
        path = self.folder / name
        path.write_bytes(content)
        os.utime(path, (time, time))

    def look(self) -> tuple[list[str], list[tuple[str, str]]]:
        self.now += 5
        ready, events = self.watch.look()
        for path in ready:
            self.watch.finish(path)
        return [path.name for path in ready], [(event.kind.value, event.path.name) for event in events]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_file_is_taken_when_it_is_still_whole_and_the_next_one_exists(folder: Folder) -> None:
    folder.write("r_00001_20260302090000.pcap", PCAP[:24], 1)
    assert folder.look() == ([], [])
    folder.write("r_00001_20260302090000.pcap", PCAP, 2)
    assert folder.look() == ([], [])
    assert folder.look() == ([], [])
    folder.write("r_00002_20260302091000.pcap", b"", 3)
    assert folder.look() == (["r_00001_20260302090000.pcap"], [("empty", "r_00002_20260302091000.pcap")])
    assert folder.look() == ([], [])


def test_a_file_that_dumpcap_closed_needs_no_next_one(folder: Folder) -> None:
    folder.write("r.pcapng", pcapng(6), 1)
    assert [folder.look()[0] for _ in range(3)] == [[], [], []]
    folder.write("r.pcapng", pcapng(6, 5), 2)
    assert [folder.look()[0] for _ in range(3)] == [[], ["r.pcapng"], []]


def test_a_half_file_is_named_waited_for_and_taken_in_the_end(folder: Folder) -> None:
    folder.write("r1.pcap", PCAP[:-5], 1)
    folder.write("r2.pcap", PCAP, 2)
    folder.write("r3.pcap", b"", 3)
    assert folder.look() == ([], [])
    assert folder.look() == ([], [("half", "r1.pcap")])
    assert folder.look() == ([], [])
    folder.now += 600
    # The later file comes after it, not before.
    assert folder.look() == (["r1.pcap", "r2.pcap"], [("as it is", "r1.pcap"), ("empty", "r3.pcap")])


def test_a_half_file_that_is_completed(folder: Folder) -> None:
    folder.write("r1.pcap", PCAP[:-5], 1)
    folder.write("r2.pcap", PCAP, 3)
    folder.look()
    assert folder.look() == ([], [("half", "r1.pcap")])
    folder.write("r1.pcap", PCAP, 2)
    assert folder.look() == ([], [])
    assert folder.look() == (["r1.pcap"], [])


def test_a_file_that_was_overwritten_is_named(folder: Folder) -> None:
    folder.write("r1.pcap", PCAP, 1)
    folder.look()
    (folder.folder / "r1.pcap").unlink()
    folder.write("r2.pcap", PCAP, 2)
    assert folder.look() == ([], [("vanished", "r1.pcap")])
    folder.write("r3.pcap", PCAP, 3)
    assert folder.look() == (["r2.pcap"], [])
    (folder.folder / "r2.pcap").unlink()
    assert folder.look() == ([], [])


def test_two_ring_buffers_in_one_folder_do_not_close_each_other(folder: Folder) -> None:
    folder.write("eth0_00001_20260302090000.pcap", PCAP, 1)
    folder.write("eth1_00001_20260302090000.pcap", PCAP, 2)
    assert [folder.look()[0] for _ in range(3)] == [[], [], []]
    folder.write("eth0_00002_20260302090500.pcap", PCAP[:24], 3)
    assert folder.look()[0] == ["eth0_00001_20260302090000.pcap"]


def test_what_is_no_capture_is_not_looked_at(folder: Folder) -> None:
    folder.write("notes.txt", b"hello", 1)
    folder.write(".hidden.pcap", PCAP, 1)
    (folder.folder / "folder.pcap").mkdir()
    folder.write("capture", PCAP, 1)
    folder.now += 600
    folder.look()
    folder.now += 600
    assert folder.look() == (["capture"], [])


def test_a_link_to_a_capture_is_not_looked_at(folder: Folder) -> None:
    make_link(folder.folder / "link.pcap", LAB / "dirty_server.pcap")
    for _ in range(3):
        assert folder.look() == ([], [])
        folder.now += 600
