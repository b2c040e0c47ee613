"""``dpm-analyzer rules``: the commands for the table of expected flows."""

import click

from analyzer.cli.lazy import LazyCommands

COMMANDS = {
    "check": "analyzer.cli.rules.check",
    "confirm": "analyzer.cli.rules.confirm",
    "diff": "analyzer.cli.rules.diff",
    "export": "analyzer.cli.rules.export",
    "import": "analyzer.cli.rules.import_guide",
    "show": "analyzer.cli.rules.show",
}
"""Every command of the group and the module whose ``command`` it is."""


@click.group("rules", commands=LazyCommands(COMMANDS))
def command() -> None:
    """Commands for the table of expected flows."""
