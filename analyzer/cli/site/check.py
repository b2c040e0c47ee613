"""``dpm-analyzer site check``: find mistakes in a site profile."""

from pathlib import Path

import click

from analyzer.cli import completion, options
from analyzer.cli.program import print_lines


@click.command("check")
@click.argument("profile", metavar="FILE", shell_complete=completion.files)
@options.packs
def command(profile: str, packs: tuple[str, ...]) -> None:
    """Find mistakes in a site profile, also in the rows and items of the table that it names.

    Exit codes: 0 there is none; 2 the profile or a rule pack is wrong.
    """
    from analyzer.compliance.rows.expectations import find_requirements
    from analyzer.messages.english import sentence
    from analyzer.rules import load_table
    from analyzer.site import load_site
    from analyzer.units import plural

    site = load_site(Path(profile))
    find_requirements(site, (), load_table(packs))
    print_lines(map(sentence, site.warnings), err=False)
    click.echo(f"{plural(len(site.warnings), 'warning')}, no error", err=True)
