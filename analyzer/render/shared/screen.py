"""The console for all output on a terminal, and text for terminals that show only ASCII."""

import sys
from typing import Any, TextIO

from rich.console import Console

from analyzer.palette import Mark
from analyzer.text import clip, visible

_IN_ASCII = str.maketrans(
    {"\u2026": "...", "\u2013": "-", "\u2014": "-", "\u2192": "->", "\u2018": "'", "\u2019": "'", "\u201c": '"',
     "\u201d": '"', "\u00d7": "x", "\u00b7": "."}
)  # fmt: skip
"""Punctuation of our own texts -> what a terminal that shows only ASCII has for it."""


class Screen(Console):
    """A console that leaves the exit code to the program, where the reader of the output is gone: rich's own is 1."""

    def on_broken_pipe(self) -> None:
        """Raise the error that is being handled once more."""
        raise  # noqa: PLE0704 - rich calls this inside its handler of BrokenPipeError


def console(file: TextIO | None = None, width: int | None = None, color: str = "auto") -> Console:
    """A console on ``file`` (standard output) that does not interpret markup.

    ``color``: ``auto``: only on a terminal, unless NO_COLOR is set; ``always``; ``never``.
    """
    forced = {"always": {"force_terminal": True, "no_color": False, "color_system": "standard"}}
    forced["never"] = {"force_terminal": False, "color_system": None, "no_color": True}
    settings: dict[str, Any] = forced.get(color, {})
    if not (file or sys.stdout).isatty():
        settings["legacy_windows"] = False  # what goes to a file would lose a column on Windows
    return Screen(
        file=file, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False, force_jupyter=False,
        **settings,
    )  # fmt: skip


def symbol(look: Mark, out: Console) -> str:
    """A mark's symbol, or its letter."""
    return look.letter if out.options.ascii_only else look.symbol


def plain(text: str, out: Console) -> str:
    """A text; if the console shows only ASCII, with signs of ASCII for punctuation and escapes for other letters."""
    if not out.options.ascii_only:
        return text
    return text.translate(_IN_ASCII).encode("ascii", "backslashreplace").decode()


def fitted(text: str, length: int, out: Console) -> str:
    """A text that may come from outside, cut to a length of the console, as the console shows it."""
    if not out.options.ascii_only:
        return clip(text, length)
    shown = plain(visible(text), out)
    return shown if len(shown) <= length else f"{shown[: length - 3]}..."
