"""What a drafted profile says beside the inferred roles: MACs of machines, and segments that are likely.

The analysis itself uses neither: with MACs, a client that is not listed would count as unknown, and a guessed segment
would decide about footnote *3. The person who checks the draft decides.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable

from analyzer import net
from analyzer.compliance.exchanges.dhcp import read_messages
from analyzer.compliance.role_inference import InferredProfile, order
from analyzer.flows.evidence import Evidence
from analyzer.messages import Message, message
from analyzer.protocols.dhcp import ACK

USUAL_PREFIX = 24
"""The prefix of a likely segment: no packet shows the true one."""
FEWEST_HOSTS = 2
NAMED = 3
"""Hosts that are listed one by one."""


def machine_macs(evidence: Evidence, inferred: InferredProfile) -> dict[str, tuple[str, Message]]:
    """Address of a machine -> its MAC, and the evidence; of machines that have one MAC which no other machine has."""
    frames, leases = macs_of_frames(evidence), macs_of_leases(evidence)
    found: dict[str, tuple[str, Message]] = {}
    for machine in inferred.profile.managed_machines:
        address = machine.address or ""
        macs = frames.get(address, set()) | leases.get(address, set())
        if len(macs) == 1:
            code = "mac-of-lease" if address in leases else "mac-of-frames"
            found[address] = next(iter(macs)), message(code)
    taken: set[str] = set()
    for address in sorted(found, key=order):
        mac, _ = found[address]
        if mac in taken:
            del found[address]
        taken.add(mac)
    return found


def macs_of_frames(evidence: Evidence) -> dict[str, set[str]]:
    """Address -> the MACs of frames that the host itself sent. A MAC of several IPv4 addresses is a router's."""
    rows = [row for senders in evidence.senders for row in senders.macs]
    senders_of: dict[int, set[str]] = defaultdict(set)
    for address, mac, _ in rows:
        if ":" not in address:
            senders_of[mac].add(address)
    found: dict[str, set[str]] = defaultdict(set)
    for address, mac, local in rows:
        if local and mac >= 0 and len(senders_of[mac]) <= 1:
            found[address].add(net.mac_text(mac))
    return dict(found)


def macs_of_leases(evidence: Evidence) -> dict[str, set[str]]:
    """Address -> the MACs of the clients that a DHCP server gave it to."""
    found: dict[str, set[str]] = defaultdict(set)
    for _, bootp in read_messages(evidence.table):
        if bootp.kind == ACK and bootp.has_mac and bootp.client_mac:
            found[bootp.your_ip].add(bootp.client_mac)
    return dict(found)


def likely_segments(evidence: Evidence, inferred: InferredProfile) -> dict[str, Message]:
    """Network -> why: IPv4 hosts that sent with no router between at one vantage, beside the segments whose mask is
    known. One host alone is no evidence."""
    known = [ipaddress.ip_network(cidr) for cidr in inferred.segments]
    hosts: dict[ipaddress.IPv4Network, set[str]] = defaultdict(set)
    for senders in evidence.senders:
        for network, addresses in by_network(senders.local_addresses).items():
            if len(addresses) >= FEWEST_HOSTS and not any(network.overlaps(one) for one in known):
                hosts[network] |= addresses
    found = {}
    for network in sorted(hosts):
        first = sorted(hosts[network], key=order)
        found[str(network)] = message(
            "segment-of-senders", hosts=tuple(first[:NAMED]), more=max(len(first) - NAMED, 0), prefix=USUAL_PREFIX
        )
    return found


def by_network(addresses: Iterable[str]) -> dict[ipaddress.IPv4Network, set[str]]:
    """The IPv4 addresses of hosts, by the network of USUAL_PREFIX that contains them."""
    found: dict[ipaddress.IPv4Network, set[str]] = defaultdict(set)
    for address in addresses:
        parsed = ipaddress.ip_address(address)
        usable = not (parsed.is_link_local or parsed.is_loopback or parsed.is_multicast or parsed.is_unspecified)
        if isinstance(parsed, ipaddress.IPv4Address) and usable:
            found[ipaddress.IPv4Network((parsed, USUAL_PREFIX), strict=False)].add(address)
    return found
