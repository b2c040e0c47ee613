"""Reads captures into one flow table."""

from collections.abc import Iterator, Sequence

from analyzer.capture.containers.reader import chunks
from analyzer.capture.frame import Aside
from analyzer.capture.sources.find import FoundCapture, find_captures
from analyzer.capture.sources.source import open_source
from analyzer.capture.sources.unreadable import UnreadableCaptureError
from analyzer.capture.sources.window import Window
from analyzer.flows.assembler import Assembler, Watch
from analyzer.flows.evidence import Evidence
from analyzer.flows.kernel import record as r
from analyzer.flows.merging.join import join_parts
from analyzer.flows.options import DEFAULT_OPTIONS, ReadOptions
from analyzer.flows.reading.reader import Progress, Reader, kernel_mode_for, name_in_errors, read_found
from analyzer.flows.reading.workers import WorkerPool
from analyzer.flows.senders import find_senders
from analyzer.flows.table import MarkedFrame
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
    reader = Reader(mode, watch, options, hashed, progress, WorkerPool(loading.cores()))
    groups, captures, left = read_found(found, reader)
    unread = [*left_out, *unread]
    if left:
        unread.append(message("captures-beyond", captures=len(left), first=left[0].name, limit=len(groups)))
    parts = [group.assembler.records() for group in groups]
    marks = [list(marks_of(group.assembler)) for group in groups]
    table, errors = join_parts(parts, marks)
    for error in errors:
        asides = captures[error.capture].asides
        asides[Aside.NONE] -= 1
        asides[Aside.ICMP_ERROR] += 1
    dropped = sum(group.assembler.marks_dropped for group in groups)
    return Evidence(captures, table, [find_senders(part) for part in parts], unread, dropped, options)


def survey(listed: list[FoundCapture], *, resync: bool = False) -> tuple[list[tuple[int, FoundCapture]], list[Message]]:
    """(first time, capture) in the order of these times, and why files of a folder were left out."""
    found: list[tuple[int, FoundCapture]] = []
    unread: list[Message] = []
    for item in listed:
        if item.outside:
            unread.append(message("capture-unread", capture=item.name, problem=message("file-outside")))
            continue
        try:
            found.append((-1 if item.once else first_time(item, resync=resync), item))
        except UnreadableCaptureError as error:
            if item.given:
                raise
            unread.append(error.message)
    return sorted(found, key=lambda pair: (pair[0], pair[1].name)), unread


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


def marks_of(assembler: Assembler) -> Iterator[MarkedFrame]:
    """The frames that the assembler kept."""
    frames = iter(assembler.kept_frames)
    for block in assembler.kept_marks:
        for line in block.tolist():
            yield MarkedFrame(
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
