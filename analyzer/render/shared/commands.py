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
    name = f"./{folder}" if folder.startswith("-") else folder
    where = quoted(visible(name), FOLDER) if folder else FOLDER
    if _IDENTIFIER.fullmatch(finding["example_flow"]):
        yield f"dpm-analyzer explain {where} {finding['example_flow']}"
        if _IDENTIFIER.fullmatch(finding["finding"]):
            yield f"dpm-analyzer extract {where} --finding {finding['finding']} -o evidence.pcapng"
    elif _ROW.fullmatch(finding["rule"]):
        yield f"dpm-analyzer explain {where} --row {finding['rule']}"
