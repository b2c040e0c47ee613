"""The charts of a document, drawn in this process or, at the same time as other work, in a copy of it.

To import matplotlib and to draw takes as long as to read and judge a small capture. A copy (fork) shares what this
process has imported and the document, so neither is made twice.
"""

import gc
import os
import pickle
import select
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib import import_module
from threading import Thread
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from analyzer.child_processes import end_with_parent
from analyzer.kernel import loading

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analyzer.charts import Chart
    from analyzer.report import Report

TIMEOUT = 60.0
"""Seconds until a copy that does not answer is given up: drawing takes about one."""


class Drawing(NamedTuple):
    """A chart that is drawn: ``title``, ``description`` and ``alt_text`` are those of charts.Chart. ``empty``: it has
    no data and shows only why."""

    name: str
    title: str
    description: str
    alt_text: str
    svg: bytes
    empty: bool


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

    def files(self) -> dict[str, bytes]:
        """``charts/NAME.svg`` and ``charts/NAME.png`` of every chart."""
        return {f"charts/{one.name}.svg": one.svg for one in self.charts} | self.pictures

    def _charts(self) -> tuple[Drawing, ...]:
        from analyzer import charts  # noqa: PLC0415 - matplotlib takes long to import

        with charts.styled():
            return tuple(
                Drawing(
                    *(chart.name, chart.title, chart.description, chart.alt_text(self.report), charts.svg(figure)),
                    empty=chart.data(self.report).empty,
                )
                for chart, figure in self.figures
            )

    def _pictures(self) -> dict[str, bytes]:
        from analyzer import charts  # noqa: PLC0415 - as above

        with charts.styled():
            return {f"charts/{chart.name}.png": charts.png(figure) for chart, figure in self.figures}

    @cached_property
    def figures(self) -> "list[tuple[Chart, Figure]]":
        from analyzer import charts  # noqa: PLC0415 - as above

        return charts.figures(self.report)


class Painter:
    """Draws the charts of one document in a copy of this process, if there is a core for it. If the copy fails, this
    process draws them.

    matplotlib is imported in a thread, long before the document exists. The copy ends with the context.
    """

    def __init__(self) -> None:
        self.importing: Thread | None = None
        self.copy: _Copy | None = None

    def __enter__(self) -> "Painter":
        if may_copy():
            self.importing = Thread(target=import_charts, name="charts", daemon=True)
            self.importing.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.copy is not None:
            self.copy.end()

    def begin(self, report: "Report") -> Drawings:
        """Draw the charts of a document, once."""
        if self.importing is None:
            return Drawings(report)
        self.importing.join()  # a copy would wait forever for a module that is half imported
        try:
            self.copy = _Copy(lambda: _answers(report))
        except OSError:
            return Drawings(report)
        return _CopiedDrawings(report, self.copy)


class _CopiedDrawings(Drawings):
    """Charts that a copy of this process draws."""

    def __init__(self, report: "Report", copy: "_Copy") -> None:
        super().__init__(report)
        self.copy = copy

    def _charts(self) -> tuple[Drawing, ...]:
        charts = self.copy.answer()
        return super()._charts() if charts is None else charts

    def _pictures(self) -> dict[str, bytes]:
        assert self.charts  # they come first
        pictures = self.copy.answer()
        return super()._pictures() if pictures is None else pictures


def may_copy() -> bool:
    """Whether a copy of this process can draw while this one goes on."""
    return sys.platform == "linux" and loading.cores() > 1


def _answers(report: "Report") -> Iterator[Any]:
    """What the copy sends: the charts, then the PNG files."""
    drawings = Drawings(report)
    yield drawings.charts
    yield drawings.pictures


class _Copy:
    """A copy of this process that sends what ``work`` yields, and ends. Raises OSError if there can be none."""

    def __init__(self, work: Callable[[], Iterator[Any]]) -> None:
        reading, writing = os.pipe()
        ended_with_parent = end_with_parent()
        try:
            with warnings.catch_warnings():
                # Other threads hold no lock that drawing needs: libraries that keep threads are made for this.
                warnings.simplefilter("ignore", DeprecationWarning)
                self.process = os.fork()
        except OSError:
            os.close(reading)
            os.close(writing)
            raise
        if not self.process:
            _send_all(work, writing, ended_with_parent)
        os.close(writing)
        self.stream: IO[bytes] = os.fdopen(reading, "rb")

    def answer(self) -> Any:
        """Its next answer; None if it gives none."""
        try:
            return pickle.load(self.stream) if select.select([self.stream], [], [], TIMEOUT)[0] else None
        except Exception:
            return None

    def end(self) -> None:
        """End it, in any state."""
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.process, 0)
        self.stream.close()


def _send_all(work: Callable[[], Iterator[Any]], writing: int, ended_with_parent: Callable[[], None] | None) -> None:
    """The copy: send what ``work`` yields. Never returns, and writes to nothing that it shares with the first
    process."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interruption from the terminal is for the first process
        if ended_with_parent is not None:
            ended_with_parent()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        gc.disable()  # it needs what it makes until it ends
        with os.fdopen(writing, "wb") as pipe:
            for answer in work():
                pickle.dump(answer, pipe)
                pipe.flush()
    finally:
        os._exit(0)


def import_charts() -> None:
    """Import the charts for this command, which shows nobody the documentation of matplotlib's classes."""
    with suppress(ImportError), _without_documentation():
        import_module("analyzer.charts")


@contextmanager
def _without_documentation() -> Iterator[None]:
    """Within it, matplotlib writes no documentation of ``set`` for each of its classes: half of the time that its
    import takes."""
    from analyzer.local_settings import ignored, no_new_settings_folder  # noqa: PLC0415 - as its import

    with ignored(), no_new_settings_folder("matplotlib"):
        artist = import_module("matplotlib.artist").Artist
    name = "_update_set_signature_and_docstring"
    writes = vars(artist).get(name)
    if writes is None:  # another version of matplotlib
        yield
        return
    setattr(artist, name, classmethod(lambda _cls: None))
    try:
        yield
    finally:
        setattr(artist, name, writes)
