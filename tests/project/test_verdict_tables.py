"""The document of the decision tables is that of the code."""

from analyzer import values
from analyzer.compliance.matching.fields import FIELDS
from docs.verdict_tables import text
from tests.program import ROOT

RENEW = "docs/verdicts.md is not that of the code: python -m docs.verdict_tables > docs/verdicts.md"


def test_the_document_is_current() -> None:
    assert (ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8") == text(), RENEW


def test_every_outcome_status_and_reason_of_the_tables_is_reported() -> None:
    observed = text()
    words = [*values.Outcome, *values.Status, *(field.reason for field in FIELDS), *values.BootStatus]
    assert not [word for word in words if f"`{word}`" not in observed]
    assert not [field.name for field in FIELDS if field.name not in observed]


def test_every_table_is_whole() -> None:
    widths = [line.count("|") for line in text().splitlines() if line.startswith("|")]
    heads = [line.count("|") for line in text().splitlines() if line.startswith("| ---")]
    assert heads
    assert set(widths) == set(heads)
