"""Charts drawn in another process equal those drawn here, and no file or process is left behind."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer import render
from analyzer.kernel import loading
from analyzer.render.shared import chart_process as drawings
from analyzer.render.shared.chart_process import Drawings, Painter
from tests.program import ROOT
from tests.reports import lab

SMALL = 1000
CAPTURE = ROOT / "sample_pcaps" / "lab" / "clean_segB.pcap"


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawings, "MOST_OCTETS", 1 << 20)
    monkeypatch.setattr(loading, "cores", lambda: 2)


@pytest.fixture
def painter() -> Iterator[Painter]:
    with Painter(SMALL) as begun:
        yield begun
    assert begun.process is None or begun.process.returncode is not None


def running(painter: Painter) -> "subprocess.Popen[bytes]":
    assert painter.process is not None
    return painter.process


def test_another_process_draws_the_same_octets(painter: Painter) -> None:
    assert running(painter).poll() is None
    assert dict(render.everything(lab(), painter.begin(lab()))) == dict(render.everything(lab()))
    assert running(painter).wait(60) == 0, "it drew them itself, and is done"


def test_charts_are_drawn_here_where_the_other_process_is_gone(painter: Painter) -> None:
    running(painter).kill()
    assert painter.begin(lab()).files() == Drawings(lab()).files()


def test_pictures_are_drawn_here_where_the_other_process_ends_between(painter: Painter) -> None:
    begun = painter.begin(lab())
    assert begun.charts == Drawings(lab()).charts
    running(painter).send_signal(signal.SIGKILL)
    assert begun.files() == Drawings(lab()).files()


def test_what_says_nonsense_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawings, "PROGRAM", "print('no pickle of anything')")
    with Painter(SMALL) as painter:
        assert painter.begin(lab()).files() == Drawings(lab()).files()


@pytest.mark.parametrize("octets", [-1, (1 << 20) + 1])
def test_no_process_for_what_may_be_large(octets: int) -> None:
    with Painter(octets) as painter:
        assert painter.process is None
        assert painter.begin(lab()).files() == Drawings(lab()).files()


def test_no_process_without_a_core_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "cores", lambda: 1)
    with Painter(SMALL) as painter:
        assert painter.process is None


def test_a_document_of_many_flows_is_drawn_here(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawings, "MOST_FLOWS", len(lab().flows) - 1)
    begun = painter.begin(lab())
    assert running(painter).returncode is not None, "it is not needed, and ended"
    assert begun.files() == Drawings(lab()).files()


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


@pytest.mark.skipif(sys.platform != "linux", reason="it makes no copy of itself elsewhere")
@pytest.mark.parametrize("wrong", [EOFError, OSError])
def test_what_the_copy_of_a_process_fails_at_is_done_by_the_process(wrong: type[Exception]) -> None:
    here = os.getpid()

    def work() -> int:
        if os.getpid() != here:
            raise wrong
        return here

    assert drawings.in_fork(work)() == here
    assert drawings.in_fork(os.getpid)() != here


@pytest.mark.skipif(sys.platform != "linux", reason="it makes no copy of itself elsewhere")
def test_a_copy_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    here = os.getpid()
    monkeypatch.setattr(drawings, "TIMEOUT", 0.1)

    def work() -> int:
        while os.getpid() != here:
            signal.pause()
        return here

    assert drawings.in_fork(work)() == here


def test_without_copies_a_process_does_all_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert drawings.in_fork(os.getpid)() == os.getpid()


def test_a_painter_ends_with_its_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawings, "PROGRAM", "import os, time; os.fork(); os.write(1, b'.'); time.sleep(300)")
    with Painter(SMALL) as painter:
        stdout = running(painter).stdout
        assert stdout is not None
        assert stdout.read(2) == b".."
        kept = os.dup(stdout.fileno())
    with os.fdopen(kept, "rb") as end:
        assert select.select([end], [], [], 30)[0], "nobody is left who could write"
        assert end.read() == b""
