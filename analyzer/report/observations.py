"""What was read inside flows, as the document has it: flow -> name -> value."""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from analyzer.capture.frame import tunnel_names
from analyzer.compliance.dissection import facts_of
from analyzer.compliance.judgement import Judgement


def wake_observations(judgement: Judgement) -> Iterator[tuple[int, str, str]]:
    """(flow, name, value) of the machines that magic packets wake."""
    for flow, target in judgement.payload.woken.items():
        yield flow, "wakes", target
        segment = int(judgement.facts.woken_segment[flow])
        if segment >= 0:
            yield flow, "wakes_in", judgement.site.profile.segments[segment].name


def dhcp_observations(judgement: Judgement) -> Iterator[tuple[int, str, str]]:
    """(flow, name, value) of what DHCP messages say of the ends of flows."""
    for flow, relay in judgement.payload.dhcp.relays.items():
        yield flow, "relay", relay
    for flow in np.flatnonzero(judgement.facts.unlisted).tolist():
        yield flow, "unlisted_client", judgement.payload.dhcp.unlisted.only[flow]


def relation_observations(judgement: Judgement, names: list[str]) -> Iterator[tuple[int, str, str]]:
    """(flow, name, value) of the requests that flows answer, and of pings that check an address."""
    relations = judgement.relations
    for transfer in np.flatnonzero(relations.request_of >= 0).tolist():
        yield transfer, "request", names[relations.request_of[transfer]]
    judged_as = judgement.matched.judged_as
    if judged_as is not None:
        for answer in np.flatnonzero(judged_as >= 0).tolist():
            yield answer, "judged_as", names[judged_as[answer]]
    for flow in np.flatnonzero(relations.probe).tolist():
        yield flow, "probe", "yes"


def frame_observations(judgement: Judgement) -> Iterator[tuple[int, str, str]]:
    """(flow, name, value) of the tunnels that flows were captured in, and of what tshark read."""
    kinds = judgement.table.tunnels
    for flow in np.flatnonzero(kinds > 0).tolist():
        yield flow, "tunnel", ", ".join(tunnel_names(int(kinds[flow])))
    for flow, seen in judgement.observations.by_flow.items():
        yield from ((flow, name, value) for name, value in (facts_of(seen) or {}).items())


def observations_of(judgement: Judgement, names: list[str]) -> dict[str, dict[str, str]]:
    """What was read inside flows: whom a power-on wakes, the request of a transfer, what tshark read."""
    found: dict[str, dict[str, str]] = {}
    for flow, name, value in chain(
        wake_observations(judgement),
        dhcp_observations(judgement),
        relation_observations(judgement, names),
        frame_observations(judgement),
    ):
        found.setdefault(names[flow], {})[name] = value
    return found
