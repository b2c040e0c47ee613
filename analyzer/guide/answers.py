"""Answers of a person: checked, stored in the draft, and applied to its rows (``changes`` has what each does)."""

import re

from analyzer.errors import AnalyzerError
from analyzer.guide.changes import base_id, change_of, distinct
from analyzer.guide.facts import port_fact
from analyzer.guide.words import load_words, words_with
from analyzer.rules.answer_forms import ANY, choices_of, wrong_answer
from analyzer.rules.draft import Draft, DraftRule, Question

CORRECTED = "Corrected by hand."
_CORRECTION = re.compile(r"c\d{1,6}")
"""The id of a correction, which answers no question."""
FIELDS = (
    "item", "page", "protocol", "direction", "server.port", "target.port", "source.port", "destination.port",
    "connected.port", "server.executables", "target.executables", "source.executables", "destination.executables",
    "server.roles", "target.roles", "source.roles", "destination.roles", "originator.roles", "responder.roles", "casts",
    "keep",
)  # fmt: skip
"""What can be corrected in a row without a question."""


class AnswerError(AnalyzerError):
    """An answer that cannot be taken; the sentence says which can."""


def answered(draft: Draft, question_id: str, text: str) -> Draft:
    """``draft`` with that answer stored; an empty text takes an answer back, and removes a correction.

    Raises:
        AnswerError: there is no such question, or the answer is none of its kind.
    """
    question = next((one for one in draft.questions if one.id == question_id), None)
    if question is None:
        raise AnswerError(
            f"there is no question {question_id!r}: the open questions are "
            f"{', '.join(one.id for one in still_open(draft))}"
        )
    if not text.strip() and _CORRECTION.fullmatch(question.id):
        return draft.model_copy(update={"questions": tuple(one for one in draft.questions if one is not question)})
    answer = checked(question, text) if text.strip() else None
    questions = tuple(one.model_copy(update={"answer": answer}) if one is question else one for one in draft.questions)
    return draft.model_copy(update={"questions": questions})


def corrected(draft: Draft, row: int, field: str, text: str) -> Draft:
    """``draft`` with a value of a printed row corrected, as an answer without a question.

    Raises:
        AnswerError: there is no such row or field, or the value is none of its kind.
    """
    ids = tuple(rule.id for rule in draft.rules if rule.row == row)
    if not ids or field not in FIELDS:
        raise AnswerError(f"row {row}, {field!r}: give the number of a row, and one of {', '.join(FIELDS)}")
    number = 1 + max((int(one.id[1:]) for one in draft.questions if _CORRECTION.fullmatch(one.id)), default=0)
    choices = choices_of(field)
    question = Question(id=f"c{number}", rows=ids, field=field, ask=CORRECTED, choices=choices)
    answer = checked(question, text)
    return draft.model_copy(update={"questions": (*draft.questions, question.model_copy(update={"answer": answer}))})


def checked(question: Question, text: str) -> str:
    """``text`` as an answer to ``question``.

    Raises:
        AnswerError: it is none.
    """
    answer = " ".join(text.split())
    if "roles" in question.field:
        answer = ", ".join(dict.fromkeys(part.strip() for part in answer.split(",")))
    if question.field.endswith(".port"):
        answer = _ports(answer)
    if wrong := wrong_answer(question, answer):
        raise AnswerError(f"{question.id}: {wrong}")
    return answer


def _ports(text: str) -> str:
    """Ports in the form in which an answer is stored; a text that names none stays as it is."""
    fact = port_fact(text, load_words())
    if text == ANY or not fact.ports or fact.sure == "open" or None in fact.ports:
        return text
    return ", ".join(map(str, fact.ports))


def dropped(draft: Draft) -> frozenset[str]:
    """The rows that an answer leaves out: they are no rows, or the built-in table has them. Of several answers on
    whether a row is kept, the last one counts."""
    answers = [one for one in draft.questions if one.answer is not None]
    kept = {row: one.answer == "yes" for one in answers if one.field == "keep" for row in one.rows}
    same = {row for one in answers if one.field.startswith("same:") and one.answer == "yes" for row in one.rows}
    return frozenset(same | {row for row, keep in kept.items() if not keep})


def still_open(draft: Draft) -> list[Question]:
    """The questions without an answer on rows that are kept."""
    out = dropped(draft)
    return [one for one in draft.open if set(one.rows) - out]


def printed_rows(draft: Draft) -> list[tuple[int, list[DraftRule]]]:
    """The printed rows with their flows, the answers applied; a row that is left out has none."""
    now: dict[int, list[DraftRule]] = {rule.row: [] for rule in draft.rules}
    for rule in resolved(draft):
        now[rule.row].append(rule)
    return sorted(now.items())


def resolved(draft: Draft) -> list[DraftRule]:
    """The rows with every answer applied: those that were left out are not among them. A row whose content an answer
    changes is not in the built-in table any more."""
    known = words_with(draft.words) if draft.words else load_words()
    out = dropped(draft)
    before = {rule.id: _content(rule) for rule in draft.rules}
    found = [rule for rule in draft.rules if rule.id not in out]
    for question in draft.questions:
        if question.answer is None or not question.rows:
            continue
        change = change_of(question, known)
        found = [new for rule in found for new in (change(rule) if base_id(rule.id) in question.rows else [rule])]
    return distinct(
        [
            rule if _content(rule) == before[base_id(rule.id)] else rule.model_copy(update={"in_table": None})
            for rule in found
        ]
    )


def _content(rule: DraftRule) -> str:
    """What a row says, without its place in the guide."""
    return rule.model_dump_json(exclude={"id", "page", "read", "in_table"})
