"""The commands that a reader of a report can copy, with the name of the report's folder."""

import re
from collections.abc import Iterator
from typing import Any

from analyzer.operating_system.command_lines import quoted
from analyzer.render.shared.escape import visible

FOLDER = "DIR"
"""Stands for the report folder where its name is not known."""
_ROW = re.compile(r"[a-z0-9-]{1,64}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9]{1,64}")


def next_commands(finding: dict[str, Any], folder: str) -> Iterator[str]:
    """Commands for a finding: explain its first flow, or its row; extract its packets.

    ``finding``: a line of the findings table; its texts come from the document, so only identifiers are used.
    """
    if command := explain_flow(finding["example_flow"], folder):
        yield command
        if _IDENTIFIER.fullmatch(finding["finding"]):
            yield f"dpm-analyzer extract {_where(folder)} --finding {finding['finding']} -o evidence.pcapng"
    elif command := explain_row(finding["rule"], folder):
        yield command


def explain_flow(flow: str, folder: str) -> str:
    """The command that explains a flow; empty for a text that is no identifier."""
    return f"dpm-analyzer explain {_where(folder)} {flow}" if _IDENTIFIER.fullmatch(flow) else ""


def explain_row(rule: str, folder: str) -> str:
    """The command that explains a row of the table; empty for a text that is no id."""
    return f"dpm-analyzer explain {_where(folder)} --row {rule}" if _ROW.fullmatch(rule) else ""


def _where(folder: str) -> str:
    name = f"./{folder}" if folder.startswith("-") else folder
    return quoted(visible(name), FOLDER) if folder else FOLDER
