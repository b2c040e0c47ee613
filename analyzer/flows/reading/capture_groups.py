"""Which captures were taken at one vantage, the order in which they are read, and which of them at the same time."""

import os
import re
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from analyzer.capture.sources.find import FoundCapture


class HasFlows(Protocol):
    """Something that keeps the flows of one vantage, such as an assembler."""

    @property
    def flows(self) -> int: ...


Facts = TypeVar("Facts")
Keeper = TypeVar("Keeper", bound=HasFlows)

DIGITS = re.compile(r"\d+")
JITTER = 1_000_000_000
"""The most that two files of one rotated capture may overlap, in nanoseconds."""
MOST_VANTAGES = 256
"""Captures of further vantages are not read: time and memory grow with the square of their number."""
CHECK_AGAIN_AFTER = 0.01
"""Seconds between two checks of how far the files that are being read are."""


@dataclass(eq=False)
class CaptureGroup(Generic[Keeper]):
    """The captures of one vantage: files that follow one another in time, and one assembler for all of them.

    ``number``: 1 and up, in the order in which the groups were begun. ``series``: ``series_of`` its files. ``vantage``:
    its name, if the user gave one.
    ``first``, ``last``: the time of the first frame of its first capture and of its last frame, as far as they were
    read; nanoseconds since the epoch, -1 without a frame.
    """

    number: int
    assembler: Keeper
    series: str
    first: int = -1
    last: int = -1
    vantage: str = ""

    def may_continue(self, first: int, *, same_series: bool) -> bool:
        """Whether a file that begins at ``first`` may follow.

        The files of one rotated capture may overlap a little, since several interfaces are not quite in order; a second
        capture of the same time overlaps by far more. A group whose frames all have one time is followed at that time
        only by a file of its own series: any other capture of that time was taken at another vantage.
        """
        overlap = self.last - first
        if self.last < 0 or overlap < 0:
            return True
        if not same_series or overlap > JITTER:
            return overlap == 0 and self.first < self.last
        return overlap * 10 <= self.last - self.first

    def is_past(self, first: int, *, same_series: bool) -> bool:
        """Whether a file that begins at ``first`` can no longer follow, with any further file of this group."""
        return self.last - first > (JITTER if same_series else 0)


@dataclass
class ReadPlan(Generic[Facts, Keeper]):
    """What is to be read. ``found``: captures with the times that they begin at, in the order of these times.

    ``new_assembler``: makes the assembler of a further group. ``read_capture``: reads a capture, by its number, into a
    group, while there may be so many flows; it updates the times of the group. ``stop``: makes the captures that are
    being read end soon. ``left``: gets the captures of vantages beyond the limit.
    """

    found: list[tuple[int, FoundCapture]]
    max_flows: int
    new_assembler: Callable[[], Keeper]
    read_capture: Callable[[int, FoundCapture, CaptureGroup[Keeper], int], Facts]
    stop: Callable[[], None] = lambda: None
    left: list[FoundCapture] = field(default_factory=list)


def read_in_order(plan: ReadPlan[Facts, Keeper]) -> tuple[list[CaptureGroup[Keeper]], list[Facts]]:
    """Read one capture after the other: the groups, and what ``read_capture`` returned of each capture."""
    groups: list[CaptureGroup[Keeper]] = []
    facts: list[Facts] = []
    for first, item in plan.found:
        group = group_for(groups, item, first, plan.new_assembler)
        if group is None:
            plan.left.append(item)
            continue
        flows_elsewhere = sum(other.assembler.flows for other in groups if other is not group)
        facts.append(plan.read_capture(len(facts), item, group, plan.max_flows - flows_elsewhere))
    return groups, facts


def read_at_once(plan: ReadPlan[Facts, Keeper], most: int) -> tuple[list[CaptureGroup[Keeper]], list[Facts]]:
    """The same as read_in_order(), with up to ``most`` captures of different groups at the same time.

    A file waits until its group is certain: until the files before it are read, or are so far that it cannot follow
    them. Each group may keep ``max_flows`` flows: the caller checks whether all of them together keep too many.
    """
    groups: list[CaptureGroup[Keeper]] = []
    tasks: list[Future[Facts]] = []
    running: dict[Future[Facts], CaptureGroup[Keeper]] = {}
    failed = False
    with ThreadPoolExecutor(most) as pool:
        try:
            for first, item in plan.found:
                series = series_of(item.path)
                while running and (len(running) == most or not follows_none(list(running.values()), series, first)):
                    for task in wait(running, CHECK_AGAIN_AFTER, FIRST_COMPLETED).done:
                        del running[task]
                        failed = failed or task.exception() is not None
                if failed or any(task.done() and task.exception() for task in running):
                    break
                group = group_for(groups, item, first, plan.new_assembler)
                if group is None:
                    plan.left.append(item)
                    continue
                task = pool.submit(plan.read_capture, len(tasks), item, group, plan.max_flows)
                running[task] = group
                tasks.append(task)
            return groups, [task.result() for task in tasks]
        except BaseException:
            plan.stop()
            raise


def follows_none(groups: list[CaptureGroup[Keeper]], series: str, first: int) -> bool:
    """Whether a file of this series follows in none of these groups, however much of them is still to be read."""
    return all(group.is_past(first, same_series=group.series == series) for group in groups)


def group_for(
    groups: list[CaptureGroup[Keeper]], item: FoundCapture, first: int, new_assembler: Callable[[], Keeper]
) -> CaptureGroup[Keeper] | None:
    """The group that a file continues: one whose files all end before it begins, of the same vantage name; otherwise a
    new one, which is added to ``groups``; None beyond the limit of vantages."""
    series = series_of(item.path)
    fitting = [
        group
        for group in groups
        if not item.once
        and group.vantage == item.vantage
        and group.may_continue(first, same_series=group.series == series)
    ]
    if not fitting:
        if len(groups) >= MOST_VANTAGES:
            return None
        groups.append(CaptureGroup(len(groups) + 1, new_assembler(), series, vantage=item.vantage))
        return groups[-1]
    return max(fitting, key=lambda group: (group.series == series, group.last))


def series_of(path: str) -> str:
    """What the files of a rotated capture have in common: the folder, and the name without its digits."""
    folder, name = os.path.split(os.path.abspath(path))  # noqa: PTH100 - as names of captures do, and fast
    return f"{folder}{os.sep}{DIGITS.sub('#', name)}"
