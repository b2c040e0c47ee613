"""What comes first: how sure the answer is, where to look, and what happened in order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyzer.palette import STATUSES
from analyzer.render.shared.groups import Group
from analyzer.render.shared.page_model import Boot, each, instant
from analyzer.report import Capture, Report
from analyzer.units import plural, seconds
from analyzer.values import BootStatus, Status, Verdict, severity

POINTERS = 6
"""Places that the reader is sent to first."""
CAPTURES = 12
"""Captures whose beginnings and ends are listed as events; if there are more, only the gaps are."""
COMPLETE = 12
"""Boots that are listed as events; if there are more, only those that did not complete."""
_STATUSES = {mark.word: place for place, mark in enumerate(STATUSES)}


@dataclass(frozen=True)
class Fact:
    """Something that the answer rests on; ``doubtful`` where it weakens it; ``target``: the section that has more."""

    name: str
    text: str
    target: str
    doubtful: bool = False


@dataclass(frozen=True)
class Pointer:
    """One thing to read first: a group of findings or a boot."""

    group: Group | None = None
    boot: Boot | None = None


@dataclass(frozen=True)
class Event:
    """An event at ``time`` (that continued until ``last``): a group, a boot, or ``text`` about a capture."""

    time: str
    last: str
    word: str
    group: Group | None = None
    boot: Boot | None = None
    text: str = ""


@dataclass(frozen=True)
class MachineRows:
    """A machine with the status of each row of the table, in the order of the rows; empty where it was not judged."""

    name: str
    statuses: tuple[str, ...]


@dataclass(frozen=True)
class Matrix:
    """Every row of the table (down the columns) for the first machines, most serious first; of how many."""

    rules: tuple[str, ...]
    machines: tuple[MachineRows, ...]
    total: int


def sure(report: Report) -> Iterator[Fact]:
    """How sure the answer is; the notes of the document have the rest."""
    meta = report.meta
    if meta.site.given:
        yield Fact("Roles", f"given by {meta.site.source or meta.site.name}", "hosts")
    else:
        yield Fact("Roles", "inferred from the traffic", "hosts", doubtful=True)
    yield _vantages(meta.captures)
    flaws = list(_flaws(meta.captures, meta.left_out))
    number = len(meta.captures)
    captures = plural(number, "capture")
    yield Fact("Captures", f"{captures}, {', '.join(flaws) or 'no loss or damage reported'}", "captures", bool(flaws))
    yield _frames(meta.captures)
    rules = report.rows["rule"]
    rows = f"{rules[rules != ''].nunique()} rows"
    lacking = f"; {len(meta.not_covered)} items of the guide are not covered" if meta.not_covered else ""
    yield Fact("Table", f"{rows}{lacking}", "not-covered", bool(meta.not_covered))
    if count := meta.verdicts.get(Verdict.UNDETERMINED, 0):
        yield Fact("Left open", f"{plural(count, 'flow')} whose verdict is not known", "flows", doubtful=True)


def first_to_read(groups: Iterable[Group], boots: Iterable[Boot]) -> list[Pointer]:
    """The most serious findings in their order, the first of each verdict among them, and the first stalled boot."""
    listed = list(groups)
    firsts = {group.lead["verdict"]: place for place, group in reversed(list(enumerate(listed)))}
    stalled = [Pointer(boot=boot) for boot in boots if boot.row["status"] == BootStatus.STALLED][:1]
    others = [place for place in range(len(listed)) if place not in firsts.values()]
    chosen = sorted([*firsts.values(), *others[: max(POINTERS - len(stalled) - len(firsts), 0)]])
    return [*(Pointer(group=listed[place]) for place in chosen), *stalled]


def events(report: Report, groups: Iterable[Group], boots: Iterable[Boot], limit: int) -> list[Event]:
    """The ``limit`` most serious events, in time's order."""
    listed = [
        *_of_captures(report.meta.captures),
        *(Event(group.first, group.last, group.lead["verdict"], group=group) for group in groups if group.first),
        *(
            Event(boot.row["started"], boot.row["ended"], boot.row["status"], boot=boot)
            for boot in boots
            if boot.row["started"] and (boot.row["status"] != BootStatus.COMPLETE or len(report.boots) <= COMPLETE)
        ),
    ]
    serious = sorted(listed, key=lambda event: -1 if event.text else 1 if event.boot else severity(event.word))
    return sorted(serious[:limit], key=lambda event: pd.Timestamp(event.time))


def matrix(report: Report, limit: int) -> Matrix:
    """Rows of the table by machine; machines with missing and blocked rows first."""
    rows = report.rows[report.rows["rule"] != ""]
    (machine, machines), (rule, rules) = pd.factorize(rows["machine"]), pd.factorize(rows["rule"])
    grid = np.full((len(machines), len(rules)), len(_STATUSES), dtype=np.int64)
    np.minimum.at(grid, (machine, rule), each(rows["status"], lambda word: _STATUSES.get(word, len(_STATUSES))))
    first, second = ((grid == _STATUSES[word]).sum(axis=1) for word in (Status.MISSING, Status.BLOCKED))
    shown = np.lexsort((-second, -first))[:limit]
    words = [*_STATUSES, ""]
    chosen = (MachineRows(machines[place], tuple(words[status] for status in grid[place].tolist())) for place in shown)
    return Matrix(tuple(rules), tuple(chosen), len(machines))


def statuses(report: Report) -> dict[str, int]:
    """How many lines of the rows table have each status."""
    counts = report.rows["status"].value_counts()
    return {mark.word: int(counts.get(mark.word, 0)) for mark in STATUSES}


def _vantages(captures: Iterable[Capture]) -> Fact:
    listed = list(captures)
    places = len({capture.vantage for capture in listed})
    one_sided = len({capture.vantage for capture in listed if capture.one_sided})
    text = f"{places} capture points at the same time" if places > 1 else "one capture point" if places else "none"
    if one_sided:
        text += ", one-sided" if one_sided == places else f", {one_sided} of them one-sided"
    return Fact("Vantage", text, "captures", bool(one_sided))


def _flaws(captures: Iterable[Capture], left_out: tuple[str, ...]) -> Iterator[str]:
    listed = list(captures)
    counts = (
        (len(left_out), "left out"),
        (sum(bool(capture.damage) for capture in listed), "damaged"),
        (sum(bool(capture.dropped) for capture in listed), "with packets dropped"),
        (sum(bool(capture.snapped) for capture in listed), "with frames cut short"),
        (sum(bool(capture.filters) for capture in listed), "captured with a filter"),
        (sum(bool(capture.gap) for capture in listed), "after a gap"),
        (sum(not capture.frames for capture in listed), "without a frame"),
    )
    yield from (f"{count:,} {what}" for count, what in counts if count)


def _frames(captures: Iterable[Capture]) -> Fact:
    listed = list(captures)
    frames, in_flows = sum(one.frames for one in listed), sum(one.in_flows for one in listed)
    aside = sum(sum(one.accounted.values()) for one in listed)
    if frames != in_flows + aside:
        return Fact("Frames", f"{frames:,}: the sums do not agree", "captures", doubtful=True)
    return Fact("Frames", f"{frames:,}, all accounted for: {in_flows:,} in flows, {aside:,} set aside", "captures")


def _of_captures(captures: Iterable[Capture]) -> Iterator[Event]:
    listed = list(captures)
    for capture in listed:
        begin, end = instant(capture.first_ts), instant(capture.last_ts)
        if capture.gap:
            gap = seconds(capture.gap / 1e9)
            yield Event(begin, "", "", text=f"{capture.name} begins, {gap} after the previous one ended")
        elif begin and len(listed) <= CAPTURES:
            yield Event(begin, "", "", text=f"{capture.name} begins")
        if end and len(listed) <= CAPTURES:
            yield Event(end, "", "", text=f"{capture.name} ends")


def span(report: Report) -> tuple[str, str]:
    """When the first capture begins and the last one ends, as times of the document; empty where there is no frame."""
    begun = [capture.first_ts for capture in report.meta.captures if capture.first_ts is not None]
    ended = [capture.last_ts for capture in report.meta.captures if capture.last_ts is not None]
    return instant(min(begun, default=None)), instant(max(ended, default=None))
