"""A difference for a ticket or a merge request: GitHub's Markdown."""

from collections.abc import Iterator

from analyzer.difference import Difference
from analyzer.difference.sentences import notes
from analyzer.messages import message
from analyzer.messages.english import sentence
from analyzer.palette import mark
from analyzer.render.shared.changes import ChangeLine, Section, sections
from analyzer.render.shared.escape import markdown

LINES = 50
"""Lines of each kind."""
CELL = 200


def text(difference: Difference, folders: tuple[str, str]) -> str:
    """The differences; text from captures and profiles is escaped. ``folders``: the reports, as the user named them."""
    parts = ("\n".join(part) for part in (_head(difference, folders), *map(_section, sections(difference, LINES))))
    return "\n\n".join(parts) + "\n"


def _head(difference: Difference, folders: tuple[str, str]) -> Iterator[str]:
    yield "# What differs between two DPM port compliance reports\n"
    yield f"**{markdown(difference.headline)}**\n"
    yield from (f"- {letter}: {markdown(folder)}" for letter, folder in zip("AB", folders, strict=True))
    yield from (f"- {markdown(note)}" for note in notes(difference))


def _section(section: Section) -> Iterator[str]:
    columns = (*section.columns, "more") if any(line.detail for line in section.lines) else section.columns
    yield f"## {section.title}\n"
    yield "| " + " | ".join(columns) + " |"
    yield "|" + " --- |" * len(columns)
    for line in section.lines:
        yield "| " + " | ".join(_cells(line)[: len(columns)]) + " |"
    if section.left:
        command = "dpm-analyzer diff --format json"
        yield f"\n{sentence(message('difference-more-by-command', more=section.more, command=command))}"


def _cells(line: ChangeLine) -> list[str]:
    look = mark(line.word)
    first, *rest = (markdown(cell, CELL) for cell in line.cells)
    return [line.change, f"{look.symbol} {first}" if look.word else first, *rest, markdown(line.detail, CELL)]
