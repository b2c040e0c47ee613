"""The packets of a flow as pyshark has them: cut out of the captures, dissected whole, nothing left behind."""

import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any
from warnings import warn

from analyzer import dissect
from analyzer.capture.containers import blocks
from analyzer.errors import AnalyzerError
from analyzer.extract import Choice, extract
from analyzer.flows.reading.reader import Progress
from analyzer.messages.english import sentence
from analyzer.report import Report
from analyzer.units import plural


def packets_of(  # noqa: PLR0913 - what, from where, how many and how long
    report: Report, choice: Choice, captures: Sequence[str], *, first: int | None, seconds: float, progress: Progress
) -> list[Any]:
    """pyshark's packets of the flows that are asked for, in the order of the captures. ``first``: that many at most.

    Raises:
        AnalyzerError: there is no tshark, it failed, or it took longer than ``seconds``; no such flow.
        CaptureError: a capture is not there, or is not as it was.
    """
    if not dissect.find_tshark():
        raise AnalyzerError("no packet can be shown: tshark was not found (install Wireshark's tshark)")
    with tempfile.TemporaryDirectory(prefix="flow-") as folder:
        path, counted = Path(folder) / "flow.pcapng", Counted(first)

        def sink(octets: Iterator[bytes], _never: Sequence[Path]) -> None:
            with path.open("wb") as file:
                file.writelines(counted.of(octets))

        done = extract(report, choice, captures, sink, progress)
        found, problem = dissect.packets(path, counted.frames, seconds=seconds, tftp_ports=transfers(report, choice))
    if problem:
        failed = sentence(problem).rstrip(".")
        raise AnalyzerError(f"{failed}; seconds={seconds:g} is the time limit, first={first} the number")
    total = done.packets + done.related
    if len(found) < total:
        warn(f"these are the first {len(found):,} of {plural(total, 'packet')}: first=None gives all", stacklevel=3)
    return found


class Counted:
    """Blocks of a capture up to so many packets (None: all); ``frames``: how many there were."""

    def __init__(self, most: int | None) -> None:
        self.most, self.frames = most, 0

    def of(self, octets: Iterator[bytes]) -> Iterator[bytes]:
        for block in octets:
            if int.from_bytes(block[:4], "little") == blocks.PACKET:
                if self.frames == self.most:
                    return
                self.frames += 1
            yield block


def transfers(report: Report, choice: Choice) -> frozenset[int]:
    """The ports of TFTP transfers among the flows: they are none that tshark knows by number."""
    seen = report.meta.observations
    moved = [flow for flow in choice.flows if "request" in seen.get(flow, {})]
    lines = report.flows[report.flows["flow"].isin(moved)]
    return frozenset(port for port in chain(lines["orig_p"].tolist(), lines["resp_p"].tolist()) if port > 0)
