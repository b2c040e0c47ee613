"""Which captures were taken at one place, in which order they are read, and which of them at once."""

import re
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from analyzer.capture.sources.find import Found
from analyzer.flows.assembler import Assembler

Told = TypeVar("Told")

JITTER = 1_000_000_000
"""The most that two files of one rotated capture may overlap, in nanoseconds."""
LOOK_AGAIN = 0.01
"""Seconds until it is asked again how far a file is."""


@dataclass(eq=False)
class Vantage:
    """A place where captures were taken: one assembler, and the files that followed one another there.

    ``number``: 1 and up, in the order that they were begun. ``first``, ``last``: the times of its first capture's first
    frame and of its last frame, as far as they were read.
    """

    number: int
    assembler: Assembler
    series: str
    first: int = -1
    last: int = -1

    def goes_on(self, first: int, *, same_series: bool) -> bool:
        """Whether a file that begins at ``first`` may follow. The files of one rotated capture may overlap a little,
        since several interfaces are not quite in order; a second capture of the same moment overlaps by far more.
        What holds a single instant is followed in that instant by its own series alone: any other capture of it was
        taken elsewhere."""
        overlap = self.last - first
        if self.last < 0 or overlap < 0:
            return True
        if not same_series or overlap > JITTER:
            return overlap == 0 and self.first < self.last
        return overlap * 10 <= self.last - self.first

    def is_past(self, first: int, *, same_series: bool) -> bool:
        """Whether a file that begins at ``first`` can no longer follow, whatever is still to be read of this place."""
        return self.last - first > (JITTER if same_series else 0)


@dataclass
class Work(Generic[Told]):
    """What there is to do: ``found`` are captures with the times that they begin at, in their order.

    ``begin``: makes the assembler of another place. ``take``: reads a capture, by its number, at a place, while there
    may be so many flows; it moves the place's times on as it goes. ``stop``: has those that are being read end soon.
    """

    found: list[tuple[int, Found]]
    max_flows: int
    begin: Callable[[], Assembler]
    take: Callable[[int, Found, Vantage, int], Told]
    stop: Callable[[], None] = lambda: None


def in_order(work: Work[Told]) -> tuple[list[Vantage], list[Told]]:
    """Every capture, one after the other: the places, and what was told of each capture."""
    vantages: list[Vantage] = []
    told: list[Told] = []
    for number, (first, item) in enumerate(work.found):
        vantage = place(vantages, item, first, work.begin)
        elsewhere = sum(other.assembler.flows for other in vantages if other is not vantage)
        told.append(work.take(number, item, vantage, work.max_flows - elsewhere))
    return vantages, told


def at_once(work: Work[Told], most: int) -> tuple[list[Vantage], list[Told]]:
    """As in_order() has it, up to ``most`` captures at the same time where they were taken at several places.

    A file waits until it is certain where it belongs: those before it are read, or so far that it cannot follow. Each
    place may keep all flows meanwhile: the caller sees whether they are too many together.
    """
    vantages: list[Vantage] = []
    tasks: list[Future[Told]] = []
    running: dict[Future[Told], Vantage] = {}
    with ThreadPoolExecutor(most) as pool:
        try:
            for number, (first, item) in enumerate(work.found):
                while running and (len(running) == most or not settled(list(running.values()), item, first)):
                    for task in wait(running, LOOK_AGAIN, FIRST_COMPLETED).done:
                        del running[task]
                if any(task.done() and task.exception() for task in tasks):
                    break
                vantage = place(vantages, item, first, work.begin)
                task = pool.submit(work.take, number, item, vantage, work.max_flows)
                running[task] = vantage
                tasks.append(task)
            return vantages, [task.result() for task in tasks]
        except BaseException:
            work.stop()
            raise


def settled(running: list[Vantage], item: Found, first: int) -> bool:
    """Whether a file follows at none of these places, however much of them is still to be read."""
    same = series(item.path)
    return all(vantage.is_past(first, same_series=vantage.series == same) for vantage in running)


def place(vantages: list[Vantage], item: Found, first: int, begin: Callable[[], Assembler]) -> Vantage:
    """The vantage that a file goes on with: one whose files all end before it begins; otherwise a new one."""
    same = series(item.path)
    fitting = [
        vantage for vantage in vantages if not item.once and vantage.goes_on(first, same_series=vantage.series == same)
    ]
    if not fitting:
        vantages.append(Vantage(len(vantages) + 1, begin(), same))
        return vantages[-1]
    return max(fitting, key=lambda vantage: (vantage.series == same, vantage.last))


def series(path: str) -> str:
    """What the files of a rotated capture have in common: folder and name without its digits."""
    file = Path(path)
    return str(file.parent / re.sub(r"\d+", "#", file.name))
