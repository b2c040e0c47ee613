"""Which rows of the table were exercised, by which machine, and which were required and not exercised.

A row is missing only if it was required (it is expected, or a series that began requires it) and the captures could
have shown it.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from analyzer import net
from analyzer.compliance.boots.stages import BootAttempt
from analyzer.compliance.exchanges.dhcp import count_cut_messages
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.rows.attested import attest, captured_until
from analyzer.compliance.rows.coverage import RowTally, cover, tally_rows
from analyzer.compliance.rows.expectations import (
    Requirements,
    UnmetExpectation,
    find_unmet,
    overlaps,
    series_expectations,
    unmet_after_boots,
)
from analyzer.compliance.rows.observability import PartyIndex, RowVisibility
from analyzer.compliance.rows.result import RowResult
from analyzer.messages import Message, message
from analyzer.rules import Rule
from analyzer.site import Site
from analyzer.values import Cast, Role, Status


def judge_rows(judgement: Judgement, boots: list[BootAttempt], required: Requirements) -> list[RowResult]:
    """One result for every row of the table and every machine that it concerns."""
    rules, site, vantages = judgement.rules, judgement.site, judgement.vantages
    coverage = cover(judgement, boots)
    begins = min((vantage.first for vantage in vantages), default=0)
    needed, needed_beyond = series_expectations(rules, site, begins, coverage)
    captures = judgement.evidence.captures
    unmet = find_unmet(rules, captures, coverage, [*needed, *required.expectations]) | unmet_after_boots(rules, boots)
    over_limit = message("row-beyond-limit") if any(vantage.over_limit for vantage in vantages) else None
    cut = cut_items(judgement)
    addressed = {machine.name for machine in site.machines if machine.address}
    if len(addressed) == len(site.machines):
        addressed.add("")
    parties = PartyIndex(judgement)
    visibilities = [RowVisibility(vantage, parties) for vantage in vantages]
    results: list[RowResult] = []
    tallies = tally_rows(coverage)
    for number, rule in enumerate(rules.rules):
        not_applicable = why_not_applicable(rule, site)
        tallied = sorted(name for at, name in tallies if at == number)
        lacking = sorted(name for at, name in unmet if at == rule.id)
        for name in dict.fromkeys([*machines_of(rule, site), *tallied, *lacking]):
            tally = tallies.get((number, name), NO_TALLY)
            missed = unmet.get((rule.id, name), NOTHING_UNMET) if not not_applicable else NOTHING_UNMET
            then = [one for one in visibilities if overlaps(one.first, one.last, missed.window)]
            # Flows of a machine with an address of its own are its flows, independent of DHCP messages.
            known = bool(missed.because) and name in addressed
            beyond = over_limit or (None if known else cut.get(rule.item))
            not_observable = missed.doubt or beyond or why_not_observable(then, rule, name)
            status, why = status_of(not_applicable, tally, missed, not_observable)
            flows = sum(tally.counts.values())
            results.append(RowResult(rule, rule.item, name, status, why, flows, tally.first, tally.last))
    results += items_not_covered(required.not_covered, needed_beyond)
    uncovered = [part.item for part in rules.not_covered]
    return [*attest(results, site.profile.attestations, uncovered, captured_until(captures))]


def cut_items(judgement: Judgement) -> dict[str, Message]:
    """Items with a row of DHCP, if DHCP messages were cut short: these name the machine of an address, so flows of the
    item cannot be given to machines, and boots are not followed."""
    messages = count_cut_messages(judgement.table)
    if not messages:
        return {}
    why = message("row-dhcp-cut", messages=messages)
    ports = {net.DHCP_SERVER, net.DHCP_CLIENT}
    return {rule.item: why for rule in judgement.rules.rules if rule.responder.port in ports}


def items_not_covered(expected: Sequence[str], needed: Sequence[str]) -> Iterator[RowResult]:
    """Items that are ``expected``, or ``needed`` by footnotes, and that the table in use does not cover."""
    why = dict.fromkeys(needed, message("item-required-not-covered"))
    why |= dict.fromkeys(expected, message("item-expected-not-covered"))
    for item in dict.fromkeys([*expected, *needed]):
        yield RowResult(None, item, "", Status.NOT_OBSERVABLE, (why[item],))


def machines_of(rule: Rule, site: Site) -> list[str]:
    """The machines that a row is reported for: those of the profile, if one flow of the row concerns one machine."""
    one_machine = Role.MANAGED_MACHINE in rule.originator.roles or (
        Role.MANAGED_MACHINE in rule.responder.roles and Cast.UNICAST in rule.casts
    )
    names = [machine.name for machine in site.machines]
    return names if one_machine and names else [""]


class Circumstances(NamedTuple):
    """What is known of one row with one machine.

    ``served``, ``stopped``, ``unclear``: numbers of its flows. ``not_applicable``: why the row does not apply;
    ``required``: why the captures had to show it; ``tried``: whether it was tried without service when it was
    required; ``not_observable``: why the captures could not show it. None or empty if it is not so.
    """

    served: int
    stopped: int
    unclear: int
    not_applicable: Message | None
    required: tuple[Message, ...]
    tried: bool
    not_observable: Message | None


Why = Callable[[Circumstances], tuple[Message | None, ...]]

STATUSES: tuple[tuple[Callable[[Circumstances], object], Status, Why], ...] = (
    (
        lambda known: known.required and known.tried,
        Status.BLOCKED,
        lambda known: (*known.required, message("row-tried")),
    ),
    (
        lambda known: known.required and known.not_observable,
        Status.NOT_OBSERVABLE,
        lambda known: (*known.required, known.not_observable),
    ),
    (
        lambda known: known.required and known.unclear,
        Status.MISSING,
        lambda known: (*known.required, message("row-required-unclear")),
    ),
    (
        lambda known: known.required,
        Status.MISSING,
        lambda known: (*known.required, message("row-not-captured")),
    ),
    (
        lambda known: known.served and known.stopped,
        Status.SATISFIED,
        lambda _: (message("row-satisfied-partly"),),
    ),
    (lambda known: known.served, Status.SATISFIED, lambda _: (message("row-satisfied"),)),
    (lambda known: known.stopped, Status.BLOCKED, lambda _: (message("row-blocked"),)),
    (lambda known: known.unclear, Status.NOT_OBSERVABLE, lambda _: (message("row-unclear"),)),
    (lambda known: known.not_applicable, Status.NOT_APPLICABLE, lambda known: (known.not_applicable,)),
    (lambda known: known.not_observable, Status.NOT_OBSERVABLE, lambda known: (known.not_observable,)),
    (lambda _: True, Status.NOT_EXERCISED, lambda _: (message("row-not-exercised"),)),
)
"""The status of a row with a machine, and why: the first line that fits."""

NO_TALLY = RowTally()
NOTHING_UNMET = UnmetExpectation()


def status_of(
    not_applicable: Message | None, tally: RowTally, unmet: UnmetExpectation, not_observable: Message | None
) -> tuple[Status, tuple[Message, ...]]:
    """The status of one row with one machine, and why; the messages as in Circumstances."""
    served, stopped, unclear = tally.totals if tally.counts else (0, 0, 0)
    tried = bool(stopped) if unmet.tried is None else unmet.tried
    known = Circumstances(served, stopped, unclear, not_applicable, unmet.because, tried, not_observable)
    _, status, why = STATUSES[
        _line_for(
            *(served > 0, stopped > 0, unclear > 0),
            *(not_applicable is not None, bool(unmet.because), tried, not_observable is not None),
        )
    ]
    return status, tuple(part for part in why(known) if part)


@cache
def _line_for(*there: bool) -> int:
    """The first line of STATUSES that fits. ``there``: for each of the circumstances, whether it is there at all."""
    known = Circumstances(*there)  # type: ignore[arg-type]  # the lines ask only whether a value is there
    return next(number for number, (fits, _, _) in enumerate(STATUSES) if fits(known))


def why_not_applicable(rule: Rule, site: Site) -> Message | None:
    """Why a row does not apply to this site; None if it does."""
    if rule.wire == "never":
        return message("row-internal")
    if site.dhcp_none and rule.stage in ("dhcp-request", "dhcp-reply"):
        return message("row-no-dhcp")
    return None


def why_not_observable(visibilities: list[RowVisibility], rule: Rule, machine: str) -> Message | None:
    """Why no capture could have shown the row with this machine; None if one could."""
    for visibility in visibilities:
        if visibility.shows(rule, machine):
            return None
    return message("row-hidden", machine=machine, roles=role_words(rule.originator.roles, rule.responder.roles))


@cache
def role_words(*ends: tuple[Role, ...]) -> tuple[str, ...]:
    """The words for the roles of both ends, sorted."""
    return tuple(sorted({role.value for roles in ends for role in roles}))
