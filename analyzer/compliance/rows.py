"""Which rows of the table were exercised, by which machine - and which had to be and were not.

A row is missing only where it had to be seen: somebody expects it, or a series that began demands it, and the captures
could have shown it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analyzer.compliance.boots import Boot
from analyzer.compliance.dhcp import NO_ADDRESS
from analyzer.compliance.facts import magic_target
from analyzer.compliance.hearing import Hearing
from analyzer.compliance.judge import Judgement
from analyzer.compliance.verdicts import VERDICTS
from analyzer.flows import record as r
from analyzer.rules import Rule
from analyzer.values import BootStatus, Cast, Role, Status, Verdict

SERVED, STOPPED, UNCLEAR = (
    frozenset(VERDICTS.index(word) for word in words)
    for words in ((Verdict.EXPECTED,), (Verdict.BLOCKED, Verdict.WAIVED), (Verdict.UNDETERMINED,))
)
"""Of flows that a row covers. A waived one of these was blocked."""


@dataclass(frozen=True)
class Demand:
    """That a row be seen. ``rules``: ids of which any will do; ``machines``: names, none means any machine."""

    rules: tuple[str, ...]
    because: str
    machines: tuple[str, ...] = ()
    window: tuple[int | None, int | None] = (None, None)


Unmet = dict[tuple[str, str], tuple[str, str]]
"""(rule, machine) -> (why it had to be seen, why the captures could not show that, beside their vantage)."""


@dataclass
class Row:
    """A row of the table and a machine; the empty name stands for no machine in particular. Times in nanoseconds."""

    rule: Rule | None
    item: str
    machine: str
    status: Status
    flows: int = 0
    first: int = -1
    last: int = -1
    why: str = ""


@dataclass
class Seen:
    """What was seen of a row with one machine."""

    counts: dict[int, int] = field(default_factory=dict)
    first: int = -1
    last: int = -1

    def count(self, verdicts: frozenset[int]) -> int:
        return sum(count for verdict, count in self.counts.items() if verdict in verdicts)


@dataclass(frozen=True)
class Coverage:
    """The flows that rows cover: ``rule``, ``machine`` (number into ``machines``), ``verdict``, ``time``, one value
    a flow."""

    rule: NDArray[np.int64]
    machine: NDArray[np.int64]
    verdict: NDArray[np.int64]
    time: NDArray[np.int64]
    machines: tuple[str, ...]

    def served(self, rule: int, machines: tuple[str, ...], window: tuple[int | None, int | None]) -> bool:
        """Whether a flow of that row got service, of one of the machines (none: any) and within the time."""
        fits = (self.rule == rule) & np.isin(self.verdict, sorted(SERVED))
        if machines:
            fits &= np.isin(self.machine, [self.machines.index(name) for name in machines if name in self.machines])
        begin, end = window
        fits &= (self.time >= begin) if begin is not None else True
        fits &= (self.time < end) if end is not None else True
        return bool(fits.any())


def judge_rows(judgement: Judgement, boots: list[Boot], demands: list[Demand], unknown: list[str]) -> list[Row]:
    """A line for every row of the table and every machine that it speaks of. ``unknown``: items that were asked for and
    that the table in use does not cover."""
    coverage = cover(judgement, boots)
    seen = gather(coverage)
    missing = unmet(judgement, coverage, demands) | boot_demands(judgement, boots)
    hearings = [Hearing(view, judgement) for view in judgement.views]
    rows = []
    for number, rule in enumerate(judgement.rules.rules):
        names = machines_of(rule, judgement)
        names += sorted({name for at, name in seen if at == number and name not in names})
        names += sorted({name for at, name in missing if at == rule.id and name not in names})
        for name in names:
            entry = seen.get((number, name), Seen())
            demanded, outside = missing.get((rule.id, name), ("", ""))
            hidden = outside or why_hidden(hearings, rule, name)
            status, why = status_of(why_idle(judgement, rule), entry, demanded, hidden)
            rows.append(Row(rule, rule.item, name, status, sum(entry.counts.values()), entry.first, entry.last, why))
    return rows + [
        Row(None, item, "", Status.NOT_OBSERVABLE, why="It is expected, and the table in use does not cover this item.")
        for item in unknown
    ]


def cover(judgement: Judgement, boots: list[Boot]) -> Coverage:
    """Every covered flow with the machine that it is about: a line a machine where one flow is about several, and
    one for the row of the answer where that came within the request's own flow."""
    names = ["", *dict.fromkeys(machine.name for machine in judgement.site.machines)]
    number = {name: place for place, name in enumerate(names)}
    of_host = np.array([number[name] for name in judgement.known.machine] or [0], dtype=np.int64)
    orig, resp = of_host[judgement.hosts.orig], of_host[judgement.hosts.resp]
    covered = (judgement.matched.covering >= 0) & ~judgement.relations.probe
    named = {(flow, number[name]) for flow, name in named_machines(judgement, boots) if covered[flow]}
    told = {flow for flow, _ in named}
    plain = [flow for flow in np.flatnonzero(covered).tolist() if flow not in told]
    lines = [(flow, int(resp[flow] or orig[flow]), int(judgement.matched.covering[flow])) for flow in plain]
    lines += [(flow, machine, int(judgement.matched.covering[flow])) for flow, machine in sorted(named)]
    answers = answer_rows(judgement)
    replied = judgement.table.resp(r.PKTS) > 0
    lines += [(flow, machine, answers[rule]) for flow, machine, rule in lines if rule in answers and replied[flow]]
    flows = np.array([flow for flow, _, _ in lines], dtype=np.int64)
    return Coverage(
        rule=np.array([rule for _, _, rule in lines], dtype=np.int64),
        machine=np.array([machine for _, machine, _ in lines], dtype=np.int64),
        verdict=judgement.verdicts.verdict[flows],
        time=judgement.table.column(r.F_FIRST)[flows],
        machines=tuple(names),
    )


def named_machines(judgement: Judgement, boots: list[Boot]) -> Iterator[tuple[int, str]]:
    """(flow, machine) where a DHCP message or a magic packet names the machine, whatever the flow's ends are."""
    booted = {boot.client_mac: boot.machine for boot in boots if boot.machine}
    for message in judgement.relations.messages:
        mac = message.bootp.client_mac
        machine = judgement.site.machine(NO_ADDRESS, mac)
        name = booted.get(mac) or (machine.name if machine else "")
        if name:
            yield message.mark.flow, name
    for mark in judgement.table.marks:
        target = magic_target(mark.data)
        woken = judgement.site.machine(NO_ADDRESS, target) if target else None
        if woken:
            yield mark.flow, woken.name


def answer_rows(judgement: Judgement) -> dict[int, int]:
    """Row of a request -> row that the table prints for its answer: by the ports, the other way round."""
    rules = judgement.rules.rules
    found = {}
    for number, rule in enumerate(rules):
        for other, answer in enumerate(rules):
            mirrored = answer.originator.port == rule.responder.port and answer.responder.port == rule.originator.port
            if mirrored and rule.stage and not answer.reply and answer.protocol == rule.protocol:
                found[number] = other
    return found


def gather(coverage: Coverage) -> dict[tuple[int, str], Seen]:
    """What was seen of every row with every machine."""
    seen: dict[tuple[int, str], Seen] = {}
    keys = np.column_stack([coverage.rule, coverage.machine, coverage.verdict])
    unique, codes = np.unique(keys, axis=0, return_inverse=True)
    codes = codes.reshape(-1)
    first = np.full(len(unique), np.iinfo(np.int64).max)
    last = np.full(len(unique), -1)
    np.minimum.at(first, codes, coverage.time)
    np.maximum.at(last, codes, coverage.time)
    for place, ((rule, machine, verdict), count) in enumerate(
        zip(unique.tolist(), np.bincount(codes, minlength=len(unique)).tolist(), strict=True)
    ):
        entry = seen.setdefault((rule, coverage.machines[machine]), Seen())
        entry.counts[verdict] = count
        entry.first = int(first[place]) if entry.first < 0 else min(entry.first, int(first[place]))
        entry.last = max(entry.last, int(last[place]))
    return seen


def machines_of(rule: Rule, judgement: Judgement) -> list[str]:
    """The machines that a row is told for: the profile's, where it speaks to or from one machine at a time."""
    one_machine = Role.MANAGED_MACHINE in rule.originator.roles or (
        Role.MANAGED_MACHINE in rule.responder.roles and Cast.UNICAST in rule.casts
    )
    names = [machine.name for machine in judgement.site.machines]
    return names if one_machine and names else [""]


def captured(judgement: Judgement, window: tuple[int | None, int | None]) -> bool:
    """Whether any capture was being taken within the time."""
    begin, end = window
    return any((begin is None or begin <= view.last) and (end is None or view.first < end) for view in judgement.views)


def unmet(judgement: Judgement, coverage: Coverage, demands: list[Demand]) -> Unmet:
    """Every demand that nothing met."""
    ids = [rule.id for rule in judgement.rules.rules]
    found: Unmet = {}
    for demand in demands:
        groups: list[tuple[str, ...]] = [(name,) for name in demand.machines]
        for group in groups or [()]:
            if not any(coverage.served(ids.index(rule), group, demand.window) for rule in demand.rules):
                outside = "" if captured(judgement, demand.window) else "Nothing was captured in that time."
                found |= {(rule, group[0] if group else ""): (demand.because, outside) for rule in demand.rules}
    return found


def boot_demands(judgement: Judgement, boots: list[Boot]) -> Unmet:
    """Rows that a boot which got its file demands and did not reach; a client's last attempt with a file counts."""
    last = {boot.client_mac: boot for boot in boots if boot.got_file}
    demanded = [demand for rule in judgement.rules.rules if rule.stage == "tftp" for demand in rule.demands]
    found: Unmet = {}
    for boot in last.values():
        if boot.agent_flow < 0 and boot.status is BootStatus.STALLED:
            who = boot.client_ip or boot.client_mac
            for demand in demanded:
                because = f"{who} got its boot file and was not seen to go on. {demand.because}"
                key = (demand.rule, boot.machine)
                found[key] = (f"{found[key][0]} {because}" if key in found else because, "")
    return found


def status_of(idle: str, seen: Seen, demanded: str, hidden: str) -> tuple[Status, str]:
    """The status of one row with one machine, and why.

    The first line that fits. ``idle``: why the row does not apply; ``demanded``: why it had to be seen; ``hidden``:
    why it could not be.
    """
    stopped = seen.count(STOPPED)
    lines: tuple[tuple[bool, Status, str], ...] = (
        (bool(demanded and stopped), Status.BLOCKED, f"{demanded} It was tried, and got no service."),
        (bool(demanded and hidden), Status.NOT_OBSERVABLE, f"{demanded} {hidden}"),
        (bool(demanded), Status.MISSING, demanded),
        (bool(seen.count(SERVED)), Status.SATISFIED, f"Seen, with service{', and also without' if stopped else ''}."),
        (bool(stopped), Status.BLOCKED, "Seen, and it never got service."),
        (bool(seen.count(UNCLEAR)), Status.NOT_OBSERVABLE, "Seen, and the captures could not show how it ended."),
        (bool(idle), Status.NOT_APPLICABLE, idle),
        (bool(hidden), Status.NOT_OBSERVABLE, hidden),
        (True, Status.NOT_EXERCISED, "Nothing asked for it in the captures."),
    )
    return next((status, why) for fits, status, why in lines if fits)


def why_idle(judgement: Judgement, rule: Rule) -> str:
    """Why a row does not apply to this site; nothing where it does."""
    if rule.wire == "never":
        return "The row exists inside one machine only; it is never seen on the wire."
    if judgement.site.dhcp_none and rule.stage in ("dhcp-request", "dhcp-reply"):
        return "The profile says that there is no DHCP server (footnote *8)."
    return ""


def why_hidden(hearings: list[Hearing], rule: Rule, machine: str) -> str:
    """Why no capture could have shown the row with this machine; nothing where one could."""
    if any(hearing.shows(rule, machine) for hearing in hearings):
        return ""
    who = machine or " or ".join(sorted({role.value for role in (*rule.originator.roles, *rule.responder.roles)}))
    return f"No capture was demonstrably taken where traffic of {who} for this row would pass."


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
