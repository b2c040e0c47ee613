"""Loads rulesets into fresh network namespaces, sends frames into them, and prints what the rules counted.

Run as a program, by root: a list of ``{"ruleset": text, "frames": [hex]}`` on standard input; on standard output, for
each, how many frames came as far as the ruleset and how many of them its chain ``rows`` accepted. A namespace has no
name and ends with its last process, so nothing is left behind in any case.
"""

import ctypes
import ipaddress
import json
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CLONE_NEWNET = 0x40000000
ROUTER_MAC = "02:ff:ff:ff:ff:01"
SENDER_MAC = "02:ff:ff:ff:ff:02"
GROUPS = ("239.1.2.3", "232.9.9.9", "224.0.0.251")
GROUPS6 = ("ff15::77", "ff02::fb")
LAST_PORT = 9
PATIENCE = 10.0
"""Seconds until frames that do not arrive are an error."""

# The router has both ends of a cable: what is sent into one arrives at the other. Everything is routed to out0.
LINKS = f"""
link set lo up
link add in0 address {ROUTER_MAC} type veth peer name tap0 address {SENDER_MAC}
link add out0 type veth peer name away0
link set in0 up
link set tap0 arp off multicast off
link set tap0 up
link set out0 arp off
link set away0 up
link set out0 up
address add 198.51.100.1/32 dev in0
route add default dev out0
route add ::/0 dev out0
"""
SETTINGS = {
    "ipv4/ip_forward": "1",
    "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/default/rp_filter": "0",
    "ipv6/conf/all/forwarding": "1",
    "ipv6/conf/all/disable_ipv6": "0",
    "ipv6/conf/default/dad_transmits": "0",
}
# Counts what reaches the hooks of the ruleset, and a frame that is sent last: what was sent before it has passed then.
COUNTERS = f"""
table inet seen {{
    chain last {{ type filter hook input priority -2; udp dport {LAST_PORT} ip saddr 198.51.100.2 counter drop; }}
    chain input {{ type filter hook input priority -1; iifname in0 counter; }}
    chain forward {{ type filter hook forward priority -1; iifname in0 counter; }}
}}
"""


def enter() -> None:
    """Move this process into a new namespace, and make it a router."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no network namespace can be made")
    for name, value in SETTINGS.items():
        path = Path("/proc/sys/net", name)
        if path.exists():
            path.write_text(value)
    subprocess.run(["ip", "-batch", "-"], input=LINKS, text=True, check=True)


def join_groups() -> list[socket.socket]:
    """Multicast is delivered, and filtered on its way in, if a socket has joined the group."""
    index = socket.if_nametoindex("in0")
    four, six = (socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, socket.AF_INET6))
    for group in GROUPS:
        member = struct.pack("=4s4si", ipaddress.ip_address(group).packed, bytes(4), index)
        four.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    for group in GROUPS6:
        member = struct.pack("=16si", ipaddress.ip_address(group).packed, index)
        six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, member)
    return [four, six]


def to_router(frame: bytes) -> bytes:
    """The frame as the router gets it: unicast goes to its MAC."""
    return frame if frame[0] & 1 else bytes.fromhex(ROUTER_MAC.replace(":", "")) + frame[6:]


def last_frame() -> bytes:
    udp = struct.pack(">HHHH", LAST_PORT, LAST_PORT, 8, 0)
    addresses = socket.inet_aton("198.51.100.2") + socket.inet_aton("198.51.100.1")
    header = struct.pack(">BBHHHBBH", 0x45, 0, 28, 0, 0, 64, 17, 0) + addresses
    total = sum(struct.unpack(">10H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    header = header[:10] + struct.pack(">H", ~total & 0xFFFF) + header[12:]
    macs = bytes.fromhex((ROUTER_MAC + SENDER_MAC).replace(":", ""))
    return macs + struct.pack(">H", 0x0800) + header + udp


def counters() -> dict[tuple[str, str], int]:
    """(table, chain) -> packets that its rules have accepted or counted."""
    listed = subprocess.run(["nft", "-j", "list", "ruleset"], capture_output=True, text=True, check=True)
    found: dict[tuple[str, str], int] = {}
    for part in json.loads(listed.stdout)["nftables"]:
        rule: dict[str, Any] = part.get("rule", {})
        for expression in rule.get("expr", []):
            if "counter" in expression:
                key = rule["table"], rule["chain"]
                found[key] = found.get(key, 0) + expression["counter"]["packets"]
    return found


def counted(ruleset: str, frames: list[bytes]) -> tuple[int, int]:
    """(frames that reached the ruleset, frames that it accepted for a row)."""
    enter()
    subprocess.run(["nft", "-f", "-"], input=ruleset + COUNTERS, text=True, check=True)
    joined = join_groups()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind(("tap0", 0))
        for frame in (*map(to_router, frames), last_frame()):
            wire.send(frame)
    until = time.monotonic() + PATIENCE
    while not (found := counters()).get(("seen", "last")):
        if time.monotonic() > until:
            raise TimeoutError("the frames did not arrive in the namespace")
        time.sleep(0.005)
    for one in joined:
        one.close()
    seen = sum(found.get(("seen", hook), 0) for hook in ("input", "forward"))
    return seen, found.get(("dpm_analyzer", "rows"), 0)


def main() -> None:
    asked = json.load(sys.stdin)
    os.environ["PATH"] += os.pathsep + "/usr/sbin" + os.pathsep + "/sbin"
    counts = [counted(one["ruleset"], [bytes.fromhex(frame) for frame in one["frames"]]) for one in asked]
    json.dump(counts, sys.stdout)


if __name__ == "__main__":
    main()
