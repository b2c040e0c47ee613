"""Importing the charts leaves no empty folder of settings behind, and removes none that was there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import ROOT
from tests.systems import WINDOWS

OF_MATPLOTLIB = Path(".matplotlib") if WINDOWS else Path(".config", "matplotlib")
"""The folder of its settings, below the user's own."""


def import_charts(home: Path) -> None:
    home.mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "MPL"))}
    subprocess.run(
        [sys.executable, "-c", "import analyzer.charts"],
        env=environment | {"HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": str(ROOT)},
        check=True, timeout=120, cwd=home,
    )  # fmt: skip


def test_no_empty_folder_is_left(tmp_path: Path) -> None:
    import_charts(tmp_path / "home")
    assert not (tmp_path / "home" / ".config").exists()
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_dir() and not any(path.iterdir())] == []


@pytest.mark.parametrize("content", [None, "font.size: 9\n"])
def test_folders_of_the_user_stay(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "home" / OF_MATPLOTLIB
    folder.mkdir(parents=True)
    if content:
        (folder / "matplotlibrc").write_text(content)
    import_charts(tmp_path / "home")
    # On Windows matplotlib keeps its list of fonts there, too.
    found = [path.name for path in folder.iterdir() if not (WINDOWS and path.name.startswith("fontlist"))]
    assert found == (["matplotlibrc"] if content else [])
