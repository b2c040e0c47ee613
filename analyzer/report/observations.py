"""What was read inside flows, as the document has it: flow -> name -> value."""

from collections.abc import Iterator

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


def observations_of(judgement: Judgement, names: list[str]) -> dict[str, dict[str, str]]:
    """What was read inside flows: whom a power-on wakes, the request of a transfer, what tshark read."""
    found: dict[str, dict[str, str]] = {}
    for flow, name, value in (*wake_observations(judgement), *dhcp_observations(judgement)):
        found.setdefault(names[flow], {})[name] = value
    requests, kinds = judgement.relations.request_of, judgement.table.tunnels
    for transfer in np.flatnonzero(requests >= 0).tolist():
        found.setdefault(names[transfer], {})["request"] = names[requests[transfer]]
    judged_as = judgement.matched.judged_as
    if judged_as is not None:
        for answer in np.flatnonzero(judged_as >= 0).tolist():
            found.setdefault(names[answer], {})["judged_as"] = names[judged_as[answer]]
    for flow in np.flatnonzero(judgement.relations.probe).tolist():
        found.setdefault(names[flow], {})["probe"] = "yes"
    for flow in np.flatnonzero(kinds > 0).tolist():
        found.setdefault(names[flow], {})["tunnel"] = ", ".join(tunnel_names(int(kinds[flow])))
    for flow, seen in judgement.observations.by_flow.items():
        if facts := facts_of(seen):
            found.setdefault(names[flow], {}).update(facts)
    return found
