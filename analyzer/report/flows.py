"""The judged flow table in the contract's columns."""

import hashlib
from typing import Any

import pandas as pd

from analyzer import net
from analyzer.compliance.boots import Boot
from analyzer.compliance.facts import CASTS
from analyzer.compliance.judge import Judgement
from analyzer.compliance.outcome import OUTCOMES
from analyzer.compliance.sentences import Teller
from analyzer.compliance.verdicts import REASON_WORDS, VERDICTS
from analyzer.flows import record as r
from analyzer.flows.build import Evidence
from analyzer.flows.table import conn_states, histories, hosts_of
from analyzer.report.model import FLOW_COLUMNS, table
from analyzer.times import duration_text, time_text
from analyzer.values import Basis

BASES = (Basis.SYN, Basis.SYN_ACK, Basis.PROTOCOL, Basis.FIRST_PACKET, Basis.RULE)
JUDGED = frozenset(
    {
        "orig_role", "resp_role", "cast", "outcome", "verdict", "reason", "rule", "item", "executable", "citation",
        "detail", "application",
    }
)  # fmt: skip
"""The columns that judging adds; the others are the flow table's own."""


def flow_frame(judgement: Judgement, boots: list[Boot]) -> pd.DataFrame:
    """Every flow with its verdict; columns FLOW_COLUMNS."""
    teller = Teller(judgement, boots)
    numbers = range(len(judgement.table))
    rules = [teller.rule(flow) for flow in numbers]
    data = plain_columns(judgement.evidence)
    data |= {
        "orig_role": [teller.role(flow, originator=True) for flow in numbers],
        "resp_role": [teller.role(flow, originator=False) for flow in numbers],
        "cast": [CASTS[cast].value for cast in judgement.facts.cast.tolist()],
        "outcome": [OUTCOMES[outcome].value for outcome in judgement.outcome.tolist()],
        "verdict": [VERDICTS[verdict].value for verdict in judgement.verdicts.verdict.tolist()],
        "reason": [REASON_WORDS[word].value if word >= 0 else "" for word in judgement.verdicts.reason.tolist()],
        "rule": [rule.id if rule else "" for rule in rules],
        "item": [rule.item if rule else "" for rule in rules],
        "executable": [teller.executable(flow) for flow in numbers],
        "citation": [teller.citation(flow) for flow in numbers],
        "detail": [teller.detail(flow) for flow in numbers],
        "application": judgement.facts.application.tolist(),
    }
    return table(FLOW_COLUMNS, data)


def plain_frame(evidence: Evidence) -> pd.DataFrame:
    """The flow table alone: FLOW_COLUMNS with nothing in those that judging adds."""
    data = plain_columns(evidence) | {name: [""] * len(evidence.table) for name in JUDGED}
    return table(FLOW_COLUMNS, data)


def plain_columns(evidence: Evidence) -> dict[str, Any]:
    """What is known of every flow before it is judged."""
    flows = evidence.table
    hosts = hosts_of(flows)
    names = [address for address, _ in hosts.names]
    orig_h = [names[code] for code in hosts.orig.tolist()]
    resp_h = [names[code] for code in hosts.resp.tolist()]
    numbers = flows.column(r.F_PROTO).tolist()
    protos = [net.protocol_name(number) for number in numbers]
    orig_p, resp_p = flows.column(r.F_PORT0).tolist(), flows.column(r.F_PORT1).tolist()
    with_ports = [number in net.PROTOCOLS for number in numbers]
    captures = flows.column(r.F_CAPTURE).tolist()
    fine = [evidence.captures[number].nanoseconds for number in captures]
    first, last = flows.column(r.F_FIRST).tolist(), flows.column(r.F_LAST).tolist()
    data: dict[str, Any] = {
        "ts": [time_text(time, fine=precise) for time, precise in zip(first, fine, strict=True)],
        "duration": [
            duration_text(end - begin, fine=precise) for begin, end, precise in zip(first, last, fine, strict=True)
        ],
        "proto": protos,
        "orig_h": orig_h,
        "orig_p": [port if has else -1 for port, has in zip(orig_p, with_ports, strict=True)],
        "resp_h": resp_h,
        "resp_p": [port if has else -1 for port, has in zip(resp_p, with_ports, strict=True)],
        "service": [net.service_name(*end) for end in zip(protos, orig_p, resp_p, strict=True)],
        "conn_state": conn_states(flows),
        "history": histories(flows),
        "direction_basis": [BASES[basis].value for basis in flows.column(r.F_BASIS).tolist()],
        "orig_mac": [net.mac_text(mac) for mac in flows.orig(r.S_MAC).tolist()],
        "resp_mac": [net.mac_text(mac) for mac in flows.resp(r.S_MAC).tolist()],
        "vlan": [vlan_text(tag) for tag in flows.column(r.F_VLAN).tolist()],
        "capture": [evidence.captures[number].name for number in captures],
        "first_frame": flows.column(r.F_FRAME),
        "community_id": [net.community_id(*end) for end in zip(numbers, orig_h, resp_h, orig_p, resp_p, strict=True)],
    }
    for name, slot in (("pkts", r.PKTS), ("bytes", r.BYTES), ("ip_bytes", r.IP_BYTES)):
        data[f"orig_{name}"], data[f"resp_{name}"] = flows.orig(slot), flows.resp(slot)
    keys = zip(numbers, orig_h, orig_p, resp_h, resp_p, data["orig_mac"], first, strict=True)
    data["flow"] = identifiers([repr(key) for key in keys])
    return data


def identifiers(keys: list[str]) -> list[str]:
    """An identifier of each key that depends on nothing else; equal keys are numbered."""
    used: dict[str, int] = {}
    result = []
    for key in keys:
        name = "f" + hashlib.sha256(key.encode()).hexdigest()[:12]
        used[name] = used.get(name, 0) + 1
        result.append(name if used[name] == 1 else f"{name}-{used[name]}")
    return result


def vlan_text(tag: int) -> str:
    """``100``, ``100.200`` where a tag lies inside another, nothing where there is none."""
    if tag < 0:
        return ""
    return f"{tag & 0xFFF}.{tag >> 12 & 0xFFF}" if tag >> 24 else str(tag)
