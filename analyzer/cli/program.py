"""What all commands share when they run: errors as sentences, exit codes, imports that are not collected."""

import gc
import os
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

import click

from analyzer.cli.short_memory import is_short, sentence
from analyzer.errors import AnalyzerError
from analyzer.operating_system.interruptions import ENDING
from analyzer.operating_system.output_streams import reader_is_gone, same_octets_everywhere, take_all_or_fail

INCOMPLETE = 3
"""The exit code with --strict where a capture is incomplete."""
NOT_JUDGED = 4
INTERNAL_ERROR = 70
"""The exit code of a fault of this program: never 1, which says that there are findings."""
INTERRUPTED = 130
BROKEN_PIPE = 141
"""The exit code where the reader of standard output was gone before it had all, as of a program that SIGPIPE ends."""
TRACEBACK = "DPM_ANALYZER_TRACEBACK"
"""A variable of the environment: 1 shows the traceback of an internal error."""


class Terminated(KeyboardInterrupt):
    """A signal that asks the program to end: what was started is ended first, and nothing half written stays."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Program(click.Group):
    """The group of all commands: an error is a sentence on standard error, never a traceback."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command of the arguments that are given. On Windows, click would expand patterns and variables in all
        of them; here only captures are (options.captures)."""
        take_all_or_fail()
        same_octets_everywhere()
        try:
            return super().main(*args, **{"windows_expand_args": False, **extra})
        except OSError as error:  # what completes words in a shell prints here, before any command runs
            try:
                leave_output(error, click.Context(self))
            except click.exceptions.Exit as end:
                sys.exit(end.exit_code)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The same; --help and --version print here, before any command runs."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except OSError as error:
            leave_output(error, click.Context(self))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with ending_by_signals():
                result = super().invoke(ctx)
                sys.stdout.flush()  # at the end of the program, a failure of this would not be reported
                return result
        except click.ClickException as error:
            raise with_visible_message(error) from error.__cause__
        except (click.exceptions.Exit, click.Abort):
            raise
        except AnalyzerError as error:
            print_lines(error.lines)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt as stop:
            signalled = isinstance(stop, Terminated)
            click.echo(f"{'ended by a signal' if signalled else 'interrupted'}; nothing was written", err=True)
            ctx.exit(128 + stop.number if isinstance(stop, Terminated) else INTERRUPTED)
        except Exception as error:
            end_badly(error, ctx)


def with_visible_message(error: click.ClickException) -> click.ClickException:
    """An error about arguments. It quotes them, and they may be names of files that strangers chose."""
    from analyzer.text import visible

    error.message = visible(error.message)  # type: ignore[misc]  # no other place has the text before it is shown
    return error


@contextmanager
def ending_by_signals() -> Iterator[None]:
    """Within it the signals that end a program raise Terminated, so that everything is cleared up."""

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        raise Terminated(number)

    numbers = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    changed = []
    for number in numbers:
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup, for one, has SIGHUP ignored
            with suppress(ValueError):  # not the main thread
                signal.signal(number, end)
                changed.append(number)
    try:
        yield
    finally:
        for number in changed:
            signal.signal(number, signal.SIG_DFL)


def end_badly(error: Exception, ctx: click.Context) -> NoReturn:
    """End where the system has no memory, where standard output cannot be written, or by a fault of this program."""
    if is_short(error):
        print_lines([sentence(ctx.invoked_subcommand)])
        ctx.exit(INTERNAL_ERROR)
    if isinstance(error, OSError):
        leave_output(error, ctx)
    print_lines(internal_error(error))
    ctx.exit(INTERNAL_ERROR)


def leave_output(error: OSError, ctx: click.Context) -> NoReturn:
    """End where standard output cannot be written; anything else is an internal error."""
    # What is buffered would fail again when the interpreter ends.
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if reader_is_gone(error):
        ctx.exit(BROKEN_PIPE)
    if error.filename is None:
        print_lines([f"standard output could not be written: {error.strerror}"])
        ctx.exit(2)
    print_lines(internal_error(error))
    ctx.exit(INTERNAL_ERROR)


def internal_error(error: Exception) -> list[str]:
    """The message that a user gets for a fault of this program."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "analyzer" in frame.filename]
    place = f" in {frames[-1].name}(), line {frames[-1].lineno}" if frames else ""
    lines = [f"internal error: {type(error).__name__}{place}. This is a fault of the program, not of your captures."]
    if os.environ.get(TRACEBACK) == "1":
        return lines + "".join(traceback.format_exception(error)).splitlines()
    return [*lines, f"Please report it with the command that you used; {TRACEBACK}=1 shows more."]


_SELDOM = (20_000, 20, 20)
"""Python's own thresholds are (700, 10, 10)."""


@contextmanager
def importing() -> Iterator[None]:
    """Imports inside it are never searched for garbage: what they load stays until the program ends. Afterwards,
    garbage is searched for seldom: little of it refers to itself."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*_SELDOM)
        gc.enable()


def print_lines(lines: Iterable[str], *, err: bool = True) -> None:
    """Print lines, on standard error by default; control characters in them become visible."""
    from analyzer.text import visible

    for line in lines:
        click.echo(visible(line), err=err)
