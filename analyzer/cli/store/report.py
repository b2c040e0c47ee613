"""``dpm-analyzer store report``: judge a site of a store and write the report folder."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.cli import options
from analyzer.cli.analyze import FINDINGS, exit_code, print_result
from analyzer.cli.program import INCOMPLETE, importing
from analyzer.cli.store.add import folder
from analyzer.compliance.budget import Budget
from analyzer.flows.options import ReadOptions
from analyzer.progress import progress

if TYPE_CHECKING:
    from analyzer.report import Report


@dataclass(frozen=True)
class ReportOptions:
    """The options of the command, by their names."""

    folder: str
    site_name: str
    since: str
    until: str
    site: str | None
    server: str
    timezone: str
    packs: tuple[str, ...]
    hosts: tuple[str, ...]
    host_clocks: tuple[str, ...]
    out: str
    expect: tuple[str, ...]
    no_dissect: bool
    dissect_frames: int
    dissect_seconds: float
    fail_on: frozenset[str]
    max_flows: int
    strict: bool
    force: bool
    json_lines: bool
    color: str
    quiet: bool
    verbose: bool

    @property
    def page(self) -> str:
        """The page of the report, as the user named the folder."""
        return str(Path(self.out) / "report.html")


@click.command("report")
@folder
@click.option("--site-name", default="", metavar="NAME", help="The site; it may be left out if there is only one.")
@click.option("--since", default="", metavar="TIME", help="Only captures with a frame at or after this day or time.")
@click.option("--until", default="", metavar="TIME", help="Only captures with a frame before this day or time.")
@options.site
@options.server
@options.timezone
@options.packs
@options.hosts
@options.host_clocks
@options.judging
@options.fail_on(
    FINDINGS, FINDINGS, "The kinds of findings that make the exit code 1, or none; stalled: a boot did not finish."
)
@click.option(
    "--max-flows",
    type=click.IntRange(1),
    default=ReadOptions.max_flows,
    show_default=True,
    metavar="N",
    help="Keep at most N flows; frames of further flows are set aside.",
)
@options.strict
@click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
@click.option("--json-lines", is_flag=True, help="Print the summary and each finding as a line of JSON.")
@options.color
@options.quiet
@options.verbose
@options.as_object(ReportOptions)
def command(asked: ReportOptions) -> None:
    """Judge the captures of a site as analyze does, and write the report folder.

    The report is that of analyze with the same captures and options. Times are in UTC, unless they have an offset.

    Exit codes: as those of analyze.
    """
    if asked.quiet and (asked.verbose or asked.json_lines):
        raise click.UsageError("--quiet excludes --verbose and --json-lines.")
    report = judge_and_write(asked)
    print_result(report, asked)
    if asked.strict and report.meta.incomplete:
        sys.exit(INCOMPLETE)
    sys.exit(exit_code(report, asked.fail_on))


def judge_and_write(asked: ReportOptions) -> "Report":
    """Judge the site and write the report folder."""
    from analyzer.output import inputs_below, prepare, write

    out, root = Path(asked.out), Path(asked.folder)
    prepare(out, force=asked.force)
    with progress(dict, quiet=asked.quiet, verbose=asked.verbose) as update:
        with importing():
            from analyzer.api.store import judge_and_keep, selection_of
            from analyzer.judging_terms import terms_of
            from analyzer.render import everything
            from analyzer.site import load_site

        site = load_site(Path(asked.site)) if asked.site is not None else None
        budget = None if asked.no_dissect else Budget(asked.dissect_frames, asked.dissect_seconds)
        terms = terms_of(
            asked.packs, site, asked.expect, budget, asked.hosts, asked.host_clocks, asked.server, asked.timezone
        )
        selection = selection_of(asked.site_name, asked.since, asked.until)
        judged = judge_and_keep(root, selection, terms, asked.max_flows, update)
        update("writing the report", 0)
        given = [*asked.packs, *([asked.site] if asked.site else []), *(one.at for one in judged.captures)]
        inputs = [*map(Path, given), *inputs_below([*asked.hosts, root], out)]
        report = judged.inquiry.report
        write(out, everything(report, None, "pieces"), inputs)
    return report
