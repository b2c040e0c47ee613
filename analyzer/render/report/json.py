"""The whole document for programs; ``render`` and ``explain`` read it again."""

from analyzer.render.shared.pieces import Pieces
from analyzer.render.shared.render_input import RenderInput
from analyzer.report import json_pieces


def files(given: RenderInput) -> dict[str, Pieces]:
    """``report.json``, UTF-8."""
    return {"report.json": Pieces(lambda: json_pieces(given.report))}
