"""The report for a ticket or a merge request: GitHub's Markdown, shorter than the page.

The answer comes first, then the findings, most serious first. A ticket takes 65,536 characters on GitHub; for what it
leaves out, the file names the other files of the report.
"""

from collections.abc import Iterable, Iterator, Sequence

from analyzer.messages.english import sentence
from analyzer.palette import VERDICTS, mark
from analyzer.render.shared import page_model as view
from analyzer.render.shared.commands import FOLDER, next_commands
from analyzer.render.shared.escape import markdown, markdown_code
from analyzer.render.shared.groups import Group, Names, grouped
from analyzer.render.shared.next_steps import unseen_rows
from analyzer.render.shared.render_input import RenderInput
from analyzer.render.shared.unknown_hosts import unknown_hosts
from analyzer.report import Report
from analyzer.report.advice import advice_of, boot_advice
from analyzer.units import plural, size
from analyzer.values import LADDER, Answer, BootStatus, EvidenceWord, Status

FINDINGS = 25
WHY = 400
"""Characters of a finding's sentence; ``explain`` and the page show all of it."""
BOOTS = HOSTS = 30
NOTES = CAPTURES = 20
MACHINES = 12
QUIET = (Status.NOT_EXERCISED, Status.NOT_APPLICABLE)
"""Statuses whose rows are listed in one line."""


def files(given: RenderInput) -> dict[str, bytes]:
    """``report.md``, UTF-8."""
    return {"report.md": text(given.report).encode()}


def text(report: Report) -> str:
    """The report as Markdown; text from captures, profiles and packs is escaped."""
    network, excuses = (_captures, _unknown, _hosts), (_waivers, _attestations)
    sections = (_head, _findings, _boots, _rows, _executables, _not_covered, *network, *excuses, _basis)
    parts = ("\n".join(section(report)) for section in sections)
    return "\n\n".join(filter(None, parts)) + "\n"


def _head(report: Report) -> Iterator[str]:
    meta = report.meta
    answer = f"{meta.answer}: " if meta.answer else ""
    yield f"# {answer}DPM port compliance of {markdown(meta.site.name)}\n"
    yield f"**{markdown(meta.headline)}**\n"
    if meta.scope:
        yield f"{markdown(meta.scope)}\n"
    counts = [
        f"{look.symbol} {meta.verdicts[look.word]:,} {look.word}" for look in VERDICTS if look.word in meta.verdicts
    ]
    yield "Flows: " + (" · ".join(counts) or "none") + f". Times are UTC{_zone(meta.timezone)}."
    steps = [*unseen_rows(report)] if meta.answer == Answer.COMPLIANT else []
    if steps:
        yield f"\nNext: {markdown(' '.join(map(sentence, steps)))}"
    if meta.notes:
        yield ""
    for note in meta.notes[:NOTES]:
        yield f"- {'⚠ ' if note.level == 'warning' else ''}{markdown(note.text)}"
    yield from _more(len(meta.notes), NOTES, "report.html")


def _findings(report: Report) -> Iterator[str]:
    """A list, because a finding does not fit into a cell; each line begins with a fixed word."""
    yield f"## Findings{f' ({len(report.findings):,})' if len(report.findings) else ''}\n"
    if report.findings.empty:
        stalled = view.stalled(report)
        yield "None." + (f" But {plural(stalled, 'boot')} did not finish: see PXE boots." if stalled else "")
    groups = grouped(report, FINDINGS, 1).groups
    if groups:
        yield f"Most serious first. In the commands, {FOLDER} is the folder of this report.\n"
    for number, found in enumerate(groups, 1):
        indent = " " * len(f"{number}. ")
        yield f"{number}. {_headline(found)}"
        yield from (f"{indent}- {line}" for line in _facts(found, report.meta.timezone))
    yield from _more(len(report.findings), sum(found.count for found in groups), "findings.csv")


def _headline(found: Group) -> str:
    """``✕ **unexpected: direction**, originator to responder, service, 3 flows (stopped)``."""
    row = found.lead
    kind = ": ".join(filter(None, (row["verdict"], row["reason"])))
    ends = (_with(_named(found.origs, "hosts"), found.orig_role), _with(_named(found.resps, "hosts"), found.resp_role))
    service = _named(found.services, "services") or row["item"]
    parts = (" to ".join(markdown(end) for end in ends if end), markdown(service))
    flows = f"{found.flows:,} flow{'s' * (found.flows != 1)}" if found.flows > 0 else ""
    rest = ", ".join(filter(None, (*parts, flows)))
    return f"{mark(row['verdict']).symbol} **{markdown(kind)}**, {rest}{' (stopped)' if found.stopped else ''}"


def _named(names: Names, several: str) -> str:
    """The only name, or the number of names."""
    return f"{names.count:,} {several}" if names.count > 1 else "".join(names.first)


def _facts(found: Group, timezone: str) -> Iterator[str]:
    """The facts of a group of findings, one line each; the sentence and the frame are those of its first one."""
    row = found.lead
    if found.count > 1:
        yield f"Of one kind: {found.count:,} findings; the first of them:"
    yield f"Why: {markdown(row['why'], WHY)}"
    times = " to ".join(dict.fromkeys(view.moment(time, timezone) for time in (found.first, found.last) if time))
    seen = ", ".join(filter(None, (times, found.outcomes, _frame(row["capture"], row["first_frame"]))))
    if seen:
        yield f"Seen: {markdown(seen)}"
    if advice := advice_of(row["verdict"], row["reason"]):
        yield f"Next: {markdown(sentence(advice), WHY)}"
    commands = [*next_commands(row, "")]
    if commands:
        yield f"Commands: {'; '.join(map(markdown_code, commands))}"
    judged = f"Judged by: {markdown(_with(row['rule'], row['citation']))}; finding {markdown(row['finding'])}"
    yield f"{judged}; filter {markdown_code(found.filter)}" if found.filter else judged


def _rows(report: Report) -> Iterator[str]:
    yield "## Rows of the table\n"
    states = [(row, state) for row in view.rows(report) for state in row.states]
    listed = [(row, state) for row, state in states if state.status not in QUIET]
    if listed:
        yield from _header("row", "item", "status", "machines", "flows", "why")
    for row, state in listed:
        status = f"{mark(state.status).symbol} {state.status}"
        yield _line(row.rule, row.item, status, _machines(state.machines), state.flows, state.why)
    for status in QUIET:
        if names := dict.fromkeys(row.rule or row.item for row, state in states if state.status == status):
            yield f"\n{mark(status).symbol} {status}: {', '.join(map(markdown, names))}."
    yield "\nrows.csv has every row for every machine."


def _executables(report: Report) -> Iterator[str]:
    """The flows of each row by evidence of hosts."""
    rows = view.executables(report)
    if rows:
        yield "## Executables\n"
        yield from _header("row", *(word.value for word in EvidenceWord))
    for row in rows:
        yield _line(row.rule, *row.counts)


def _machines(machines: Sequence[str]) -> str:
    names = ", ".join(filter(None, machines[:MACHINES]))
    rest = len(machines) - MACHINES
    return f"{names} and {rest:,} more" if rest > 0 else names


def _boots(report: Report) -> Iterator[str]:
    if report.boots.empty:
        return
    yield "## PXE boots\n"
    yield from _header("machine", "MAC", "started", *LADDER, "status", "why")
    for boot in view.boots(report, BOOTS):
        row = boot.row
        steps = ["**✕ stalled**" if step.stalled else f"+{step.after}" if step.after else "" for step in boot.steps]
        before = _cells(row["machine"], row["client_mac"], view.moment(row["started"], report.meta.timezone))
        after = _cells(f"{mark(row['status']).symbol} {row['status']}", row["why"])
        yield "| " + " | ".join((*before, *steps, *after)) + " |"
    yield from _more(len(report.boots), BOOTS, "boots.csv")
    stalled = view.records(report.boots[report.boots["status"] == BootStatus.STALLED])
    advised = ((row["stalled_at"], sentence(advice)) for row in stalled if (advice := boot_advice(row)))
    for stage, text in dict.fromkeys(advised):
        yield f"\nNext, stalled at {markdown(stage)}: {markdown(text, WHY)}"


def _not_covered(report: Report) -> Iterator[str]:
    if report.meta.not_covered:
        yield "## What the table in use does not cover\n"
    for item in report.meta.not_covered:
        yield f"- {markdown(item.item)}: {markdown(item.why)}"


def _captures(report: Report) -> Iterator[str]:
    yield "## Captures\n"
    columns = ("capture", "SHA-256", "size", "vantage", "from", "to", "frames", "where they went", "quality", "damage")
    yield from _header(*columns)
    for capture in report.meta.captures[:CAPTURES]:
        yield _line(
            *(capture.name, capture.sha256, size(capture.size), capture.vantage),
            *(view.moment(view.instant(time), report.meta.timezone) for time in (capture.first_ts, capture.last_ts)),
            *(capture.frames, view.where_frames_went(capture)),
            *("; ".join(view.quality(capture)), "; ".join(capture.damage)),
        )
    yield from _more(len(report.meta.captures), CAPTURES, "report.html")


def _unknown(report: Report) -> Iterator[str]:
    """Hosts without a DPM role in unexpected flows."""
    hosts = unknown_hosts(report)
    if hosts:
        yield "## Unknown hosts\n"
        yield from _header("address", "MAC in its frames", "first seen", "last seen", "flows", "what it did")
    for host in hosts[:HOSTS]:
        actions = [f"{one.service} {one.direction} {one.peer} ({one.reason}, {one.outcome})" for one in host.actions]
        more = [f"and {host.findings - len(actions):,} more"] if host.findings > len(actions) else []
        times = (view.moment(time, report.meta.timezone) for time in (host.first, host.last))
        yield _line(host.address, ", ".join(host.macs), *times, host.flows, "; ".join([*actions, *more]))
    yield from _more(len(hosts), HOSTS, "report.html")


def _hosts(report: Report) -> Iterator[str]:
    if report.meta.hosts:
        yield "## Hosts and roles\n"
        yield from _header("address", "roles", "machine", "segment", "basis", "evidence")
    for host in report.meta.hosts[:HOSTS]:
        yield _line(
            host.address, ", ".join(host.roles), host.machine or "", host.segment or "", host.basis, host.evidence
        )
    yield from _more(len(report.meta.hosts), HOSTS, "report.html")


def _waivers(report: Report) -> Iterator[str]:
    if report.meta.waivers:
        yield "## Waivers\n"
        yield from _header("state", "from", "to", "service", "reason", "owner", "expires", "flows", "ticket")
    for waiver in report.meta.waivers:
        ends = (waiver.orig, waiver.resp, waiver.service)
        yield _line(waiver.state, *ends, waiver.reason, waiver.owner, waiver.expires, waiver.flows, waiver.ticket)


def _attestations(report: Report) -> Iterator[str]:
    if report.meta.attestations:
        yield "## Attestations\n"
        yield from _header("state", "row or item", "machine", "evidence", "owner", "expires", "ticket")
    for one in report.meta.attestations:
        yield _line(one.state, one.rule or one.item, one.machine, one.evidence, one.owner, one.expires, one.ticket)


def _basis(report: Report) -> Iterator[str]:
    meta = report.meta
    yield "## What it was judged by\n"
    given = "given" if meta.site.given else "inferred from the traffic"
    site = [markdown(text) for text in (meta.site.name, meta.site.source, meta.site.sha256)]
    yield f"- Site profile {site[0]} ({given}; {site[1]}; SHA-256 {site[2]})"
    for rules in meta.rules:
        texts = [markdown(text) for text in (rules.id, rules.title, rules.source, rules.sha256)]
        yield f"- Rules {texts[0]}: {texts[1]} ({texts[2]}; SHA-256 {texts[3]})"
    yield f"- {markdown(meta.tool)} {markdown(meta.version)}"


def _header(*names: str) -> Iterator[str]:
    yield "| " + " | ".join(names) + " |"
    yield "|" + " --- |" * len(names)


def _line(*values: object) -> str:
    return "| " + " | ".join(_cells(*values)) + " |"


def _cells(*values: object) -> Sequence[str]:
    return [f"{value:,}" if isinstance(value, int) else markdown(value) for value in values]


def _more(total: int, shown: int, name: str) -> Iterable[str]:
    return [f"\nShowing {shown:,} of {total:,}; all are in {name}."] if total > shown else []


def _zone(timezone: str) -> str:
    return f", in brackets those of {markdown(timezone)}" if timezone else ""


def _with(name: str, more: str) -> str:
    return f"{name} ({more})" if name and more else name or more


def _frame(capture: str, frame: int) -> str:
    return f"{capture}, frame {frame}" if frame >= 0 else capture
