"""``dpm-analyzer diff``: the differences between two reports."""

import sys
from dataclasses import dataclass

import click

from analyzer.cli import completion, options

KINDS = ("findings", "flows", "rows", "boots", "hosts", "basis")


@dataclass(frozen=True)
class DiffOptions:
    """The options of the command, by their names."""

    a: str
    b: str
    name: str
    fail_on: frozenset[str]
    color: str
    quiet: bool


@click.command("diff")
@click.argument("a", metavar="A", shell_complete=completion.folders)
@click.argument("b", metavar="B", shell_complete=completion.folders)
@click.option(
    "--format",
    "name",
    type=click.Choice(["text", "md", "json"]),
    default="text",
    show_default=True,
    help="For a terminal, for a ticket, or for programs.",
)
@options.fail_on(
    KINDS,
    KINDS[:-1],
    "The kinds of differences that make the exit code 1: findings, flows (conversations that are not background), "
    "rows, boots, hosts, basis; or none.",
)
@options.color
@click.option("-q", "--quiet", is_flag=True, help="Print only errors. The exit code says whether they differ.")
@options.as_object(DiffOptions)
def command(asked: DiffOptions) -> None:
    """Show what is new, gone and changed from report A to report B.

    It compares findings, conversations, rows of the table, boots and hosts. A and B are folders that analyze wrote. A
    conversation is all flows of one service between two hosts: ephemeral ports, times, counts and octets are not
    compared. If the reports have different captures, profiles, rules or versions, these differences come first.

    Exit codes: 0 nothing differs; 1 something differs, of a kind in --fail-on; 2 wrong arguments, or no report there.
    """
    from analyzer import pipeline
    from analyzer.difference import difference
    from analyzer.render.difference import json, md, text
    from analyzer.render.shared import screen

    found = difference(pipeline.load(asked.a), pipeline.load(asked.b))
    folders = (asked.a, asked.b)
    if not asked.quiet and asked.name == "text":
        text.show(found, folders, screen.console(color=asked.color))
    elif not asked.quiet:
        click.echo((json if asked.name == "json" else md).text(found, folders), nl=False)
    sys.exit(1 if any(found.differs(kind) for kind in asked.fail_on) else 0)
