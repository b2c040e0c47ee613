"""Wireshark's display filters for flows."""

import ipaddress
import re
from functools import lru_cache
from typing import Any, NamedTuple


def display_filter(flow: dict[str, Any]) -> str:
    """Wireshark's display filter for a flow and its like; empty where there is no flow. Never holds foreign text."""
    ends = [address for side in ("orig_h", "resp_h") if (address := _address(flow.get(side, "")))]
    terms = [end.term for end in ends]
    if any(end.unspecified for end in ends) and re.fullmatch(r"[0-9a-f:]{17}", flow["orig_mac"]):
        terms.append(f"eth.addr == {flow['orig_mac']}")
    proto, port = flow.get("proto", ""), flow.get("resp_p", -1)
    if proto in ("tcp", "udp"):
        terms.append(f"{proto}.port == {port}" if port >= 0 else proto)
    elif proto in ("icmp", "icmp6"):
        terms.append("icmpv6" if proto == "icmp6" else "icmp")
    elif proto.isascii() and proto.isdigit():
        terms.append(f"{'ipv6.nxt' if any(end.version == 6 for end in ends) else 'ip.proto'} == {proto}")
    return " && ".join(terms)


class _Address(NamedTuple):
    """``term``: what a filter says of it."""

    version: int
    unspecified: bool
    term: str


@lru_cache(1 << 16)
def _address(text: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    kind = "ipv6" if address.version == 6 else "ip"
    return _Address(address.version, address.is_unspecified, f"{kind}.addr == {address}")
