"""Text, tables and pages as plain Markdown."""

from collections.abc import Sequence


def prose(text: str) -> str:
    """Running text as Markdown, its lines put together; `code` as it is written in docstrings."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.replace("``", "`").split("\n\n")]
    return "\n\n".join(paragraphs).replace("*", "\\*").replace("<", "\\<")


def table(head: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> str:
    """Lines as a table of Markdown; none without lines."""
    cells = [tuple(cell.replace("|", "\\|") for cell in line) for line in (head, ("---",) * len(head), *lines)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) if lines else ""


def page(*parts: str) -> str:
    """The parts of a page, an empty line between them."""
    return "\n\n".join(filter(None, parts)) + "\n"
