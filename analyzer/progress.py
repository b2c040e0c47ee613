"""What the command tells on standard error while it works: a line that goes away, and with --verbose what took how
long."""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from analyzer.text import clip, visible
from analyzer.units import seconds, size

if TYPE_CHECKING:
    from rich.progress import Progress

Tell = Callable[[str, int], None]
"""Told the name of a capture or of a stage, and how many octets of the capture were read so far."""
Sizes = dict[str, int] | None
"""Octets of each capture by the name that is told; None where one has no size, or none can be found."""


class Stages:
    """Every capture and stage with how long it took, a line each, as soon as it ends: a capture of a known size where
    it was read, anything else where the next one begins."""

    def __init__(
        self,
        say: Callable[[str], None],
        sizes: Sizes = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.say, self.sizes, self.clock = say, sizes or {}, clock
        self.since: dict[str, float] = {}
        self.octets: dict[str, int] = {}
        self.told: set[str] = set()

    def tell(self, name: str, octets: int) -> None:
        if octets and name in self.told:
            return
        self.told.discard(name)
        if name not in self.since:
            for other in [known for known in self.since if name not in self.sizes or known not in self.sizes]:
                self._end(other)
            self.since[name] = self.clock()
        self.octets[name] = octets
        if octets and octets >= self.sizes.get(name, octets + 1):
            self._end(name)

    def end(self) -> None:
        """Nothing follows."""
        for name in list(self.since):
            self._end(name)

    def _end(self, name: str) -> None:
        took, octets = self.clock() - self.since.pop(name), self.octets.pop(name)
        rate = f" ({size(octets)}, {size(round(octets / max(took, 1e-6)))}/s)" if octets else ""
        self.say(f"{took:7.2f} s  {visible(name)}{rate}")
        self.told.add(name)


class Line:
    """The line of progress: of captures of a known size how far they are, how fast, and how long it will take."""

    def __init__(self, bar: "Progress", sizes: Sizes) -> None:
        self.bar, self.sizes = bar, sizes or {}
        self.task = bar.add_task("", total=None, rate="", left="")
        self.octets: dict[str, int] = {}
        self.since = time.monotonic()

    def tell(self, name: str, octets: int) -> None:
        if not octets and not self.sizes.get(name):
            self.bar.update(self.task, description=clip(name, 60), total=None, rate="", left="")
            return
        self.octets[name] = octets
        reading = [known for known, read in self.octets.items() if read < self.sizes.get(known, read + 1)]
        done, total = sum(self.octets.values()), sum(self.sizes.values()) or None
        rate, left = self._pace(done, total)
        told = clip(", ".join(reading) or name, 40)
        self.bar.update(self.task, description=told, completed=done, total=total, rate=rate, left=left)

    def _pace(self, done: int, total: int | None) -> tuple[str, str]:
        took = time.monotonic() - self.since
        if took < 1 or not done:
            return size(done), ""
        left = f"{seconds(round((total - done) * took / done))} left" if total and total > done else ""
        return f"{size(done)}, {size(round(done / took))}/s", left


@contextmanager
def progress(
    sizes: Callable[[], Sizes] = lambda: None, *, quiet: bool = False, verbose: bool = False
) -> Iterator[Tell]:
    """A line on standard error while captures are read and judged; nothing where that is no terminal, or when quiet.

    Args:
        sizes: asked for the captures' sizes, which tell how much is left, where they are shown.
        quiet: tell nothing.
        verbose: tell every capture and stage with its time, on a terminal or not.
    """
    shown = sys.stderr.isatty() and not quiet
    if not shown:
        known = sizes() if verbose else None
        stages = Stages(lambda text: print(text, file=sys.stderr), known)  # noqa: T201 - standard error is what it is for
        yield stages.tell if verbose else lambda _name, _octets: None
        if verbose:
            stages.end()
        return
    from rich.console import Console  # noqa: PLC0415 - nothing heavy before it is needed
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    told = TextColumn("{task.description}", markup=False)
    columns = (
        SpinnerColumn(),
        told,
        BarColumn(20),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
    )
    bar = Progress(*columns, console=Console(stderr=True, highlight=False), transient=True)
    # An interruption that the drawing thread took would not wake this one while it waits for a pipe.
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    bar.start()
    signal.pthread_sigmask(signal.SIG_SETMASK, held)
    try:
        known = sizes()
        line = Line(bar, known)
        stages = Stages(lambda text: bar.console.print(Text(text), soft_wrap=True), known)

        def tell(name: str, octets: int) -> None:
            line.tell(name, octets)
            if verbose:
                stages.tell(name, octets)

        yield tell
        if verbose:
            stages.end()
    finally:
        bar.stop()


class Cell:
    """The line of progress below a notebook's cell. ``show`` takes its text; it is asked a few times a second."""

    def __init__(self, show: Callable[[str], None], sizes: Sizes, clock: Callable[[], float] = time.monotonic) -> None:
        self.show, self.sizes, self.clock = show, sizes or {}, clock
        self.since = self.shown = clock()
        self.name, self.read = "", {"": 0}

    def tell(self, name: str, octets: int) -> None:
        new, now = name != self.name, self.clock()
        self.name, self.read[name] = name, octets
        if new or now - self.shown > 0.2:
            self.shown = now
            whole = f" of {size(self.sizes[name])}" if name in self.sizes else ""
            self.show(f"{clip(name, 60)}{f': {size(octets)}{whole}' if octets else ''}")

    def end(self) -> None:
        """What remains: how much there was, and how long it took."""
        self.show(f"{size(sum(self.read.values()))} in {seconds(self.clock() - self.since)}")


@contextmanager
def following(captures: Sequence[str], wanted: bool | Tell) -> Iterator[Tell]:
    """Progress as Python asks for it: a function of one's own, a line of progress, or nothing."""
    notebook = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if callable(wanted):
        yield wanted
    elif wanted and hasattr(notebook, "kernel"):
        shown = sys.modules["IPython"].display.display({"text/plain": ""}, raw=True, display_id=True)
        cell = Cell(lambda text: shown.update({"text/plain": text}, raw=True), sizes_of(captures))
        yield cell.tell
        cell.end()
    else:
        with progress(lambda: sizes_of(captures), quiet=not wanted) as tell:
            yield tell


def sizes_of(captures: Sequence[str]) -> Sizes:
    """The captures' sizes, as Sizes has them."""
    from analyzer.capture.sources.find import find_captures  # noqa: PLC0415
    from analyzer.errors import AnalyzerError  # noqa: PLC0415

    try:
        found = find_captures(list(captures))
    except AnalyzerError:
        return None  # whoever reads them says why
    return None if any(item.once for item in found) else {item.name: item.size for item in found}


def octets_of(sizes: Sizes) -> int:
    """Octets of all captures; -1 where nobody knows."""
    return -1 if sizes is None else sum(sizes.values())
