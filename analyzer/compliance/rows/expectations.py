"""What the captures had to show: what is expected, and what a series that began requires (boots, footnotes *7, *8)."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from analyzer.compliance.boots.stages import BootAttempt
from analyzer.compliance.rows.attested import require_known_targets
from analyzer.compliance.rows.coverage import Coverage
from analyzer.errors import AnalyzerError
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.messages import Message, message
from analyzer.rules import Rule, RuleTable, needed_items
from analyzer.site import Site
from analyzer.text import suggestion
from analyzer.times import time_text
from analyzer.values import BootStatus

Window = tuple[int | None, int | None]
"""From, until (not included), in nanoseconds; None: open."""


@dataclass(frozen=True)
class RowExpectation:
    """One of these rows is required. ``rules``: their ids; ``because``: why; ``machines``: names, empty means any
    machine; ``doubt``: why the captures may not show it although it was there."""

    rules: tuple[str, ...]
    because: Message
    machines: tuple[str, ...] = ()
    window: Window = (None, None)
    doubt: Message | None = None


SERIES_BEFORE = 600_000_000_000
"""What a footnote requires may have come this long before the row that has the footnote."""


class UnmetExpectation(NamedTuple):
    """A row that was required and got no service. ``because``: why it was required; ``doubt``: why the captures may not
    show it, apart from their vantages; ``tried``: whether it was tried without service in the window, None for at any
    time; ``window``: when it was required."""

    because: tuple[Message, ...] = ()
    doubt: Message | None = None
    tried: bool | None = None
    window: Window = (None, None)


UnmetByRow = dict[tuple[str, str], UnmetExpectation]
"""(rule, machine) -> what is lacking; the empty name: any machine."""


class RequestedItem(NamedTuple):
    """An item or rule id that is expected. ``source``: where that is stated; ``chain``: the items that lead to it
    by their footnotes, from the one that the source names to this one; ``machines``: empty means any; ``window``:
    when."""

    item: str
    source: Literal["option", "profile"]
    chain: tuple[str, ...]
    machines: tuple[str, ...] = ()
    window: Window = (None, None)

    @property
    def required_by(self) -> str:
        """The item whose footnotes require this one; nothing if the source names it."""
        return self.chain[-2] if len(self.chain) > 1 else ""

    @property
    def because(self) -> Message:
        begin, until = (time_text(time) if time is not None else "" for time in self.window)
        return message("row-expected", source=self.source, items=self.chain, begin=begin, until=until)


class Requirements(NamedTuple):
    """What the captures have to show. ``items``: everything that is expected; ``expectations``: the rows that these
    items require; ``not_covered``: the items among them that the table in use does not cover."""

    items: tuple[RequestedItem, ...]
    expectations: tuple[RowExpectation, ...]
    not_covered: tuple[str, ...]


def find_requirements(site: Site, expect: Sequence[str], rules: RuleTable) -> Requirements:
    """What the profile and ``expect`` (items or rule ids) require, with what footnotes require beside it.

    Raises:
        AnalyzerError: an item is neither an item nor a rule of the guide, or an attestation names neither.
    """
    require_known_targets(site, rules)
    expectations: list[RowExpectation] = []
    not_covered: dict[str, None] = {}
    items = [*requested_items(site, expect)]
    asked = {expected.item for expected in items}
    for expected in items:  # grows while it is read
        groups = groups_of(expected.item, rules.rules, proxy=site.dhcp_on_server is False and not site.dhcp_none)
        if groups is None and expected.item in {part.item for part in rules.not_covered}:
            not_covered.setdefault(expected.item)
        elif groups is None:
            known = sorted({rule.item for rule in rules.rules} | {part.item for part in rules.not_covered})
            guess = suggestion(expected.item, [*known, *(rule.id for rule in rules.rules)])
            wrong = f"{expected.item!r} is neither an item nor a rule of the table"
            raise AnalyzerError(f"expect: {wrong}; {guess}items: {', '.join(known)}")
        else:
            because = expected.because
            expectations += [RowExpectation(group, because, expected.machines, expected.window) for group in groups]
            for item in needed_by(expected.item, rules, site):
                if item not in asked:
                    asked.add(item)
                    items.append(expected._replace(item=item, chain=(*expected.chain, item)))
    return Requirements(tuple(items), tuple(expectations), tuple(not_covered))


def requested_items(site: Site, expect: Sequence[str]) -> Iterator[RequestedItem]:
    """What --expect and the profile name."""
    yield from (RequestedItem(item, "option", (item,)) for item in expect)
    for entry in site.profile.expect:
        if isinstance(entry, str):
            yield RequestedItem(entry, "profile", (entry,))
        else:
            yield RequestedItem(entry.item, "profile", (entry.item,), entry.machines, entry.window)


def needed_by(item: str, rules: RuleTable, site: Site) -> list[str]:
    """The items that the footnotes of an item's rows, or of one rule, require."""
    chosen = [rule for rule in rules.rules if item in (rule.id, rule.item)]
    return list(dict.fromkeys(needed for rule in chosen for needed in needed_items(rule, rules, site)))


def overlaps(first: int, last: int, window: Window) -> bool:
    """Whether a time from ``first`` to ``last`` has a part in a window."""
    begin, end = window
    return (begin is None or begin <= last) and (end is None or first < end)


def captured(captures: Sequence[CaptureFacts], window: Window) -> bool:
    """Whether a capture covers a part of the window."""
    return any(part.frames and overlaps(part.first, part.last, window) for part in captures)


def find_unmet(
    rules: RuleTable, captures: Sequence[CaptureFacts], coverage: Coverage, expectations: Sequence[RowExpectation]
) -> UnmetByRow:
    """Every expectation that no flow met. One that any machine may meet is reported for the machines that tried, if
    any did."""
    ids = [rule.id for rule in rules.rules]
    found: UnmetByRow = {}
    for expectation in expectations:
        doubt = expectation.doubt if captured(captures, expectation.window) else message("row-no-capture")
        for name in expectation.machines or ("",):
            machines = (name,) if name else ()
            seen = {
                rule: coverage.machines_with(ids.index(rule), machines, expectation.window)
                for rule in expectation.rules
            }
            if any(served for served, _ in seen.values()):
                continue
            tried = {rule: stopped for rule, (_, stopped) in seen.items() if stopped}
            # One row of the group is enough: if one was tried, the others are not reported.
            for rule, stopped in (tried or {rule: {name} for rule in seen}).items():
                for machine in sorted(stopped):
                    found[rule, machine] = UnmetExpectation(
                        (expectation.because,), doubt, bool(tried), expectation.window
                    )
    return found


def unmet_after_boots(rules: RuleTable, boots: list[BootAttempt]) -> UnmetByRow:
    """Rows that a boot required at one stage and did not reach. The last such attempt of a client counts, with what
    came after it: a loader that it loaded may have begun an attempt of its own."""
    found: UnmetByRow = {}
    by_client: dict[str, list[BootAttempt]] = defaultdict(list)
    for boot in boots:
        by_client[boot.client_mac].append(boot)
    for stage, came, went_on in BOOT_STEPS:
        demanded = [demand for rule in rules.rules if rule.stage == stage for demand in rule.demands]
        unique = {(demand.rule, demand.because): demand for demand in demanded}
        for attempts in by_client.values():
            left = left_off(attempts, came, went_on)
            if left is None:
                continue
            client = left.client_ip or left.client_mac
            for demand in unique.values():
                because = message("row-required-by-boot", client=client, stage=stage, because=demand.because)
                key = (demand.rule, left.machine)
                found[key] = UnmetExpectation((*found.get(key, UnmetExpectation()).because, because))
    return found


def left_off(
    attempts: list[BootAttempt], came: Callable[[BootAttempt], bool], went_on: Callable[[BootAttempt], bool]
) -> BootAttempt | None:
    """The last of a client's attempts that came through a stage, if it stalled and neither it nor a later one went
    on."""
    last = max((number for number, boot in enumerate(attempts) if came(boot)), default=-1)
    stalled = last >= 0 and attempts[last].status is BootStatus.STALLED
    return attempts[last] if stalled and not any(went_on(boot) for boot in attempts[last:]) else None


BOOT_STEPS: tuple[tuple[str, Callable[[BootAttempt], bool], Callable[[BootAttempt], bool]], ...] = (
    # (the stage whose rows require another, whether a boot came through it, whether it continued)
    (
        "proxy",
        lambda boot: bool(boot.proxy_file),
        lambda boot: bool(boot.transfers) or boot.agent_flow >= 0,
    ),
    ("tftp", lambda boot: boot.got_file, lambda boot: boot.agent_flow >= 0),
)


def series_expectations(
    rules: RuleTable, site: Site, begins: int, coverage: Coverage
) -> tuple[list[RowExpectation], list[str]]:
    """What footnotes require beside rows that were exercised (*7 and *8), for the machines that exercised them; and the
    items among them that the table in use does not cover. ``begins``: when the first capture begins, nanoseconds."""
    expectations: list[RowExpectation] = []
    unknown: dict[str, None] = {}
    for number, rule in enumerate(rules.rules):
        lines = coverage.lines_of(number)
        if not len(lines):
            continue
        machines, machine = np.unique(coverage.machine[lines], return_inverse=True)
        first = np.full(len(machines), np.iinfo(np.int64).max)
        np.minimum.at(first, machine, coverage.time[lines])
        for item in needed_items(rule, rules, site):
            because = message("row-required-by-row", rule=rule.id, item=item)
            groups = groups_of(item, rules.rules, proxy=site.dhcp_on_server is False and not site.dhcp_none)
            if groups is None:
                unknown.setdefault(item)
            for code, time in zip(machines.tolist(), first.tolist(), strict=True):
                # The series may have begun before the capture did.
                doubt = message("row-before-capture") if time - begins < SERIES_BEFORE else None
                name = coverage.machines[code]
                expectations += [
                    RowExpectation(group, because, (name,) if name else (), doubt=doubt) for group in groups or ()
                ]
    return expectations, list(unknown)


def groups_of(item: str, rules: tuple[Rule, ...], *, proxy: bool) -> tuple[tuple[str, ...], ...] | None:
    """The groups of rule ids that ``item`` (an item's name or a rule's id) requires; None if no row has it.

    One row of a group is enough: a ROM asks on one of the proxy rows, and only if the DHCP server is elsewhere. A row
    that is never on the wire is never required.
    """
    chosen = [rule for rule in rules if item in (rule.id, rule.item)]
    if not chosen:
        return None
    chosen = [rule for rule in chosen if rule.wire == "always"]
    if len(chosen) == 1:
        return ((chosen[0].id,),)
    proxies = tuple(rule.id for rule in chosen if rule.stage == "proxy")
    return (*((rule.id,) for rule in chosen if rule.stage != "proxy"), *((proxies,) if proxies and proxy else ()))
