"""The networks' own words: protocols, ports, casts, addresses, the community id. No I/O, and no DPM port number.

Addresses travel inside as four 32-bit words, most significant first; an IPv4 address is the last word alone.
Port numbers here are IANA's (service names registry); ICMP types are RFC 792's and RFC 4443's.
"""

import ipaddress
import struct
from binascii import b2a_base64
from functools import lru_cache
from hashlib import sha1
from socket import inet_ntoa

ICMP, IGMP, TCP, UDP, ICMP6, SCTP = 1, 2, 6, 17, 58, 132

PROTOCOLS = {ICMP: "icmp", TCP: "tcp", UDP: "udp", ICMP6: "icmp6"}
PROTOCOL_NUMBERS = {name: number for number, name in PROTOCOLS.items()}

DHCP_SERVER, DHCP_CLIENT, TFTP, PXE = 67, 68, 69, 4011
DHCP_RELAY = 1067
"""Where some relays are answered; no registered port."""
DHCP6_CLIENT, DHCP6_SERVER = 546, 547

SERVICES = {
    ("tcp", 20): "ftp-data", ("tcp", 21): "ftp", ("tcp", 22): "ssh", ("tcp", 23): "telnet", ("tcp", 25): "smtp",
    ("tcp", 53): "dns", ("udp", 53): "dns", ("udp", 67): "dhcp", ("udp", 68): "dhcp", ("udp", 69): "tftp",
    ("tcp", 80): "http", ("tcp", 88): "kerberos", ("udp", 88): "kerberos", ("tcp", 110): "pop3",
    ("tcp", 111): "sunrpc", ("udp", 111): "sunrpc", ("udp", 123): "ntp", ("tcp", 135): "epmap", ("udp", 137): "nbns",
    ("udp", 138): "nbdgm", ("tcp", 139): "netbios-ssn", ("tcp", 143): "imap", ("udp", 161): "snmp",
    ("udp", 162): "snmptrap", ("tcp", 389): "ldap", ("udp", 389): "ldap", ("tcp", 443): "https", ("udp", 443): "quic",
    ("tcp", 445): "smb", ("udp", 514): "syslog", ("udp", 546): "dhcpv6", ("udp", 547): "dhcpv6",
    ("tcp", 587): "submission", ("tcp", 636): "ldaps", ("tcp", 993): "imaps", ("tcp", 995): "pop3s",
    ("tcp", 1433): "ms-sql", ("tcp", 1521): "oracle", ("udp", 1900): "ssdp", ("tcp", 2049): "nfs",
    ("tcp", 3306): "mysql", ("tcp", 3389): "rdp", ("udp", 3389): "rdp", ("udp", 3702): "ws-discovery",
    ("udp", 4011): "pxe", ("tcp", 5432): "postgresql", ("udp", 5353): "mdns", ("udp", 5355): "llmnr",
    ("tcp", 5900): "vnc", ("tcp", 5985): "winrm", ("tcp", 5986): "winrms", ("tcp", 8080): "http-alt",
}  # fmt: skip
"""Names of well-known services, by the responder's port: a label from the number, never evidence of the protocol."""

RECEIVERS = frozenset({("udp", 138), ("udp", 162), ("udp", 514), ("tcp", 20)})
"""Services of SERVICES whose port does not show which end opened a flow: datagrams come from it, too, or connections
are opened from it."""

ASKS = frozenset(
    {("udp", port) for port in (53, 67, 69, 88, 111, 123, 137, 161, 389, 500, 547, 4011, 4500, 5355)}
    | {("icmp", kind) for kind in (8, 13, 15, 17)}
    | {("icmp6", 128)}
)
"""Services whose requests require an answer, so that a missing answer is evidence. TCP always requires one."""

ICMP_NAMES = {
    ("icmp", 0): "echo-reply", ("icmp", 3): "unreachable", ("icmp", 5): "redirect", ("icmp", 8): "echo",
    ("icmp", 9): "router-advertisement", ("icmp", 10): "router-solicitation", ("icmp", 11): "time-exceeded",
    ("icmp", 13): "timestamp", ("icmp6", 1): "unreachable", ("icmp6", 2): "packet-too-big",
    ("icmp6", 3): "time-exceeded", ("icmp6", 128): "echo", ("icmp6", 130): "mld-query", ("icmp6", 131): "mld-report",
    ("icmp6", 132): "mld-done", ("icmp6", 133): "router-solicitation", ("icmp6", 134): "router-advertisement",
    ("icmp6", 135): "neighbour-solicitation", ("icmp6", 136): "neighbour-advertisement", ("icmp6", 137): "redirect",
    ("icmp6", 143): "mld-report",
}  # fmt: skip

ARCHITECTURES = {
    0: "x86 BIOS", 1: "NEC PC-98", 2: "Itanium UEFI", 3: "DEC Alpha", 4: "Arc x86", 5: "Intel Lean Client",
    6: "x86 UEFI", 7: "x64 UEFI", 8: "Xscale UEFI", 9: "EBC UEFI", 10: "ARM 32-bit UEFI", 11: "ARM 64-bit UEFI",
    15: "x86 UEFI HTTP", 16: "x64 UEFI HTTP", 17: "EBC UEFI HTTP", 18: "ARM 32-bit UEFI HTTP",
    19: "ARM 64-bit UEFI HTTP", 20: "x86 BIOS HTTP",
}  # fmt: skip
"""Processor architecture types: RFC 4578 and IANA's registry after it (7 and 9 as the registry corrected them)."""

TFTP_ERRORS = {
    0: "not defined", 1: "file not found", 2: "access violation", 3: "disk full", 4: "illegal operation",
    5: "unknown transfer", 6: "file already exists", 7: "no such user", 8: "options refused",
}  # fmt: skip
"""Codes of TFTP's ERROR packets: RFC 1350, and 8 of RFC 2347."""

NEIGHBOUR_TYPES = frozenset({130, 131, 132, 133, 134, 135, 136, 137, 143})
"""ICMPv6 types of neighbour discovery and multicast listener discovery (RFC 4861, 2710, 3810)."""

ICMP_ERRORS = frozenset({3, 4, 5, 11, 12})
ICMP6_ERRORS = frozenset({1, 2, 3, 4})

COMMUNITY_PAIRS = {
    ICMP: {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 10: 9, 9: 10, 17: 18, 18: 17},
    ICMP6: {128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 130: 131, 131: 130, 144: 145, 145: 144},
}
"""ICMP types that answer each other share a community id."""
COMMUNITY_PORTS = frozenset({TCP, UDP, ICMP, ICMP6, SCTP})
"""Protocols whose ports (ICMP: types) are part of a community id."""
_PORTS = struct.Struct(">HH")


def architecture_name(number: int) -> str:
    """The architecture of a PXE client in words; nothing for -1."""
    return ARCHITECTURES.get(number, f"architecture {number}") if number >= 0 else ""


def protocol_name(number: int) -> str:
    """``tcp``, ``udp``, ``icmp``, ``icmp6``, or the number itself as text."""
    return PROTOCOLS.get(number) or str(number)


def service_name(proto: str, orig_p: int, resp_p: int) -> str:
    """The service of a flow in words and numbers: ``tcp/3389 (rdp)``, ``icmp/8 (echo)``, ``47``."""
    if proto in ("icmp", "icmp6"):
        number, name = orig_p, ICMP_NAMES.get((proto, orig_p))
    elif proto in ("tcp", "udp"):
        number, name = resp_p, SERVICES.get((proto, resp_p))
    else:
        return f"ip/{proto}"
    return f"{proto}/{number} ({name})" if name else f"{proto}/{number}"


@lru_cache(maxsize=65536)
def address_text(version: int, words: tuple[int, int, int, int]) -> str:
    """The address that four 32-bit words hold, in its usual spelling (IPv6: RFC 5952)."""
    if version == 4:
        return inet_ntoa(words[3].to_bytes(4))
    return str(ipaddress.IPv6Address(struct.pack(">4I", *words)))


def mac_text(mac: int) -> str:
    """``02:00:00:00:0a:21`` of a 48-bit number; nothing for -1, where the link layer has no such address."""
    return "" if mac < 0 else mac.to_bytes(6).hex(":")


def mac_number(text: str) -> int:
    """The 48-bit number of what ``mac_text`` wrote; -1 for nothing."""
    return int(text.replace(":", ""), 16) if text else -1


def is_multicast(address: str) -> bool:
    """Whether an address in its usual spelling is a group's: 224.0.0.0/4 or ff00::/8."""
    if ":" in address:
        return address.startswith("ff") and len(address.partition(":")[0]) == 4
    return 224 <= int(address.partition(".")[0]) <= 239


LINK_PROTOCOLS = frozenset({2, 46, 88, 89, 103, 112})
"""Protocols that hosts and routers of one link use with its groups: IGMP, RSVP, EIGRP, OSPF, PIM, VRRP and CARP."""

LINK_PORTS = frozenset(
    {
        319, 320, 520, 521, 646, 698, 1900, 1985, 2029, 3222, 3702, 5350, 5351, 5353, 5355, 6696,
    }
)  # fmt: skip
"""UDP ports of such protocols: PTP, RIP, RIPng, LDP, OLSR, SSDP, HSRP (two), GLBP, WS-Discovery, NAT-PMP (two), mDNS,
LLMNR, Babel."""


def is_address(text: str) -> bool:
    """Whether a text is an address of IPv4 or IPv6."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_link_multicast(address: str) -> bool:
    """An address that no router forwards: 224.0.0.0/24 (RFC 5771), ff02::/16 and narrower (RFC 4291)."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed.packed[:3] == b"\xe0\x00\x00"
    return parsed.packed[0] == 0xFF and parsed.packed[1] & 15 <= 2


def community_id(proto: int, source: str, target: str, sport: int, dport: int) -> str:
    """The flow's community id, version 1, seed 0 (the Community ID specification).

    For ICMP, ``sport`` is the type and ``dport`` the code; types that answer each other share an id.
    """
    one, two = ipaddress.ip_address(source).packed, ipaddress.ip_address(target).packed
    one_way = False
    if proto in COMMUNITY_PAIRS:
        one_way = sport not in COMMUNITY_PAIRS[proto]
        dport = COMMUNITY_PAIRS[proto].get(sport, dport)
    if not one_way and (one, sport) > (two, dport):
        one, two, sport, dport = two, one, dport, sport
    data = b"\0\0" + one + two + bytes((proto, 0))
    if proto in COMMUNITY_PORTS:
        data += _PORTS.pack(sport, dport)
    return "1:" + b2a_base64(sha1(data, usedforsecurity=False).digest(), newline=False).decode()
