"""Lines without places, cut into cells: a cell ended where the next word would have fitted into its line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.guide.cells import text_width
from analyzer.guide.joining import EXTENSIONS
from analyzer.guide.marks import split_marks
from analyzer.guide.words import Words, squeezed

_FILE_ENDED = re.compile(rf"\.(?:{EXTENSIONS})$", re.IGNORECASE)
_WINDOWS = re.compile(r"(?:^|\s)(?:[A-Za-z]:|%\w+%)?\\")
_PATH = re.compile(r"(?:^|\s)(?:(?:[A-Za-z]:|%\w+%)?\\|/\w)")


@dataclass
class Block:
    """Words that make one cell or a part of it. ``path``: it has a path, or names a program for a system.
    ``doubt``: where it begins is not certain."""

    start: int
    end: int
    text: str
    path: bool
    doubt: bool = False


def path_width(lines: Sequence[str]) -> float:
    """How wide a column of paths is, by the widest line that is nothing but a piece of one; 0 where there is none."""
    return max((text_width(line) for line in lines if " " not in line and ("\\" in line or "/" in line)), default=0.0)


def text_limit(lines: Sequence[str]) -> float:
    """How wide a column of other text is, by the widest line that begins with a letter and has no path."""
    return max((text_width(line) for line in lines if line[:1].isalpha() and not _PATH.search(line)), default=0.0)


def blocks_of(
    tokens: Sequence[str], lines: Sequence[int], taken: range, words: Words, widths: tuple[float, float]
) -> list[Block]:
    """The words in ``taken`` as blocks. ``widths``: of columns of paths and of other text."""
    blocks: list[Block] = []
    for index in taken:
        token = tokens[index]
        if blocks and not _cuts(blocks[-1], tokens, lines, index, widths):
            blocks[-1].end = index + 1
            broken = lines[index] != lines[index - 1]
            blocks[-1].text += ("\n" if broken else " ") + token
            blocks[-1].path = blocks[-1].path or bool(_PATH.search(token))
        else:
            doubt = bool(blocks) and _runs_on(blocks[-1], token)
            blocks.append(Block(index, index + 1, token, bool(_PATH.search(token)), doubt))
    return _merged(blocks, words)


def _file_ended(block: Block) -> bool:
    return bool(_FILE_ENDED.search(split_marks(block.text.replace("\n", ""))[0]))


def _runs_on(block: Block, token: str) -> bool:
    """Whether a path without an ending may go on with ``token``."""
    return block.path and not _file_ended(block) and not _PATH.search(token)


def _cuts(block: Block, tokens: Sequence[str], lines: Sequence[int], index: int, widths: tuple[float, float]) -> bool:
    """Whether the word at ``index`` begins another block."""
    token = tokens[index]
    bare = split_marks(token)[0]
    if not bare:
        return False
    last = split_marks(block.text.split("\n")[-1])[0]
    if block.path and (_file_ended(block) or _WINDOWS.search(block.text)):
        return _file_ended(block)
    if not block.path and _PATH.search(token):
        return True
    if lines[index] == lines[index - 1] or last.endswith("/"):
        return False
    if block.path and token[:1].isupper() and last[-1:].islower():
        return True  # a path of Linux that a new cell follows, rather than a capital within a name
    limit = widths[0] if block.path else widths[1]
    return text_width(last) + (0 if block.path else 0.6) + text_width(token) < limit - 0.5


def _merged(blocks: Sequence[Block], words: Words) -> list[Block]:
    """Blocks with a connective or the name of a system between them are one cell."""
    found: list[Block] = []
    for block in blocks:
        if found and (_joins(found[-1].text, words, at_end=True) or _joins(block.text, words, at_end=False)):
            before = found[-1]
            path = before.path or block.path
            found[-1] = Block(
                before.start, block.end, f"{before.text}\n{block.text}", path, before.doubt or block.doubt
            )
        elif found and found[-1].path and _names_system(found[-1].text, words):
            before = found[-1]
            found[-1] = Block(before.start, block.end, f"{before.text}\n{block.text}", True)
        else:
            block.path = block.path or _names_system(block.text, words)
            found.append(block)
    return found


def _joins(text: str, words: Words, *, at_end: bool) -> bool:
    parts = split_marks(text)[0].split()
    if not parts:
        return False
    return (parts[-1] if at_end else parts[0]).casefold() in words.connectives


def _names_system(text: str, words: Words) -> bool:
    return squeezed(text) in words.systems


_EMPTY = {"item": 3.0, "executable": 2.0, "target": 3.0, "source": 3.0, "destination": 3.0}


def assigned(blocks: Sequence[Block], kinds: Sequence[str]) -> tuple[list[int], bool]:
    """The column of each block, in their order, at the least cost; and whether another way is as good.

    ``kinds``: of the columns. A path belongs to a program; text rather to an item or a name.
    """
    best: list[tuple[float, list[int]]] = []
    _assign(blocks, kinds, [], 0, best)
    best.sort(key=lambda one: one[0])
    close = len(best) > 1 and best[1][0] - best[0][0] < 1.0
    return best[0][1], close or any(block.doubt for block in blocks) or _unsaid(blocks, kinds, best[0][1])


def _unsaid(blocks: Sequence[Block], kinds: Sequence[str], places: Sequence[int]) -> bool:
    """Whether text may hide a cell: an item without a program behind it, or a program with much text and no item."""
    if "item" not in kinds:
        return False
    item = kinds.index("item")
    texts = [block for block, place in zip(blocks, places, strict=True) if place == item]
    program = next((index for index in range(item + 1, len(kinds)) if kinds[index] == "executable"), None)
    if program is None:
        return False
    mine = [block for block, place in zip(blocks, places, strict=True) if place == program]
    if texts and not mine:
        return True
    return not texts and any(not block.path or _talks(block.text) for block in mine)


def _talks(text: str) -> bool:
    """Whether the text before the first path has a mark, or more words than a name and a connective."""
    before = _PATH.split(text)[0]
    return len(before.split()) > 3 or bool(split_marks(before)[1])


_MOST_WAYS = 20_000


def _assign(
    blocks: Sequence[Block], kinds: Sequence[str], places: list[int], first: int, best: list[tuple[float, list[int]]]
) -> None:
    if len(best) > _MOST_WAYS:
        return
    if len(places) == len(blocks):
        best.append((_cost(blocks, kinds, places), list(places)))
        return
    for place in range(first, len(kinds)):
        _assign(blocks, kinds, [*places, place], place, best)


def _cost(blocks: Sequence[Block], kinds: Sequence[str], places: Sequence[int]) -> float:
    last_program = max((index for index, kind in enumerate(kinds) if kind == "executable"), default=-1)
    item = next((index for index, kind in enumerate(kinds) if kind == "item"), len(kinds))
    total = 0.0
    for index, kind in enumerate(kinds):
        mine = [block for block, place in zip(blocks, places, strict=True) if place == index]
        if not mine:
            # A target's program is often not printed; a server's mostly is.
            total += 0.5 if kind == "executable" and index < item else _EMPTY.get(kind, 0.2)
            continue
        texts = sum(not block.path for block in mine)
        paths = len(mine) - texts
        if kind == "executable":
            total += texts * (2.0 if index == last_program and index > item else 4.0)
        elif kind == "note":
            total += texts * 1.0 + paths * 4.0
        else:
            total += paths * 20.0 + max(texts - 1, 0) * 1.5
    return total
