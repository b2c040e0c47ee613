"""Programs are on PATH; on macOS Wireshark's are in its folder."""

import shutil
import sys
from collections.abc import Iterator

assert sys.platform != "win32"


def find_program(name: str) -> str:
    """The path of a program on PATH; an empty text if there is none."""
    return shutil.which(name) or ""


def find_wireshark(program: str) -> Iterator[str]:
    """Where Wireshark's installer puts a program, as a rule; it may not be there."""
    yield f"/Applications/Wireshark.app/Contents/MacOS/{program}"
