"""Charts drawn in a copy of this process equal those drawn here, and no file or process is left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer import render
from analyzer.kernel import loading
from analyzer.operating_system import copies
from analyzer.render.shared import chart_process as drawings
from analyzer.render.shared.chart_process import Drawings, Painter
from tests.program import ROOT
from tests.reports import lab

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it makes no copy of itself elsewhere")
CAPTURE = ROOT / "sample_pcaps" / "lab" / "clean_segB.pcap"


@pytest.fixture(autouse=True)
def in_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "possible", lambda: True)
    monkeypatch.setattr(loading, "cores", lambda: 2)


@pytest.fixture
def painter() -> Iterator[Painter]:
    with Painter() as begun:
        yield begun
    assert begun.copy is None or is_gone(begun.copy.process)


def is_gone(process: int) -> bool:
    """Whether there is no such process, not even one that ended and was not collected."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def copy_of(painter: Painter) -> int:
    assert painter.copy is not None
    return painter.copy.process


def test_a_copy_draws_the_same_octets(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    here = dict(render.everything(lab()))
    begun = painter.begin(lab())
    monkeypatch.setattr(Drawings, "_charts", lambda _self: pytest.fail("drawn here"))
    monkeypatch.setattr(Drawings, "_pictures", lambda _self: pytest.fail("drawn here"))
    assert dict(render.everything(lab(), begun)) == here


def test_charts_are_drawn_here_where_the_copy_is_gone(painter: Painter) -> None:
    begun = painter.begin(lab())
    os.kill(copy_of(painter), signal.SIGKILL)
    assert begun.files() == Drawings(lab()).files()


@pytest.mark.parametrize("wrong", [EOFError, OSError, ValueError])
def test_pictures_are_drawn_here_where_the_copy_ends_between(
    painter: Painter, monkeypatch: pytest.MonkeyPatch, wrong: type[Exception]
) -> None:
    def answers(report: Any) -> Iterator[Any]:
        yield Drawings(report).charts
        raise wrong

    monkeypatch.setattr(drawings, "_answers", answers)
    assert painter.begin(lab()).files() == Drawings(lab()).files()


def test_a_copy_that_hangs_is_given_up(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(_report: Any) -> Iterator[Any]:
        while True:
            signal.pause()
            yield None

    monkeypatch.setattr(drawings, "_answers", answers)
    monkeypatch.setattr(drawings, "TIMEOUT", 0.1)
    assert painter.begin(lab()).files() == Drawings(lab()).files()


def test_what_a_copy_prints_goes_nowhere(
    painter: Painter, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def answers(report: Any) -> Iterator[Any]:
        for stream in (1, 2):
            os.write(stream, b"noise")
        yield from (Drawings(report).charts, {"a": b"picture"})

    monkeypatch.setattr(drawings, "_answers", answers)
    assert painter.begin(lab()).pictures == {"a": b"picture"}
    assert capfd.readouterr() == ("", "")


def test_an_interruption_does_not_end_the_copy(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is for this process, which ends the copy."""

    def answers(report: Any) -> Iterator[Any]:
        os.kill(os.getpid(), signal.SIGINT)
        yield from (Drawings(report).charts, {"a": b"picture"})

    monkeypatch.setattr(drawings, "_answers", answers)
    assert painter.begin(lab()).pictures == {"a": b"picture"}


def test_where_no_copy_can_be_made_it_draws_itself(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refused)
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    begun = painter.begin(lab())
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before
    assert painter.copy is None
    assert begun.files() == Drawings(lab()).files()


def test_a_copy_ends_with_its_context(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(_report: Any) -> Iterator[Any]:
        signal.pause()
        yield None

    monkeypatch.setattr(drawings, "_answers", answers)
    with Painter() as painter:
        painter.begin(lab())
        assert not is_gone(copy_of(painter))
    assert is_gone(copy_of(painter))


def test_no_copy_without_a_core_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(loading, "cores", lambda: 1)
    with Painter() as painter:
        painter.begin(lab())
        assert painter.copy is None


def test_no_copy_on_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(loading, "cores", lambda: 2)
    monkeypatch.setattr(sys, "platform", "darwin")
    with Painter() as painter:
        painter.begin(lab())
        assert painter.copy is None


def test_nobody_chooses_what_it_imports(tmp_path: Path) -> None:
    """Neither the current folder nor variables replace modules of the command."""
    (tmp_path / "matplotlib.py").write_text("open('imported', 'w')")
    script = "import sys; sys.path = [name for name in sys.path if name]; from analyzer.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "analyze", "--no-dissect", "-q", "--fail-on", "none", str(CAPTURE)],
        cwd=tmp_path, env={"PATH": "", "PYTHONPATH": str(ROOT)}, check=False, capture_output=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "dpm-analyzer-report" / "charts" / "verdicts.png").is_file()
    assert not (tmp_path / "imported").exists()


def test_documentation_that_nobody_reads_is_not_written() -> None:
    """matplotlib's own way to write it is there again afterwards."""
    script = (
        "import sys; from analyzer.render.shared.chart_process import import_charts; import_charts()\n"
        "assert 'analyzer.charts' in sys.modules\n"
        "from matplotlib.artist import Artist; from matplotlib.lines import Line2D\n"
        "class Later(Artist): pass\n"
        "assert not Line2D.set.__doc__\n"
        "from matplotlib.axes import Axes; from matplotlib.artist import kwdoc\n"
        "assert 'markersize or ms' not in Axes.plot.__doc__\n"
        "assert 'markersize or ms' in kwdoc(Line2D)\n"
        "assert 'alpha' in Later.set.__doc__\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env={"PATH": "", "PYTHONPATH": str(ROOT)}, check=False,
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
