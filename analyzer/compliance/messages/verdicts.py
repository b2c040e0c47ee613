"""What each verdict says, beside the reason of an unexpected flow and the cause of a blocked one."""

from collections.abc import Iterator

import numpy as np

from analyzer import net
from analyzer.columns import Integers, Truths
from analyzer.compliance.identity.roles import ROLE_BIT
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.messages.breaks import progress_messages
from analyzer.compliance.messages.values import has_outcome, is_verdict, rule_ids
from analyzer.compliance.verdict.decision import REASON_WORDS
from analyzer.compliance.verdict.outcome import OUTCOMES
from analyzer.flows.history import letter_bits
from analyzer.flows.table import DIRECTION_BASES
from analyzer.messages import FlowColumn
from analyzer.messages.grouping import CodedValues, MessageColumn
from analyzer.values import STOPPED, Basis, Outcome, Reason, Role, Verdict

PLACES = ("same", "asked-by-group", "listed", "other")
"""Where an answer came from: the address that was asked, the DPM Server where a group was asked, another address of it,
or another host."""

SYN, SYN_ACK = letter_bits("S"), letter_bits("H")


def stopped_flows(judgement: Judgement) -> Truths:
    """Flows whose block cause is shown: blocked ones, and those that a waiver excuses from it."""
    covered = (judgement.matched.covering >= 0) & ~_fails_by_program(judgement)
    return np.asarray(is_verdict(judgement, Verdict.BLOCKED) | (is_verdict(judgement, Verdict.WAIVED) & covered))


def reason_flows(judgement: Judgement) -> Truths:
    """Flows whose reason is shown: unexpected ones, and those that a waiver excuses from it."""
    uncovered = (judgement.matched.covering < 0) | _fails_by_program(judgement)
    return np.asarray(is_verdict(judgement, Verdict.UNEXPECTED) | (is_verdict(judgement, Verdict.WAIVED) & uncovered))


def _fails_by_program(judgement: Judgement) -> Truths:
    """Flows of a row that requires its programs, and that evidence of hosts contradicts."""
    return np.asarray(judgement.verdicts.reason == REASON_WORDS.index(Reason.EXECUTABLE))


def verdict_messages(judgement: Judgement) -> Iterator[MessageColumn]:
    """What comes first: the waiver, the row that covers a flow, or that no row has to."""
    yield from _waived(judgement)
    for code, mask in (
        ("row-covers", is_verdict(judgement, Verdict.EXPECTED)),
        ("no-service", stopped_flows(judgement)),
    ):
        yield MessageColumn(code, flows := np.flatnonzero(mask), {"rule": rule_ids(judgement, flows)})
    yield from _transfers(judgement)
    yield from _answers_elsewhere(judgement)
    yield from _undetermined(judgement)
    loopback = judgement.facts.inside & (judgement.matched.nearest >= 0)
    yield MessageColumn("loopback", is_verdict(judgement, Verdict.OUT_OF_SCOPE) & loopback)
    yield MessageColumn("out-of-scope", is_verdict(judgement, Verdict.OUT_OF_SCOPE) & ~loopback)
    yield MessageColumn("background", is_verdict(judgement, Verdict.BACKGROUND))


def _waived(judgement: Judgement) -> Iterator[MessageColumn]:
    flows = np.flatnonzero(is_verdict(judgement, Verdict.WAIVED))
    waivers, by = judgement.site.profile.waivers, judgement.waived.by[flows]
    yield MessageColumn(
        "waived",
        flows,
        {
            "owner": CodedValues([waiver.owner for waiver in waivers], by),
            "expires": CodedValues([str(waiver.expires) for waiver in waivers], by),
            "reason": CodedValues([waiver.reason for waiver in waivers], by),
            "verdict": CodedValues(
                (Verdict.UNEXPECTED.value, Verdict.BLOCKED.value), stopped_flows(judgement)[flows].astype(np.int64)
            ),
        },
    )


def lapsed_waivers(judgement: Judgement) -> Iterator[MessageColumn]:
    """Waivers that would excuse a finding and had lapsed by then."""
    lapsed = judgement.waived.lapsed
    flows = np.flatnonzero((lapsed >= 0) & is_verdict(judgement, Verdict.UNEXPECTED, Verdict.BLOCKED))
    waivers = judgement.site.profile.waivers
    yield MessageColumn(
        "waiver-lapsed",
        flows,
        {
            "owner": CodedValues([waiver.owner for waiver in waivers], lapsed[flows]),
            "expires": CodedValues([str(waiver.expires) for waiver in waivers], lapsed[flows]),
        },
    )


def _transfers(judgement: Judgement) -> Iterator[MessageColumn]:
    """What a TFTP transfer and its request say of each other."""
    facts, relations = judgement.facts, judgement.relations
    expected = is_verdict(judgement, Verdict.EXPECTED)
    flows = np.flatnonzero((relations.request_of >= 0) & (expected | reason_flows(judgement)))
    yield MessageColumn("transfer-of-request", flows, {"port": facts.orig_p[relations.request_of[flows]]})
    served = np.zeros(len(facts), dtype=bool)
    served[list(relations.transfers)] = True
    flows = np.flatnonzero(served & expected)
    transfers = np.array([relations.transfers[flow][0] for flow in flows.tolist()], dtype=np.int64)
    hosts = judgement.hosts
    own = (hosts.orig[transfers] == hosts.resp[flows]) | (hosts.resp[transfers] == hosts.resp[flows])
    flows, transfers = flows[own], transfers[own]  # an answer from another address has a message of its own
    by_server = facts.resp_p[transfers] == facts.orig_p[flows]
    ports = np.where(by_server, facts.orig_p[transfers], facts.resp_p[transfers])
    yield MessageColumn("answer-port", flows, {"port": ports})
    rows = np.array([*(rule.transfer for rule in judgement.rules.rules), False], dtype=bool)
    answered = rows[judgement.verdicts.rule] & (relations.request_of < 0) & (judgement.table.resp.pkts > 0)
    yield MessageColumn("answer-port", expected & ~served & answered, {"port": net.TFTP})


def _answers_elsewhere(judgement: Judgement) -> Iterator[MessageColumn]:
    """Requests that were answered from another port or address than they went to, or at a group, and their answers."""
    table, hosts, relations = judgement.table, judgement.hosts, judgement.relations
    first = {request: transfers[0] for request, transfers in relations.transfers.items()}
    pairs = np.array(sorted((first | relations.answers_elsewhere).items()), dtype=np.int64).reshape(-1, 2)
    requests, answers = pairs.T
    by_orig = hosts.orig[answers] != hosts.orig[requests]
    sender = np.where(by_orig, hosts.orig[answers], hosts.resp[answers])
    asked = hosts.resp[requests]
    is_server = judgement.host_facts.roles[sender] & ROLE_BIT[Role.DPM_SERVER] != 0
    to_group = ~judgement.facts.unicast[requests]
    place = np.select([sender == asked, ~is_server, to_group], [0, 3, 1], 2)
    shown = (place > 0) | (table.resp_p[requests] != net.TFTP)
    requests, answers, by_orig, sender, place = (
        column[shown] for column in (requests, answers, by_orig, sender, place)
    )
    names = [address for address, _ in hosts.names]
    yield MessageColumn(
        "answered-from",
        requests,
        {
            "address": CodedValues(names, sender),
            "port": np.where(by_orig, table.orig_p[answers], table.resp_p[answers]),
            "place": CodedValues(PLACES, place),
            "to": CodedValues(("one", "all"), (~judgement.facts.unicast[answers]).astype(np.int64)),
        },
    )
    flows = np.flatnonzero(relations.answer_of >= 0)
    asked = relations.answer_of[flows]
    yield MessageColumn(
        "answer-to-request", flows, {"address": CodedValues(names, hosts.resp[asked]), "port": table.resp_p[asked]}
    )


def _undetermined(judgement: Judgement) -> Iterator[MessageColumn]:
    left = is_verdict(judgement, Verdict.UNDETERMINED)
    unseen, table = judgement.unseen, judgement.table
    acknowledged = (table.orig.seen_letters | table.resp.seen_letters) & letter_bits("A") != 0
    for code, fits in (
        ("transfer-without-request", judgement.relations.under_way),
        ("broadcast-not-known", judgement.matched.uncertain),
        ("only-reset", (unseen.code < 0) & ~acknowledged),
        ("only-acknowledged-and-reset", unseen.code < 0),
        ("answer-not-visible", np.ones(len(left), dtype=bool)),
    ):
        flows: Integers = np.flatnonzero(left & fits)
        left &= ~fits
        values: dict[str, CodedValues | FlowColumn] = {"rule": rule_ids(judgement, flows)}
        if code == "broadcast-not-known":
            values["resp_h"] = FlowColumn("resp_h")
        if code == "answer-not-visible":
            values["why"] = CodedValues(unseen.messages, unseen.code[flows])
        yield MessageColumn(code, flows, values)


def after_reason(judgement: Judgement) -> Iterator[MessageColumn]:
    """What follows the row or the reason: a DHCP server's check, the outcome, what was not captured, hints."""
    unexpected, expected = is_verdict(judgement, Verdict.UNEXPECTED), is_verdict(judgement, Verdict.EXPECTED)
    partial = has_outcome(judgement, Outcome.PARTIAL)
    probe = judgement.relations.probe
    yield MessageColumn("address-check", probe & (unexpected | expected))
    flows = np.flatnonzero(unexpected & ~probe & has_outcome(judgement, *STOPPED))
    outcomes = [outcome.value for outcome in OUTCOMES]
    yield MessageColumn("stopped", flows, {"outcome": CodedValues(outcomes, judgement.outcome[flows])})
    flows = np.flatnonzero(unexpected & ~probe & judgement.silence_unseen)
    why = CodedValues(judgement.unseen.messages, judgement.unseen.code[flows])
    yield MessageColumn("outcome-not-visible", flows, {"why": why})
    by_service = judgement.table.direction_basis == DIRECTION_BASES.index(Basis.SERVICE_PORT)
    yield from _beginnings(judgement, expected & partial, unexpected & partial & ~by_service)
    yield from progress_messages(judgement)
    stated = by_service & ~is_verdict(judgement, Verdict.BACKGROUND)
    yield MessageColumn("opener-by-port", stated, {"resp_p": FlowColumn("resp_p"), "orig_h": FlowColumn("orig_h")})
    for hint in judgement.rules.hints:
        on_port = (judgement.facts.proto == net.PROTOCOL_NUMBERS[hint.protocol]) & (judgement.facts.resp_p == hint.port)
        yield MessageColumn("hint", unexpected & on_port, {"manual": hint.manual, "use": hint.use})


def _beginnings(judgement: Judgement, expected: Truths, unexpected: Truths) -> Iterator[MessageColumn]:
    """What was not captured of a handshake. SYN and SYN-ACK each show which host opened the connection."""
    table = judgement.table
    syn = (table.orig.seen_letters & SYN) != 0
    syn_ack = (table.resp.seen_letters & SYN_ACK) != 0
    yield MessageColumn("beginning-not-captured", expected & ~syn & ~syn_ack)
    yield MessageColumn("opener-not-certain", unexpected & ~syn & ~syn_ack)
    yield MessageColumn("syn-not-captured", (expected | unexpected) & ~syn & syn_ack)
    yield MessageColumn("syn-ack-not-captured", (expected | unexpected) & syn)
