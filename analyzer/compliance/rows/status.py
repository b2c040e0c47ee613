"""Which rows of the table were exercised, by which machine - and which had to be and were not.

A row is missing only where it had to be seen: somebody expects it, or a series that began demands it, and the captures
could have shown it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from analyzer.compliance.boots.stages import BootAttempt
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.rows.coverage import SERVED, STOPPED, UNCLEAR, RowTally, cover, tally_rows
from analyzer.compliance.rows.expectations import (
    Expectation,
    UnmetExpectation,
    find_unmet,
    overlaps,
    series_expectations,
    unmet_after_boots,
)
from analyzer.compliance.rows.observability import PartyIndex, RowVisibility
from analyzer.rules import Rule
from analyzer.values import Cast, Role, Status


@dataclass
class RowResult:
    """A row of the table and a machine; the empty name stands for no machine in particular. Times in nanoseconds."""

    rule: Rule | None
    item: str
    machine: str
    status: Status
    flows: int = 0
    first: int = -1
    last: int = -1
    why: str = ""


def judge_rows(
    judgement: Judgement, boots: list[BootAttempt], expectations: list[Expectation], unknown: list[str]
) -> list[RowResult]:
    """A line for every row of the table and every machine that it speaks of. ``unknown``: items that were asked for and
    that the table in use does not cover."""
    coverage = cover(judgement, boots)
    seen = tally_rows(coverage)
    needed, beyond = series_expectations(judgement, coverage)
    missing = find_unmet(judgement, coverage, [*needed, *expectations]) | unmet_after_boots(judgement, boots)
    over = (
        "Flows beyond the limit were not kept; it may be among them."
        if any(v.over_limit for v in judgement.vantages)
        else ""
    )
    parties = PartyIndex(judgement)
    visibilities = [RowVisibility(vantage, parties) for vantage in judgement.vantages]
    rows = []
    for number, rule in enumerate(judgement.rules.rules):
        not_applicable = why_not_applicable(judgement, rule)
        met = {name for at, name in seen if at == number}, {name for at, name in missing if at == rule.id}
        names = list(dict.fromkeys([*machines_of(rule, judgement), *sorted(met[0]), *sorted(met[1])]))
        for name in names:
            entry = seen.get((number, name), RowTally())
            unmet = missing.get((rule.id, name), UnmetExpectation()) if not not_applicable else UnmetExpectation()
            then = [
                visibility for visibility in visibilities if overlaps(visibility.first, visibility.last, unmet.window)
            ]
            not_observable = unmet.doubt or over or why_not_observable(then, rule, name)
            status, why = status_of(not_applicable, entry, unmet, not_observable)
            rows.append(
                RowResult(rule, rule.item, name, status, sum(entry.counts.values()), entry.first, entry.last, why)
            )
    uncovered = dict.fromkeys(unknown, "It is expected, and the table in use does not cover this item.")
    for item in beyond:
        uncovered.setdefault(
            item,
            "A footnote of rows that were exercised makes it necessary, and the table in use does not cover this item.",
        )
    return rows + [RowResult(None, item, "", Status.NOT_OBSERVABLE, why=why) for item, why in uncovered.items()]


def machines_of(rule: Rule, judgement: Judgement) -> list[str]:
    """The machines that a row is told for: the profile's, where it speaks to or from one machine at a time."""
    one_machine = Role.MANAGED_MACHINE in rule.originator.roles or (
        Role.MANAGED_MACHINE in rule.responder.roles and Cast.UNICAST in rule.casts
    )
    names = [machine.name for machine in judgement.site.machines]
    return names if one_machine and names else [""]


class Circumstances(NamedTuple):
    """What is known of one row with one machine. ``idle``: why the row does not apply; ``demanded``: why it had to be
    seen, and ``tried``: whether it was, then, without service; ``hidden``: why it could not be seen; each empty where
    it is not so."""

    served: int
    stopped: int
    unclear: int
    not_applicable: str
    demanded: str
    tried: bool
    not_observable: str


STATUSES: tuple[tuple[Callable[[Circumstances], object], Status, Callable[[Circumstances], str]], ...] = (
    (
        lambda known: known.demanded and known.tried,
        Status.BLOCKED,
        lambda known: f"{known.demanded} It was tried, and got no service.",
    ),
    (
        lambda known: known.demanded and known.not_observable,
        Status.NOT_OBSERVABLE,
        lambda known: f"{known.demanded} {known.not_observable}",
    ),
    (lambda known: known.demanded, Status.MISSING, lambda known: known.demanded),
    (
        lambda known: known.served,
        Status.SATISFIED,
        lambda known: f"Seen, with service{', and also without' if known.stopped else ''}.",
    ),
    (lambda known: known.stopped, Status.BLOCKED, lambda _: "Seen, and it never got service."),
    (
        lambda known: known.unclear,
        Status.NOT_OBSERVABLE,
        lambda _: "Seen, and the captures could not show how it ended.",
    ),
    (lambda known: known.not_applicable, Status.NOT_APPLICABLE, lambda known: known.not_applicable),
    (lambda known: known.not_observable, Status.NOT_OBSERVABLE, lambda known: known.not_observable),
    (lambda _: True, Status.NOT_EXERCISED, lambda _: "Nothing asked for it in the captures."),
)
"""The status of a row with a machine, and why: the first line that fits."""


def status_of(not_applicable: str, seen: RowTally, unmet: UnmetExpectation, not_observable: str) -> tuple[Status, str]:
    """The status of one row with one machine, and why; ``idle`` and ``hidden`` as in Circumstances."""
    counts = [seen.count(verdicts) for verdicts in (SERVED, STOPPED, UNCLEAR)]
    tried = bool(counts[1]) if unmet.tried is None else unmet.tried
    known = Circumstances(counts[0], counts[1], counts[2], not_applicable, unmet.because, tried, not_observable)
    return next((status, why(known)) for fits, status, why in STATUSES if fits(known))


def why_not_applicable(judgement: Judgement, rule: Rule) -> str:
    """Why a row does not apply to this site; nothing where it does."""
    if rule.wire == "never":
        return "The row exists inside one machine only; it is never seen on the wire."
    if judgement.site.dhcp_none and rule.stage in ("dhcp-request", "dhcp-reply"):
        return "The profile says that there is no DHCP server (footnote *8)."
    return ""


def why_not_observable(visibilities: list[RowVisibility], rule: Rule, machine: str) -> str:
    """Why no capture could have shown the row with this machine; nothing where one could."""
    if any(visibility.shows(rule, machine) for visibility in visibilities):
        return ""
    parties = sorted({role.value for role in (*rule.originator.roles, *rule.responder.roles)})
    who = "the machine" if machine else " or ".join(parties)
    return f"No capture was demonstrably taken where traffic of {who} for this row would pass."
