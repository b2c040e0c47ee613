"""Commands that a user copies into the shell of this system."""

import sys

if sys.platform == "win32":
    from analyzer.operating_system.windows.command_lines import quoted
else:
    from analyzer.operating_system.posix.command_lines import quoted

__all__ = ["quoted"]
