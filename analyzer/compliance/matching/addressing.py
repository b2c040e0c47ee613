"""The field ``addressing``: how the responder is addressed, and footnote *3."""

import numpy as np

from analyzer.compliance.identity.roles import CAST_NUMBER, CASTS
from analyzer.compliance.matching.facts import Facts
from analyzer.compliance.matching.states import UNKNOWN, States, holds
from analyzer.compliance.matching.texts import word
from analyzer.messages import Message, message
from analyzer.rules import Rule
from analyzer.site import Site
from analyzer.values import Cast


def addressing_states(rule: Rule, facts: Facts, _site: Site) -> States:
    """The row's casts, and footnote *3 for ``by-segment``.

    Footnote *3: the DPM Server's own segment through 255.255.255.255, another segment through its broadcast address.
    The segment is that of the machine in the magic packet, if it is known. UNKNOWN: the address may be the broadcast
    address of a segment that the profile does not name.
    """
    fits = np.isin(facts.cast, [CAST_NUMBER[cast] for cast in rule.casts])
    if rule.addressing != "by-segment":
        return holds(fits)
    directed = facts.cast == CAST_NUMBER[Cast.DIRECTED_BROADCAST]
    woken, aimed = facts.woken_segment, facts.broadcast_segment
    by_server = np.isin(woken, facts.server_segments) | (woken < 0)
    by_other = (aimed >= 0) & ~np.isin(aimed, facts.server_segments) & ((woken == aimed) | (woken < 0))
    state = holds(fits & np.where(directed, by_other, by_server))
    unnamed = directed & (aimed < 0) | facts.unicast & facts.maybe_broadcast
    state[unnamed & (woken < 0)] = UNKNOWN
    return state


def addressing_in_row(rule: Rule, _site: Site) -> Message:
    casts = message("field-roles", roles=tuple(cast.value for cast in rule.casts))
    return message("field-by-segment") if rule.addressing == "by-segment" else casts


def addressing_in_flow(rule: Rule, site: Site, facts: Facts, flow: int) -> Message:
    cast = word(CASTS[facts.cast[flow]].value)
    if rule.addressing != "by-segment":
        return cast
    names = [segment.name for segment in site.profile.segments]
    woken, aimed = int(facts.woken_segment[flow]), int(facts.broadcast_segment[flow])
    if aimed >= 0:
        own = "field-own-segment" if aimed in facts.server_segments else "field-of-segment"
        address = message(own, cast=cast, segment=names[aimed])
    elif facts.cast[flow] == CAST_NUMBER[Cast.DIRECTED_BROADCAST]:
        address = message("field-of-unknown-segment", cast=cast)
    elif facts.unicast[flow] and facts.maybe_broadcast[flow]:
        address = message("field-maybe-broadcast", cast=cast)
    else:
        address = cast
    if woken < 0:
        return address
    code = "field-wakes-own-segment" if woken in facts.server_segments else "field-wakes-segment"
    return message(code, address=address, segment=names[woken])
