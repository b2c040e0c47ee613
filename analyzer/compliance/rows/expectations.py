"""What had to be seen: asked for, or demanded by a series that began (a boot, footnotes *7 and *8)."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analyzer.compliance.boots.stages import Boot
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.rows.coverage import Coverage
from analyzer.errors import AnalyzerError
from analyzer.rules import Rule, RuleTable, needed_items
from analyzer.site import Site
from analyzer.times import time_text
from analyzer.values import BootStatus


@dataclass(frozen=True)
class Demand:
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


class Lack(NamedTuple):
    """An unmet demand: why the row had to be seen; why the captures may not have shown it, beside their vantage; and
    whether it was tried without service then - None: whenever it was tried; ``window``: when it had to be."""

    because: str = ""
    doubt: str = ""
    tried: bool | None = None
    window: Window = (None, None)


Unmet = dict[tuple[str, str], Lack]
"""(rule, machine) -> what is lacking; the empty name: any machine."""


class Wish(NamedTuple):
    """An item or rule that somebody expects; ``who``: the beginning of the sentence that says so."""

    item: str
    who: str
    machines: tuple[str, ...] = ()
    window: tuple[int | None, int | None] = (None, None)


def demands_of(site: Site, expect: Sequence[str], rules: RuleTable) -> tuple[list[Demand], list[str]]:
    """What had to be seen, and the items asked for that the guide has and the table in use does not cover."""
    demands: list[Demand] = []
    unknown: dict[str, None] = {}
    wishes = [Wish(item, "It was asked for with --expect:") for item in expect]
    for entry in site.profile.expect:
        if isinstance(entry, str):
            wishes.append(Wish(entry, "The profile expects"))
        else:
            wishes.append(Wish(entry.item, "The profile expects", entry.machines, entry.window))
    asked = {wish.item for wish in wishes}
    while wishes:
        wish = wishes.pop(0)
        groups = groups_of(wish.item, rules.rules, proxy=site.dhcp_on_server is False and not site.dhcp_none)
        if groups is None and wish.item in {part.item for part in rules.not_covered}:
            unknown.setdefault(wish.item)
        elif groups is None:
            known = ", ".join(sorted({rule.item for rule in rules.rules} | {part.item for part in rules.not_covered}))
            raise AnalyzerError(f"expect: {wish.item!r} is neither an item nor a rule of the table; items: {known}")
        else:
            because = f"{wish.who} {wish.item}{during(wish.window)}, and it was not seen."
            demands += [Demand(group, because, wish.machines, wish.window) for group in groups]
            for item in needed_by(wish.item, rules, site):
                if item not in asked:
                    asked.add(item)
                    who = f"{wish.who} {wish.item}, whose footnotes make necessary"
                    wishes.append(Wish(item, who, wish.machines, wish.window))
    return demands, list(unknown)


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


def unmet(judgement: Judgement, coverage: Coverage, demands: list[Demand]) -> Unmet:
    """Every demand that nothing met. One that any machine may meet is told for those that tried, where some did."""
    ids = [rule.id for rule in judgement.rules.rules]
    found: Unmet = {}
    for demand in demands:
        doubt = demand.doubt if captured(judgement, demand.window) else "Nothing was captured in that time."
        for name in demand.machines or ("",):
            machines = (name,) if name else ()
            seen = {rule: coverage.machines_with(ids.index(rule), machines, demand.window) for rule in demand.rules}
            if any(served for served, _ in seen.values()):
                continue
            tried = {rule: stopped for rule, (_, stopped) in seen.items() if stopped}
            # Of a group any row will do: where one was tried, nothing is said of the others.
            for rule, stopped in (tried or {rule: {name} for rule in seen}).items():
                for machine in sorted(stopped):
                    found[rule, machine] = Lack(demand.because, doubt, bool(tried), demand.window)
    return found


def boot_demands(judgement: Judgement, boots: list[Boot]) -> Unmet:
    """Rows that a boot which came to a stage demands and did not reach; of a client, its last such attempt counts, and
    what came after that: a loader that it loaded may have begun an attempt of its own."""
    found: Unmet = {}
    by_client: dict[str, list[Boot]] = defaultdict(list)
    for boot in boots:
        by_client[boot.client_mac].append(boot)
    for stage, after, came, went_on in BOOT_STEPS:
        demanded = [demand for rule in judgement.rules.rules if rule.stage == stage for demand in rule.demands]
        unique = {(demand.rule, demand.because): demand for demand in demanded}
        for attempts in by_client.values():
            left = left_off(attempts, came, went_on)
            if left is None:
                continue
            who = left.client_ip or left.client_mac
            for demand in unique.values():
                because = f"{who} {after} and was not seen to go on. {demand.because}"
                key = (demand.rule, left.machine)
                found[key] = Lack(f"{found[key].because} {because}" if key in found else because)
    return found


def left_off(attempts: list[Boot], came: Callable[[Boot], bool], went_on: Callable[[Boot], bool]) -> Boot | None:
    """The last of a client's attempts that came through a stage, if it stalled and neither it nor a later one went
    on."""
    last = max((number for number, boot in enumerate(attempts) if came(boot)), default=-1)
    stalled = last >= 0 and attempts[last].status is BootStatus.STALLED
    return attempts[last] if stalled and not any(went_on(boot) for boot in attempts[last:]) else None


BOOT_STEPS: tuple[tuple[str, str, Callable[[Boot], bool], Callable[[Boot], bool]], ...] = (
    # (the stage whose rows demand another, what that stage is, whether a boot came through it, whether it went on)
    (
        "proxy",
        "was told a file by the boot server",
        lambda boot: bool(boot.proxy_file),
        lambda boot: bool(boot.transfers) or boot.agent_flow >= 0,
    ),
    ("tftp", "got its boot file", lambda boot: boot.got_file, lambda boot: boot.agent_flow >= 0),
)


def series_demands(judgement: Judgement, coverage: Coverage) -> tuple[list[Demand], list[str]]:
    """What footnotes make necessary beside rows that were exercised (*7 and *8), for the machines that exercised them;
    and the items among them that the table in use does not cover."""
    demands: list[Demand] = []
    unknown: dict[str, None] = {}
    rules, site = judgement.rules, judgement.site
    for number, rule in enumerate(rules.rules):
        lines = coverage.lines_of(number)
        if not len(lines):
            continue
        begins = min((view.first for view in judgement.views), default=0)
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
                demands += [Demand(group, because, (name,) if name else (), doubt=doubt) for group in groups or ()]
    return demands, list(unknown)


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
