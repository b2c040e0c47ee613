"""Where a flow was seen and where it was not, and what that says of the place where its packets were lost."""

from collections.abc import Iterable, Iterator

from analyzer.compliance.judge import Judgement
from analyzer.compliance.outcome import OUTCOMES
from analyzer.compliance.vantage import Kind, View, hears
from analyzer.flows import record as r
from analyzer.flows.table import FROM_ORIG, FROM_RESP
from analyzer.values import Outcome, Role


def whereabouts(judgement: Judgement, flow: int) -> str:
    """The vantages that saw a flow and those that were taken at the time and did not, as sentences; nothing where all
    saw the same of it."""
    return " ".join(sentences(judgement, flow))


def sentences(judgement: Judgement, flow: int) -> Iterator[str]:
    begins = int(judgement.table.raw[flow, r.F_FIRST])
    looks = [
        view for view in judgement.views if view.first <= begins <= view.last or judgement.table.seen[flow, view.number]
    ]
    sides = {view.number: int(judgement.table.sides[flow, view.number]) for view in looks}
    saw = [view for view in looks if sides[view.number] & FROM_ORIG]
    missed = [view for view in looks if not sides[view.number]]
    answered = [view for view in looks if sides[view.number] & FROM_RESP]
    silent = [view for view in saw if view not in answered]
    if not saw:
        return
    if missed:
        responder = judgement.hosts.names[judgement.hosts.resp[flow]][0]
        due = [view for view in missed if hears(view, responder)]
        others = [view for view in missed if view not in due]
        if due and not answered:
            yield (
                f"It was seen at {places(judgement, saw)}, never at {places(judgement, due)}, where {responder} is "
                "heard: it was lost between the two."
            )
        elif due:
            yield f"It was seen at {places(judgement, saw)}, and not at {places(judgement, due)}."
        if others:
            verb = "" if due else f"It was seen at {places(judgement, saw)}, and not at "
            rest = f"{places(judgement, others)}, which it need not have passed."
            yield f"{verb}{rest}" if verb else f"Nor was it at {rest}"
    if answered and silent and OUTCOMES[judgement.outcome[flow]] is Outcome.NO_REPLY:
        yield (
            f"Its answer was seen at {places(judgement, answered)}, never at {places(judgement, silent)}: the answer "
            "was lost between the two."
        )


def places(judgement: Judgement, views: Iterable[View]) -> str:
    return " and ".join(f"{view.label}{place(judgement, view)}" for view in views)


def place(judgement: Judgement, view: View) -> str:
    """What a vantage is, in brackets: whose view, or on which segment; nothing where that is not known."""
    if view.kind is Kind.HOME:
        roles = [judgement.roles_at(address) for address in sorted(view.home)]
        if any(Role.DPM_SERVER in held for held in roles):
            return " (the DPM Server's own interface)"
        return f" (the view of {', '.join(sorted(view.home))})"
    found = {segment.name for address in view.local if (segment := judgement.site.segment(address))}
    return f" (on segment {found.pop()})" if view.kind is Kind.TAP and len(found) == 1 else ""
