"""``dpm-analyzer rules show``: the table in use, or a draft."""

import click

from analyzer.cli import options
from analyzer.cli.program import print_lines


@click.command("show")
@options.packs
def command(packs: tuple[str, ...]) -> None:
    """Print the table in use, with its citations.

    A draft of 'rules import' is printed too: its rows with the place where each value was read, and its open questions.
    """
    from analyzer.guide.draft_lines import draft_lines
    from analyzer.render.command import rule_table
    from analyzer.rules import load_table
    from analyzer.rules.draft_lint import draft_at
    from analyzer.rules.files import find

    drafts = {path: draft for path in packs if (draft := draft_at(find(path)))}
    others = [path for path in packs if path not in drafts]
    parts = [draft_lines(draft) for draft in drafts.values()]
    if others or not drafts:
        parts.append(rule_table.lines(load_table(others)))
    for number, lines in enumerate(parts):
        print_lines([""] if number else [], err=False)
        print_lines(lines, err=False)
