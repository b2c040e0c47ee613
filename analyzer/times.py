"""Times as text: UTC, ISO 8601, exact; no floating point on the way."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 253_402_300_800_000_000_000
"""The end of the year 9999 in nanoseconds; hostile captures know later times."""


def time_text(time: int, *, fine: bool = False) -> str:
    """``2026-11-22T10:10:01.905266Z``; nine digits with ``fine`` or where the time has them; nothing for times
    before the epoch."""
    if time < 0:
        return ""
    seconds, rest = divmod(min(time, LATEST - 1), 1_000_000_000)
    stamp = (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{stamp}.{rest:09d}Z" if fine or rest % 1000 else f"{stamp}.{rest // 1000:06d}Z"


def duration_text(span: int, *, fine: bool = False) -> str:
    """Seconds with six digits, or nine."""
    seconds, rest = divmod(max(span, 0), 1_000_000_000)
    return f"{seconds}.{rest:09d}" if fine or rest % 1000 else f"{seconds}.{rest // 1000:06d}"
