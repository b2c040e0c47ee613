"""A console gets Unicode; a file or a pipe would get the console's code page, and CRLF."""

import errno
import io
import sys

assert sys.platform == "win32"


def same_octets_everywhere() -> None:
    """Have what is written to files and pipes be the same octets as on other systems: UTF-8, and a line ends in LF.
    What an old console cannot show becomes an escape."""
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if stream.isatty():
            stream.reconfigure(errors="backslashreplace")
        else:
            stream.reconfigure(encoding="utf-8", newline="\n")


def reader_is_gone(error: OSError) -> bool:
    """Whether writing failed since nobody reads any more; the C library reports that of a pipe as EINVAL, too."""
    return error.filename is None and error.errno in (errno.EPIPE, errno.EINVAL)
