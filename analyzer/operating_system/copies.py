"""A copy of this process (fork) that works beside it; only Linux has one that is safe with the libraries used here."""

import sys

if sys.platform == "win32":
    from analyzer.operating_system.windows.copies import NoCopy as Copy
    from analyzer.operating_system.windows.copies import possible
else:
    from analyzer.operating_system.posix.copies import Copy, possible

__all__ = ["Copy", "possible"]
