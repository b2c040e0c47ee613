"""Kernels that were compiled ahead are loaded, and nothing is compiled any more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.flows import compile_ahead
from tests import capfile as cap
from tests.program import ROOT

READ = """
import sys
from numba.core import event
compiled = []
class Listener(event.Listener):
    def on_start(self, happened): compiled.append(str(happened.data["dispatcher"]))
    def on_end(self, happened): pass
event.register("numba:compile", Listener())
from analyzer.flows.assembler import Watch
from analyzer.flows.read import read_captures
from analyzer.flows.reading import reader
reader.INTERPRETED_UP_TO = -1
for path in sys.argv[1:]:
    assert len(read_captures([path], watch=Watch()).table) == 3072
print(compiled)
"""


def test_its_captures_are_sound(tmp_path: Path) -> None:
    found = [cap.lines(cap.read(tmp_path, content)) for content in (compile_ahead.pcap(), compile_ahead.pcapng())]
    assert [len(lines) for lines in found] == [3072, 3072]


@pytest.mark.xdist_group("compiled")
def test_what_was_compiled_ahead_is_loaded(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    tmp_path.chmod(0o700)
    paths = [tmp_path / "a.pcap", tmp_path / "a.pcapng"]
    for path, content in zip(paths, (compile_ahead.pcap(), compile_ahead.pcapng()), strict=True):
        path.write_bytes(content)
    ahead, read = (
        subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, check=True, env=environment, cwd=tmp_path
        ).stdout
        for arguments in (["-m", "analyzer.flows.compile_ahead"], ["-c", READ, *map(str, paths)])
    )
    assert ahead.startswith(f"compiled kernels are in {tmp_path}")
    assert read == "[]\n"
