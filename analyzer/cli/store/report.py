"""``dpm-analyzer store report``: judge a site of a store and write the report folder."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.cli import options
from analyzer.cli.analyze import FINDINGS, exit_code, print_result
from analyzer.cli.program import INCOMPLETE, NOT_JUDGED, importing
from analyzer.cli.store.add import folder
from analyzer.compliance.budget import Budget
from analyzer.progress import progress
from analyzer.values import BootStatus

if TYPE_CHECKING:
    from analyzer.render.overview.facts import Overview
    from analyzer.report import Report

ONE_SITE = ("site_name", "since", "until", "server", "hosts", "host_clocks", "json_lines")
"""Options that are about one site."""
WHY = dict.fromkeys(("since", "until"), ": what is new is found by comparing reports of all captures of a site")


@dataclass(frozen=True)
class ReportOptions:
    """The options of the command, by their names."""

    folder: str
    all_sites: bool
    site_name: str
    since: str
    until: str
    profiles: tuple[str, ...]
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
@click.option("--all", "all_sites", is_flag=True, help="Judge every site, and write an overview of all of them.")
@click.option("--since", default="", metavar="TIME", help="Only captures with a frame at or after this day or time.")
@click.option("--until", default="", metavar="TIME", help="Only captures with a frame before this day or time.")
@options.profiles
@options.server
@options.timezone
@options.packs
@options.hosts
@options.host_clocks
@options.judging
@options.fail_on(
    FINDINGS, FINDINGS, "The kinds of findings that make the exit code 1, or none; stalled: a boot did not finish."
)
@options.max_flows
@options.strict
@options.write_over
@options.json_lines
@options.color
@options.quiet
@options.verbose
@options.as_object(ReportOptions)
def command(asked: ReportOptions) -> None:
    """Judge the captures of a site as analyze does, and write the report folder.

    The report is that of analyze with the same captures and options. Times are in UTC, unless they have an offset.

    With --all, DIR has the page overview.html with its tables as CSV, and the report of each site in sites/NAME.

    Exit codes: as those of analyze. With --all: 1 findings at any site, 3 a site could not be judged because of an
    error, 4 a site is NOT JUDGED.
    """
    if asked.quiet and (asked.verbose or asked.json_lines):
        raise click.UsageError("--quiet excludes --verbose and --json-lines.")
    if asked.all_sites:
        for name in ONE_SITE:
            if getattr(asked, name):
                option = {"hosts": "host", "host_clocks": "host-clock"}.get(name, name.replace("_", "-"))
                raise click.UsageError(f"--{option} is for one site; it cannot be used with --all{WHY.get(name, '')}.")
        sys.exit(judge_all(asked))
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
            from analyzer.api.store import chosen_site, judge_and_keep, selection_of
            from analyzer.judging_terms import terms_of
            from analyzer.render import everything
            from analyzer.site import load_site
            from analyzer.store.profiles import profile_of

        selection = selection_of(asked.site_name, asked.since, asked.until)
        profiles = [load_site(Path(path)) for path in asked.profiles]
        site = profile_of(chosen_site(root, selection), profiles)
        budget = None if asked.no_dissect else Budget(asked.dissect_frames, asked.dissect_seconds)
        terms = terms_of(
            asked.packs, site, asked.expect, budget, asked.hosts, asked.host_clocks, asked.server, asked.timezone
        )
        judged = judge_and_keep(root, selection, terms, asked.max_flows, update)
        update("writing the report", 0)
        given = [*asked.packs, *asked.profiles, *(one.at for one in judged.captures)]
        inputs = [*map(Path, given), *inputs_below([*asked.hosts, root], out)]
        report = judged.inquiry.report
        write(out, everything(report, None, "pieces"), inputs)
    return report


def judge_all(asked: ReportOptions) -> int:
    """Judge every site, write the overview and print what it says; the exit code."""
    from analyzer.output import inputs_below, prepare

    out, root = Path(asked.out), Path(asked.folder)
    prepare(out, force=asked.force)
    with progress(dict, quiet=asked.quiet, verbose=asked.verbose) as update:
        with importing():
            from analyzer.api.all_sites import AllSites, report_all
            from analyzer.judging_terms import terms_of
            from analyzer.site import load_site

        profiles = [load_site(Path(path)) for path in asked.profiles]
        budget = None if asked.no_dissect else Budget(asked.dissect_frames, asked.dissect_seconds)
        terms = terms_of(asked.packs, None, asked.expect, budget, (), (), "", asked.timezone)
        inputs = [*map(Path, (*asked.packs, *asked.profiles)), *inputs_below([root], out)]
        overview = report_all(AllSites(root, profiles, terms, asked.max_flows, update), out, inputs)
    if not asked.quiet:
        print_overview(overview, out)
    return exit_code_of_all(overview, asked.fail_on, strict=asked.strict)


def print_overview(overview: "Overview", out: Path) -> None:
    """What the overview says, on standard output; what needs attention, on standard error."""
    from analyzer.text import visible
    from analyzer.units import plural

    answers = ", ".join(f"{count} {word}" for word, count in overview.answers.items() if count)
    click.echo(f"{plural(len(overview.sites), 'site')}: {answers}")
    click.echo(f"{plural(len(overview.new), 'new finding')} since the last report of each site")
    click.echo(f"Overview: {visible(str(out / 'overview.html'))}")
    for site in overview.sites:
        if site.problem:
            click.echo(visible(f"{site.name}: not judged: {site.problem}"), err=True)
    if overview.without_profile:
        click.echo(f"{plural(len(overview.without_profile), 'site')} judged without a profile", err=True)


def exit_code_of_all(overview: "Overview", fail_on: frozenset[str], *, strict: bool) -> int:
    """As the exit code of a single report, of the most serious site. Sites without a report count as incomplete."""
    sites = overview.sites
    if strict and any(site.incomplete for site in sites):
        return INCOMPLETE
    if any(site.kinds & fail_on for site in sites) or (
        BootStatus.STALLED in fail_on and any(site.stalled for site in sites)
    ):
        return 1
    if any(site.problem for site in sites):
        return INCOMPLETE
    return NOT_JUDGED if any(site.not_judged for site in sites) else 0
