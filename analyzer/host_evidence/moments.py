"""Times as hosts write them, as nanoseconds since the epoch; no floating point on the way."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from analyzer.host_evidence.model import NO_TIME, SECOND

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?\s*(Z|UTC|[+-]\d\d:?\d\d)?", re.ASCII
)
LATEST = 1 << 62
"""The year 2116, in nanoseconds since the epoch."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPAN = re.compile(r"(\d+)(?:\.(\d{1,9}))?(ms|min|h|m|s)", re.ASCII)
_UNITS = {"h": 3600 * SECOND, "m": 60 * SECOND, "min": 60 * SECOND, "s": SECOND, "ms": SECOND // 1000}


def nanoseconds(text: str) -> tuple[int, bool]:
    """The time that ISO 8601 text states, and whether it states a zone; without one it is read as UTC.

    (NO_TIME, False) for text that is no such time."""
    match = _ISO.fullmatch(text.strip()) if len(text) < 48 else None
    if match is None:
        return NO_TIME, False
    seconds = _whole(text.strip()[:10], match[4], match[5], match[6], match[8] or "")
    if seconds is None:
        return NO_TIME, False
    time = storable(seconds * SECOND + int((match[7] or "0").ljust(9, "0")))
    return time, match[8] is not None and time != NO_TIME


def storable(time: int) -> int:
    """A time that a table can hold, with room for an offset; NO_TIME for one that is centuries away, as Windows writes
    1601 where it has no time."""
    return time if -LATEST < time < LATEST else NO_TIME


@lru_cache(maxsize=1 << 12)
def _whole(day: str, hour: str, minute: str, second: str, zone: str) -> int | None:
    """Whole seconds since the epoch; None for a day or an hour that does not exist."""
    try:
        offset = _zone(zone)
        moment = datetime(
            int(day[:4]), int(day[5:7]), int(day[8:]), int(hour), int(minute), min(int(second), 59), tzinfo=offset
        )
        return int((moment - _EPOCH) // timedelta(seconds=1))
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> timezone:
    if text in {"", "Z", "UTC"}:
        return UTC
    digits = text[1:].replace(":", "")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if text[0] == "-" else span)


def epoch(value: object) -> int:
    """A number of seconds, milliseconds, microseconds or nanoseconds since the epoch, by its size; NO_TIME for none."""
    text = str(value).strip()
    whole, _, rest = text.partition(".")
    if not (text.isascii() and whole.isdigit() and len(whole) <= 19 and (not rest or rest.isdigit())):
        return NO_TIME
    for digits, unit in ((11, SECOND), (14, SECOND // 1000), (17, 1000), (19, 1)):
        if len(whole) <= digits:
            return storable(int(whole) * unit + int((rest[:9] or "0").ljust(9, "0")) * unit // SECOND)
    return NO_TIME


def moment(value: object) -> tuple[int, bool]:
    """A time out of text or a number, and whether it is known to be UTC or states its zone."""
    found = nanoseconds(value) if isinstance(value, str) else (NO_TIME, False)
    if found[0] != NO_TIME:
        return found
    number = epoch(value)
    return number, number != NO_TIME


def offset(text: str) -> int | None:
    """Nanoseconds out of ``+9h``, ``-30s``, ``+1h30m``, ``+250ms``; None for text that is no offset."""
    bare = text.strip()
    sign, spans = bare[:1], bare[1:]
    if sign not in {"+", "-"} or not spans or len(bare) > 40:
        return None
    total = at = 0
    while at < len(spans):
        match = _SPAN.match(spans, at)
        if match is None:
            return None
        unit = _UNITS[match[3]]
        total += int(match[1]) * unit + int((match[2] or "0").ljust(9, "0")) * unit // SECOND
        at = match.end()
    return -total if sign == "-" else total
