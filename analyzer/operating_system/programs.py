"""Where programs are found."""

import sys

if sys.platform == "win32":
    from analyzer.operating_system.windows.programs import find_chromium, find_program, find_wireshark
else:
    from analyzer.operating_system.posix.programs import find_chromium, find_program, find_wireshark

__all__ = ["find_chromium", "find_program", "find_wireshark"]
