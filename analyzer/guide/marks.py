"""Marks of footnotes in a text: *6, ※6, (注6), (Note 6), raised digits."""

import re

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_RAISED_RUN = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_STAR = r"[*＊※✽]"
MARK = re.compile(
    rf"\(\s*(?:{_STAR}|注|note)\s*(\d{{1,2}})\s*\)|\[\s*(?:{_STAR}|注|note)?\s*(\d{{1,2}})\s*\]|{_STAR}\s*(\d{{1,2}})(?!\d)"
    r"|注\s*(\d{1,2})(?!\d)|(?<!\w)note\s(\d{1,2})(?!\d)",
    re.IGNORECASE,
)
_LEADING = re.compile(
    rf"^\s*(?:\(\s*(?:{_STAR}|注|note)\s*(\d{{1,2}})\s*\)|{_STAR}\s*(\d{{1,2}})(?!\d)|[\[［]?(?:注|note)\s*(\d{{1,2}})(?!\d)[\]］]?"
    r"|\[(\d{1,2})\])\s*[:：.)]?\s*",
    re.IGNORECASE,
)


def with_marks(text: str) -> str:
    """``text`` with raised digits written as marks: 80² becomes 80 *2."""
    return _RAISED_RUN.sub(lambda found: f" *{found[0].translate(_RAISED)} ", text)


def split_marks(text: str) -> tuple[str, tuple[int, ...]]:
    """``text`` without its marks, and the numbers of the marks, each once, in their order."""
    numbers: list[int] = []

    def take(found: re.Match[str]) -> str:
        numbers.append(int(next(group for group in found.groups() if group)))
        return " "

    shown = with_marks(text)
    while match := re.search(rf"({_STAR}\s*\d{{1,2}})\s*[,、]\s*(\d{{1,2}})(?![\d-])", shown):
        # One star for several numbers: *1, 2.
        shown = f"{shown[: match.end(1)]} *{match[2]}{shown[match.end() :]}"
    bare = MARK.sub(take, shown)
    return re.sub(r"[ \t]{2,}", " ", bare).strip(" \t,、"), tuple(dict.fromkeys(numbers))


def leading_mark(text: str) -> tuple[int, str] | None:
    """The number of the footnote that ``text`` begins, and the rest of it; None where it begins none."""
    shown = with_marks(text) if text[:1] in "⁰¹²³⁴⁵⁶⁷⁸⁹" else text
    found = _LEADING.match(shown)
    if found is None:
        return None
    return int(next(group for group in found.groups() if group)), shown[found.end() :]
