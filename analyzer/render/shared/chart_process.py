"""The charts of a document, drawn in this process or, at the same time as other work, in a copy of it.

To import matplotlib and to draw takes as long as to read and judge a small capture. A copy (fork) shares what this
process has imported and the document, so neither is made twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.kernel import loading
from analyzer.operating_system import copies

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analyzer.charts import Chart
    from analyzer.report import Report

FONT_REMEDY = "Debian: apt-get install fonts-noto-cjk, or for Japanese the small fonts-ipaexfont"
"""How to get a font for letters that no font here has."""
TIMEOUT = 60.0
"""Seconds until a copy that does not answer is given up: drawing takes about one."""


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

        with charts.styled(), charts.all_made_once():
            return tuple(
                Drawing(
                    *(chart.name, chart.title, chart.description, chart.alt_text(self.report), charts.svg(figure)),
                    empty=chart.data(self.report).empty,
                    missing=charts.missing_letters(figure),
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
        self.copy: copies.Copy | None = None

    def __enter__(self) -> "Painter":
        if loading.cores() > 1:
            self.importing = Thread(target=import_charts, name="charts", daemon=True)
            self.importing.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.copy is not None:
            self.copy.end()

    def begin(self, report: "Report") -> Drawings:
        """Draw the charts of a document, once."""
        if self.importing is None:
            import_charts()
            return Drawings(report)
        self.importing.join()  # a copy would wait forever for a module that is half imported
        if not copies.possible():
            return Drawings(report)
        try:
            self.copy = copies.Copy(lambda: _answers(report))
        except OSError:
            return Drawings(report)
        return _CopiedDrawings(report, self.copy)


class _CopiedDrawings(Drawings):
    """Charts that a copy of this process draws."""

    def __init__(self, report: "Report", copy: copies.Copy) -> None:
        super().__init__(report)
        self.copy = copy

    def _charts(self) -> tuple[Drawing, ...]:
        charts = self.copy.answer(TIMEOUT)
        return super()._charts() if charts is None else charts

    def _pictures(self) -> dict[str, bytes]:
        assert self.charts  # they come first
        pictures = self.copy.answer(TIMEOUT)
        return super()._pictures() if pictures is None else pictures


def _answers(report: "Report") -> Iterator[Any]:
    """What the copy sends: the charts, then the PNG files."""
    drawings = Drawings(report)
    yield drawings.charts
    yield drawings.pictures


def import_charts() -> None:
    """Import the charts for this command, which shows nobody the documentation of matplotlib's classes, and to which
    matplotlib's module of fonts belongs."""
    with suppress(ImportError), _without_documentation():
        import_module("analyzer.charts").keep_fonts_in_memory()


@contextmanager
def _without_documentation() -> Iterator[None]:
    """Within it, matplotlib lists no properties of its classes for the documentation of ``set`` and of functions: more
    than half of the time that its import takes."""
    from analyzer.local_settings import ignored, no_new_settings_folder  # noqa: PLC0415 - as its import

    with ignored(), no_new_settings_folder("matplotlib"):
        artist = import_module("matplotlib.artist")
    writers = {
        (artist.Artist, "_update_set_signature_and_docstring"): classmethod(lambda _cls: None),
        (artist, "kwdoc"): lambda _artist: "",
    }
    # Another version of matplotlib may not have them.
    written = [(place, name, vars(place)[name]) for place, name in writers if name in vars(place)]
    for place, name, _ in written:
        setattr(place, name, writers[place, name])
    try:
        yield
    finally:
        for place, name, writer in written:
            setattr(place, name, writer)
