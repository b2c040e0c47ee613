"""The whole document for programs; ``render`` and ``explain`` read it again."""

from analyzer.render.shared.render_input import RenderInput
from analyzer.report import json_pieces


def files(given: RenderInput) -> dict[str, bytes]:
    """``report.json``, UTF-8."""
    return {"report.json": b"".join(json_pieces(given.report))}
