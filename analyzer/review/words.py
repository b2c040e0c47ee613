"""The words of the review workbook: its sheets, its columns for decisions, and the decisions."""

from enum import StrEnum


class Decision(StrEnum):
    """What a reviewer decides on a line of the workbook."""

    ACCEPT = "accept"
    FIX = "fix"
    WRONG = "wrong"
    ATTEST = "attest"


MEANINGS: dict[Decision, str] = {
    Decision.ACCEPT: "Somebody is responsible for this finding until a day. The site profile gets a waiver.",
    Decision.FIX: "It is right, and the network, a host or the next capture will be changed. The profile gets nothing.",
    Decision.WRONG: "It is wrong: correct the profile or the table, and analyse again. The profile gets nothing.",
    Decision.ATTEST: "Somebody states that the row holds, with evidence, until a day. The site profile gets an "
    "attestation.",
}
"""What follows from each decision."""

FINDINGS, ROWS, BASIS = "findings", "rows", "basis"
"""The sheets that are read again."""
NOT_COVERED = "not-covered"
"""In the sheet of rows, the status of an item that the table in use does not cover."""

DECISION, OWNER, EXPIRES, TICKET = "decision", "owner", "expires", "ticket"
BECAUSE = {FINDINGS: "reason", ROWS: "evidence"}
"""The column with the text of a decision, by sheet."""
CHOICES, CHECK = "choices", "check"
"""Hidden columns: what may be decided, and a checksum over the cells that a decision depends on."""

DEPENDS: dict[str, tuple[str, ...]] = {
    FINDINGS: ("finding", "verdict", "waiver orig", "waiver resp", "waiver service", "last seen"),
    ROWS: ("rule", "item", "machine", "status"),
}
"""The columns that a decision depends on, by sheet."""
VERDICT_REASON = "verdict reason"
"""The column of the sheet findings that says why a flow has its verdict."""
CAPTURED_UNTIL = "captured until"
"""The name of the line in the sheet basis that says when the last frame was captured."""


def decision_columns(sheet: str) -> tuple[str, ...]:
    """The open columns of a sheet, in their order."""
    return DECISION, OWNER, BECAUSE[sheet], EXPIRES, TICKET
