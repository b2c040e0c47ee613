"""The fields of a row: one object for each, in the order of their weight.

A row covers a flow when all fields hold. The first of FIELDS that fails in the nearest row gives the reason. Matching,
``explain``, the report's words for reasons, SARIF's rule descriptions and docs/verdicts.md read this tuple.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analyzer import net
from analyzer.compliance.identity.roles import CAST_NUMBER, CASTS, ROLE_BIT, role_mask
from analyzer.compliance.matching.addressing import addressing_in_flow, addressing_in_row, addressing_states
from analyzer.compliance.matching.ends import (
    is_backwards,
    is_forward,
    originator_fits,
    relay_ports,
    relayed,
    responder_fits,
    responder_port,
    to_relay,
)
from analyzer.compliance.matching.facts import Facts
from analyzer.compliance.matching.states import HOLDS, UNKNOWN, States, all_hold, holds
from analyzer.compliance.matching.texts import ANY, NONE, roles_text, side_roles, word
from analyzer.messages import Message, message
from analyzer.rules import Rule
from analyzer.site import Site
from analyzer.values import Cast, Reason, Role


@dataclass(frozen=True)
class Field:
    """One field of a row.

    ``reason``: the reason of an unexpected flow whose nearest row fails in this field. ``states(rule, facts, site)``:
    whether the field holds, one value a flow. ``row_text(rule, site)``: what the row states; a row that states nothing
    has the message ``field-any``. ``flow_text(rule, site, facts, flow)``: what ``states`` found in one flow.
    ``finds_service``: a row is near a flow only if this field holds. ``decisive``: if it is not known whether the field
    holds, the verdict stays open. ``own_row_helps``: a row of one's own can allow a flow that fails here; ``own_row``:
    the code of the message about such a row.
    """

    name: str
    reason: Reason
    states: Callable[[Rule, Facts, Site], States]
    row_text: Callable[[Rule, Site], Message]
    flow_text: Callable[[Rule, Site, Facts, int], Message]
    own_row: str = ""
    finds_service: bool = False
    decisive: bool = True
    own_row_helps: bool = True


def reason_message(field: Field, rule: Rule, site: Site, facts: Facts, flow: int) -> Message:
    """Why a row does not cover a flow that fails in this field: what the row states and what the flow has."""
    row, found = field.row_text(rule, site), field.flow_text(rule, site, facts, flow)
    return message("reason-field", rule=rule.id, field=field.name, row=row, flow=found)


def protocol_states(rule: Rule, facts: Facts, _site: Site) -> States:
    return holds(facts.proto == net.PROTOCOL_NUMBERS[rule.protocol])


def protocol_in_row(rule: Rule, _site: Site) -> Message:
    return word(rule.protocol)


def protocol_in_flow(_rule: Rule, _site: Site, facts: Facts, flow: int) -> Message:
    return word(net.protocol_name(int(facts.proto[flow])))


def is_by_group(rule: Rule, site: Site) -> bool:
    """Whether only the multicast address shows the row's service: it has no port and no ICMP type."""
    no_port = responder_port(rule, site) is None and rule.originator.port is None
    return rule.icmp_type is None and no_port and Cast.MULTICAST in rule.casts


def service_states(rule: Rule, facts: Facts, site: Site) -> States:
    """The ICMP type, the responder's port, the originator's port or the multicast group: the first that the row has."""
    port = responder_port(rule, site)
    if rule.icmp_type is not None:
        return holds(facts.icmp & (facts.orig_p == rule.icmp_type))
    if port is not None:
        return holds(facts.has_ports & (facts.resp_p == port))
    if rule.originator.port is not None:
        return holds(facts.has_ports & (facts.orig_p == rule.originator.port))
    if is_by_group(rule, site):
        multicast = facts.cast == CAST_NUMBER[Cast.MULTICAST]
        return holds(multicast & ~facts.other_group & ~facts.link_service)
    return all_hold(facts)


def service_in_row(rule: Rule, site: Site) -> Message:
    port = responder_port(rule, site)
    if rule.icmp_type is not None:
        return message("field-icmp-type", number=rule.icmp_type)
    if port is not None:
        return message("field-port", number=port)
    if rule.originator.port is not None:
        return message("field-from-port", number=rule.originator.port)
    return message("field-own-group") if is_by_group(rule, site) else ANY


def service_in_flow(rule: Rule, site: Site, facts: Facts, flow: int) -> Message:
    if is_by_group(rule, site):
        if facts.cast[flow] != CAST_NUMBER[Cast.MULTICAST]:
            return word(CASTS[facts.cast[flow]].value)
        code = "field-other-group" if facts.other_group[flow] else "field-own-group"
        return message("field-link-service" if facts.link_service[flow] else code)
    if facts.icmp[flow]:
        return message("field-icmp-type", number=int(facts.orig_p[flow]))
    if not facts.has_ports[flow]:
        return NONE
    by_originator = responder_port(rule, site) is None and rule.originator.port is not None
    if by_originator and rule.icmp_type is None:
        return message("field-from-port", number=int(facts.orig_p[flow]))
    return message("field-port", number=int(facts.resp_p[flow]))


def wire_states(rule: Rule, facts: Facts, _site: Site) -> States:
    """A row that is never on the wire fails where another machine reaches for the row's machine."""
    if rule.wire == "always":
        return all_hold(facts)
    own = role_mask(rule.originator.roles)
    return holds(facts.inside | ((facts.resp_roles & own) == 0) | ((facts.orig_roles & own) != 0))


def wire_in_row(rule: Rule, _site: Site) -> Message:
    return ANY if rule.wire == "always" else message("field-wire-never")


def wire_in_flow(rule: Rule, _site: Site, facts: Facts, flow: int) -> Message:
    own = role_mask(rule.originator.roles) if rule.wire == "never" else ROLE_BIT[Role.DPM_SERVER]
    from_own, to_own = (bool(roles[flow] & own) for roles in (facts.orig_roles, facts.resp_roles))
    if facts.inside[flow] or (from_own and to_own):
        return message("field-inside-machine")
    if rule.wire == "always":
        return message("field-between-machines")
    return message("field-from-another-machine" if to_own else "field-to-another-machine")


def originator_states(rule: Rule, facts: Facts, _site: Site) -> States:
    return holds(originator_fits(rule, facts))


def originator_in_row(rule: Rule, _site: Site) -> Message:
    own = roles_text(rule.originator.roles)
    return own if rule.relayed_from is None else message("field-or-relay", own=own, ports=relay_ports(rule))


def originator_in_flow(_rule: Rule, _site: Site, facts: Facts, flow: int) -> Message:
    own = side_roles(facts.orig_roles, flow)
    port = int(facts.orig_p[flow])
    return message("field-relay-at-port", own=own, port=port) if facts.from_relay[flow] else own


def responder_states(rule: Rule, facts: Facts, _site: Site) -> States:
    return holds(responder_fits(rule, facts))


def responder_in_row(rule: Rule, _site: Site) -> Message:
    own = roles_text(rule.responder.roles)
    if Cast.UNICAST not in rule.casts:
        return message("field-everybody-for", own=own)
    return own if rule.relayed_from is None else message("field-or-relay", own=own, ports=relay_ports(rule))


def responder_in_flow(rule: Rule, _site: Site, facts: Facts, flow: int) -> Message:
    if facts.unlisted[flow]:
        return message("field-unlisted-clients")
    if not facts.unicast[flow]:
        return message("field-everybody")
    own = side_roles(facts.resp_roles, flow)
    port = int(facts.resp_p[flow])
    return message("field-relay-at-port", own=own, port=port) if to_relay(rule, facts)[flow] else own


def direction_states(rule: Rule, facts: Facts, _site: Site) -> States:
    return holds(~is_backwards(rule, facts) | is_forward(rule, facts))


def direction_in_row(rule: Rule, _site: Site) -> Message:
    return message("field-direction", printed=rule.printed)


def direction_in_flow(rule: Rule, site: Site, facts: Facts, flow: int) -> Message:
    ends = {"orig": originator_in_flow(rule, site, facts, flow), "resp": responder_in_flow(rule, site, facts, flow)}
    if is_forward(rule, facts)[flow]:
        return message("field-same-direction", **ends)
    return message("field-reverse" if is_backwards(rule, facts)[flow] else "field-other-ends", **ends)


def client_port_states(rule: Rule, facts: Facts, _site: Site) -> States:
    if rule.originator.port is None:
        return all_hold(facts)
    own = facts.has_ports & (facts.orig_p == rule.originator.port)
    return holds(own if rule.relayed_from is None else own | relayed(rule, facts))


def client_port_in_row(rule: Rule, _site: Site) -> Message:
    if rule.originator.port is None:
        return ANY
    own = message("field-port", number=rule.originator.port)
    return own if rule.relayed_from is None else message("field-or-relay", own=own, ports=relay_ports(rule))


def client_port_in_flow(_rule: Rule, _site: Site, facts: Facts, flow: int) -> Message:
    if not facts.has_ports[flow]:
        return NONE
    own = message("field-port", number=int(facts.orig_p[flow]))
    return message("field-of-relay", own=own) if facts.from_relay[flow] else own


def application_states(rule: Rule, facts: Facts, _site: Site) -> States:
    """No recognised application shows nothing. No dissector knows DPM's own protocols: on a row without a named
    application any recognised one is wrong."""
    state = np.full(len(facts), UNKNOWN if rule.application else HOLDS, dtype=np.int8)
    state[facts.recognised] = facts.application[facts.recognised] == (rule.application or "")
    return state


def application_in_row(rule: Rule, _site: Site) -> Message:
    return word(rule.application) if rule.application else message("field-no-known-application")


def application_in_flow(_rule: Rule, _site: Site, facts: Facts, flow: int) -> Message:
    found = str(facts.application[flow])
    return word(found) if found else message("field-nothing-recognised")


FIELDS: tuple[Field, ...] = (
    Field(
        "protocol", Reason.PROTOCOL, protocol_states, protocol_in_row, protocol_in_flow,
        own_row="own-row-widens-protocol", finds_service=True,
    ),
    Field("service", Reason.NO_ROW, service_states, service_in_row, service_in_flow, finds_service=True),
    Field(
        "on-the-wire", Reason.INTERNAL_ONLY, wire_states, wire_in_row, wire_in_flow,
        own_row="own-row-no-internal-only", own_row_helps=False,
    ),
    Field(
        "direction", Reason.DIRECTION, direction_states, direction_in_row, direction_in_flow,
        own_row="own-row-widens-direction",
    ),
    Field(
        "originator-role", Reason.ROLE, originator_states, originator_in_row, originator_in_flow,
        own_row="own-row-widens-role",
    ),
    Field(
        "responder-role", Reason.ROLE, responder_states, responder_in_row, responder_in_flow,
        own_row="own-row-widens-role",
    ),
    Field(
        "client-port", Reason.CLIENT_PORT, client_port_states, client_port_in_row, client_port_in_flow,
        own_row="own-row-widens-client-port",
    ),
    Field(
        "addressing", Reason.BROADCAST_ADDRESS, addressing_states, addressing_in_row, addressing_in_flow,
        own_row="own-row-no-broadcast-address", own_row_helps=False,
    ),
    Field(
        "application", Reason.PROTOCOL, application_states, application_in_row, application_in_flow,
        own_row="own-row-widens-protocol", decisive=False,
    ),
)  # fmt: skip
"""The most important first: what a flow is about, then its ends, then how it was sent."""
