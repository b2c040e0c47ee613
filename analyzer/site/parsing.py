"""Parses the values of a site profile: addresses, networks, MACs, times and services, each in one spelling.

Each function takes the text of the file and returns the text that is compared. It raises ValueError with a sentence
that says how to fix it.
"""

import re
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Span = tuple[Address, Address]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_DAY = 86_400 * 10**9
_MAC = re.compile(r"([0-9a-f]{2})[:-]([0-9a-f]{2})" + r"[:-]([0-9a-f]{2})" * 4)
_SERVICE = re.compile(r"(?P<proto>tcp|udp|icmp|icmp6|[0-9]{1,3})/(?P<number>any|[0-9]{1,5})")
_LARGEST_NUMBER = {"tcp": 65_535, "udp": 65_535, "icmp": 255, "icmp6": 255}


def address(text: str) -> str:
    """An IPv4 or IPv6 address as ``ipaddress`` spells it; zone indexes (``%eth0``) are refused."""
    return str(_parsed(text))


def _parsed(text: str) -> Address:
    try:
        found = ip_address(text)
    except ValueError:
        raise ValueError(f"{text!r} is no IPv4 or IPv6 address: write one, such as 192.168.0.1") from None
    if "%" in text:
        raise ValueError(f"{text!r} names an interface of one machine: write {text.partition('%')[0]}")
    return found


def host(text: str) -> str:
    """An address that one machine can have."""
    found = _parsed(text)
    # Loopback is one: a capture taken inside the DPM Server shows its own connections there.
    if found.is_unspecified or found.is_multicast or found == IPv4Address("255.255.255.255"):
        raise ValueError(f"{text!r} is not an address that a machine has on a network: write its own")
    return str(found)


def network(text: str) -> str:
    """A network as address/prefix, its host bits zero."""
    try:
        found = ip_network(text, strict=False)
        given = ip_address(text.partition("/")[0])
    except ValueError:
        raise ValueError(f"{text!r} is no network: write address/prefix, such as 192.168.0.0/24") from None
    if "/" not in text:
        raise ValueError(f"{text!r} has no prefix length: write {found} if this one address is meant")
    if found.prefixlen == 0:
        raise ValueError(f"{text!r} is every address there is: write the network that exists")
    if given != found.network_address:
        raise ValueError(f"{text!r} is an address inside a network: write {found}")
    return str(found)


def place(text: str) -> str:
    """The address of a machine, or a network."""
    return network(text) if "/" in text else host(text)


def address_range(text: str) -> str:
    """``first-last``, both ends included."""
    ends = [part.strip() for part in text.split("-")]
    if len(ends) != 2:
        raise ValueError(f"{text!r} is no range: write first-last, such as 192.168.0.100-192.168.0.150")
    first, last = (ip_address(host(end)) for end in ends)
    if first.version != last.version:
        raise ValueError(f"{text!r} mixes IPv4 and IPv6: write two ranges")
    if int(first) > int(last):
        raise ValueError(f"{text!r} is reversed: write {last}-{first}")
    return f"{first}-{last}"


def span(text: str) -> Span:
    """First and last address of an address, a network or a range."""
    if "/" in text:
        found = ip_network(text)
        return found[0], found[-1]
    first, _, last = text.partition("-")
    return ip_address(first), ip_address(last or first)


def mac(text: str) -> str:
    """The hardware address of one interface: six pairs, lower case, colons between."""
    found = _MAC.fullmatch(text.lower())
    if not found:
        raise ValueError(f"{text!r} is no MAC address: write six pairs, such as 02:00:00:00:0a:21")
    # The lowest bit of the first octet marks a group (IEEE 802): no interface owns such an address.
    if int(found[1], 16) & 1 or not any(int(pair, 16) for pair in found.groups()):
        raise ValueError(f"{text!r} belongs to no single interface: write the machine's own MAC")
    return ":".join(found.groups())


def service(text: str) -> str:
    """``any``, or protocol/number: a port of tcp and udp, a type of icmp and icmp6; ``any`` is every number."""
    found = _SERVICE.fullmatch(text.lower())
    if text.lower() == "any":
        return "any"
    if not found:
        raise ValueError(f"{text!r} is no service: write any, or such as tcp/3389, udp/any, icmp/8")
    proto, number = found["proto"], found["number"]
    if proto.isdigit() and (int(proto) > 255 or number != "any"):
        raise ValueError(f"{text!r} is no service: of an IP protocol's number (0 to 255) write all, such as 47/any")
    if number != "any" and int(number) > _LARGEST_NUMBER[proto]:
        raise ValueError(f"{text!r} is no service: {proto} goes from 0 to {_LARGEST_NUMBER[proto]}")
    return f"{proto}/{number if number == 'any' else int(number)}"


def moment(text: str) -> str:
    """A date, or a date and time as ISO 8601 has it; without a zone it is UTC."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time: write YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ") from None
    return text


def start_ns(text: str) -> int:
    """When that moment begins: nanoseconds since the epoch, UTC."""
    found = datetime.fromisoformat(text)
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1) * 1_000


def end_ns(text: str) -> int:
    """The first nanosecond after it: a date lasts until its day is over."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return start_ns(text)
    return start_ns(text) + _NS_PER_DAY
