"""``dpm-analyzer rules export``: rows of the table as filters and firewall rules."""

from pathlib import Path

import click

from analyzer.cli import completion, options
from analyzer.cli.program import print_lines

TARGET_NAMES = ("bpf", "wireshark", "nftables", "windows-firewall")


@click.command("export")
@click.option(
    "--site",
    "profile",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The site profile: its addresses take the place of the roles.",
)
@click.option("--to", "target", type=click.Choice(TARGET_NAMES), required=True, help="What the rows are written for.")
@click.option(
    "--row",
    "rows",
    multiple=True,
    metavar="ID",
    shell_complete=completion.rules,
    help="A row of the table. Can be repeated. Without it: all rows.",
)
@options.packs
@click.option("--joined", is_flag=True, help="One expression for all rows, without comments (bpf, wireshark).")
def command(profile: Path, target: str, rows: tuple[str, ...], packs: tuple[str, ...], *, joined: bool) -> None:
    """Write rows of the table as packet filters or firewall rules for a site.

    What the target cannot express is a comment above each row, and is listed on standard error.
    """
    from analyzer.messages.english import sentence
    from analyzer.rule_filters.export import export
    from analyzer.rules import load_table
    from analyzer.site import load_site

    site = load_site(profile)
    made = export(load_table(packs), site, target, rows, join=joined)
    click.echo(made.text, nl=False)
    print_lines((*map(sentence, site.warnings), *made.sentences()))
