"""Waiting for octets of a pipe in such a manner that the waiting can end before they come."""

import sys

if sys.platform == "win32":
    from analyzer.operating_system.windows.pipes import READING_IS_INTERRUPTED, event_loop, stream_of, wait_for, widen
else:
    from analyzer.operating_system.posix.pipes import READING_IS_INTERRUPTED, event_loop, stream_of, wait_for, widen

__all__ = ["READING_IS_INTERRUPTED", "event_loop", "stream_of", "wait_for", "widen"]
