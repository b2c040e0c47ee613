"""Tables of ports in every form that guides have: each value is right, or a question is open on it."""

import io
from pathlib import Path

import pytest
import xlsxwriter

from analyzer.guide.importing import import_guide
from analyzer.rules.draft import Draft
from tests.guide.conftest import Reader
from tests.guide.judge import differences
from tests.guide.printed_tables import KNOWN_EN, KNOWN_JA, TABLES, MadeTable
from tests.guide.typeset import html, text, values

PDFS = sorted((Path(__file__).parent / "pdf").glob("*.pdf"))
BY_NAME = {table.name: table for table in TABLES}


def sheet(table: MadeTable) -> bytes:
    """The table as xlsx, with merged cells."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    for number, column, cell in table.placed():
        if cell.down > 1 or cell.across > 1:
            page.merge_range(number, column, number + cell.down - 1, column + cell.across - 1, cell.text)
        elif cell.text.isdecimal():
            page.write_number(number, column, int(cell.text))
        else:
            page.write_string(number, column, cell.text)
    book.close()
    return out.getvalue()


def wrong(draft: Draft, table: MadeTable) -> list[object]:
    return [one for one in differences(draft, table) if not one.asked]


@pytest.mark.parametrize("path", PDFS, ids=lambda path: path.stem)
def test_pdf(path: Path) -> None:
    table = next(table for name, table in BY_NAME.items() if path.name.startswith(name))
    draft = import_guide(path)
    assert not wrong(draft, table)
    assert {number: "".join(note.text.split()) for number, note in draft.footnotes.items()} == {
        number: "".join(note.split()) for number, note in table.notes
    }
    assert draft.guide.kind == "pdf"
    assert not draft.guide.problems


@pytest.mark.parametrize("style", ["chromium-ruled", "office-ruled", "office-low"])
@pytest.mark.parametrize("table", [KNOWN_EN, KNOWN_JA], ids=lambda table: table.name)
def test_nothing_is_asked_where_lines_and_words_are_known(table: MadeTable, style: str) -> None:
    draft = import_guide(Path(__file__).parent / "pdf" / f"{table.name}-{style}.pdf")
    assert not differences(draft, table)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
class TestFormats:
    def test_html(self, table: MadeTable, read_text: Reader) -> None:
        assert not wrong(read_text(html(table), "guide.html"), table)

    def test_values(self, table: MadeTable, read_text: Reader) -> None:
        assert not wrong(read_text(values(table), "guide.csv"), table)

    def test_values_with_empty_cells_in_place_of_merged_ones(self, table: MadeTable, read_text: Reader) -> None:
        octets = values(table, filled=False, delimiter=";").encode("utf-16")
        assert not wrong(read_text(octets, "guide.csv"), table)

    def test_pasted_from_a_sheet(self, table: MadeTable, read_text: Reader) -> None:
        draft = read_text(values(table, delimiter="\t"))
        assert draft.guide.kind == "csv"
        assert not wrong(draft, table)

    def test_markdown(self, table: MadeTable, read_text: Reader) -> None:
        assert not wrong(read_text(text(table)), table)

    def test_xlsx(self, table: MadeTable, read_text: Reader) -> None:
        draft = read_text(sheet(table), "guide.xlsx")
        assert draft.guide.kind == "sheet"
        assert not wrong(draft, table)


def test_every_word_of_a_page_is_accounted_for() -> None:
    draft = import_guide(Path(__file__).parent / "pdf" / "known-en-office-ruled.pdf")
    left = [line.text for line in draft.account.left]
    assert left == [
        "Appendix: network ports",
        "Besides the table above the server uses another protocol.",
        "To see whether machines exist, ICMP ECHO (ping) is sent from DPM Server to managed machines.",
    ]
    assert draft.account.used == draft.account.lines - len(left)
    assert [one.text for one in draft.texts] == left
