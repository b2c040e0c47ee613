"""Standard output and standard error as every system has them."""

import sys

if sys.platform == "win32":
    from analyzer.operating_system.windows.output_streams import reader_is_gone, same_octets_everywhere
else:
    from analyzer.operating_system.posix.output_streams import reader_is_gone, same_octets_everywhere

__all__ = ["reader_is_gone", "same_octets_everywhere"]
