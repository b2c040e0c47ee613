"""What to do next about a finding: one message for each reason, for every output."""

from collections.abc import Mapping
from typing import Any

from analyzer.messages import Message, message
from analyzer.values import LADDER, Reason, Status

ADVISED: frozenset[str] = frozenset({*(reason.value for reason in Reason), Status.MISSING.value})


def advice_of(verdict: str, reason: str) -> Message | None:
    """The advice for a finding; None for words that this version does not know."""
    word = reason or verdict
    return message(f"advice-{word}") if word in ADVISED else None


def boot_advice(row: Mapping[str, Any]) -> Message | None:
    """The advice for a boot that stalled, by its row of the boots table; None for a stage that this version does not
    know. A stage that was reached, and at which the boot stalled nevertheless, has an advice of its own."""
    stage, reached = row["stalled_at"], bool(row.get(row["stalled_at"]))
    if stage == "ack" and reached:
        return message("advice-boot-ack-unused")
    if stage == "tftp" and not reached and not row.get("files"):
        return message("advice-boot-no-file-request")
    return message(f"advice-boot-{stage.replace('_', '-')}") if stage in LADDER[1:] else None
