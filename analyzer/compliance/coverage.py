"""The flows that rows cover, and which machines they are about."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analyzer.compliance.boots import Boot
from analyzer.compliance.dhcp import NO_ADDRESS
from analyzer.compliance.judge import Judgement
from analyzer.compliance.verdicts import VERDICTS
from analyzer.flows import record as r
from analyzer.values import Verdict

SERVED, STOPPED, UNCLEAR = (
    frozenset(VERDICTS.index(word) for word in words)
    for words in ((Verdict.EXPECTED,), (Verdict.BLOCKED, Verdict.WAIVED), (Verdict.UNDETERMINED,))
)
"""Of flows that a row covers. A waived one of these was blocked."""


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
        fits = self.rule == rule
        if machines:
            fits &= np.isin(self.machine, [self.machines.index(name) for name in machines if name in self.machines])
        begin, end = window
        fits &= (self.last >= begin) if begin is not None else True
        fits &= (self.time < end) if end is not None else True
        served, stopped = (
            {self.machines[code] for code in self.machine[fits & np.isin(self.verdict, sorted(verdicts))].tolist()}
            for verdicts in (SERVED, STOPPED)
        )
        return served, stopped


def cover(judgement: Judgement, boots: list[Boot]) -> Coverage:
    """Every covered flow with the machine that it is about: a line a machine where one flow is about several, and
    one for the row of the answer where that came within the request's own flow."""
    names = ["", *dict.fromkeys(machine.name for machine in judgement.site.machines)]
    number = {name: place for place, name in enumerate(names)}
    who = judgement.who
    orig, resp = (
        np.array([number.get(name, 0) for name in side], dtype=np.int64)
        for side in (who.orig_machine, who.resp_machine)
    )
    covered = (judgement.matched.covering >= 0) & ~judgement.relations.probe
    named: dict[tuple[int, int], tuple[int, int]] = {}
    for flow, name, time in named_machines(judgement, boots):
        if covered[flow]:
            first, last = named.get((flow, number[name]), (time, time))
            named[flow, number[name]] = min(first, time), max(last, time)
    told = {flow for flow, _ in named}
    plain = [flow for flow in np.flatnonzero(covered).tolist() if flow not in told]
    begins, ends = judgement.table.column(r.F_FIRST), judgement.table.column(r.F_LAST)
    rules = judgement.matched.covering
    lines: list[tuple[int, ...]] = [
        (f, int(resp[f] or orig[f]), int(rules[f]), int(begins[f]), int(ends[f])) for f in plain
    ]
    lines += [(f, machine, int(rules[f]), *span) for (f, machine), span in sorted(named.items())]
    answers = answer_rows(judgement)
    replied = judgement.table.resp(r.PKTS) > 0
    lines += [(f, machine, answers[rule], *span) for f, machine, rule, *span in lines if rule in answers and replied[f]]
    columns = np.array(lines, dtype=np.int64).reshape(-1, 5).T
    return Coverage(
        rule=columns[2],
        machine=columns[1],
        verdict=judgement.verdicts.verdict[columns[0]],
        time=columns[3],
        last=columns[4],
        machines=tuple(names),
    )


def named_machines(judgement: Judgement, boots: list[Boot]) -> Iterator[tuple[int, str, int]]:
    """(flow, machine, time) of every DHCP message and magic packet that names a machine, whatever the flow's ends."""
    booted = {boot.client_mac: boot.machine for boot in boots if boot.machine}
    for message in judgement.relations.messages:
        mac = message.bootp.client_mac
        machine = judgement.site.machine(NO_ADDRESS, mac)
        name = booted.get(mac) or (machine.name if machine else "")
        if name:
            yield message.mark.flow, name, message.mark.time
    for mark, magic in judgement.magics:
        woken = judgement.site.machine(NO_ADDRESS, magic.target) if magic.whole else None
        if woken:
            yield mark.flow, woken.name, mark.time


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
