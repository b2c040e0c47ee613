"""How a verdict or a status looks, wherever it is shown: page, charts and terminal use this and nothing else.

A mark is told by its word, its symbol and its pattern; colour only helps. Colours keep 4.5:1 against the cards that
they are made for, and stay apart under simulated deuteranopia, protanopia and tritanopia: tests/charts/test_charts.py
measures both.
"""

from dataclasses import dataclass

from analyzer.values import BootStatus, Status, Verdict


@dataclass(frozen=True)
class Mark:
    """One word's look. ``letter`` stands in for ``symbol`` where only ASCII can be shown."""

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
    """The neutral colours of a page: behind everything, of cards, of text, of lesser text, of lines."""

    page: str
    card: str
    ink: str
    muted: str
    line: str


LIGHT = Paper(page="#f5f6f8", card="#ffffff", ink="#1a1f26", muted="#58616d", line="#d5dae1")
DARK = Paper(page="#0d1014", card="#14181d", ink="#e6eaf0", muted="#a0abb8", line="#333b46")

VERDICTS = (
    Mark(Verdict.UNEXPECTED, "✕", "X", "#9b1208", "#ff6b5e", "", "bold red", "no row of the table allows it"),
    Mark(Verdict.BLOCKED, "⊘", "B", "#946200", "#f5b133", "////", "yellow", "a row allows it, and it got no service"),
    Mark(Verdict.UNDETERMINED, "?", "?", "#5b3df0", "#8b7cf6", "||||", "magenta", "the captures cannot tell"),
    Mark(Verdict.WAIVED, "◇", "W", "#0b6b46", "#2fd69a", "xxxx", "green", "the profile waives it for now"),
    Mark(Verdict.EXPECTED, "✓", "v", "#1b72cb", "#57b1f4", "", "blue", "a row of the table covers it"),
    Mark(
        Verdict.OUT_OF_SCOPE,
        "○",
        "o",
        "#31373f",
        "#ccd4dd",
        "\\\\\\\\",
        "default",
        "neither end nor port is of DPM",
    ),
    Mark(Verdict.BACKGROUND, "·", ".", "#6d7580", "#7d848d", "", "dim", "what every network does, as ARP and IGMP"),
)
"""The verdicts, most serious first."""

_LOOK = {mark.word: mark for mark in VERDICTS}


def _like(word: str, verdict: Verdict, meaning: str, symbol: str = "", letter: str = "") -> Mark:
    look = _LOOK[verdict]
    return Mark(
        word, symbol or look.symbol, letter or look.letter, look.light, look.dark, look.hatch, look.terminal, meaning
    )


_MISSING = Mark(
    Status.MISSING, "!", "!", "#6a1464", "#e067be", "++++", "bold magenta", "it had to be seen, and was not"
)

STATUSES = (
    _MISSING,
    _like(Status.BLOCKED, Verdict.BLOCKED, "tried, and got no service"),
    _like(Status.SATISFIED, Verdict.EXPECTED, "seen, as the row states it"),
    _like(Status.NOT_OBSERVABLE, Verdict.UNDETERMINED, "these captures could not have shown it"),
    _like(Status.NOT_EXERCISED, Verdict.OUT_OF_SCOPE, "not seen, and nothing asked for it", "—", "-"),
    _like(Status.NOT_APPLICABLE, Verdict.BACKGROUND, "this machine or this site has no use for it"),
)
"""The statuses of a row of the table, most serious first."""

BOOTS = (
    _like(BootStatus.STALLED, Verdict.BLOCKED, "the boot stopped on its way"),
    _like(BootStatus.NOT_OBSERVABLE, Verdict.UNDETERMINED, "these captures could not have shown the end"),
    _like(BootStatus.COMPLETE, Verdict.EXPECTED, "the agent's connection was seen"),
)
"""The statuses of a PXE boot, most serious first."""

UNKNOWN = Mark("", "¤", "#", LIGHT.muted, DARK.muted, "", "default", "a word that this version does not know")
_MARKS = {mark.word: mark for mark in (*BOOTS, *STATUSES, *VERDICTS)}


def mark(word: str) -> Mark:
    """The look of a verdict, a row's status or a boot's status; a neutral one for any other word."""
    return _MARKS.get(word, UNKNOWN)
