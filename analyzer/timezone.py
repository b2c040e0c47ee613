"""A time zone beside UTC, for people who read a report. Outputs for programs stay UTC."""

import re
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(?:/[A-Za-z0-9_+-]{1,32}){0,2}", re.ASCII)


def zone_name(text: str) -> str:
    """A name of the IANA time zone database, or an empty text for none.

    Raises:
        ValueError: there is no such zone here.
    """
    if text:
        zone(text)
    return text


@lru_cache(64)
def zone(name: str) -> ZoneInfo:
    """The zone of a name. Raises ValueError."""
    try:
        if _NAME.fullmatch(name):
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        pass
    raise ValueError(
        f"{name!r} is no time zone of this system: write a name such as Asia/Tokyo (Python's package tzdata contains "
        "the names where the system has none)"
    )


@lru_cache(1 << 14)
def local_time(utc: str, name: str) -> str:
    """``19:10:53 +09:00`` of ``2026-11-22T10:10:53Z`` and Asia/Tokyo; with the date where that is another day; nothing
    for a time that no calendar has."""
    try:
        there = datetime.fromisoformat(utc).astimezone(zone(name))
    except (OverflowError, ValueError):
        return ""
    offset = there.strftime("%z")
    date = "" if there.strftime("%Y-%m-%d") == utc[:10] else there.strftime("%Y-%m-%d ")
    return f"{date}{there:%H:%M:%S} {offset[:3]}:{offset[3:5]}"
