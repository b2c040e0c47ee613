"""The whole document for programs; ``render`` and ``explain`` read it again."""

from analyzer.report import Report, json_pieces


def files(report: Report) -> dict[str, bytes]:
    """``report.json``, UTF-8."""
    return {"report.json": b"".join(json_pieces(report))}
