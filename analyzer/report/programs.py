"""The evidence of hosts in the document: notes for the first screen, what each log covers, and the records cited."""

from collections.abc import Iterator

from analyzer.compliance.identity.roles import DPM_ROLES
from analyzer.host_evidence import notes as words
from analyzer.host_evidence.clock_periods import EARLIEST, LATEST
from analyzer.host_evidence.clocks import ClockOffset
from analyzer.host_evidence.model import NO_TIME, HostNote
from analyzer.program_verdicts import ProgramVerdicts
from analyzer.protocols.dhcp import NO_ADDRESS
from analyzer.report.meta import (
    EvidenceFile,
    HostClock,
    HostClockPeriod,
    HostLog,
    HostOfEvidence,
    HostSummary,
    Note,
    ProgramRecord,
)
from analyzer.values import EvidenceWord

UNSPECIFIED = (NO_ADDRESS, "::")
MOST_RECORDS = 20_000
"""Records that the document cites; flows.csv names those of all flows."""
MOST_PERIODS = 100
"""Periods of one clock that the document has."""
_ORDER = tuple(
    map(str, (EvidenceWord.CONTRADICTED, EvidenceWord.UNPROVEN, EvidenceWord.CONSISTENT, EvidenceWord.CONFIRMED))
)


def notes_on_programs(programs: ProgramVerdicts) -> Iterator[Note]:
    """What the reader has to know about the evidence of hosts: that it is a claim, its doubts, and what it covers."""
    count = int(programs.contradicted.sum())
    if count:
        text = (
            f"Evidence of hosts contradicts the declared programs of {count:,} flow{'s' * (count != 1)}. "
            "The counts by verdict are about their packets; the findings are about their programs."
        )
        yield Note(level="warning", text=text, code="host-contradicted", values={"flows": count})
    yield Note(level="warning", text=words.CLAIM, code="host-claim")
    yield from map(_note, programs.found.notes)
    without = hosts_without_evidence(programs)
    if without:
        names = ", ".join(without)
        text = (
            f"These hosts have a DPM role, but no evidence of them was given: {names}. Their programs are not verified."
        )
        yield Note(level="info", text=text, code="host-without-evidence", values={"hosts": without})
    for log in programs.found.logs:
        if log.natures:
            period = {"source": log.source, "host": log.host, "since": log.since, "until": log.until}
            yield Note(level="info", text=words.about_log(log), code="host-log", values=period)


def _note(note: HostNote) -> Note:
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in note.values.items()}
    return Note(level=note.level, text=words.sentence(note), code=f"host-{note.code}", values=values)


def hosts_without_evidence(programs: ProgramVerdicts) -> list[str]:
    """Addresses of the DPM Server, of consoles and of machines in the captures that no evidence is of."""
    judgement = programs.judgement
    known = {address for host in programs.found.hosts for address in host.addresses}
    names = {
        address
        for (address, _), roles in zip(judgement.hosts.names, judgement.host_facts.roles.tolist(), strict=True)
        if roles & DPM_ROLES and address not in known and address not in UNSPECIFIED
    }
    return sorted(names)


def host_summary(programs: ProgramVerdicts, names: list[str]) -> HostSummary:
    """The evidence as the document stores it. ``names``: the identifiers of the flows, by their numbers."""
    found = programs.found
    return HostSummary(
        files=tuple(EvidenceFile(**file.__dict__) for file in programs.evidence.files),
        hosts=tuple(
            HostOfEvidence(
                host=one.host,
                addresses=tuple(sorted(one.addresses)),
                machine=one.machine,
                basis=one.basis,
                doubtful=one.doubtful,
            )
            for one in found.hosts
        ),
        clocks=tuple(_clock(one) for one in found.clocks),
        logs=tuple(
            HostLog(
                source=log.source,
                host=log.host,
                channel=log.channel,
                clock=log.clock,
                records=log.records,
                used=log.used,
                since=None if log.since == NO_TIME else log.since,
                until=None if log.until == NO_TIME else log.until,
                gaps=log.gap_count,
                cleared=log.cleared,
                unread=log.unread,
                stopped=log.stopped,
            )
            for log in found.logs
        ),
        records=tuple(_records(programs, names)),
        records_in_all=len(found.citations),
    )


def _clock(clock: ClockOffset) -> HostClock:
    periods = tuple(
        HostClockPeriod(
            since=None if one.since == EARLIEST else one.since,
            until=None if one.until == LATEST else one.until,
            basis=one.clock.basis,
            offset=one.clock.offset,
            anchors=one.clock.anchors,
        )
        for one in clock.periods[:MOST_PERIODS]
    )
    return HostClock(**{**clock.__dict__, "periods": periods})


def _records(programs: ProgramVerdicts, names: list[str]) -> Iterator[ProgramRecord]:
    """The cited records, those that contradict first, at most MOST_RECORDS."""
    table = programs.found.citations
    order = table["word"].map(lambda word: _ORDER.index(word) if word in _ORDER else len(_ORDER))
    chosen = sorted(order.sort_values(kind="stable").index[:MOST_RECORDS])
    for line in table.loc[chosen].astype(object).to_dict("records"):
        offset, time = line["offset"], line["time"]
        yield ProgramRecord(
            flow=names[line["flow"]],
            end=line["end"],
            word=line["word"],
            match=line["match"],
            timing=line["timing"],
            host=line["host"],
            program=line["program"],
            path=line["path"],
            pid=line["pid"],
            time=None if time == NO_TIME else time,
            offset=None if offset is None or offset != offset else int(offset),  # noqa: PLR0124 - NaN
            kind=line["kind"],
            source=line["source"],
            record=line["record"],
            process_kind=line["process_kind"],
            process_source=line["process_source"],
            process_record=line["process_record"],
        )
