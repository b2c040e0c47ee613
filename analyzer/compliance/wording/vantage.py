"""Where a flow was seen and where it was not, and what that says of the place where its packets were lost."""

from collections.abc import Iterable, Iterator

from analyzer.compliance.judgement import Judgement
from analyzer.compliance.verdict.decision import BLOCKED_BY
from analyzer.compliance.verdict.outcome import OUTCOMES
from analyzer.compliance.visibility.vantage import Vantage, VantageKind, is_on_path
from analyzer.flows.table import FROM_ORIG, FROM_RESP
from analyzer.values import Outcome, Role


def whereabouts(judgement: Judgement, flow: int) -> str:
    """The vantages that saw a flow and those that were taken at the time and did not, as sentences; nothing where all
    saw the same of it."""
    return " ".join(sentences(judgement, flow))


def sentences(judgement: Judgement, flow: int) -> Iterator[str]:
    begins, table = int(judgement.table.first_ns[flow]), judgement.table
    sides = table.sides[flow].tolist()
    looks = [
        vantage for vantage in judgement.vantages if sides[vantage.number] or vantage.first <= begins <= vantage.last
    ]
    saw = [vantage for vantage in looks if sides[vantage.number] & FROM_ORIG]
    answered = [vantage for vantage in looks if sides[vantage.number] & FROM_RESP]
    # What shows the other direction of a vantage is one place with it.
    missed = [
        vantage for vantage in looks if not any(sides[one.number] for one in (vantage, *halves(judgement, vantage)))
    ]
    silent = [vantage for vantage in saw if not any(one in answered for one in (vantage, *halves(judgement, vantage)))]
    orig, resp = (judgement.hosts.names[code][0] for code in judgement.hosts.names_of(flow))
    stopped = OUTCOMES[judgement.outcome[flow]] in BLOCKED_BY
    lost_before = [
        vantage
        for vantage in missed
        if stopped and not answered and vantage.both_ways and is_on_path(vantage, resp, orig)
    ]
    if saw and lost_before:
        yield (
            f"It was seen at {places(judgement, saw)}, never at {places(judgement, lost_before)}, where it had to "
            "pass: it was lost between the two."
        )
    elif saw and missed:
        yield f"It was seen at {places(judgement, saw)}, not at {places(judgement, missed)}."
    if answered and silent and OUTCOMES[judgement.outcome[flow]] is Outcome.NO_REPLY:
        yield (
            f"Its answer was seen at {places(judgement, answered)}, never at {places(judgement, silent)}: the answer "
            "was lost between the two."
        )


def halves(judgement: Judgement, vantage: Vantage) -> list[Vantage]:
    return [judgement.vantages[half] for half in vantage.complements]


def places(judgement: Judgement, vantages: Iterable[Vantage]) -> str:
    return " and ".join(f"{vantage.label}{place(judgement, vantage)}" for vantage in vantages)


def place(judgement: Judgement, vantage: Vantage) -> str:
    """What a vantage is, in brackets: whose view, or on which segment; nothing where that is not known."""
    if vantage.kind is VantageKind.HOST:
        roles = [judgement.roles_at(address) for address in sorted(vantage.host_addresses)]
        if any(Role.DPM_SERVER in held for held in roles):
            return " (the DPM Server's own interface)"
        return f" (the view of {', '.join(sorted(vantage.host_addresses))})"
    found = {segment.name for address in vantage.local_senders if (segment := judgement.site.segment(address))}
    return f" (on segment {found.pop()})" if vantage.kind is VantageKind.TAP and len(found) == 1 else ""
