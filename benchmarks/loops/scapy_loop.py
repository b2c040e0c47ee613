"""scapy: a plain dictionary from 5-tuples to packets and octets; only the layers that are needed are dissected."""

import json
import sys
import time

from scapy.config import conf
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.utils import PcapReader


def main(capture: str) -> None:
    begin = time.perf_counter()
    flows: dict[tuple[object, ...], list[int]] = {}
    packets = 0
    conf.layers.filter([Ether, IP, IPv6, TCP, UDP])
    with PcapReader(capture) as reader:
        for packet in reader:
            packets += 1
            ip = packet.getlayer(IP) or packet.getlayer(IPv6)
            if ip is None:
                continue
            segment = ip.payload
            ports = (segment.sport, segment.dport) if isinstance(segment, TCP | UDP) else (0, 0)
            protocol = ip.proto if isinstance(ip, IP) else ip.nh
            here, there = (ip.src, ports[0]), (ip.dst, ports[1])
            key = (protocol, here, there) if here < there else (protocol, there, here)
            flow = flows.setdefault(key, [0, 0])
            flow[0] += 1
            flow[1] += packet.wirelen
    seconds = time.perf_counter() - begin
    sys.stdout.write(json.dumps({"seconds": seconds, "packets": packets, "flows": len(flows)}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
