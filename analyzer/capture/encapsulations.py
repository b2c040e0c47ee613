"""The names of encapsulations that are not read.

Sources: IEEE's list of Ethernet types, IANA's lists of protocol numbers, PPP protocols and ports, the tcpdump group's
registry of link types.
"""

from collections.abc import Callable, Mapping

from analyzer.capture.frame import link_name, tunnel_names
from analyzer.capture.kernel import unread as u

FURTHER_KINDS = "further kinds"
"""The name of all encapsulations beyond those that are kept apart."""

_ETHER_TYPES = {
    0x4305: "B.A.T.M.A.N.", 0x876B: "compressed TCP/IP", 0x8847: "MPLS", 0x8863: "PPPoE discovery", 0x8899: "Realtek",
    0x88A4: "EtherCAT", 0x88B7: "802 OUI-extended", 0x894F: "NSH", 0xA0ED: "6LoWPAN", 0xD28B: "Arista time stamp",
}  # fmt: skip
_IP_PROTOCOLS = {
    47: "gre", 55: "mobile IP", 94: "ipip", 97: "etherip", 98: "encap", 103: "pim", 108: "ipcomp", 115: "l2tpv3",
    137: "mpls-in-ip", 143: "ethernet-in-ip",
}  # fmt: skip
_UDP_PORTS = {
    1701: "l2tp", 2152: "gtp", 3544: "teredo", 4341: "lisp", 4789: "vxlan", 5072: "ayiya", 5247: "capwap", 6080: "gue",
    6081: "geneve", 12222: "lwapp", 37008: "tzsp",
}  # fmt: skip
_PPP_PROTOCOLS = {
    0x2D: "compressed TCP/IP", 0x2F: "uncompressed TCP/IP", 0x31: "bridging", 0x3D: "multilink",
    0xFB: "compression in a link", 0xFD: "compression",
}  # fmt: skip
_WIRELESS = {u.WIRELESS_FRAGMENT: "802.11 fragment", u.WIRELESS_AGGREGATE: "802.11 A-MSDU"}


def _named(names: Mapping[int, str], number: int, plain: str) -> str:
    """The plain name in brackets behind the name of the number, if it has one."""
    return f"{names[number]} ({plain})" if number in names else plain


_NAMES: dict[int, Callable[[int], str]] = {
    u.BY_ETHER_TYPE: lambda number: _named(_ETHER_TYPES, number, f"EtherType 0x{number:04X}"),
    u.BY_LINK_TYPE: link_name,
    u.BY_IP_PROTOCOL: lambda number: _named(_IP_PROTOCOLS, number, f"IP protocol {number}"),
    u.BY_UDP_PORT: lambda number: _named(_UDP_PORTS, number, f"UDP port {number}"),
    u.BY_TUNNEL: lambda bit: tunnel_names(bit)[0],
    u.BY_PPP_PROTOCOL: lambda number: _named(_PPP_PROTOCOLS, number, f"PPP protocol 0x{number:04X}"),
    u.BY_SERVICE_POINTS: lambda number: f"LLC 0x{number:04X}",
    u.BY_ORGANISATION: lambda number: f"SNAP {number >> 16:06X}:{number & 0xFFFF:04X}",
    u.BY_FAMILY: lambda number: f"address family {number}",
    u.BY_WIRELESS: lambda number: _WIRELESS[number],
}


def encapsulation_name(kind: int) -> str:
    """The name of an encapsulation, a number of ``capture.kernel.unread``: ``EtherType 0x1234``, ``tzsp (UDP port
    37008)``, ``juniper-ethernet (link type 178)``; FURTHER_KINDS for 0."""
    known_by, number = divmod(kind, u.KIND)
    return _NAMES[known_by](number) if known_by else FURTHER_KINDS


def count_by_name(frames: Mapping[int, int]) -> dict[str, int]:
    """Frames by the name of what was not read, sorted by name; ``frames``: by its number."""
    counts: dict[str, int] = {}
    for kind, count in frames.items():
        name = encapsulation_name(kind)
        counts[name] = counts.get(name, 0) + count
    return dict(sorted(counts.items()))
