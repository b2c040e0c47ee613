"""The whole document for programs; ``render`` and ``explain`` read it again."""

from collections.abc import Mapping

from analyzer.report import Report, json_pieces
from analyzer.report.coded import Codes


def files(report: Report, codes: Mapping[str, Codes] | None = None) -> dict[str, bytes]:
    """``report.json``, UTF-8. ``codes``: ``coded`` of each table, where somebody has it already."""
    return {"report.json": b"".join(json_pieces(report, codes))}
