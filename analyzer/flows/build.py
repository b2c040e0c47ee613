"""Captures in, one flow table out: the order in which files are read, and which of them share a vantage."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from analyzer import kernel
from analyzer.capture import scan
from analyzer.capture.find import Found, find_captures
from analyzer.capture.frame import Aside
from analyzer.capture.reader import chunks
from analyzer.capture.source import Source, open_source
from analyzer.capture.window import Window
from analyzer.errors import CaptureError
from analyzer.flows import record as r
from analyzer.flows.alone import alone
from analyzer.flows.assembler import MOST_FLOWS, Assembler, Watch
from analyzer.flows.merge import merge
from analyzer.flows.surroundings import Surroundings, surroundings
from analyzer.flows.table import FlowTable, Mark

INTERPRETED_UP_TO = 2 << 20
"""Octets of captures below which compiling, or loading what was compiled, costs more than it saves."""
JITTER = 1_000_000_000
"""The most that two files of one rotated capture may overlap, in nanoseconds."""

Progress = Callable[[str, int], None]
"""Told the capture's name and the octets read of it so far; the name alone (0 octets) where it begins."""


@dataclass
class CaptureFacts:
    """What was learned of one capture. Times are integer nanoseconds since the epoch; -1 without frames.

    ``backwards``: frames that are older than the one before, ``step_back`` by how many nanoseconds at most.
    ``undated``: frames without a time of their own. ``overlong``: that hold more than was there by their own account.
    ``dropped``: packets that the capture says were lost while it was taken. ``blocks``: pcapng's blocks by name.
    ``comments``, ``filters``: what was written into it, and the capture filters of its interfaces.
    """

    name: str
    size: int
    sha256: str
    format: str
    link_types: tuple[str, ...]
    nanoseconds: bool
    vantage: int
    first: int
    last: int
    frames: int
    asides: dict[Aside, int]
    snapped: int
    backwards: int
    duplicates: int
    damage: tuple[str, ...]
    step_back: int = 0
    undated: int = 0
    overlong: int = 0
    dropped: int = 0
    blocks: dict[str, int] = field(default_factory=dict)
    comments: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()

    @property
    def incomplete(self) -> bool:
        """Whether frames that were sent are not in it, or not read."""
        return bool(self.damage) or self.dropped > 0 or self.beyond > 0

    @property
    def beyond(self) -> int:
        """Frames of flows that were too many to keep."""
        return self.asides.get(Aside.OVER, 0)


@dataclass
class Evidence:
    """Everything that the captures showed: ``captures[n]`` is what the table's capture numbers mean.

    ``surroundings[v]``: who was heard at vantage ``v``, and how.
    ``unread``: captures of a folder that could not be read, and why. ``marks_dropped``: marked frames beyond the limit.
    ``most_flows``, ``tunnels``, ``resync``: how the captures were read, as read_captures() says.
    """

    captures: list[CaptureFacts]
    table: FlowTable
    surroundings: list[Surroundings] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    marks_dropped: int = 0
    most_flows: int = MOST_FLOWS
    tunnels: bool = True
    resync: bool = False

    def span(self, vantage: int) -> tuple[int, int]:
        """First and last time of a vantage."""
        parts = [capture for capture in self.captures if capture.vantage == vantage and capture.frames]
        return min((part.first for part in parts), default=-1), max((part.last for part in parts), default=-1)

    @property
    def incomplete(self) -> bool:
        """Whether a capture was left out, is damaged or lost frames."""
        return bool(self.unread) or any(capture.incomplete for capture in self.captures)


@dataclass
class Vantage:
    """A place where captures were taken: one assembler, and the files that followed one another there."""

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


def read_captures(  # noqa: PLR0913 - an argument for each option
    paths: list[str],
    *,
    watch: Watch,
    tunnels: bool = True,
    progress: Progress = lambda _name, _octets: None,
    interpreted: bool | None = None,
    resync: bool = False,
    most_flows: int = MOST_FLOWS,
    hashed: bool = False,
) -> Evidence:
    """Read every capture of ``paths`` (files, folders, ``-``) into one flow table.

    ``watch``: the frames that are kept for a closer look. ``tunnels``: open them, so that the flow inside is the flow;
    otherwise the outer ones are. ``interpreted``: run the kernels uncompiled; by default that is decided by the
    captures' size. ``resync``: go on behind damage, and tell what was skipped.
    ``most_flows``: how many are kept, of all vantages together; frames of further ones are set aside.
    ``hashed``: tell the SHA-256 of each capture.

    Raises:
        CaptureError: a capture that was named cannot be read at all, or a folder holds none.
    """
    found, unread = survey(paths, resync=resync)
    small = sum(item.size for _, item in found) <= INTERPRETED_UP_TO
    fixed = interpreted is not None or not kernel.may_compile()
    pace = kernel.Pace(interpreted if interpreted is not None else small or fixed, fixed=fixed)
    if not pace.interpreted:
        announce(progress)
    vantages: list[Vantage] = []
    captures: list[CaptureFacts] = []
    for number, (first, item) in enumerate(found):
        vantage = choose(vantages, item, first)
        if vantage is None:
            vantage = Vantage(Assembler(pace, watch, tunnels=tunnels), series(item.path))
            vantages.append(vantage)
        source = open_source(item.path, item.name, told(item), hashed=hashed)
        window = Window(source, pace, resync=resync)
        elsewhere = sum(other.assembler.flows for other in vantages if other is not vantage)
        vantage.assembler.begin_capture(number, most_flows - elsewhere)
        facts = read_one(window, vantage.assembler, progress)
        facts.vantage = vantages.index(vantage) + 1
        vantage.first = facts.first if vantage.first < 0 else vantage.first
        vantage.last = max(vantage.last, facts.last)
        captures.append(facts)
    parts = [vantage.assembler.table[: vantage.assembler.flows] for vantage in vantages]
    marks = [list(marks_of(vantage.assembler)) for vantage in vantages]
    table, errors = (alone(parts[0], marks[0]), []) if len(parts) == 1 else merge(parts, marks)
    for error in errors:
        asides = captures[error.capture].asides
        asides[Aside.NONE] -= 1
        asides[Aside.ICMP_ERROR] += 1
    dropped = sum(vantage.assembler.marks_dropped for vantage in vantages)
    around = [surroundings(part) for part in parts]
    return Evidence(captures, table, around, unread, dropped, most_flows, tunnels, resync)


def announce(progress: Progress) -> None:
    """Say that the kernels will be compiled, where that was not done before."""
    if not kernel.is_kept():
        progress("compiling the decoder, once", 0)


def read_one(window: Window, assembler: Assembler, progress: Progress) -> CaptureFacts:
    """Take one capture to its end."""
    source: Source = window.source
    progress(source.name, 0)
    if kernel.cores() > 1:
        source.hash_beside()
    for chunk in chunks(window):
        assembler.feed(chunk)
        progress(source.name, source.size)
        if window.pace.interpreted and not window.pace.fixed and window.passed > INTERPRETED_UP_TO:
            announce(progress)
            window.pace.interpreted = False
    source.drain()
    source.close()
    state = assembler.state
    return CaptureFacts(
        name=source.name,
        size=source.size,
        sha256=source.sha256,
        format=f"{window.format}{f' ({source.compression})' if source.compression else ''}",
        link_types=window.link_names,
        nanoseconds=window.nanoseconds,
        vantage=0,
        first=int(state[r.G_FIRST]) if window.frames else -1,
        last=int(state[r.G_LAST]) if window.frames else -1,
        frames=window.frames,
        asides=assembler.asides(),
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


def told(item: Found) -> str:
    """What an error calls a capture: as it was named, or, found in a folder, as reports show it."""
    return item.path if item.given else item.name


def survey(paths: list[str], *, resync: bool = False) -> tuple[list[tuple[int, Found]], list[str]]:
    """(first time, capture) in the order of these times, and why files of a folder were left out."""
    found: list[tuple[int, Found]] = []
    unread: list[str] = []
    for item in find_captures(paths):
        try:
            found.append((-1 if item.once else first_time(item, resync=resync), item))
        except CaptureError as error:
            if item.given:
                raise
            unread.append(str(error))
    return sorted(found, key=lambda pair: (pair[0], pair[1].name)), unread


def first_time(item: Found, *, resync: bool = False) -> int:
    """The time of a capture's first frame, read without the rest of it; -1 when there is none."""
    source = open_source(item.path, item.name, told(item))
    window = Window(source, kernel.Pace(interpreted=True, fixed=True), size=1 << 16, resync=resync)
    try:
        for chunk in chunks(window):
            return int(chunk.records[0, 3])
        return -1
    finally:
        source.close()


def series(path: str) -> str:
    """What the files of a rotated capture have in common: folder and name without its digits."""
    file = Path(path)
    return str(file.parent / re.sub(r"\d+", "#", file.name))


def choose(vantages: list[Vantage], item: Found, first: int) -> Vantage | None:
    """The vantage that a file goes on with: one whose files all end before it begins; None for a new one."""
    same = series(item.path)
    fitting = [
        vantage for vantage in vantages if not item.once and vantage.goes_on(first, same_series=vantage.series == same)
    ]
    return max(fitting, key=lambda vantage: (vantage.series == same, vantage.last), default=None)


def marks_of(assembler: Assembler) -> Iterator[Mark]:
    """The frames that the assembler kept."""
    frames = iter(assembler.kept_frames)
    for block in assembler.kept_marks:
        for line in block.tolist():
            yield Mark(
                flow=line[r.M_FLOW],
                frame=line[r.M_FRAME],
                time=line[r.M_TIME],
                capture=line[r.M_CAPTURE],
                from_orig=line[r.M_SIDE] == 0,
                payload=line[r.M_PAYLOAD],
                length=line[r.M_PAYLEN],
                octets=next(frames),
                link=line[r.M_LINK],
                original=line[r.M_ORIGINAL],
            )


def gaps(evidence: Evidence, vantage: int) -> list[tuple[int, int]]:
    """The times between the files of one vantage, where nothing was captured."""
    parts = sorted((c.first, c.last) for c in evidence.captures if c.vantage == vantage and c.frames)
    return [(end, begin) for (_, end), (begin, _) in pairwise(parts) if begin > end]
