"""Progress on standard error: a line that disappears, and with --verbose each stage with its duration."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from analyzer.operating_system import interruptions
from analyzer.text import clip, visible
from analyzer.units import seconds, size

if TYPE_CHECKING:
    from rich.progress import Progress

Update = Callable[[str, int], None]
"""Takes the name of a capture or of a stage, and the octets of the capture that were read so far."""
Sizes = dict[str, int] | None
"""The octets of each capture by its name; None if one has no size, or none can be found."""


class StageTimes:
    """A line for each capture and stage with its duration, as soon as it ends: a capture of a known size when it was
    read, anything else when the next one begins."""

    def __init__(
        self,
        show: Callable[[str], None],
        sizes: Sizes = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.show, self.sizes, self.clock = show, sizes or {}, clock
        self.since: dict[str, float] = {}
        self.octets: dict[str, int] = {}
        self.shown: set[str] = set()

    def update(self, name: str, octets: int) -> None:
        if octets and name in self.shown:
            return
        self.shown.discard(name)
        if name not in self.since:
            for other in [known for known in self.since if name not in self.sizes or known not in self.sizes]:
                self._end(other)
            self.since[name] = self.clock()
        self.octets[name] = octets
        if octets and octets >= self.sizes.get(name, octets + 1):
            self._end(name)

    def end(self) -> None:
        """Show the stages that have not ended yet."""
        for name in list(self.since):
            self._end(name)

    def _end(self, name: str) -> None:
        took, octets = self.clock() - self.since.pop(name), self.octets.pop(name)
        rate = f" ({size(octets)}, {size(round(octets / max(took, 1e-6)))}/s)" if octets else ""
        self.show(f"{took:7.2f} s  {visible(name)}{rate}")
        self.shown.add(name)


class ProgressLine:
    """The progress line: of captures of a known size the part that was read, the rate, and the time left."""

    def __init__(self, bar: "Progress", sizes: Sizes) -> None:
        self.bar, self.sizes = bar, sizes or {}
        self.task = bar.add_task("", total=None, rate="", left="")
        self.octets: dict[str, int] = {}
        self.since = time.monotonic()

    def update(self, name: str, octets: int) -> None:
        if not octets and not self.sizes.get(name):
            self.bar.update(self.task, description=clip(name, 60), total=None, rate="", left="")
            return
        self.octets[name] = octets
        reading = [known for known, read in self.octets.items() if read < self.sizes.get(known, read + 1)]
        done, total = sum(self.octets.values()), sum(self.sizes.values()) or None
        rate, left = self._rate(done, total)
        names = clip(", ".join(reading) or name, 40)
        self.bar.update(self.task, description=names, completed=done, total=total, rate=rate, left=left)

    def _rate(self, done: int, total: int | None) -> tuple[str, str]:
        took = time.monotonic() - self.since
        if took < 1 or not done:
            return size(done), ""
        left = f"{seconds(round((total - done) * took / done))} left" if total and total > done else ""
        return f"{size(done)}, {size(round(done / took))}/s", left


@contextmanager
def progress(
    sizes: Callable[[], Sizes] = lambda: None, *, quiet: bool = False, verbose: bool = False
) -> Iterator[Update]:
    """A line on standard error while captures are read and judged, if that is a terminal.

    Args:
        sizes: returns the sizes of the captures; called only if the time left is shown.
        quiet: show nothing.
        verbose: show each capture and stage with its duration, on a terminal or not.
    """
    shown = sys.stderr.isatty() and not quiet
    if not shown:
        known = sizes() if verbose else None
        stages = StageTimes(lambda text: print(text, file=sys.stderr), known)  # noqa: T201 - standard error is what it is for
        yield stages.update if verbose else lambda _name, _octets: None
        if verbose:
            stages.end()
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn  # noqa: PLC0415 - nothing heavy before
    from rich.text import Text  # noqa: PLC0415 - as above

    from analyzer.render.shared.screen import Screen  # noqa: PLC0415 - as above

    names = TextColumn("{task.description}", markup=False)
    columns = (
        SpinnerColumn(),
        names,
        BarColumn(20),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
    )
    bar = Progress(*columns, console=Screen(stderr=True, highlight=False), transient=True)
    # If the drawing thread received the interruption, this thread would not wake while it waits for a pipe.
    with interruptions.threads_left_out():
        bar.start()
    try:
        known = sizes()
        line = ProgressLine(bar, known)
        stages = StageTimes(lambda text: bar.console.print(Text(text), soft_wrap=True), known)

        def update(name: str, octets: int) -> None:
            line.update(name, octets)
            if verbose:
                stages.update(name, octets)

        yield update
        if verbose:
            stages.end()
    finally:
        bar.stop()


class NotebookLine:
    """The progress line below the cell of a notebook. ``show`` takes its text, a few times a second."""

    def __init__(self, show: Callable[[str], None], sizes: Sizes, clock: Callable[[], float] = time.monotonic) -> None:
        self.show, self.sizes, self.clock = show, sizes or {}, clock
        self.since = self.shown = clock()
        self.name, self.read = "", {"": 0}

    def update(self, name: str, octets: int) -> None:
        new, now = name != self.name, self.clock()
        self.name, self.read[name] = name, octets
        if new or now - self.shown > 0.2:
            self.shown = now
            whole = f" of {size(self.sizes[name])}" if name in self.sizes else ""
            self.show(f"{clip(name, 60)}{f': {size(octets)}{whole}' if octets else ''}")

    def end(self) -> None:
        """Show the octets that were read, and the duration."""
        self.show(f"{size(sum(self.read.values()))} in {seconds(self.clock() - self.since)}")


@contextmanager
def requested_progress(captures: Sequence[str], requested: bool | Update) -> Iterator[Update]:
    """Progress for the Python interface: a function of the caller, a progress line, or nothing."""
    notebook = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if callable(requested):
        yield requested
    elif requested and hasattr(notebook, "kernel"):
        shown = sys.modules["IPython"].display.display({"text/plain": ""}, raw=True, display_id=True)
        cell = NotebookLine(lambda text: shown.update({"text/plain": text}, raw=True), sizes_of(captures))
        yield cell.update
        cell.end()
    else:
        with progress(lambda: sizes_of(captures), quiet=not requested) as update:
            yield update


def sizes_of(captures: Sequence[str]) -> Sizes:
    """The octets of each capture by its name."""
    from analyzer.capture.sources.find import find_captures  # noqa: PLC0415 - on a terminal
    from analyzer.errors import AnalyzerError  # noqa: PLC0415 - as above

    try:
        found = find_captures(list(captures))
    except AnalyzerError:
        return None  # reading the captures raises the same error
    return None if any(item.once for item in found) else {item.name: item.size for item in found}
