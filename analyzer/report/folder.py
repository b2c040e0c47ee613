"""What a report folder says about itself: whether it is complete, and the checksums of its files."""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from analyzer.errors import DocumentError
from analyzer.operating_system.files import open_itself

MARKER = "INCOMPLETE"
"""A file of this name is in a report folder while its files change."""
SUMS = "SHA256SUMS"
"""The checksums of a report's files, as ``sha256sum --check`` reads them."""
MOST_OCTETS_OF_SUMS = 1 << 20


def check_complete(folder: Path) -> None:
    """Refuse a report folder that was left half written.

    Raises:
        DocumentError: the marker is in it.
    """
    if os.path.lexists(folder / MARKER):
        raise DocumentError(f"{folder}: writing this report was interrupted: analyse again, with --force")


def check_sum(folder: Path, name: str, content: bytes) -> None:
    """Refuse a file of a report that is not the one that was written. A folder without checksums has none to compare.

    Raises:
        DocumentError: the checksum in the folder is another one.
    """
    wanted = dict(read_sums(folder)).get(name)
    if wanted is not None and wanted != sha256(content).hexdigest():
        raise DocumentError(
            f"{folder / name}: changed since the report was written (its SHA-256 is not the one in {SUMS}): "
            "restore it, or analyse again"
        )


def read_sums(folder: Path) -> Iterator[tuple[str, str]]:
    """(name, SHA-256) of the list in a folder; nothing where there is none, or none that can be read."""
    return iter(checksums(folder)[0].items())


def checksums(folder: Path) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Name -> SHA-256 of the list in a folder, and its faults: each a place in it, and what is wrong there. A folder
    without a list has neither. A name is a path inside the folder: the list may be a stranger's."""
    try:
        with open_file(folder / SUMS) as handle:
            content = os.read(handle, MOST_OCTETS_OF_SUMS + 1)
        lines = content.decode("utf-8").splitlines()
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError) as error:
        return {}, [("it", "is no text" if isinstance(error, UnicodeDecodeError) else "is no file that can be read")]
    if len(content) > MOST_OCTETS_OF_SUMS:
        return {}, [("it", "is larger than that of any report")]
    found: dict[str, str] = {}
    faults = []
    for number, line in enumerate(lines, 1):
        digest, _, name = line.partition("  ")
        if not re.fullmatch("[0-9a-f]{64}", digest) or not is_inside(name):
            faults.append((f"line {number}", "is no checksum of a file of the folder"))
        elif name in found:
            faults.append((f"line {number}", "names a file again"))
        else:
            found[name] = digest
    return found, faults


def is_inside(name: str) -> bool:
    """Whether a name is a plain path inside the folder, on every operating system."""
    plain = not name.startswith("/") and "\\" not in name and ":" not in name and name.isprintable()
    return plain and not any(part in ("", ".", "..") for part in name.split("/"))


@contextmanager
def open_file(path: Path) -> Iterator[int]:
    """The handle of a file that is open for reading. Raises OSError, also for a link, a pipe or a folder."""
    handle = open_itself(path, os.O_RDONLY)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "this is no file", str(path))
        yield handle
    finally:
        os.close(handle)
