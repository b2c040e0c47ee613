"""The formats of a report: this tuple drives the report folder, ``render --format``, its help and the documentation."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from analyzer.render.shared.pieces import Content
    from analyzer.render.shared.render_input import RenderInput


@dataclass(frozen=True)
class Format:
    """A format of the report. Module ``analyzer.render.report.NAME`` makes its files with ``files(given)``.

    ``summary``: what the format is for. ``files``: the paths of its files in the report folder; ``*`` stands for any
    name. ``needs``: the parts of RenderInput that it uses; ``everything`` makes formats without needs first. ``extra``:
    the extra of the package that it needs; people write into its file. ``program``: the program that it needs. A format
    that needs one of them is made by ``render`` only.
    """

    name: str
    summary: str
    files: tuple[str, ...]
    needs: tuple[Literal["codes", "drawings", "page"], ...] = ()
    extra: str = ""
    program: str = ""

    @property
    def on_request(self) -> bool:
        """Whether ``analyze`` does not make it."""
        return bool(self.extra or self.program)

    def make(self, given: "RenderInput") -> "dict[str, Content]":
        """The files of the format, by their paths in the report folder. Its module is imported now."""
        if "page" in self.needs:
            given.page = import_module("analyzer.render.report.html").text
        files: dict[str, Content] = import_module(f"analyzer.render.report.{self.name}").files(given)
        return files


FORMATS = (
    Format("html", "the page to read, one file", ("report.html",), ("drawings",)),
    Format("md", "a summary for a ticket or a merge request", ("report.md",)),
    Format("json", "the whole document for programs", ("report.json",)),
    Format("csv", "the tables for spreadsheets", ("flows.csv", "findings.csv", "rows.csv", "boots.csv"), ("codes",)),
    Format("parquet", "the flow table with types", ("flows.parquet",), ("codes",)),
    Format("charts", "every chart as SVG and PNG", ("charts/*.svg", "charts/*.png"), ("drawings",)),
    Format("sarif", "the findings for code scanning", ("report.sarif",)),
    Format("xlsx", "the review workbook, with columns for decisions", ("report.xlsx",), extra="workbook"),
    Format(
        "pdf",
        "a summary of one page and the detail, to hand in",
        ("report.pdf",),
        ("drawings", "page"),
        program="Chromium",
    ),
)
"""Every format, in the order of help texts and documents."""

IN_FOLDER = tuple(each for each in FORMATS if not each.on_request)
"""The formats that ``analyze`` writes."""
