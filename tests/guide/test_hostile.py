"""Files that are hostile, damaged, encrypted or without text: a sentence, never a traceback, and bounded work."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import pypdf
import pytest

from analyzer.guide import limits
from analyzer.guide.importing import pages_of
from analyzer.guide.process import GuideError, kind_of, open_guide, run
from analyzer.guide.readers import csv, html, sheet, text
from analyzer.guide.readers.refusal import UnreadableError
from tests.guide.conftest import Reader

PDF = (Path(__file__).parent / "pdf" / "known-en-office-ruled.pdf").read_bytes()


def pdf(content: bytes) -> bytes:
    """A PDF with one page of that content."""
    data = zlib.compress(content, 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>\nstream\n%b\nendstream" % (len(data), data),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out = b"%PDF-1.4\n"
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = len(out)
    return out + b"xref\n0 6\n0000000000 65535 f \n%btrailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        table,
        end,
    )


def written(change: Callable[[pypdf.PdfWriter], object]) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(PDF))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("octets", "name", "said"),
    [
        (PDF[:9000], "cut.pdf", "damaged"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 200, "noise.pdf", "damaged"),
        (pdf(b"0 0 100 100 re f"), "picture.pdf", "no text"),
        (b"", "empty.txt", "empty"),
        (b"\0\1\2" * 100, "octets.txt", "no text in UTF-8"),
        (b"PK\3\4 xl/workbook.xml" + b"\0" * 500, "broken.xlsx", "damaged or encrypted"),
        (b"PK\3\4 something else", "archive.zip", "no sheet"),
        ("Nothing of a table is here.", "prose.txt", "no row of a table of ports"),
        (b"<table><tr><td>" * 30, "deep.html", "nested"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value and len(value) < 20 else None,
)
def test_a_file_that_cannot_be_read_is_named_with_what_to_do(
    octets: str | bytes, name: str, said: str, read_text: Reader
) -> None:
    with pytest.raises(GuideError, match=said) as refused:
        read_text(octets, name)
    assert str(refused.value).startswith((name, "/"))
    assert "\n" not in str(refused.value)


def test_an_encrypted_pdf(read_text: Reader) -> None:
    octets = written(lambda writer: writer.encrypt("secret", algorithm="RC4-128"))
    with pytest.raises(GuideError, match="encrypted"):
        read_text(octets, "guide.pdf")


def test_a_page_that_lies_on_its_side(read_text: Reader) -> None:
    flat = read_text(PDF, "guide.pdf")
    reversed_ = read_text(written(lambda writer: writer.pages[0].rotate(90)), "turned.pdf")
    assert len(reversed_.rules) == len(flat.rules)
    assert reversed_.guide.problems == (
        "page 1: the text lies on its side; the page was rotated by 270 degrees to read it",
    )
    assert [rule.responder for rule in reversed_.rules] == [rule.responder for rule in flat.rules]


def test_reading_ends_when_its_time_is_over(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pdf"
    path.write_bytes(pdf(b"BT /F 9 Tf 10 10 Td " + b"(A) Tj " * 20_000_000 + b"ET"))
    guide = open_guide(path)
    with pytest.raises(GuideError, match="more than 3 seconds"):
        run(guide, {"do": "read", "kind": "pdf", "pages": None}, 3.0)


def test_a_reader_that_dies_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "guide.txt"
    path.write_text("x", encoding="utf-8")
    with pytest.raises(GuideError, match="the reader ended with 1"):
        run(open_guide(path), {"do": "read"}, 20.0)


@pytest.mark.parametrize(
    ("read", "octets"),
    [
        (csv.material, b"a,b,c,d\n" * (limits.MAX_ROWS + 1)),
        (html.material, b"<table>" + b"<tr><td>a" * (limits.MAX_ROWS + 1)),
        (lambda octets: text.material(octets, None), b"x\n" * (limits.MAX_TEXT_LINES + 1)),
        (lambda octets: text.material(octets, None), b"x" * (limits.MAX_LINE_CHARACTERS + 1)),
        (lambda octets: text.material(octets, None), b"x " * (limits.MAX_PAGE_WORDS + 1)),
        (html.material, b"x" * (limits.MAX_TEXT_OCTETS + 1)),
        (html.material, b"<table>" + b"<td rowspan=60000 colspan=60000>x" * 2000),
        (sheet.material, b"PK"),
    ],
    ids=["rows", "html rows", "lines", "line", "words", "octets", "spans", "sheet"],
)  # fmt: skip
def test_what_is_too_much_is_refused(read: Callable[[bytes], object], octets: bytes) -> None:
    with pytest.raises(UnreadableError):
        read(octets)


def test_rows_without_end_are_refused(read_text: Reader) -> None:
    rows = "| a | 80 | TCP | < | Managed machine |\n" * (limits.MAX_PRINTED_ROWS + 1)
    with pytest.raises(GuideError, match="1001 rows"):
        read_text("| Item | Port | Protocol | Direction | Target |\n" + rows)


def test_a_formula_is_text(read_text: Reader) -> None:
    draft = read_text("Item,Port,Protocol,Direction,Target\n=1+1,80,TCP,<,=HYPERLINK(0)\n", "guide.csv")
    assert draft.rules[0].item == "=1+1"
    assert draft.rules[0].originator.name == "=HYPERLINK(0)"


def test_scripts_of_a_page_are_not_read(read_text: Reader) -> None:
    page = "<table><tr><th>Item<th>Port<th>Protocol<th>Direction<th>Target<tr><td>x<script>y</script><td>80<td>TCP<td>&lt;<td>z</table>"
    assert read_text(page, "guide.html").rules[0].item == "x"


@pytest.mark.parametrize("pages", ["", "0", "5-3", "1-100", "a", "1,,2", "-1", "1-2-3", "9" * 20])
def test_pages_that_are_none(pages: str) -> None:
    with pytest.raises(GuideError, match="--pages"):
        pages_of(pages)


def test_pages() -> None:
    assert pages_of("191-193, 200,192") == [191, 192, 193, 200]


def test_pages_that_the_file_has_not(read_text: Reader) -> None:
    with pytest.raises(GuideError, match="does not contain the requested pages"):
        read_text(PDF, "guide.pdf", pages=[191])


def test_the_content_says_the_kind() -> None:
    assert kind_of(PDF, ".txt") == "pdf"
    assert kind_of(b"\xef\xbb\xbf<!DOCTYPE html>") == "html"
    assert kind_of(b"a\tb\tc\td\n1\t2\t3\t4\n") == "csv"
    assert kind_of(b"a,b\n") == "text"
