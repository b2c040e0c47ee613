"""The summary on a terminal: the headline, then tables that fit the width. Every warning is shown."""

from collections.abc import Iterator, Mapping
from pathlib import PurePath

from rich.cells import cell_len
from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analyzer.messages.english import sentence
from analyzer.palette import VERDICTS, mark
from analyzer.render.shared.commands import explain_flow, next_commands
from analyzer.render.shared.escape import clip, visible
from analyzer.render.shared.groups import Group, Names, grouped, grouped_of
from analyzer.render.shared.next_steps import last_command, unseen_rows
from analyzer.render.shared.screen import console, fitted, plain, symbol
from analyzer.report import Report
from analyzer.report.advice import boot_advice
from analyzer.report.identifiers import short_findings
from analyzer.units import plural
from analyzer.values import Answer, BootStatus, Status, severity

__all__ = ["console", "counts", "show"]

FINDINGS = (6, 10, 24)
"""The number of findings that are shown: at least, without a terminal, and at most."""
ANSWER_STYLES = {
    Answer.NOT_COMPLIANT: "bold reverse red",
    Answer.NOT_JUDGED: "bold reverse magenta",
    Answer.COMPLIANT: "bold reverse",
}
"""COMPLIANT has no colour: the table in use does not cover every item of the guide."""
Line = tuple[str, str, str, str, str]
"""Verdict, hosts, service, number of flows, identifier."""
OFTEN = 3
"""The place of the number of flows in a line."""
NOTES = 10
"""The number of notes that a terminal shows; a warning is never left out."""
LINES = 3
BOOT = 400
"""Letters of a boot's line; it wraps."""
WIDE = 100
"""From this width on, each finding has the word of its verdict, and its sentence if that has room."""
WHY = 50
"""The columns of a terminal that a sentence needs; a sentence that is no terminal's is never cut."""


def show(report: Report, where: str, out: Console | None = None) -> None:
    """Print the summary: answer, headline, notes, verdicts, findings, stalled boots, and the path of the report.

    Args:
        report: the document.
        where: the report folder's page, as the user named the folder; empty if nothing was written.
        out: the console to print on; by default one on standard output.
    """
    out = out or console()
    if answer := report.meta.answer:
        out.print(Text(answer, style=ANSWER_STYLES[answer]))
    out.print(Text(plain(visible(report.meta.headline), out), style="bold"))
    if report.meta.scope:
        out.print(Text(plain(visible(report.meta.scope), out)))
    for part in (_notes, _verdicts, _findings, _boots, _attested, _unseen):
        for line in part(report, out):
            out.print(line)
    if where:
        out.print()
        out.print(Text(plain(f"Report: {visible(where)}", out)), soft_wrap=True)
        first = next(iter(grouped(report, 1, 1).groups), None)
        folder = str(PurePath(where).parent)
        line = _first_command(report, first, folder) if first else last_command(report, folder)
        if line:
            out.print(Text(plain(f"Next: {line}", out)), soft_wrap=True)


def _first_command(report: Report, group: Group, folder: str) -> str:
    """The command that explains the first finding, by the identifier that its line shows."""
    finding = group.lead["finding"]
    if group.lead["example_flow"] and (line := explain_flow(short_findings(report).get(finding, finding), folder)):
        return line
    return next(next_commands(group.lead, folder), "")


def counts(report: Report) -> str:
    """The numbers of captures, frames, flows and findings, in one line."""
    captures = report.meta.captures
    amounts = (
        plural(len(captures), "capture"),
        plural(sum(capture.frames for capture in captures), "frame"),
        plural(len(report.flows), "flow"),
        plural(len(report.findings), "finding"),
    )
    return ", ".join(amounts)


def _notes(report: Report, out: Console) -> Iterator[RenderableType]:
    """Warnings and notes, whole; on a terminal the first notes."""
    warnings = [note.text for note in report.meta.notes if note.level == "warning"]
    notes = [note.text for note in report.meta.notes if note.level != "warning"]
    for text in warnings:
        yield Text(plain(visible(f"warning: {text}"), out), style="yellow")
    for text in notes[:NOTES] if out.is_terminal else notes:
        yield Text(plain(visible(f"note: {text}"), out), style="dim")
    if out.is_terminal and (left := len(notes) - NOTES) > 0:
        yield Text(f"and {plural(left, 'more note')} in the report", style="dim")


def _verdicts(report: Report, out: Console) -> Iterator[RenderableType]:
    counts = report.meta.verdicts
    shown = [look for look in VERDICTS if counts.get(look.word)]
    if shown:
        texts = [Text(f"{symbol(look, out)} {counts[look.word]:,} {look.word}", look.terminal) for look in shown]
        yield ""
        yield Columns(texts, padding=(0, 3))


def _findings(report: Report, out: Console) -> Iterator[RenderableType]:
    """A line for each group of findings, with some of each verdict."""
    total = len(report.findings)
    if not total:
        return
    least, usual, most = FINDINGS
    found = list(_chosen(report, min(max(out.height - 18, least), most) if out.is_terminal else usual))
    wide, short = out.width >= WIDE, short_findings(report)
    lines = [_line(one, short, out, wide=wide) for one in found]
    kind, ends, service, often, name = (max(cell_len(cell) for cell in column) for column in zip(*lines, strict=True))
    kind, service = min(kind, 40 if wide else 26), min(service, 26)
    yield ""
    if kind + ends + service + often + name + 8 > out.width:
        for one, line in zip(found, lines, strict=True):
            yield from _narrow(one, line, out.width)
    else:
        yield _table(found, lines, (kind, ends, service, often, name), out)
    if left := total - sum(one.count for one in found):
        yield Text(f"and {plural(left, 'more finding')} in the report", style="dim")


def _table(found: list[Group], lines: list[Line], widths: tuple[int, ...], out: Console) -> Table:
    """A line for each group; on a wide terminal with its sentence."""
    table = Table.grid(padding=(0, 2))
    for place in range(len(widths)):
        table.add_column(no_wrap=True, justify="right" if place == OFTEN else "left")
    why = out.width - sum(widths) - 10
    whys = [plain(visible(one.lead["why"]), out) for one in found]
    has_why = out.width >= WIDE and (why >= WHY if out.is_terminal else max(map(cell_len, whys)) <= why)
    for one, line, text in zip(found, lines, whys, strict=True):
        first, *rest = (fitted(cell, width, out) for cell, width in zip(line, widths, strict=True))
        cells = [Text(first, mark(one.lead["verdict"]).terminal), *map(Text, rest)]
        reason = [Text(fitted(text, why, out), style="dim")] if has_why else []
        table.add_row(*cells, *reason)
    return table


def _narrow(found: Group, line: Line, width: int) -> Iterator[RenderableType]:
    """Two or three lines for a group, where one has no room; no address is divided."""
    kind, ends, service, often, name = line
    yield Text("  ".join(filter(None, (kind, service, often, name))), mark(found.lead["verdict"]).terminal)
    if ends:
        first, arrow, second = ends.partition(" -> ")
        parts = (ends,) if cell_len(ends) + 4 <= width else (first, f"{arrow.lstrip()}{second}")
        yield from (Text(f"    {part}" if cell_len(part) + 4 <= width else part) for part in parts if part)


def _chosen(report: Report, limit: int) -> Iterator[Group]:
    """The most serious groups of findings, and two of every less serious verdict."""
    words = sorted(report.findings["verdict"].unique().tolist(), key=severity)
    number_of = report.findings["verdict"].value_counts()
    for place, word in enumerate(words):
        reserved = sum(min(int(number_of[other]), 2) for other in words[place + 1 :])
        shown = grouped_of(report, word, max(limit - reserved, 2))
        limit -= len(shown)
        yield from shown


def _line(found: Group, short: Mapping[str, str], out: Console, *, wide: bool) -> Line:
    """Verdict, hosts, service, number of flows and the identifier of the finding, the first one of a group."""
    row, look = found.lead, mark(found.lead["verdict"])
    word = row["verdict"] if wide or not row["reason"] else ""
    words = (symbol(look, out), word, clip(row["reason"], 30), "(stopped)" if found.stopped else "")
    ends = " -> ".join(filter(None, (_named(side, "hosts") for side in (found.origs, found.resps))))
    often = "" if row["verdict"] == Status.MISSING else plural(found.flows, "flow")
    service = _named(found.services, "services") or clip(row["rule"], 60)
    cells = (" ".join(filter(None, words)), ends, service, often, clip(short[row["finding"]], 30))
    kind, ends, service, often, name = (plain(cell, out) for cell in cells)
    return kind, ends, service, often, name


def _named(names: Names, several: str) -> str:
    """The only name, or the number of names."""
    return f"{names.count:,} {several}" if names.count > 1 else clip("".join(names.first), 60)


def _unseen(report: Report, out: Console) -> Iterator[RenderableType]:
    """What to do about rows that the captures do not show, where nothing was found."""
    steps = [*unseen_rows(report)] if report.meta.answer == Answer.COMPLIANT else []
    if steps:
        yield ""
    yield from (Text(plain(sentence(step), out)) for step in steps)


def _attested(report: Report, out: Console) -> Iterator[RenderableType]:
    """The attestations in force: what, by whom, until when."""
    stated = [one for one in report.meta.attestations if one.state == "in-force"]
    if stated:
        yield ""
        yield Text(f"Attested, not captured: {len(stated):,}", style="bold")
    for one in stated[:LINES]:
        named = " ".join(filter(None, (one.rule or one.item, one.machine)))
        text = f"{named}: {one.owner}, until {one.expires}"
        yield Padding(Text(plain(visible(text), out)), (0, 0, 0, 2), expand=False)
    if len(stated) > LINES:
        yield Text(f"  and {len(stated) - LINES:,} more", style="dim")


def _boots(report: Report, out: Console) -> Iterator[RenderableType]:
    stalled = report.boots[report.boots["status"] == BootStatus.STALLED]
    if len(stalled):
        yield ""
        yield Text(f"PXE boots that stalled: {len(stalled):,} of {len(report.boots):,}", style="bold")
    for row in stalled.head(LINES).to_dict("records"):
        text = f"{row['machine'] or row['client_mac']} at {row['stalled_at']}: {row['why']}"
        yield Padding(Text(fitted(text, BOOT, out)), (0, 0, 0, 2), expand=False)
        if advice := boot_advice({str(name): value for name, value in row.items()}):
            yield Padding(Text(plain(sentence(advice), out), style="dim"), (0, 0, 0, 4), expand=False)
    if len(stalled) > LINES:
        yield Text(f"  and {len(stalled) - LINES:,} more", style="dim")
