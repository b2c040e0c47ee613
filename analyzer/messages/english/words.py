"""English words that several sentences share: roles, ways of addressing, lists, counts."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Values = Mapping[str, Any]
"""The values of a message by name; a message among them is its finished sentence."""
Template = str | Callable[[Values], str]
Sentences = dict[str, Template]
"""Code -> its entry."""

ROLES = {
    "dpm-server": "the DPM Server",
    "managed-machine": "a managed machine",
    "dhcp-server": "the DHCP server",
    "image-builder": "Image Builder",
    "command-line": "the command line",
    "other": "another host",
}
"""Role -> its name in a sentence."""

CASTS = {
    "unicast": "a single host (unicast)",
    "limited-broadcast": "255.255.255.255 (limited broadcast)",
    "directed-broadcast": "the broadcast address of a segment (directed broadcast)",
    "multicast": "a multicast group",
}
"""How a responder is addressed -> the address in a sentence."""


def role_names(roles: Iterable[str]) -> str:
    """``the DHCP server or the DPM Server``."""
    return " or ".join(ROLES[role] for role in roles)


def short_role(role: str) -> str:
    """A role's name without its article."""
    return ROLES[role].removeprefix("the ").removeprefix("a ")


def host(address: str, roles: Iterable[str]) -> str:
    """``192.168.0.50 (Image Builder, command line)``."""
    return f"{address} ({', '.join(map(short_role, roles))})"


def subject(address: str, roles: tuple[str, ...]) -> str:
    """A host at the beginning of a clause: ``managed machine 192.168.0.21``."""
    if len(roles) == 1 and roles[0] != "other":
        return f"{short_role(roles[0])} {address}"
    return host(address, roles)


def with_row(service: str, rule: str) -> str:
    """``tcp/56010 (row `shutdown`)``, ``udp/69 (tftp, row `boot-tftp-request`)``."""
    if service.endswith(")"):
        return f"{service[:-1]}, row `{rule}`)"
    return f"{service} (row `{rule}`)"


def listed(words: Iterable[Any]) -> str:
    """``a, b and c``."""
    *most, last = map(str, words)
    return f"{', '.join(most)} and {last}" if most else last


def counted(count: int, noun: str) -> str:
    """``1 SYN``, ``3 SYNs``, ``10,000 SYNs``."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def how_often(count: int) -> str:
    """``once``, ``twice``, ``3 times``."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def was(count: int) -> str:
    """The verb after so many things."""
    return "was" if count == 1 else "were"
