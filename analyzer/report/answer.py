"""The answer of a report as a whole: COMPLIANT, NOT COMPLIANT or NOT JUDGED, by a decision table.

The table is printed in docs/verdicts.md. The exit codes of ``analyze`` follow it: 0, 1 and 4.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from analyzer.capture.frame import Aside
from analyzer.report.meta import BootStory, Capture, Host
from analyzer.values import Answer, Role, Verdict

JUDGED = (Verdict.EXPECTED, Verdict.BLOCKED, Verdict.UNEXPECTED, Verdict.WAIVED)
"""Verdicts that decide whether the table covers a flow, and with which outcome."""


class AnswerFacts(NamedTuple):
    """What the answer depends on.

    ``flows``: all flows; ``judged``: those with a verdict of JUDGED; ``findings``: lines of findings.csv;
    ``unfinished``: attempts that stalled, with no complete later attempt of the client; ``server``: a host with the
    role dpm-server is in a flow; ``unread``: frames that were not read and may contain flows of the table.
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
        "there are frames that were not read (unread encapsulation, encrypted below IP, nested too deep, beyond the "
        "limit of flows; headers cut short in several frames, and in 1 of 100 of a capture or more): they may contain "
        "flows of the table",
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


def why_not_judged(facts: AnswerFacts) -> str:
    """The code of the first line of NOT JUDGED that holds, whatever was found; empty if enough was judged."""
    return next((rule.code for rule in ANSWERS if rule.answer is Answer.NOT_JUDGED and rule.holds(facts)), "")


def answer_facts(
    verdicts: Mapping[str, int],
    findings: int,
    boots: Iterable[BootStory],
    hosts: Iterable[Host],
    captures: Iterable[Capture],
) -> AnswerFacts:
    """What the answer depends on, from the parts of the document. ``verdicts``: verdict -> number of flows;
    ``findings``: lines of the findings table."""
    return AnswerFacts(
        flows=sum(verdicts.values()),
        judged=sum(verdicts.get(word, 0) for word in JUDGED),
        findings=findings,
        unfinished=sum(boot.unfinished for boot in boots),
        server=any(Role.DPM_SERVER in host.roles for host in hosts),
        unread=sum(map(frames_not_read, captures)),
    )


def frames_not_read(capture: Capture) -> int:
    """Frames that may contain flows of the table and were not read: of unread encapsulations, encrypted below IP,
    nested too deep, beyond the limit of flows, or with cut headers. Frames of foreign link types (USB, Bluetooth) hold
    no such flow."""
    aside = capture.accounted
    others = sum(aside.get(reason.word, 0) for reason in (Aside.ENCRYPTED, Aside.DEEP, Aside.OVER))
    cut = aside.get(Aside.CUT_SHORT.word, 0)
    # A snaplen below the length of the headers hides whole protocols; a single frame may be any accident.
    others += cut if cut > 1 and cut * 100 >= capture.frames else 0
    return sum(capture.unread.values()) - aside.get(Aside.LINK_TYPE.word, 0) + others
