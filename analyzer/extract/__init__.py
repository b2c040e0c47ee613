"""The packets behind a finding, a flow or a verdict: out of the captures that were analysed, into one of their own."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analyzer.capture.containers import blocks
from analyzer.errors import AnalyzerError
from analyzer.extract.choose import Choice, choose, comments
from analyzer.extract.frames import Reading, read_again
from analyzer.extract.originals import Original, find_originals, pace_for
from analyzer.extract.sections import Interface, Walk
from analyzer.flows import record as r
from analyzer.flows.options import ReadOptions
from analyzer.flows.reading.reader import Progress
from analyzer.report import Report
from analyzer.text import visible
from analyzer.version import VERSION

__all__ = ["Choice", "Extract", "Sink", "extract"]

IN_MEMORY = 8 << 20
"""Octets of the lists of frames that are kept in memory; longer ones go to a temporary file."""
AT_ONCE = 1 << 16

Sink = Callable[[Iterator[bytes], Sequence[Path]], None]
"""Takes the octets of the capture, and the files that it must not write over."""


@dataclass(frozen=True)
class Extract:
    """What was written. ``packets``: packets of the flows; ``related``: frames that belong to a flow and are none of
    its packets: ICMP errors that quote one, and later fragments of a tunnel's packets. ``captures``: the names of the
    captures that contain them."""

    flows: int
    packets: int
    related: int
    captures: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The frames to write: ``wanted``: (flows,); ``counts``: (packets, related frames) of every capture
    that has any."""

    report: Report
    wanted: NDArray[np.bool_]
    originals: Sequence[Original]
    reading: Reading
    options: ReadOptions
    counts: dict[int, tuple[int, int]]

    def chosen(
        self, capture: int, start: int, count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Of frames ``start`` and up, counted from 0: places of those that are wanted, their lines of the flow table,
        and whether each is one of the flow's packets."""
        lines, packets = self.reading.lines(capture, start, count)
        places = np.flatnonzero((lines >= 0) & np.append(self.wanted, False)[lines])
        return places, lines[places], packets[places]


def extract(report: Report, choice: Choice, paths: Sequence[str], sink: Sink, progress: Progress) -> Extract:
    """Write the packets of the flows that are asked for, as pcapng, frame by frame as the captures have them.

    Captures come one after the other in the order of the report, their frames in their own order, with their own
    interfaces and time stamps; a frame that came through a tunnel is whole. ``paths``: files and folders that hold the
    captures; ``sink`` takes the octets.

    Raises:
        AnalyzerError: nothing of the report is asked for, or it does not fit the captures.
        CaptureError: a capture is not there, or is not as it was.
    """
    wanted = choose(report, choice)
    options = report.meta.reading.options
    originals = find_originals(report.meta.captures, paths, progress)
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        again = read_again(originals, options, file, progress)
        agree(report, again)
        plan = Plan(report, wanted, originals, again, options, {})
        count(plan)
        sink(octets(plan, asked(choice), progress), [original.path for original in originals])
    return Extract(
        flows=int(wanted.sum()),
        packets=sum(packets for packets, _ in plan.counts.values()),
        related=sum(related for _, related in plan.counts.values()),
        captures=tuple(original.told.name for original in originals if original.number in plan.counts),
    )


def agree(report: Report, reading: Reading) -> None:
    """Raise AnalyzerError where the captures do not give the flows of the report any more."""
    # A rule may have exchanged originator and responder since, so that only their sum is the same.
    flows, table = report.flows, reading.table
    same = len(flows) == len(table) and np.array_equal(flows["first_frame"], table.column(r.F_FRAME))
    for name, slot in (("pkts", r.PKTS), ("bytes", r.BYTES), ("ip_bytes", r.IP_BYTES)):
        both = flows[f"orig_{name}"] + flows[f"resp_{name}"]
        same = same and np.array_equal(both, table.orig(slot) + table.resp(slot))
    if not same:
        raise AnalyzerError(
            f"read again, the captures do not give the flows of this report, which version {report.meta.version} "
            f"made (this is {VERSION}): analyse them again, and extract from the new report"
        )


def count(plan: Plan) -> None:
    """Count what is to be written, by capture."""
    for original in plan.originals:
        packets = related = 0
        for start in range(0, original.told.frames, AT_ONCE):
            _, _, own = plan.chosen(original.number, start, min(AT_ONCE, original.told.frames - start))
            packets, related = packets + int(own.sum()), related + int((~own).sum())
        if packets or related:
            plan.counts[original.number] = packets, related


def asked(choice: Choice) -> str:
    """The choice as it is given on the command line."""
    kinds = (("finding", choice.findings), ("flow", choice.flows), ("verdict", choice.verdicts))
    return " ".join(f"--{kind} {name}" for kind, names in kinds for name in names)


def octets(plan: Plan, asked: str, progress: Progress) -> Iterator[bytes]:
    """The capture, block by block."""
    frames = sum(packets + related for packets, related in plan.counts.values())
    about = f"Extracted for {asked}: {frames} frames of {int(plan.wanted.sum())} flows."
    yield blocks.section(
        blocks.text(blocks.COMMENT, visible(about)),
        blocks.text(blocks.USER_APPLICATION, f"dpm-analyzer {VERSION}"),
    )
    why = comments(plan.report, plan.wanted)
    written: Written = {}
    for original in plan.originals:
        if original.number in plan.counts:
            yield from of_capture(plan, original, why, written, progress)


Written = dict[tuple[int, int, int], int]
"""(capture, section, interface) -> the number of the interface in the file that is written."""


def of_capture(
    plan: Plan, original: Original, why: dict[int, str], written: Written, progress: Progress
) -> Iterator[bytes]:
    """The wanted frames of a capture, each interface before its first frame. Interfaces without a wanted frame are left
    out: a small capture may describe a million of them.

    ``why``: comments that no packet has yet, by line of the flow table. ``written``: interfaces that are in the file.
    """
    walk, start = Walk(), 0
    for chunk in original.read(pace_for(plan.originals), plan.options, progress, walk):
        places, lines, own = plan.chosen(original.number, start, chunk.count)
        start += chunk.count
        frames = list(walk.origins(chunk, places)) if len(places) else []
        for frame, line, packet in zip(frames, lines.tolist(), own.tolist(), strict=True):
            key = original.number, walk.section, frame.interface
            if key not in written:
                written[key] = len(written)
                yield described_as(walk.interfaces[frame.interface], original)
            comment = why.pop(line, "") if packet else ""
            yield blocks.packet(written[key], frame.ticks, frame.octets, frame.original, comment)


def described_as(interface: Interface, original: Original) -> bytes:
    """An interface with the name of its capture."""
    name = blocks.text(blocks.COMMENT, visible(f"{original.told.name}, SHA-256 {original.told.sha256}"))
    return blocks.interface(interface.link, interface.snaplen, name, *interface.options)
