"""The programs at the ends of flows, by the evidence of hosts, against the programs that the table declares.

``attribute`` is the whole of it: a table of flows, evidence, profile and rules in; words, citations, listener checks,
clocks and notes out. No port of the table is known here: they come from the rules.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import pandas as pd

from analyzer.host_evidence.clocks import NO_SPAN, ClockOffset
from analyzer.host_evidence.coverage import Cover, Why, cover_of, notes_on
from analyzer.host_evidence.hosts import NOTHING_SHOWN, HostIdentity, Identities, Network, identify
from analyzer.host_evidence.listeners import ListenerCheck, check_listeners
from analyzer.host_evidence.machine_clocks import clocks_of_evidence, with_changes
from analyzer.host_evidence.matching import ORIGINATOR, RESPONDER, Hit, Matcher, Side
from analyzer.host_evidence.model import KINDS, HostEvidence, HostNote, Log, ProcessName
from analyzer.host_evidence.paths import Candidate, Match, compare, programs
from analyzer.host_evidence.process_names import name_processes
from analyzer.host_evidence.tuples import FLOW_COLUMNS, anchors, relevant, tuples_of
from analyzer.host_evidence.unproven_programs import notes_on_unproven
from analyzer.host_evidence.words import Said, word_of_end, word_of_flow
from analyzer.rules.model import Rule, RuleTable
from analyzer.rules.model import Side as RowSide
from analyzer.site import Site
from analyzer.values import EvidenceWord, Role

PROGRAM_COLUMNS = ("program", "program_evidence", "program_source")
"""The columns of flows.csv; END_COLUMNS are those of its two ends alone."""
END_COLUMNS = ("orig_program", "orig_evidence", "orig_why", "resp_program", "resp_evidence", "resp_why")
CITATION_COLUMNS = (
    "flow", "end", "word", "match", "timing", "host", "program", "path", "pid", "time", "offset", "kind", "source",
    "record", "process_kind", "process_source", "process_record",
)  # fmt: skip
"""``flow``: the line of the flow table. ``time``: nanoseconds by the host's clock; ``offset``: how far that is ahead of
the capture's, as far as it is known. ``process_kind``, ``process_source``, ``process_record``: the event that names the
program, where the record has a process id alone."""

NOT_KNOWN = "not known"
MOST_CITED = 8
"""Records that are cited for an end."""
_MOST_NAMED = 3


@dataclass(frozen=True)
class HostFindings:
    """What the evidence of hosts says of a table of flows.

    ``flows``: a line for each flow, with PROGRAM_COLUMNS and END_COLUMNS as text. ``citations``: CITATION_COLUMNS.
    ``rejected``: equal tuples whose times do not fit.
    """

    flows: pd.DataFrame
    citations: pd.DataFrame
    listeners: tuple[ListenerCheck, ...]
    hosts: tuple[HostIdentity, ...]
    clocks: tuple[ClockOffset, ...]
    logs: tuple[Log, ...]
    notes: tuple[HostNote, ...]
    rejected: int


@dataclass(frozen=True)
class EndResult:
    """What is known of one end of a flow: the word (nothing where the table declares no program and none was seen)."""

    program: str
    word: EvidenceWord | None
    declared: bool
    why: Why | None
    sayings: tuple[Said, ...]


def attribute(  # noqa: PLR0913 - the last three are optional, and named
    flows: pd.DataFrame,
    evidence: HostEvidence,
    site: Site,
    rules: RuleTable,
    *,
    overrides: Mapping[str, int] | None = None,
    captures: Collection[str] = (),
    network: Network = NOTHING_SHOWN,
) -> HostFindings:
    """The programs of flows.

    Args:
        flows: FLOW_COLUMNS, with an index from 0; ``orig_mac`` and ``resp_mac`` help to find machines without address.
        evidence: what ``read_host_evidence`` gave.
        site: the profile, given or inferred.
        rules: the table in use.
        overrides: nanoseconds that a host's clock is ahead of the capture's, by its name (``clocks.override``).
        captures: SHA-256 of each capture that the flows are of: the notes of these alone have the clock of the flows.
        network: what the capture shows of the hosts: leases with names, MACs of addresses.

    Raises:
        ValueError: a column is missing.
    """
    if missing := [name for name in FLOW_COLUMNS if name not in flows.columns]:
        raise ValueError(f"the table of flows has no {', '.join(missing)}: add them")
    records = evidence.attributions
    identities = identify(records, evidence.logs, site, network)
    evidence = replace(evidence, logs=with_changes(evidence.logs, identities))
    ports = fixed_ports(rules, site)
    records = relevant(flows, records, ports)
    tuples = tuples_of(flows, records)
    shown = anchors(tuples, ports, evidence.logs)
    captured = (int(flows["ts"].min()), int(flows["end"].max())) if len(flows) else NO_SPAN
    clocks, clock_notes = clocks_of_evidence(evidence, captures, shown, overrides or {}, captured)
    named = name_processes(records, evidence, identities, clocks)
    if named.by:
        tuples = tuples_of(flows, named.records)
    matcher = Matcher(tuples, identities, clocks)
    by_id = {rule.id: rule for rule in rules.rules}
    judge = _Judge(matcher, cover_of(evidence.logs, clocks), site, by_id, named.by)
    ends = [(judge.end(flow, ORIGINATOR), judge.end(flow, RESPONDER)) for flow in range(len(flows))]
    notes = [*evidence.notes, *identities.notes, *clock_notes, *named.notes, *notes_on(evidence.logs)]
    checks = check_listeners(tuples.rows, identities, site, rules, named.by)
    sayings = (said for both in ends for one in both if one.declared for said in one.sayings)
    notes += notes_on_unproven(sayings, tuples.rows, checks)
    if matcher.rejected:
        notes.append(HostNote("times-do-not-fit", "info", {"count": len(matcher.rejected)}))
    return HostFindings(
        flows=judge.table(ends),
        citations=judge.citations(ends),
        listeners=checks,
        hosts=tuple(identities.by_host[host] for host in sorted(identities.by_host)),
        clocks=tuple(clocks[key] for key in sorted(clocks)),
        logs=evidence.logs,
        notes=tuple(notes),
        rejected=len(matcher.rejected),
    )


def fixed_ports(rules: RuleTable, site: Site) -> frozenset[int]:
    """Every port that the table or the profile fixes."""
    sides = [side for rule in rules.rules for side in (rule.originator, rule.responder)]
    settings = {site.setting(side.port_setting) for side in sides if side.port_setting}
    return frozenset({side.port for side in sides if side.port is not None} | settings)


class _Place(NamedTuple):
    """What the profile says of an end: its operating system, and whether it may be the DPM Server's machine."""

    os: str | None
    on_server: bool


class _Judge:
    """Judges ends of flows one by one."""

    def __init__(
        self, matcher: Matcher, cover: Cover, site: Site, rules: Mapping[str, Rule], named: Mapping[int, ProcessName]
    ) -> None:
        self._flows, self._named = matcher.tuples.lists, named
        self._matcher, self._cover, self._site, self._rules = matcher, cover, site, rules
        self._identities: Identities = matcher.identities
        self._records = matcher.tuples.rows
        self._hosts_at: dict[str, list[HostIdentity]] = {}

    def end(self, flow: int, side: Side) -> EndResult:
        rule = self._rules.get(self._flows.rule[flow])
        row = None if rule is None else rule.originator if side == ORIGINATOR else rule.responder
        place = self._place(flow, side)
        declared = row is not None and bool(programs(row, self._site, place.os, on_server=place.on_server))
        hits = self._matcher.connections.get((flow, side), [])
        if not hits and self._is_bound(flow, side, row):
            hits = self._matcher.listeners(flow, side)
        sayings = tuple(self._said(hit, row, place) for hit in hits)
        program = self._programs(sayings)
        if not declared:
            return EndResult(program, None, False, None, sayings)
        if sayings:
            return EndResult(program, word_of_end(sayings), True, None, sayings)
        why = self._why(flow, side)
        word = EvidenceWord.DECLARED if why is Why.NO_RECORD else EvidenceWord.NOT_OBSERVABLE
        return EndResult("", word, True, why, ())

    def _is_bound(self, flow: int, side: Side, row: RowSide | None) -> bool:
        """Whether the port of an end is one that a program keeps: the responder's, or one that the row fixes."""
        return self._flows.proto[flow] in {"tcp", "udp"} and (
            side == RESPONDER or (row is not None and row.port is not None)
        )

    def _place(self, flow: int, side: Side) -> "_Place":
        flows = self._flows
        address = (flows.orig_h if side == ORIGINATOR else flows.resp_h)[flow]
        mac = (flows.orig_mac if side == ORIGINATOR else flows.resp_mac)[flow]
        machine = self._site.machine(address, mac)
        # Who is broadcast to may be the server as well.
        roles = self._site.roles(address, mac)
        on_server = Role.DPM_SERVER in roles or Role.DHCP_SERVER not in roles
        return _Place(machine.os if machine is not None else None, on_server)

    def _said(self, hit: Hit, row: RowSide | None, place: "_Place") -> Said:
        record = self._records[hit.line]
        seen = Candidate(record.program, record.path, record.pid, KINDS[record.kind].truncated)
        match = Match.UNKNOWN
        if row is not None:
            match = compare(row, self._site, place.os, seen, on_server=place.on_server)
        identity = self._identities.by_host[record.host]
        return Said(
            line=hit.line,
            kind=record.kind,
            source=f"{record.kind} {record.source}",
            match=match,
            timing=hit.timing,
            other_path=match is Match.NAME and bool(seen.path),
            listener=hit.listener,
            doubtful=identity.doubtful,
            process=self._named.get(hit.line),
        )

    def _programs(self, sayings: Sequence[Said]) -> str:
        """The programs that were seen at an end; the best first, several where the records differ."""
        best = sorted(sayings, key=lambda said: (-said.match, said.listener))
        shown: dict[str, None] = {}
        for said in best:
            text = self._records[said.line].path or self._records[said.line].program
            if text:
                shown.setdefault(text, None)
        return " / ".join(list(shown)[:_MOST_NAMED])

    def _why(self, flow: int, side: Side) -> Why:
        address = (self._flows.orig_h if side == ORIGINATOR else self._flows.resp_h)[flow]
        hosts = self._hosts_at.get(address)
        if hosts is None:
            hosts = self._hosts_at[address] = self._identities.at(address)
        if not hosts:
            return Why.NO_HOST
        if not self._flows.begun[flow]:
            return Why.BEGAN_BEFORE
        reasons = [self._cover.why(host.host, self._flows.ts[flow]) for host in hosts]
        return min(reasons, key=_WHYS.index)

    def table(self, ends: Sequence[tuple[EndResult, EndResult]]) -> pd.DataFrame:
        rows = [self._row(*both) for both in ends]
        return pd.DataFrame(rows, columns=[*PROGRAM_COLUMNS, *END_COLUMNS], dtype=object)

    def _row(self, orig: EndResult, resp: EndResult) -> tuple[str, ...]:
        declared = [one.word for one in (orig, resp) if one.declared and one.word is not None]
        word = str(word_of_flow(declared)) if declared else ""
        seen = orig.program or resp.program
        program = f"{orig.program or NOT_KNOWN} -> {resp.program or NOT_KNOWN}" if seen else ""
        source = "; ".join(filter(None, (self._source("originator", orig), self._source("responder", resp))))
        parts = [(one.program, str(one.word or ""), str(one.why or "")) for one in (orig, resp)]
        return (program, word, source, *parts[0], *parts[1])

    def _source(self, end: str, result: EndResult) -> str:
        """``originator confirmed: server.evtx #12 (security-5156)``; ``responder not-observable: before-log``."""
        if result.sayings:
            cited = ", ".join(self._cited(said) for said in result.sayings[:MOST_CITED])
            return f"{end} {result.word}: {cited}" if result.word else f"{end}: {cited}"
        return f"{end} {result.word}: {result.why}" if result.declared else ""

    def _cited(self, said: Said) -> str:
        record = self._records[said.line]
        named = self._named.get(said.line)
        event = f" with {named.source} #{named.record} ({named.kind})" if named else ""
        return f"{record.source} #{record.record} ({said.kind}){event}"

    def citations(self, ends: Sequence[tuple[EndResult, EndResult]]) -> pd.DataFrame:
        rows = [
            self._citation(flow, end, result, said)
            for flow, both in enumerate(ends)
            for end, result in zip(("originator", "responder"), both, strict=True)
            for said in result.sayings[:MOST_CITED]
        ]
        return pd.DataFrame(rows, columns=list(CITATION_COLUMNS))

    def _citation(self, flow: int, end: str, result: EndResult, said: Said) -> tuple[object, ...]:
        record = self._records[said.line]
        clocks = self._matcher.clocks.get((record.host, record.clock))
        clock = clocks and clocks.at(record.since, record.until)
        named = self._named.get(said.line)
        return (
            flow, end, str(result.word or ""), said.match.name.lower().replace("_", "-"), str(said.timing), record.host,
            record.program, record.path, record.pid, record.since,
            clock.offset if clock is not None and clock.known else None, said.kind, record.source, record.record,
            *((named.kind, named.source, named.record) if named else ("", "", "")),
        )  # fmt: skip


_WHYS = (Why.NO_RECORD, Why.GAP, Why.BEFORE_LOG, Why.AFTER_LOG, Why.CLOCK, Why.NO_LOG)
