"""Programs are on PATH, or where their installer put them. The current folder is not searched: it may hold evidence."""

import os
import sys
import winreg
from collections.abc import Iterator
from pathlib import Path

assert sys.platform == "win32"

_APP_PATHS = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\App Paths\\"
_VIEWS = (winreg.KEY_WOW64_64KEY, winreg.KEY_WOW64_32KEY)
_CHROMIUM = (
    ("chrome", r"Google\Chrome\Application"),
    ("chromium", "Chromium"),
    ("msedge", r"Microsoft\Edge\Application"),
)
"""Programs that print a page as Chromium does, and their folders below Program Files."""
_PROGRAM_FOLDERS = ("ProgramW6432", "ProgramFiles", "ProgramFiles(x86)")


def find_program(name: str) -> str:
    """The path of a program (.exe) on PATH; an empty text if there is none."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = Path(folder.strip('"')) / f"{name}.exe"
        if path.is_absolute() and path.is_file():
            return str(path)
    return ""


def find_wireshark(program: str) -> Iterator[str]:
    """Where Wireshark's installer puts a program; it may not be there."""
    for wireshark in _registered("Wireshark.exe"):
        yield str(wireshark.parent / f"{program}.exe")
    for folder in _program_folders():
        yield str(folder / "Wireshark" / f"{program}.exe")


def find_chromium() -> str:
    """The path of Chrome, Chromium or Edge; an empty text if none is installed."""
    for name, below in _CHROMIUM:
        places = [*_registered(f"{name}.exe"), *(folder / below / f"{name}.exe" for folder in _program_folders())]
        if found := find_program(name) or next((str(path) for path in places if path.is_file()), ""):
            return found
    return ""


def _registered(program: str) -> Iterator[Path]:
    """Where installers registered a program."""
    for root in (winreg.HKEY_LOCAL_MACHINE, winreg.HKEY_CURRENT_USER):
        for view in _VIEWS:
            try:
                with winreg.OpenKey(root, _APP_PATHS + program, 0, winreg.KEY_READ | view) as key:
                    value, _ = winreg.QueryValueEx(key, "")
            except OSError:
                continue
            path = Path(os.path.expandvars(str(value)).strip('"'))
            if path.is_absolute():
                yield path


def _program_folders() -> Iterator[Path]:
    return (Path(os.environ[name]) for name in _PROGRAM_FOLDERS if name in os.environ)
