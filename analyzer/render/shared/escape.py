"""Text from captures, profiles and file names, made safe for each kind of output.

HTML is escaped by its templates (autoescape), the terminal by never parsing markup; both show ``visible`` text.
"""

import json
import re
from typing import Any

from analyzer.text import clip, visible

__all__ = ["anchor", "cell", "clip", "markdown", "markdown_code", "quoted", "visible"]

_BEGINS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
"""The beginnings of a formula; spreadsheets of East Asian systems accept the full-width letters, too."""
_FORMULA = re.compile(rf"[{_BEGINS}\t\r]")
_FORMULA_AFTER_SEPARATOR = re.compile(rf"([;\t])(?=[{_BEGINS}])")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]#|~@$])")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_LINK = re.compile(r"(?<=\w):(?=//)|(?<=www)\.(?=\S)", re.IGNORECASE)
_REFERENCE = re.compile(
    r"(?<=@)(?=\\?\w)|(?<=#)(?=\d)|(?<=[!%~$])(?=[\w\"])|(?<=&amp;)(?=[\w\"])|(?<=\bGH-)(?=\d)", re.IGNORECASE
)
"""Before the name or number of a reference: users and issues of GitHub and GitLab; merge requests, milestones, labels,
snippets and epics of GitLab."""
_NOTHING = "&#8203;"
"""A space without width: GitHub finds no name after an @ in the rendered text."""
_NOT_IN_ANCHORS = re.compile(r"[^A-Za-z0-9.-]")


def cell(value: Any) -> Any:
    """A cell of a CSV file, visible and unable to become a formula; numbers, also as text, are unchanged.

    Text that a spreadsheet would calculate gets a leading apostrophe. So does the rest of a text after a semicolon:
    where that is the list separator, the spreadsheet begins a new cell there.
    """
    if not isinstance(value, str) or not value:
        return value
    formula = _FORMULA.match(value) and not _NUMBER.fullmatch(value)
    text = _FORMULA_AFTER_SEPARATOR.sub(r"\1'", visible(value))
    return f"'{text}" if formula else text


def markdown(value: Any, length: int = 600) -> str:
    """Text within a line or a table cell of Markdown: no markup, no HTML, no link, no mention, no reference.

    A backslash does not prevent mentions and references: they are searched for in the rendered text.
    """
    text = clip(str(value), length).translate(_ENTITIES)
    marked = _LINK.sub(lambda found: "\\" + found[0], _MARKDOWN.sub(r"\\\1", text))
    return _REFERENCE.sub(_NOTHING, marked)


def markdown_code(value: str, length: int = 600) -> str:
    """Text to copy, as a code span of Markdown, in which nothing is escaped; a text that would end it is escaped."""
    shown = clip(value, length)
    return markdown(value, length) if "`" in shown or not shown.strip() else f"`{shown}`"


def anchor(kind: str, name: str) -> str:
    """The identifier of something in the page, for links to it: ``finding-...``; the same for the same name."""
    return f"{kind}-" + _NOT_IN_ANCHORS.sub(lambda found: f"_{ord(found[0]):x}_", name[:80])


def quoted(value: str) -> str:
    """A string as YAML and JSON write it."""
    return json.dumps(value)
