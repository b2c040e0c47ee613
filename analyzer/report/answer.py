"""The answer of a report as a whole: COMPLIANT, NOT COMPLIANT or NOT JUDGED, by a decision table.

The table is printed in docs/verdicts.md. The exit codes of ``analyze`` follow it: 0, 1 and 4.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from analyzer.values import Answer, Verdict

JUDGED = (Verdict.EXPECTED, Verdict.BLOCKED, Verdict.UNEXPECTED, Verdict.WAIVED)
"""Verdicts that say whether the table covers a flow and what became of it."""


class AnswerFacts(NamedTuple):
    """What the answer depends on.

    ``flows``: all flows; ``judged``: those with a verdict of JUDGED; ``findings``: lines of findings.csv;
    ``unfinished``: attempts that stalled, with no complete later attempt of the client; ``server``: a host with the
    role dpm-server is in a flow; ``unread``: frames of encapsulations that are not read.
    """

    flows: int
    judged: int
    findings: int
    unfinished: int
    server: bool
    unread: int


class AnswerRule(NamedTuple):
    """A line of the table. ``code``: the reason, as a value of messages; empty where the headline says it."""

    meaning: str
    holds: Callable[[AnswerFacts], bool]
    answer: Answer
    code: str = ""


ANSWERS: Sequence[AnswerRule] = (
    AnswerRule("there is a finding", lambda facts: facts.findings > 0, Answer.NOT_COMPLIANT),
    AnswerRule(
        "a boot is `stalled`, and no later boot of the same client is `complete`",
        lambda facts: facts.unfinished > 0,
        Answer.NOT_COMPLIANT,
    ),
    AnswerRule("the captures have no flow", lambda facts: not facts.flows, Answer.NOT_JUDGED, "no-flow"),
    AnswerRule("no flow has the DPM Server at an end", lambda facts: not facts.server, Answer.NOT_JUDGED, "no-server"),
    AnswerRule(
        "no flow has one of the verdicts expected, blocked, unexpected and waived",
        lambda facts: not facts.judged,
        Answer.NOT_JUDGED,
        "no-verdict",
    ),
    AnswerRule(
        "there are frames whose encapsulation is not read: they may contain flows of the table",
        lambda facts: facts.unread > 0,
        Answer.NOT_JUDGED,
        "unread",
    ),
    AnswerRule("none of these", lambda _: True, Answer.COMPLIANT),
)
"""The first line that holds gives the answer."""


def answer_of(facts: AnswerFacts) -> AnswerRule:
    """The line of ANSWERS that applies."""
    return next(rule for rule in ANSWERS if rule.holds(facts))


def judged_flows(verdicts: dict[str, int]) -> int:
    """The number of flows with a verdict of JUDGED. ``verdicts``: verdict -> number of flows."""
    return sum(verdicts.get(word, 0) for word in JUDGED)
