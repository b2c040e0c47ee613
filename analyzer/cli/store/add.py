"""``dpm-analyzer store add``: add captures to a store."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.cli import completion, options
from analyzer.cli.program import importing
from analyzer.flows.options import ReadOptions
from analyzer.progress import progress, sizes_of

if TYPE_CHECKING:
    from analyzer.store.adding import Added

folder = click.argument("folder", metavar="STORE", shell_complete=completion.folders)


@dataclass(frozen=True)
class AddOptions:
    """The options of the command, by their names."""

    folder: str
    captures: tuple[str, ...]
    site_name: str
    vantage: str
    reading: ReadOptions
    quiet: bool
    verbose: bool


@click.command("add")
@folder
@options.captures
@click.option(
    "--site-name", default="site", show_default=True, metavar="NAME", help="The site that the captures belong to."
)
@click.option(
    "--vantage",
    default="",
    metavar="NAME",
    help="The place where they were captured: captures of other names never continue them.",
)
@options.reading
@options.quiet
@options.verbose
@options.as_object(AddOptions)
def command(asked: AddOptions) -> None:
    """Add captures to a store; only those that it does not have are read.

    STORE is a folder, which is made if it does not exist. CAPTURE is a file or a folder (searched for captures).
    """
    with progress(lambda: sizes_of(asked.captures), quiet=asked.quiet, verbose=asked.verbose) as update:
        with importing():
            from analyzer.store.adding import Place, add

        added = add(Path(asked.folder), asked.captures, Place(asked.site_name, asked.vantage), asked.reading, update)
    if not asked.quiet:
        print_added(added)


def print_added(added: "Added") -> None:
    """What was added, on standard output; what needs attention, on standard error."""
    from analyzer.units import plural

    known = f"; the store had {added.known} already" if added.known else ""
    click.echo(f"{plural(added.new, 'capture')} added{known}")
    if added.again:
        click.echo(
            f"{plural(added.again, 'earlier capture')} had to be read again: a capture was added that is older, or "
            "another version made the store",
            err=True,
        )
    if added.left_out:
        click.echo(f"{plural(added.left_out, 'file')} could not be read; the report names them", err=True)
