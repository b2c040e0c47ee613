"""Whether the ends of flows are those of a row: roles, ports, DHCP relays, direction."""

import numpy as np

from analyzer import net
from analyzer.columns import Integers, Truths
from analyzer.compliance.identity.roles import role_mask
from analyzer.compliance.matching.facts import Facts
from analyzer.rules import Rule
from analyzer.rules.model import Side
from analyzer.site import Site
from analyzer.values import Cast

OTHER_RELAY_PORTS = (net.DHCP_CLIENT, net.DHCP_RELAY)
"""Ports besides the row's at which relays send and are answered."""


def responder_port(rule: Rule, site: Site) -> int | None:
    """The row's fixed port on the responder, as the profile sets it (footnote *10)."""
    if rule.responder.port_setting is not None:
        return site.setting(rule.responder.port_setting)
    return rule.responder.port


def relay_ports(rule: Rule) -> tuple[int, ...]:
    """The ports at which a relay sends in the originator's place, and is answered; none if the row has no relay."""
    return () if rule.relayed_from is None else (rule.relayed_from, *OTHER_RELAY_PORTS)


def relayed(rule: Rule, facts: Facts) -> Truths:
    """Whether a DHCP relay of the profile sent the flow in the originator's place."""
    if rule.relayed_from is None:
        return np.zeros(len(facts), dtype=bool)
    return np.asarray(facts.from_relay & np.isin(facts.orig_p, relay_ports(rule)))


def to_relay(rule: Rule, facts: Facts) -> Truths:
    """Whether the flow goes to a DHCP relay of the profile in the responder's place."""
    if rule.relayed_from is None:
        return np.zeros(len(facts), dtype=bool)
    return np.asarray(facts.resp_relay & facts.has_ports & np.isin(facts.resp_p, relay_ports(rule)))


def has_role(masks: Integers, side: Side) -> Truths:
    return np.asarray((masks & role_mask(side.roles)) != 0)


def originator_fits(rule: Rule, facts: Facts) -> Truths:
    own = has_role(facts.orig_roles, rule.originator)
    return own if rule.relayed_from is None else own | relayed(rule, facts)


def to_everybody(rule: Rule, facts: Facts) -> Truths:
    """Whether the flow, or every flow of the row, goes to everybody: then one host is wrong as an address, not as a
    role. An answer that names clients goes to them."""
    return ~facts.unicast & ~facts.unlisted if Cast.UNICAST in rule.casts else np.ones(len(facts), dtype=bool)


def responder_fits(rule: Rule, facts: Facts) -> Truths:
    return has_role(facts.resp_roles, rule.responder) | to_everybody(rule, facts) | to_relay(rule, facts)


def is_backwards(rule: Rule, facts: Facts) -> Truths:
    """Whether the originator has the responder's role and the responder the originator's."""
    if Cast.UNICAST not in rule.casts:
        return np.zeros(len(facts), dtype=bool)
    swapped = has_role(facts.orig_roles, rule.responder) & has_role(facts.resp_roles, rule.originator)
    return swapped & facts.unicast


def is_forward(rule: Rule, facts: Facts) -> Truths:
    return originator_fits(rule, facts) & responder_fits(rule, facts)
