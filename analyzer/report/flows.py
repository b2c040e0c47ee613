"""The judged flow table in the contract's columns."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Words, group_rows, shared_texts_of
from analyzer.compliance.identity.roles import CASTS
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.verdict.decision import REASON_WORDS, VERDICTS
from analyzer.compliance.verdict.outcome import OUTCOMES
from analyzer.flows.conn_state import conn_states
from analyzer.flows.evidence import Evidence
from analyzer.flows.history import histories
from analyzer.flows.packed import integers_of
from analyzer.flows.table import DIRECTION_BASES
from analyzer.messages.grouping import FlowMessages
from analyzer.report.community import community_ids
from analyzer.report.flow_names import FlowNames
from analyzer.report.model import FLOW_COLUMNS, table
from analyzer.report.row_columns import NO_PROGRAM, citations, executables, roles
from analyzer.report.wording import flow_details
from analyzer.times import duration_texts, time_texts
from analyzer.values import EvidenceWord

JUDGED = frozenset(
    {
        "orig_role", "resp_role", "cast", "outcome", "verdict", "reason", "rule", "item", "executable", "citation",
        "detail", "application", "program", "program_evidence", "program_source", "orig_name",
        "resp_name",
    }
)  # fmt: skip
"""The columns that judging adds; the others are the flow table's own."""


FLOWS_AT_ONCE = 1 << 16


def flow_frame(
    judgement: Judgement, messages: FlowMessages, programs: Mapping[str, Words] | None = None
) -> pd.DataFrame:
    """Every flow with its verdict and the sentences of its messages; columns FLOW_COLUMNS. ``programs``: the columns of
    evidence of hosts; None without evidence."""
    rules = judgement.verdicts.rule + 1
    data = plain_columns(judgement.evidence) | {
        "orig_role": roles(judgement, originator=True),
        "resp_role": roles(judgement, originator=False),
        "cast": shared_texts_of([cast.value for cast in CASTS], judgement.facts.cast),
        "outcome": shared_texts_of([outcome.value for outcome in OUTCOMES], judgement.outcome),
        "verdict": shared_texts_of([verdict.value for verdict in VERDICTS], judgement.verdicts.verdict),
        "reason": shared_texts_of(["", *(word.value for word in REASON_WORDS)], judgement.verdicts.reason + 1),
        "rule": shared_texts_of(["", *(rule.id for rule in judgement.rules.rules)], rules),
        "item": shared_texts_of(["", *(rule.item for rule in judgement.rules.rules)], rules),
        "executable": executables(judgement),
        "citation": citations(judgement),
        "application": judgement.facts.application,
    }
    machines = judgement.host_facts.machine
    data |= {f"{side}_name": shared_texts_of(machines, getattr(judgement.hosts, side)) for side in ("orig", "resp")}
    data |= programs if programs is not None else without_evidence(data["executable"])
    return table(FLOW_COLUMNS, data | {"detail": flow_details(messages, data)})


def without_evidence(executable: Words) -> dict[str, Words]:
    """The columns of programs where no evidence was given. ``executable``: the programs that rows declare."""
    declared = (executable != "") & (executable != NO_PROGRAM)
    nothing = np.zeros(len(executable), dtype=np.int64)
    word = shared_texts_of(["", EvidenceWord.DECLARED.value], declared.astype(np.int64))
    return {
        "program": shared_texts_of([""], nothing),
        "program_evidence": word,
        "program_source": shared_texts_of([""], nothing),
    }


def plain_frame(evidence: Evidence) -> pd.DataFrame:
    """The flow table alone: FLOW_COLUMNS with nothing in those that judging adds."""
    data = plain_columns(evidence) | {name: [""] * len(evidence.table) for name in JUDGED}
    return table(FLOW_COLUMNS, data)


def plain_frames(evidence: Evidence) -> Iterator[pd.DataFrame]:
    """The same in parts, so that of many flows only a few are texts at a time. There is at least one part."""
    names = FlowNames()
    for start in range(0, len(evidence.table) or 1, FLOWS_AT_ONCE):
        part = replace(evidence, table=evidence.table.part(start, start + FLOWS_AT_ONCE))
        data = plain_columns(part, names) | {name: [""] * len(part.table) for name in JUDGED}
        yield table(FLOW_COLUMNS, data)


def plain_columns(evidence: Evidence, names: FlowNames | None = None) -> dict[str, Any]:
    """What is known of every flow before it is judged. ``names``: has given the flows before these their
    identifiers."""
    flows = evidence.table
    hosts, proto = flows.hosts, flows.proto
    addresses = [address for address, _ in hosts.names]
    ports = np.isin(proto, sorted(net.PROTOCOLS))
    kinds = np.where(np.isin(proto, (net.ICMP, net.ICMP6)), flows.orig_p, flows.resp_p)
    captures = flows.capture
    fine = np.array([capture.nanoseconds for capture in evidence.captures], dtype=bool)[captures]
    first, last = flows.first_ns, flows.last_ns
    data: dict[str, Any] = {
        "ts": time_texts(first, fine),
        "duration": duration_texts(last - first, fine),
        "proto": words_of(net.protocol_name, proto),
        "orig_h": shared_texts_of(addresses, hosts.orig),
        "orig_p": np.where(ports, flows.orig_p, -1),
        "resp_h": shared_texts_of(addresses, hosts.resp),
        "resp_p": np.where(ports, flows.resp_p, -1),
        "service": words_of(service, proto, np.where(ports, kinds, 0)),
        "conn_state": conn_states(flows),
        "history": histories(flows),
        "direction_basis": shared_texts_of([basis.value for basis in DIRECTION_BASES], flows.direction_basis),
        "orig_mac": words_of(net.mac_text, flows.orig.mac),
        "resp_mac": words_of(net.mac_text, flows.resp.mac),
        "vlan": words_of(vlan_text, flows.vlan),
        "capture": shared_texts_of([capture.name for capture in evidence.captures], captures),
        "first_frame": integers_of(flows.first_frame),
        "community_id": community_ids(flows, hosts),
    }
    for side, columns in (("orig", flows.orig), ("resp", flows.resp)):
        data[f"{side}_pkts"], data[f"{side}_bytes"] = integers_of(columns.pkts), integers_of(columns.payload_bytes)
        data[f"{side}_ip_bytes"] = integers_of(columns.ip_bytes)
    keys = zip(
        *(proto.tolist(), data["orig_h"], flows.orig_p.tolist(), data["resp_h"]),
        *(flows.resp_p.tolist(), data["orig_mac"], first.tolist()),
        strict=True,
    )
    data["flow"] = (names or FlowNames()).names_of(map(repr, keys))
    return data


def words_of(word: Callable[..., str], *columns: NDArray[np.int64]) -> NDArray[np.object_]:
    """The word for the values of each line, made once for all lines alike."""
    first, kind = group_rows(columns)
    return shared_texts_of(
        [word(*values) for values in zip(*(column[first].tolist() for column in columns), strict=True)], kind
    )


def service(proto: int, kind: int) -> str:
    """``kind``: the responder's port, or ICMP's type."""
    return net.service_name(net.protocol_name(proto), kind, kind)


def vlan_text(tag: int) -> str:
    """``100``, ``100.200`` where a tag lies inside another, nothing where there is none."""
    if tag < 0:
        return ""
    return f"{tag & 0xFFF}.{tag >> 12 & 0xFFF}" if tag >> 24 else str(tag)
