"""Which thread an interruption (Ctrl-C) reaches, and waiting that signals end."""

import sys

if sys.platform == "win32":
    from analyzer.operating_system.windows.interruptions import ENDING, join, leave_to_others, sleep, threads_left_out
else:
    from analyzer.operating_system.posix.interruptions import ENDING, join, leave_to_others, sleep, threads_left_out

__all__ = ["ENDING", "join", "leave_to_others", "sleep", "threads_left_out"]
