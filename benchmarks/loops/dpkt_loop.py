"""dpkt: a plain dictionary from 5-tuples to packets and octets."""

import json
import sys
import time
from pathlib import Path

import dpkt


def main(capture: str) -> None:
    begin = time.perf_counter()
    flows: dict[tuple[object, ...], list[int]] = {}
    packets = 0
    ethernet, tcp, udp = dpkt.ethernet.Ethernet, dpkt.tcp.TCP, dpkt.udp.UDP
    internet = (dpkt.ip.IP, dpkt.ip6.IP6)
    with Path(capture).open("rb") as file:
        for _, octets in dpkt.pcap.UniversalReader(file):
            packets += 1
            ip = ethernet(octets).data
            if not isinstance(ip, internet):
                continue
            segment = ip.data
            ports = (segment.sport, segment.dport) if isinstance(segment, (tcp, udp)) else (0, 0)
            here, there = (ip.src, ports[0]), (ip.dst, ports[1])
            key = (ip.p, here, there) if here < there else (ip.p, there, here)
            flow = flows.get(key)
            if flow is None:
                flows[key] = [1, len(octets)]
            else:
                flow[0] += 1
                flow[1] += len(octets)
    seconds = time.perf_counter() - begin
    sys.stdout.write(json.dumps({"seconds": seconds, "packets": packets, "flows": len(flows)}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
