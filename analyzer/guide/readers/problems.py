"""Sentences on what a reader leaves out, at most so many, and the one place where a text is cut."""

from analyzer.guide import limits

_LAST = "there are more such problems"


def add_problem(problems: list[str], sentence: str) -> None:
    """Add a sentence that is not there yet; after ``limits.MAX_PROBLEMS`` the last one reports that there are more."""
    if sentence in problems or (problems and problems[-1] == _LAST):
        return
    problems.append(sentence if len(problems) < limits.MAX_PROBLEMS else _LAST)


def cut(text: str, problems: list[str]) -> str:
    """``text`` with at most ``limits.MAX_CELL_CHARACTERS`` characters; a problem says where something is cut off."""
    most = limits.MAX_CELL_CHARACTERS
    if len(text) <= most:
        return text
    add_problem(problems, f"the text {text[:30]!r}... has more than {most} characters; the rest of it was not read")
    return text[:most]
