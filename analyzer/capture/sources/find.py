"""Which captures an analysis is about: files as they are named, folders searched, and the names that reports show."""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from analyzer.capture.recognition import FOREIGN_NAME
from analyzer.capture.sources.source import open_source
from analyzer.capture.sources.unreadable import UnreadableCaptureError, system_problem
from analyzer.errors import CaptureError
from analyzer.messages import message
from analyzer.operating_system.files import is_link, reachable, reserved

CAPTURE_NAME = re.compile(r"\.(pcap|pcapng|cap)(\.(gz|zst|xz|lz4|bz2))?$", re.IGNORECASE)
"""Files of a folder that call themselves captures: one that is none is named, not passed over."""

GIVEN = 0


class FoundCapture(NamedTuple):
    """A capture: its path, the name to show, whether it was named itself (not found in a folder), its size, and whether
    it can be read only once (standard input, a pipe). ``outside``: a link leads to it, out of its folder. ``shown``:
    how many parts of its path its name has at least. ``vantage``: the name of its vantage, if the user gave one."""

    path: str
    name: str
    given: bool
    size: int
    once: bool
    outside: bool = False
    shown: int = 1
    vantage: str = ""


def find_captures(paths: list[str]) -> list[FoundCapture]:
    """Every capture of ``paths``: files as given, folders searched by name and content.

    Raises:
        CaptureError: a path does not exist or may not be read, or a folder holds no capture.
    """
    found: list[tuple[str, int]] = []
    outside: set[str] = set()
    for path in paths:
        if path != "-" and stat.S_ISDIR(mode_of(path)):
            inside = sorted(search(path))
            if not inside:
                raise CaptureError(f"{path}: no capture in this folder (pcap or pcapng, plain or compressed)")
            found += [(item, len(Path(item).relative_to(path).parts)) for item in inside]
            outside |= {item for item in inside if leads_outside(Path(item), path)}
        else:
            found.append((path, GIVEN))
    names = names_of([(path, max(parts, 1)) for path, parts in found])
    return [
        FoundCapture(path, name, parts == GIVEN, *size_of(path), parts != GIVEN and path in outside, max(parts, 1))
        for (path, parts), name in zip(found, names, strict=True)
    ]


def size_of(path: str) -> tuple[int, bool]:
    """(size, whether it can be read only once)."""
    if path == "-" or not stat.S_ISREG(mode_of(path)):
        return 0, True
    return reachable(Path(path)).stat().st_size, False


def mode_of(path: str) -> int:
    if problem := reserved(path):
        raise UnreadableCaptureError(path[:200], message("file-error", error=problem))
    try:
        return reachable(Path(path)).stat().st_mode
    except (OSError, ValueError) as error:
        raise UnreadableCaptureError(path[:200], system_problem(error)) from error


def names_of(paths: list[tuple[str, int]]) -> list[str]:
    """A name for each (path, parts of it to show): these, and as many folders before them as distinguish it from the
    others."""
    whole = ["-" if path == "-" else os.path.abspath(path) for path, _ in paths]  # noqa: PTH100 - resolves .. by name
    parts = [("standard input",) if path == "-" else parts_of(path) for path in whole]
    depth = [shown for _, shown in paths]
    while True:
        names = ["/".join(part[-deep:]) for part, deep in zip(parts, depth, strict=True)]
        times = Counter(names)
        rivals = Counter(name for name, _ in set(zip(names, whole, strict=True)))
        clashes = [rivals[name] > 1 and deep < len(part) for name, part, deep in zip(names, parts, depth, strict=True)]
        if not any(clashes):
            break
        depth = [deep + clash for deep, clash in zip(depth, clashes, strict=True)]
    given: Counter[str] = Counter()
    result = []
    for name in names:
        given[name] += 1
        result.append(name if times[name] == 1 else f"{name} ({given[name]})")
    return result


def parts_of(path: str) -> tuple[str, ...]:
    """What Path(path).parts is; of many thousands of paths that takes long."""
    if os.sep == "/" and path[:1] == "/" and path[1:2] not in {"", "/"}:
        return ("/", *path[1:].split("/"))
    return Path(path).parts


def search(folder: str) -> Iterator[str]:
    """The captures below a folder; links to folders are not followed."""

    def refused(error: OSError) -> None:
        raise UnreadableCaptureError(str(error.filename), system_problem(error)) from error

    for base, folders, files in os.walk(folder, onerror=refused):
        folders[:] = sorted(name for name in folders if not is_link(Path(base) / name))
        for file in files:
            path = Path(base) / file
            named = CAPTURE_NAME.search(file) or FOREIGN_NAME.search(file)
            if is_regular(path) and (named or (not leads_outside(path, folder) and is_one(str(path)))):
                yield str(path)


def leads_outside(path: Path, folder: str) -> bool:
    """Whether it is a link to something that is not in the folder. A folder of strangers could name any file."""
    return is_link(path) and not path.resolve().is_relative_to(Path(folder).resolve())


def is_regular(path: Path) -> bool:
    """Whether it is a file; a link that leads nowhere is none. Raises CaptureError where that may not be seen."""
    try:
        return stat.S_ISREG(reachable(path).stat().st_mode)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UnreadableCaptureError(str(path), system_problem(error)) from error


def is_one(path: str) -> bool:
    """Whether a file begins as captures do."""
    try:
        open_source(path, path).close()
    except CaptureError:
        return False
    return True
