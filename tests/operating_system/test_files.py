"""Moving files into their place, names and patterns, on each system; open files and devices on Windows."""

import stat
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from analyzer.errors import OutputError
from analyzer.operating_system import files
from analyzer.output import prepare, prepare_file, write
from tests.program import ROOT, run
from tests.systems import make_link

on_windows = pytest.mark.skipif(sys.platform != "win32", reason="what only Windows does")
elsewhere = pytest.mark.skipif(sys.platform == "win32", reason="what Windows does not do")


def test_a_file_takes_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "old").write_bytes(b"old")
    files.replace(tmp_path / "new", tmp_path / "old")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("old", b"new")]
    files.remove(tmp_path / "old")
    assert not list(tmp_path.iterdir())


def test_what_is_not_there_is_not_moved(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.replace(tmp_path / "nothing", tmp_path / "old")


@on_windows
def test_a_file_that_is_held_for_a_moment_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"new")
    held = tmp_path / "old"
    held.write_bytes(b"old")
    file = held.open("rb")
    threading.Timer(0.4, file.close).start()
    files.replace(tmp_path / "new", held)
    assert held.read_bytes() == b"new"


@on_windows
def test_a_folder_is_moved_when_a_file_in_it_is_no_longer_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wine moves such a folder at once, so the answer of Windows is made."""
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "file").write_bytes(b"new")
    real, answers = Path.replace, [OSError(13, "Access is denied", "new", code) for code in (5, 32)]

    def replace(source: Path, target: Path) -> Path:
        if answers:
            raise answers.pop()
        return real(source, target)

    monkeypatch.setattr(Path, "replace", replace)
    files.replace(tmp_path / "new", tmp_path / "place")
    assert (tmp_path / "place" / "file").read_bytes() == b"new"


@on_windows
def test_a_folder_with_a_file_that_is_held_for_a_moment_is_removed(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    held = tmp_path / "folder" / "inside" / "held"
    held.write_bytes(b"")
    file = held.open("rb")
    threading.Timer(0.4, file.close).start()
    files.remove_folder(tmp_path / "folder")
    assert not list(tmp_path.iterdir())


def test_what_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not [name for name in (".", "file", "nothing", "file/below") if files.is_link(tmp_path / name)]


def test_a_link_is_recognised_and_removed_by_itself(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    make_link(tmp_path / "link", tmp_path / "folder")
    make_link(tmp_path / "nowhere", tmp_path / "nothing")
    assert files.is_link(tmp_path / "link")
    assert files.is_link(tmp_path / "nowhere")
    files.remove(tmp_path / "link")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "nowhere"]


@on_windows
def test_a_junction_is_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wine makes no junction, so the state of one is made. Python's is_symlink() says no to it."""
    junction = SimpleNamespace(st_reparse_tag=0xA0000003, st_mode=stat.S_IFDIR)
    monkeypatch.setattr(Path, "lstat", lambda _path: junction)
    assert files.is_link(tmp_path)


def test_links_are_recognised_by_one_function() -> None:
    """is_symlink() leaves out the junctions of Windows, which every user can make."""
    folder = ROOT / "analyzer"
    found = [path for path in folder.rglob("*.py") if "is_symlink" in path.read_text(encoding="utf-8")]
    assert {path.parent.relative_to(folder).as_posix() for path in found} == {"operating_system/posix"}


@on_windows
def test_a_report_that_is_open_in_another_program_is_named(tmp_path: Path) -> None:
    write(tmp_path, [("report.json", b"{}"), ("flows.csv", b"old")])
    with (tmp_path / "flows.csv").open("rb"), pytest.raises(OutputError) as raised:
        write(tmp_path, [("report.json", b"{ }"), ("flows.csv", b"new")])
    assert "flows.csv is open in another program, or is write-protected; close it there" in str(raised.value)
    assert "marked as incomplete" in str(raised.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["INCOMPLETE", "SHA256SUMS", "flows.csv", "report.json"]
    write(tmp_path, [("report.json", b"{ }"), ("flows.csv", b"new")])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["SHA256SUMS", "flows.csv", "report.json"]


@on_windows
@pytest.mark.parametrize("name", ["NUL", "con.txt", "report.", "a|b"])
def test_a_name_that_windows_does_not_take_is_refused(tmp_path: Path, name: str) -> None:
    for check in (prepare, prepare_file):
        with pytest.raises(OutputError, match="choose another name"):
            check(Path(f"{tmp_path}\\{name}"), force=True)
    assert run("flows", f"{tmp_path}\\{name}").exit_code == 3


@elsewhere
@pytest.mark.parametrize("name", ["NUL", "con.txt", "report.", "a|b"])
def test_other_systems_take_these_names(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, [("report.json", b"{}")])
    assert (tmp_path / name / "report.json").read_bytes() == b"{}"
    assert "Windows" not in run("flows", tmp_path / f"x-{name}").stderr


def test_a_report_in_a_folder_with_a_long_name(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["long-name-of-a-folder-" + "x" * 60] * 5)
    written = write(folder, [("report.json", b"{}"), ("charts/a.svg", b"<svg/>")])
    assert written == [folder / "report.json", folder / "charts" / "a.svg"]
    assert (files.reachable(folder) / "charts" / "a.svg").read_bytes() == b"<svg/>"


def test_a_capture_with_a_long_name(tmp_path: Path, made: Path) -> None:
    folder = tmp_path.joinpath(*["long-name-of-a-folder-" + "x" * 60] * 5)
    capture = next(iter(sorted(made.glob("*.pcap"))))
    write(folder, [("a.pcap", capture.read_bytes())])
    result = run("flows", folder / "a.pcap")
    assert (result.exit_code, result.stdout) == (0, run("flows", capture).stdout.replace(capture.name, "a.pcap"))


@on_windows
def test_patterns_of_captures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.pcap", "a.pcap", "dpm[1].pcap", "other.txt"):
        (tmp_path / name).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    assert files.expanded(["*.pcap"]) == ["a.pcap", "b.pcap", "dpm[1].pcap"]
    assert files.expanded(["?.pcap", "-", "dpm[1].pcap"]) == ["a.pcap", "b.pcap", "-", "dpm[1].pcap"]
    assert files.expanded(["dpm[1]*"]) == ["dpm[1].pcap"]
    assert files.expanded(["nothing*.pcap", "$x%TEMP%~"]) == ["nothing*.pcap", "$x%TEMP%~"]
    assert files.expanded([rf"{tmp_path}\*.txt"]) == [rf"{tmp_path}\other.txt"]


@elsewhere
def test_the_shell_has_expanded_patterns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.pcap").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    assert files.expanded(["*.pcap", "[a].pcap"]) == ["*.pcap", "[a].pcap"]
