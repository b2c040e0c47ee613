"""Programs are on PATH; on macOS Wireshark's and Chromium's are in their folders."""

import os
import shutil
import sys
from collections.abc import Iterator

assert sys.platform != "win32"

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_CHROMIUM_PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find_program(name: str) -> str:
    """The path of a program on PATH; an empty text if there is none."""
    return shutil.which(name) or ""


def find_wireshark(program: str) -> Iterator[str]:
    """Where Wireshark's installer puts a program, as a rule; it may not be there."""
    yield f"/Applications/Wireshark.app/Contents/MacOS/{program}"


def find_chromium() -> str:
    """The path of Chromium or Chrome; an empty text if none is installed."""
    on_path = filter(None, map(shutil.which, _CHROMIUM))
    in_place = (place for place in _CHROMIUM_PLACES if os.access(place, os.X_OK))
    return next(on_path, "") or next(in_place, "")
