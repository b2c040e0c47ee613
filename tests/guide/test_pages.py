"""What a guide prints over several pages: tables that continue, footnotes that are printed again."""

from collections.abc import Sequence

import pytest

from analyzer.guide.reading import Reading, read_pages
from analyzer.guide.rows import rows_of
from analyzer.guide.tables import Material, Page, Word
from analyzer.guide.words import load_words
from tests.guide.conftest import Reader
from tests.guide.page_like_the_guide import FIRST as FIRST_PAGE

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


def ports_of_notes(read_text: Reader, note: str) -> tuple[list[tuple[str, int | None]], list[tuple[str, str]]]:
    """The rows that a footnote gives, and what is asked of them beside ends and items."""
    draft = read_text(GUIDE.format("Backup *1", f"*1 {note}"), pages=[191])
    rules = [rule for rule in draft.rules if "text" in rule.read]
    assert len({rule.id for rule in draft.rules}) == len(draft.rules)
    asked = [
        (one.field, one.ask) for one in draft.questions if one.field.endswith("port") and one.rows == (rules[-1].id,)
    ]
    return [(str(rule.protocol), rule.responder.port) for rule in rules], asked


def test_a_port_that_a_footnote_names_twice_is_one_row(read_text: Reader) -> None:
    note = "TCP 8080 is used. It may be 8080/TCP or UDP 8080; tcp port 8080 can be changed."
    assert ports_of_notes(read_text, note) == ([("tcp", 8080), ("udp", 8080)], [])


def test_a_port_that_there_is_not_is_asked_about(read_text: Reader) -> None:
    rows, asked = ports_of_notes(read_text, "The service uses UDP 70000.")
    assert rows == [("udp", None)]
    assert [field for field, _ in asked] == ["connected.port"]
    assert "There is no port 70000" in asked[0][1]


def test_the_page_of_rows_that_the_table_has_is_not_asked(read_text: Reader) -> None:
    known = read_text(FIRST_PAGE)
    assert all(rule.in_table for rule in known.rules)
    assert not known.questions
    new = read_text(GUIDE.format("Backup", ""))
    assert "page" in {one.field for one in new.questions}
