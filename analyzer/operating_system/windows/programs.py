"""Programs are on PATH, or where their installer put them. The current folder is not searched: it may hold evidence."""

import os
import sys
import winreg
from collections.abc import Iterator
from pathlib import Path

assert sys.platform == "win32"

_APP_PATHS = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\Wireshark.exe"
_VIEWS = (winreg.KEY_WOW64_64KEY, winreg.KEY_WOW64_32KEY)
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
    for root in (winreg.HKEY_LOCAL_MACHINE, winreg.HKEY_CURRENT_USER):
        for view in _VIEWS:
            try:
                with winreg.OpenKey(root, _APP_PATHS, 0, winreg.KEY_READ | view) as key:
                    wireshark, _ = winreg.QueryValueEx(key, "")
            except OSError:
                continue
            folder = Path(os.path.expandvars(str(wireshark)).strip('"')).parent
            if folder.is_absolute():
                yield str(folder / f"{program}.exe")
    for name in _PROGRAM_FOLDERS:
        if name in os.environ:
            yield str(Path(os.environ[name]) / "Wireshark" / f"{program}.exe")
