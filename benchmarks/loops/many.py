"""DPM Analyzer: small captures, each an analysis of its own, in one process. ``many.py ANALYSES PACKETS``; prints the
processor seconds of one, without those before everything is loaded."""

import json
import sys
import tempfile
import time
from pathlib import Path

import analyzer
from benchmarks.generate import generate
from benchmarks.plan import Plan


def main(analyses: str, packets: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "small.pcap")
        generate(path, Plan(packets=int(packets), flows=20, alive=5, boots=0))
        for _ in range(3):
            analyzer.analyze(str(path), dissect=False)
        begin = time.process_time()
        for _ in range(int(analyses)):
            analyzer.analyze(str(path), dissect=False)
        seconds = (time.process_time() - begin) / int(analyses)
    sys.stdout.write(json.dumps({"seconds": seconds}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
