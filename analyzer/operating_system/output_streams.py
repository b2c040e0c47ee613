"""Standard output and standard error as every system has them."""

import io
import sys

if sys.platform == "win32":
    from analyzer.operating_system.windows.output_streams import reader_is_gone, same_octets_everywhere
else:
    from analyzer.operating_system.posix.output_streams import reader_is_gone, same_octets_everywhere

__all__ = ["reader_is_gone", "same_octets_everywhere", "take_all_or_fail"]


def take_all_or_fail() -> None:
    """Have standard output take all that is written, or raise an error.

    Where the environment has PYTHONUNBUFFERED, Python passes what is written to the system once. What the system does
    not take, since the disk is full or the reader leaves, would be lost without an error. A buffer passes on the rest.
    """
    output = sys.stdout
    if isinstance(output, io.TextIOWrapper) and isinstance(output.buffer, io.RawIOBase):
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(output.buffer), output.encoding, output.errors, line_buffering=True, write_through=True
        )
