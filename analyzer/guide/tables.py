"""What a reader of a file found: pages of words, and the cells of the tables that the file itself draws.

Neutral: a PDF, a text, a web page and a sheet all become this. Plain data, so that it passes between two processes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal

Box = tuple[float, float, float, float]
"""Left, top, right, bottom. In points from the top left of a PDF's page, in characters and lines of a text."""

Kind = Literal["pdf", "text", "html", "csv", "sheet"]


class CellBasis(StrEnum):
    """What shows that a text is a cell of a table. The values are shown to the person who confirms a draft."""

    RULED = "ruled cell"
    WEB_PAGE = "cell of a web page"
    SHEET = "cell of a sheet"
    PLAIN_SHEET = "cell of a plain sheet"
    VALUES = "cell of a file of values"
    TEXT = "cell of a text"
    COLUMN = "column"
    LINED_COLUMN = "column between lines"
    ORDER = "order of the text"


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters without a space. ``line`` counts from 1 on its page; ``mark``: set small and raised."""

    text: str
    line: int
    box: Box
    mark: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a grid: where it begins, how far it spans, the indexes of its words on the page, and its box."""

    row: int
    column: int
    rows: int
    columns: int
    words: tuple[int, ...]
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table that the file draws itself. ``hard``: a new line in a cell is one that the author made, not a wrap."""

    cells: tuple[Cell, ...]
    how: CellBasis
    hard: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page, sheet or document.

    ``number``: as the user counts pages. ``rulings``: the horizontal lines that are drawn on it (left, top, right,
    bottom). ``aligned``: the boxes of its words say where they are on the page, else only their order counts.
    ``problems``: sentences on what could not be read. ``place``: the number with which the file itself counts it;
    ``rotated``: degrees by which it was rotated to be read.
    """

    number: int
    words: tuple[Word, ...]
    grids: tuple[Grid, ...] = ()
    rulings: tuple[Box, ...] = ()
    aligned: bool = True
    problems: tuple[str, ...] = ()
    place: int = 1
    rotated: int = 0


@dataclass(frozen=True, slots=True)
class Material:
    """All that was read from a file. ``pages_in_file``: how many there are, whether or not they were read."""

    kind: Kind
    pages: tuple[Page, ...]
    pages_in_file: int
    problems: tuple[str, ...] = ()


def plain(material: Material) -> dict[str, Any]:
    """``material`` as lists, mappings, words and numbers."""
    return asdict(material)


def material_of(data: Mapping[str, Any]) -> Material:
    """The material that ``plain`` made ``data`` of.

    Raises:
        KeyError, TypeError, ValueError: the data is not of that shape.
    """
    pages = tuple(_page(page) for page in data["pages"])
    return Material(data["kind"], pages, int(data["pages_in_file"]), tuple(map(str, data["problems"])))


def _page(data: Mapping[str, Any]) -> Page:
    words = tuple(Word(_whole(w["text"]), int(w["line"]), _box(w["box"]), bool(w["mark"])) for w in data["words"])
    return Page(
        number=int(data["number"]),
        words=words,
        grids=tuple(_grid(grid) for grid in data["grids"]),
        rulings=tuple(_box(box) for box in data["rulings"]),
        aligned=bool(data["aligned"]),
        problems=tuple(map(str, data["problems"])),
        place=int(data["place"]),
        rotated=int(data["rotated"]),
    )


def _whole(text: Any) -> str:
    """A text without halves of characters, which a damaged font of a PDF may give and which no file can hold."""
    return str(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _grid(data: Mapping[str, Any]) -> Grid:
    cells = tuple(
        Cell(
            row=int(cell["row"]),
            column=int(cell["column"]),
            rows=int(cell["rows"]),
            columns=int(cell["columns"]),
            words=tuple(map(int, cell["words"])),
            box=None if cell["box"] is None else _box(cell["box"]),
        )
        for cell in data["cells"]
    )
    return Grid(cells, CellBasis(data["how"]), bool(data["hard"]), str(data["name"]))


def _box(data: Iterable[Any]) -> Box:
    left, top, right, bottom = map(float, data)
    return left, top, right, bottom


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds all ``boxes``; they are at least one."""
    every = list(boxes)
    return (
        min(box[0] for box in every),
        min(box[1] for box in every),
        max(box[2] for box in every),
        max(box[3] for box in every),
    )


def in_points(page: Page) -> bool:
    """Whether the boxes of a page are in points, as of a PDF, and not in characters."""
    return any(word.box[3] - word.box[1] != 1.0 for word in page.words)
