"""The whole document for programs; ``render`` and ``explain`` read it again."""

from analyzer.report import Report, to_json


def files(report: Report) -> dict[str, bytes]:
    """``report.json``, UTF-8."""
    return {"report.json": to_json(report).encode()}
