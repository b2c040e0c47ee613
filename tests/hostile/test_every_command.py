"""Each command with foreign files in the current folder, and with a standard output that is full or closed."""

import shutil
from pathlib import Path

import pytest

from analyzer.cli import COMMANDS
from tests.hostile.every_command import CALLS, NEEDS, installed, material, process, words_of
from tests.systems import WINDOWS, make_fifo, posix

MODULES = ("sitecustomize", "usercustomize", "matplotlib", "numpy", "json", "duckdb", "xlsxwriter", "yaml", "rules")
SETTINGS = (
    "matplotlibrc", ".numba_config.yaml", "config.ini", "preferences", ".duckdbrc", "dask.yaml", "fonts.conf",
    "dpm", "oem-hitachi", "words.yaml", "SHA256SUMS", "INCOMPLETE", "report.json",
)  # fmt: skip
"""Names that a library or this program reads from a folder of its own, or of a report."""
TRAPPED = "a module of the current folder was imported"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return material(tmp_path_factory.mktemp("material") / "of all commands")


def test_every_command_has_a_call() -> None:
    called = {words[0] for words in CALLS.values()}
    assert called == set(COMMANDS) - {"analyze"}  # test_current_folder.py and test_program.py call it
    assert set(NEEDS) <= set(CALLS)


def copied(prepared: Path, tmp_path: Path, name: str) -> Path:
    """The material once more, since a call changes it. Skips a call whose extra or program is not installed."""
    if not installed(name):
        pytest.skip(f"{name} needs {NEEDS.get(name, 'chromium')}")
    folder = tmp_path / "material"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(prepared, folder)
    return folder


@pytest.mark.parametrize("name", CALLS)
def test_traps_in_the_current_folder_change_nothing(prepared: Path, tmp_path: Path, name: str) -> None:
    """A module that is imported from there ends the command. A pipe that is read there stops it, where folders can have
    pipes."""
    folder = tmp_path / "current"
    folder.mkdir()
    for trap in MODULES:
        (folder / f"{trap}.py").write_text(f"raise SystemExit('{TRAPPED}')\n")
    for trap in () if WINDOWS else SETTINGS:
        make_fifo(folder / trap)
    with process(words_of(name, copied(prepared, tmp_path, name)), folder) as running:
        _, stderr = running.communicate(timeout=60)
    assert running.returncode in (0, 1), stderr
    assert TRAPPED.encode() not in stderr


@posix("Windows has no device that is always full")
@pytest.mark.parametrize("name", CALLS)
def test_a_full_or_closed_standard_output_is_reported(prepared: Path, tmp_path: Path, name: str) -> None:
    """A command that prints nothing there ends as always."""
    full_folder, closed_folder = tmp_path / "full", tmp_path / "closed"
    full_folder.mkdir()
    closed_folder.mkdir()
    words = words_of(name, copied(prepared, tmp_path, name))
    with Path("/dev/full").open("wb") as full, process(words, full_folder, stdout=full) as running:
        _, stderr = running.communicate(timeout=120)
    printed = b"standard output could not be written" in stderr
    assert running.returncode == 2 if printed else running.returncode in (0, 1), stderr
    clean(stderr)
    if not printed:
        return
    words = words_of(name, copied(prepared, tmp_path, name))
    with process(words, closed_folder) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        stderr = running.stderr.read()
    assert running.returncode == 141, stderr
    clean(stderr)


def clean(stderr: bytes) -> None:
    for sign in (b"Traceback", b"Exception ignored", b"internal error"):
        assert sign not in stderr
