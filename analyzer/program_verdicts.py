"""The programs of a judged flow table: the evidence of hosts, compared with the programs that the rows declare.

Every flow that a row covers gets a word (``EvidenceWord``). A flow of a row with ``executables: required`` is
unexpected if the evidence contradicts its programs.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyzer import net
from analyzer.columns import Truths, Words, texts_of
from analyzer.compliance.exchanges.dhcp import read_messages
from analyzer.compliance.identity.endpoints import own_macs
from analyzer.compliance.identity.leases import named_leases
from analyzer.compliance.judge import require_programs, starts_of
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.rows.result import RowResult
from analyzer.compliance.verdict.decision import VERDICTS
from analyzer.flows.table import DIRECTION_BASES
from analyzer.host_evidence.attribution import PROGRAM_COLUMNS, HostFindings, attribute
from analyzer.host_evidence.hosts import Network
from analyzer.host_evidence.lease_names import Lease
from analyzer.host_evidence.listeners import Holder, ListenerCheck
from analyzer.host_evidence.model import HostEvidence
from analyzer.messages import FlowColumn, Message, Value, message
from analyzer.messages.grouping import MessageColumn
from analyzer.protocols.dhcp import NO_ADDRESS
from analyzer.values import Basis, EvidenceWord, Verdict

WITH_PORTS = (net.TCP, net.UDP)
RUNNING_WITHIN = 10_000_000_000
"""A datagram flow whose first packet is captured so soon after the capture began may have run before it: datagrams do
not show where they begin."""


@dataclass(frozen=True)
class ProgramVerdicts:
    """What the evidence of hosts shows of a judged flow table.

    ``judgement``: with the verdicts of flows whose row requires its programs. ``columns``: PROGRAM_COLUMNS, a text for
    each flow. ``contradicted``: (flows,). ``found.citations`` has the numbers of flows in the flow table.
    """

    judgement: Judgement
    columns: Mapping[str, Words]
    contradicted: Truths
    found: HostFindings
    evidence: HostEvidence


def judge_programs(judgement: Judgement, evidence: HostEvidence, clocks: Mapping[str, int]) -> ProgramVerdicts:
    """Compare the evidence of hosts with the judged flows. ``clocks``: nanoseconds that a host's clock is ahead of the
    capture's, by the host's name."""
    chosen = np.flatnonzero(np.isin(judgement.table.proto, WITH_PORTS))
    found = attribute(
        flow_table_of(judgement, chosen),
        evidence,
        judgement.site,
        judgement.rules,
        overrides=clocks,
        captures={capture.sha256 for capture in judgement.evidence.captures},
        network=network_of(judgement),
    )
    found.citations["flow"] = chosen[found.citations["flow"].to_numpy(dtype=np.int64)]
    columns = {}
    for name in PROGRAM_COLUMNS:
        column = texts_of([""], np.zeros(len(judgement.table), dtype=np.int64))
        column[chosen] = found.flows[name].to_numpy(dtype=object)
        columns[name] = column
    contradicted = np.asarray(columns["program_evidence"] == EvidenceWord.CONTRADICTED.value, dtype=bool)
    return ProgramVerdicts(require_programs(judgement, contradicted), columns, contradicted, found, evidence)


def network_of(judgement: Judgement) -> Network:
    """The names that DHCP clients gave with the addresses that they received, and the MACs of machines that had
    an address alone."""
    named = named_leases(read_messages(judgement.table))
    claims = dict.fromkeys(judgement.endpoints.leases.claims())
    held = Counter(address for address, _ in claims)
    leases = tuple(Lease(*one) for one in dict.fromkeys((*named, *(("", *claim) for claim in claims))))
    shown = judgement.host_facts.mac_by_address.items()
    return Network(leases, {address: mac for address, mac in shown if address != NO_ADDRESS and held[address] <= 1})


def flow_table_of(judgement: Judgement, chosen: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> pd.DataFrame:
    """The chosen flows as ``attribute`` takes them. A MAC is an end's own; that of a router before it is left out."""
    table, hosts = judgement.table, judgement.hosts
    addresses = [address for address, _ in hosts.names]
    rules = np.where(judgement.matched.covering >= 0, judgement.verdicts.rule, -1)
    later = table.first_ns - starts_of(judgement.evidence) > RUNNING_WITHIN
    begun = (table.direction_basis == DIRECTION_BASES.index(Basis.SYN)) | ((table.proto == net.UDP) & later)
    orig_mac, resp_mac = (own_macs(side, judgement.endpoints.host_macs) for side in (table.orig, table.resp))
    data = {
        "proto": texts_of([net.protocol_name(number) for number in range(256)], table.proto[chosen]),
        "orig_h": texts_of(addresses, hosts.orig[chosen]),
        "orig_p": table.orig_p[chosen],
        "resp_h": texts_of(addresses, hosts.resp[chosen]),
        "resp_p": table.resp_p[chosen],
        "ts": table.first_ns[chosen],
        "end": table.last_ns[chosen],
        "begun": begun[chosen],
        "rule": texts_of(["", *(rule.id for rule in judgement.rules.rules)], rules[chosen] + 1),
        "orig_mac": np.array([net.mac_text(mac) for mac in orig_mac[chosen].tolist()], dtype=object),
        "resp_mac": np.array([net.mac_text(mac) for mac in resp_mac[chosen].tolist()], dtype=object),
    }
    return pd.DataFrame(data)


def program_messages(programs: ProgramVerdicts) -> Iterator[MessageColumn]:
    """What contradicts the programs of a row: evidence of the flow's hosts."""
    values = {name: FlowColumn(name) for name in ("program", "executable", "program_source")}
    unexpected = programs.judgement.verdicts.verdict == VERDICTS.index(Verdict.UNEXPECTED)
    for code, flows in (
        ("reason-executable", programs.contradicted & unexpected),
        ("program-contradicted", programs.contradicted & ~unexpected),
    ):
        yield MessageColumn(code, np.asarray(flows, dtype=bool), values)


def listener_rows(programs: ProgramVerdicts) -> Iterator[RowResult]:
    """The checks of listening ports as lines of the table of rows."""
    rules = {rule.id: rule for rule in programs.judgement.rules.rules}
    for check in programs.found.listeners:
        yield RowResult(
            rules[check.rules[0]],
            check.item,
            check.machine or check.host,
            check.status,
            (listener_message(check),),
            check=check.kind,
        )


def listener_message(check: ListenerCheck) -> Message:
    """What a check of a listening port found."""
    return message(
        "listener-check",
        kind=check.kind,
        state=check.state,
        proved=int(check.word is EvidenceWord.CONFIRMED),
        service=f"{check.proto}/{check.port}",
        host=check.machine or check.host,
        wanted=tuple(check.expected),
        owners=tuple(map(holder_message, owners_of(check.owners))),
    )


def owners_of(owners: Sequence[Holder]) -> Sequence[Holder]:
    """Holders with different programs; the first record of each."""
    distinct: dict[tuple[str, str, int], Holder] = {}
    for holder in owners:
        distinct.setdefault((holder.program, holder.path, holder.pid), holder)
    return list(distinct.values())


def holder_message(holder: Holder) -> Message:
    values: dict[str, Value] = {
        "program": holder.path or holder.program,
        "pid": holder.pid,
        "source": holder.source,
        "record": holder.record,
    }
    if holder.process is None:
        return message("listener-holder", **values)
    values |= {"process_source": holder.process.source, "process_record": holder.process.record}
    return message("listener-holder-by-process", **values)
