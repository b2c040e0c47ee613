"""``dpm-analyzer rules show``: the table in use."""

import click

from analyzer.cli import options


@click.command("show")
@options.packs
def command(packs: tuple[str, ...]) -> None:
    """Print the table in use, with its citations."""
    from analyzer.render.command import rule_table
    from analyzer.rules import load_table

    click.echo(rule_table.text(load_table(packs)), nl=False)
