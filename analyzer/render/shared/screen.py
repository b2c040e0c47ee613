"""The console for all output on a terminal, and text for terminals that show only ASCII."""

from typing import Any, TextIO

from rich.console import Console

from analyzer.palette import Mark


def console(file: TextIO | None = None, width: int | None = None, color: str = "auto") -> Console:
    """A console on ``file`` (standard output) that does not interpret markup.

    ``color``: ``auto``: only on a terminal, unless NO_COLOR is set; ``always``; ``never``.
    """
    forced = {"always": {"force_terminal": True, "no_color": False, "color_system": "standard"}}
    forced["never"] = {"force_terminal": False, "color_system": None, "no_color": True}
    settings: dict[str, Any] = forced.get(color, {})
    return Console(
        file=file, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False, force_jupyter=False,
        **settings,
    )  # fmt: skip


def symbol(look: Mark, out: Console) -> str:
    """A mark's symbol, or its letter."""
    return look.letter if out.options.ascii_only else look.symbol


def plain(text: str, out: Console) -> str:
    """A text, with escapes if the console shows only ASCII."""
    return text.encode("ascii", "backslashreplace").decode() if out.options.ascii_only else text
