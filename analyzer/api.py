"""The whole way, from captures to the document: the stages in order."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analyzer.compliance.coverage import carriers
from analyzer.compliance.demands import demands_of
from analyzer.compliance.explain import (
    FlowTold,
    RowTold,
    describe,
    exercised,
    explain,
)  # fmt: skip
from analyzer.compliance.infer import Inferred, infer
from analyzer.compliance.judge import judge
from analyzer.compliance.observed import Observed, cuts_of, observed
from analyzer.compliance.relations import tftp_ports
from analyzer.compliance.selection import BUDGET, Budget, choose
from analyzer.dissect import dissect as dissect_frames
from analyzer.errors import AnalyzerError, DocumentError
from analyzer.extract import Choice, Extract, Sink
from analyzer.extract import extract as extract_packets
from analyzer.flows.assembler import MOST_FLOWS, Watch
from analyzer.flows.build import read_captures
from analyzer.flows.evidence import Evidence
from analyzer.flows.reading import Progress
from analyzer.net import DHCP6_CLIENT, DHCP6_SERVER, DHCP_CLIENT, DHCP_SERVER, PXE, TFTP
from analyzer.report import Report, from_json
from analyzer.report.build import build_report
from analyzer.report.notes import notes_of
from analyzer.report.saved import saved_in
from analyzer.rules import RuleTable, load_table
from analyzer.site import Site, load_site

PAYLOADS = 20_000
"""First payloads that are kept to choose from for dissection, beside DHCP, TFTP and magic packets."""
WATCHED = frozenset({DHCP_SERVER, DHCP_CLIENT, TFTP, PXE, DHCP6_CLIENT, DHCP6_SERVER})
"""UDP ports whose frames are kept for a closer look than headers, beside those of rows that have magic packets."""


def quiet(_name: str, _octets: int) -> None:
    """Progress that tells nobody."""


def analyze(  # noqa: PLR0913 - the command's twin: an argument for each option
    captures: str | Path | Sequence[str | Path],
    *,
    site: str | Path | None = None,
    rules: Sequence[str] = (),
    expect: Sequence[str] = (),
    dissect: bool = True,
    budget: Budget = BUDGET,
    resync: bool = False,
    outer: bool = False,
    max_flows: int = MOST_FLOWS,
    progress: Progress = quiet,
) -> Report:
    """Judge captures against the table.

    Args:
        captures: files, folders or ``-``; together they are one body of evidence.
        site: the site profile; without one, roles are inferred and the report says so.
        rules: rule packs, or ids of shipped ones, beside the built-in table.
        expect: items or rule ids that the captures must show.
        dissect: look into chosen frames with tshark, where it is installed; without, headers alone are judged.
        budget: how many frames are dissected at most, and for how many seconds.
        resync: go on behind damage inside a capture; the report says what was skipped.
        outer: leave tunnels closed, and judge the flows between their ends instead of those inside.
        max_flows: how many flows are kept; frames of further ones are set aside, and the report says so.
        progress: told each capture's name and the octets read of it so far.

    Raises:
        CaptureError: a capture cannot be read at all.
        SiteError, RulesError: a file is wrong; every mistake with its line.
        AnalyzerError: an expected item is neither an item nor a rule of the guide.
    """
    paths = [str(path) for path in ([captures] if isinstance(captures, str | Path) else captures)]
    table = load_table(tuple(rules))
    given = load_site(Path(site)) if site is not None else None
    if given is not None:
        demands_of(given, expect, table)
    kept = max(PAYLOADS, budget.frames) if dissect else 0
    evidence = read_captures(
        paths,
        watch=watched(table, kept),
        tunnels=not outer,
        resync=resync,
        most_flows=max_flows,
        hashed=True,
        progress=progress,
    )
    if given is None:
        progress("inferring roles", 0)
    inferred = infer(evidence, table) if given is None else None
    profile = given or (inferred.site if inferred else None)
    assert profile is not None  # one of the two is there
    demands, unknown = demands_of(profile, expect, table)
    seen = look_into(evidence, table, profile, budget, progress) if dissect else None
    progress("judging", 0)
    judgement = judge(evidence, table, profile, seen)
    return build_report(judgement, demands, unknown, notes_of(judgement, inferred), inferred)


def look_into(evidence: Evidence, table: RuleTable, site: Site, budget: Budget, progress: Progress) -> Observed:
    """Dissect the frames that were kept; of too many, those that matter most to what headers alone say."""
    chosen, left = list(range(len(evidence.table.marks))), 0
    if len(chosen) > budget.frames:
        chosen, left = choose(judge(evidence, table, site), budget.frames)
    if chosen:
        progress("looking into payloads with tshark", 0)
    cuts = cuts_of(evidence, chosen)
    return observed(evidence, dissect_frames(cuts, seconds=budget.seconds, tftp_ports=tftp_ports(evidence.table)), left)


def infer_site(  # noqa: PLR0913 - the command's twin
    captures: Sequence[str],
    rules: Sequence[str] = (),
    *,
    outer: bool = False,
    resync: bool = False,
    max_flows: int = MOST_FLOWS,
    progress: Progress = quiet,
) -> tuple[Inferred, Evidence]:
    """Draft a site profile from captures, and what it was drafted from; the options are those of analyze()."""
    table = load_table(tuple(rules))
    evidence = read_captures(
        list(captures),
        watch=watched(table),
        tunnels=not outer,
        resync=resync,
        most_flows=max_flows,
        progress=progress,
    )
    return infer(evidence, table), evidence


def flow_table(
    captures: Sequence[str],
    *,
    outer: bool = False,
    resync: bool = False,
    max_flows: int = MOST_FLOWS,
    progress: Progress = quiet,
) -> Evidence:
    """The flows of captures, not judged; the options are those of analyze()."""
    return read_captures(
        list(captures), watch=Watch(), tunnels=not outer, resync=resync, most_flows=max_flows, progress=progress
    )


def watched(rules: RuleTable, payloads: int = 0) -> Watch:
    """The frames that are kept."""
    wake = {rule.responder.port for rule in rules.rules if rule.application == "wake-on-lan"}
    return Watch(WATCHED | {port for port in wake if port is not None}, payloads)


def load(folder: str | Path) -> Report:
    """The document of a report folder.

    Raises:
        DocumentError: there is none, or it is damaged or of another version.
    """
    path = Path(folder) / "report.json"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{path}: no saved report here: give the folder that analyze wrote") from error
    return from_json(text, str(path))


def extract(
    folder: str | Path, choice: Choice, captures: Sequence[str], sink: Sink, *, progress: Progress = quiet
) -> Extract:
    """The packets behind flows of a report, from its captures, which are found among ``captures`` by their content.

    Raises:
        DocumentError, AnalyzerError: there is no such report, flow, finding or verdict.
        CaptureError: a capture is not there, or is not as it was when it was analysed.
    """
    return extract_packets(load(folder), choice, captures, sink, progress)


def explain_flow(folder: str | Path, flow: str) -> FlowTold:
    """A flow of a report and every row of its table against it - or against the request that it answers (TFTP).

    Raises:
        AnalyzerError: there is no such flow in it.
    """
    report = load(folder)
    saved = saved_in(report)
    line = flow_line(report, flow)
    judged = flow_line(report, saved.seen.get(flow, {}).get("request", flow))
    return FlowTold(line, judged, explain(judged, saved), saved.seen.get(flow, {}))


def explain_row(folder: str | Path, rule: str, machine: str | None = None) -> RowTold:
    """A row of a report's table: what it states, its status and flows, with one machine or all.

    Raises:
        AnalyzerError: the table has no such row, or the row is not told for that machine.
    """
    report = load(folder)
    saved = saved_in(report)
    ids = [known.id for known in saved.rules.rules]
    if rule not in ids:
        raise AnalyzerError(f"no row {rule!r} in this report's table; its rows: {', '.join(ids)}")
    row = saved.rules.rule(rule)
    lines = records(report.rows[report.rows["rule"] == rule])
    told_for = [line["machine"] for line in lines]
    if machine is not None and machine not in told_for:
        known = ", ".join(name for name in told_for if name) or "none, so leave --machine out"
        raise AnalyzerError(f"row {rule} is not told for a machine {machine!r}; it is told for: {known}")
    carried_by = carriers(row, saved.rules)
    flows = [line for line in records(report.flows) if exercised(line, row, carried_by)]
    if machine is not None:
        lines = [line for line in lines if line["machine"] == machine]
    return describe(row, saved, lines, flows, machine or "")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The lines of a table."""
    return [{str(key): value for key, value in line.items()} for line in frame.to_dict("records")]


def flow_line(report: Report, flow: str) -> dict[str, Any]:
    """One line of a report's flow table. Raises AnalyzerError where there is none."""
    lines = records(report.flows[report.flows["flow"] == flow])
    if not lines:
        raise AnalyzerError(f"no flow {flow!r} in this report; flows.csv lists them in its first column")
    return lines[0]
