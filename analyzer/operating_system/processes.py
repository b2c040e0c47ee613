"""Programs that are started: they, and all that they start, end with this program or earlier."""

import sys

if sys.platform == "win32":
    from analyzer.operating_system.windows.processes import end, end_of, limit_own_memory, start, wait
else:
    from analyzer.operating_system.posix.processes import end, end_of, limit_own_memory, start, wait

__all__ = ["end", "end_of", "limit_own_memory", "start", "wait"]
