"""Fuzzing, guided by coverage: python -m tests.fuzz.target, with libFuzzer's arguments.

What is instrumented is what reads captures: the decoder, both containers, decompression and the assembler. A
failed invariant, an exception other than CaptureError, ten seconds without an answer and two gigabytes of memory are
findings; ``make fuzz`` says where their octets are kept.
"""

import sys
import tempfile
from functools import cache
from pathlib import Path
from unittest.mock import patch

import atheris

with atheris.instrument_imports(include=["analyzer"], enable_loader_override=False):
    # All that reads, kernels included (they are loaded by name when first run, which would be too late); nothing more.
    from analyzer.capture.kernel import decode, resync, scan  # noqa: F401
    from analyzer.flows import read as build  # noqa: F401
    from analyzer.flows.conn_state import build_table
    from analyzer.flows.kernel import assemble  # noqa: F401

from tests.fuzz.invariants import check


def main() -> None:
    # A folder of its own, made once: a new one for each input would cost as much as reading it.
    # Nor is the table of states made anew, which never changes.
    once = patch("analyzer.flows.assembler.build_table", cache(build_table))
    with tempfile.TemporaryDirectory() as made, once:
        folder = Path(made)
        atheris.Setup(sys.argv, lambda octets: check(octets, folder))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
