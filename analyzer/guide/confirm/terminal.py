"""The questions of a draft in a terminal, one after the other."""

from collections.abc import Callable

from analyzer.guide.answers import AnswerError
from analyzer.guide.confirm.session import Session
from analyzer.guide.draft_lines import question_lines, row_lines
from analyzer.text import visible

Ask = Callable[[str], str]
Say = Callable[[str], None]
LATER = "later"
STOP = "stop"


def show_rows(session: Session, say: Say) -> None:
    """Print every printed row with what was read of it."""
    for line in row_lines(session.draft):
        say(line)


def ask_all(session: Session, ask: Ask, say: Say) -> bool:
    """Ask every open question; whether all are answered in the end."""
    passed: set[str] = set()
    while waiting := [one for one in session.open() if one.id not in passed]:
        question = waiting[0]
        say(f"\nOpen questions: {len(waiting)}")
        for line in question_lines(question):
            say(line)
        if question.proposed is not None:
            say("  Press Enter to answer with what is proposed")
        say(f"  {LATER}: skip this question; {STOP}: end now (all answers are stored)")
        text = ask("> ").strip()
        if text == STOP:
            break
        if text == LATER:
            passed.add(question.id)
            continue
        try:
            session.answer(question.id, text or question.proposed or "")
        except AnswerError as error:
            say(visible(str(error)))
            continue
        if not (text or question.proposed):
            passed.add(question.id)
    return not session.open()
