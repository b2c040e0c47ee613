"""Which computer had an address: by the name that a DHCP client gave, and the address that the server gave it.

A name is what a client calls itself, so it identifies a computer only where nobody else used it during the capture: one
client, one address, and no other client at that address.
"""

from collections.abc import Sequence
from typing import NamedTuple

from analyzer.host_evidence.addresses import is_own
from analyzer.host_evidence.model import HostNote


class Lease(NamedTuple):
    """A name that a DHCP client gave in a request, and the address that it received: empty where it received none.
    ``mac``: the client. ``name`` is empty where a client that gave none had the address."""

    name: str
    address: str
    mac: str


def lease_of(
    host: str, leases: Sequence[Lease], ends: frozenset[str] = frozenset()
) -> tuple[Lease | None, list[HostNote]]:
    """The lease of the computer ``host``; None where no client gave its name, or where it is not known which did.

    Domains are compared where both names have one. ``ends``: the addresses at the ends of the computer's records; its
    own is one of them.
    """
    label = first_label(host)
    claims = [lease for lease in leases if label and first_label(lease.name) == label]
    given = sorted({lease.address for lease in claims if lease.address})
    if not given:
        return None, []
    clients = {lease.mac for lease in claims} | {lease.mac for lease in leases if lease.address in given}
    same = all(same_computer(lease.name, host) for lease in claims)
    fits = is_own(given[0]) and (not ends or given[0] in ends)
    if len(given) == 1 and len(clients) == 1 and "" not in clients and same and fits:
        return next(lease for lease in claims if lease.address), []
    return None, [HostNote("lease-not-clear", "warning", {"host": host, "addresses": given})]


def first_label(name: str) -> str:
    """A computer's name without its domain, in lower case."""
    return name.lower().partition(".")[0]


def same_computer(one: str, other: str) -> bool:
    """Whether two names are of one computer: the same, or one of them without its domain. Case does not matter."""
    a, b = one.lower().rstrip("."), other.lower().rstrip(".")
    return a == b or ("." not in a and b.startswith(a + ".")) or ("." not in b and a.startswith(b + "."))
