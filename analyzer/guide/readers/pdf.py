"""PDF by pdfplumber: words with their boxes, ruled tables with their merged cells, horizontal lines."""

import io
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from analyzer.guide import limits
from analyzer.guide.readers.problems import cut
from analyzer.guide.readers.refusal import UnreadableError
from analyzer.guide.tables import Box, Cell, CellBasis, Grid, Material, Page, Word

_SMALL = 0.8
"""Digits below this part of the size of their line are marks of footnotes."""


def material(octets: bytes, pages: Sequence[int] | None) -> Material:
    """What ``pages`` (from 1, in the file's own order; None: those that seem to hold a table of ports) print.

    Raises:
        UnreadableError: it is no PDF, encrypted or damaged; the sentence says which.
    """
    import pdfplumber  # noqa: PLC0415 - belongs to the extra
    from pdfminer.pdfdocument import PDFPasswordIncorrect  # noqa: PLC0415 - belongs to the extra

    try:
        with pdfplumber.open(io.BytesIO(octets)) as document:
            count = len(document.pages)
            numbers, problems = _chosen(octets, count, pages)
            labels = _labels(octets, numbers)
            found = tuple(_page(octets, document, number, labels.get(number, number)) for number in numbers)
            return Material("pdf", found, count, problems)
    except UnreadableError:
        raise
    except Exception as error:
        encrypted = isinstance(error, PDFPasswordIncorrect) or any(
            isinstance(one, PDFPasswordIncorrect) for one in error.args
        )
        if encrypted or "password" in str(error).casefold():
            raise UnreadableError(
                "the PDF is encrypted: open it with the password and save a copy without a password"
            ) from error
        raise UnreadableError(
            f"the PDF is damaged ({type(error).__name__}): open it in a viewer and print its pages into a new PDF"
        ) from error


def _chosen(octets: bytes, count: int, pages: Sequence[int] | None) -> tuple[list[int], tuple[str, ...]]:
    if pages is not None:
        there = [number for number in pages if 1 <= number <= count]
        if not there:
            raise UnreadableError(f"the file has {count} pages and does not contain the requested pages")
        missing = len(pages) - len(there)
        problems = (
            (f"{missing} of the requested pages are not in the file, which has {count} pages",) if missing else ()
        )
        return there, problems
    if count <= limits.MAX_PAGES:
        return list(range(1, count + 1)), ()
    return _likely(octets, count)


def _likely(octets: bytes, count: int) -> tuple[list[int], tuple[str, ...]]:
    """Pages whose text has the words of such a table, each with the page behind it."""
    import pypdfium2  # noqa: PLC0415 - belongs to the extra

    found: set[int] = set()
    with pypdfium2.PdfDocument(octets) as document:
        for index in range(min(count, limits.MAX_SCANNED)):
            text = document[index].get_textpage().get_text_bounded().casefold()
            joined_words = "".join(text.split())
            ports = "port" in joined_words or "ポート" in joined_words
            protocols = "protocol" in joined_words or "プロトコル" in joined_words
            if ports and protocols and ("tcp" in joined_words or "udp" in joined_words):
                found |= {index + 1, min(index + 2, count)}
    numbers = sorted(found)
    if not numbers:
        raise UnreadableError(
            f"none of the {count} pages has the words of a table of ports: name its pages with --pages"
        )
    problems = [
        (
            f"only pages that look like a table of ports were read, out of {count} pages: name the pages with "
            "--pages to "
            "be sure"
        )
    ]
    if len(numbers) > limits.MAX_PAGES:
        problems.append(f"{len(numbers)} pages have such words; only the first {limits.MAX_PAGES} of them were read")
    return numbers[: limits.MAX_PAGES], tuple(problems)


def _labels(octets: bytes, numbers: Iterable[int]) -> dict[int, int]:
    """The numbers that the file itself gives to its pages, where they are plain numbers."""
    import pypdfium2  # noqa: PLC0415 - belongs to the extra

    try:
        with pypdfium2.PdfDocument(octets) as document:
            labels = {number: document.get_page_label(number - 1) for number in numbers}
    except Exception:
        return {}
    return {number: int(label) for number, label in labels.items() if label.isdecimal() and len(label) < 6}


def _page(octets: bytes, document: Any, number: int, shown: int) -> Page:
    page = document.pages[number - 1]
    try:
        return _read(octets, page, number, shown)
    except UnreadableError as error:
        return Page(shown, (), problems=(str(error),), place=number)
    except MemoryError:
        raise
    except Exception as error:
        return Page(
            shown, (), problems=(f"the page is damaged ({type(error).__name__}); it was not read",), place=number
        )


def _read(octets: bytes, page: Any, number: int, shown: int) -> Page:
    problems: list[str] = []
    characters = page.chars
    if len(characters) > limits.MAX_PAGE_CHARACTERS:
        raise UnreadableError(f"the page has more than {limits.MAX_PAGE_CHARACTERS} characters; it was not read")
    if not any(one["text"].strip() for one in characters):
        what = "a picture of text, it seems" if page.images or page.curves or page.rects else "it is empty"
        return Page(shown, (), problems=(f"the page has no text ({what}); pictures are not read",), place=number)
    unnamed = sum(one["text"].startswith("(cid:") for one in characters)
    if unnamed * 10 > len(characters):
        problems.append(
            f"{unnamed} of {len(characters)} characters have no Unicode code in the file and cannot be read"
        )
    lying = sum(not one["upright"] for one in characters)
    if lying * 2 > len(characters):
        return _rotated(octets, characters, number, shown)
    if lying:
        problems.append(f"{lying} characters are rotated and may be read wrongly: check them on the page")
    page = page.dedupe_chars(tolerance=0.5)
    words = _words(page, problems)
    grids = tuple(_grid(table, words, index) for index, table in enumerate(_tables(page), 1))
    rulings = tuple(
        (float(edge["x0"]), float(edge["top"]), float(edge["x1"]), float(edge["bottom"]))
        for edge in page.horizontal_edges[:5000]
    )
    return Page(shown, words, grids, rulings, problems=tuple(problems), place=number)


def _rotated(octets: bytes, characters: Sequence[Any], number: int, shown: int) -> Page:
    """The page again, rotated so that most of its text is upright."""
    import pdfplumber  # noqa: PLC0415 - belongs to the extra
    import pypdfium2  # noqa: PLC0415 - belongs to the extra

    upward = sum(one["matrix"][1] > 0 for one in characters if not one["upright"])
    degrees = 90 if upward * 2 > sum(not one["upright"] for one in characters) else 270
    with pypdfium2.PdfDocument(octets) as document, pypdfium2.PdfDocument.new() as single:
        single.import_pages(document, [number - 1])
        single[0].set_rotation((document[number - 1].get_rotation() + degrees) % 360)
        buffer = io.BytesIO()
        single.save(buffer)
    with pdfplumber.open(io.BytesIO(buffer.getvalue())) as again:
        page = again.pages[0]
        if sum(not one["upright"] for one in page.chars) * 2 > len(page.chars):
            raise UnreadableError("the text of the page is set at an angle; it was not read")
        problems = [f"the text lies on its side; the page was rotated by {degrees} degrees to read it"]
        words = _words(page, problems)
        grids = tuple(_grid(table, words, index) for index, table in enumerate(_tables(page), 1))
    return Page(shown, words, grids, problems=tuple(problems), place=number, rotated=degrees)


def _tables(page: Any) -> list[Any]:
    found = page.find_tables({"snap_tolerance": 3, "intersection_tolerance": 4, "edge_min_length": 3})
    if sum(len(table.cells) for table in found) > limits.MAX_CELLS:
        raise UnreadableError(f"the tables of the page have more than {limits.MAX_CELLS} cells; it was not read")
    return [table for table in found if len(table.cells) > 3]


def _words(page: Any, problems: list[str]) -> tuple[Word, ...]:
    """The words in the order of the lines; a raised small digit is a word of its own, written as a mark (*1)."""
    characters = page.chars
    sizes = [float(one["size"]) for one in characters if one["text"].strip()]
    usual = statistics.median(sizes) if sizes else 0
    raw = page.extract_words(
        x_tolerance_ratio=0.22, y_tolerance=2, keep_blank_chars=False, use_text_flow=False, extra_attrs=["size"]
    )
    if len(raw) > limits.MAX_PAGE_WORDS:
        raise UnreadableError(f"the page has more than {limits.MAX_PAGE_WORDS} words; it was not read")
    lines = _lines(raw)
    found: list[Word] = []
    for number, line in enumerate(lines, 1):
        for one in sorted(line, key=lambda word: word["x0"]):
            text = cut(str(one["text"]), problems)
            biggest = max(float(other["size"]) for other in line)
            raised = text.strip("()[]*※,").isdigit() and float(one["size"]) < _SMALL * min(biggest, usual or biggest)
            text = f"*{text}" if raised and text.isdigit() else text
            found.append(Word(text, number, _box(one), raised))
    return tuple(found)


def _box(one: Any) -> Box:
    return (
        round(float(one["x0"]), 2),
        round(float(one["top"]), 2),
        round(float(one["x1"]), 2),
        round(float(one["bottom"]), 2),
    )


def _lines(words: Sequence[Any]) -> list[list[Any]]:
    """Words that overlap in height by half, from the top."""
    lines: list[list[Any]] = []
    for word in sorted(words, key=lambda one: (one["top"] + one["bottom"], one["x0"])):
        middle = (word["top"] + word["bottom"]) / 2
        if lines:
            top = statistics.fmean(one["top"] for one in lines[-1])
            bottom = statistics.fmean(one["bottom"] for one in lines[-1])
            if top <= middle - 0.05 * (bottom - top) and middle <= bottom - 0.1 * (bottom - top):
                lines[-1].append(word)
                continue
        lines.append([word])
    return lines


def _grid(table: Any, words: Sequence[Word], number: int) -> Grid:
    """A ruled table: cells at the crossings of its lines, each word in the cell that holds its middle."""
    boxes = sorted({tuple(map(float, cell)) for cell in table.cells}, key=lambda box: (box[1], box[0]))
    lefts, tops = _edges(box[0] for box in boxes), _edges(box[1] for box in boxes)
    rights, bottoms = _edges(box[2] for box in boxes), _edges(box[3] for box in boxes)
    columns, rows = _edges((*lefts, *rights)), _edges((*tops, *bottoms))
    held: list[list[int]] = [[] for _ in boxes]
    for index, word in enumerate(words):
        x, y = (word.box[0] + word.box[2]) / 2, (word.box[1] + word.box[3]) / 2
        for place, box in enumerate(boxes):
            if box[0] <= x <= box[2] and box[1] <= y <= box[3]:
                held[place].append(index)
                break
    cells = []
    for box, inside in zip(boxes, held, strict=True):
        left, right = _nearest(columns, box[0]), _nearest(columns, box[2])
        top, bottom = _nearest(rows, box[1]), _nearest(rows, box[3])
        cells.append(
            Cell(top, left, max(bottom - top, 1), max(right - left, 1), tuple(inside), (box[0], box[1], box[2], box[3]))
        )
    return Grid(tuple(cells), CellBasis.RULED, name=f"table {number}")


def _edges(values: Iterable[float], apart: float = 2.0) -> list[float]:
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > apart:
            found.append(value)
    return found


def _nearest(edges: Sequence[float], value: float) -> int:
    return min(range(len(edges)), key=lambda index: abs(edges[index] - value))
