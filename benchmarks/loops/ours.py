"""DPM Analyzer: capture to flow table, by compiled kernels. ``ours.py SMALL MOST_FLOWS CAPTURE [hashed]``; SMALL is
read first, to load them (``-``: none)."""

import json
import sys
import time

from analyzer import kernel
from analyzer.flows.assembler import Watch
from analyzer.flows.build import read_captures


def main(small: str, most_flows: str, capture: str, hashed: str = "") -> None:
    interpreted = not kernel.may_compile()
    if small != "-":
        read_captures([small], watch=Watch(), interpreted=interpreted)
    begin = time.perf_counter()
    evidence = read_captures(
        [capture], watch=Watch(), interpreted=interpreted, most_flows=int(most_flows), hashed=bool(hashed)
    )
    seconds = time.perf_counter() - begin
    frames = sum(facts.frames for facts in evidence.captures)
    sys.stdout.write(json.dumps({"seconds": seconds, "packets": frames, "flows": len(evidence.table)}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
