"""DPM Analyzer: captures to flow table, by compiled kernels. ``ours.py SMALL MAX_FLOWS [--hashed] CAPTURE...``; SMALL
is read first, to load them (``-``: none)."""

import json
import sys
import time

from analyzer.flows.assembler import Watch
from analyzer.flows.options import ReadOptions
from analyzer.flows.read import read_captures
from analyzer.kernel import loading


def main(small: str, max_flows: str, *words: str) -> None:
    captures = [word for word in words if word != "--hashed"]
    interpreted = not loading.may_compile()
    if small != "-":
        read_captures([small], watch=Watch(), interpreted=interpreted)
    begin = time.perf_counter()
    options = ReadOptions(max_flows=int(max_flows))
    evidence = read_captures(
        captures, watch=Watch(), options=options, interpreted=interpreted, hashed="--hashed" in words
    )
    seconds = time.perf_counter() - begin
    frames = sum(facts.frames for facts in evidence.captures)
    sys.stdout.write(json.dumps({"seconds": seconds, "packets": frames, "flows": len(evidence.table)}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
