"""``dpm-analyzer analyze``: judge captures and write the report folder."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from analyzer.cli import options
from analyzer.cli.program import INCOMPLETE, NOT_JUDGED, importing, print_lines
from analyzer.compliance.budget import Budget
from analyzer.flows.options import ReadOptions
from analyzer.progress import progress, sizes_of
from analyzer.values import BootStatus

if TYPE_CHECKING:
    from analyzer.report import Report

FINDINGS = ("unexpected", "blocked", "missing", "stalled")
"""Kinds for --fail-on: verdicts of findings, the row status missing, and the boot status stalled."""


@dataclass(frozen=True)
class AnalyzeOptions:
    """The options of the command, by their names."""

    captures: tuple[str, ...]
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
    reading: ReadOptions
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


@click.command("analyze")
@options.captures
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
@options.reading
@options.strict
@options.write_over
@options.json_lines
@options.color
@options.quiet
@options.verbose
@options.as_object(AnalyzeOptions)
def command(asked: AnalyzeOptions) -> None:
    """Judge captures and write the report folder.

    CAPTURE is a file, a folder (searched for captures), or - for standard input. Several captures are judged together.

    Exit codes: 0 nothing was found, 1 findings of the kinds of --fail-on, 2 wrong options, profile or pack, 3 a capture
    could not be read, 4 nothing or too little could be judged (NOT JUDGED).
    """
    if asked.quiet and (asked.verbose or asked.json_lines):
        raise click.UsageError("--quiet excludes --verbose and --json-lines.")
    report = judge_and_write(asked)
    print_result(report, asked)
    if asked.strict and report.meta.incomplete:
        sys.exit(INCOMPLETE)
    sys.exit(exit_code(report, asked.fail_on))


def exit_code(report: "Report", fail_on: frozenset[str]) -> int:
    """1: findings of these kinds; 4: nothing, or too little, could be judged, whatever else was found; else 0."""
    found = set(report.findings["verdict"])
    if any(boot.unfinished for boot in report.meta.boots):
        found.add(BootStatus.STALLED)
    if found & fail_on:
        return 1
    return NOT_JUDGED if report.meta.not_judged else 0


def judge_and_write(asked: AnalyzeOptions) -> "Report":
    """Judge the captures and write the report folder; a copy of this process draws the charts if that is faster."""
    with importing():
        from analyzer.output import prepare, write
        from analyzer.render.shared.chart_process import Painter

    prepare(Path(asked.out), force=asked.force)
    with (
        Painter() as painter,
        progress(lambda: sizes_of(asked.captures), quiet=asked.quiet, verbose=asked.verbose) as update,
    ):
        with importing():
            from analyzer import pipeline

        report = pipeline.analyze(
            asked.captures,
            site=asked.site,
            rules=asked.packs,
            expect=asked.expect,
            dissect=not asked.no_dissect,
            budget=Budget(asked.dissect_frames, asked.dissect_seconds),
            hosts=asked.hosts,
            host_clocks=asked.host_clocks,
            server=asked.server,
            timezone=asked.timezone,
            options=asked.reading,
            progress=update,
        )
        update("writing the report", 0)
        drawings = painter.begin(report)
        # Imported while the copy draws.
        from analyzer.render import everything

        write(Path(asked.out), everything(report, drawings, "pieces"), inputs_of(asked))
    if not asked.quiet:
        print_lines(options.font_warning(drawings.missing, asked.out))
    return report


def inputs_of(asked: AnalyzeOptions) -> list[Path]:
    """The files that were read, none of which may be replaced by a file of the report."""
    from analyzer.capture.sources.find import find_captures
    from analyzer.output import inputs_below

    captures = [Path(item.path) for item in find_captures(list(asked.captures)) if item.path != "-"]
    given = [*asked.packs, *([asked.site] if asked.site else [])]
    return [*captures, *map(Path, given), *inputs_below(asked.hosts, Path(asked.out))]


class ResultOptions(Protocol):
    """The options that say how a result is printed."""

    @property
    def page(self) -> str: ...
    @property
    def json_lines(self) -> bool: ...
    @property
    def color(self) -> str: ...
    @property
    def quiet(self) -> bool: ...
    @property
    def verbose(self) -> bool: ...


def print_result(report: "Report", asked: ResultOptions) -> None:
    """The summary on standard output, as the options ask for it."""
    from analyzer.render.command import json_lines, terminal

    if asked.verbose:
        click.echo(terminal.counts(report), err=True)
    if asked.json_lines:
        click.echo(json_lines.text(report, asked.page), nl=False)
    elif not asked.quiet:
        terminal.show(report, asked.page, terminal.console(color=asked.color))
