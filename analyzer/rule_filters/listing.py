"""Expressions as text: comment lines and one expression a row, or all rows joined in one expression."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from analyzer.rule_filters import bpf, wireshark
from analyzer.rule_filters.comments import ExportBasis, head, of_row
from analyzer.rule_filters.losses import ExportLoss
from analyzer.rule_filters.matches import RowMatches


@dataclass(frozen=True)
class Language:
    """A filter language of one expression a row."""

    title: str
    every_row: tuple[ExportLoss, ...]
    expression: Callable[[RowMatches], str]
    losses: Callable[[RowMatches], list[ExportLoss]]
    any_of: Callable[[Sequence[str]], str]


BPF = Language(bpf.TITLE, bpf.EVERY_ROW, bpf.expression, bpf.losses, bpf.any_of)
WIRESHARK = Language(wireshark.TITLE, wireshark.EVERY_ROW, wireshark.expression, wireshark.losses, wireshark.any_of)


def listing(language: Language, basis: ExportBasis, rows: Sequence[RowMatches]) -> Iterator[str]:
    """The lines: a line that begins with ``#`` is a comment, every other line that is not empty an expression."""
    yield from head(language.title, basis, language.every_row)
    for row in rows:
        yield ""
        yield from of_row(row, (*row.losses, *language.losses(row)))
        if text := language.expression(row):
            yield text
        else:
            yield "# No expression."


def joined(language: Language, rows: Sequence[RowMatches]) -> str:
    """One expression that takes the packets of any of the rows; empty where no row has one."""
    return language.any_of([text for row in rows if (text := language.expression(row))])
