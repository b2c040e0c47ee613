"""``dpm-analyzer flows``: the flow table without verdicts, as CSV."""

import sys

import click

from analyzer.cli import options
from analyzer.cli.program import INCOMPLETE, importing, print_lines
from analyzer.flows.options import ReadOptions
from analyzer.progress import progress, sizes_of


@click.command("flows")
@options.captures
@options.reading
@options.strict
@options.quiet
@options.verbose
def command(captures: tuple[str, ...], *, reading: ReadOptions, strict: bool, quiet: bool, verbose: bool) -> None:
    """Print the flow table without verdicts, as CSV."""
    with importing():
        from analyzer import pipeline
        from analyzer.flows.evidence import warnings
        from analyzer.messages.english import sentence
        from analyzer.render.report import csv
        from analyzer.report.flows import plain_frames

    with progress(lambda: sizes_of(captures), quiet=quiet, verbose=verbose) as update:
        evidence = pipeline.flow_table(captures, options=reading, progress=update)
    print_lines(() if quiet else map(sentence, warnings(evidence)))
    for piece in csv.pieces(plain_frames(evidence)):
        click.echo(bytes(piece), nl=False)
    if strict and evidence.incomplete:
        sys.exit(INCOMPLETE)
