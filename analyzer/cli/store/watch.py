"""``dpm-analyzer store watch``: add the files of a running ring buffer to a store as they complete."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.cli import completion, options
from analyzer.cli.program import importing
from analyzer.cli.store.add import folder
from analyzer.flows.options import ReadOptions
from analyzer.operating_system import interruptions
from analyzer.progress import progress

if TYPE_CHECKING:
    from analyzer.store.taking import Taken, Watcher

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds_of(_ctx: click.Context, _param: click.Parameter, value: str) -> float:
    """``90s``, ``10m``, ``1h`` or ``1d`` in seconds; 0 for nothing."""
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)([smhd])", value)
    if value and not found:
        raise click.BadParameter("write it as 90s, 10m, 1h or 1d")
    return float(found[1]) * UNITS[found[2]] if found else 0.0


@dataclass(frozen=True)
class WatchOptions:
    """The options of the command, by their names."""

    folder: str
    captures: str
    site_name: str
    vantage: str
    interval: float
    still: float
    report_every: float
    site: str | None
    packs: tuple[str, ...]
    out: str
    no_dissect: bool
    once: bool
    reading: ReadOptions
    quiet: bool
    verbose: bool


@click.command("watch")
@folder
@click.argument("captures", metavar="FOLDER", shell_complete=completion.folders)
@click.option(
    "--site-name", default="site", show_default=True, metavar="NAME", help="The site that the captures belong to."
)
@click.option("--vantage", default="", metavar="NAME", help="The place where they are captured.")
@click.option(
    "--interval", default="5s", show_default=True, callback=seconds_of, metavar="TIME", help="Look at FOLDER so often."
)
@click.option(
    "--still",
    default="10m",
    show_default=True,
    callback=seconds_of,
    metavar="TIME",
    help="Take a file that did not change for so long, even if it is the last one or ends within a frame.",
)
@click.option(
    "--report-every",
    default="",
    callback=seconds_of,
    metavar="TIME",
    help="Write the report of the site so often (1h), if captures were added.",
)
@options.site
@options.packs
@click.option(
    "--out",
    default="dpm-analyzer-report",
    show_default=True,
    metavar="DIR",
    shell_complete=completion.folders,
    help="The report folder of --report-every; it is written over.",
)
@options.no_dissect
@click.option("--once", is_flag=True, help="Take what is complete now, after two looks, and end.")
@options.reading
@options.quiet
@options.verbose
@options.as_object(WatchOptions)
def command(asked: WatchOptions) -> None:
    """Add the captures of a folder to a store as another program completes them, as dumpcap -b does.

    It runs until Ctrl-C, which leaves a valid store. After a new start, files that the store has are not read again.

    Exit codes: 0 it was ended, 2 the store or FOLDER cannot be used.
    """
    from analyzer.errors import StoreError
    from analyzer.units import plural

    added = 0
    if not Path(asked.captures).is_dir():
        raise StoreError(f"{asked.captures}: there is no such folder")
    with suppress(KeyboardInterrupt), named_files():
        with importing():
            from analyzer.site import load_site
        if asked.site is not None:
            load_site(Path(asked.site))
        watcher, reports, passes = watcher_of(asked), DueReports(asked), 0
        while True:
            with progress(dict, quiet=asked.quiet, verbose=asked.verbose) as update:
                taken = watcher.take(update)
            added += taken.added.new
            print_taken(taken, quiet=asked.quiet)
            reports.write_if_due(new=bool(taken.added.new))
            passes += 1
            if asked.once and passes == 2:
                break
            interruptions.sleep(asked.interval)
    if not asked.quiet:
        click.echo(f"ended; {plural(added, 'capture')} added")


@contextmanager
def named_files() -> Iterator[None]:
    """Within it, a file that the system refuses is a StoreError. Standard output has no name: what all commands share
    reports it."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            raise
        from analyzer.errors import StoreError
        from analyzer.store.taking import problem_of

        raise StoreError(problem_of(error)) from error


def watcher_of(asked: WatchOptions) -> "Watcher":
    """The watcher that the options ask for."""
    from analyzer.store.adding import Place
    from analyzer.store.taking import Watcher
    from analyzer.store.watching import FolderWatch

    place = Place(asked.site_name, asked.vantage)
    place.check()
    watch = FolderWatch(Path(asked.captures), asked.still, time.monotonic)
    return Watcher(Path(asked.folder), watch, place, asked.reading)


SENTENCES = {
    "empty": "is empty; waiting",
    "half": "ends within a frame; waiting",
    "as it is": "ends within a frame and does not change; taken as it is",
    "vanished": "was overwritten or removed before it was taken",
    "grown": "grew after it was taken: the store has its first part, the rest is not taken",
    "refused": "was not added",
}


def print_taken(taken: "Taken", *, quiet: bool) -> None:
    """What was added, on standard output; what has to be named, on standard error."""
    from analyzer.text import visible

    for event in taken.events:
        more = f": {event.problem}" if event.problem else ""
        click.echo(visible(f"{event.path.name}: {SENTENCES[event.kind]}{more}"), err=True)
    if not quiet:
        for path in taken.files:
            click.echo(visible(f"{path.name}: in the store"))


class DueReports:
    """Writes the report of the site when it is due."""

    def __init__(self, asked: WatchOptions) -> None:
        self.asked = asked
        self.last: float | None = None
        self.new = False

    def write_if_due(self, *, new: bool) -> None:
        """Write it if captures were added since the last one, and that is long enough ago. An error is named; the next
        one is tried when it is due again."""
        from analyzer.cli.program import print_lines
        from analyzer.errors import AnalyzerError

        self.new = self.new or new
        every = self.asked.report_every
        if not every or not self.new or (self.last is not None and time.monotonic() - self.last < every):
            return
        self.last, self.new = time.monotonic(), False
        try:
            write_report(self.asked)
        except AnalyzerError as error:
            self.new = True
            print_lines(error.lines)
            return
        if not self.asked.quiet:
            print_lines([f"report: {Path(self.asked.out) / 'report.html'}"], err=False)


def write_report(asked: WatchOptions) -> None:
    """Judge the site and write its report folder over the last one."""
    from analyzer.api.store import judge_and_keep, selection_of
    from analyzer.compliance.budget import Budget
    from analyzer.judging_terms import terms_of
    from analyzer.output import inputs_below, write
    from analyzer.pipeline import quiet
    from analyzer.render import everything
    from analyzer.site import load_site

    out = Path(asked.out)
    site = load_site(Path(asked.site)) if asked.site is not None else None
    terms = terms_of(asked.packs, site, (), None if asked.no_dissect else Budget(), (), ())
    judged = judge_and_keep(
        Path(asked.folder), selection_of(asked.site_name, "", ""), terms, asked.reading.max_flows, quiet
    )
    given = [*asked.packs, *([asked.site] if asked.site else []), *(one.at for one in judged.captures)]
    inputs = [*map(Path, given), *inputs_below([asked.folder], out)]
    write(out, everything(judged.inquiry.report, None, "pieces"), inputs)
