"""The flows that rows cover, and which machines they are about."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analyzer.columns import group_rows
from analyzer.compliance.boots.stages import BootAttempt
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.verdict.decision import VERDICTS
from analyzer.protocols.dhcp import NO_ADDRESS
from analyzer.rules import Rule, RuleTable
from analyzer.values import Verdict

SERVED, STOPPED, UNCLEAR = (
    frozenset(VERDICTS.index(word) for word in words)
    for words in ((Verdict.EXPECTED,), (Verdict.BLOCKED, Verdict.WAIVED), (Verdict.UNDETERMINED,))
)
"""Of flows that a row covers. A waived one of these was blocked."""

NONE = np.zeros(0, dtype=np.int64)


@dataclass
class RowTally:
    """What was captured of a row with one machine."""

    counts: dict[int, int] = field(default_factory=dict)
    first: int = -1
    last: int = -1

    def count(self, verdicts: frozenset[int]) -> int:
        return sum(count for verdict, count in self.counts.items() if verdict in verdicts)

    @property
    def totals(self) -> tuple[int, int, int]:
        """The numbers of flows that were served, stopped, and neither for certain."""
        return self.count(SERVED), self.count(STOPPED), self.count(UNCLEAR)


@dataclass(frozen=True)
class Coverage:
    """The flows that rows cover: ``rule``, ``machine`` (number into ``machines``), ``verdict``, ``time`` and ``last``
    (of the flow, or of the messages in it that name the machine), one value a flow and machine."""

    rule: NDArray[np.int64]
    machine: NDArray[np.int64]
    verdict: NDArray[np.int64]
    time: NDArray[np.int64]
    last: NDArray[np.int64]
    machines: tuple[str, ...]

    def machines_with(
        self, rule: int, machines: tuple[str, ...], window: tuple[int | None, int | None]
    ) -> tuple[set[str], set[str]]:
        """(machines with a flow of that row that got service, machines with one that got none), of these machines
        (none: any) and within the time."""
        known = [self._number[name] for name in machines if name in self._number]
        chosen = [self.lines_of(rule, machine) for machine in known] if machines else [self.lines_of(rule)]
        lines = np.concatenate([NONE, *chosen])
        begin, end = window
        lines = lines[self.last[lines] >= begin] if begin is not None else lines
        lines = lines[self.time[lines] < end] if end is not None else lines
        served, stopped = (
            {
                self.machines[code]
                for code in self.machine[lines[np.isin(self.verdict[lines], sorted(verdicts))]].tolist()
            }
            for verdicts in (SERVED, STOPPED)
        )
        return served, stopped

    def lines_of(self, rule: int, machine: int | None = None) -> NDArray[np.int64]:
        """The lines of a row, with one machine or with any."""
        order, keys = self._sorted
        first, past = (0, len(self.machines)) if machine is None else (machine, machine + 1)
        begin, end = np.searchsorted(keys, [rule * len(self.machines) + code for code in (first, past)])
        return order[begin:end]

    @cached_property
    def _number(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.machines)}

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        keys = self.rule * len(self.machines) + self.machine
        order = np.argsort(keys, kind="stable")
        return order, keys[order]


def cover(judgement: Judgement, boots: list[BootAttempt]) -> Coverage:
    """Every covered flow with the machine that it is about: a line a machine where one flow is about several, and
    one for the row of the answer where that came within the request's own flow."""
    names = ["", *dict.fromkeys(machine.name for machine in judgement.site.machines)]
    number = {name: place for place, name in enumerate(names)}
    endpoints = judgement.endpoints
    orig, resp = (
        np.array([number.get(name, 0) for name in side], dtype=np.int64)
        for side in (endpoints.orig_machine, endpoints.resp_machine)
    )
    covered = (judgement.matched.covering >= 0) & ~judgement.relations.probe
    named: dict[tuple[int, int], tuple[int, int]] = {}
    for flow, name, time in named_machines(judgement, boots):
        if covered[flow]:
            first, last = named.get((flow, number[name]), (time, time))
            named[flow, number[name]] = min(first, time), max(last, time)
    plain = covered.copy()
    plain[[flow for flow, _ in named]] = False
    by_message = np.array([(*key, *span) for key, span in sorted(named.items())], dtype=np.int64).reshape(-1, 4)
    flows = np.concatenate([np.flatnonzero(plain), by_message[:, 0]])
    machine = np.concatenate([np.where(resp > 0, resp, orig)[plain], by_message[:, 1]])
    begins = np.concatenate([judgement.table.first_ns[plain], by_message[:, 2]])
    ends = np.concatenate([judgement.table.last_ns[plain], by_message[:, 3]])
    rule = judgement.matched.covering[flows]
    answers = np.full(len(judgement.rules.rules), -1, dtype=np.int64)
    for request, answer in answer_rows(judgement.rules).items():
        answers[request] = answer
    replied = np.flatnonzero((answers[rule] >= 0) & (judgement.table.resp.pkts[flows] > 0))
    lines = np.concatenate([np.arange(len(flows)), replied])
    return Coverage(
        rule=np.concatenate([rule, answers[rule[replied]]]),
        machine=machine[lines],
        verdict=verdicts_for_rows(judgement)[flows[lines]],
        time=begins[lines],
        last=ends[lines],
        machines=tuple(names),
    )


def verdicts_for_rows(judgement: Judgement) -> NDArray[np.int64]:
    """The verdict of every flow as its row counts it: one that is expected, of which nothing shows that it got service,
    or of which the magic packets wake nobody, counts as undetermined."""
    verdict = judgement.verdicts.verdict
    unproven = judgement.ended.unproven.copy()
    named = {mark.flow for mark, magic in judgement.magics if magic.named}
    unproven[[mark.flow for mark, _ in judgement.magics if mark.flow not in named]] = True
    unproven &= verdict == VERDICTS.index(Verdict.EXPECTED)
    return np.where(unproven, VERDICTS.index(Verdict.UNDETERMINED), verdict)


def named_machines(judgement: Judgement, boots: list[BootAttempt]) -> Iterator[tuple[int, str, int]]:
    """(flow, machine, time) of every DHCP message and magic packet that names a machine, with any ends of the flow."""
    booted = {boot.client_mac: boot.machine for boot in boots if boot.machine}
    for message in judgement.relations.messages:
        mac = message.bootp.client_mac
        machine = judgement.site.machine(NO_ADDRESS, mac)
        name = booted.get(mac) or (machine.name if machine else "")
        if name:
            yield message.mark.flow, name, message.mark.time
    for mark, magic in judgement.magics:
        woken = judgement.site.machine(NO_ADDRESS, magic.target) if magic.named else None
        if woken:
            yield mark.flow, woken.name, mark.time


def answer_rows(rules: RuleTable) -> dict[int, int]:
    """Row of a request -> row that the table prints for its answer."""
    return {
        number: other
        for number, rule in enumerate(rules.rules)
        for other, answer in enumerate(rules.rules)
        if rule.id in carriers(answer, rules)
    }


def carriers(rule: Rule, rules: RuleTable) -> set[str]:
    """Ids of the rows whose answered flows show ``rule`` too: those of the request, where the table prints a row for
    its answer."""
    if rule.reply or rule.originator.port is None:
        return set()
    ports = rule.originator.port, rule.responder.port
    return {
        other.id
        for other in rules.rules
        if other.stage and other.protocol == rule.protocol and (other.responder.port, other.originator.port) == ports
    }


def tally_rows(coverage: Coverage) -> dict[tuple[int, str], RowTally]:
    """What was captured of every row with every machine."""
    seen: dict[tuple[int, str], RowTally] = {}
    kinds, kind = group_rows([coverage.rule, coverage.machine, coverage.verdict])
    first = np.full(len(kinds), np.iinfo(np.int64).max)
    last = np.full(len(kinds), -1)
    np.minimum.at(first, kind, coverage.time)
    np.maximum.at(last, kind, coverage.time)
    columns = (coverage.rule[kinds], coverage.machine[kinds], coverage.verdict[kinds], np.bincount(kind), first, last)
    for rule, machine, verdict, count, begins, ends in zip(*(column.tolist() for column in columns), strict=True):
        entry = seen.setdefault((rule, coverage.machines[machine]), RowTally())
        entry.counts[verdict] = count
        entry.first = begins if entry.first < 0 else min(entry.first, begins)
        entry.last = max(entry.last, ends)
    return seen
