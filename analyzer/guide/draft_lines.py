"""A draft as lines for a terminal; characters that cannot be seen are escapes."""

from collections.abc import Iterable, Iterator

from analyzer.guide.answers import printed_rows, still_open
from analyzer.guide.wording import details_text, flow_text, where_text
from analyzer.rules.draft import Account, Draft, DraftRule, Question
from analyzer.text import visible
from analyzer.units import plural


def draft_lines(draft: Draft) -> Iterator[str]:
    """Everything that a draft says: its guide, its rows with where each value was read, footnotes, lines of the pages
    that are in no row, and the questions that are open."""
    for line in _draft(draft):
        yield visible(line)


def row_lines(draft: Draft) -> Iterator[str]:
    """The printed rows with their flows, the answers applied."""
    for line in _rows(draft):
        yield visible(line)


def question_lines(question: Question) -> list[str]:
    """A question with what was read and the answers that are taken."""
    return list(map(visible, _question(question)))


def _draft(draft: Draft) -> Iterator[str]:
    guide = draft.guide
    yield f"{draft.id} (draft, not confirmed): {draft.provenance.title}"
    yield f"  read from {guide.file} ({guide.kind}), sha256 {guide.sha256}"
    yield f"  {account_line(draft.account)}"
    yield from (f"  {problem}" for problem in guide.problems)
    yield ""
    yield from _rows(draft)
    yield from _section("Footnotes", _footnotes(draft))
    yield from _section("Lines in no row or footnote", _left(draft.account))
    waiting = still_open(draft)
    title = f"{plural(len(waiting), 'question is', 'questions are')} open"
    yield from _section(title, (line for question in waiting for line in _question(question)))


def account_line(account: Account) -> str:
    """How many lines the pages have, and what became of them."""
    pages = ", ".join(map(str, account.pages))
    left = account.lines - account.used
    word = "page" if len(account.pages) == 1 else "pages"
    return f"{word} {pages}: {plural(account.lines, 'line')} read, {account.used} used, {left} in no row or footnote"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    shown = list(lines)
    if shown:
        yield from ("", title, *(f"  {line}" for line in shown))


def _rows(draft: Draft) -> Iterator[str]:
    first = {rule.row: rule for rule in reversed(draft.rules)}
    for number, rules in printed_rows(draft):
        one = first[number]
        yield f"Row {number}, p. {one.page}: {one.item or '(item?)'}"
        for name, read in sorted(one.read.items()):
            yield f"    {name:20} {' '.join(read.text.split())}  [{where_text(read)}; {read.sure}]"
        for rule in rules:
            yield from _flow(rule)
        if not rules:
            yield "  = left out"


def _flow(rule: DraftRule) -> Iterator[str]:
    yield f"  = {flow_text(rule)}" + (f"; the built-in table has it: {rule.in_table}" if rule.in_table else "")
    yield from (f"      {line}" for line in details_text(rule))


def _footnotes(draft: Draft) -> Iterator[str]:
    for number, note in sorted(draft.footnotes.items()):
        first, *others = note.text.split("\n")
        yield f"*{number} (p. {note.page}) {first}"
        yield from (f"    {line}" for line in others)


def _left(account: Account) -> Iterator[str]:
    yield from (f"p. {line.page}, line {line.line}: {line.text}" for line in account.left)
    if hidden := account.lines - account.used - len(account.left):
        yield f"and {hidden} more, which the draft does not list"


def _question(question: Question) -> Iterator[str]:
    yield f"{question.id} ({', '.join(question.rows[:6])}{' ...' if len(question.rows) > 6 else ''}): {question.ask}"
    if question.read:
        yield f"  read: {question.read}"
    if question.choices:
        yield f"  choices: {', '.join(question.choices)}"
    if question.proposed is not None:
        yield f"  proposed: {question.proposed}"
