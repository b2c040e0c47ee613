"""Writing a report folder: whole, marked as incomplete, or not at all; never through a link, never over an input."""

import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from analyzer import pipeline
from analyzer.errors import DocumentError, OutputError
from analyzer.output import write, write_file
from analyzer.report.folder import MARKER, SUMS, check_complete, check_sum
from tests.systems import make_link, needs_sha256sum

OLD = {"report.json": b"old", "flows.csv": b"old", "charts/a.svg": b"old"}
NEW = {"report.json": b"new", "flows.csv": b"new", "charts/a.svg": b"new", "charts/b.svg": b"new"}


class Killed(BaseException):
    """Replaces a process that ends at once."""


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".partial")
    }


def is_whole(folder: Path, files: dict[str, bytes]) -> bool:
    held = contents(folder)
    sums = held.pop(SUMS, b"").decode().splitlines()
    return held == files and sums == [f"{sha256(held[name]).hexdigest()}  {name}" for name in sorted(held)]


def test_a_report_has_the_checksums_of_its_files(tmp_path: Path) -> None:
    assert write(tmp_path / "report", NEW.items()) == [tmp_path / "report" / name for name in NEW]
    assert is_whole(tmp_path / "report", NEW)


@needs_sha256sum
def test_another_program_checks_the_checksums(tmp_path: Path) -> None:
    write(tmp_path / "report", NEW.items())
    done = subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=tmp_path / "report", check=False)
    assert done.returncode == 0


def test_pieces_of_a_file_are_made_while_it_is_written(tmp_path: Path) -> None:
    done: list[str] = []

    def pieces(name: str) -> Iterator[bytes]:
        for number in range(2):
            done.append(f"{name}{number}")
            yield b"piece "

    def files() -> Iterator[tuple[str, Iterator[bytes]]]:
        for name in ("a", "b"):
            done.append(name)
            yield name, pieces(name)

    write(tmp_path, [("report.json", b"new"), *files()])
    assert done[:2] == ["a", "b"]
    done.clear()
    write(tmp_path, files())
    assert done == ["a", "a0", "a1", "b", "b0", "b1"]
    assert is_whole(tmp_path, {"report.json": b"new", "a": b"piece piece ", "b": b"piece piece "})


def test_a_part_that_is_written_again_changes_its_checksum(tmp_path: Path) -> None:
    write(tmp_path, OLD.items())
    write(tmp_path, [("flows.csv", b"again")])
    assert is_whole(tmp_path, OLD | {"flows.csv": b"again"})


@pytest.mark.parametrize("step", range(8))
@pytest.mark.parametrize("act", ["replace", "unlink"])
def test_killed_at_any_step_a_folder_is_old_new_or_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, act: str
) -> None:
    write(tmp_path, OLD.items())
    real, steps = getattr(Path, act), iter(range(100))

    def killed(path: Path, *arguments: Path) -> object:
        if next(steps) == step:
            raise Killed
        return real(path, *arguments)

    monkeypatch.setattr(Path, act, killed)
    try:
        write(tmp_path, NEW.items())
    except Killed:
        monkeypatch.undo()
        assert is_whole(tmp_path, OLD) or (tmp_path / MARKER).is_file()
        with pytest.raises(DocumentError, match="interrupted"):
            check_complete(tmp_path)
        with pytest.raises(DocumentError, match="interrupted"):
            pipeline.load(tmp_path)
        write(tmp_path, NEW.items())
    assert is_whole(tmp_path, NEW)


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, NEW.items())
    check_sum(tmp_path, "report.json", b"new")
    with pytest.raises(DocumentError, match="changed since the report was written"):
        check_sum(tmp_path, "report.json", b"mine")
    (tmp_path / "report.json").write_bytes(b"mine")
    with pytest.raises(DocumentError, match="changed since"):
        pipeline.load(tmp_path)


@pytest.mark.parametrize("name", ["charts", "flows.csv", SUMS, MARKER])
@pytest.mark.parametrize("dangling", [False, True])
def test_nothing_is_written_through_a_link(tmp_path: Path, name: str, dangling: bool) -> None:
    elsewhere, report = tmp_path / "elsewhere", tmp_path / "report"
    report.mkdir()
    if not dangling:
        elsewhere.mkdir()
    make_link(report / name, elsewhere)
    with pytest.raises(OutputError, match="a link is in the place"):
        write(report, NEW.items())
    assert not elsewhere.exists() or not list(elsewhere.iterdir())
    assert [path.name for path in report.iterdir()] == [name]


@pytest.mark.parametrize("name", NEW)
def test_no_input_is_replaced(tmp_path: Path, name: str) -> None:
    """With any name: a capture may be called flows.csv."""
    capture = tmp_path / name
    capture.parent.mkdir(exist_ok=True)
    capture.write_bytes(b"a capture")
    with pytest.raises(OutputError, match="an input of the analysis"):
        write(tmp_path, NEW.items(), [capture])
    assert contents(tmp_path) == {name: b"a capture"}
    link = tmp_path / "link"
    link.hardlink_to(capture)
    with pytest.raises(OutputError, match="an input of the analysis"):
        write_file(link, [b"packets"], [capture])
    assert capture.read_bytes() == b"a capture"
