"""Mistakes in a workbook, each with its sheet, row and column."""

from dataclasses import dataclass, field

from analyzer.errors import AnalyzerError

MOST = 100
"""Mistakes that are listed."""


@dataclass
class Problems:
    """``name``: the workbook's."""

    name: str
    found: list[str] = field(default_factory=list)

    def add(self, sheet: str, row: int, column: int | None, title: str, sentence: str) -> None:
        """``column``: its number; None for one that is not there."""
        letter = f" {letters(column)}" if column is not None else ""
        self.found.append(f"{self.name}: sheet {sheet}, row {row}, column{letter} ({title}): {sentence}")

    def stop(self) -> None:
        """Raise AnalyzerError with all mistakes, if there are any."""
        if self.found:
            more = len(self.found) - MOST
            rest = [f"{self.name}: {more} more mistakes are not listed: correct these first"] if more > 0 else []
            raise AnalyzerError(*self.found[:MOST], *rest)


def letters(column: int) -> str:
    """The letters of a column: A, B, ..., Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
