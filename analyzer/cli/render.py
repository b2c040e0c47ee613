"""``dpm-analyzer render``: the files of a report, made again from its document."""

from pathlib import Path

import click

from analyzer.cli import options
from analyzer.cli.program import print_lines
from analyzer.render.formats import FORMATS


@click.command("render")
@options.folder
@click.option(
    "--format",
    "name",
    type=click.Choice([each.name for each in FORMATS]),
    default="html",
    show_default=True,
    help="; ".join(f"{each.name}: {each.summary}" for each in FORMATS) + ".",
)
def command(folder: str, name: str) -> None:
    """Make the files of one format again from the saved document, without the captures."""
    from analyzer import pipeline
    from analyzer.output import write
    from analyzer.render import files_of

    print_lines(map(str, write(Path(folder), files_of(name, pipeline.load(folder)).items())), err=False)
