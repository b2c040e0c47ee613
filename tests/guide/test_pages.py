"""What a guide prints over several pages: tables that continue, footnotes that are printed again."""

from collections.abc import Sequence

import pytest

from analyzer.guide.reading import Reading, read_pages
from analyzer.guide.rows import rows_of
from analyzer.guide.tables import Material, Page, Word
from analyzer.guide.words import load_words
from tests.guide.conftest import Reader

WORDS = load_words()
LEFTS = (40.0, 120.0, 200.0, 280.0, 360.0)
HEADINGS = ("Item", "Port", "Protocol", "Direction", "Target")


def page(number: int, lines: Sequence[Sequence[str]], *, right: float = 0.0) -> Page:
    """A page of a PDF without ruled lines: the cells of each line begin at the places of ``LEFTS``."""
    words: list[Word] = []
    for row, cells in enumerate(lines, 1):
        for left, text in zip(LEFTS, cells, strict=False):
            at = left + right
            for part in text.split():
                words.append(Word(part, row, (at, 20.0 * row, at + 5.0 * len(part), 20.0 * row + 10.0)))
                at += 5.0 * len(part) + 3.0
    return Page(number, tuple(words))


FIRST = (HEADINGS, ("Backup", "9000", "TCP", "<", "machine"), ("Restore", "9001", "TCP", ">", "machine"))
MORE = (("Status", "9002", "UDP", "<", "machine"), ("Update", "9003", "TCP", ">", "machine"))
LAST = (("Agent", "9004", "UDP", "<", "machine"), ("Job", "9005", "TCP", ">", "machine"))
PROSE = (("This page is about something else and has no table.",), ("Nothing of it is a row.",))


def read(*pages: Page) -> Reading:
    return read_pages(Material("pdf", pages, len(pages)), WORDS)


def rows(*pages: Page) -> list[tuple[str, int, tuple[int | None, ...]]]:
    """Item, page and ports of each row."""
    found = rows_of(read(*pages).tables, WORDS)
    return [(one.item, one.page, one.connected.ports if one.connected else ()) for one in found]


def test_a_table_without_lines_continues_on_pages_without_headings() -> None:
    assert rows(page(191, FIRST), page(192, MORE), page(193, LAST)) == [
        ("Backup", 191, (9000,)),
        ("Restore", 191, (9001,)),
        ("Status", 192, (9002,)),
        ("Update", 192, (9003,)),
        ("Agent", 193, (9004,)),
        ("Job", 193, (9005,)),
    ]


def test_the_words_of_a_continued_table_are_used() -> None:
    reading = read(page(191, FIRST), page(192, MORE))
    assert {index for where, index in reading.used if where == 1} == set(range(10))


def test_headings_that_are_printed_again_begin_the_table_again() -> None:
    assert [one[0] for one in rows(page(191, FIRST), page(192, (HEADINGS, *MORE)))] == [
        "Backup", "Restore", "Status", "Update",
    ]  # fmt: skip


@pytest.mark.parametrize("between", [PROSE, ()], ids=["prose", "empty page"])
def test_a_table_ends_at_a_page_without_rows(between: Sequence[Sequence[str]]) -> None:
    assert [one[0] for one in rows(page(191, FIRST), page(192, between), page(193, LAST))] == ["Backup", "Restore"]


def test_other_columns_on_the_next_page_are_not_the_table() -> None:
    assert len(rows(page(191, FIRST), page(192, MORE, right=40.0))) == 2


GUIDE = """\
| Item | Port | Protocol | Direction | Target |
|---|---|---|---|---|
| {} | 80 | TCP | < | Managed machine |

{}
"""


def test_a_footnote_of_two_pages_has_both_texts(read_text: Reader) -> None:
    first = GUIDE.format("Backup *1", "*1 The first text of the note.")
    second = GUIDE.format("Restore *1", "*1 The second text of the note.")
    draft = read_text(f"{first}\f{second}", pages=[191, 192])
    assert list(draft.footnotes) == [1]
    assert draft.footnotes[1].text == "The first text of the note.\nThe second text of the note."
    assert draft.footnotes[1].page == 191
    assert draft.footnotes[1].read is not None
    assert draft.footnotes[1].read.page == 191


def test_a_footnote_that_is_printed_again_is_there_once(read_text: Reader) -> None:
    note = "*1 UDP 7000 is used."
    draft = read_text("\f".join(GUIDE.format(item, note) for item in ("Backup *1", "Restore *1")), pages=[191, 192])
    assert draft.footnotes[1].text == "UDP 7000 is used."
    assert len([rule for rule in draft.rules if rule.responder.port == 7000]) == 1
    assert not [line for line in draft.account.left if "7000" in line.text]
