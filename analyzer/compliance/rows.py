"""Which rows of the table were exercised, by which machine - and which had to be and were not.

A row is missing only where it had to be seen: somebody expects it, or a series that began demands it, and the captures
could have shown it.
"""

from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from analyzer.compliance.boots import Boot
from analyzer.compliance.judge import Judgement
from analyzer.compliance.vantage import Kind, View
from analyzer.compliance.verdicts import VERDICTS
from analyzer.flows import record as r
from analyzer.rules import Rule
from analyzer.site import Site
from analyzer.values import BootStatus, Cast, Role, Status, Verdict

SERVED, STOPPED, UNCLEAR = (
    frozenset(VERDICTS.index(word) for word in words)
    for words in ((Verdict.EXPECTED, Verdict.WAIVED), (Verdict.BLOCKED,), (Verdict.UNDETERMINED,))
)


@dataclass(frozen=True)
class Demand:
    """That a row be seen. ``rules``: ids of which any will do; ``machines``: names, none means any machine."""

    rules: tuple[str, ...]
    because: str
    machines: tuple[str, ...] = ()
    window: tuple[int | None, int | None] = (None, None)


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


class Hearing:
    """Whom a vantage could show: a party at its own view, one heard on a tap's link, or pairs whose traffic passed.

    A party is told by its roles and by its machine's name.
    """

    def __init__(self, view: View, site: Site) -> None:
        self.through = view.kind is Kind.THROUGH
        self.parties: set[str] = set()
        for address in view.home if view.kind is Kind.HOME else view.local:
            self.parties |= tokens(address, site)
        self.pairs = {
            pair for one, two in view.pairs for pair in product(tokens(one, site), tokens(two, site))
        }  # fmt: skip

    def shows(self, rule: Rule, machine: str) -> bool:
        """Whether the vantage could have shown the row, with this machine where one is named."""
        ends = [ends_of(side.roles, machine) for side in (rule.originator, rule.responder)]
        if self.through and Cast.UNICAST in rule.casts:
            return not self.pairs.isdisjoint(product(*ends))
        return not self.parties.isdisjoint(ends[0] | ends[1])


def tokens(address: str, site: Site) -> set[str]:
    """The words that a party is told by."""
    found = site.machine(address)
    return {role.value for role in site.roles(address)} | ({name_of(found.name)} if found else set())


def ends_of(roles: tuple[Role, ...], machine: str) -> set[str]:
    """The words that a row's end is told by, the machine's own where one is named."""
    if machine and Role.MANAGED_MACHINE in roles:
        return {name_of(machine)}
    return {role.value for role in roles}


def name_of(machine: str) -> str:
    return f"machine {machine}"


def judge_rows(judgement: Judgement, boots: list[Boot], demands: list[Demand], unknown: list[str]) -> list[Row]:
    """A line for every row of the table and every machine that it speaks of. ``unknown``: items that were asked for and
    that the table in use does not cover."""
    coverage = cover(judgement, boots)
    seen = gather(coverage)
    missing = unmet(judgement, coverage, demands) | boot_demands(judgement, boots)
    hearings = [Hearing(view, judgement.site) for view in judgement.views]
    rows = []
    for number, rule in enumerate(judgement.rules.rules):
        names = machines_of(rule, judgement)
        names += sorted({name for at, name in seen if at == number and name not in names})
        names += sorted({name for at, name in missing if at == rule.id and name not in names})
        for name in names:
            entry = seen.get((number, name), Seen())
            hidden = why_hidden(hearings, rule, name)
            status, why = status_of(why_idle(judgement, rule), entry, missing.get((rule.id, name), ""), hidden)
            rows.append(Row(rule, rule.item, name, status, sum(entry.counts.values()), entry.first, entry.last, why))
    return rows + [
        Row(None, item, "", Status.NOT_OBSERVABLE, why="It is expected, and the table in use does not cover this item.")
        for item in unknown
    ]


def cover(judgement: Judgement, boots: list[Boot]) -> Coverage:
    """Every covered flow with the machine that it is about."""
    names = ["", *dict.fromkeys(name for name in judgement.known.machine if name)]
    names += [boot.machine for boot in boots if boot.machine and boot.machine not in names]
    number = {name: place for place, name in enumerate(names)}
    of_host = np.array([number[name] for name in judgement.known.machine] or [0], dtype=np.int64)
    orig, resp = of_host[judgement.hosts.orig], of_host[judgement.hosts.resp]
    machine = np.where(resp > 0, resp, orig)
    booted = {boot.client_mac: number[boot.machine] for boot in boots if boot.machine}
    for message in judgement.relations.messages:
        if not machine[message.mark.flow] and message.bootp.client_mac in booted:
            machine[message.mark.flow] = booted[message.bootp.client_mac]
    covered = np.flatnonzero(judgement.matched.covering >= 0)
    return Coverage(
        rule=judgement.matched.covering[covered],
        machine=machine[covered],
        verdict=judgement.verdicts.verdict[covered],
        time=judgement.table.column(r.F_FIRST)[covered],
        machines=tuple(names),
    )


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


def unmet(judgement: Judgement, coverage: Coverage, demands: list[Demand]) -> dict[tuple[str, str], str]:
    """(rule, machine) -> why it had to be seen, for every demand that nothing met."""
    ids = [rule.id for rule in judgement.rules.rules]
    found: dict[tuple[str, str], str] = {}
    for demand in demands:
        groups: list[tuple[str, ...]] = [(name,) for name in demand.machines]
        for group in groups or [()]:
            if not any(coverage.served(ids.index(rule), group, demand.window) for rule in demand.rules):
                found |= {(rule, group[0] if group else ""): demand.because for rule in demand.rules}
    return found


def boot_demands(judgement: Judgement, boots: list[Boot]) -> dict[tuple[str, str], str]:
    """Rows that a boot which got its file demands and did not reach; a client's last attempt with a file counts."""
    last = {boot.client_mac: boot for boot in boots if boot.got_file}
    demanded = [demand for rule in judgement.rules.rules if rule.stage == "tftp" for demand in rule.demands]
    found: dict[tuple[str, str], str] = {}
    for boot in last.values():
        if boot.stalled_at == "agent" and boot.agent_flow < 0 and boot.status is BootStatus.STALLED:
            who = boot.client_ip or boot.client_mac
            for demand in demanded:
                because = f"{who} got its boot file and was not seen to go on. {demand.because}"
                key = (demand.rule, boot.machine)
                found[key] = f"{found[key]} {because}" if key in found else because
    return found


def status_of(idle: str, seen: Seen, demanded: str, hidden: str) -> tuple[Status, str]:
    """The status of one row with one machine, and why.

    ``idle``: why the row does not apply; ``demanded``: why it had to be seen; ``hidden``: why it could not be.
    """
    if demanded:
        return (Status.NOT_OBSERVABLE, f"{demanded} {hidden}") if hidden else (Status.MISSING, demanded)
    if served := seen.count(SERVED):
        stopped = seen.count(STOPPED)
        also = f", and {stopped} got no service" if stopped else ""
        return Status.SATISFIED, f"{flows(served)} covered by the row{also}."
    if stopped := seen.count(STOPPED):
        return Status.BLOCKED, f"{flows(stopped)} covered by the row, none of which got service."
    if unclear := seen.count(UNCLEAR):
        return Status.NOT_OBSERVABLE, f"{flows(unclear)} whose end the captures could not show."
    if idle:
        return Status.NOT_APPLICABLE, idle
    return (
        (Status.NOT_OBSERVABLE, hidden) if hidden else (Status.NOT_EXERCISED, "Nothing asked for it in the captures.")
    )


def flows(count: int) -> str:
    return f"{count} flow{'s' * (count != 1)}"


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

    Of a group any one will do: a ROM asks on one of the proxy rows, and only where the DHCP server is elsewhere.
    """
    if any(item == rule.id for rule in rules):
        return ((item,),)
    chosen = [rule for rule in rules if item == rule.item and rule.wire == "always"]
    if not chosen:
        return None
    proxies = tuple(rule.id for rule in chosen if rule.stage == "proxy")
    return (*((rule.id,) for rule in chosen if rule.stage != "proxy"), *((proxies,) if proxies and proxy else ()))
