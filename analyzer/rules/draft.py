"""A pack of kind draft: rows that were read from a user's guide and that a person has not confirmed yet.

It has the keys of a pack. A row may lack what could not be read, and says beside each value where it was read and how
sure that is. No capture is judged by a draft.
"""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from analyzer.rules.model import Addressing, Executable, PackModel, Protocol, Provenance
from analyzer.rules.word_file import WordFile
from analyzer.values import Cast, Role

Sure = Literal["certain", "likely", "open"]
ID = r"^[a-z][a-z0-9-]*$"
_ID = re.compile(ID.strip("^$"))
COPY = "--"
"""Between the id of a row and the number of a copy that an answer made of it."""


def is_id(text: str) -> bool:
    """Whether ``text`` may be the id of a draft, a row or a question."""
    return _ID.fullmatch(text) is not None


class ReadFrom(PackModel):
    """Where a value was read: the page as the user counts, the box on it (points from the top left) or its lines.

    ``text``: as printed; ``how``: what showed that it is a cell; ``inherited``: the cell is empty and takes what is
    above;
    ``sure``: open where a question asks for it.
    """

    text: str
    page: int
    sure: Sure
    how: str
    inherited: bool = False
    lines: tuple[int, int] | None = None
    box: tuple[float, float, float, float] | None = None
    table: str | None = None


class DraftSide(PackModel):
    """One end of a row; ``end``: what it is in the table; ``name``: as printed. Without roles nobody has said yet what
    it is to DPM."""

    end: Literal["server", "target", "source", "destination", "text"] = "text"
    name: str | None = None
    roles: tuple[Role, ...] = ()
    port: int | None = Field(default=None, ge=0, le=65535)
    executables: tuple[Executable, ...] = ()


class DraftRule(PackModel):
    """A row of the draft. ``row``: the number of the printed row; a printed row with two ports or two protocols is two
    rows here. ``in_table``: the row of the built-in table that says the same, which needs no row of its own."""

    id: str = Field(pattern=ID)
    row: int
    item: str | None = None
    page: int
    footnotes: tuple[int, ...] = ()
    protocol: Protocol | None = None
    application: str | None = None
    printed: Literal["<", ">", "none"] | None = None
    originator: DraftSide = DraftSide()
    responder: DraftSide = DraftSide()
    casts: tuple[Cast, ...] = (Cast.UNICAST,)
    addressing: Addressing | None = None
    icmp_type: int | None = Field(default=None, ge=0, le=255)
    reply: bool = True
    note: str | None = None
    in_table: str | None = None
    read: Mapping[str, ReadFrom] = Field(default_factory=dict)


class DraftNote(PackModel):
    """A footnote as printed, and the items that it makes necessary where the built-in table knows that."""

    page: int
    text: str
    read: ReadFrom | None = None


class Question(PackModel):
    """Something that only a person with the guide can say.

    ``rows``: the ids that the answer is for; ``field``: what of them; ``choices``: the answers that are taken, none:
    a text in the form that ``ask`` names. ``answer``: empty while the question is open.
    """

    id: str = Field(pattern=ID)
    rows: tuple[str, ...] = ()
    field: str
    ask: str
    read: str | None = None
    choices: tuple[str, ...] = ()
    proposed: str | None = None
    answer: str | None = None


class LeftLine(PackModel):
    """Text of the pages that is in no row, heading or footnote."""

    page: int
    line: int
    text: str


class Account(PackModel):
    """What became of the lines of the pages. ``used``: every word of them is in a row, a heading or a footnote."""

    pages: tuple[int, ...]
    lines: int
    used: int
    left: tuple[LeftLine, ...] = ()


class GuideSource(PackModel):
    """The file that was read: its name without a folder, its SHA-256, what it is, and what could not be read.

    ``places``: for each page of a PDF, as the user counts, its number in the file and the degrees it was rotated by.
    """

    file: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    kind: Literal["pdf", "text", "html", "csv", "sheet"]
    problems: tuple[str, ...] = ()
    places: Mapping[int, tuple[int, int]] = Field(default_factory=dict)


class Draft(PackModel):
    """A file of kind draft. ``words``: what the user added to the words of tables; answers are read with them too."""

    version: Literal[1]
    id: str = Field(pattern=ID)
    kind: Literal["draft"]
    provenance: Provenance
    guide: GuideSource
    account: Account
    questions: tuple[Question, ...] = ()
    rules: tuple[DraftRule, ...] = ()
    footnotes: Mapping[int, DraftNote] = Field(default_factory=dict)
    texts: tuple[ReadFrom, ...] = ()
    words: tuple[WordFile, ...] = ()

    @property
    def open(self) -> tuple[Question, ...]:
        """The questions without an answer."""
        return tuple(question for question in self.questions if question.answer is None)
