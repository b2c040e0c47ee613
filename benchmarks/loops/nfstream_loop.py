"""NFStream: every flow, without statistics and without looking for applications. ``nfstream_loop.py METERS FILE``;
0 meters: as many as it chooses itself."""

import json
import sys
import time

from nfstream import NFStreamer


def main(meters: str, capture: str) -> None:
    begin = time.perf_counter()
    packets = flows = 0
    streamer = NFStreamer(source=capture, statistical_analysis=False, n_dissections=0, n_meters=int(meters))
    for flow in streamer:
        flows += 1
        packets += flow.bidirectional_packets
    seconds = time.perf_counter() - begin
    sys.stdout.write(json.dumps({"seconds": seconds, "packets": packets, "flows": flows}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
