"""The questions of a draft in a terminal, one after the other."""

from collections.abc import Callable

from analyzer.guide.answers import AnswerError
from analyzer.guide.confirm.session import Session
from analyzer.guide.confirm.wording import flow_text, programs_text, where_text
from analyzer.rules.draft import Question
from analyzer.text import visible

Ask = Callable[[str], str]
Say = Callable[[str], None]
LATER = "later"
STOP = "stop"


def show_rows(session: Session, say: Say) -> None:
    """Print every printed row with what was read of it."""
    first = {rule.row: rule for rule in reversed(session.draft.rules)}
    for number, rules in session.rows():
        one = first[number]
        say(visible(f"Row {number}, p. {one.page}: {one.item or '(item?)'}"))
        for name, read in sorted(one.read.items()):
            say(visible(f"    {name:20} {' '.join(read.text.split())}  [{where_text(read)}; {read.sure}]"))
        for rule in rules:
            say(
                visible(
                    f"  = {flow_text(rule)}"
                    + (f"; the built-in table has it: {rule.in_table}" if rule.in_table else "")
                )
            )
            for line in programs_text(rule):
                say(visible(f"      {line}"))
        if not rules:
            say("  = left out")


def ask_all(session: Session, ask: Ask, say: Say) -> bool:
    """Ask every open question; whether all are answered in the end."""
    passed: set[str] = set()
    while waiting := [one for one in session.open() if one.id not in passed]:
        question = waiting[0]
        say(f"\nOpen questions: {len(waiting)}")
        for line in question_lines(question):
            say(line)
        text = ask("> ").strip()
        if text == STOP:
            break
        if text == LATER:
            passed.add(question.id)
            continue
        try:
            session.answer(question.id, text or question.proposed or "")
        except AnswerError as error:
            say(str(error))
            continue
        if not (text or question.proposed):
            passed.add(question.id)
    return not session.open()


def question_lines(question: Question) -> list[str]:
    """A question with what was read and the answers that are taken."""
    found = [
        visible(
            f"{question.id} ({', '.join(question.rows[:6])}{' ...' if len(question.rows) > 6 else ''}): {question.ask}"
        )
    ]
    if question.read:
        found.append(visible(f"  read: {question.read}"))
    if question.choices:
        found.append(f"  choices: {', '.join(question.choices)}")
    if question.proposed is not None:
        found.append(visible(f"  Press Enter to answer: {question.proposed}"))
    found.append(f"  {LATER}: skip this question; {STOP}: end now (all answers are stored)")
    return found
