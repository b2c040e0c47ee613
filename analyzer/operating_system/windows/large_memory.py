"""Memory in a file: Windows moves it to disk by itself, when it needs the room."""

import sys

assert sys.platform == "win32"


def reserve(handle: int, start: int, octets: int) -> None:
    """Nothing: to map a file makes it longer, with room on disk."""


def is_on_disk(folder: str) -> bool:
    """Windows has no folders whose files are in memory."""
    return bool(folder)


def give_back(address: int, octets: int) -> None:
    """Windows takes pages of files by itself when it needs them."""


def resident_of_files() -> int:
    """Windows bounds this by itself."""
    return 0
