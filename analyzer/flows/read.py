"""Reads captures into one flow table."""

from collections.abc import Iterator, Sequence

from analyzer.capture.containers.reader import chunks
from analyzer.capture.frame import Aside
from analyzer.capture.sources.find import FoundCapture, find_captures
from analyzer.capture.sources.source import open_source
from analyzer.capture.sources.unreadable import UnreadableCaptureError
from analyzer.capture.sources.window import Window
from analyzer.flows.assembler import Watch
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.flows.evidence import Evidence
from analyzer.flows.merging.join import VantageFlows, flows_of, join_parts
from analyzer.flows.options import DEFAULT_OPTIONS, ReadOptions
from analyzer.flows.reading.reader import Progress, Reader, kernel_mode_for, name_in_errors, read_found
from analyzer.flows.reading.workers import WorkerPool
from analyzer.kernel import loading
from analyzer.messages import Message, message


def read_captures(  # noqa: PLR0913 - by keyword, and each with a default
    paths: list[str],
    *,
    watch: Watch,
    options: ReadOptions = DEFAULT_OPTIONS,
    progress: Progress = lambda _name, _octets: None,
    interpreted: bool | None = None,
    hashed: bool = False,
) -> Evidence:
    """Read every capture of ``paths`` (files, folders, ``-``) into one flow table.

    ``watch``: the frames that are kept for later stages. ``interpreted``: run the kernels uncompiled; by default the
    size of the captures decides. ``hashed``: compute the SHA-256 of each capture.

    Raises:
        CaptureError: a capture that was named cannot be read at all, or a folder holds none.
    """
    return read_listed(
        find_captures(paths),
        watch=watch, options=options, progress=progress, interpreted=interpreted, hashed=hashed,
    )  # fmt: skip


def read_listed(  # noqa: PLR0913 - as above
    listed: list[FoundCapture],
    left_out: Sequence[Message] = (),
    *,
    watch: Watch,
    options: ReadOptions = DEFAULT_OPTIONS,
    progress: Progress = lambda _name, _octets: None,
    interpreted: bool | None = None,
    hashed: bool = False,
) -> Evidence:
    """The same of captures that were found. ``left_out``: why others were left out."""
    found, unread = survey(listed, resync=options.resync)
    mode = kernel_mode_for(sum(item.size for _, item in found), interpreted)
    reader = Reader(mode, watch.for_captures(len(found)), options, hashed, progress, WorkerPool(loading.cores()))
    groups, captures, left = read_found(found, reader)
    unread = [*left_out, *unread]
    if left:
        unread.append(message("captures-beyond", captures=len(left), first=left[0].name, limit=len(groups)))
    return evidence_of([flows_of(group.assembler) for group in groups], captures, unread, options)


def evidence_of(
    vantages: list[VantageFlows], captures: list[CaptureFacts], unread: list[Message], options: ReadOptions
) -> Evidence:
    """The evidence of all vantages. ``captures``: in the order of the captures' numbers; the ICMP errors that quote a
    flow of another vantage are moved from the frames in flows to those set aside."""
    table, errors, senders = join_parts(vantages)
    for error in errors:
        asides = captures[error.capture].asides
        asides[Aside.NONE] -= 1
        asides[Aside.ICMP_ERROR] += 1
    dropped = sum(one.marks_dropped for one in vantages)
    return Evidence(captures, table, senders, unread, dropped, options)


def survey(listed: list[FoundCapture], *, resync: bool = False) -> tuple[list[tuple[int, FoundCapture]], list[Message]]:
    """(first time, capture) in the order of these times, and why files of a folder were left out."""
    found: list[tuple[int, FoundCapture]] = []
    unread: list[Message] = []
    for item, first in first_times(listed, resync=resync):
        if isinstance(first, Message):
            unread.append(message("capture-unread", capture=item.name, problem=first))
        else:
            found.append((first, item))
    return in_order(found), unread


def in_order(found: list[tuple[int, FoundCapture]]) -> list[tuple[int, FoundCapture]]:
    """The captures in the order in which they are read."""
    return sorted(found, key=lambda pair: (pair[0], pair[1].name))


def first_times(listed: list[FoundCapture], *, resync: bool = False) -> Iterator[tuple[FoundCapture, int | Message]]:
    """Each capture with the time of its first frame, -1 without one; or, for a file of a folder, why it is left out.

    Raises:
        CaptureError: a capture that was named cannot be read.
    """
    for item in listed:
        if item.outside:
            yield item, message("file-outside")
            continue
        try:
            yield item, -1 if item.once else first_time(item, resync=resync)
        except UnreadableCaptureError as error:
            if item.given:
                raise
            problem = error.message["problem"]
            assert isinstance(problem, Message)
            yield item, problem


def first_time(item: FoundCapture, *, resync: bool = False) -> int:
    """The time of a capture's first frame, read without the rest of it; -1 when there is none."""
    source = open_source(item.path, item.name, name_in_errors(item))
    mode = loading.KernelMode(interpreted=True, fixed=not loading.may_compile())
    window = Window(source, mode, size=1 << 16, resync=resync)
    try:
        for chunk in chunks(window):
            return int(chunk.time_ns[0])
        return -1
    finally:
        source.close()
