"""Document -> files. Each format is a module of ``analyzer.render.report``, imported when it is first used."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, overload

from analyzer.render.formats import FORMATS, IN_FOLDER, Format
from analyzer.render.shared.render_input import DEFAULT_OPTIONS, RenderInput, RenderOptions

if TYPE_CHECKING:
    from analyzer.render.shared.chart_process import Drawings
    from analyzer.render.shared.pieces import Content
    from analyzer.report import Report

__all__ = ["FORMATS", "IN_FOLDER", "Format", "RenderOptions", "everything", "files_of"]


def files_of(
    name: str, report: "Report", options: RenderOptions = DEFAULT_OPTIONS, drawings: "Drawings | None" = None
) -> dict[str, bytes]:
    """The files of the format ``name``, by their paths in the report folder. ``drawings``: the report's charts, if the
    caller needs them too.

    Raises:
        KeyError: there is no such format.
        OutputError: the package or the program that it needs is not installed, or the program fails.
    """
    made = {each.name: each for each in FORMATS}[name].make(RenderInput(report, drawings, options))
    return {path: bytes(content) for path, content in made.items()}


@overload
def everything(
    report: "Report", drawings: "Drawings | None" = None, form: Literal["whole"] = "whole"
) -> Iterator[tuple[str, bytes]]: ...


@overload
def everything(
    report: "Report", drawings: "Drawings | None", form: Literal["pieces"]
) -> "Iterator[tuple[str, Content]]": ...


def everything(
    report: "Report", drawings: "Drawings | None" = None, form: Literal["whole", "pieces"] = "whole"
) -> "Iterator[tuple[str, Content]]":
    """Every file of the report folder, by its path in it, always in the same order: of the formats of
    IN_FOLDER.

    ``drawings``: the charts, if a copy of this process draws them already. Formats with charts come last, so that they
    can be drawn during the others. ``form``: ``pieces``: large files are made while they are written, each before the
    next one is asked for.
    """
    given = RenderInput(report, drawings)
    for each in sorted(IN_FOLDER, key=lambda each: "drawings" in each.needs):
        for path, content in each.make(given).items():
            yield path, content if form == "pieces" else bytes(content)
