"""One flow of a saved report compared with every row of its table, field by field."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from analyzer.compliance.matching.facts import Facts
from analyzer.compliance.matching.fields import FIELDS, Field
from analyzer.compliance.matching.states import FAILS, HOLDS
from analyzer.explain.facts import SavedContext, facts_of
from analyzer.messages import Message
from analyzer.report.meta import ProgramRecord
from analyzer.rules import Rule


class FieldState(StrEnum):
    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "not known"


STATES = {HOLDS: FieldState.HOLDS, FAILS: FieldState.FAILS}


@dataclass(frozen=True)
class FieldComparison:
    """One field of a row against the flow. ``row``: what the row states; ``flow``: what the flow has."""

    field: Field
    state: FieldState
    row: Message
    flow: Message

    @property
    def name(self) -> str:
        return self.field.name


@dataclass(frozen=True)
class RowComparison:
    """One row against the flow, in all fields."""

    rule: Rule
    citation: str
    fields: tuple[FieldComparison, ...]

    @property
    def failing_fields(self) -> tuple[FieldComparison, ...]:
        return tuple(one for one in self.fields if one.state is FieldState.FAILS)

    @property
    def failing(self) -> int:
        return len(self.failing_fields)

    @property
    def distance(self) -> tuple[int, bool, list[int]]:
        """How far the row is from the flow, for sorting: fewer failing fields are nearer, then less important ones."""
        weights = [-FIELDS.index(one.field) for one in self.failing_fields]
        return self.failing, not self.same_service, weights

    @property
    def same_service(self) -> bool:
        """Whether the row is about this flow's service."""
        return all(one.state is FieldState.HOLDS for one in self.fields if one.field.finds_service)


@dataclass(frozen=True)
class FlowExplanation:
    """A flow with every row of the table against it. ``flow``: its line of the report's flow table. ``judged``: the
    line that the rows are compared with: the flow itself, or the request that it answers. ``read``: what was read
    inside it. ``records``: the records of hosts that show its programs. ``timezone``: the zone whose times people see
    beside UTC, or nothing."""

    flow: dict[str, Any]
    judged: dict[str, Any]
    rows: list[RowComparison]
    read: Mapping[str, str]
    records: tuple[ProgramRecord, ...] = ()
    timezone: str = ""


def compare_rows(flow: Mapping[str, Any], saved: SavedContext) -> list[RowComparison]:
    """Every row against a flow, the nearest first. ``flow``: a line of the report's flow table."""
    facts = facts_of(flow, saved)
    compared = [compare_row(rule, facts, saved) for rule in saved.rules.rules]
    return sorted(compared, key=lambda row: (not row.same_service, row.failing))


def compare_row(rule: Rule, facts: Facts, saved: SavedContext) -> RowComparison:
    """One row against the one flow of ``facts``."""
    site = saved.site
    fields = tuple(
        FieldComparison(
            field,
            STATES.get(int(field.states(rule, facts, site)[0]), FieldState.UNKNOWN),
            field.row_text(rule, site),
            field.flow_text(rule, site, facts, 0),
        )
        for field in FIELDS
    )
    return RowComparison(rule, saved.rules.citation(rule), fields)
