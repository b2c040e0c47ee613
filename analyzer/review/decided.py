"""A line of the workbook and what was decided on it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from analyzer.review.problems import Problems
from analyzer.review.subjects import check_of
from analyzer.review.words import (
    BECAUSE,
    CHECK,
    CHOICES,
    DECISION,
    DEPENDS,
    EXPIRES,
    FINDINGS,
    OWNER,
    TICKET,
    VERDICT_REASON,
    Decision,
    decision_columns,
)
from analyzer.values import Status

LONGEST = 2000
"""Characters of a text that a reviewer writes."""


@dataclass(frozen=True)
class DecisionLine:
    """``number``: the row of the sheet; ``column``: the number of its column for decisions. ``depends``: the cells that
    the decision depends on. ``decision``: nothing where none was made. ``verdict_reason``: of a finding, nothing where
    the sheet does not say it."""

    sheet: str
    number: int
    column: int
    depends: Mapping[str, str]
    choices: tuple[str, ...]
    decision: str = ""
    owner: str = ""
    because: str = ""
    expires: str = ""
    ticket: str = ""
    verdict_reason: str = ""

    @property
    def can_be_accepted(self) -> bool:
        return Decision.ACCEPT in self.choices

    @property
    def terms(self) -> tuple[str, ...]:
        """The hosts and the service of its waiver."""
        return tuple(value for name, value in self.depends.items() if name.startswith("waiver"))

    @property
    def answer(self) -> tuple[str, ...]:
        return self.decision, self.owner, self.because, self.expires, self.ticket


def decided(  # noqa: PLR0913, PLR0917 - where the line is, and what it says
    sheet: str, number: int, texts: Mapping[str, str], header: Mapping[str, int], until: str, problems: Problems
) -> DecisionLine:
    """The line, with its mistakes added to ``problems``. ``texts``: its cells by column; ``until``: when the last frame
    was captured."""
    line = DecisionLine(
        *(sheet, number, header[DECISION], {name: texts[name] for name in DEPENDS[sheet]}),
        *(tuple(texts[CHOICES].split()), texts[DECISION].lower(), texts[OWNER]),
        *(texts[BECAUSE[sheet]], day_of(texts[EXPIRES]), texts[TICKET], texts.get(VERDICT_REASON, "")),
    )
    if any(line.answer):
        for title, sentence in (*mistakes(line, texts), *missing_parts(line, until)):
            problems.add(sheet, number, header[title], title, sentence)
    return line


def mistakes(line: DecisionLine, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is wrong with a line on which something was written: the column, and a sentence."""
    if not line.decision:
        written = next(name for name in decision_columns(line.sheet) if texts[name])
        yield DECISION, f"there is none, but {written} is filled in: choose one, or empty the other cells"
    elif texts[CHECK] != check_of(line.sheet, line.depends, texts[CHOICES]):
        yield DECISION, "the locked cells of this line were changed: copy the decision into a workbook that was not"
    elif line.decision not in line.choices:
        yield DECISION, why_not(texts[DECISION], line)
    for title in (OWNER, BECAUSE[line.sheet], TICKET):
        if len(texts[title]) > LONGEST:
            yield title, f"has {len(texts[title])} characters: write {LONGEST} at most"


def missing_parts(line: DecisionLine, until: str) -> Iterator[tuple[str, str]]:
    """What a decision that becomes a part of the profile lacks."""
    if line.decision not in (Decision.ACCEPT, Decision.ATTEST) or line.decision not in line.choices:
        return
    for title, text in ((OWNER, line.owner), (BECAUSE[line.sheet], line.because), (EXPIRES, line.expires)):
        if not text:
            yield title, f"must not be empty: {line.decision} needs it"
    since = (line.depends["last seen"] if line.sheet == FINDINGS else until)[:10]
    if line.expires and (sentence := wrong_day(line.expires, since)):
        yield EXPIRES, sentence


def why_not(decision: str, line: DecisionLine) -> str:
    """Why a decision is not possible on a line."""
    missing = Status.MISSING in (line.depends.get("verdict"), line.depends.get("status"))
    if missing and line.decision in tuple(Decision):
        return "a missing row can be neither accepted nor attested: the captures could have shown it"
    if not line.choices:
        return f"nothing can be decided on this line of {line.sheet}: empty its open cells"
    return f"{decision[:60]!r} is not possible here: choose {', '.join(line.choices[:-1])} or {line.choices[-1]}"


def day_of(text: str) -> str:
    """A day in the one form that profiles have; any other text as it is."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return text


def wrong_day(text: str, since: str) -> str:
    """What is wrong with an expiry; nothing if it is a day that is not before ``since``."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return f"{text[:60]!r} is no day: write it as YYYY-MM-DD"
    return f"{text} is before {since}, when this was captured: nothing would follow from it" if text < since else ""
