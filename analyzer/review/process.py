"""A workbook is read in a process of its own, with a deadline and a limit of memory: a small one may ask for much."""

import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

from analyzer.errors import AnalyzerError
from analyzer.operating_system.reading import read_at_most

LARGEST, LARGEST_UNPACKED, LARGEST_ANSWER = 256 << 20, 4 << 30, 1 << 30
"""Octets of a workbook, of what is packed in it, and of what it says."""
SECONDS = 600.0
WROTE = "give a workbook that render --format xlsx wrote"
TOO_LARGE = "the workbook is too large: delete its sheet flows, and save it again"

Sheets = dict[str, list[list[str]]]


def read_sheets(path: Path) -> Sheets:
    """The cells of the sheets with decisions and of the basis, as texts; sheets that are not there are left out.

    Raises:
        AnalyzerError: the package is not installed, or the file is no workbook, damaged or too large.
    """
    if find_spec("python_calamine") is None:
        raise AnalyzerError(
            "Reading a review workbook needs the package python-calamine: install dpm-analyzer[workbook]"
        )
    content = _octets(path)
    with tempfile.TemporaryFile() as out:
        try:
            subprocess.run(
                # -P: the current folder is no place to import from.
                [sys.executable, "-P", "-m", "analyzer.review.child"],
                input=content,
                stdout=out,
                stderr=subprocess.DEVNULL,
                timeout=SECONDS,
                check=False,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(place for place in sys.path if place)},
            )
        except subprocess.TimeoutExpired as error:
            raise AnalyzerError(f"{path}: reading took more than {SECONDS:.0f} seconds: {WROTE}") from error
        out.seek(0)
        said = read_at_most(out, LARGEST_ANSWER + 1)
    if len(said) > LARGEST_ANSWER:
        raise AnalyzerError(f"{path}: {TOO_LARGE}")
    try:
        found: Sheets = json.loads(said)["sheets"]
    except (ValueError, KeyError) as error:
        raise AnalyzerError(f"{path}: this workbook is damaged, or made to do harm: {WROTE}") from error
    return found


def _octets(path: Path) -> bytes:
    """The octets of a workbook that is not too large, packed and unpacked."""
    try:
        with path.open("rb") as file:
            content = read_at_most(file, LARGEST + 1)
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or "it is no archive"
        raise AnalyzerError(f"{path}: not a workbook that can be read ({reason}): {WROTE}") from error
    if len(content) > LARGEST or unpacked > LARGEST_UNPACKED:
        raise AnalyzerError(f"{path}: {TOO_LARGE}")
    return content
