"""The answer in the terminal: the headline first, and no more than fits a screen or two."""

from collections.abc import Iterator
from typing import TextIO

from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from analyzer.palette import VERDICTS, Mark, mark
from analyzer.render import view
from analyzer.render.escape import clip, visible
from analyzer.report import Report
from analyzer.values import BootStatus, Status

FINDINGS = 10
LINES = 8


def console(file: TextIO | None = None, width: int | None = None) -> Console:
    """A console on ``file`` (standard output) that reads no markup; colour only on a terminal, without NO_COLOR."""
    return Console(file=file, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def show(report: Report, where: str, out: Console | None = None) -> None:
    """Prints the summary: headline, notes, verdicts, findings, boots that stalled, missing rows, where the report lies.

    Args:
        report: the document.
        where: the report folder, as the user named it; empty where nothing was written.
        out: the console to print on; by default one on standard output.
    """
    out = out or console()
    out.print(Text(_plain(visible(report.meta.headline), out), style="bold"))
    for note in report.meta.notes:
        warning = note.level == "warning"
        text = f"{'warning' if warning else 'note'}: {visible(note.text)}"
        out.print(Text(_plain(text, out), style="yellow" if warning else "dim"))
    for part in (_verdicts, _findings, _boots, _missing):
        for line in part(report, out):
            out.print(line)
    if where:
        out.print()
        out.print(Text(_plain(f"Report: {visible(where)}", out)), soft_wrap=True)


def _verdicts(report: Report, out: Console) -> Iterator[RenderableType]:
    counts = report.meta.verdicts
    shown = [look for look in VERDICTS if counts.get(look.word)]
    if shown:
        texts = [Text(f"{_symbol(look, out)} {counts[look.word]:,} {look.word}", look.terminal) for look in shown]
        yield ""
        yield Columns(texts, padding=(0, 3))


def _findings(report: Report, out: Console) -> Iterator[RenderableType]:
    total = int((report.findings["verdict"] != Status.MISSING).sum())
    if total:
        yield ""
    for found in view.findings(report, FINDINGS):
        if found.row["verdict"] == Status.MISSING:
            continue
        row, look = found.row, mark(found.row["verdict"])
        words = (_symbol(look, out), row["verdict"], row["reason"], "(stopped)" if found.stopped else "")
        kind = " ".join(filter(None, words))
        ends = " -> ".join(clip(row[side], 60) for side in ("orig_h", "resp_h") if row[side])
        often = f", {row['flows']:,} flows" if row["flows"] > 1 else ""
        rest = f"  {ends}  {clip(row['service'], 60)}{often}"
        yield Text.assemble((_plain(visible(kind), out), look.terminal), _plain(rest, out))
        yield Padding(Text(_plain(clip(row["why"], 500), out)), (0, 0, 0, 4))
    if total > FINDINGS:
        yield Text(f"and {total - FINDINGS:,} more findings in the report", style="dim")


def _boots(report: Report, out: Console) -> Iterator[RenderableType]:
    stalled = report.boots[report.boots["status"] == BootStatus.STALLED]
    if len(stalled):
        yield ""
        yield Text(f"PXE boots that stalled: {len(stalled):,} of {len(report.boots):,}", style="bold")
    for row in stalled.head(LINES).to_dict("records"):
        text = f"{row['machine'] or row['client_mac']}: at {row['stalled_at']}. {row['why']}"
        yield Padding(Text(_plain(clip(text, 500), out)), (0, 0, 0, 4))
    yield from _rest(len(stalled))


def _missing(report: Report, out: Console) -> Iterator[RenderableType]:
    missing = report.rows[report.rows["status"] == Status.MISSING]
    if len(missing):
        yield ""
        yield Text(f"Rows of the table that had to be seen and were not: {len(missing):,}", style="bold")
    for row in missing.head(LINES).to_dict("records"):
        text = f"{row['rule']} ({row['machine'] or 'any machine'}): {row['why']}"
        yield Padding(Text(_plain(clip(text, 500), out)), (0, 0, 0, 4))
    yield from _rest(len(missing))


def _rest(total: int) -> Iterator[Text]:
    if total > LINES:
        yield Text(f"    and {total - LINES:,} more", style="dim")


def _symbol(look: Mark, out: Console) -> str:
    return look.letter if out.options.ascii_only else look.symbol


def _plain(text: str, out: Console) -> str:
    return text.encode("ascii", "backslashreplace").decode() if out.options.ascii_only else text
