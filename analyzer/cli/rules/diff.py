"""``dpm-analyzer rules diff``: two tables compared."""

import sys

import click

DIFFERENT = 1
"""Exit code."""


@click.command("diff")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="Text for people, JSON for programs.",
)
def command(first: str, second: str, form: str) -> None:
    """Compare two tables: A and B are rule packs, or ids of shipped ones.

    A pack of kind overlay is compared together with the built-in table under it. Exit code 0: equal, 1: different.
    """
    from analyzer.rules import load_table
    from analyzer.rules.comparison import compare_tables
    from analyzer.rules.comparison_text import as_json, text

    comparison = compare_tables(load_table([first]), load_table([second]))
    click.echo(as_json(comparison) if form == "json" else text(comparison), nl=False)
    if not comparison.equal:
        sys.exit(DIFFERENT)
