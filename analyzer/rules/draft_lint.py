"""Contradictions and mistakes within a draft, and the warning that it is not confirmed.

``rules check`` shows it, and ``rules confirm`` refuses a draft with an error: what it does with a draft relies on this.
"""

from collections.abc import Iterator
from pathlib import Path

from analyzer.errors import RulesError
from analyzer.rules.answer_forms import is_field, wrong_answer
from analyzer.rules.draft import COPY, Draft, Question
from analyzer.rules.draft_files import draft_in
from analyzer.rules.files import BUILT_IN, is_draft, read_pack, shipped
from analyzer.rules.issues import Found, LintIssue, Loc
from analyzer.units import plural
from analyzer.yaml_source import Checked, read


def sound_draft(checked: Checked[Draft]) -> Draft:
    """The draft of a file.

    Raises:
        RulesError: the file has mistakes; every one is in it.
    """
    wrong = [found.issue for found in lint_draft(checked) if found.severity == "error"]
    if wrong or checked.value is None:
        raise RulesError(wrong)
    return checked.value


def draft_at(path: Path) -> Draft | None:
    """The draft in the file at ``path``; None where the file has another kind of pack, or cannot be read.

    Raises:
        RulesError: it is a draft with mistakes; every one is in it.
    """
    try:
        document = read(path, RulesError)
    except RulesError:
        return None
    return sound_draft(draft_in(document)) if is_draft(document) else None


def lint_draft(checked: Checked[Draft]) -> Iterator[LintIssue]:
    """All issues of a draft; one is always that it is a draft."""
    yield from (LintIssue(issue, "error") for issue in checked.issues)
    draft = checked.value
    if draft is None:
        return
    for severity, loc, message in (*_unconfirmed(draft), *_of_rows(draft), *_of_questions(draft)):
        yield LintIssue(checked.issue(loc, message), severity)


def _unconfirmed(draft: Draft) -> Iterator[Found]:
    waiting = plural(len(draft.open), "question is", "questions are")
    message = f"{waiting} open on {plural(len(draft.rules), 'row')}: continue with dpm-analyzer rules confirm"
    yield "warning", ("kind",), message


def _of_rows(draft: Draft) -> Iterator[Found]:
    built_in = read_pack(shipped()[BUILT_IN]).pack
    known = {rule.id for rule in built_in.rules} if built_in else set()
    ids: set[str] = set()
    for index, rule in enumerate(draft.rules):
        here: Loc = ("rules", index)
        if rule.id in ids:
            yield "error", (*here, "id"), f"{rule.id!r} occurs twice: give every row its own id"
        if COPY in rule.id:
            yield "error", (*here, "id"), f"{rule.id!r} has {COPY!r} in it, which marks copies: write a single hyphen"
        if rule.in_table is not None and rule.in_table not in known:
            yield (
                "error",
                (*here, "in_table"),
                f"no row of the table is called {rule.in_table!r}: import the guide again",
            )
        ids.add(rule.id)


def _of_questions(draft: Draft) -> Iterator[Found]:
    rows = {rule.id for rule in draft.rules}
    ids: set[str] = set()
    for index, question in enumerate(draft.questions):
        here: Loc = ("questions", index)
        if question.id in ids:
            yield "error", (*here, "id"), f"{question.id!r} occurs twice: give every question its own id"
        ids.add(question.id)
        if unknown := sorted(set(question.rows) - rows):
            yield "error", (*here, "rows"), f"no row is called {unknown[0]!r}: use the id of one"
        yield from _of_answer(here, question)


def _of_answer(here: Loc, question: Question) -> Iterator[Found]:
    if not is_field(question.field):
        yield "error", (*here, "field"), f"no question asks for {question.field!r}: import the guide again"
    elif question.answer is not None and (wrong := wrong_answer(question, question.answer)):
        yield "error", (*here, "answer"), f"{wrong}; or remove the answer"
