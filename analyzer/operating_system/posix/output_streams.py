"""The terminal's own encoding is kept; Python writes the octets of a line as they are."""

import errno
import sys

assert sys.platform != "win32"


def same_octets_everywhere() -> None:
    """Have what is written to files and pipes be the same octets as on other systems."""


def reader_is_gone(error: OSError) -> bool:
    """Whether writing failed since nobody reads any more."""
    return error.errno == errno.EPIPE
