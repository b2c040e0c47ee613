"""A change of a host's clock that one of its logs shows."""

from typing import NamedTuple


class ClockChange(NamedTuple):
    """The clock was set to another time. ``since``, ``until``: times of the host's clock from which it is not known
    whether they were before the change or behind it. ``by``: how far it was set forward. ``zoned``: whether the times
    are of the host's clocks with a zone."""

    since: int
    until: int
    by: int
    zoned: bool
