"""What only one family of operating systems has: the only package that names it.

Each module here has a POSIX and a Windows side, ``posix.NAME`` and ``windows.NAME``, with the same functions; the side
of the running system is imported. A module of a side begins with a check of ``sys.platform``, so that mypy leaves it
out for the other systems.
"""
