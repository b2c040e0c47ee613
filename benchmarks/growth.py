"""How time and memory grow: with packets, with flows, and with how many flows are under way at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks.generate import generate
from benchmarks.measure import Run, measure
from benchmarks.peers import Say
from benchmarks.plan import Plan
from benchmarks.subjects import MOST_FLOWS, Capture, Subject, loop

Series = Literal["packets", "flows", "alive", "long"]
QUIET = 1_000_000
"""Packets up to which a capture is measured in every round, since a short run varies more; others thrice at most."""

LONG = 60.0
"""Seconds after which a step is not measured again."""


@dataclass(frozen=True)
class Sizes:
    """The steps of each series; ``long``: how many times the whole file's packets."""

    packets: tuple[int, ...] = (10_000, 100_000, 1_000_000, 10_000_000)
    flows: tuple[int, ...] = (100, 1000, 10_000, 100_000, 1_000_000, 10_000_000)
    alive: tuple[int, ...] = (1, 100, 10_000, 40_000)
    long: tuple[int, ...] = (1, 10)


def plans(plan: Plan, sizes: Sizes) -> Iterator[tuple[Series, Plan]]:
    """The captures of every series: ``plan`` is the one that all else is measured on."""
    fixed = min(1000, *sizes.packets)
    for packets in sizes.packets:
        yield "packets", replace(plan, packets=packets, flows=fixed, boots=0)
    for flows in sizes.flows:
        yield "flows", replace(plan, packets=flows, flows=flows, boots=0, sizes="small")
    for alive in sizes.alive:
        yield "alive", replace(plan, packets=plan.packets // 2, alive=alive)
    for times in sizes.long:
        yield "long", replace(plan, packets=plan.packets * times)


def growth(folder: Path, plan: Plan, sizes: Sizes, rounds: int, say: Say) -> dict[str, Any]:
    """Measure every step of every series on one core, each capture made for it and deleted after it."""
    warm, capture = folder / "warm.pcap", folder / "growth.pcap"
    generate(warm, replace(plan, packets=min(plan.packets, 100_000), flows=min(plan.flows, 2000), boots=0))
    steps = []
    try:
        for series, step in plans(plan, sizes):
            octets = generate(capture, step)
            command = loop("ours", warm, max(MOST_FLOWS, step.flows), capture)
            subject = Subject(series, "", "ours", command, Capture(capture, step.packets, octets), cores=1)
            runs = list(several(subject, folder, rounds if step.packets <= QUIET else min(rounds, 3)))
            say(f"{series}: {step.packets} packets, {step.flows} flows: {_last(runs)}")
            steps.append({"series": series, **vars(step), "octets": octets, "runs": runs})
    finally:
        warm.unlink(missing_ok=True)
        capture.unlink(missing_ok=True)
    return {"steps": steps}


def several(subject: Subject, folder: Path, most: int) -> Iterable[Run]:
    """Measurements: as many as asked, fewer where they take long, none after one that failed."""
    spent = 0.0
    for _ in range(most):
        run = measure(subject, folder)
        yield run
        spent += run["wall"]
        if "error" in run or spent > LONG:
            return


def _last(runs: list[Run]) -> str:
    run = runs[-1]
    return run.get("error") or f"{run['seconds']:.2f} s, {run['memory'] / 1e6:.0f} MB"
