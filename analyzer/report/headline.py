"""The first lines of the document: the headline, and how much of the table was judged."""

from analyzer.messages import Message, message
from analyzer.report.answer import AnswerRule
from analyzer.report.boots import unfinished
from analyzer.report.stage_results import StageResults
from analyzer.values import Answer, Status, Verdict


def judged_part(results: StageResults) -> Message:
    """How much of the table the captures could show. A row counts as shown if it is for any machine, else as not
    observable if it is for any machine, else as attested if it is for any machine."""
    by_rule: dict[str, set[Status]] = {}
    for row in results.rows:
        if row.rule and not row.check:
            by_rule.setdefault(row.rule.id, set()).add(row.status)
    shown = {Status.SATISFIED, Status.BLOCKED, Status.MISSING}
    seen = sum(bool(found & shown) for found in by_rule.values())
    others = [found for found in by_rule.values() if not found & shown]
    hidden = sum(Status.NOT_OBSERVABLE in found for found in others)
    attested = sum(Status.ATTESTED in found and Status.NOT_OBSERVABLE not in found for found in others)
    items = sum(row.rule is None and row.status is Status.ATTESTED for row in results.rows)
    return message(
        "scope",
        rows=len(by_rule),
        shown=seen,
        not_observable=hidden,
        attested=attested,
        items_attested=items,
        items=len(results.judgement.rules.not_covered),
    )


def headline(answer: AnswerRule, results: StageResults, verdicts: dict[str, int]) -> Message:
    """The answer in one message."""
    rows, programs = results.rows, results.programs
    if answer.answer is Answer.NOT_JUDGED:
        return message("headline-not-judged", flows=sum(verdicts.values()), because=answer.code)
    about = message(
        "headline",
        flows=sum(verdicts.values()),
        unexpected=verdicts[Verdict.UNEXPECTED],
        blocked=verdicts[Verdict.BLOCKED],
        missing=sum(row.status is Status.MISSING and not row.check for row in rows),
        stalled=sum(unfinished(results.boots)),
    )
    if programs is None:
        return about
    held = sum(row.status is Status.MISSING and bool(row.check) for row in rows)
    return message(
        "headline-with-programs",
        **dict(about.values),
        contradicted=int(programs.contradicted.sum()),
        held=held,
    )
