"""What tests share, and the two things that may be absent: a test that needs them says so and is skipped."""

import os
import shutil
from pathlib import Path

import pytest

from tests.program import ROOT

PUBLIC_VARIABLE = "DPM_ANALYZER_PUBLIC_CAPTURES"


def public_folder() -> Path:
    """An optional folder of captures that other projects published; it is never part of this one."""
    beside = ROOT.parent / "shared" / "captures" / "public"
    return Path(os.environ.get(PUBLIC_VARIABLE, beside)).resolve()


@pytest.fixture(autouse=True)
def drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts are drawn in the test's own process, which has their library already."""
    monkeypatch.setattr("analyzer.render.shared.chart_process.copies.possible", lambda: False)


@pytest.fixture(autouse=True)
def no_wait_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report waits for the disk some thirty times, which protects from a power cut. No test cuts the power."""
    monkeypatch.setattr("os.fsync", lambda _file: None)


@pytest.fixture(scope="session")
def public() -> Path:
    """The folder of public captures. Set DPM_ANALYZER_PUBLIC_CAPTURES to where it is."""
    folder = public_folder()
    if not (folder / "FILES.tsv").is_file():
        pytest.skip(f"no public captures in {folder} (set {PUBLIC_VARIABLE} to the folder that has them)")
    return folder


@pytest.fixture(scope="session")
def tshark() -> str:
    """The tshark that judges ours."""
    executable = shutil.which("tshark")
    if executable is None:
        pytest.skip("tshark is not on PATH (Debian: apt-get install tshark; macOS: brew install wireshark)")
    return executable


@pytest.fixture(scope="session")
def lab() -> Path:
    return ROOT / "sample_pcaps" / "lab"


@pytest.fixture(scope="session")
def made() -> Path:
    return ROOT / "sample_pcaps" / "made"
