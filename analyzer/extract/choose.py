"""Which flows of a report are asked for, and what the first packet of each says of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.errors import AnalyzerError
from analyzer.report import Report
from analyzer.report.findings import KEY
from analyzer.text import clip
from analyzer.values import Status, Verdict

MOST_NAMED = 10
LONGEST_COMMENT = 4000
TOLD = ("flow", "verdict", "reason", "rule", "citation", "detail")


@dataclass(frozen=True)
class Choice:
    """What is asked for, together: flows and findings by their identifiers, verdicts by their words."""

    flows: Sequence[str] = ()
    findings: Sequence[str] = ()
    verdicts: Sequence[str] = ()


def choose(report: Report, choice: Choice) -> NDArray[np.bool_]:
    """Which lines of the report's flow table are asked for: (flows,).

    Raises:
        AnalyzerError: something that is asked for is not in the report, or has no flow; what there is, is said.
    """
    chosen = np.zeros(len(report.flows), dtype=np.bool_)
    for part in (*of_flows(report, choice.flows), *of_findings(report, choice.findings)):
        chosen |= part
    for verdict in choice.verdicts:
        chosen |= of_verdict(report, verdict)
    return chosen


def of_flows(report: Report, flows: Sequence[str]) -> Iterator[NDArray[np.bool_]]:
    known = set(report.flows["flow"]) if flows else set()
    if unknown := [flow for flow in flows if flow not in known]:
        raise AnalyzerError(f"no flow {unknown[0]!r} in this report; flows.csv lists them in its first column")
    if flows:
        yield report.flows["flow"].isin(list(flows)).to_numpy()


def of_findings(report: Report, findings: Sequence[str]) -> Iterator[NDArray[np.bool_]]:
    for finding in findings:
        lines = report.findings[report.findings["finding"] == finding]
        if lines.empty:
            raise AnalyzerError(f"no finding {finding!r} in this report; {those_that_are(report)}")
        if lines["verdict"].iloc[0] == Status.MISSING:
            raise AnalyzerError(
                f"finding {finding} is a row that had to be seen and was not: no packet is behind it; "
                f"{those_that_are(report)}"
            )
        yield np.logical_and.reduce([(report.flows[name] == lines[name].iloc[0]).to_numpy() for name in KEY])


def those_that_are(report: Report) -> str:
    """The findings that have packets, as far as a line reaches."""
    names = report.findings.loc[report.findings["verdict"] != Status.MISSING, "finding"].tolist()
    if not names:
        return "it has none that has packets"
    more = f" and {len(names) - MOST_NAMED} more, which findings.csv lists" if len(names) > MOST_NAMED else ""
    return f"those with packets: {', '.join(names[:MOST_NAMED])}{more}"


def of_verdict(report: Report, verdict: str) -> NDArray[np.bool_]:
    counts = Counter(report.flows["verdict"].tolist())
    if verdict not in set(Verdict):
        raise AnalyzerError(f"{verdict!r} is no verdict of a flow; choose from {', '.join(Verdict)}")
    if not counts[verdict]:
        there = ", ".join(f"{counts[word]} {word}" for word in Verdict if counts[word])
        raise AnalyzerError(f"no flow of this report is {verdict}; it has: {there or 'no flow at all'}")
    return (report.flows["verdict"] == verdict).to_numpy()


def comments(report: Report, chosen: NDArray[np.bool_]) -> dict[int, str]:
    """Line of the flow table -> why its packets are there: verdict, sentence, row, page, flow and finding."""
    flows = report.flows[chosen]
    names = dict(zip(keys(report.findings), report.findings["finding"], strict=True))
    found = [names.get(key, "") for key in keys(flows)]
    lines = zip(np.flatnonzero(chosen).tolist(), records(flows[list(TOLD)]), found, strict=True)
    return {line: clip(comment(flow, finding), LONGEST_COMMENT) for line, flow, finding in lines}


def comment(flow: dict[str, Any], finding: str) -> str:
    """``unexpected (direction): why. Judged by boot-agent: the guide, page, item. Flow f01, finding n02.``"""
    reason = f" ({flow['reason']})" if flow["reason"] else ""
    row = f"Judged by {flow['rule']}: {flow['citation']}." if flow["rule"] else ""
    name = f"Flow {flow['flow']}{f', finding {finding}' if finding else ''}."
    return " ".join(filter(None, (f"{flow['verdict']}{reason}: {flow['detail']}", row, name)))


def keys(frame: pd.DataFrame) -> Iterable[tuple[str, ...]]:
    """What the lines of a finding have in common, of each line."""
    return zip(*(frame[name].tolist() for name in KEY), strict=True)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in line.items()} for line in frame.to_dict("records")]
