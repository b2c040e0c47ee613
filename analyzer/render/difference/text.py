"""A difference on a terminal: the answer in a sentence, the notes on the basis, then the differences."""

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analyzer.difference import Difference
from analyzer.difference.sentences import notes
from analyzer.messages import message
from analyzer.messages.english import sentence
from analyzer.palette import mark
from analyzer.render.shared.changes import ChangeLine, Section, sections
from analyzer.render.shared.escape import visible
from analyzer.render.shared.screen import console, fitted, plain, symbol

LINES = 12
"""Lines of each kind."""
WIDE = 100
"""From this width on, each finding has the word of its verdict; it always has the symbol."""
CELL = 60
DETAIL = 200


def show(difference: Difference, folders: tuple[str, str], out: Console | None = None) -> None:
    """Print the differences. ``folders``: the reports, as the user named them; ``out``: by default standard output."""
    out = out or console()
    out.print(Text(plain(visible(difference.headline), out), style="bold"))
    for letter, folder in zip("AB", folders, strict=True):
        out.print(Text(plain(f"{letter}: {visible(folder)}", out), style="dim"), soft_wrap=True)
    for note in notes(difference):
        out.print(Text(plain(note, out), style="yellow"))
    for section in sections(difference, LINES):
        out.print()
        out.print(Text(section.title, style="bold"))
        for part in _lines(section, out):
            out.print(part)
        if section.left:
            out.print(Text(sentence(message("difference-more-in-json", more=section.more)), style="dim"))


def _lines(section: Section, out: Console) -> Iterator[RenderableType]:
    """The lines in columns that fit the width; below each its detail."""
    lines = [_cells(line, out) for line in section.lines]
    widths = [max(text.cell_len for text in column) for column in zip(*lines, strict=True)]
    widest = widths.index(max(widths[1:]), 1)
    room = out.width - sum(widths) - 2 * (len(widths) - 1)
    widths[widest] = max(widths[widest] + min(room, 0), 12)
    for line, cells in zip(section.lines, lines, strict=True):
        grid = Table.grid(padding=(0, 2))
        for width in widths:
            grid.add_column(width=width, overflow="fold")
        grid.add_row(*cells)
        yield grid
        if line.detail:
            yield Padding(Text(fitted(line.detail, DETAIL, out), style="dim"), (0, 0, 0, widths[0] + 2), expand=False)


def _cells(line: ChangeLine, out: Console) -> list[Text]:
    look = mark(line.word)
    first, *rest = (fitted(cell, CELL, out) for cell in line.cells)
    if out.width < WIDE:
        first = first.removeprefix(f"{look.word}: ")
    if look.word:
        first = f"{symbol(look, out)} {first}"
    return [Text(line.change), Text(first, look.terminal), *map(Text, rest)]
