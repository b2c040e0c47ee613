"""The documents that a reader sees: their links, their anchors, and their blocks of code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.program import ROOT

DOCUMENTS = sorted(
    [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "sample_pcaps" / "README.md"]
)
SHELL = ("sh", "")
"""A fence of shell lines, or an indented block."""


@dataclass(frozen=True)
class Block:
    """A block of code: its language ("" where it is indented), its text, and its first line in the document."""

    language: str
    text: str
    line: int
    output: str = ""
    """What the document says that a shell block prints: a block of text that comes straight after it."""

    def lines(self) -> list[str]:
        """The commands of a shell block, continued lines put together, without comments."""
        joined = self.text.replace("\\\n", " ").splitlines()
        return [bare for line in joined if (bare := re.sub(r"(^|\s+)#\s.*$", "", line).strip())]


def tokens(path: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))


def blocks(path: Path) -> list[Block]:
    """A document's blocks of code, in order; a shell block comes with the output that is shown of it."""
    found = []
    shown = None
    for token, after in pairwise([*tokens(path), Token("end", "", 0)]):
        if token.type not in ("fence", "code_block") or token is shown:
            continue
        language = token.info.strip()
        answered = language in SHELL and after.type == "fence" and after.info == "text"
        shown = after if answered else None
        start = token.map[0] + 1 if token.map else 0
        found.append(Block(language, token.content, start, after.content if answered else ""))
    return found


def shell_lines() -> Iterator[tuple[Path, str]]:
    """Every command line of every document."""
    for path in DOCUMENTS:
        for block in blocks(path):
            if block.language in SHELL:
                for line in block.lines():
                    yield path, line


def links(path: Path) -> Iterator[str]:
    """Where a document's links and pictures lead to."""
    for token in tokens(path):
        for child in token.children or ():
            target = child.attrGet("href") if child.type == "link_open" else child.attrGet("src")
            if target is not None:
                yield str(target)


def anchors(path: Path) -> set[str]:
    """The names of a document's headings, as code hosts make them."""
    found: set[str] = set()
    for token, after in pairwise(tokens(path)):
        if token.type == "heading_open":
            words = "".join(child.content for child in after.children or () if child.type in ("text", "code_inline"))
            slug = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
            same = sum(known == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", known) is not None for known in found)
            found.add(f"{slug}-{same}" if same else slug)
    return found
