"""A guide to a draft: read, taken apart, compared with the built-in table, accounted for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzer.guide import limits
from analyzer.guide.drafting import Rows, drafted
from analyzer.guide.footnotes import FootnoteText
from analyzer.guide.known import mark_known
from analyzer.guide.lines import lines_of
from analyzer.guide.process import GuideError, GuideFile, open_guide, read_material, storable
from analyzer.guide.questions import add_casts, add_footnotes
from analyzer.guide.reading import Reading, read_pages
from analyzer.guide.rows import rows_of
from analyzer.guide.tables import Material
from analyzer.guide.texts import add_texts
from analyzer.guide.where import read_at
from analyzer.guide.words import load_words, word_file, words_with
from analyzer.rules import load_table
from analyzer.rules.draft import Account, Draft, DraftNote, GuideSource, LeftLine, Question, is_id
from analyzer.rules.model import Provenance
from analyzer.text import visible

_PAGES = re.compile(r"\s*\d{1,6}\s*(?:-\s*\d{1,6}\s*)?")
MAX_LEFT = 500
"""Lines in no row that a draft lists; the count says how many there are."""


def pages_of(text: str) -> list[int]:
    """``191-194,200`` as numbers, each once, in their order.

    Raises:
        GuideError: it is no list of pages.
    """
    found: dict[int, None] = {}
    for part in text.split(","):
        if not _PAGES.fullmatch(part):
            raise GuideError(f"--pages {text}: write pages as 191-194 or 191,194")
        first, _, last = part.partition("-")
        low, high = int(first), int(last or first)
        if not 1 <= low <= high or high - low >= limits.MAX_PAGES or len(found) > limits.MAX_PAGES:
            raise GuideError(f"--pages {text}: name at most {limits.MAX_PAGES} pages, the lower number first")
        found |= dict.fromkeys(range(low, high + 1))
    return list(found)


@dataclass(frozen=True)
class Import:
    """How a guide is imported. ``words``: files with further headings, signs and names of roles; ``title``: what
    citations call the guide, its file name unless given; ``seconds``: that reading may take."""

    words: tuple[str, ...] = ()
    title: str | None = None
    pack_id: str = "own-guide"
    seconds: float = limits.SECONDS


def import_guide(path: Path, pages: Sequence[int] | None = None, how: Import = Import()) -> Draft:
    """The draft of a pack that the file at ``path`` gives.

    ``pages``: those to read, as a viewer counts them; None: all, or in a long PDF those that seem to matter.

    Raises:
        GuideError: the file cannot be read, or no table of ports is in it; the sentence says what to do.
        RulesError: a file of words is wrong.
    """
    if not is_id(how.pack_id):
        raise GuideError(f"{visible(how.pack_id)!r} is not an id: use lower-case letters, digits and hyphens")
    title = storable(how.title) if how.title else None
    more = tuple(word_file(Path(path)) for path in how.words)
    known = words_with(more) if more else load_words()
    guide = open_guide(path)
    material = read_material(guide, pages, how.seconds)
    reading = read_pages(material, known)
    count = sum(len(table.rows) for table in reading.tables)
    if count > limits.MAX_PRINTED_ROWS:
        raise GuideError(
            f"{guide.name}: the tables have {count} rows, and the limit is {limits.MAX_PRINTED_ROWS}: use "
            "--pages to choose the pages "
            "with the table of ports"
        )
    facts = rows_of(reading.tables, known)
    if not facts:
        raise GuideError(_nothing(guide, material, reading))
    rows = drafted(facts, reading.tables, known)
    texts = add_texts(rows, reading.notes, reading.paragraphs, known)
    table = load_table()
    mark_known(rows, table)
    add_footnotes(rows, reading.notes, table)
    add_casts(rows, reading.notes, known)
    if material.kind != "pdf" and pages is None:
        _ask_page(rows)
    seen = tuple(sorted({page.number for page in material.pages}))
    return Draft(
        version=1,
        id=how.pack_id,
        kind="draft",
        provenance=Provenance(title=title or guide.name, source=title or guide.name, pages_seen=seen),
        guide=_source(guide, material, reading),
        account=account_of(material, reading),
        questions=_numbered(rows.questions),
        rules=tuple(rows.rules),
        footnotes=_notes(reading.notes),
        texts=tuple(texts),
        words=more,
    )


def _source(guide: GuideFile, material: Material, reading: Reading) -> GuideSource:
    places = {page.number: (page.place, page.rotated) for page in material.pages} if material.kind == "pdf" else {}
    return GuideSource(
        file=guide.name, sha256=guide.sha256, kind=guide.kind, problems=tuple(reading.problems), places=places
    )


def _ask_page(rows: Rows) -> None:
    ids = tuple(rule.id for rule in rows.rules if not rule.in_table)
    if not ids:
        return
    ask = "On which page of the guide are these rows? The file does not contain page numbers."
    rows.questions.append(Question(id="page", rows=ids, field="page", ask=ask))


def _numbered(questions: Sequence[Question]) -> tuple[Question, ...]:
    return tuple(one.model_copy(update={"id": f"q{number}"}) for number, one in enumerate(questions, 1))


def _notes(notes: Sequence[FootnoteText]) -> dict[int, DraftNote]:
    return {
        note.number: DraftNote(
            page=note.spot.page, text=note.text, read=read_at(note.text, note.spot, "certain", "footnote")
        )
        for note in sorted(notes, key=lambda one: one.number)
    }


def account_of(material: Material, reading: Reading) -> Account:
    """How many lines the pages have, and those with words that are in nothing that was kept."""
    lines = used = 0
    left: list[LeftLine] = []
    for index, page in enumerate(material.pages):
        for line in lines_of(page):
            lines += 1
            words = [word for word in line.words if (index, word) not in reading.used]
            if not words:
                used += 1
            elif len(left) < MAX_LEFT:
                text = " ".join(page.words[word].text for word in words)
                left.append(LeftLine(page=page.number, line=line.number, text=text[:500]))
    return Account(pages=tuple(page.number for page in material.pages), lines=lines, used=used, left=tuple(left))


def _nothing(guide: GuideFile, material: Material, reading: Reading) -> str:
    words = sum(len(page.words) for page in material.pages)
    why = "; ".join(reading.problems[:5])
    found = f"{len(material.pages)} pages with {words} words were read, and no row of a table of ports was found"
    advice = (
        "name its pages with --pages, or give the table as text, HTML, CSV or a sheet with headings such as Item, Port,"
        " Protocol, Direction, Target"
    )
    return f"{guide.name}: {found}{': ' + why if why else ''}: {advice}"
