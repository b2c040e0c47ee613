"""What stopped flows that a row covers: the evidence of a RST, of silence or of an ICMP error."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from analyzer import net
from analyzer.columns import Integers, Truths, group_rows
from analyzer.compliance.exchanges.dhcp import ANSWERED_WITHIN, DhcpMessage, proxy_port, sender_of
from analyzer.compliance.identity.roles import DHCP_ANSWERERS
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.messages.breaks import break_messages
from analyzer.compliance.messages.values import coded, has_outcome
from analyzer.compliance.verdict.outcome import OUTCOMES
from analyzer.flows.hosts import address_texts
from analyzer.flows.senders import hops_of
from analyzer.messages.grouping import CodedValues, MessageColumn
from analyzer.values import Outcome

RESET_CODES = ("reset-only", "reset-same-ttl", "reset-ttl-of-system", "reset-ttl-differs")
UNITS = ("packet", "SYN")
TENTH = 100_000_000

Ttls = dict[tuple[int, int], set[int]]
"""(vantage, host) -> the TTLs of what it sent there."""


def block_causes(judgement: Judgement, chosen: Truths) -> Iterator[MessageColumn]:
    """The evidence that each chosen flow got no service."""
    yield from break_messages(judgement, chosen)
    plain = chosen & (judgement.ended.cause == 0)
    yield from _resets(judgement, np.flatnonzero(plain & has_outcome(judgement, Outcome.REFUSED)))
    yield from _silences(judgement, np.flatnonzero(plain & has_outcome(judgement, Outcome.NO_REPLY)))
    errors = np.flatnonzero(plain & has_outcome(judgement, Outcome.ADMIN_PROHIBITED, Outcome.UNREACHABLE))
    if len(errors):
        yield _icmp_errors(judgement, errors)


def _resets(judgement: Judgement, flows: Integers) -> Iterator[MessageColumn]:
    """A RST comes from the responder, or from another device in its place: the TTL is the evidence."""
    if not len(flows):
        return
    vantages = _vantages(judgement)
    known = _ttls_of_refusing_hosts(judgement, vantages)
    columns = [vantages[flows], judgement.hosts.resp[flows], judgement.table.resp.rst_ttl[flows]]
    first, kinds = group_rows(columns)
    lines = zip(*(column[first].tolist() for column in columns), strict=True)
    found = [(ttl, known.get((vantage, host), set())) for vantage, host, ttl in lines]
    codes = np.array([_reset_code(ttl, others) for ttl, others in found], dtype=np.int64)[kinds]
    others = [tuple(sorted(ttls)) for _, ttls in found]
    for number, code in enumerate(RESET_CODES):
        here = codes == number
        values: dict[str, Integers | CodedValues] = {"ttl": columns[2][here]}
        if number >= RESET_CODES.index("reset-ttl-of-system"):
            values["others"] = CodedValues(others, kinds[here])
        yield MessageColumn(code, flows[here], values)


def _reset_code(ttl: int, others: set[int]) -> int:
    """The number in RESET_CODES. ``others``: the TTLs of other packets of the responder."""
    if not others:
        return 0
    if ttl in others:
        return 1
    hops = hops_of(np.array([ttl, *others]))
    return 2 if (hops[1:] == hops[0]).any() else 3


def _vantages(judgement: Judgement) -> Integers:
    """The vantage of each flow's first frame."""
    captures = np.array([capture.vantage for capture in judgement.evidence.captures], dtype=np.int64)
    return np.asarray(captures[judgement.table.capture])


def _ttls_of_refusing_hosts(judgement: Judgement, vantages: Integers) -> Ttls:
    """The TTLs of what hosts that refuse sent, other than RST alone."""
    table, hosts = judgement.table, judgement.hosts
    refused = np.zeros(len(hosts.names), dtype=bool)
    refused[hosts.resp[judgement.outcome == OUTCOMES.index(Outcome.REFUSED)]] = True
    found: Ttls = defaultdict(set)
    for ends, ttls, packets, resets in (
        (hosts.orig, table.orig.ttl, table.orig.pkts, table.orig.rst_ttl),
        (hosts.resp, table.resp.ttl, table.resp.pkts, table.resp.rst_ttl),
    ):
        sent = (packets > 0) & ((resets < 0) | (packets > 1)) & refused[ends]
        columns = [column[sent] for column in (vantages, ends, ttls)]
        first = group_rows(columns).first
        for vantage, host, ttl in zip(*(column[first].tolist() for column in columns), strict=True):
            found[vantage, host].add(ttl)
    return found


def _silences(judgement: Judgement, flows: Integers) -> Iterator[MessageColumn]:
    """Flows without a reply: the answer was lost, or there was none."""
    if not len(flows):
        return
    table = judgement.table
    tcp = judgement.facts.proto[flows] == net.TCP
    syns = table.orig.syns[flows]
    answered = table.resp.pkts[flows] > 0
    repeated = tcp & judgement.ended.connection.asked_again[flows]
    yield MessageColumn("answer-lost", flows[answered & ~repeated])
    yield MessageColumn("answer-lost-syn-repeated", flows[answered & repeated])
    sent = np.where(tcp, syns, table.orig.pkts[flows] - table.orig.copies[flows])
    answerers = _unlisted_answerers(judgement, flows[~answered])
    others = np.isin(flows, list(answerers))
    lasted = table.last_ns[flows] - table.first_ns[flows]
    for code, by_others in (("no-answer", False), ("answered-by-others", True)):
        for several in (False, True):
            here = ~answered & (others == by_others) & ((sent > 1) == several)
            values: dict[str, Integers | CodedValues] = {
                "count": sent[here],
                "unit": CodedValues(UNITS, tcp[here].astype(np.int64)),
            }
            if several:
                values["seconds"] = _seconds(lasted[here])
            if by_others:
                values["others"] = coded(answerers[flow] for flow in flows[here].tolist())
            yield MessageColumn(code, flows[here], values)


def _seconds(nanoseconds: Integers) -> CodedValues:
    """Seconds as text with one decimal."""
    tenths, codes = np.unique((nanoseconds + TENTH // 2) // TENTH, return_inverse=True)
    return CodedValues([f"{tenth // 10}.{tenth % 10}" for tenth in tenths.tolist()], codes.reshape(-1))


def _unlisted_answerers(judgement: Judgement, flows: Integers) -> dict[int, tuple[str, ...]]:
    """Flow -> the hosts that answered its DHCP requests although no row has them answer; flows without any are left
    out."""
    chosen = set(flows.tolist())
    requests: dict[int, list[DhcpMessage]] = defaultdict(list)
    answers: dict[tuple[int, str], list[tuple[int, str]]] = defaultdict(list)
    host_facts, hosts = judgement.host_facts, judgement.hosts
    for one in judgement.relations.messages:
        mark, bootp = one
        sender = sender_of(hosts, mark)
        if bootp.request:
            if mark.flow in chosen and not proxy_port(judgement.table, mark.flow):
                requests[mark.flow].append(one)
        elif not host_facts.roles[sender] & DHCP_ANSWERERS and not host_facts.relay[sender]:
            answers[bootp.xid, bootp.client_mac].append((mark.time, hosts.names[sender][0]))
    found = {
        flow: {
            server
            for mark, bootp in asked
            for time, server in answers.get((bootp.xid, bootp.client_mac), ())
            if 0 <= time - mark.time <= ANSWERED_WITHIN
        }
        for flow, asked in requests.items()
    }
    return {flow: tuple(sorted(servers)) for flow, servers in found.items() if servers}


def _icmp_errors(judgement: Judgement, flows: Integers) -> MessageColumn:
    """The first ICMP error that quoted each flow."""
    table = judgement.table
    version, kind, code = table.ip_version[flows], table.icmp_error.type[flows], table.icmp_error.code[flows]
    source_words = np.array([table.icmp_error.source_words(flow) for flow in flows.tolist()], dtype=np.int64)
    words = list(source_words.reshape(-1, 4).T)
    first, sources = group_rows([version, *words])
    texts = address_texts(version[first], [word[first] for word in words])
    names = judgement.hosts.names
    responders = [names[host][0] for host in judgement.hosts.resp[flows].tolist()]
    by_responder = np.array(
        [texts[source] == responder for source, responder in zip(sources.tolist(), responders, strict=True)],
        dtype=np.int64,
    )
    prohibited = judgement.outcome[flows] == OUTCOMES.index(Outcome.ADMIN_PROHIBITED)
    meaning = coded(map(_error_name, version.tolist(), kind.tolist(), prohibited.tolist()))
    captures = [capture.name for capture in judgement.evidence.captures]
    values: dict[str, Integers | CodedValues] = {
        "type": kind,
        "icmp_code": code,
        "meaning": meaning,
        "source": CodedValues(texts, sources),
        "by": CodedValues(("another", "responder"), by_responder),
        "frame": table.icmp_error.frame[flows],
        "capture": CodedValues(captures, table.icmp_error.capture[flows]),
    }
    return MessageColumn("icmp-error", flows, values)


def _error_name(version: int, kind: int, prohibited: bool) -> str:
    if prohibited:
        return "administratively prohibited"
    name = net.ICMP_NAMES.get(("icmp" if version == 4 else "icmp6", kind), "error")
    return name.replace("-", " ")
