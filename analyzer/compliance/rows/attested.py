"""Attestations: what somebody states of rows that the captures could not show, and of items that no row covers.

An attested row never counts as satisfied, and a missing row is never attested. As with waivers, expiry is judged
against the time of the captures, never against today. An attestation that has lapsed leaves everything as it was.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from analyzer.compliance.rows.result import RowResult
from analyzer.compliance.verdict.waivers import end_of_day
from analyzer.errors import AnalyzerError
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.messages import message
from analyzer.rules import RuleTable
from analyzer.site import Attestation, Site
from analyzer.text import suggestion
from analyzer.values import Status

ATTESTABLE = frozenset({Status.NOT_OBSERVABLE})
"""The statuses of rows that somebody may attest."""


def require_known_targets(site: Site, rules: RuleTable) -> None:
    """Refuse attestations of what the table does not have.

    Raises:
        AnalyzerError: an attestation names no row and no item of the guide.
    """
    ids = [rule.id for rule in rules.rules]
    items = sorted({rule.item for rule in rules.rules} | {part.item for part in rules.not_covered})
    for one in site.profile.attestations:
        if one.rule is not None and one.rule not in ids:
            guess = suggestion(one.rule, ids)
            raise AnalyzerError(f"attestations: {one.rule!r} is no row of the table; {guess}its rows: {', '.join(ids)}")
        if one.item is not None and one.item not in items:
            guess = suggestion(one.item, items)
            raise AnalyzerError(f"attestations: {one.item!r} is no item of the guide; {guess}items: {', '.join(items)}")


def captured_until(captures: Iterable[CaptureFacts]) -> int:
    """When the last frame was captured, in nanoseconds; -1 if no frame has a time."""
    return max((facts.last for facts in captures if facts.frames), default=-1)


def is_in_force(attestation: Attestation, until: int) -> bool:
    """Whether an attestation still held when the last frame was captured. Without a frame nothing shows that it did."""
    return 0 <= until < end_of_day(str(attestation.expires))


def has_lapsed(attestation: Attestation, until: int) -> bool:
    return until >= end_of_day(str(attestation.expires))


def attest(
    rows: Sequence[RowResult], attestations: Sequence[Attestation], uncovered: Iterable[str], until: int
) -> Iterator[RowResult]:
    """The rows, with those that somebody attests; then a line for each attested item that has none.

    ``uncovered``: the items that the table in use does not cover; ``until``: when the last frame was captured.
    """
    numbers: dict[tuple[str, str, str], list[int]] = {}
    for number, one in enumerate(attestations):
        numbers.setdefault(one.target, []).append(number)
    for row in rows:
        attestable = row.status in ATTESTABLE and not row.check
        yield _attested(row, numbers.get(row.target, ()) if attestable else (), attestations, until)
    listed = {row.item for row in rows if row.rule is None}
    for item in uncovered:
        found = numbers.get(("", item, ""), ()) if item not in listed else ()
        bare = RowResult(None, item, "", Status.NOT_OBSERVABLE, (message("item-not-covered"),))
        line = _attested(bare, found, attestations, until)
        if line.status is Status.ATTESTED:
            yield line


def _attested(row: RowResult, numbers: Sequence[int], attestations: Sequence[Attestation], until: int) -> RowResult:
    """The row with the first attestation that is in force; else with the one that lapsed last."""
    for number in numbers:
        if is_in_force(attestations[number], until):
            one = attestations[number]
            why = message("row-attested", owner=one.owner, expires=str(one.expires), evidence=one.evidence)
            return replace(row, status=Status.ATTESTED, why=(why, *row.why), attestation=number)
    lapsed = [number for number in numbers if has_lapsed(attestations[number], until)]
    if not lapsed:
        return row
    number = max(lapsed, key=lambda one: attestations[one].expires)
    one = attestations[number]
    why = message("row-attestation-lapsed", owner=one.owner, expires=str(one.expires))
    return replace(row, why=(*row.why, why), attestation=number)
