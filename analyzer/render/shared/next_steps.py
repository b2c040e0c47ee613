"""What to do next where no finding says it: a boot that stalled, and rows that the captures do not show."""

from collections.abc import Iterator
from typing import Any

from analyzer.messages import Message, message
from analyzer.render.shared.commands import explain_flow, explain_row
from analyzer.report import Report
from analyzer.values import Answer, BootStatus, Status, Verdict

_SHOWN = (Status.SATISFIED, Status.BLOCKED, Status.MISSING)
_QUIET = (Verdict.BACKGROUND, Verdict.OUT_OF_SCOPE)


def rows_without(report: Report, status: Status) -> list[str]:
    """The rows of the table that have this status for a machine, and for none a status that the captures show."""
    rows = report.rows[report.rows["rule"] != ""]
    shown = set(rows["rule"][rows["status"].isin(_SHOWN)])
    return [rule for rule in dict.fromkeys(rows["rule"][rows["status"] == status].tolist()) if rule not in shown]


def unseen_rows(report: Report) -> Iterator[Message]:
    """What to do about rows that could not be observed, and about those that were not captured."""
    hidden = rows_without(report, Status.NOT_OBSERVABLE)
    attested = rows_without(report, Status.ATTESTED)
    absent = [rule for rule in rows_without(report, Status.NOT_EXERCISED) if rule not in {*hidden, *attested}]
    if hidden:
        yield message("next-not-observable", rows=len(hidden))
    if absent:
        yield message("next-not-captured")


def boot_flow(report: Report, row: dict[str, Any]) -> str:
    """The last flow of a boot's client that was judged, by its identifier; empty for none."""
    flows = report.flows
    own = flows["orig_mac"] == row["client_mac"]
    if row["client_ip"]:
        own |= flows["orig_h"] == row["client_ip"]
    own &= ~flows["verdict"].isin(_QUIET) & (flows["ts"] >= row["started"])
    if row["ended"]:
        own &= flows["ts"] <= row["ended"]
    names = flows["flow"][own]
    return str(names.iloc[-1]) if len(names) else ""


def last_command(report: Report, folder: str) -> str:
    """The next command of a report without findings; empty if there is none."""
    stalled = report.boots[report.boots["status"] == BootStatus.STALLED]
    for row in stalled.to_dict("records"):
        if command := explain_flow(boot_flow(report, {str(name): value for name, value in row.items()}), folder):
            return command
    if len(stalled):
        return ""
    if report.meta.answer == Answer.NOT_JUDGED:
        return "dpm-analyzer site infer CAPTURE... --server ADDRESS > site.yaml" if len(report.flows) else ""
    for status in (Status.NOT_OBSERVABLE, Status.NOT_EXERCISED):
        for rule in rows_without(report, status):
            if command := explain_row(rule, folder):
                return command
    return ""
