"""``python -m benchmarks``: prepare the peers, make the capture, measure everything, write the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.compare import compare
from benchmarks.growth import Sizes, growth
from benchmarks.page import PAGE, write
from benchmarks.peers import prepare
from benchmarks.plan import Plan
from benchmarks.results import load, machine, save
from benchmarks.subjects import ROOT


@dataclass(frozen=True)
class Scale:
    """How much is measured: the capture, the rounds, the steps of growth."""

    plan: Plan
    rounds: int
    sizes: Sizes


SCALES = {
    "full": Scale(Plan(), 5, Sizes()),
    "quick": Scale(
        Plan(packets=200_000, flows=4000, alive=1000), 3,
        Sizes((10_000, 100_000, 1_000_000), (100, 10_000, 1_000_000), (1, 1000), (1, 10)),
    ),
    "tiny": Scale(
        Plan(packets=2000, flows=100, alive=20, boots=1), 1,
        Sizes((200, 2000), (100, 1000), (1, 10), (1, 2)),
    ),
}  # fmt: skip
"""``tiny`` only shows that everything runs. It does not measure the speed."""


@click.command()
@click.argument("what", type=click.Choice(["all", "compare", "growth", "page"]), default="all")
@click.option("--scale", type=click.Choice(list(SCALES)), default="full", show_default=True, help="How much.")
@click.option("--quick", is_flag=True, help="--scale quick, written to the folder of --work and not to the documents.")
@click.option("--packets", type=click.IntRange(1000), help="Packets of the capture, instead of the scale's.")
@click.option("--flows", type=click.IntRange(10), help="Flows of the capture, instead of the scale's.")
@click.option("--rounds", type=click.IntRange(1), help="How often everything is measured.")
@click.option("--work", type=click.Path(path_type=Path), default=Path(".bench"), show_default=True,
              help="Where peers and captures are put.")  # fmt: skip
@click.option("--docs", type=click.Path(path_type=Path), help="Where the page is written.  [default: docs]")
@click.option("--keep", is_flag=True, help="Keep the captures that were made.")
@click.option("--no-install", is_flag=True, help="Measure only the peers that are there.")
def main(  # noqa: PLR0913 - an argument for each option
    what: str, scale: str, *, quick: bool, packets: int | None, flows: int | None, rounds: int | None, work: Path,
    docs: Path | None, keep: bool, no_install: bool,
) -> None:  # fmt: skip
    """Measure the tool and its peers, and write docs/performance.md.

    WHAT: compare (the tool beside its peers), growth (over packets and flows), or both; page writes it again from what
    was measured before.
    """
    chosen = SCALES["quick" if quick else scale]
    plan = replace(chosen.plan, packets=packets or chosen.plan.packets, flows=flows or chosen.plan.flows)
    place = docs or (work / "docs" if quick else ROOT / "docs")
    kept = place / "performance.json"
    place.mkdir(parents=True, exist_ok=True)
    results = load(kept)
    with captures_folder(work.absolute(), keep=keep) as folder:
        if what in {"all", "compare"}:
            peers = prepare(work.absolute(), say, install=not no_install)
            measured = compare(folder, plan, rounds or chosen.rounds, peers, say)
            results |= {"machine": machine(), "versions": peers.versions, "compare": measured}
            save(kept, results)
        if what in {"all", "growth"}:
            results |= {
                "machine": machine(),
                "growth": growth(folder, plan, chosen.sizes, rounds or chosen.rounds, say),
            }
            save(kept, results)
    write(place, results, ROOT / "docs" / PAGE)
    say(f"written: {place / PAGE}")


@contextmanager
def captures_folder(work: Path, *, keep: bool) -> Iterator[Path]:
    """A folder for what is made, and gone afterwards unless it is kept."""
    work.mkdir(parents=True, exist_ok=True)
    if keep:
        (work / "captures").mkdir(exist_ok=True)
        yield work / "captures"
        return
    with TemporaryDirectory(prefix="captures-", dir=work) as folder:
        yield Path(folder)


def say(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
