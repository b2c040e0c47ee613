"""Each command: files of strangers in the current folder change nothing, and an output that ends is told plainly."""

import shutil
from pathlib import Path

import pytest

from analyzer.cli import COMMANDS
from tests.hostile.every_command import CALLS, NEEDS, installed, material, process, words_of
from tests.systems import make_fifo, posix

MODULES = ("sitecustomize", "usercustomize", "matplotlib", "numpy", "json", "duckdb", "xlsxwriter", "yaml", "rules")
SETTINGS = (
    "matplotlibrc", ".numba_config.yaml", "config.ini", "preferences", ".duckdbrc", "dask.yaml", "fonts.conf",
    "dpm", "oem-hitachi", "words.yaml", "SHA256SUMS", "INCOMPLETE", "report.json",
)  # fmt: skip
"""Names that a library or this program reads from a folder of its own, or of a report."""
STORES = ("kept", "new captures", "watched")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return material(tmp_path_factory.mktemp("material") / "of all commands")


def test_every_command_has_a_call() -> None:
    called = {words[0] for words in CALLS.values()}
    assert called == set(COMMANDS) - {"analyze"}  # test_current_folder.py and test_program.py call it
    assert set(NEEDS) <= set(CALLS)


def copied(prepared: Path, tmp_path: Path, name: str) -> Path:
    """The material once more, since a call changes it. Skips a call whose extra is not installed."""
    if not installed(name):
        pytest.skip(f"{name} needs {NEEDS[name]}")
    folder = tmp_path / "material"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(prepared, folder)
    return folder


def result_in(folder: Path, words: list[str], made: Path) -> tuple[int | None, bytes, bytes, dict[str, bytes]]:
    """How a call ends in ``folder``, what it prints, and the files of ``made`` afterwards: without stores, which
    have times, and the query of a seal, which has a random number."""
    with process(words, folder) as running:
        stdout, stderr = running.communicate(timeout=120)
    files = {
        path.relative_to(made).as_posix(): path.read_bytes()
        for path in sorted(made.rglob("*"))
        if path.is_file() and path.relative_to(made).parts[0] not in STORES and path.suffix != ".tsq"
    }
    return running.returncode, stdout, stderr, files


@pytest.mark.parametrize("name", CALLS)
def test_traps_in_the_current_folder_change_nothing(prepared: Path, tmp_path: Path, name: str) -> None:
    results = []
    for trapped in (False, True):
        folder = tmp_path / "current"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for trap in MODULES if trapped else ():
            (folder / f"{trap}.py").write_text("raise SystemExit('a module of the current folder was imported')\n")
        for trap in SETTINGS if trapped else ():
            make_fifo(folder / trap)
        place = copied(prepared, tmp_path, name)
        results.append(result_in(folder, words_of(name, place), place))
    assert results[1] == results[0]
    assert results[0][0] in (0, 1), results[0][2]


@posix("Windows has no device that is always full")
@pytest.mark.parametrize("name", CALLS)
def test_an_output_that_is_full_or_gone_is_told(prepared: Path, tmp_path: Path, name: str) -> None:
    """A command that prints nothing there ends as always."""
    place = copied(prepared, tmp_path, name)
    words = words_of(name, place)
    with Path("/dev/full").open("wb") as full, process(words, tmp_path, stdout=full) as running:
        _, stderr = running.communicate(timeout=120)
    printed = b"standard output could not be written" in stderr
    assert running.returncode == 2 if printed else running.returncode in (0, 1), stderr
    clean(stderr)
    if not printed:
        return
    words = words_of(name, copied(prepared, tmp_path, name))
    with process(words, tmp_path) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        stderr = running.stderr.read()
    assert running.returncode == 141, stderr
    clean(stderr)


def clean(stderr: bytes) -> None:
    for sign in (b"Traceback", b"Exception ignored", b"internal error"):
        assert sign not in stderr
