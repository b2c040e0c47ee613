"""The review workbook: the report as sheets, with open columns for the decisions of a reviewer.

Every text is written as text: nothing in it becomes a formula or a link. The same document gives the same octets.
"""

from importlib.util import find_spec

from analyzer.errors import OutputError
from analyzer.render.shared.render_input import RenderInput


def files(given: RenderInput) -> dict[str, bytes]:
    """``report.xlsx``.

    Raises:
        OutputError: XlsxWriter is not installed.
    """
    if find_spec("xlsxwriter") is None:
        raise OutputError("The review workbook needs the package XlsxWriter: install dpm-analyzer[workbook]")
    from analyzer.render.report.xlsx.workbook import octets  # noqa: PLC0415 - belongs to the extra

    return {"report.xlsx": octets(given.report)}
