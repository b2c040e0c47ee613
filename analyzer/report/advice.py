"""What to do next about a finding: one message for each reason, for every output."""

from analyzer.messages import Message, message
from analyzer.values import LADDER, Reason, Status

ADVISED: frozenset[str] = frozenset({*(reason.value for reason in Reason), Status.MISSING.value})


def advice_of(verdict: str, reason: str) -> Message | None:
    """The advice for a finding; None for words that this version does not know."""
    word = reason or verdict
    return message(f"advice-{word}") if word in ADVISED else None


def boot_advice(stage: str) -> Message | None:
    """The advice for a boot that stalled at a stage; None for words that this version does not know."""
    return message(f"advice-boot-{stage.replace('_', '-')}") if stage in LADDER[1:] else None
