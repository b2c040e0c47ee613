"""Foreign files are read in a process of their own: with a deadline, a limit of memory and of what it answers."""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

from analyzer.errors import AnalyzerError
from analyzer.guide import limits
from analyzer.guide.tables import Kind, Material, material_of
from analyzer.operating_system.reading import read_at_most

_NEEDED: Mapping[str, str] = {"pdf": "pdfplumber", "sheet": "python_calamine"}
_SHEETS = (b"xl/workbook.xml", b"application/vnd.oasis.opendocument.spreadsheet", b"xl/workbook.bin")


class GuideError(AnalyzerError):
    """A guide cannot be read; the sentence says what to give instead."""


@dataclass(frozen=True)
class GuideFile:
    """A file of the user: its name without a folder (``storable``), its octets and their SHA-256, and what it is by
    its content."""

    name: str
    octets: bytes
    sha256: str
    kind: Kind


def open_guide(path: Path) -> GuideFile:
    """The file at ``path``.

    Raises:
        GuideError: it cannot be read, is empty or larger than ``limits.MAX_OCTETS``.
    """
    try:
        with path.open("rb") as stream:
            octets = read_at_most(stream, limits.MAX_OCTETS + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise GuideError(f"{path}: cannot be read ({reason}): give the file of the guide") from error
    if len(octets) > limits.MAX_OCTETS:
        raise GuideError(f"{path}: larger than {limits.MAX_OCTETS >> 20} MiB: give only the pages with the table")
    if not octets.strip():
        raise GuideError(f"{path}: the file is empty: give the file of the guide")
    return GuideFile(storable(path.name), octets, hashlib.sha256(octets).hexdigest(), kind_of(octets, path.suffix))


def storable(text: str) -> str:
    """A name or a title as UTF-8 can hold it: octets that are no UTF-8 are written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def kind_of(octets: bytes, suffix: str = "") -> Kind:
    """What a file is: by its content, and by its suffix only where text may be either a table of values or a page."""
    head = octets[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"%pdf-" in octets[:1024].lower():
        return "pdf"
    if octets[:4] == b"\xd0\xcf\x11\xe0" or (octets[:2] == b"PK" and any(word in octets for word in _SHEETS)):
        return "sheet"
    if head.startswith((b"<!doctype html", b"<html", b"<?xml", b"<table", b"<head", b"<body", b"<meta", b"<div")):
        return "html"
    if suffix.casefold() in (".html", ".htm", ".xhtml"):
        return "html"
    return "csv" if suffix.casefold() in (".csv", ".tsv") or _has_tabs(octets) else "text"


def _has_tabs(octets: bytes) -> bool:
    """Whether nearly all rows have the same number of tabs, as cells that were copied from a sheet."""
    text = octets[:50_000].decode("latin-1")
    try:
        counts = [len(row) for row in islice(csv.reader(io.StringIO(text, newline=""), delimiter="\t"), 200) if row]
    except csv.Error:
        return False
    usual = max(set(counts), key=counts.count, default=0)
    return usual > 3 and len(counts) > 1 and counts.count(usual) >= 0.8 * len(counts)


def read_material(guide: GuideFile, pages: Sequence[int] | None, seconds: float = limits.SECONDS) -> Material:
    """What the guide prints, read in a process of its own.

    Raises:
        GuideError: it cannot be read, or not in time, or a library is missing.
    """
    needed = _NEEDED.get(guide.kind)
    if needed and find_spec(needed) is None:
        raise GuideError(f"{guide.name}: this needs {needed}: install dpm-analyzer[import]")
    if guide.octets[:2] == b"PK" and guide.kind == "text":
        raise GuideError(f"{guide.name}: this archive is no sheet: give a PDF, text, HTML, CSV, xlsx or ods")
    task = {"do": "read", "kind": guide.kind, "pages": None if pages is None else list(pages)}
    try:
        return material_of(cast("Mapping[str, Any]", run(guide, task, seconds)["material"]))
    except (KeyError, TypeError, ValueError) as error:
        raise GuideError(f"{guide.name}: the reader gave no answer that can be used: give fewer pages") from error


def run(guide: GuideFile, task: Mapping[str, Any], seconds: float) -> Mapping[str, Any]:
    """The answer of a process of its own to ``task`` on the guide.

    Raises:
        GuideError: it refused, failed, or took longer than ``seconds``.
    """
    sent = json.dumps(task).encode("ascii") + b"\n" + guide.octets
    with tempfile.TemporaryFile() as out:
        try:
            done = subprocess.run(
                # -P: the current folder is no place to import from.
                [sys.executable, "-P", "-m", "analyzer.guide.child"],
                input=sent,
                stdout=out,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                check=False,
                env=_environment(),
            )
        except subprocess.TimeoutExpired as error:
            raise GuideError(
                f"{guide.name}: reading took more than {seconds:.0f} seconds: name the pages with --pages"
            ) from error
        answered = _answered(out)
    if answered is None:
        raise GuideError(
            f"{guide.name}: reading it failed (the reader ended with {done.returncode}): the file may be damaged or"
            " made to do harm; print its pages into a new PDF, or give their text"
        )
    if "refused" in answered:
        raise GuideError(f"{guide.name}: {answered['refused']}")
    return answered


def _answered(out: IO[bytes]) -> Mapping[str, Any] | None:
    out.seek(0)
    octets = read_at_most(out, limits.MAX_ANSWER + 1)
    if len(octets) > limits.MAX_ANSWER:
        return {"refused": "its content is larger than the limit: name the pages with --pages"}
    try:
        found = json.loads(octets)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _environment() -> dict[str, str]:
    """Where Python finds this package and its libraries; nothing else of the user's settings."""
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "HOME", "LANG")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
