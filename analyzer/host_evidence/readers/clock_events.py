"""The times before and behind a change of the host's clock: Security 4616, and the kernel's event 1 in System."""

from analyzer.host_evidence.clock_change import ClockChange
from analyzer.host_evidence.model import NO_TIME, SECOND
from analyzer.host_evidence.moments import nanoseconds

LEAST = SECOND
"""Nanoseconds. Windows corrects its clock by less than this all the time."""


def changes_of(old: str, new: str, logged: int, *, zoned: bool) -> list[ClockChange] | None:
    """The change from one time to another, by each clock of which the record shows it; none where it is small, None
    where it cannot be read. ``logged``: the time of the record; ``zoned``: whether that has a zone."""
    (before, before_zoned), (after, after_zoned) = nanoseconds(old), nanoseconds(new)
    if NO_TIME in {before, after}:
        return None
    by, stated = after - before, before_zoned and after_zoned
    if abs(by) < LEAST:
        return []
    found = []
    if stated:
        found.append(ClockChange(min(before, after), max(before, after), by, zoned=True))
    if logged != NO_TIME and not (stated and zoned):
        # The record may have the time before the change or the one behind it.
        found.append(ClockChange(logged - abs(by), logged + abs(by), by, zoned=zoned))
    return found or None
