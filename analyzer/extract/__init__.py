"""Writes the packets of findings, flows or verdicts from the captures of a report into a capture of their own."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analyzer.capture.containers import blocks
from analyzer.errors import AnalyzerError
from analyzer.extract.choose import Choice, choose, comments
from analyzer.extract.frames import FrameFlows, read_again
from analyzer.extract.originals import Original, find_originals, pace_for
from analyzer.extract.sections import Interface, Walk
from analyzer.flows.options import ReadOptions
from analyzer.flows.reading.reader import Progress
from analyzer.report import Report
from analyzer.text import visible
from analyzer.version import VERSION

__all__ = ["Choice", "Extract", "Sink", "extract"]

IN_MEMORY = 8 << 20
"""Octets of the lists of frames that are kept in memory; longer lists go to a temporary file."""
AT_ONCE = 1 << 16

Sink = Callable[[Iterator[bytes], Sequence[Path]], None]
"""Takes the octets of the capture, and the files that it must not overwrite."""


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
    """The frames to write. ``wanted``: the chosen flows, (flows,); ``counts``: (packets, related frames) of every
    capture that has any."""

    report: Report
    wanted: NDArray[np.bool_]
    originals: Sequence[Original]
    frame_flows: FrameFlows
    options: ReadOptions
    counts: dict[int, tuple[int, int]]

    def chosen(
        self, capture: int, start: int, count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Of frames ``start`` and up, counted from 0: places of those that are wanted, their lines of the flow table,
        and whether each is a packet of the flow."""
        lines, packets = self.frame_flows.lines(capture, start, count)
        places = np.flatnonzero((lines >= 0) & np.append(self.wanted, False)[lines])
        return places, lines[places], packets[places]


def extract(report: Report, choice: Choice, paths: Sequence[str], sink: Sink, progress: Progress) -> Extract:
    """Write the packets of the chosen flows as pcapng.

    The frames are unchanged, in the order of the report's captures and in their own order, with their interfaces and
    time stamps; a frame with a tunnel is written whole. ``paths``: files and folders that contain the captures;
    ``sink`` takes the octets.

    Raises:
        AnalyzerError: the choice is not in the report, or the report does not fit the captures.
        CaptureError: a capture is missing, or was changed.
    """
    wanted = choose(report, choice)
    options = report.meta.reading.options
    originals = find_originals(report.meta.captures, paths, progress)
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        again = read_again(originals, options, file, progress)
        check_agreement(report, again)
        plan = Plan(report, wanted, originals, again, options, {})
        count_frames(plan)
        sink(octets(plan, option_text(choice), progress), [original.path for original in originals])
    return Extract(
        flows=int(wanted.sum()),
        packets=sum(packets for packets, _ in plan.counts.values()),
        related=sum(related for _, related in plan.counts.values()),
        captures=tuple(original.capture.name for original in originals if original.number in plan.counts),
    )


def check_agreement(report: Report, frame_flows: FrameFlows) -> None:
    """Raise AnalyzerError if reading the captures again does not give the flows of the report."""
    # A rule may have exchanged originator and responder: only the sums are comparable.
    flows, table = report.flows, frame_flows.table
    same = len(flows) == len(table) and np.array_equal(flows["first_frame"], table.first_frame)
    for name, counts in (
        ("pkts", table.orig.pkts + table.resp.pkts),
        ("bytes", table.orig.payload_bytes + table.resp.payload_bytes),
        ("ip_bytes", table.orig.ip_bytes + table.resp.ip_bytes),
    ):
        same = same and np.array_equal(flows[f"orig_{name}"] + flows[f"resp_{name}"], counts)
    if not same:
        raise AnalyzerError(
            f"reading the captures again does not give the flows of this report, which version {report.meta.version} "
            f"wrote (this is {VERSION}): analyse them again, and extract from the new report"
        )


def count_frames(plan: Plan) -> None:
    """Count the frames to write, by capture."""
    for original in plan.originals:
        packets = related = 0
        for start in range(0, original.capture.frames, AT_ONCE):
            _, _, own = plan.chosen(original.number, start, min(AT_ONCE, original.capture.frames - start))
            packets, related = packets + int(own.sum()), related + int((~own).sum())
        if packets or related:
            plan.counts[original.number] = packets, related


def option_text(choice: Choice) -> str:
    """The choice as options of the command line."""
    kinds = (("finding", choice.findings), ("flow", choice.flows), ("verdict", choice.verdicts))
    return " ".join(f"--{kind} {name}" for kind, names in kinds for name in names)


def octets(plan: Plan, options: str, progress: Progress) -> Iterator[bytes]:
    """The capture, block by block."""
    frames = sum(packets + related for packets, related in plan.counts.values())
    about = f"Extracted for {options}: {frames} frames of {int(plan.wanted.sum())} flows."
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
    """The chosen frames of a capture, each interface before its first frame. Interfaces without a chosen frame are left
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
                yield interface_block(walk.interfaces[frame.interface], original)
            comment = why.pop(line, "") if packet else ""
            yield blocks.packet(written[key], frame.ticks, frame.octets, frame.original, comment)


def interface_block(interface: Interface, original: Original) -> bytes:
    """An interface with the name of its capture."""
    name = blocks.text(blocks.COMMENT, visible(f"{original.capture.name}, SHA-256 {original.capture.sha256}"))
    return blocks.interface(interface.link, interface.snaplen, name, *interface.options)
