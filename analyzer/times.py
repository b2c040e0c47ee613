"""Times as text: UTC, ISO 8601, exact, without floating point."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000_000
LATEST = 253_402_300_800_000_000_000
"""The end of the year 9999 in nanoseconds; hostile captures contain later times."""


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


def time_texts(times: NDArray[np.int64], fine: NDArray[np.bool_]) -> list[str]:
    """``time_text`` of each; ``fine``: one value a time."""
    seconds, second = np.unique(np.clip(times, 0, LATEST - 1) // SECOND, return_inverse=True)
    stamps = [time_text(number * SECOND)[:19] for number in seconds.tolist()]
    rest = np.clip(times, 0, LATEST - 1) % SECOND
    return [
        f"{stamps[place]}.{digits}Z" if time >= 0 else ""
        for place, digits, time in zip(second.reshape(-1).tolist(), fractions(rest, fine), times.tolist(), strict=True)
    ]


def duration_texts(spans: NDArray[np.int64], fine: NDArray[np.bool_]) -> list[str]:
    """``duration_text`` of each; ``fine``: one value a span."""
    seconds, rest = np.divmod(np.maximum(spans, 0), SECOND)
    texts = (f"{whole}.{digits}" for whole, digits in zip(seconds.tolist(), fractions(rest, fine), strict=True))
    known: dict[str, str] = {}
    return [known.setdefault(text, text) for text in texts]  # most flows of a scan last equally long


def fractions(rest: NDArray[np.int64], fine: NDArray[np.bool_]) -> Iterator[str]:
    """The digits of parts of a second in nanoseconds: six where that is exact and not ``fine``, else nine."""
    digits = np.where(fine | (rest % 1000 != 0), rest + SECOND, rest // 1000 + SECOND // 1000)
    return (str(number)[1:] for number in digits.tolist())
