"""What a report saves for explaining, and the facts of its flows, from the text columns of its tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analyzer import net
from analyzer.columns import Truths, Words
from analyzer.compliance.identity.hosts import find_host_facts, segment_numbers
from analyzer.compliance.identity.roles import CAST_NUMBER, role_mask
from analyzer.compliance.matching.facts import Facts, FlowColumns, facts_of_columns
from analyzer.flows.hosts import Hosts
from analyzer.rules import RuleTable
from analyzer.site import Site
from analyzer.values import Cast, Role


@dataclass(frozen=True)
class SavedContext:
    """What a report saves beside its tables. ``roles`` and ``machines``: of every host that has any, by (address, MAC);
    the MAC is empty if only one host has the address. ``seen``: flow -> what was read beyond its headers;
    ``named``: flow -> machines that its messages name."""

    rules: RuleTable
    site: Site
    roles: Mapping[tuple[str, str], tuple[str, ...]]
    machines: Mapping[tuple[str, str], str]
    seen: Mapping[str, Mapping[str, str]]
    named: Mapping[str, tuple[str, ...]]

    def judged_as(self, flow: str) -> str:
        """The flow whose match counts: the request that this one answers (TFTP, or an answer from elsewhere), else the
        flow itself."""
        seen = self.seen.get(flow, {})
        return seen.get("request") or seen.get("judged_as") or flow


def facts_of(flow: Mapping[str, Any], saved: SavedContext) -> Facts:
    """The facts of one flow. ``flow``: a line of the report's flow table. A column of FlowColumns without
    an entry here is read from the column of that name."""
    site, proto = saved.site, str(flow["proto"])
    ends = ((str(flow["orig_h"]), str(flow["orig_mac"])), (str(flow["resp_h"]), str(flow["resp_mac"])))
    seen = saved.seen.get(str(flow["flow"]), {})
    values = {name: flow[name] for name in FlowColumns._fields if name in flow} | {
        "proto": net.PROTOCOL_NUMBERS.get(proto) or int(proto),
        "orig_p": max(int(flow["orig_p"]), 0),
        "resp_p": max(int(flow["resp_p"]), 0),
        "orig_roles": roles_of(flow, "orig", saved),
        "resp_roles": roles_of(flow, "resp", saved),
        "cast": CAST_NUMBER[Cast(str(flow["cast"]))],
        "woken_segment": segment_numbers(site).get(seen.get("wakes_in", ""), -1),
        "responder_sent": int(flow["resp_pkts"]) > 0,
        "relayed": "relay" in seen,
        "unlisted": "unlisted_client" in seen,
    }
    columns = {name: column_of(value, FlowColumns.__annotations__[name]) for name, value in values.items()}
    hosts = Hosts(ends, np.array([0]), np.array([1]))
    return facts_of_columns(FlowColumns(**columns), hosts, find_host_facts(ends, site), site)


def column_of(value: Any, kind: Any) -> Any:
    """A column with one value. ``kind``: Integers, Truths or Words; a text without a number is -1 among Integers."""
    if kind is Words:
        return np.array([str(value)], dtype=object)
    if kind is Truths:
        return np.array([bool(value)])
    text = str(int(value)) if isinstance(value, int | np.integer) else str(value)
    return np.array([int(text) if text.removeprefix("-").isdecimal() else -1], dtype=np.int64)


def roles_of(flow: Mapping[str, Any], side: str, saved: SavedContext) -> int:
    """The roles that one end of a flow was judged by, as a mask: those of the host in the report, or the flow's own
    role where the host has not got that one, since another machine had the address at that time."""
    own, host = Role(str(flow[f"{side}_role"])), find_host_value(saved.roles, flow, side) or (Role.OTHER.value,)
    return role_mask([Role(word) for word in host] if own.value in host else [own])


def find_host_value(values: Mapping[tuple[str, str], Any], flow: Mapping[str, Any], side: str) -> Any:
    """The value of the host at one end of a flow; None if it has none. ``values``: by (address, MAC)."""
    address, mac = str(flow[f"{side}_h"]), str(flow[f"{side}_mac"])
    return values.get((address, mac), values.get((address, "")))
