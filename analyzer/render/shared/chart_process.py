"""The charts as the page and the folder take them: drawn here, or meanwhile in a process of their own.

The charts' library takes as long to import and to draw as a small capture takes to be read and judged.
"""

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.child_processes import end_with_parent
from analyzer.kernel import loading as kernel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analyzer.charts import Chart
    from analyzer.report import Report

MOST_OCTETS = 64 << 20
MOST_FLOWS = 10_000
"""Octets of captures and flows of a document that is handed over."""
OWN = 3
"""Pictures that the other process draws itself, beside all SVG; the rest are drawn in a copy of it."""
PATIENCE = 20
"""Seconds until a copy that says nothing is given up: drawing takes less than one."""
# What it imports and draws it needs to its end: nobody has to look for garbage meanwhile.
PROGRAM = """
import gc, json, sys
gc.disable()
sys.path[:] = json.loads(sys.argv[1])
from analyzer.render.shared.chart_process import answer
answer()
"""


class Drawing(NamedTuple):
    """A chart that is drawn: ``title``, ``tells`` and ``told`` are those of charts.Chart."""

    name: str
    title: str
    tells: str
    told: str
    svg: bytes


class Drawings:
    """The charts of one document, drawn when they are asked for."""

    def __init__(self, report: "Report") -> None:
        self.report = report

    @cached_property
    def charts(self) -> tuple[Drawing, ...]:
        """Every chart."""
        return self._charts()

    @cached_property
    def pictures(self) -> dict[str, bytes]:
        """Every chart as PNG, by its name in the report folder."""
        return self._pictures()

    def files(self) -> dict[str, bytes]:
        """``charts/NAME.svg`` and ``charts/NAME.png`` of every chart."""
        return {f"charts/{one.name}.svg": one.svg for one in self.charts} | self.pictures

    def _charts(self) -> tuple[Drawing, ...]:
        from analyzer import charts  # noqa: PLC0415 - the library that this module is about

        return tuple(
            Drawing(chart.name, chart.title, chart.tells, chart.told(self.report), charts.svg(figure))
            for chart, figure in self.figures
        )

    def _pictures(self) -> dict[str, bytes]:
        return _pictures_of(self.figures)

    @cached_property
    def figures(self) -> "list[tuple[Chart, Figure]]":
        from analyzer import charts  # noqa: PLC0415 - as above

        return charts.figures(self.report)


class Painter:
    """Another process that draws the charts of one document; what goes wrong with it is drawn here instead.

    It is begun long before the document is there, so that it has its library by then, and only where there is a core
    for it. As a context it ends with it. ``octets``: of all captures, -1 where nobody knows; a document of large ones
    would be in memory twice, so that for these the library alone is imported meanwhile.
    """

    def __init__(self, octets: int) -> None:
        self.small = 0 <= octets <= MOST_OCTETS
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Painter":
        if kernel.cores() < 2:
            return self
        if not self.small:
            Thread(target=import_module, args=("analyzer.charts",), daemon=True).start()
            return self
        with suppress(OSError, ValueError):
            # Apart from the terminal's interruptions, which are for whoever waits for it, and from variables that
            # change what Python imports: it is told to import what this process does.
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-c",
                    PROGRAM,
                    json.dumps([str(Path(folder).absolute()) for folder in sys.path]),
                ],
                cwd=Path(__file__).parent,  # no library finds settings of strangers there
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=end_with_parent(),  # noqa: PLW1509 - it makes one system call and takes no lock
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is None:
            return
        if self.process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)  # with those that it shares its work with
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def begin(self, report: "Report") -> Drawings:
        """Have the charts of a document drawn, once: there, or, where it is large, here."""
        if self.process is not None and len(report.flows) <= MOST_FLOWS:
            return _Elsewhere(report, self)
        self.__exit__()
        return Drawings(report)

    def ask(self, report: "Report") -> None:
        """Hand a document over."""
        if self.process is not None and self.process.stdin is not None:
            with suppress(OSError, ValueError):  # it ended, or nobody waits for it any more
                pickle.dump(report, self.process.stdin)
                self.process.stdin.close()

    def answer(self) -> Any:
        """What it says next; None where it says nothing."""
        if self.process is None or self.process.stdout is None:
            return None
        try:
            return pickle.load(self.process.stdout)
        except Exception:
            return None


class _Elsewhere(Drawings):
    """The charts as a painter draws them."""

    def __init__(self, report: "Report", painter: Painter) -> None:
        super().__init__(report)
        self.painter = painter
        self.asked = Thread(target=painter.ask, args=(report,), daemon=True)
        self.asked.start()

    def _charts(self) -> tuple[Drawing, ...]:
        self.asked.join()
        charts = self.painter.answer()
        return super()._charts() if charts is None else charts

    def _pictures(self) -> dict[str, bytes]:
        assert self.charts  # they are told first
        pictures = self.painter.answer()
        return super()._pictures() if pictures is None else pictures


def answer() -> None:
    """What the other process does: it imports the library, takes a document, tells the charts, then the pictures."""
    from analyzer import charts as _charts  # noqa: F401, PLC0415 - before there is anything to draw

    drawings = Drawings(pickle.load(sys.stdin.buffer))
    mine, others = drawings.figures[:OWN], drawings.figures[OWN:]
    elsewhere = beside(lambda: _pictures_of(others))
    pickle.dump(drawings.charts, sys.stdout.buffer)
    sys.stdout.buffer.flush()
    pickle.dump(_pictures_of(mine) | elsewhere(), sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _pictures_of(figures: "list[tuple[Chart, Figure]]") -> dict[str, bytes]:
    from analyzer import charts  # noqa: PLC0415 - the library that this module is about

    return {f"charts/{chart.name}.png": charts.png(figure) for chart, figure in figures}


def beside(work: Callable[[], Any]) -> Callable[[], Any]:
    """``work`` begun in a copy of this process, where the system makes one safely: what waits for its outcome. What
    goes wrong with it is done here instead."""
    if sys.platform != "linux":
        return work
    from multiprocessing import get_context  # noqa: PLC0415 - nobody else needs it

    fork = get_context("fork")
    there, here = fork.Pipe(duplex=False)
    copy = fork.Process(target=lambda: here.send(work()), daemon=True)
    try:
        copy.start()
    except OSError:
        return work
    here.close()

    def outcome() -> Any:
        try:
            return there.recv() if there.poll(PATIENCE) else work()
        except (EOFError, OSError):
            return work()
        finally:
            copy.kill()
            copy.join()

    return outcome
