"""The version of a program is asked for once by each user, and again where the program may be another one."""

import os
from pathlib import Path

import pytest

from analyzer.dissect import program_file
from analyzer.dissect.program_file import ProgramFile

ELF = b"\x7fELF and more"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    another_process(monkeypatch)
    return tmp_path / "cache" / "dpm-analyzer" / "programs"


def another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what only this process knows."""
    monkeypatch.setattr(program_file, "_VERSIONS", {})


def program(folder: Path, content: bytes = ELF) -> Path:
    path = folder / "tshark"
    path.write_bytes(content)
    return path


def test_another_process_knows_the_version(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(program(tmp_path))
    assert ProgramFile.at(path).known_version() == ""
    before = os.umask(0o002)
    try:
        ProgramFile.at(path).keep_version("4.0.17")
    finally:
        os.umask(before)
    another_process(monkeypatch)
    assert ProgramFile.at(path).known_version() == "4.0.17"
    assert [file.stat().st_mode & 0o777 for file in cache.iterdir()] == [0o600]


@pytest.mark.parametrize("changed", ["content", "time", "file"])
def test_a_changed_program_is_another_one(tmp_path: Path, changed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program(tmp_path)
    ProgramFile.at(str(path)).keep_version("4.0.17")
    if changed == "content":
        path.write_bytes(ELF + b"!")
    elif changed == "time":
        os.utime(path, ns=(1, 1))
    else:
        state = path.stat()
        path.rename(tmp_path / "old")
        program(tmp_path)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert ProgramFile.at(str(path)).known_version() == ""
    another_process(monkeypatch)
    assert ProgramFile.at(str(path)).known_version() == ""


def test_a_script_is_asked_by_each_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a script starts may be another version tomorrow, and the script is the same file."""
    path = str(program(tmp_path, b"#!/bin/sh\nexec tshark\n"))
    ProgramFile.at(path).keep_version("4.0.17")
    assert ProgramFile.at(path).known_version() == "4.0.17"
    another_process(monkeypatch)
    assert ProgramFile.at(path).known_version() == ""


@pytest.mark.parametrize("text", ["", "4.0", "4.0.17\n<b>", "4.0.17 or so", "\udcff"])
def test_only_a_version_is_believed(tmp_path: Path, cache: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(program(tmp_path))
    ProgramFile.at(path).keep_version("4.0.17")
    (kept,) = cache.iterdir()
    kept.write_bytes(text.encode("utf-8", "surrogateescape"))
    another_process(monkeypatch)
    assert ProgramFile.at(path).known_version() == ""


def test_a_folder_that_others_can_write_is_not_believed(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(program(tmp_path))
    ProgramFile.at(path).keep_version("4.0.17")
    cache.chmod(0o777)
    another_process(monkeypatch)
    assert ProgramFile.at(path).known_version() == ""


def test_without_a_cache_it_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    path = str(program(tmp_path))
    ProgramFile.at(path).keep_version("4.0.17")
    assert ProgramFile.at(path).known_version() == "4.0.17"
    assert ProgramFile.at(str(tmp_path / "no such")).known_version() == ""
