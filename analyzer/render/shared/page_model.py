"""The parts of a document in reading order, for all formats that people read.

Nothing is escaped here: text from captures is unchanged.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.capture.frame import Aside
from analyzer.palette import BOOTS, STATUSES
from analyzer.render.shared.wireshark import display_filter
from analyzer.report import BootStory, Capture, Report
from analyzer.report.danger import STOPPED_PLACE, danger_order, flow_danger_order, service_place
from analyzer.report.outcomes import finding_outcomes
from analyzer.timezone import local_time
from analyzer.units import plural, seconds
from analyzer.values import LADDER, EvidenceWord, Status, Verdict

LARGEST = 20
"""Flows with the most bytes; they are shown with any verdict."""
_STATUSES = {mark.word: place for place, mark in enumerate(STATUSES)}
_BOOTS = {mark.word: place for place, mark in enumerate(BOOTS)}
_PHRASES = {aside.word: aside.phrase for aside in Aside}
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(?:Z|\+00:00)?")


@dataclass(frozen=True)
class Finding:
    """A row of the findings; ``stopped``: an unexpected flow that got no service; ``filter``: Wireshark's, or empty."""

    row: dict[str, Any]
    stopped: bool
    filter: str


@dataclass(frozen=True)
class State:
    """The machines for which a row of the table has the same status, with the same reason."""

    status: str
    why: str
    machines: tuple[str, ...]
    flows: int
    first: str
    last: str


@dataclass(frozen=True)
class TableRow:
    """A row of the table with its states, most serious first."""

    rule: str
    item: str
    citation: str
    states: tuple[State, ...]


@dataclass(frozen=True)
class Step:
    """A stage of a boot: its time (empty: not reached), the time after the start, whether the boot stalled there."""

    name: str
    time: str
    after: str
    stalled: bool


@dataclass(frozen=True)
class Boot:
    """An attempt to boot: the number of its line in the table, the line, its stages, and the messages in it."""

    number: int
    row: dict[str, Any]
    steps: tuple[Step, ...]
    story: BootStory | None


FILTERED = ("flow", "orig_h", "orig_mac", "resp_h", "resp_p", "proto")
"""The columns that a display filter uses."""


def findings(report: Report, limit: int) -> list[Finding]:
    """The ``limit`` most serious findings; unexpected ones that were not stopped come before the others."""
    chosen = ordered(report).head(limit)
    texts = filters(report, chosen["example_flow"])
    rows = records(chosen.drop(columns=[OUTCOMES]))
    return [Finding(row, bool(row.pop("stopped")), text) for row, text in zip(rows, texts, strict=True)]


def filters(report: Report, names: "pd.Series[str]") -> list[str]:
    """Wireshark's display filters for flows by their identifiers; empty for an unknown flow."""
    shown = report.flows.loc[report.flows["flow"].isin(names), list(FILTERED)]
    texts = {row["flow"]: display_filter(row) for row in records(shown)}
    return [texts.get(name, "") for name in names]


OUTCOMES = "outcome_counts"
"""The column of ``ordered`` with the counts of a finding's outcomes."""


def ordered(report: Report) -> pd.DataFrame:
    """The findings, most serious first, with two more columns: ``stopped``, an unexpected flow that got no service; and
    OUTCOMES, the outcomes of its flows with their numbers.

    The order is that of ``danger_order``; documents of earlier versions have another one.
    """
    findings, outcomes = report.findings, finding_outcomes(report)
    served = np.array([service_place(counts) for counts in outcomes], dtype=np.int64)
    stopped = (served == STOPPED_PLACE) & (findings["verdict"] == Verdict.UNEXPECTED).to_numpy()
    counts = pd.Series(list(outcomes), index=findings.index, dtype=object)
    found, order = findings.assign(**{"stopped": stopped, OUTCOMES: counts}), danger_order(findings, outcomes)
    # In their own order, the columns need not be copied.
    in_order = np.array_equal(order, np.arange(len(order)))
    return (found if in_order else found.iloc[order]).reset_index(drop=True)


def examples(report: Report, names: "Collection[str] | pd.Series[str]") -> dict[str, dict[str, Any]]:
    """Lines of the flow table by their identifiers, of those that are in it."""
    return {row["flow"]: row for row in records(report.flows[report.flows["flow"].isin(list(names))])}


def flows(report: Report, limit: int, pinned: Collection[str] = ()) -> list[dict[str, Any]]:
    """The ``limit`` most serious flows, in the order of danger; flows that are no finding in the order of the table.

    The ``pinned`` ones and the ``LARGEST`` ones with the most bytes are chosen first.
    """
    serious = np.argsort(flow_danger_order(report.flows))
    carried = (report.flows["orig_bytes"] + report.flows["resp_bytes"]).to_numpy()
    first = np.ones(len(serious), dtype="int64")
    first[np.argsort(-carried, kind="stable")[:LARGEST]] = 0
    first[report.flows["flow"].isin(list(pinned)).to_numpy()] = -1
    chosen = np.lexsort((serious, first))[:limit]
    return records(report.flows.iloc[chosen[np.argsort(serious[chosen])]])


def each(values: "pd.Series[Any]", number: Callable[[str], int]) -> NDArray[np.int64]:
    """A number for each value, made once for each distinct value."""
    codes, words = pd.factorize(values, use_na_sentinel=False)
    numbers: NDArray[np.int64] = np.array([number(str(word)) for word in words], dtype=np.int64)
    return numbers[codes] if len(codes) else numbers


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The lines of a table, with Python values."""
    names = [str(name) for name in frame.columns]
    columns = [frame[name].tolist() for name in frame.columns]
    return [dict(zip(names, line, strict=True)) for line in zip(*columns, strict=True)]


def rows(report: Report) -> list[TableRow]:
    """The rows of the table in the document's order; machines with the same status and reason share a state."""
    column = {str(name): report.rows[name].tolist() for name in report.rows.columns}
    tables: dict[str, dict[tuple[str, str], list[int]]] = {}
    for line, (rule, *state) in enumerate(zip(column["rule"], column["status"], column["why"], strict=True)):
        tables.setdefault(rule, {}).setdefault((state[0], state[1]), []).append(line)
    first = {rule: next(iter(states.values()))[0] for rule, states in tables.items()}
    return [
        TableRow(rule, column["item"][first[rule]], column["citation"][first[rule]], _states(states, column))
        for rule, states in tables.items()
    ]


@dataclass(frozen=True)
class RowEvidence:
    """A row of the table with the number of its flows for each word of evidence, in the order of ``Word``."""

    rule: str
    counts: tuple[int, ...]

    @property
    def by_word(self) -> list[tuple[str, int]]:
        """Each word with its number of flows."""
        return [*zip(EvidenceWord, self.counts, strict=True)]


def executables(report: Report) -> list[RowEvidence]:
    """The rows whose flows have a word of evidence, by their ids; empty without evidence of hosts."""
    if report.meta.host_evidence is None:
        return []
    known = report.flows[report.flows["program_evidence"] != ""]
    counts = Counter(zip(known["rule"].tolist(), known["program_evidence"].tolist(), strict=True))
    rules = sorted({rule for rule, _ in counts})
    return [RowEvidence(rule, tuple(counts[rule, word.value] for word in EvidenceWord)) for rule in rules]


def boots(report: Report, limit: int) -> list[Boot]:
    """The first ``limit`` boots with their stages: stalled ones first, complete ones last."""
    order = np.argsort(each(report.boots["status"], lambda word: _BOOTS.get(word, -1)), kind="stable")
    stories = dict(enumerate(report.meta.boots))
    shown = report.boots.iloc[order[:limit]]
    return [
        Boot(number, row, _steps(row), stories.get(number))
        for number, row in zip(shown.index.tolist(), records(shown), strict=True)
    ]


def missing(report: Report) -> int:
    """How many rows of the table are missing."""
    return int((report.rows["status"] == Status.MISSING).sum())


def stalled(report: Report) -> int:
    """How many PXE boots stalled."""
    return int((report.boots["status"] == "stalled").sum())


def host_text(address: str, name: str) -> str:
    """``kiosk-01 (192.168.0.21)``; the address alone for a host without a name in the profile."""
    return f"{name} ({address})" if name and address else address


def moment(text: str, timezone: str = "") -> str:
    """A time of the document for people, UTC, to the millisecond, and in brackets in the time zone; other text as it
    is."""
    found = _MOMENT.fullmatch(text)
    if not found:
        return text
    utc = f"{found[1]} {found[2]}{(found[3] or '')[:4]}"
    local = local_time(f"{found[1]}T{found[2]}+00:00", timezone) if timezone else ""
    return f"{utc} ({local})" if local else utc


def instant(nanoseconds: int | None) -> str:
    """Nanoseconds since the epoch as a time of the document; an empty string for None."""
    return "" if nanoseconds is None else pd.Timestamp(nanoseconds, unit="ns", tz="UTC").isoformat()


def lasted(capture: Capture) -> str:
    """How long a capture lasted; an empty string for one without frames."""
    if capture.first_ts is None or capture.last_ts is None:
        return ""
    return seconds((capture.last_ts - capture.first_ts) / 1e9)


def where_frames_went(capture: Capture) -> str:
    """The frames in flows, and those in no flow by reason, as a sum."""
    went = {"in flows": capture.in_flows}
    went |= {_PHRASES.get(reason, reason): frames for reason, frames in capture.accounted.items()}
    return " + ".join(f"{frames:,} {reason}" for reason, frames in went.items())


def quality(capture: Capture) -> list[str]:
    """What the capture shows of how it was made, except damage: a sentence each."""
    sentences = [
        (capture.dropped, f"reports {plural(capture.dropped, 'dropped packet')}"),
        (capture.gap, f"begins {seconds((capture.gap or 0) / 1e9)} after the file before it ended"),
        (capture.one_sided, "one-sided: no conversation has packets of both sides"),
        (
            capture.backwards,
            f"{capture.backwards} frames older than the one before, by {seconds(capture.step_back / 1e9)} at most",
        ),
        (capture.undated, f"{capture.undated} frames without a time stamp"),
        (capture.overlong, f"{capture.overlong} frames longer than they state"),
        (capture.blocks.get("decryption secrets"), "has decryption secrets, which were not used"),
        (capture.filters, f"captured with the filter {', '.join(capture.filters)}"),
        (capture.comments, f"comments: {'; '.join(capture.comments)}"),
    ]
    return [sentence for there, sentence in sentences if there]


def _states(lines_of: Mapping[tuple[str, str], list[int]], column: Mapping[str, list[Any]]) -> tuple[State, ...]:
    """The states of one row of the table. ``lines_of``: the lines of each status and reason."""
    states = [
        State(
            *(status, why, tuple(column["machine"][line] for line in lines)),
            flows=sum(max(column["flows"][line], 0) for line in lines),
            first=min(filter(None, (column["first_seen"][line] for line in lines)), default=""),
            last=max(filter(None, (column["last_seen"][line] for line in lines)), default=""),
        )
        for (status, why), lines in lines_of.items()
    ]
    return tuple(sorted(states, key=lambda state: _STATUSES.get(state.status, len(_STATUSES))))


def _steps(row: dict[str, Any]) -> tuple[Step, ...]:
    start = _nanoseconds(row["started"])
    steps = []
    for name in LADDER:
        reached = _nanoseconds(row[name])
        after = seconds((reached - start) / 1e9) if reached is not None and start is not None else ""
        steps.append(Step(name.replace("_", " "), row[name], after, stalled=row["stalled_at"] == name))
    return tuple(steps)


def _nanoseconds(text: str) -> int | None:
    return pd.Timestamp(text).value if _MOMENT.fullmatch(text) else None
