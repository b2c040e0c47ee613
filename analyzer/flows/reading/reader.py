"""Reads captures with the kernels: each to its end, and several at the same time where there are cores for that."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import NamedTuple

from analyzer.capture.containers.reader import chunks
from analyzer.capture.encapsulations import count_by_name
from analyzer.capture.kernel import scan
from analyzer.capture.sources.find import FoundCapture
from analyzer.capture.sources.source import open_source
from analyzer.capture.sources.window import Window
from analyzer.flows.assembler import Assembler, Watch
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.flows.kernel import record as r
from analyzer.flows.options import ReadOptions
from analyzer.flows.reading.capture_groups import CaptureGroup, ReadPlan, read_at_once, read_in_order
from analyzer.flows.reading.workers import SharedCapture, WorkerPool
from analyzer.kernel import loading

INTERPRETED_UP_TO = 2 << 20
"""Octets of captures up to which compiling, or loading compiled kernels, costs more than it saves."""
SELDOM_INTERPRETED = 4096
"""Frames that are not plain, in all captures, up to which compiling the decoder for them costs more than it saves."""
WHOLE_DECODER = "prepare.prepare"

Progress = Callable[[str, int], None]
"""Called with the name of a capture and the octets read of it so far, 0 where it begins. Of captures that are read at
the same time, one thread calls at a time."""


@dataclass(frozen=True)
class Reader:
    """How captures are read. The fields are those of read_captures(); ``pool``: the threads that read."""

    mode: loading.KernelMode
    watch: Watch
    options: ReadOptions
    hashed: bool
    progress: Progress
    pool: WorkerPool

    def new_assembler(self) -> Assembler:
        """The assembler of a further group of captures."""
        return Assembler(self.mode, self.watch, outer=self.options.outer)

    def read_capture(
        self, number: int, item: FoundCapture, group: CaptureGroup[Assembler], max_flows: int
    ) -> CaptureFacts:
        """Read capture ``number`` to its end, into the flows of its group."""
        source = open_source(item.path, item.name, name_in_errors(item), hashed=self.hashed)
        try:
            window = Window(source, self.mode, resync=self.options.resync)
            group.assembler.begin_capture(number, max_flows)
            self.read_chunks(window, group)
        finally:
            source.close()
        facts = facts_of(window, group)
        if group.first < 0:
            group.first = facts.first
        return facts

    def read_chunks(self, window: Window, group: CaptureGroup[Assembler]) -> None:
        """Put every chunk of the window into the flows of the group."""
        source, assembler = window.source, group.assembler
        was_plain = self.mode.is_plain

        def after_chunk() -> None:
            nonlocal was_plain
            group.last = max(group.last, assembler.last)
            self.progress(source.name, source.size)
            if was_plain and not self.mode.is_plain:
                self.progress("compiling the rest of the decoder, once", 0)
            was_plain = self.mode.is_plain

        self.progress(source.name, 0)
        found = chunks(window)
        for chunk in found:
            # One chunk goes through the compiled kernels first: compiling takes long, and only this thread can be
            # interrupted in it.
            ready = not self.mode.interpreted and self.pool.cores > 1
            assembler.feed(chunk)
            after_chunk()
            if ready:
                window.lasting = True
                SharedCapture(found, source, assembler, after_chunk).read(self.pool)
                break
            if self.mode.interpreted and not self.mode.fixed and window.passed > INTERPRETED_UP_TO:
                announce_compiling(self.progress)
                self.mode.interpreted = False
        source.drain()
        self.progress(source.name, source.size)


class ReadCaptures(NamedTuple):
    """``groups``: one for each vantage. ``facts``: of each capture that was read. ``left``: captures of vantages beyond
    the limit."""

    groups: list[CaptureGroup[Assembler]]
    facts: list[CaptureFacts]
    left: list[FoundCapture]


def read_found(found: list[tuple[int, FoundCapture]], reader: Reader) -> ReadCaptures:
    """Read every capture.

    Flows beyond the limit are set aside in the order of the captures. Where captures that are read at the same time
    keep more than the limit together, all of them are read again, one after the other.
    """
    if not reader.mode.interpreted:
        announce_compiling(reader.progress)
    max_flows = reader.options.max_flows
    most = min(reader.pool.cores, len(found))
    if most > 1 and not reader.mode.interpreted and not any(item.once for _, item in found):
        serialized = SerializedProgress(reader.progress)
        parallel = replace(reader, progress=serialized.report)
        plan = ReadPlan(found, max_flows, parallel.new_assembler, parallel.read_capture, serialized.stopped.set)
        groups, captures = read_at_once(plan, most)
        if sum(group.assembler.flows for group in groups) <= max_flows and not any(c.beyond for c in captures):
            return ReadCaptures(groups, captures, plan.left)
    plan = ReadPlan(found, max_flows, reader.new_assembler, reader.read_capture)
    return ReadCaptures(*read_in_order(plan), plan.left)


def kernel_mode_for(octets: int, interpreted: bool | None = None) -> loading.KernelMode:
    """How the kernels run: as ``interpreted`` says, or, where it is None, by the ``octets`` that are to be read."""
    if interpreted is not None or not loading.may_compile():
        return loading.KernelMode(interpreted is not False, fixed=True)
    is_small = octets <= INTERPRETED_UP_TO
    seldom = 0 if not is_small and loading.is_kept(WHOLE_DECODER) else SELDOM_INTERPRETED
    return loading.KernelMode(is_small, seldom=seldom)


@dataclass
class SerializedProgress:
    """Progress of captures that are read at the same time: one thread reports at a time, until all are stopped."""

    progress: Progress
    stopped: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def report(self, name: str, octets: int) -> None:
        """The same as Progress. Raises KeyboardInterrupt once all are stopped, which ends the reading of ``name``."""
        if self.stopped.is_set():
            raise KeyboardInterrupt
        with self.lock:
            self.progress(name, octets)


def facts_of(window: Window, group: CaptureGroup[Assembler]) -> CaptureFacts:
    """The facts of the capture that was read last into a group."""
    source, assembler = window.source, group.assembler
    state = assembler.state
    return CaptureFacts(
        name=source.name,
        size=source.size,
        sha256=source.sha256,
        format=f"{window.format}{f' ({source.compression})' if source.compression else ''}",
        link_types=window.link_names,
        nanoseconds=window.nanoseconds,
        vantage=group.number,
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
        longest_pause=int(window.file[scan.P_PAUSE]),
        clock_jumps=clock_jumps(window),
        undated=int(window.file[scan.P_UNDATED]),
        overlong=int(window.file[scan.P_OVERLONG]),
        dropped=window.dropped,
        blocks=dict(sorted(window.blocks.items())),
        comments=tuple(window.comments),
        filters=tuple(window.filters),
        is_cooked=window.is_cooked,
    )


def clock_jumps(window: Window) -> tuple[tuple[int, int], ...]:
    """The times before and after each jump of a file's clock."""
    jumps = window.file[scan.P_FIRST_JUMP :][: 2 * window.file[scan.P_JUMPS]].reshape(-1, 2)
    return tuple((int(before), int(after)) for before, after in jumps)


def announce_compiling(progress: Progress) -> None:
    """Report that the kernels will be compiled, if that was not done before, or why they are not kept."""
    if problem := loading.problem_of_cache():
        progress(f"compiling the decoder without keeping it: {problem}", 0)
    elif not loading.is_kept():
        progress("compiling the decoder, once", 0)


def name_in_errors(item: FoundCapture) -> str:
    """The name of a capture in errors: as it was given, or, if it was found in a folder, as reports show it."""
    return item.path if item.given else item.name
