"""Questions that need more than one row: footnotes without a text, broadcasts."""

from collections.abc import Sequence

from analyzer.guide.drafting import Rows
from analyzer.guide.footnotes import FootnoteText
from analyzer.guide.words import Words, normal
from analyzer.rules.answer_forms import CASTS
from analyzer.rules.draft import DraftRule, Question
from analyzer.rules.model import RuleTable


def add_footnotes(rows: Rows, notes: Sequence[FootnoteText], table: RuleTable) -> None:
    """Ask for the text of each footnote that new rows bear and that neither the pages nor the built-in table have."""
    known = {note.number for note in notes} | set(table.footnotes)
    missing: dict[int, list[str]] = {}
    for rule in rows.rules:
        for number in () if rule.in_table else rule.footnotes:
            if number not in known:
                missing.setdefault(number, []).append(rule.id)
    for number, ids in sorted(missing.items()):
        ask = (
            f"What is the text of footnote *{number}? The pages that were read do not contain it. Answer "
            "'none' to remove the mark from the rows."
        )
        rows.questions.append(Question(id="note", rows=tuple(ids), field=f"footnote:{number}", ask=ask))


def add_casts(rows: Rows, notes: Sequence[FootnoteText], words: Words) -> None:
    """Ask how the responder is addressed where a row of UDP, or a footnote of its, names more than one host."""
    many = (*words.broadcast, *words.multicast)
    texts = {note.number: normal(note.text).casefold() for note in notes}
    for rule in rows.rules:
        if rule.in_table or rule.protocol != "udp" or "text" in rule.read:
            continue
        shown = " ".join([*(texts.get(number, "") for number in rule.footnotes), *_texts(rule)])
        if any(word in shown for word in many):
            ask = "How is the responder addressed? The row or one of its footnotes names broadcast or multicast."
            rows.questions.append(Question(id="casts", rows=(rule.id,), field="casts", ask=ask, choices=tuple(CASTS)))


def _texts(rule: DraftRule) -> list[str]:
    return [normal(one.text).casefold() for one in rule.read.values()]
