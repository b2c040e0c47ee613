"""Why flows are unexpected: a message for each reason, with what the row states and what the flow has."""

import ipaddress
from collections.abc import Callable, Iterator

import numpy as np

from analyzer import net
from analyzer.columns import Integers, Truths, group_rows
from analyzer.compliance.identity.roles import CASTS
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.matching.ends import responder_port
from analyzer.compliance.matching.fields import FIELDS, Field
from analyzer.compliance.matching.states import FAILS
from analyzer.compliance.messages.values import DescribedFlows, coded, role_sets
from analyzer.compliance.verdict.decision import REASON_WORDS
from analyzer.messages import Message, Value, message
from analyzer.messages.grouping import CodedValues, MessageColumn
from analyzer.rules import Rule
from analyzer.values import Reason

EVENTS = ("received", "sent", "connected")
CAST_WORDS = tuple(cast.value for cast in CASTS)


def reason_messages(judgement: Judgement, chosen: Truths) -> Iterator[MessageColumn]:
    """The reason of every chosen flow; of a TFTP transfer, the reason of its request."""
    yield from ReasonMessages(judgement, chosen).columns()


class ReasonMessages:
    """Makes the messages of the reasons of one judgement."""

    def __init__(self, judgement: Judgement, chosen: Truths) -> None:
        self.judgement, self.facts = judgement, judgement.facts
        self.described = DescribedFlows(judgement)
        self.chosen = chosen
        self.row = judgement.verdicts.rule[self.described.number]
        self.rules = judgement.rules.rules

    def columns(self) -> Iterator[MessageColumn]:
        flows = np.flatnonzero(self.chosen & (self.row < 0))
        yield MessageColumn("reason-no-row", flows, {"service": self.described.column("service", flows)})
        for reason in dict.fromkeys(field.reason for field in FIELDS):
            if reason in MAKERS:
                yield from MAKERS[reason](self, self._flows(reason))
            else:
                yield from self._by_field(reason, self._flows(reason))

    def _flows(self, reason: Reason) -> Integers:
        """The chosen flows that fail a row for this reason."""
        fails = self.judgement.verdicts.reason == REASON_WORDS.index(reason)
        return np.flatnonzero(self.chosen & (self.row >= 0) & fails)

    def _by_field(self, reason: Reason, flows: Integers) -> Iterator[MessageColumn]:
        """What the row states in the field that fails, and what the flow has: for reasons without a sentence of their
        own."""
        site = self.judgement.site
        for field in (field for field in FIELDS if field.reason is reason):
            fails = self._fails(field, flows)
            failing, flows = flows[fails], flows[~fails]
            lines = zip(self.row[failing].tolist(), self.described.number[failing].tolist(), strict=True)
            values: dict[str, Value | Integers | CodedValues] = {
                "rule": self._ids(failing),
                "field": field.name,
                "row": self._rule_values(failing, *(field.row_text(rule, site) for rule in self.rules)),
                "flow": coded([field.flow_text(self.rules[row], site, self.facts, flow) for row, flow in lines]),
            }
            yield MessageColumn("reason-field", failing, values)

    def _fails(self, field: Field, flows: Integers) -> Truths:
        """Whether a field fails for flows and their own rows."""
        found = np.zeros(len(flows), dtype=bool)
        for number in np.unique(self.row[flows]).tolist():
            states = field.states(self.rules[number], self.facts, self.judgement.site)
            own = self.row[flows] == number
            found[own] = states[self.described.number[flows[own]]] == FAILS
        return found

    def _rule_values(self, flows: Integers, *values: Value) -> CodedValues:
        """A value of each row, in the table's order, for the rows of these flows."""
        return CodedValues(values, self.row[flows])

    def _ids(self, flows: Integers) -> CodedValues:
        return self._rule_values(flows, *(rule.id for rule in self.rules))

    def _service(self, flows: Integers) -> CodedValues:
        """The service that the row states: the flow's own, where the row fixes it."""
        own = self.described.column("service", flows)
        stated = [self._stated_service(rule) for rule in self.rules]
        fixed = np.array([not isinstance(service, Message) for service in stated], dtype=bool)
        row = self.row[flows]
        return CodedValues([*own.values, *stated], np.where(fixed[row], own.codes, len(own.values) + row))

    def _stated_service(self, rule: Rule) -> Value:
        if rule.icmp_type is not None or responder_port(rule, self.judgement.site) is not None:
            return rule.protocol
        if rule.originator.port is not None:
            return message("service-from-port", protocol=rule.protocol, port=rule.originator.port)
        return message("service-any-port", protocol=rule.protocol)

    def internal_only(self, flows: Integers) -> Iterator[MessageColumn]:
        ports = [responder_port(rule, self.judgement.site) or 0 for rule in self.rules]
        yield MessageColumn(
            "reason-internal-only", flows, {"rule": self._ids(flows), "port": self._rule_values(flows, *ports)}
        )

    def protocol(self, flows: Integers) -> Iterator[MessageColumn]:
        """By its content where the transport is the row's, else by the transport."""
        if not len(flows):
            return
        described = self.described.number
        found = self.facts.application[described[flows]]
        stated = np.array([net.PROTOCOL_NUMBERS[rule.protocol] for rule in self.rules], dtype=np.int64)
        by_content = (found != "") & (self.facts.proto[described[flows]] == stated[self.row[flows]])
        read, crossed = flows[by_content], flows[~by_content]
        wanted = self._rule_values(read, *(rule.application or "" for rule in self.rules))
        yield MessageColumn(
            "reason-content",
            read,
            {"rule": self._ids(read), "found": coded(found[by_content].tolist()), "wanted": wanted},
        )
        yield MessageColumn(
            "reason-protocol",
            crossed,
            {
                "rule": self._ids(crossed),
                "protocol": self._rule_values(crossed, *(rule.protocol for rule in self.rules)),
                "service": self.described.column("service", crossed),
            },
        )

    def direction(self, flows: Integers) -> Iterator[MessageColumn]:
        yield from self._between_roles("reason-direction", flows)

    def role(self, flows: Integers) -> Iterator[MessageColumn]:
        yield from self._between_roles("reason-role", flows)

    def _between_roles(self, code: str, flows: Integers) -> Iterator[MessageColumn]:
        """Which roles the row allows, and which hosts the flow has."""
        if not len(flows):
            return
        facts, described = self.facts, self.described.number[flows]
        spoke = self.judgement.table.orig.pkts[described] > 0
        event = np.where(spoke, 1 + (facts.proto[described] == net.TCP), 0)
        originators = (tuple(role.value for role in rule.originator.roles) for rule in self.rules)
        responders = (tuple(role.value for role in rule.responder.roles) for rule in self.rules)
        values = {
            "rule": self._ids(flows),
            "service": self._service(flows),
            "from": self._rule_values(flows, *originators),
            "to": self._rule_values(flows, *responders),
            "orig_h": self.described.column("orig_h", flows),
            "orig": role_sets(facts.orig_roles[described]),
            "resp_h": self.described.column("resp_h", flows),
            "resp": role_sets(facts.resp_roles[described]),
            "cast": CodedValues(CAST_WORDS, facts.cast[described]),
            "event": CodedValues(EVENTS, event),
        }
        yield MessageColumn(code, flows, values)

    def client_port(self, flows: Integers) -> Iterator[MessageColumn]:
        if not len(flows):
            return
        ports = (rule.originator.port or 0 for rule in self.rules)
        values = {
            "rule": self._ids(flows),
            "service": self._service(flows),
            "port": self._rule_values(flows, *ports),
            "used": self.described.column("orig_p", flows),
        }
        yield MessageColumn("reason-client-port", flows, values)

    def addressing(self, flows: Integers) -> Iterator[MessageColumn]:
        if not len(flows):
            return
        by_segment = np.array([rule.addressing == "by-segment" for rule in self.rules], dtype=bool)[self.row[flows]]
        plain, footnote = flows[~by_segment], flows[by_segment]
        casts = (tuple(cast.value for cast in rule.casts) for rule in self.rules)
        values = {
            "rule": self._ids(plain),
            "service": self._service(plain),
            "casts": self._rule_values(plain, *casts),
            "cast": CodedValues(CAST_WORDS, self.facts.cast[self.described.number[plain]]),
        }
        yield MessageColumn("reason-addressing", plain, values)
        yield MessageColumn(
            "reason-footnote-3", footnote, {"rule": self._ids(footnote), "sent_to": self._sent_to(footnote)}
        )
        woken = self.facts.woken_segment[self.described.number[footnote]]
        known = woken >= 0
        names = [segment.name for segment in self.judgement.site.profile.segments]
        yield MessageColumn("segment-of-machine", footnote[known], {"segment": CodedValues(names, woken[known])})

    def _sent_to(self, flows: Integers) -> CodedValues:
        """What the responder's address is to the profile's segments."""
        described = self.described.number[flows]
        ends = (self.judgement.hosts.resp, self.facts.broadcast_segment, self.facts.cast)
        columns = [column[described] for column in ends]
        first, kinds = group_rows(columns)
        lines = zip(*(column[first].tolist() for column in columns), strict=True)
        return CodedValues([_address_kind(self.judgement, *line) for line in lines], kinds)


MAKERS: dict[Reason, Callable[[ReasonMessages, Integers], Iterator[MessageColumn]]] = {
    Reason.INTERNAL_ONLY: ReasonMessages.internal_only,
    Reason.PROTOCOL: ReasonMessages.protocol,
    Reason.DIRECTION: ReasonMessages.direction,
    Reason.ROLE: ReasonMessages.role,
    Reason.CLIENT_PORT: ReasonMessages.client_port,
    Reason.BROADCAST_ADDRESS: ReasonMessages.addressing,
}
"""Reasons with sentences of their own -> what makes their messages for the flows that have the reason."""


def _address_kind(judgement: Judgement, host: int, aimed: int, cast: int) -> Message:
    """``aimed``: the segment whose broadcast address it is, -1 for none."""
    network = judgement.site.network_address(judgement.hosts.names[host][0])
    if network is not None:
        right = ipaddress.ip_network(network.cidr).broadcast_address
        return message("segment-network-address", segment=network.name, broadcast=str(right))
    if aimed >= 0:
        return message("segment-broadcast", segment=judgement.site.profile.segments[aimed].name)
    return message("cast-address", cast=CAST_WORDS[cast])
