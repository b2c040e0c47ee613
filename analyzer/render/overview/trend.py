"""A small chart: the unexpected and the blocked flows of all sites by day. This is the geometry; the page draws it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from analyzer.palette import VERDICTS, Mark
from analyzer.values import Verdict

SHOWN = tuple(one for one in VERDICTS if one.word in {Verdict.UNEXPECTED, Verdict.BLOCKED})
"""What is drawn, from the bottom up. Other verdicts are no trend to act on, and would hide these."""
MOST_DAYS = 92
WIDTH, HEIGHT = 720, 150
LEFT, RIGHT, TOP, BOTTOM = 56, 8, 14, 26
"""The space around the bars, in which the numbers and the days are."""
WIDEST = 26


@dataclass(frozen=True)
class Bar:
    """One rectangle. ``word``: the verdict."""

    word: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class DayBars:
    """A day with its bars; ``x``: its middle; ``label``: what a reader reads of it."""

    day: str
    x: float
    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Trend:
    """The chart. ``days``: every day of the calendar between the first and the last; ``most``: flows of the highest
    bar; ``earlier``: days before them that are not drawn; ``summary``: the chart in words."""

    days: tuple[DayBars, ...]
    most: int
    earlier: int
    summary: str
    marks: tuple[Mark, ...] = SHOWN
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    top: int = TOP
    base: int = HEIGHT - BOTTOM


def trend_of(days: Mapping[str, Counter[str]]) -> Trend | None:
    """The chart of these days (2026-03-02 -> verdict -> flows); None if they are fewer than two."""
    known = {at: counts for day, counts in days.items() if (at := day_of(day))}
    if len(known) < 2:
        return None
    last = max(known)
    first = max(min(known), last - timedelta(MOST_DAYS - 1))
    shown = [first + timedelta(number) for number in range((last - first).days + 1)]
    counts = [[known.get(day, Counter())[one.word] for one in SHOWN] for day in shown]
    most = max(map(sum, counts))
    wide = (WIDTH - LEFT - RIGHT) / len(shown)
    drawn = tuple(
        day_bars(day, one, LEFT + (place + 0.5) * wide, min(WIDEST, wide * 0.8), most)
        for place, (day, one) in enumerate(zip(shown, counts, strict=True))
    )
    return Trend(drawn, most, sum(day < first for day in known), summary_of(shown, counts))


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def day_bars(day: date, counts: Sequence[int], middle: float, width: float, most: int) -> DayBars:
    """The bars of a day, one above the other."""
    bars, foot = [], float(HEIGHT - BOTTOM)
    for look, count in zip(SHOWN, counts, strict=True):
        if count:
            # Even one flow beside a million has to be seen.
            height = max(1.5, count / most * (HEIGHT - BOTTOM - TOP))
            foot -= height
            bars.append(Bar(look.word, round(middle - width / 2, 1), round(foot, 1), round(width, 1), round(height, 1)))
    words = ", ".join(f"{count} {look.word}" for look, count in zip(SHOWN, counts, strict=True))
    return DayBars(day.isoformat(), round(middle, 1), f"{day.isoformat()}: {words}", tuple(bars))


def summary_of(days: Sequence[date], counts: Sequence[Sequence[int]]) -> str:
    """The chart in words, for those who do not see it."""
    sums = [sum(column) for column in zip(*counts, strict=True)]
    words = " and ".join(f"{count} {look.word}" for look, count in zip(SHOWN, sums, strict=True))
    highest = max(range(len(days)), key=lambda place: sum(counts[place]))
    peak = f", the most on {days[highest]}" if sum(sums) else ""
    return f"{words} flows from {days[0]} to {days[-1]}{peak}."
