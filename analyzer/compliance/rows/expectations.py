"""What had to be seen: asked for, or demanded by a series that began (a boot, footnotes *7 and *8)."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analyzer.compliance.boots.stages import BootAttempt
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.rows.coverage import Coverage
from analyzer.errors import AnalyzerError
from analyzer.rules import Rule, RuleTable, needed_items
from analyzer.site import Site
from analyzer.times import time_text
from analyzer.values import BootStatus


@dataclass(frozen=True)
class Expectation:
    """That a row be seen. ``rules``: ids of which any will do; ``machines``: names, none means any machine; ``doubt``:
    why it may have been there and not in the captures."""

    rules: tuple[str, ...]
    because: str
    machines: tuple[str, ...] = ()
    window: tuple[int | None, int | None] = (None, None)
    doubt: str = ""


SERIES_BEFORE = 600_000_000_000
"""What a footnote makes necessary may have come this long before the row that bears it."""

Window = tuple[int | None, int | None]
"""From, until (not included), in nanoseconds; None: open."""


class UnmetExpectation(NamedTuple):
    """An unmet demand: why the row had to be seen; why the captures may not have shown it, beside their vantage; and
    whether it was tried without service then - None: whenever it was tried; ``window``: when it had to be."""

    because: str = ""
    doubt: str = ""
    tried: bool | None = None
    window: Window = (None, None)


UnmetByRow = dict[tuple[str, str], UnmetExpectation]
"""(rule, machine) -> what is lacking; the empty name: any machine."""


class ExpectedItem(NamedTuple):
    """An item or rule that somebody expects; ``who``: the beginning of the sentence that says so."""

    item: str
    who: str
    machines: tuple[str, ...] = ()
    window: tuple[int | None, int | None] = (None, None)


def find_expectations(site: Site, expect: Sequence[str], rules: RuleTable) -> tuple[list[Expectation], list[str]]:
    """What had to be seen, and the items asked for that the guide has and the table in use does not cover."""
    expectations: list[Expectation] = []
    unknown: dict[str, None] = {}
    waiting = [ExpectedItem(item, "It was asked for with --expect:") for item in expect]
    for entry in site.profile.expect:
        if isinstance(entry, str):
            waiting.append(ExpectedItem(entry, "The profile expects"))
        else:
            waiting.append(ExpectedItem(entry.item, "The profile expects", entry.machines, entry.window))
    asked = {expected.item for expected in waiting}
    while waiting:
        expected = waiting.pop(0)
        groups = groups_of(expected.item, rules.rules, proxy=site.dhcp_on_server is False and not site.dhcp_none)
        if groups is None and expected.item in {part.item for part in rules.not_covered}:
            unknown.setdefault(expected.item)
        elif groups is None:
            known = ", ".join(sorted({rule.item for rule in rules.rules} | {part.item for part in rules.not_covered}))
            raise AnalyzerError(f"expect: {expected.item!r} is neither an item nor a rule of the table; items: {known}")
        else:
            because = f"{expected.who} {expected.item}{during(expected.window)}, and it was not seen."
            expectations += [Expectation(group, because, expected.machines, expected.window) for group in groups]
            for item in needed_by(expected.item, rules, site):
                if item not in asked:
                    asked.add(item)
                    who = f"{expected.who} {expected.item}, whose footnotes make necessary"
                    waiting.append(ExpectedItem(item, who, expected.machines, expected.window))
    return expectations, list(unknown)


def needed_by(item: str, rules: RuleTable, site: Site) -> list[str]:
    """The items that the footnotes of an item's rows, or of one rule, make necessary."""
    chosen = [rule for rule in rules.rules if item in (rule.id, rule.item)]
    return list(dict.fromkeys(needed for rule in chosen for needed in needed_items(rule, rules, site)))


def during(window: tuple[int | None, int | None]) -> str:
    """A time in words: ``, from ... until ...``; nothing where it is open."""
    begin, end = (time_text(time) if time is not None else "" for time in window)
    return f"{f' from {begin}' if begin else ''}{f' until {end}' if end else ''}"


def overlaps(first: int, last: int, window: Window) -> bool:
    """Whether a time from ``first`` to ``last`` has a part in a window."""
    begin, end = window
    return (begin is None or begin <= last) and (end is None or first < end)


def captured(judgement: Judgement, window: Window) -> bool:
    """Whether any capture was being taken within the time."""
    return any(part.frames and overlaps(part.first, part.last, window) for part in judgement.evidence.captures)


def find_unmet(judgement: Judgement, coverage: Coverage, expectations: list[Expectation]) -> UnmetByRow:
    """Every demand that nothing met. One that any machine may meet is told for those that tried, where some did."""
    ids = [rule.id for rule in judgement.rules.rules]
    found: UnmetByRow = {}
    for expectation in expectations:
        doubt = expectation.doubt if captured(judgement, expectation.window) else "Nothing was captured in that time."
        for name in expectation.machines or ("",):
            machines = (name,) if name else ()
            seen = {
                rule: coverage.machines_with(ids.index(rule), machines, expectation.window)
                for rule in expectation.rules
            }
            if any(served for served, _ in seen.values()):
                continue
            tried = {rule: stopped for rule, (_, stopped) in seen.items() if stopped}
            # Of a group any row will do: where one was tried, nothing is said of the others.
            for rule, stopped in (tried or {rule: {name} for rule in seen}).items():
                for machine in sorted(stopped):
                    found[rule, machine] = UnmetExpectation(expectation.because, doubt, bool(tried), expectation.window)
    return found


def unmet_after_boots(judgement: Judgement, boots: list[BootAttempt]) -> UnmetByRow:
    """Rows that a boot which came to a stage demands and did not reach; of a client, its last such attempt counts, and
    what came after that: a loader that it loaded may have begun an attempt of its own."""
    found: UnmetByRow = {}
    by_client: dict[str, list[BootAttempt]] = defaultdict(list)
    for boot in boots:
        by_client[boot.client_mac].append(boot)
    for stage, after, came, went_on in BOOT_STEPS:
        demanded = [
            expectation for rule in judgement.rules.rules if rule.stage == stage for expectation in rule.demands
        ]
        unique = {(expectation.rule, expectation.because): expectation for expectation in demanded}
        for attempts in by_client.values():
            left = left_off(attempts, came, went_on)
            if left is None:
                continue
            who = left.client_ip or left.client_mac
            for expectation in unique.values():
                because = f"{who} {after} and was not seen to go on. {expectation.because}"
                key = (expectation.rule, left.machine)
                found[key] = UnmetExpectation(f"{found[key].because} {because}" if key in found else because)
    return found


def left_off(
    attempts: list[BootAttempt], came: Callable[[BootAttempt], bool], went_on: Callable[[BootAttempt], bool]
) -> BootAttempt | None:
    """The last of a client's attempts that came through a stage, if it stalled and neither it nor a later one went
    on."""
    last = max((number for number, boot in enumerate(attempts) if came(boot)), default=-1)
    stalled = last >= 0 and attempts[last].status is BootStatus.STALLED
    return attempts[last] if stalled and not any(went_on(boot) for boot in attempts[last:]) else None


BOOT_STEPS: tuple[tuple[str, str, Callable[[BootAttempt], bool], Callable[[BootAttempt], bool]], ...] = (
    # (the stage whose rows demand another, what that stage is, whether a boot came through it, whether it went on)
    (
        "proxy",
        "was told a file by the boot server",
        lambda boot: bool(boot.proxy_file),
        lambda boot: bool(boot.transfers) or boot.agent_flow >= 0,
    ),
    ("tftp", "got its boot file", lambda boot: boot.got_file, lambda boot: boot.agent_flow >= 0),
)


def series_expectations(judgement: Judgement, coverage: Coverage) -> tuple[list[Expectation], list[str]]:
    """What footnotes make necessary beside rows that were exercised (*7 and *8), for the machines that exercised them;
    and the items among them that the table in use does not cover."""
    expectations: list[Expectation] = []
    unknown: dict[str, None] = {}
    rules, site = judgement.rules, judgement.site
    for number, rule in enumerate(rules.rules):
        lines = coverage.lines_of(number)
        if not len(lines):
            continue
        begins = min((vantage.first for vantage in judgement.vantages), default=0)
        machines, machine = np.unique(coverage.machine[lines], return_inverse=True)
        first = np.full(len(machines), np.iinfo(np.int64).max)
        np.minimum.at(first, machine, coverage.time[lines])
        for item in needed_items(rule, rules, site):
            because = f"Row {rule.id} was exercised, and its footnotes make {item} necessary too; it was not seen."
            groups = groups_of(item, rules.rules, proxy=site.dhcp_on_server is False and not site.dhcp_none)
            if groups is None:
                unknown.setdefault(item)
            for code, time in zip(machines.tolist(), first.tolist(), strict=True):
                # The series may have begun before the capture did.
                doubt = (
                    "The captures begin too shortly before to have shown it." if time - begins < SERIES_BEFORE else ""
                )
                name = coverage.machines[code]
                expectations += [
                    Expectation(group, because, (name,) if name else (), doubt=doubt) for group in groups or ()
                ]
    return expectations, list(unknown)


def groups_of(item: str, rules: tuple[Rule, ...], *, proxy: bool) -> tuple[tuple[str, ...], ...] | None:
    """The groups of rule ids that expecting ``item`` (an item's name or a rule's id) demands; None where no row has it.

    Of a group any one will do: a ROM asks on one of the proxy rows, and only where the DHCP server is elsewhere. A row
    that is never on the wire is never demanded.
    """
    chosen = [rule for rule in rules if item in (rule.id, rule.item)]
    if not chosen:
        return None
    chosen = [rule for rule in chosen if rule.wire == "always"]
    if len(chosen) == 1:
        return ((chosen[0].id,),)
    proxies = tuple(rule.id for rule in chosen if rule.stage == "proxy")
    return (*((rule.id,) for rule in chosen if rule.stage != "proxy"), *((proxies,) if proxies and proxy else ()))
