"""The exceptions that can stop an analysis.

    AnalyzerError
    ├── CaptureError      no capture could be read at all            exit code 3
    ├── OutputError       the report folder cannot be written        exit code 2
    ├── ExportError       the rows cannot be written as asked for   exit code 2
    ├── DocumentError     a saved report is missing or of another version   exit code 2
    ├── StoreError        a store is missing, damaged or of another version   exit code 2
    └── LocatedError      a profile or a rule pack is wrong          exit code 2
        ├── SiteError
        └── RulesError

A bad packet is never an exception: it is a status and a count.
"""

from dataclasses import dataclass


class AnalyzerError(Exception):
    """An error in one sentence, which includes how to fix it."""

    exit_code = 2

    def __init__(self, *lines: str) -> None:
        """``lines``: as they are shown. Line breaks of foreign text inside them never begin a line."""
        super().__init__("\n".join(lines))
        self.lines = lines


class CaptureError(AnalyzerError):
    """No capture could be read at all."""

    exit_code = 3


class OutputError(AnalyzerError):
    """The output cannot be written."""


class ExportError(AnalyzerError):
    """The rows of the table cannot be written as they were asked for."""


class DocumentError(AnalyzerError):
    """A saved report is missing, damaged or of a version that this version does not read."""


class StoreError(AnalyzerError):
    """A store of captures is missing, damaged or of a version that this version does not read, or cannot be written."""


@dataclass(frozen=True, order=True)
class Issue:
    """One mistake in a file that a person wrote, or in data that is given instead of a file.

    ``line`` and ``column`` count from 1, and are 0 in data; ``message`` says what is wrong and how to fix it.
    """

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{place}: {self.message}"


class LocatedError(AnalyzerError):
    """All mistakes of a file."""

    def __init__(self, issues: list[Issue]) -> None:
        self.issues = sorted(issues)
        super().__init__(*map(str, self.issues))


class SiteError(LocatedError):
    """The site profile is wrong."""


class RulesError(LocatedError):
    """A rule pack is wrong."""
