"""DPM Analyzer: captures to flow table, by compiled kernels. ``ours.py SMALL MOST_FLOWS [--hashed] CAPTURE...``; SMALL
is read first, to load them (``-``: none)."""

import json
import sys
import time

from analyzer.kernel import loading as kernel
from analyzer.flows.assembler import Watch
from analyzer.flows.read import read_captures


def main(small: str, most_flows: str, *words: str) -> None:
    captures = [word for word in words if word != "--hashed"]
    interpreted = not kernel.may_compile()
    if small != "-":
        read_captures([small], watch=Watch(), interpreted=interpreted)
    begin = time.perf_counter()
    evidence = read_captures(
        captures, watch=Watch(), interpreted=interpreted, most_flows=int(most_flows), hashed="--hashed" in words
    )
    seconds = time.perf_counter() - begin
    frames = sum(facts.frames for facts in evidence.captures)
    sys.stdout.write(json.dumps({"seconds": seconds, "packets": frames, "flows": len(evidence.table)}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
