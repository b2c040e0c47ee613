"""``dpm-analyzer store``: the commands for many captures, of which each is read once."""

import click

from analyzer.cli.lazy import LazyCommands

COMMANDS = {
    "add": "analyzer.cli.store.add",
    "ask": "analyzer.cli.store.ask",
    "report": "analyzer.cli.store.report",
    "watch": "analyzer.cli.store.watch",
}
"""Every command of the group and the module whose ``command`` it is."""


@click.group("store", commands=LazyCommands(COMMANDS))
def command() -> None:
    """Commands for many captures, of which each is read once."""
