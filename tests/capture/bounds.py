"""Run by test_bounds in a process of its own: every frame of the given captures, alone in an array of its own size,
through compiled kernels that check every index; then whole captures. Prints how many frames there were."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from analyzer.capture.containers.reader import chunks
from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.sources.source import open_source
from analyzer.capture.sources.window import Window
from analyzer.errors import CaptureError
from analyzer.flows.assembler import Watch
from analyzer.flows.read import read_captures
from analyzer.kernel import loading
from tests.conftest import public_folder
from tests.program import ROOT

MOST_OCTETS = 1 << 20
"""Larger captures contain no other headers than small ones."""
PUBLIC = ("tcpdump", "libpcap", "zeek/Traces/tunnels", "arkime/pcap")


def captures() -> Iterator[Path]:
    yield from sorted((ROOT / "sample_pcaps").glob("*/*.pcap*"))
    for folder in PUBLIC:
        yield from sorted(path for path in (public_folder() / folder).rglob("*") if path.is_file())


def decode_only(path: Path) -> int:
    """Decode each frame of a capture by itself; how many there are."""
    decode = loading.compiled("analyzer.capture.kernel.decode").decode
    row = np.zeros(f.ROW_WIDTH, dtype=np.int64)
    frames = 0
    window = Window(open_source(str(path), path.name), loading.KernelMode(interpreted=False, fixed=True))
    for chunk in chunks(window):
        for at, captured, original, _, link, _ in chunk.records[: chunk.count, : f.R_WIDTH].tolist():
            single = np.array(chunk.octets[at : at + captured])
            decode(single, 0, captured, original, link, 1, row)
            decode(single, 0, captured, original, f.ETHERNET, 1, row)
            frames += 1
    window.source.close()
    return frames


def main() -> None:
    frames = 0
    for path in captures():
        if path.stat().st_size > MOST_OCTETS:
            continue
        try:
            frames += decode_only(path)
            read_captures([str(path)], watch=Watch(frozenset({67, 69}), 100), interpreted=False)
        except CaptureError:
            continue
    sys.stdout.write(f"{frames} frames\n")


if __name__ == "__main__":
    main()
