"""pyshark: a plain dictionary from 5-tuples to packets and octets; no packet is kept."""

import json
import sys
import time

import pyshark


def main(capture: str) -> None:
    begin = time.perf_counter()
    flows: dict[tuple[object, ...], list[int]] = {}
    packets = 0
    reader = pyshark.FileCapture(capture, keep_packets=False)
    for packet in reader:
        packets += 1
        names = {layer.layer_name for layer in packet.layers}
        ip = packet.ip if "ip" in names else packet.ipv6 if "ipv6" in names else None
        if ip is None:
            continue
        kind = "tcp" if "tcp" in names else "udp" if "udp" in names else ""
        segment = packet[kind] if kind else None
        ports = (segment.srcport, segment.dstport) if segment is not None else ("", "")
        here, there = (ip.src, ports[0]), (ip.dst, ports[1])
        key = (kind, here, there) if here < there else (kind, there, here)
        flow = flows.setdefault(key, [0, 0])
        flow[0] += 1
        flow[1] += int(packet.length)
    reader.close()
    seconds = time.perf_counter() - begin
    sys.stdout.write(json.dumps({"seconds": seconds, "packets": packets, "flows": len(flows)}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
