"""What all commands share when they run: errors as sentences, exit codes, imports that are not collected."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from analyzer.errors import AnalyzerError

INCOMPLETE = 3
"""The exit code with --strict where a capture is incomplete."""
INTERRUPTED = 130


class Program(click.Group):
    """The group of all commands: an error is a sentence on standard error, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AnalyzerError as error:
            print_lines(str(error).splitlines())
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("interrupted; nothing was written", err=True)
            ctx.exit(INTERRUPTED)


@contextmanager
def importing() -> Iterator[None]:
    """Imports inside it are never searched for garbage: what they load stays until the program ends."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def print_lines(lines: Iterable[str]) -> None:
    """Print lines on standard error; control characters in them become visible."""
    from analyzer.text import visible

    for line in lines:
        click.echo(visible(line), err=True)
