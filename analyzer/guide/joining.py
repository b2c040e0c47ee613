"""The lines of a cell as one text: whether a word goes on in the next line or ends with its line."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Sure = Literal["certain", "likely", "open"]
ORDER: tuple[Sure, ...] = ("certain", "likely", "open")


def least(*sure: Sure) -> Sure:
    """The least certain of them; certain where there is none."""
    return max(sure, key=ORDER.index, default="certain")


@dataclass(frozen=True)
class CellLine:
    """A line of a cell. ``full``: whether another character would not have fitted; None if it is not known.

    ``hard``: the author ended the line.
    """

    text: str
    full: bool | None = None
    hard: bool = False


EXTENSIONS = "exe|com|dll|sys|bat|cmd|ps1|sh|py|pl|jar|service|bin|msc|ocx|efi|cgi|aspx|msi|vbs"
_ENDS_FILE = re.compile(rf"\.(?:{EXTENSIONS})(?:\s*[*※(].*)?$", re.IGNORECASE)
_OPEN_PATH = re.compile(r"(?:^|\s)(?:[A-Za-z]:|%\w+%)?[\\/]\S*$|[^\s\\]+\\\S*$")
_FOLDERS_WITH_SPACE = (
    "program",
    "common",
    "documents",
    "programfiles",
    "application",
    "start",
    "local",
    "program files",
)


def join(lines: Sequence[CellLine], lexicon: frozenset[str]) -> tuple[str, Sure]:
    """The text of ``lines``, and how sure the joints are. A line that the author ended becomes a new line.

    ``lexicon``: words, without case, that the page or the language has as whole words.
    """
    text = ""
    sure: Sure = "certain"
    for index, line in enumerate(lines):
        if index == 0:
            text = line.text
            continue
        before = lines[index - 1]
        if before.hard or _begins_anew(text, line.text):
            text += "\n" + line.text
            continue
        between, joint = _joint(text, before, line.text, lexicon)
        text, sure = text + between + line.text, least(sure, joint)
    return text, sure


def _begins_anew(text: str, following: str) -> bool:
    """Whether a program ended and another one begins."""
    begins_path = following[:1] in ("\\", "%") or bool(re.match(r"/\w[\w.-]*/?", following))
    return begins_path and (
        bool(_ENDS_FILE.search(text)) or (following[:1] == "/" and not _in_path(text) and text[-1:] != "(")
    )


def wide(letter: str) -> bool:
    """Whether a character is of a script that is written without spaces."""
    return unicodedata.east_asian_width(letter) in ("W", "F") and not unicodedata.category(letter).startswith("S")


def _joint(text: str, line: CellLine, following: str, lexicon: frozenset[str]) -> tuple[str, Sure]:
    if not text or not following:
        return "", "certain"
    last, first = text[-1], following[0]
    if wide(last) or wide(first) or first in ")]}/,;" or last in "([{":
        return "", "certain"
    if first in "*※＊†" or last in ",;":
        return " ", "certain"
    if last.isdecimal() and first.isdecimal() and line.full is not False:
        between, sure = _digits(text, following)
        return between, sure if line.full else "open"
    if _in_path(text):
        return _path_joint(text, line, following, lexicon)
    return _text_joint(text, line, following, lexicon)


def _text_joint(text: str, line: CellLine, following: str, lexicon: frozenset[str]) -> tuple[str, Sure]:
    if text[-1] in "-–~" and (line.full or re.search(r"\d\s*[-–~]$", text)):
        return "", "likely"
    return (" ", "certain") if line.full is False else _word_joint(text, line, following, lexicon)


def _digits(text: str, following: str) -> tuple[str, Sure]:
    """Two runs of digits: one number that was broken, unless that is more than a port can be."""
    left, right = re.search(r"\d+$", text), re.match(r"\d+", following)
    assert left is not None  # the callers have looked
    assert right is not None
    whole = int((left[0] + right[0])[:12])
    return ("", "likely") if whole <= 65535 else (" ", "certain")


def is_incomplete(text: str, connectives: Sequence[str]) -> bool:
    """Whether a cell of programs ends in the middle: of a path, in brackets, or behind a connective."""
    last = text.rsplit(maxsplit=1)[-1].casefold() if text.split() else ""
    return (
        text.count("(") > text.count(")")
        or last in connectives
        or ("\\" in text.rsplit("\n", maxsplit=1)[-1] and _in_path(text))
    )


def _in_path(text: str) -> bool:
    return bool(_OPEN_PATH.search(text)) and not _ENDS_FILE.search(text)


def _path_joint(text: str, line: CellLine, following: str, lexicon: frozenset[str]) -> tuple[str, Sure]:
    if text[-1] in "\\/" or following[0] in "\\/":
        return "", "certain"
    part = re.split(r"[\\/]", text)[-1].casefold()
    if part in _FOLDERS_WITH_SPACE:
        return " ", "certain" if line.full is False else "likely"
    if line.full is False:
        # A path with a space in it, or a path that ended: both are written with a space.
        return " ", "certain"
    whole = part + re.split(r"[\\/\s.]", following)[0].casefold()
    if not following[0].isupper() or whole in lexicon:
        return "", "certain" if line.full else "likely"
    # A name with a capital inside, or two words: a full line does not show which. A name that is broken begins a line.
    return (" " if " " in line.text.strip() else ""), "open"


def _word_joint(text: str, line: CellLine, following: str, lexicon: frozenset[str]) -> tuple[str, Sure]:
    head = re.split(r"\s", text)[-1]
    tail = re.split(r"\s", following)[0]
    left, right = (re.sub(r"\W+", "", part).casefold() for part in (head, tail))
    if left + right in lexicon and not (left in lexicon and right in lexicon):
        return "", "certain"
    if left in lexicon and right in lexicon:
        return " ", "certain" if left + right not in lexicon else "likely"
    single = head == line.text.strip()
    goes_on = bool(line.full) and single and (tail[:1].islower() or not tail[:1].isalnum())
    if goes_on:
        return "", "likely"
    return " ", "likely" if line.full else "certain"
