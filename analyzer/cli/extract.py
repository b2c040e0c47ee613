"""``dpm-analyzer extract``: the packets of findings, flows or verdicts, as pcapng."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.cli import completion, options
from analyzer.cli.program import print_lines
from analyzer.progress import progress

if TYPE_CHECKING:
    from analyzer.extract import Extract


@dataclass(frozen=True)
class ExtractOptions:
    """The options of the command, by their names."""

    folder: str
    captures: tuple[str, ...]
    findings: tuple[str, ...]
    flows: tuple[str, ...]
    verdicts: tuple[str, ...]
    out: str
    force: bool


@click.command("extract")
@options.folder
@click.argument("captures", nargs=-1, metavar="[CAPTURE]...", shell_complete=completion.files, callback=options.expand)
@click.option("--finding", "findings", multiple=True, metavar="ID", help="A finding, by its id in findings.csv.")
@click.option("--flow", "flows", multiple=True, metavar="ID", help="A flow, by its id in flows.csv.")
@click.option(
    "--verdict",
    "verdicts",
    multiple=True,
    metavar="WORD",
    shell_complete=completion.verdicts,
    help="All flows with this verdict (unexpected).",
)
@click.option(
    "-o",
    "--output",
    "out",
    default="evidence.pcapng",
    show_default=True,
    metavar="FILE",
    shell_complete=completion.files,
    help="The capture to write, or - for standard output.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
@options.as_object(ExtractOptions)
def command(asked: ExtractOptions) -> None:
    """Write the packets of findings, flows or verdicts as pcapng.

    The first packet of each flow has a comment with the verdict and its reason.

    CAPTURE is a file that was analysed, or a folder that contains such files (by default the current folder). Captures
    are identified by their SHA-256 in the report; their names do not matter. --finding, --flow and --verdict can be
    combined, and each can be repeated.
    """
    from analyzer import pipeline
    from analyzer.extract import Choice
    from analyzer.output import prepare_file, write_file

    choice = Choice(asked.flows, asked.findings, asked.verdicts)
    if not (asked.flows or asked.findings or asked.verdicts):
        raise click.UsageError("Name what to extract: --finding ID, --flow ID or --verdict WORD.")
    if asked.out == "-" and sys.stdout.isatty():
        raise click.UsageError("A capture cannot be shown on a terminal: name a file with -o, or use a pipe.")
    if asked.out != "-":
        prepare_file(Path(asked.out), force=asked.force)

    def write(octets: Iterator[bytes], never: Sequence[Path]) -> None:
        if asked.out == "-":
            sys.stdout.buffer.writelines(octets)
        else:
            write_file(Path(asked.out), octets, never)

    with progress() as update:
        done = pipeline.extract(asked.folder, choice, asked.captures or ["."], write, progress=update)
    print_lines([summary(done, asked.out)])


def summary(done: "Extract", out: str) -> str:
    """What was extracted, in one line."""
    from analyzer.units import plural

    related = f" and {plural(done.related, 'related frame')}" if done.related else ""
    names = ", ".join(done.captures) if len(done.captures) <= 3 else f"{len(done.captures)} captures"
    return f"{plural(done.packets, 'packet')} of {plural(done.flows, 'flow')}{related}, from {names}: {out}"
