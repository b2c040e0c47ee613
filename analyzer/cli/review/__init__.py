"""``dpm-analyzer review``: the commands for the review workbook."""

import click

from analyzer.cli.lazy import LazyCommands

COMMANDS = {
    "apply": "analyzer.cli.review.apply",
}
"""Every command of the group and the module whose ``command`` it is."""


@click.group("review", commands=LazyCommands(COMMANDS))
def command() -> None:
    """Commands for the review workbook (render --format xlsx)."""
