"""A mistake or an oddity of a pack or a draft, as a value."""

from dataclasses import dataclass
from typing import Literal

from analyzer.errors import Issue

Severity = Literal["error", "warning"]
Loc = tuple[str | int, ...]
Found = tuple[Severity, Loc, str]


@dataclass(frozen=True, order=True)
class LintIssue:
    """A mistake or an oddity, at its place in the file."""

    issue: Issue
    severity: Severity

    def __str__(self) -> str:
        where = self.issue
        return f"{where.path}:{where.line}:{where.column}: {self.severity}: {where.message}"
