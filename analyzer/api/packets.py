"""The packets of a flow as pyshark objects: extracted from the captures and dissected in a temporary folder."""

import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any
from warnings import warn

from analyzer import dissect
from analyzer.capture.containers.blocks import PACKET
from analyzer.errors import AnalyzerError
from analyzer.extract import Choice, extract
from analyzer.flows.reading.reader import Progress
from analyzer.messages.english import sentence
from analyzer.report import Report
from analyzer.units import plural


def packets_of(  # noqa: PLR0913 - three of them by keyword
    report: Report, choice: Choice, captures: Sequence[str], *, first: int | None, seconds: float, progress: Progress
) -> list[Any]:
    """pyshark's packets of the chosen flows, in the order of the captures. ``first``: at most so many packets.

    Raises:
        AnalyzerError: tshark is missing, failed or took longer than ``seconds``; or there is no such flow.
        CaptureError: a capture is missing, or was changed.
    """
    if not dissect.find_tshark():
        raise AnalyzerError("no packet can be shown: tshark was not found; install tshark")
    with tempfile.TemporaryDirectory(prefix="flow-") as folder:
        path, limited = Path(folder) / "flow.pcapng", PacketLimit(first)

        def sink(octets: Iterator[bytes], _never: Sequence[Path]) -> None:
            with path.open("wb") as file:
                file.writelines(limited.blocks(octets))

        done = extract(report, choice, captures, sink, progress)
        found, problem = dissect.packets(
            path, limited.frames, seconds=seconds, tftp_ports=transfer_ports(report, choice)
        )
    if problem:
        failed = sentence(problem).rstrip(".")
        raise AnalyzerError(f"{failed}; seconds={seconds:g} is the time limit, first={first} the number")
    total = done.packets + done.related
    if len(found) < total:
        warn(f"these are the first {len(found):,} of {plural(total, 'packet')}: first=None gives all", stacklevel=3)
    return found


class PacketLimit:
    """Passes the blocks of a capture up to ``most`` packets (None: all); ``frames``: how many packets it passed."""

    def __init__(self, most: int | None) -> None:
        self.most, self.frames = most, 0

    def blocks(self, octets: Iterator[bytes]) -> Iterator[bytes]:
        for block in octets:
            if int.from_bytes(block[:4], "little") == PACKET:
                if self.frames == self.most:
                    return
                self.frames += 1
            yield block


def transfer_ports(report: Report, choice: Choice) -> frozenset[int]:
    """The ports of TFTP transfers among the flows: tshark does not recognise them by number."""
    observations = report.meta.observations
    transfers = [flow for flow in choice.flows if "request" in observations.get(flow, {})]
    lines = report.flows[report.flows["flow"].isin(transfers)]
    return frozenset(port for port in chain(lines["orig_p"].tolist(), lines["resp_p"].tolist()) if port > 0)
