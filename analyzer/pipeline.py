"""From captures to the document. The stages, in order (``inquire`` does the first, ``judged`` the others):

    stage          takes                                   gives
    read           captures, the ports to watch            evidence: the flow table, marked frames, facts of captures
    infer roles    evidence, rules (without a profile)     a drafted profile
    requirements   profile, --expect, rules                rows that the captures had to show
    dissect        the marked frames that matter most      observations: what tshark read in each flow
    judge          evidence, rules, profile, observations  judgement: verdicts and what they are made of, by column
    host evidence  judgement, evidence of hosts (--host)   the programs of flows; verdicts that depend on them
    boots          judgement                               boot attempts, each with its stages and its status
    rows           judgement, boots, requirements          each row of the table with each machine, and its status
    plausibility   judgement by a given profile            what the traffic shows that contradicts the profile
    notes          judgement, drafted profile, doubts      what the reader has to know first
    messages       judgement, boots                        why each flow has its verdict, as codes with values
    tables         judgement, messages, rows               the document's flows and rows, with their sentences
    findings       the document's flows and rows           unexpected and blocked flows by kind, and missing rows
    document       all of these                            the report

Stages give facts and messages; English is made from the messages when the document is built.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.compliance.boots.stages import find_boots
from analyzer.compliance.budget import DEFAULT_BUDGET, Budget
from analyzer.compliance.dissection import FlowObservations, cuts_of, group_by_flow
from analyzer.compliance.exchanges.pairing import tftp_ports
from analyzer.compliance.frame_selection import choose
from analyzer.compliance.judge import judge
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.messages.flows import flow_messages
from analyzer.compliance.plausibility import doubts_of_profile
from analyzer.compliance.profile_draft import likely_segments, machine_macs
from analyzer.compliance.role_inference import InferredProfile, infer_profile
from analyzer.compliance.rows.attested import captured_until
from analyzer.compliance.rows.expectations import find_requirements
from analyzer.compliance.rows.result import RowResult
from analyzer.compliance.rows.status import judge_rows
from analyzer.dissect import dissect as dissect_frames
from analyzer.errors import DocumentError
from analyzer.flows.assembler import Watch
from analyzer.flows.evidence import Evidence
from analyzer.flows.options import DEFAULT_OPTIONS, ReadOptions
from analyzer.flows.read import read_captures
from analyzer.flows.reading.reader import Progress
from analyzer.judging_terms import Terms, address_of, terms_of, watched
from analyzer.messages.grouping import MessageColumn
from analyzer.report import Report, from_json
from analyzer.report.build import build_report
from analyzer.report.findings import find_findings
from analyzer.report.flows import flow_frame
from analyzer.report.folder import check_complete, check_sum
from analyzer.report.meta import Note
from analyzer.report.notes import about_attestations, about_watch, notes_of
from analyzer.report.rows import row_frame
from analyzer.report.stage_results import StageResults
from analyzer.rules import RuleTable, load_table
from analyzer.site import Site, load_site, with_waivers

if TYPE_CHECKING:
    from analyzer.extract import Choice, Extract, Sink
    from analyzer.host_evidence.model import HostEvidence
    from analyzer.program_verdicts import ProgramVerdicts


def quiet(_name: str, _octets: int) -> None:
    """Progress that is shown nowhere."""


@dataclass(frozen=True)
class Look:
    """What dissection saw of the kept frames that were ``chosen``, by their places among the marks."""

    chosen: list[int]
    seen: FlowObservations


@dataclass(frozen=True)
class Inquiry:
    """A report with all that it was made from, so that it can be judged again. ``watch``: the frames that were kept;
    ``look``: None if they were not examined."""

    evidence: Evidence
    watch: Watch
    terms: Terms
    look: Look | None
    report: Report


@dataclass(frozen=True)
class HostResults:
    """What the evidence of hosts adds to an analysis; all of it is empty without any."""

    programs: "ProgramVerdicts | None" = None
    rows: Sequence[RowResult] = ()
    notes: Sequence[Note] = ()
    messages: Sequence[MessageColumn] = ()


NO_HOSTS = HostResults()


def analyze(  # noqa: PLR0913 - the command's twin: an argument for each option
    captures: str | Path | Sequence[str | Path],
    *,
    site: str | Path | None = None,
    rules: Sequence[str] = (),
    expect: Sequence[str] = (),
    dissect: bool = True,
    budget: Budget = DEFAULT_BUDGET,
    hosts: Sequence[str | Path] = (),
    host_clocks: Sequence[str] = (),
    server: str = "",
    timezone: str = "",
    options: ReadOptions = DEFAULT_OPTIONS,
    progress: Progress = quiet,
) -> Report:
    """The document of captures: what ``analyzer.analyze`` gives as ``Run.report``. ``budget``: what dissection may cost
    at most. The other arguments, and what it raises, are those of ``analyzer.analyze``."""
    paths = [str(path) for path in ([captures] if isinstance(captures, str | Path) else captures)]
    given = load_site(Path(site)) if site is not None else None
    terms = terms_of(rules, given, expect, budget if dissect else None, hosts, host_clocks, server, timezone)
    return inquire(paths, terms, options, progress).report


def inquire(paths: list[str], terms: Terms, options: ReadOptions, progress: Progress = quiet) -> Inquiry:
    """Read captures and judge them. Raises what analyze() raises."""
    if terms.site is not None:
        find_requirements(terms.site, terms.expect, terms.rules)
    evidence = read_captures(
        paths,
        watch=terms.watch,
        options=options,
        hashed=True,
        progress=progress,
    )
    return judged(evidence, terms.watch, terms, None, progress)


def judge_again(before: Inquiry, terms: Terms, progress: Progress = quiet) -> Inquiry:
    """Judge by other terms what was read once. What was dissected is used again, unless by these terms other frames
    matter more than what the budget allows.

    Raises:
        SiteError, AnalyzerError: as analyze() has it.
    """
    return judged(before.evidence, before.watch, terms, before.look, progress)


def judged(evidence: Evidence, watch: Watch, terms: Terms, look: Look | None, progress: Progress) -> Inquiry:
    """Every stage after reading. ``watch``: the frames that were kept; ``look``: what is known of them already."""
    rules = terms.rules
    if terms.site is None:
        progress("inferring roles", 0)
    inferred = inferred_by(evidence, terms) if terms.site is None else None
    profile = terms.site or (inferred.site if inferred else None)
    assert profile is not None  # one of the two is there
    required = find_requirements(profile, terms.expect, rules)
    look = look_into(evidence, rules, profile, terms.budget, look, progress) if terms.budget else None
    progress("judging", 0)
    judgement = judge(evidence, rules, profile, look.seen if look else None)
    hosts = host_results(judgement, terms.hosts, terms.host_clocks) if terms.hosts else NO_HOSTS
    judgement = hosts.programs.judgement if hosts.programs else judgement
    boots = find_boots(judgement)
    rows = [*judge_rows(judgement, boots, required), *hosts.rows]
    # Before the tables, which need most of the memory.
    doubts = doubts_of_profile(judgement) if terms.site is not None else ()
    unsorted = [
        *hosts.notes,
        *notes_of(judgement, inferred, doubts, hosts=terms.hosts is not None),
        *about_attestations(judgement.site, rows, captured_until(evidence.captures)),
        *about_watch(terms.watch.ports - watch.ports),
    ]
    notes = sorted(unsorted, key=lambda note: note.level != "warning")
    messages = flow_messages(judgement, boots, hosts.messages)
    flows = flow_frame(judgement, messages, hosts.programs.columns if hosts.programs else None)
    row_table = row_frame(rules, rows)
    findings = find_findings(flows, row_table, rules, {place for place, row in enumerate(rows) if row.check})
    report = build_report(
        StageResults(
            judgement,
            inferred,
            required,
            boots,
            rows,
            messages,
            flows,
            row_table,
            findings,
            notes,
            hosts.programs,
            terms.server,
            terms.timezone,
        )
    )
    return Inquiry(evidence, watch, terms, look, report)


def host_results(judgement: Judgement, evidence: "HostEvidence", clocks: Mapping[str, int]) -> HostResults:
    """Judge the programs of flows. ``clocks``: see Terms.host_clocks."""
    from analyzer.program_verdicts import judge_programs, listener_rows, program_messages  # noqa: PLC0415 - seldom needed
    from analyzer.report.programs import notes_on_programs  # noqa: PLC0415 - as above

    found = judge_programs(judgement, evidence, clocks)
    return HostResults(found, [*listener_rows(found)], [*notes_on_programs(found)], [*program_messages(found)])


def inferred_by(evidence: Evidence, terms: Terms) -> InferredProfile:
    """The profile that the captures show, with the waivers that were given."""
    inferred = infer_profile(evidence, terms.rules, terms.server)
    return replace(inferred, profile=with_waivers(inferred.site, terms.waivers).profile) if terms.waivers else inferred


def look_into(  # noqa: PLR0913, PLR0917 - what was read, what it is judged by, and what is known
    evidence: Evidence, table: RuleTable, site: Site, budget: Budget, before: Look | None, progress: Progress
) -> Look:
    """Dissect the frames that were kept; of too many, those that matter most to what headers alone say."""
    chosen, left = list(range(len(evidence.table.marks))), 0
    if len(chosen) > budget.frames:
        chosen, left = choose(judge(evidence, table, site), budget.frames)
    if before and before.chosen == chosen:
        return before
    if chosen:
        progress("looking into payloads with tshark", 0)
    cuts = cuts_of(evidence, chosen)
    dissection = dissect_frames(cuts, seconds=budget.seconds, tftp_ports=tftp_ports(evidence.table))
    return Look(chosen, group_by_flow(evidence, dissection, left))


def infer_site(
    captures: Sequence[str],
    rules: Sequence[str] = (),
    *,
    server: str = "",
    options: ReadOptions = DEFAULT_OPTIONS,
    progress: Progress = quiet,
) -> tuple[InferredProfile, Evidence]:
    """Draft a site profile from captures, and what it was drafted from; the options are those of analyze()."""
    table, server = load_table(tuple(rules)), address_of(server)
    evidence = read_captures(
        list(captures),
        watch=watched(table),
        options=options,
        progress=progress,
    )
    inferred = infer_profile(evidence, table, server)
    drafted = replace(inferred, macs=machine_macs(evidence, inferred), likely=likely_segments(evidence, inferred))
    return drafted, evidence


def flow_table(
    captures: Sequence[str],
    *,
    options: ReadOptions = DEFAULT_OPTIONS,
    progress: Progress = quiet,
) -> Evidence:
    """The flows of captures, not judged; the options are those of analyze()."""
    return read_captures(list(captures), watch=Watch(), options=options, progress=progress)


def load(folder: str | Path) -> Report:
    """The document of a report folder.

    Raises:
        DocumentError: there is none, writing it was interrupted, it was changed since, it is damaged or of another
            version, or its parts contradict each other.
    """
    path = Path(folder) / "report.json"
    check_complete(path.parent)
    missing = f"{path}: no saved report here: give the folder that analyze wrote"
    if not path.is_file():  # nobody may ever write into a pipe
        raise DocumentError(missing)
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(missing) from error
    check_sum(path.parent, path.name, content)
    report = from_json(text, str(path))
    from analyzer.explain.agreement import require_agreement  # noqa: PLC0415 - no analysis needs it

    require_agreement(report, str(path))
    return report


def extract(
    folder: str | Path, choice: "Choice", captures: Sequence[str], sink: "Sink", *, progress: Progress = quiet
) -> "Extract":
    """The packets behind flows of a report, from its captures, which are found among ``captures`` by their content.

    Raises:
        DocumentError, AnalyzerError: there is no such report, flow, finding or verdict.
        CaptureError: a capture is not there, or is not as it was when it was analysed.
    """
    from analyzer.extract import extract as extract_packets  # noqa: PLC0415 - no analysis needs it

    return extract_packets(load(folder), choice, captures, sink, progress)
