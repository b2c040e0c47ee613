"""Spans of addresses: merged, without single addresses, and in the forms that the targets read."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, summarize_address_range

Address = IPv4Address | IPv6Address
Span = tuple[Address, Address]
"""First and last address, both included, of one IP version."""


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same addresses in as few spans as possible, IPv4 first, ascending."""
    found: list[Span] = []
    for low, high in sorted(spans, key=lambda span: (span[0].version, int(span[0]), int(span[1]))):
        last = found[-1] if found else None
        if last and last[0].version == low.version and int(low) <= int(last[1]) + 1:
            found[-1] = (last[0], last[1] if int(last[1]) >= int(high) else high)
        else:
            found.append((low, high))
    return tuple(found)


def without(spans: Iterable[Span], holes: Collection[Address]) -> tuple[Span, ...]:
    """``spans``, merged, without the addresses in ``holes``."""
    numbers = {version: sorted(int(hole) for hole in holes if hole.version == version) for version in (4, 6)}
    return tuple(part for span in merged(spans) for part in _parts(span, numbers[span[0].version]))


def _parts(span: Span, holes: list[int]) -> Iterator[Span]:
    low, high = span
    first = int(low)
    for hole in holes[bisect_left(holes, first) : bisect_right(holes, int(high))]:
        if first < hole:
            yield _address(low, first), _address(low, hole - 1)
        first = hole + 1
    if first <= int(high):
        yield _address(low, first), high


def _address(like: Address, number: int) -> Address:
    return type(like)(number)


def single(*addresses: str) -> tuple[Span, ...]:
    """The spans of these addresses, in their order."""
    return tuple((address, address) for address in map(ip_address, addresses))


def of_version(spans: Iterable[Span], version: int) -> tuple[Span, ...]:
    return tuple(span for span in spans if span[0].version == version)


def ranges(spans: Iterable[Span], between: str) -> list[str]:
    """Each span as an address, or as its ends with ``between`` between them."""
    return [str(low) if low == high else f"{low}{between}{high}" for low, high in spans]


def networks(spans: Iterable[Span]) -> list[str]:
    """The spans as networks (``address/prefix``); a network of one address is the address alone."""
    found = [network for low, high in spans for network in summarize_address_range(low, high)]
    return [str(one[0]) if one.prefixlen == one.max_prefixlen else str(one) for one in found]
