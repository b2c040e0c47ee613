"""What a report folder says about itself: whether it is complete, and the checksums of its files."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from analyzer.errors import DocumentError

MARKER = "INCOMPLETE"
"""A file of this name is in a report folder while its files change."""
SUMS = "SHA256SUMS"
"""The checksums of a report's files, as ``sha256sum --check`` reads them."""


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
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        sum_, _, name = line.partition("  ")
        if len(sum_) == 64 and name:
            yield name, sum_
