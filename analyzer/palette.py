"""The colours and symbols of verdicts and statuses for the page, the charts and the terminal.

A mark can be recognised by its word, its symbol and its pattern, without its colour. Colours have a contrast of 4.5:1
against their background, and differ under simulated deuteranopia, protanopia and tritanopia:
tests/charts/test_charts.py measures both.
"""

from dataclasses import dataclass, replace

from analyzer import glossary
from analyzer.values import BootStatus, Status, Verdict


@dataclass(frozen=True)
class Mark:
    """The style of one word. ``letter`` replaces ``symbol`` if only ASCII can be shown."""

    word: str
    symbol: str
    letter: str
    light: str
    dark: str
    hatch: str
    terminal: str
    meaning: str


@dataclass(frozen=True)
class Paper:
    """The neutral colours of a page: background, background of a box, text, less important text, lines."""

    page: str
    card: str
    ink: str
    muted: str
    line: str


LIGHT = Paper(page="#f5f6f8", card="#ffffff", ink="#1a1f26", muted="#58616d", line="#d5dae1")
DARK = Paper(page="#0d1014", card="#14181d", ink="#e6eaf0", muted="#a0abb8", line="#333b46")


def _verdict(word: Verdict, symbol: str, letter: str, light: str, dark: str, hatch: str, terminal: str) -> Mark:  # noqa: PLR0913, PLR0917 - the columns of the table below
    return Mark(word, symbol, letter, light, dark, hatch, terminal, glossary.VERDICTS[word])


VERDICTS = (
    _verdict(Verdict.UNEXPECTED, "✕", "X", "#9b1208", "#ff6b5e", "", "bold red"),
    _verdict(Verdict.BLOCKED, "⊘", "B", "#946200", "#f5b133", "////", "yellow"),
    _verdict(Verdict.UNDETERMINED, "?", "?", "#5b3df0", "#8b7cf6", "||||", "magenta"),
    _verdict(Verdict.WAIVED, "◇", "W", "#0b6b46", "#2fd69a", "xxxx", "green"),
    _verdict(Verdict.EXPECTED, "✓", "v", "#1b72cb", "#57b1f4", "", "blue"),
    _verdict(Verdict.OUT_OF_SCOPE, "○", "o", "#31373f", "#ccd4dd", "\\\\\\\\", "default"),
    _verdict(Verdict.BACKGROUND, "·", ".", "#6d7580", "#7d848d", "", "dim"),
)
"""The verdicts, most serious first."""


def _like(verdict: Verdict, word: str, meaning: str) -> Mark:
    """A mark in the style of a verdict."""
    return replace(next(mark for mark in VERDICTS if mark.word == verdict), word=word, meaning=meaning)


def _status(word: Status, verdict: Verdict) -> Mark:
    return _like(verdict, word, glossary.STATUSES[word])


def _boot(word: BootStatus, verdict: Verdict) -> Mark:
    return _like(verdict, word, glossary.BOOT_STATUSES[word])


STATUSES = (
    Mark(Status.MISSING, "!", "!", "#6a1464", "#e067be", "++++", "bold magenta", glossary.STATUSES[Status.MISSING]),
    _status(Status.BLOCKED, Verdict.BLOCKED),
    _status(Status.SATISFIED, Verdict.EXPECTED),
    _status(Status.NOT_OBSERVABLE, Verdict.UNDETERMINED),
    _status(Status.ATTESTED, Verdict.WAIVED),
    replace(_status(Status.NOT_EXERCISED, Verdict.OUT_OF_SCOPE), symbol="—", letter="-"),
    _status(Status.NOT_APPLICABLE, Verdict.BACKGROUND),
)
"""The statuses of a row of the table, most serious first."""

BOOTS = (
    _boot(BootStatus.STALLED, Verdict.BLOCKED),
    _boot(BootStatus.NOT_OBSERVABLE, Verdict.UNDETERMINED),
    _boot(BootStatus.COMPLETE, Verdict.EXPECTED),
)
"""The statuses of a PXE boot, most serious first."""

UNKNOWN = Mark("", "¤", "#", LIGHT.muted, DARK.muted, "", "default", "a word that this version does not know")
_MARKS = {mark.word: mark for mark in (*BOOTS, *STATUSES, *VERDICTS)}


def mark(word: str) -> Mark:
    """The mark of a verdict, a row's status or a boot's status; a neutral one for any other word."""
    return _MARKS.get(word, UNKNOWN)
