"""How a verdict comes about, as a document: the decision tables of the code, with the prose between them.

python -m docs.verdict_tables > docs/verdicts.md
"""

import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum

from analyzer import glossary
from analyzer.capture.frame import PHRASES, Aside
from analyzer.compliance.boots.stages import STALLS
from analyzer.compliance.matching.fields import FIELDS
from analyzer.compliance.rows.attested import attest
from analyzer.compliance.rows.coverage import SERVED, STOPPED, UNCLEAR, RowTally
from analyzer.compliance.rows.expectations import UnmetExpectation
from analyzer.compliance.rows.result import RowResult
from analyzer.compliance.rows.status import status_of
from analyzer.compliance.verdict.connections import TCP_OUTCOMES, OutcomeLine
from analyzer.compliance.verdict.decision import BLOCKED_BY, DECISIONS, SILENCE
from analyzer.compliance.verdict.outcome import DATAGRAM_OUTCOMES, ICMP_OUTCOMES
from analyzer.compliance.verdict.waivers import end_of_day
from analyzer.compliance.visibility.vantage import LAST_SECONDS, VantageKind
from analyzer.flows.conn_state import (
    ANY_STATE,
    CONN_STATES,
    EVENT_NAMES,
    ORIG,
    RESP,
    STATE_NAMES,
    TRANSITIONS,
    UNCHANGED,
)
from analyzer.messages import message
from analyzer.messages.english import sentence
from analyzer.report.answer import ANSWERS
from analyzer.report.danger import DANGERS
from analyzer.site import Attestation
from analyzer.values import STAGES, Outcome, Status, Verdict

Line = Sequence[str]

SIDES = {(ORIG,): "originator", (RESP,): "responder", (ORIG, RESP): "either"}
SEEN: dict[str, frozenset[int]] = {
    "nothing": frozenset(),
    "flows that were served": SERVED,
    "flows that were stopped": STOPPED,
    "both": frozenset({min(SERVED), min(STOPPED)}),
    "flows whose end is not known": UNCLEAR,
}
"""The captured flows of a row with a machine, as their verdicts."""
CIRCUMSTANCES: dict[str, tuple[bool, bool, bool]] = {
    # (it does not apply, it was required, the captures could not show it)
    "nothing more is known": (False, False, False),
    "a demand is unmet": (False, True, False),
    "it could not be seen": (False, False, True),
    "both": (False, True, True),
    "it does not apply": (True, False, False),
}

BEGIN = """\
# How a verdict comes about

Made from the tables in the code by `python -m docs.verdict_tables > docs/verdicts.md`; a test compares the two.
The words are those of [vocabulary.md](vocabulary.md), the rows those of [rules.md](rules.md). `dpm-analyzer explain
DIR FLOW` shows the same for one flow, `dpm-analyzer explain DIR --row RULE` for one row.

This was tested on traffic of substitutes, never on traffic of DPM's own programs.
"""

FIELD_TEXT = """\
## Expected or not: the fields of a row

A row covers a flow when every field that it states holds. If no row covers a flow, the nearest row gives the reason. A
row is near if it has the flow's service (the first two fields hold). The nearest row is the one in which the fewest
fields fail; of several, the first of the table.
"""

FIELD_END = """\
If no row has the service, the reason is `no-row`. There is one exception: if a row has this port between these roles,
but over the other transport, the reason is `protocol`. If no field fails and one is not known (for example, whether an
address is the broadcast address of a segment that the profile does not name), the verdict is `undetermined`.
"""

DHCP_TEXT = """\
Three things follow from what DHCP messages say, not from the addresses of a flow:

- A request that names a DHCP relay of the profile (giaddr) is the relay's, whatever address it comes from, if all
  requests of its flow do. An answer is a relay's only if it comes from the relay's own address. A relay sends from port
  67, 68 or 1067 and is answered there.
- An answer to everybody is for its clients. If every machine of the profile has its MAC and the flow answers only other
  MACs, the responder's role fails. A flow that answers machines of the profile too is covered, and names the other
  client.
- A client that states no hardware address is known by its client identifier; it is no stranger for that reason.
"""

DECISION_TEXT = """\
## The verdict

The first line that fits.
"""

DECISION_END = """\
Where none fits the flow is `out-of-scope`.
"""

CONNECTION_TEXT = """\
TCP, the first line that fits; where none does, `one-way`. A handshake alone is not service: a sender repeats what was
not acknowledged, so a repetition shows what did not arrive.
"""

DATAGRAM_TEXT = """\
UDP, ICMP and others, the first line that fits; where none does, `one-way`. An answer is due where the row has one, and
to well-known services by unicast that ask for one (DNS, DHCP, TFTP, echo).
"""

SERVED_TEXT = """\
What that means for a flow that a row covers:
"""

OUTCOME_TEXT = """\
## Served or not: what became of a flow

Every flow has an outcome. It decides the verdict only if a row covers the flow. An unexpected flow that was stopped
stays unexpected, and its outcome says that something stopped it. If no row covers a flow and its answer could not have
been seen, its outcome is `one-way`, never `no-reply`: nothing shows that something stopped it.
"""

OUTCOME_END = """\
A covered flow of which nothing but a reset, or ACKs without data and a reset, was seen is `undetermined`. A TFTP
transfer is judged as the request that it answers. A waiver in force turns `unexpected` and
`blocked` into `waived` and leaves the reason as it is.

A connection of which nothing was acknowledged beyond the handshake, one of which only one side was captured, without
data, a TFTP request of which nothing shows that its answer arrived, and a malformed magic packet, which wakes nobody,
are `expected` where nothing shows the opposite. They do not count as served for their row.

An ICMP error belongs to the flow that it quotes, also after a handshake, while nothing of a side's data was
acknowledged. What it says of that flow: the first line that fits. Errors about packets that are too big (type 3 code 4,
ICMPv6 type 2) are `unreachable` if they came again and again and nothing was acknowledged.
"""

STATUS_TEXT = """\
## Rows: seen, missing, or not to be seen

The status of a row with a machine, by what was seen of it (down) and what is known besides (across). A demand comes
from the profile, from `--expect`, or from a boot that got its file; it is unmet where no flow of that machine, within
the time asked for, was served. Flows whose end is not known: those that are undetermined, and those that are expected
although nothing shows that anything was served.
"""

ATTESTED_TEXT = """\
Somebody may attest what the captures could not show (`attestations` of the [site profile](site-profile.md)). The last
day of an attestation is compared with the time of the last frame, never with today. An attestation that has lapsed
leaves the status as it was. An attested row never counts as satisfied, and it does not change the answer.
"""

BOOT_TEXT = """\
## Boots: where an attempt stuck

A boot whose connection to the agent's port was established is `complete`. Where that connection was tried and not
served, the attempt stuck at `agent`, and its outcome says how. Otherwise the first line that fits gives the stage and
the cause.
"""

BOOT_END = """\
The attempt is then `stalled`, or `not-observable` where the answer could not have been seen, or where the capture ends
too soon after it. The cause is what the traffic shows, not what was wrong on the machine: a file that was never asked
for may have been refused by the ROM, by its settings or by a person.
"""

VANTAGE_TEXT = """\
## Vantages: what a capture could show

You need not state where a capture was taken: its own traffic shows that.
"""

STATE_TEXT = """\
## One flow or two: equal tuples in one capture

The 5-tuple makes a flow. A capture of several VLANs, interfaces or sites may show two connections with equal tuples
at the same time. Then VLAN, capture interface and MAC are part of the key: a SYN with another sequence number that
comes on another VLAN or interface, or from another MAC, while a connection of its tuple is under way, begins a flow
beside it. From then on the sequence numbers of a segment decide which of the two it belongs to. A segment that fits
neither by its numbers nor by its path begins a flow of its own. An ICMP error is about the one on whose path it came.
Up to 32 connections of a tuple are kept apart. Datagrams have no such numbers: those of one tuple are one flow,
whatever VLAN they come from. ICMP has no ports. Its requests (echo, for example) are a flow with their replies. Two
hosts that ask each other are two flows.

Both sides of a device that changes sequence numbers are one connection that was captured twice, if their segments are
the same and the first and the last of them pass the device one after the other. Two networks can show the same by
chance. So one of two things has to prove it: the times to live are those of a router between the two sides (up to four
routers), or both ends sent several segments and the originator acknowledged an answer. Where nothing proves it, they
are two flows. The packets of the far side count as copies.

A copy is a frame that was captured before, with a smaller time to live or with the same one. With another time to
live it is a copy up to half a second later. With the same one, or without an identification, it is a copy up to 20 ms
later, or, if copies with another time to live came later than that in the same capture, up to one and a half times as
late as these.

## Connections: conn_state and the transition table

The words are Zeek's, with Zeek's meanings.
"""

TRANSITION_TEXT = """\
They follow from the states of the two sides. A segment is one event of its sender's side; the first line that fits
gives the new states. An event that no line names changes nothing. `any`: whatever it is; `-`: it stays.
"""

DANGER_TEXT = """\
## The order of danger

Every output lists findings in one order: unexpected flows, then blocked flows, then missing rows. Within a verdict,
flows of which the evidence of hosts contradicts the program come first. Then come flows that got service, flows of
which only a part was captured, flows of which one direction was captured, and stopped flows. Then this order holds,
then the time.
"""

ANSWER_TEXT = """\
## The answer of a report

Every output begins with one of three answers. The first line that holds gives it.
"""

ANSWER_END = """\
The exit code of `analyze` is 0 with `COMPLIANT`, 1 with `NOT COMPLIANT` and 4 with `NOT JUDGED`. `--fail-on` limits the
findings that give 1. If it excludes all that was found, and a line of `NOT JUDGED` holds, the exit code is 4. Damaged
captures, dropped packets and single frames with malformed or cut headers are warnings. They do not change the answer;
with `--strict` the exit code is 3. `COMPLIANT` is the answer for the flows that were judged and for the rows of the
table in use. The report lists the rows that were not observable, and the items of the guide that the table does not
cover.
"""

FRAME_TEXT = """\
## Frames in no flow

Every frame is in a flow or set aside with one of these reasons, and the report's sums agree.
"""


def text() -> str:
    """The whole document."""
    parts = (
        BEGIN,
        *(
            FIELD_TEXT,
            f"The fields: {', '.join(field.name for field in FIELDS)}.\n",
            "The first field of the nearest row that fails gives the reason.\n",
        ),
        *(table(("field that fails", "reason", "means"), reasons()), FIELD_END),
        *(f"The verdict does not depend on an unknown {field.name}.\n" for field in FIELDS if not field.decisive),
        DHCP_TEXT,
        *(DECISION_TEXT, table(("what is known", "verdict"), decision_lines(DECISIONS)), DECISION_END),
        *(
            OUTCOME_TEXT,
            CONNECTION_TEXT,
            table(("what was seen of a connection", "outcome"), decision_lines(TCP_OUTCOMES)),
        ),
        *(DATAGRAM_TEXT, table(("what was seen of datagrams", "outcome"), decision_lines(DATAGRAM_OUTCOMES))),
        *(SERVED_TEXT, table(("outcome", "verdict of a covered flow", "reason"), outcomes()), OUTCOME_END),
        table(("IP version", "type", "code", "outcome"), errors()),
        *(STATUS_TEXT, table(("seen", *CIRCUMSTANCES), statuses())),
        *(ATTESTED_TEXT, table(("status", "with an attestation in force", "with one that has lapsed"), attested())),
        *(BOOT_TEXT, f"Stages: {', '.join(f'`{stage}`' for stage in STAGES)}.\n"),
        *(table(("", "stuck at", "why"), stalls()), BOOT_END),
        *(ANSWER_TEXT, table(("what is known", "answer"), answers()), ANSWER_END),
        *(DANGER_TEXT, "".join(f"{number}. {danger.meaning}\n" for number, danger in enumerate(DANGERS, 1))),
        *(VANTAGE_TEXT, vantage_words()),
        *(
            STATE_TEXT,
            table(("conn_state", "means"), ((f"`{word}`", meaning) for word, meaning in CONN_STATES.items())),
        ),
        *(TRANSITION_TEXT, table(("sender", "segment", "its state", "peer's state", "its new", "peer's new"), moves())),
        *(FRAME_TEXT, "".join(map(reason_line, filter(None, Aside)))),
    )
    return "\n".join(parts)


def reason_line(aside: Aside) -> str:
    """A reason as people read it; where report.json has another word, with that."""
    other = f" (in report.json: {aside.word})" if aside in PHRASES else ""
    return f"- {aside.phrase}{other}\n"


def table(head: Line, lines: Iterable[Line]) -> str:
    """A Markdown table."""
    rows = (head, ["---"] * len(head), *lines)
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def decision_lines(lines: Iterable[tuple[str, object, StrEnum] | OutcomeLine]) -> Iterator[Line]:
    """The lines of a decision table: the condition in words, and the resulting word."""
    for observed, _, word, *_ in lines:
        yield observed, f"`{word.value}`"


def reasons() -> Iterator[Line]:
    """The reason that each field gives, and what it means."""
    for field in FIELDS:
        if not field.finds_service:
            yield field.name, f"`{field.reason}`", glossary.REASONS[field.reason]


def outcomes() -> Iterator[Line]:
    for outcome in Outcome:
        reason = BLOCKED_BY.get(outcome)
        if reason is None:
            yield f"`{outcome.value}`", f"`{Verdict.EXPECTED.value}`", ""
            continue
        doubt = f", or `{Verdict.UNDETERMINED.value}` where the answer could not have been seen"
        verdict = f"`{Verdict.BLOCKED.value}`{doubt if outcome in SILENCE else ''}"
        yield f"`{outcome.value}`", verdict, f"`{reason.value}`"


def errors() -> Iterator[Line]:
    for version, kind, codes, outcome, _ in ICMP_OUTCOMES:
        observed = "nothing of the service" if outcome is None else f"`{outcome.value}`"
        yield str(version), "any" if kind is None else str(kind), joined(codes), observed


def statuses() -> Iterator[Line]:
    for name, verdicts in SEEN.items():
        tally = RowTally(counts=dict.fromkeys(sorted(verdicts), 1))
        words = (
            status_of(
                message("row-internal") if not_applicable else None,
                tally,
                UnmetExpectation((message("row-tried"),) if required else ()),
                message("row-before-capture") if hidden else None,
            )[0].value
            for not_applicable, required, hidden in CIRCUMSTANCES.values()
        )
        yield name, *(f"`{word}`" for word in words)


def attested() -> Iterator[Line]:
    """What an attestation makes of a row with each status."""
    one = Attestation(item="-", owner="-", evidence="-", expires=date(2026, 1, 1))
    until = {"in force": end_of_day("2026-01-01") - 1, "lapsed": end_of_day("2026-01-01")}
    for status in (status for status in Status if status is not Status.ATTESTED):
        row = RowResult(None, "-", "", status, ())
        words = (next(attest([row], [one], (), last)).status.value for last in until.values())
        yield f"`{status.value}`", *(f"`{word}`" for word in words)


def stalls() -> Iterator[Line]:
    for number, (_, stage, code) in enumerate(STALLS, 1):
        yield str(number), f"`{stage}`", sentence(message(code, error=""))


def answers() -> Iterator[Line]:
    for rule in ANSWERS:
        yield rule.meaning, f"`{rule.answer.value}`"


def vantage_words() -> str:
    """What the kinds are, from the docstring of the code, and when silence is no evidence."""
    observed = " ".join((VantageKind.__doc__ or "").split()).replace("``", "`")
    for kind in VantageKind:
        observed = observed.replace(f"{kind.name}:", f"`{kind.value}`:")
    silence = (
        f"Silence is no evidence where the answer could not have been seen: after a flow that begins in the last "
        f"{LAST_SECONDS // 1_000_000_000} seconds of a capture (or before its clock jumps forward by a day or more), "
        "in a capture that shows one direction only (unless another shows the other one) or whose headers are cut, "
        "and where the answer would not have passed."
    )
    return "\n".join(f"{textwrap.fill(words, 120, break_on_hyphens=False)}\n" for words in (observed, silence))


def moves() -> Iterator[Line]:
    for sides, events, owns, peers, new, new_peer in TRANSITIONS:
        segments = ", ".join(EVENT_NAMES[event] for event in events)
        after = ("-" if state == UNCHANGED else STATE_NAMES[state] for state in (new, new_peer))
        yield SIDES[tuple(sides)], segments, states(owns), states(peers), *after


def states(numbers: Sequence[int]) -> str:
    """The names of states; where all but one are meant, that one."""
    left = [state for state in ANY_STATE if state not in numbers]
    if len(left) < 2:
        return "any" if not left else f"any but {STATE_NAMES[left[0]]}"
    return ", ".join(STATE_NAMES[number] for number in numbers)


def joined(numbers: Sequence[int] | None) -> str:
    return "any" if numbers is None else ", ".join(map(str, numbers))


if __name__ == "__main__":
    sys.stdout.write(text())
