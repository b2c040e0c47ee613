"""``dpm-analyzer rules check``: find mistakes in rule packs."""

import sys

import click

from analyzer.cli import completion
from analyzer.cli.program import print_lines


@click.command("check")
@click.argument("files", nargs=-1, metavar="[FILE]...", shell_complete=completion.files)
def command(files: tuple[str, ...]) -> None:
    """Find mistakes in rule packs; without a FILE, in the built-in ones."""
    from analyzer.rules import check
    from analyzer.units import plural

    issues = check(files)
    print_lines(map(str, issues), err=False)
    if any(issue.severity == "error" for issue in issues):
        sys.exit(2)
    click.echo(f"{plural(len(issues), 'warning')}, no error", err=True)
