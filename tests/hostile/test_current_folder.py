"""Files in the current folder do not control the tool: the folder often contains evidence from other persons."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import ROOT
from tests.systems import make_fifo

LAB = ROOT / "sample_pcaps" / "lab"
STEALING = "svg.hashsalt: dpm-analyzer\ntext.usetex: True\ntext.latex.preamble: \\input{secret}\n"
MODULE = "raise SystemExit('a module of the current folder was imported')\n"


TRAPS: dict[str, Callable[[Path], object]] = {
    "matplotlibrc that starts latex": lambda path: (path / "matplotlibrc").write_text(STEALING),
    "matplotlibrc that is no text": lambda path: (path / "matplotlibrc").write_bytes(b"\xff\xfe\xfa"),
    "matplotlibrc that never ends": lambda path: make_fifo(path / "matplotlibrc"),
    "numba's settings": lambda path: (path / ".numba_config.yaml").write_text("disable_jit: 1\ndebug: 1\n"),
    "numba's settings that never end": lambda path: make_fifo(path / ".numba_config.yaml"),
    "pyshark's settings": lambda path: (path / "config.ini").write_text("[tshark]\ntshark_path = ./latex\n"),
    "tshark's settings": lambda path: (path / "preferences").write_text("gui.update.enabled: TRUE\n"),
    "modules": lambda path: [
        (path / f"{name}.py").write_text(MODULE)
        for name in ("sitecustomize", "usercustomize", "matplotlib", "numpy", "json", "secrets", "PIL")
    ],
}


def analysed(folder: Path, out: Path) -> subprocess.CompletedProcess[bytes]:
    """The command as it is installed, started in ``folder``; a program called latex there reports that it ran."""
    command = shutil.which("dpm-analyzer", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("the command is not installed beside this Python")
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    return subprocess.run(
        [command, "analyze", LAB / "dirty_segB.pcap", "--site", LAB / "site.yaml", "--out", out, "--no-dissect"],
        cwd=folder, capture_output=True, timeout=120, check=False,
        env=os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_in_the_current_folder_changes_nothing(tmp_path: Path, name: str) -> None:
    clean, trapped = tmp_path / "clean", tmp_path / "trapped"
    for folder in (clean, trapped):
        folder.mkdir()
    latex = trapped / "latex"
    latex.write_text(f"#!/bin/sh\ntouch {tmp_path / 'started'}\nexit 1\n")
    latex.chmod(0o755)
    TRAPS[name](trapped)
    results = [analysed(folder, tmp_path / f"report of {folder.name}") for folder in (clean, trapped)]
    assert [result.returncode for result in results] == [1, 1], results[1].stderr
    assert results[1].stderr == results[0].stderr
    assert not (tmp_path / "started").exists()
    reports = [
        {path.relative_to(report).as_posix(): path.read_bytes() for path in sorted(report.rglob("*")) if path.is_file()}
        for report in (tmp_path / "report of clean", tmp_path / "report of trapped")
    ]
    assert reports[0] == reports[1]
    assert "charts/verdicts.svg" in reports[0]
