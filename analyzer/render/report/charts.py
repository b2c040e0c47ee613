"""The charts as files of the report folder."""

from analyzer.render.shared.render_input import RenderInput


def files(given: RenderInput) -> dict[str, bytes]:
    """``charts/NAME.svg`` and ``charts/NAME.png`` for every chart."""
    return given.drawings.files()
