"""The flows of a report as conversations: two hosts and a service, without number, time and client port."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.columns import group_rows
from analyzer.difference.columns import frame
from analyzer.difference.conversation_keys import ConversationKeys
from analyzer.difference.host_identity import HostNames, mapped
from analyzer.report import Report
from analyzer.values import STOPPED, Reason, Status, Verdict, severity

ENDS = ["orig", "resp", "service"]
JUDGED = ["verdict", "reason", "rule"]
ROLES = ("orig_role", "resp_role")
FINDINGS = (Verdict.UNEXPECTED.value, Verdict.BLOCKED.value)
LATEST = "2262"
"""The first year that is not whole in 64 bits of nanoseconds."""
COPIED = ("item", "orig_role", "resp_role", "proto", "flow")


def judged(report: Report, keys: ConversationKeys) -> pd.DataFrame:
    """A line for all flows of a conversation that were judged alike, in the order of their first ones.

    Columns: ENDS, JUDGED, COPIED, NAMED; ``flows``, ``pkts``, ``bytes``: sums; ``first``, ``last``: when they began;
    ``why``: of the first; ``outcomes``: what became of them; ``stopped``: unexpected, and all of them were stopped.
    """
    flows = report.flows
    ends = {"orig": keys.orig, "resp": keys.resp, "service": keys.service}
    columns = ends | {name: flows[name].to_numpy(dtype=object) for name in JUDGED}
    first, kind = group_rows([pd.factorize(column)[0] for column in columns.values()])
    last = np.zeros(len(first), dtype=np.int64)
    last[kind] = np.arange(len(kind))
    data: dict[str, Any] = {name: column[first] for name, column in columns.items()}
    data |= {name: flows[name].to_numpy(dtype=object)[first] for name in COPIED}
    data |= {name: column[first] for name, column in keys.named.items()}
    data["flows"] = np.bincount(kind, minlength=len(first))
    data["pkts"] = sums(kind, len(first), flows["orig_pkts"] + flows["resp_pkts"])
    data["bytes"] = sums(kind, len(first), flows["orig_ip_bytes"] + flows["resp_ip_bytes"])
    data |= {"first": moments(flows["ts"].iloc[first]), "last": moments(flows["ts"].iloc[last])}
    stopped = np.bincount(kind, ~flows["outcome"].isin(STOPPED).to_numpy(), minlength=len(first)) == 0
    data["stopped"] = stopped & (data["verdict"] == Verdict.UNEXPECTED)
    data |= {"why": flows["detail"].to_numpy(dtype=object)[first], "outcomes": outcomes(flows["outcome"], kind)}
    return frame(data).iloc[np.argsort(first)].reset_index(drop=True)


def sums(kind: NDArray[np.int64], kinds: int, values: "pd.Series[Any]") -> NDArray[np.int64]:
    """The sum of each kind's values, exact."""
    total = np.zeros(kinds, dtype=np.int64)
    np.add.at(total, kind, values.to_numpy())
    return total


def outcomes(outcome: "pd.Series[Any]", kind: NDArray[np.int64]) -> NDArray[np.object_]:
    """The words for the outcomes of the flows of each kind, in alphabetical order."""
    codes, words = pd.factorize(outcome, sort=True)
    return joined(kind[(first := group_rows([kind, codes]).first)], np.asarray(words, dtype=object)[codes[first]], ", ")


def joined(kind: NDArray[np.int64], texts: NDArray[np.object_], between: str) -> NDArray[np.object_]:
    """The texts of each kind in one; ``kind``: in order and without a gap."""
    begins = np.flatnonzero(np.diff(kind, prepend=-1))
    result = texts[begins]
    many = np.flatnonzero(np.diff(begins, append=len(kind)) > 1)
    ends = np.append(begins, len(kind))
    for place in many.tolist():
        result[place] = between.join(texts[begins[place] : ends[place + 1]].tolist())
    return result


def conversations(lines: pd.DataFrame) -> pd.DataFrame:
    """A line a conversation, of lines that ``judged`` made: ``verdict``, ``reason`` and ``rule`` are the most serious,
    ``judged`` has all that there are, the most serious first."""
    codes, words = pd.factorize(lines["verdict"])
    serious = np.array([severity(word) for word in words.tolist()])[codes]
    texts = [pd.factorize(lines[name], sort=True)[0] for name in JUDGED[1:]]
    conversation = group_rows([pd.factorize(lines[name])[0] for name in ENDS]).codes
    order = np.lexsort((texts[1], texts[0], serious, conversation))
    ordered, kind = lines.iloc[order].reset_index(drop=True), conversation[order]
    lead = np.flatnonzero(np.diff(kind, prepend=-1))
    result = ordered.iloc[lead].reset_index(drop=True)
    for name in ("flows", "pkts", "bytes"):
        result[name] = sums(kind, len(lead), ordered[name])
    times = ordered[["first", "last"]].groupby(kind)
    result["first"], result["last"] = times["first"].min(), times["last"].max()
    return result.assign(judged=pd.Series(joined(kind, judgements(ordered), "; "), dtype=object))


def judgements(lines: pd.DataFrame) -> NDArray[np.object_]:
    """``unexpected: role (shutdown)``: what each line was judged, and by which row."""
    first, kind = group_rows([pd.factorize(lines[name])[0] for name in JUDGED])
    judged_by = lines[JUDGED].iloc[first].itertuples(index=False)
    texts = [judgement(str(verdict), str(reason), str(rule)) for verdict, reason, rule in judged_by]
    return np.array(texts, dtype=object)[kind]


def judgement(verdict: str, reason: str, rule: str) -> str:
    return verdict + (f": {reason}" if reason else "") + (f" ({rule})" if rule else "")


def findings(lines: pd.DataFrame, report: Report, conversation: ConversationKeys, names: HostNames) -> pd.DataFrame:
    """The lines of ``judged`` that are findings, flows with contradicted programs, and the missing rows, each with the
    document's name for it: ``finding``."""
    keys = [*ENDS, *JUDGED]
    known = report.findings[["finding", "example_flow", *JUDGED]]
    place = pd.Index(report.flows["flow"], dtype=object).get_indexer(pd.Index(known["example_flow"], dtype=object))
    known, place = known[place >= 0], place[place >= 0]
    ends = {"orig": conversation.orig[place], "resp": conversation.resp[place], "service": conversation.service[place]}
    named = frame({name: known[name].to_numpy(dtype=object) for name in ("finding", *JUDGED)} | ends)
    named = named.drop_duplicates(keys)
    found = lines[lines["verdict"].isin(FINDINGS)].merge(named, how="left", on=keys)
    others = [contradicted(report, conversation), missing(report, names)]
    return pd.concat([found.fillna({"finding": ""}), *others], ignore_index=True)


def contradicted(report: Report, conversation: ConversationKeys) -> pd.DataFrame:
    """The findings about programs of flows that keep a verdict of their own, which are in no line of ``judged``."""
    place = pd.Index(report.flows["flow"], dtype=object).get_indexer(
        pd.Index(report.findings["example_flow"], dtype=object)
    )
    own = report.flows["reason"].to_numpy(dtype=object)[place] == Reason.EXECUTABLE.value
    kept = (report.findings["reason"] == Reason.EXECUTABLE.value).to_numpy() & (place >= 0) & ~own
    rows, place = report.findings[kept], place[kept]
    ends = {"orig": conversation.orig[place], "resp": conversation.resp[place], "service": conversation.service[place]}
    ends |= {name: column[place] for name, column in conversation.named.items()}
    times = {"first": moments(rows["first_seen"]), "last": moments(rows["last_seen"])}
    same: pd.DataFrame = rows[[*JUDGED, "item", *ROLES, "proto", "flows", "pkts", "bytes", "why", "finding"]]
    return same.assign(**ends, **times, flow=rows["example_flow"], outcomes=rows["outcome"], stopped=False)


def missing(report: Report, names: HostNames) -> pd.DataFrame:
    """The findings without a flow; the machine is on the side that the row gives it."""
    rows = report.findings[report.findings["verdict"] == Status.MISSING]
    machines = {name: mapped(rows[f"{name}_h"], names.machine) for name in ("orig", "resp")}
    named = {f"{name}_name": rows[f"{name}_h"] for name in machines} | dict.fromkeys(("orig_h", "resp_h"), "")
    times = {"first": moments(rows["first_seen"]), "last": moments(rows["last_seen"])}
    same = rows[
        ["service", *JUDGED, "item", "orig_role", "resp_role", "proto", "flows", "pkts", "bytes", "why", "finding"]
    ]
    made: pd.DataFrame = same.assign(**machines, **named, **times, flow="", outcomes="", stopped=False)
    return made.astype(dict.fromkeys((*machines, *named), object))


def moments(texts: "pd.Series[Any] | NDArray[np.object_]") -> pd.DatetimeIndex:
    """Times of the document; none where there is none, or where it is beyond what 64 bits of nanoseconds hold."""
    given = pd.Series(texts, dtype=object).where(lambda text: text < LATEST, "")
    return pd.DatetimeIndex(pd.to_datetime(given.to_numpy(), utc=True, format="ISO8601", errors="coerce")).as_unit("ns")
