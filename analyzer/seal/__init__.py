"""Seals a report folder: a manifest of its files and captures, a time-stamp query for it, and the check of both.

The files of a report stay where they are. ``sha256sum --check`` and ``openssl ts`` read what is written here.
"""

from analyzer.seal.check import Deviation, check_captures, check_folder
from analyzer.seal.make import Sealed, seal
from analyzer.seal.timestamp import Stamp, check_answer

__all__ = ["Deviation", "Sealed", "Stamp", "check_answer", "check_captures", "check_folder", "seal"]
