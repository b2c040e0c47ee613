"""Where tshark is searched for on Windows: PATH, then what Wireshark's installer wrote; never the current folder."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("Windows has the registry", allow_module_level=True)

import winreg

from analyzer.dissect import find_tshark

KEY = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\Wireshark.exe"


@pytest.fixture(autouse=True)
def _no_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    for name in ("ProgramW6432", "ProgramFiles", "ProgramFiles(x86)"):
        monkeypatch.setenv(name, str(tmp_path / "empty"))


@pytest.fixture
def registered(tmp_path: Path) -> Iterator[Path]:
    """A folder that the registry names as Wireshark's."""
    folder = tmp_path / "Wire shark"
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, KEY) as key:
        winreg.SetValueEx(key, "", 0, winreg.REG_SZ, str(folder / "Wireshark.exe"))
    yield folder
    winreg.DeleteKey(winreg.HKEY_CURRENT_USER, KEY)


def put(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tshark.exe").write_bytes(b"MZ")
    return str(folder / "tshark.exe")


def test_nowhere() -> None:
    assert find_tshark() == ""


def test_in_the_registry(registered: Path) -> None:
    assert find_tshark() == ""
    there = put(registered)
    assert find_tshark() == there


@pytest.mark.parametrize("name", ["ProgramW6432", "ProgramFiles", "ProgramFiles(x86)"])
def test_in_the_folder_of_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, str(tmp_path / "Program Files"))
    assert find_tshark() == ""
    there = put(tmp_path / "Program Files" / "Wireshark")
    assert find_tshark() == there


def test_on_path_first(registered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(registered)
    there = put(tmp_path / "own")
    monkeypatch.setenv("PATH", f'{tmp_path / "empty"};;.;"{tmp_path / "own"}"')
    assert find_tshark() == there


def test_never_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "evidence")
    monkeypatch.chdir(tmp_path / "evidence")
    monkeypatch.setenv("PATH", ".;")
    assert find_tshark() == ""
