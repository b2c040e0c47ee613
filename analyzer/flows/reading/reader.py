"""Captures through the kernels: one to its end, and several at once where there are cores for that."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event, Lock

from analyzer.capture.containers.reader import chunks
from analyzer.capture.encapsulations import count_by_name
from analyzer.capture.kernel import scan
from analyzer.capture.sources.find import Found
from analyzer.capture.sources.source import open_source
from analyzer.capture.sources.window import Window
from analyzer.flows.assembler import Assembler, Watch
from analyzer.flows.evidence import CaptureFacts
from analyzer.flows.kernel import record as r
from analyzer.flows.options import ReadOptions
from analyzer.flows.reading.vantages import Vantage, Work, at_once, in_order
from analyzer.flows.reading.workers import Crew, Shared
from analyzer.kernel import loading as kernel

INTERPRETED_UP_TO = 2 << 20
"""Octets of captures below which compiling, or loading what was compiled, costs more than it saves."""

Progress = Callable[[str, int], None]
"""Told the capture's name and the octets read of it so far; the name alone (0 octets) where it begins. Captures
that are read at once take turns."""


@dataclass(frozen=True)
class Reader:
    """How captures are read, as read_captures() says."""

    pace: kernel.Pace
    watch: Watch
    options: ReadOptions
    hashed: bool
    progress: Progress
    crew: Crew

    def assembler(self) -> Assembler:
        """Of another place."""
        return Assembler(self.pace, self.watch, outer=self.options.outer)

    def take(self, number: int, item: Found, vantage: Vantage, max_flows: int) -> CaptureFacts:
        """Read capture ``number`` to its end."""
        source = open_source(item.path, item.name, told(item), hashed=self.hashed)
        try:
            window = Window(source, self.pace, resync=self.options.resync)
            vantage.assembler.begin_capture(number, max_flows)
            self.read(window, vantage)
        finally:
            source.close()
        facts = facts_of(window, vantage)
        if vantage.first < 0:
            vantage.first = facts.first
        return facts

    def read(self, window: Window, vantage: Vantage) -> None:
        source, assembler = window.source, vantage.assembler

        def taken() -> None:
            vantage.last = max(vantage.last, assembler.last)
            self.progress(source.name, source.size)

        self.progress(source.name, 0)
        found = chunks(window)
        for chunk in found:
            # One chunk goes through the compiled kernels first: compiling takes long, and only this thread can be
            # interrupted in it.
            ready = not self.pace.interpreted and self.crew.cores > 1
            assembler.feed(chunk)
            taken()
            if ready:
                window.lasting = True
                Shared(found, source, assembler, taken).read(self.crew)
                break
            if self.pace.interpreted and not self.pace.fixed and window.passed > INTERPRETED_UP_TO:
                announce(self.progress)
                self.pace.interpreted = False
        source.drain()
        self.progress(source.name, source.size)


def read_found(found: list[tuple[int, Found]], reader: Reader) -> tuple[list[Vantage], list[CaptureFacts]]:
    """Every capture read: the places, and what was learned of each capture.

    Flows that are too many are set aside in the captures' order: where several read at once hold too many together, all
    is read again, one after the other.
    """
    if not reader.pace.interpreted:
        announce(reader.progress)
    max_flows = reader.options.max_flows
    most = min(reader.crew.cores, len(found))
    if most > 1 and not reader.pace.interpreted and not any(item.once for _, item in found):
        together = Together(reader.progress)
        beside = replace(reader, progress=together.tell)
        work = Work(found, max_flows, beside.assembler, beside.take, together.stopped.set)
        vantages, captures = at_once(work, most)
        if sum(vantage.assembler.flows for vantage in vantages) <= max_flows and not any(c.beyond for c in captures):
            return vantages, captures
    return in_order(Work(found, max_flows, reader.assembler, reader.take))


def pace_of(found: list[tuple[int, Found]], interpreted: bool | None) -> kernel.Pace:
    """How the kernels run: as ``interpreted`` says, or by the captures' size."""
    small = sum(item.size for _, item in found) <= INTERPRETED_UP_TO
    fixed = interpreted is not None or not kernel.may_compile()
    return kernel.Pace(interpreted if interpreted is not None else small or fixed, fixed=fixed)


@dataclass
class Together:
    """Progress of captures that are read at once: told by one at a time, until all are stopped."""

    progress: Progress
    stopped: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def tell(self, name: str, octets: int) -> None:
        """As Progress has it; where all were stopped it ends the reading of ``name``."""
        if self.stopped.is_set():
            raise KeyboardInterrupt
        with self.lock:
            self.progress(name, octets)


def facts_of(window: Window, vantage: Vantage) -> CaptureFacts:
    """What was learned of the capture that was read last there."""
    source, assembler = window.source, vantage.assembler
    state = assembler.state
    return CaptureFacts(
        name=source.name,
        size=source.size,
        sha256=source.sha256,
        format=f"{window.format}{f' ({source.compression})' if source.compression else ''}",
        link_types=window.link_names,
        nanoseconds=window.nanoseconds,
        vantage=vantage.number,
        first=int(state[r.G_FIRST]) if window.frames else -1,
        last=int(state[r.G_LAST]) if window.frames else -1,
        frames=window.frames,
        asides=assembler.asides(),
        unread=count_by_name(assembler.unread()),
        snapped=int(state[r.G_SNAPPED]),
        backwards=int(state[r.G_BACKWARDS]),
        duplicates=int(state[r.G_DUPLICATES]),
        damage=window.damage,
        step_back=int(window.file[scan.P_STEP_BACK]),
        undated=int(window.file[scan.P_UNDATED]),
        overlong=int(window.file[scan.P_OVERLONG]),
        dropped=window.dropped,
        blocks=dict(sorted(window.blocks.items())),
        comments=tuple(window.comments),
        filters=tuple(window.filters),
    )


def announce(progress: Progress) -> None:
    """Say that the kernels will be compiled, where that was not done before."""
    if not kernel.is_kept():
        progress("compiling the decoder, once", 0)


def told(item: Found) -> str:
    """What an error calls a capture: as it was named, or, found in a folder, as reports show it."""
    return item.path if item.given else item.name
