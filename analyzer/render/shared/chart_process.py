"""The charts of a document, drawn in this process or, at the same time as other work, in another one.

To import matplotlib and to draw takes as long as to read and judge a small capture.
"""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.kernel import loading
from analyzer.operating_system import processes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analyzer.charts import Chart
    from analyzer.report import Report

MOST_OCTETS = 64 << 20
MOST_FLOWS = 10_000
"""Octets of captures and flows of a document up to which another process draws."""
FONT_REMEDY = "Debian: apt-get install fonts-noto-cjk, or for Japanese the small fonts-ipaexfont"
"""How to get a font for letters that no font here has."""
OWN = 3
"""PNG files that the other process draws itself, and all SVG; a fork of it draws the rest."""
TIMEOUT = 20
"""Seconds until a fork that does not answer is given up: drawing takes less than one."""
# It needs what it imports and draws until it ends: no garbage is collected.
PROGRAM = """
import gc, json, sys
gc.disable()
sys.path[:] = json.loads(sys.argv[1])
from analyzer.render.shared.chart_process import serve
serve()
"""


class Drawing(NamedTuple):
    """A chart that is drawn: ``title``, ``description`` and ``alt_text`` are those of charts.Chart. ``empty``: it has
    no data and shows only why. ``missing``: letters in it that no font here has, so that its PNG shows boxes."""

    name: str
    title: str
    description: str
    alt_text: str
    svg: bytes
    empty: bool
    missing: str = ""


class Drawings:
    """The charts of one document, drawn when they are first used."""

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

    @property
    def missing(self) -> str:
        """The letters of all charts that no font here has."""
        return "".join(sorted(set("".join(chart.missing for chart in self.charts))))

    def files(self) -> dict[str, bytes]:
        """``charts/NAME.svg`` and ``charts/NAME.png`` of every chart."""
        return {f"charts/{one.name}.svg": one.svg for one in self.charts} | self.pictures

    def _charts(self) -> tuple[Drawing, ...]:
        from analyzer import charts  # noqa: PLC0415 - matplotlib takes long to import

        return tuple(
            Drawing(
                *(chart.name, chart.title, chart.description, chart.alt_text(self.report), charts.svg(figure)),
                empty=chart.data(self.report).empty,
                missing=charts.missing_letters(figure),
            )
            for chart, figure in self.figures
        )

    def _pictures(self) -> dict[str, bytes]:
        return _pictures_of(self.figures)

    @cached_property
    def figures(self) -> "list[tuple[Chart, Figure]]":
        from analyzer import charts  # noqa: PLC0415 - as above

        return charts.figures(self.report)


class Painter:
    """Another process that draws the charts of one document. If it fails, this process draws them.

    It starts long before the document exists, so that it has imported matplotlib by then, and only if there is a core
    for it. It ends with the context. ``octets``: of all captures, -1 if unknown. The document of large captures would
    be in memory twice: for these, only matplotlib is imported, in a thread of this process.
    """

    def __init__(self, octets: int) -> None:
        self.small = 0 <= octets <= MOST_OCTETS
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Painter":
        if loading.cores() < 2:
            return self
        if not self.small:
            Thread(target=import_module, args=("analyzer.charts",), daemon=True).start()
            return self
        with suppress(OSError, ValueError):
            # In a session of its own, so that an interruption from the terminal reaches only this process, and without
            # variables that change what Python imports: it imports what this process does.
            self.process = processes.start(
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
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is None:
            return
        processes.end(self.process)  # with its forks
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def begin(self, report: "Report") -> Drawings:
        """Draw the charts of a document, once: in the other process, or for a large document in this one."""
        if self.process is not None and len(report.flows) <= MOST_FLOWS:
            return _RemoteDrawings(report, self)
        self.__exit__()
        return Drawings(report)

    def send(self, report: "Report") -> None:
        """Send the document to the process."""
        if self.process is not None and self.process.stdin is not None:
            with suppress(OSError, ValueError):  # it ended, or is not needed any more
                pickle.dump(report, self.process.stdin)
                self.process.stdin.close()

    def answer(self) -> Any:
        """Its next answer; None if it gives none."""
        if self.process is None or self.process.stdout is None:
            return None
        try:
            return pickle.load(self.process.stdout)
        except Exception:
            return None


class _RemoteDrawings(Drawings):
    """Charts that a painter draws."""

    def __init__(self, report: "Report", painter: Painter) -> None:
        super().__init__(report)
        self.painter = painter
        self.sending = Thread(target=painter.send, args=(report,), daemon=True)
        self.sending.start()

    def _charts(self) -> tuple[Drawing, ...]:
        self.sending.join()
        charts = self.painter.answer()
        return super()._charts() if charts is None else charts

    def _pictures(self) -> dict[str, bytes]:
        assert self.charts  # they come first
        pictures = self.painter.answer()
        return super()._pictures() if pictures is None else pictures


def serve() -> None:
    """The other process: import matplotlib, receive a document, send the charts, then the PNG files."""
    from analyzer import charts as _charts  # noqa: F401, PLC0415 - imported before the document comes

    drawings = Drawings(pickle.load(sys.stdin.buffer))
    mine, others = drawings.figures[:OWN], drawings.figures[OWN:]
    rest = in_fork(lambda: _pictures_of(others))
    pickle.dump(drawings.charts, sys.stdout.buffer)
    sys.stdout.buffer.flush()
    pickle.dump(_pictures_of(mine) | rest(), sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _pictures_of(figures: "list[tuple[Chart, Figure]]") -> dict[str, bytes]:
    from analyzer import charts  # noqa: PLC0415 - matplotlib takes long to import

    return {f"charts/{chart.name}.png": charts.png(figure) for chart, figure in figures}


def in_fork(work: Callable[[], Any]) -> Callable[[], Any]:
    """Start ``work`` in a fork of this process, on Linux; returns a function that waits for its result. If the fork
    fails, this process does the work."""
    if sys.platform != "linux":
        return work
    from multiprocessing import get_context  # noqa: PLC0415 - only needed here

    from analyzer.operating_system.posix import processes as posix_processes  # noqa: PLC0415 - as above

    fork = get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    ended_with_parent = posix_processes.end_with_parent()

    def send() -> None:
        # Held open here, these pipes would keep the readers waiting if this process's parent is killed.
        receiver.close()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if ended_with_parent is not None:
            ended_with_parent()
        sender.send(work())

    child = fork.Process(target=send, daemon=True)
    try:
        child.start()
    except OSError:
        return work
    sender.close()

    def result() -> Any:
        try:
            return receiver.recv() if receiver.poll(TIMEOUT) else work()
        except (EOFError, OSError):
            return work()
        finally:
            child.kill()
            child.join()

    return result
