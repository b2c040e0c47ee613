"""Locks of files between programs. The system takes a lock away from a program that ends."""

import sys

if sys.platform == "win32":
    from analyzer.operating_system.windows.locks import lock
else:
    from analyzer.operating_system.posix.locks import lock

__all__ = ["lock"]
