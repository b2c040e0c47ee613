"""Rows of the table, in the contract's columns."""

import pandas as pd

from analyzer.compliance.rows.result import RowResult
from analyzer.report.model import ROW_COLUMNS, table
from analyzer.report.wording import line_texts
from analyzer.rules import RuleTable
from analyzer.times import time_text


def row_frame(rules: RuleTable, rows: list[RowResult]) -> pd.DataFrame:
    """One line a row of the table and machine; columns ROW_COLUMNS."""
    citations = {rule.id: rules.citation(rule) for rule in rules.rules}
    return table(
        ROW_COLUMNS,
        {
            "rule": [row.rule.id if row.rule else "" for row in rows],
            "item": [row.item for row in rows],
            "machine": [row.machine for row in rows],
            "status": [row.status.value for row in rows],
            "flows": [row.flows for row in rows],
            "first_seen": [time_text(row.first) for row in rows],
            "last_seen": [time_text(row.last) for row in rows],
            "why": line_texts(row.why for row in rows),
            "citation": [citations[row.rule.id] if row.rule else "no row of the table in use" for row in rows],
        },
    )
