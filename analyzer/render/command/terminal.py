"""The summary on a terminal: the headline, then tables that fit the width; no more than one screen."""

from collections.abc import Iterator
from dataclasses import replace

from rich.cells import cell_len
from rich.columns import Columns
from rich.console import Console, OverflowMethod, RenderableType
from rich.table import Table
from rich.text import Text

from analyzer.palette import VERDICTS, mark
from analyzer.render.shared.escape import clip, visible
from analyzer.render.shared.groups import Group, Names, grouped
from analyzer.render.shared.screen import console, fitted, plain, symbol
from analyzer.report import Report
from analyzer.units import plural
from analyzer.values import BootStatus, Status, severity

__all__ = ["console", "counts", "show"]

FINDINGS = (6, 10, 24)
"""The number of findings that are shown: at least, without a terminal, and at most."""
WARNINGS = 3
NOTES = 2
LINES = 3
WIDE = 100
"""From this width on, each finding has the word of its verdict and its sentence."""


def show(report: Report, where: str, out: Console | None = None) -> None:
    """Print the summary: headline, notes, verdicts, findings, stalled boots, and the path of the report.

    Args:
        report: the document.
        where: the report folder's page, as the user named the folder; empty if nothing was written.
        out: the console to print on; by default one on standard output.
    """
    out = out or console()
    out.print(Text(plain(visible(report.meta.headline), out), style="bold"))
    for part in (_notes, _verdicts, _findings, _boots):
        for line in part(report, out):
            out.print(line)
    if where:
        out.print()
        out.print(Text(plain(f"Report: {visible(where)}", out)), soft_wrap=True)


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
    """Warnings in up to two lines each, other notes in one line each."""
    warnings = [note.text for note in report.meta.notes if note.level == "warning"]
    notes = [note.text for note in report.meta.notes if note.level != "warning"]
    for text in warnings[:WARNINGS]:
        yield Text(fitted(f"warning: {text}", 2 * out.width - 12, out), style="yellow")
    for text in notes[:NOTES]:
        yield Text(fitted(f"note: {text}", out.width, out), style="dim")
    if rest := len(warnings[WARNINGS:]) + len(notes[NOTES:]):
        yield Text(f"and {rest:,} more in the report", style="dim")


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
    wide = out.width >= WIDE
    lines = [_line(one, out, wide=wide) for one in found]
    kind, ends, service, often = (max(cell_len(cell) for cell in column) for column in zip(*lines, strict=True))
    kind, service = min(kind, 40 if wide else 26), min(service, 26)
    ends = min(ends, max(out.width - kind - service - often - 6, 16))
    cut: OverflowMethod = "crop" if out.options.ascii_only else "ellipsis"
    table = Table.grid(padding=(0, 2))
    for width, rest in ((kind, {}), (ends, {}), (service, {"no_wrap": True}), (often, {"justify": "right"})):
        table.add_column(width=width, overflow=cut if rest else "fold", **rest)
    why = out.width - kind - ends - service - often - 8
    if wide and why > 20:
        table.add_column(width=why, no_wrap=True, overflow=cut, style="dim")
    for one, line in zip(found, lines, strict=True):
        look = mark(one.lead["verdict"])
        cells = [Text(line[0], look.terminal), *(Text(cell) for cell in line[1:])]
        table.add_row(*cells, *([Text(fitted(one.lead["why"], 300, out))] if wide and why > 20 else []))
    yield ""
    yield table
    if left := total - sum(one.count for one in found):
        yield Text(f"and {plural(left, 'more finding')} in the report", style="dim")


def _chosen(report: Report, limit: int) -> Iterator[Group]:
    """The most serious groups of findings, and two of every less serious verdict."""
    words = sorted(report.findings["verdict"].unique().tolist(), key=severity)
    apart = [report.findings[report.findings["verdict"] == word] for word in words]
    for place, part in enumerate(apart):
        reserved = sum(min(len(other), 2) for other in apart[place + 1 :])
        shown = grouped(replace(report, findings=part), max(limit - reserved, 2), 1).groups
        limit -= len(shown)
        yield from shown


def _line(found: Group, out: Console, *, wide: bool) -> tuple[str, str, str, str]:
    """Verdict, hosts, service and number of flows."""
    row, look = found.lead, mark(found.lead["verdict"])
    word = row["verdict"] if wide or not row["reason"] else ""
    words = (symbol(look, out), word, clip(row["reason"], 30), "(stopped)" if found.stopped else "")
    ends = " -> ".join(filter(None, (_named(side, "hosts") for side in (found.origs, found.resps))))
    often = "" if row["verdict"] == Status.MISSING else plural(found.flows, "flow")
    cells = (" ".join(filter(None, words)), ends, _named(found.services, "services") or clip(row["rule"], 60), often)
    kind, ends, service, often = (plain(cell, out) for cell in cells)
    return kind, ends, service, often


def _named(names: Names, several: str) -> str:
    """The only name, or the number of names."""
    return f"{names.count:,} {several}" if names.count > 1 else clip("".join(names.first), 60)


def _boots(report: Report, out: Console) -> Iterator[RenderableType]:
    stalled = report.boots[report.boots["status"] == BootStatus.STALLED]
    if len(stalled):
        yield ""
        yield Text(f"PXE boots that stalled: {len(stalled):,} of {len(report.boots):,}", style="bold")
    for row in stalled.head(LINES).to_dict("records"):
        text = f"  {row['machine'] or row['client_mac']} at {row['stalled_at']}: {row['why']}"
        yield Text(fitted(text, out.width, out))
    if len(stalled) > LINES:
        yield Text(f"  and {len(stalled) - LINES:,} more", style="dim")
