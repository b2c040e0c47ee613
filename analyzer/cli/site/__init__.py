"""``dpm-analyzer site``: the commands for the site profile."""

import click

from analyzer.cli.lazy import LazyCommands

COMMANDS = {
    "check": "analyzer.cli.site.check",
    "infer": "analyzer.cli.site.infer",
}
"""Every command of the group and the module whose ``command`` it is."""


@click.group("site", commands=LazyCommands(COMMANDS))
def command() -> None:
    """Commands for the site profile."""
