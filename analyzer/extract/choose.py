"""The chosen flows of a report, and the comment for the first packet of each."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.errors import AnalyzerError
from analyzer.report import Report
from analyzer.report.findings import KEY, is_contradicted
from analyzer.report.identifiers import find_identifier
from analyzer.text import clip
from analyzer.values import Reason, Status, Verdict

MOST_NAMED = 10
LONGEST_COMMENT = 4000
COMMENT_COLUMNS = ("flow", "verdict", "reason", "rule", "citation", "detail")


@dataclass(frozen=True)
class Choice:
    """What to extract: flows and findings by their identifiers, and all flows of a verdict. They are combined."""

    flows: Sequence[str] = ()
    findings: Sequence[str] = ()
    verdicts: Sequence[str] = ()


def choose(report: Report, choice: Choice) -> NDArray[np.bool_]:
    """The lines of the report's flow table that are chosen, as booleans of shape (flows,).

    Raises:
        AnalyzerError: something that is chosen is not in the report, or has no flow; the sentence lists what exists.
    """
    chosen = np.zeros(len(report.flows), dtype=np.bool_)
    for part in (*match_flows(report, choice.flows), *match_findings(report, choice.findings)):
        chosen |= part
    for verdict in choice.verdicts:
        chosen |= match_verdict(report, verdict)
    return chosen


def match_flows(report: Report, flows: Sequence[str]) -> Iterator[NDArray[np.bool_]]:
    if flows:
        names = [find_identifier(report, flow, "flow").name for flow in flows]
        yield report.flows["flow"].isin(names).to_numpy()


def match_findings(report: Report, findings: Sequence[str]) -> Iterator[NDArray[np.bool_]]:
    for text in findings:
        if report.findings.empty:
            raise AnalyzerError(f"no finding {text!r} in this report; {list_findings(report)}")
        try:
            finding = find_identifier(report, text, "finding").name
        except AnalyzerError as error:
            raise AnalyzerError(f"{error}; {list_findings(report)}") from None
        lines = report.findings[report.findings["finding"] == finding]
        if lines["verdict"].iloc[0] == Status.MISSING:
            raise AnalyzerError(f"finding {finding} is a missing row and has no packets; {list_findings(report)}")
        if lines["reason"].iloc[0] == Reason.EXECUTABLE:
            names, of_kind = KEY[2:], is_contradicted(report.flows)
        else:
            names, of_kind = KEY, np.ones(len(report.flows), dtype=np.bool_)
        yield np.logical_and.reduce(
            [of_kind, *((report.flows[name] == lines[name].iloc[0]).to_numpy() for name in names)]
        )


def list_findings(report: Report) -> str:
    """The findings with packets, as part of a sentence."""
    names = report.findings.loc[report.findings["verdict"] != Status.MISSING, "finding"].tolist()
    if not names:
        return "no finding of it has packets"
    more = f" and {len(names) - MOST_NAMED} more (see findings.csv)" if len(names) > MOST_NAMED else ""
    return f"those with packets: {', '.join(names[:MOST_NAMED])}{more}"


def match_verdict(report: Report, verdict: str) -> NDArray[np.bool_]:
    counts = Counter(report.flows["verdict"].tolist())
    if verdict not in set(Verdict):
        raise AnalyzerError(f"{verdict!r} is not a verdict; choose from {', '.join(Verdict)}")
    if not counts[verdict]:
        existing = ", ".join(f"{counts[word]} {word}" for word in Verdict if counts[word])
        raise AnalyzerError(f"no flow of this report is {verdict}; it has: {existing or 'no flows'}")
    return (report.flows["verdict"] == verdict).to_numpy()


def comments(report: Report, chosen: NDArray[np.bool_]) -> dict[int, str]:
    """The comment of each chosen flow, by its line of the flow table."""
    flows = report.flows[chosen]
    names = dict(zip(keys(report.findings), report.findings["finding"], strict=True))
    findings = [names.get(key, "") for key in keys(flows)]
    lines = zip(np.flatnonzero(chosen).tolist(), records(flows[list(COMMENT_COLUMNS)]), findings, strict=True)
    return {line: clip(comment(flow, finding), LONGEST_COMMENT) for line, flow, finding in lines}


def comment(flow: dict[str, Any], finding: str) -> str:
    """``unexpected (direction): why. Judged by boot-agent: the guide, page, item. Flow f01, finding n02.``"""
    reason = f" ({flow['reason']})" if flow["reason"] else ""
    row = f"Judged by {flow['rule']}: {flow['citation']}." if flow["rule"] else ""
    name = f"Flow {flow['flow']}{f', finding {finding}' if finding else ''}."
    return " ".join(filter(None, (f"{flow['verdict']}{reason}: {flow['detail']}", row, name)))


def keys(frame: pd.DataFrame) -> Iterable[tuple[str, ...]]:
    """For each line, the values that all flows of a finding share."""
    return zip(*(frame[name].tolist() for name in KEY), strict=True)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in line.items()} for line in frame.to_dict("records")]
