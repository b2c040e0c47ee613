"""Addresses, ports and protocols as hosts write them, each brought to the spelling of the flow table."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from analyzer.host_evidence.model import NO_PORT

WILDCARD = ""
"""Any local address: 0.0.0.0, ``::`` and ``*``."""

_PROTOCOLS = {"6": "tcp", "17": "udp", "tcp": "tcp", "udp": "udp", "tcp4": "tcp", "udp4": "udp", "tcp6": "tcp",
              "udp6": "udp", "tcpv4": "tcp", "tcpv6": "tcp", "udpv4": "udp", "udpv6": "udp"}  # fmt: skip


def protocol(text: object) -> str:
    """``tcp`` or ``udp``; nothing for any other."""
    return _PROTOCOLS.get(str(text).strip().lower(), "")


@lru_cache(maxsize=1 << 16)
def address(text: str) -> str | None:
    """An address as ``ipaddress`` spells it, without zone; one of IPv4 inside IPv6 as IPv4. WILDCARD for any local
    address; None for what is no address."""
    bare = text.strip().strip("[]").partition("%")[0]
    if bare in {"*", ""}:
        return WILDCARD
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return WILDCARD if found.is_unspecified else str(found)


@lru_cache(maxsize=1 << 16)
def is_own(text: str) -> bool:
    """Whether a host can have this address on a network: no loopback, multicast, broadcast or wildcard."""
    if text in {WILDCARD, "255.255.255.255"}:
        return False
    found = ip_address(text)
    return not (found.is_loopback or found.is_multicast)


def port(value: object) -> int | None:
    """A port out of a number or text; NO_PORT for ``*``; None for what is none."""
    if isinstance(value, bool):
        return None
    text = str(value).strip()
    if text in {"*", ""}:
        return NO_PORT
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        return None
    return int(text) if int(text) <= 65535 else None


def end(text: str) -> tuple[str, int] | None:
    """Address and port out of ``1.2.3.4:80``, ``[::1]:80``, ``*:*`` or ``fe80::1%5:80``; None for neither."""
    host, colon, number = text.strip().rpartition(":")
    found, value = address(host), port(number)
    return (found, value) if colon and found is not None and value is not None else None
