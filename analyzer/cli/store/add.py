"""``dpm-analyzer store add``: add captures to a store."""

from contextlib import nullcontext
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
    workers: int
    worker_memory: int | None
    cluster: str
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
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    metavar="N",
    help="Read so many vantages at the same time, each in a process of its own.",
)
@click.option(
    "--worker-memory",
    type=click.IntRange(min=512),
    default=None,
    metavar="MB",
    help="The most memory of each process of --workers; a vantage that needs more is read by this process.  [default: "
    "no limit]",
)
@click.option(
    "--cluster",
    default="",
    metavar="ADDRESS",
    help="Read the vantages on a cluster of Dask, such as tcp://scheduler:8786 (extra fleet).",
)
@options.reading
@options.quiet
@options.verbose
@options.as_object(AddOptions)
def command(asked: AddOptions) -> None:
    """Add captures to a store; only those that it does not have are read.

    STORE is a folder, which is made if it does not exist. CAPTURE is a file or a folder (searched for captures).
    """
    if asked.cluster and asked.workers > 1:
        raise click.UsageError("--cluster excludes --workers.")
    if asked.worker_memory and asked.workers == 1:
        raise click.UsageError("--worker-memory needs --workers.")
    with progress(lambda: sizes_of(asked.captures), quiet=asked.quiet, verbose=asked.verbose) as update:
        with importing():
            from analyzer.store.adding import Place, add
            from analyzer.store.cluster import connected
            from analyzer.store.engine import local_pool

        place = Place(asked.site_name, asked.vantage)
        with connected(asked.cluster) if asked.cluster else nullcontext() as cluster:
            engine = cluster or local_pool(asked.workers, asked.worker_memory)
            added = add(Path(asked.folder), asked.captures, place, asked.reading, update, engine=engine)
    if not asked.quiet:
        print_added(added, engine.problem if engine else "", asked.cluster)


def print_added(added: "Added", problem: str, cluster: str) -> None:
    """What was added, on standard output; what needs attention, on standard error. ``problem``: of the workers."""
    from analyzer.text import visible
    from analyzer.units import plural

    known = f"; the store had {added.known} already" if added.known else ""
    click.echo(f"{plural(added.new, 'capture')} added{known}")
    if added.again:
        click.echo(
            f"{plural(added.again, 'earlier capture')} had to be read again: a capture was added that is older, or "
            "another version made the store",
            err=True,
        )
    if added.without_workers:
        place = f"the cluster {visible(cluster[:200])}" if cluster else "the worker processes"
        why = f"{place} could not be used to the end: {problem}" if problem else f"{place} gave no result for this part"
        click.echo(
            f"{plural(added.without_workers, 'vantage')} read by this process alone: {why}; nothing is missing",
            err=True,
        )
    if added.left_out:
        click.echo(f"{plural(added.left_out, 'file')} could not be read; the report names them", err=True)
