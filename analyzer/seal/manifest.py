"""The manifest of a sealed report: a line ``SHA-256  path`` for each file, as ``sha256sum --check`` reads it.

The list of captures has the same form; its names are those of the captures, wherever they are.
"""

import re
from collections.abc import Iterable, Mapping

from analyzer.errors import DocumentError
from analyzer.text import clip

FOLDER = "seal"
MANIFEST = f"{FOLDER}/manifest.sha256"
CAPTURES = f"{FOLDER}/captures.sha256"
QUERY = f"{FOLDER}/manifest.tsq"
ANSWER = f"{FOLDER}/manifest.tsr"
"""Where a time-stamping authority's answer is looked for."""
UNLISTED = frozenset({MANIFEST, QUERY, ANSWER})
"""Files of a sealed folder that its manifest cannot have."""
MOST_FILES = 10_000
MOST_OCTETS = 4 << 20
"""Files and octets of a manifest that are read."""
LONGEST_PATH = 1024

_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def problem_of_path(path: str) -> str:
    """Why a path cannot be in a manifest; an empty text if it can."""
    if not path or len(path) > LONGEST_PATH:
        return "is empty or too long"
    if path.startswith(("/", "~")) or re.match(r"[A-Za-z]:", path):
        return "is no path inside the folder"
    if any(part in ("", ".", "..") for part in path.split("/")):
        return "leads out of the folder, or is not written plainly"
    if "\\" in path or not path.isprintable():
        return "has a letter that tools do not read in the same way"
    return ""


def octets_of(sums: Mapping[str, str] | Iterable[tuple[str, str]]) -> bytes:
    """The manifest of these files: path -> SHA-256, or pairs of them; in the order of the paths."""
    pairs = sums.items() if isinstance(sums, Mapping) else sums
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(pairs)).encode()


def read_manifest(content: bytes, name: str) -> dict[str, str]:
    """Path -> SHA-256 of a manifest. ``name``: its path, for messages.

    Raises:
        DocumentError: it is too large, no manifest, names a path outside the folder, or names one twice.
    """
    if len(content) > MOST_OCTETS:
        raise DocumentError(f"{name}: larger than {MOST_OCTETS} octets: this is no manifest of a report")
    try:
        lines = content.decode().split("\n")
    except UnicodeDecodeError:
        raise DocumentError(f"{name}: this is no text in UTF-8, so no manifest of a report") from None
    if lines.pop() != "" or not lines or len(lines) > MOST_FILES:
        raise DocumentError(f"{name}: a manifest has 1 to {MOST_FILES} whole lines: restore it, or seal again")
    listed: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line)
        if not found:
            raise DocumentError(f"{name}:{number}: no line of a manifest (SHA-256, two spaces, path): restore it")
        digest, path = found.groups()
        problem = problem_of_path(path) or ("is listed twice" if path in listed else "")
        if problem or path in UNLISTED:
            problem = problem or "cannot be in a manifest"
            raise DocumentError(f"{name}:{number}: {clip(path, 80)} {problem}: do not trust this manifest")
        listed[path] = digest
    return listed
