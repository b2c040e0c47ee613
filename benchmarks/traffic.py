"""The traffic of a made capture: which hosts send to which, and what the n-th packet of a flow is.

Everything is a formula over arrays: the n-th packet of a flow follows from the flow's number, its length and the seed
alone, so that packets can be made in any order and none has to be remembered.

The networks are private or set aside for documentation. A host's number decides its part: a share of the hosts are
managed machines that talk to the DPM server, the others browse, log in and log to servers of their own.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.plan import HOSTS, PORTS, Plan, Sizes

Array = np.ndarray[Any, np.dtype[Any]]

DPM_SERVER = 0x0A090001
MACHINES, CLIENTS, SERVERS = 0x0A100000, 0x0A140000, 0x0A1E0000
CLIENTS6, SERVERS6 = (0x20010DB8_00200000, 0), (0x20010DB8_00300000, 0)

TCP, UDP = 6, 17
FIN, SYN, RST, PUSH, ACK = 1, 2, 4, 8, 16

_TCP_SERVICES = np.array([443, 443, 8080, 22], dtype=np.int64)
_UDP_SERVICES = np.array([514, 5004], dtype=np.int64)
_SCANNED = np.array([67, 69, 4011, 5561], dtype=np.int64)
_AGENT, _IMAGE_BUILDER, _WEB, _REMOTE_DESKTOP = 56010, 56023, 80, 3389


@dataclass
class Packets:
    """Packets as columns, in the order of time.

    ``six``: over IPv6, addresses then in two words of 64 bits. ``data``: octets of payload, always even, so that every
    record begins at an even octet and checksums are sums over aligned words.
    """

    protocol: Array
    six: Array
    source: tuple[Array, Array]
    destination: tuple[Array, Array]
    source_port: Array
    destination_port: Array
    source_mac: Array
    destination_mac: Array
    data: Array
    flags: Array
    sequence: Array
    acknowledged: Array
    identification: Array


def mixed(values: Array, seed: int) -> Array:
    """64 bits that look random for each of ``values``: the finalizer of splitmix64."""
    with np.errstate(over="ignore"):
        z = values.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed * 0x632BE59BD9B4E019 % 2**64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def pick(random: Array, shift: int, count: int) -> Array:
    """A number below ``count`` out of 16 of the random bits."""
    return (((random >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.int64) * count) >> 16


def packets(flow: Array, position: Array, length: Array, plan: Plan) -> Packets:
    """The packet at ``position`` of ``length`` in each ``flow``."""
    random = mixed(flow, plan.seed)
    host = flow % HOSTS
    # The golden ratio's multiples are spread evenly, for any part of the hosts.
    spread = host * 0x9E3779B1 & 0xFFFFFFFF
    managed = spread < plan.dpm * 2**32
    scanning = ~managed & (spread < (plan.dpm + plan.scan) * 2**32)
    six = ~managed & ~scanning & (host % 12 == 5)
    udp = scanning | (~managed & (pick(random, 0, 100) < 25))
    service = np.where(udp, _UDP_SERVICES[pick(random, 12, 2)], _TCP_SERVICES[pick(random, 8, 4)])
    service = np.where(managed, dpm_service(host, random), service)
    service = np.where(scanning, _SCANNED[pick(random, 12, 4)], service)
    request, answer = payloads(random, six, plan.sizes)
    parts = datagrams(position, request, answer) if udp.all() else segments(position, length, random, (request, answer))
    if udp.any() and not udp.all():
        parts = tuple(np.where(udp, a, b) for a, b in zip(datagrams(position, request, answer), parts, strict=True))
    from_originator, data, flags, sequence, acknowledged = parts
    from_originator = from_originator | scanning

    # The DPM server begins what goes to the agents' port; everything else is begun by the host.
    from_host = from_originator ^ (managed & (service == _AGENT))
    port = 65536 - PORTS + flow // HOSTS % PORTS
    host_port = np.where(service == _AGENT, service, port)
    other_port = np.where(service == _AGENT, port, service)
    here, there = addresses(host, managed, six, random)
    there = there[0], np.where(scanning, DPM_SERVER, there[1])
    host_mac = 0x020000000000 | host
    other_mac = np.where(managed | scanning, 0x02000A090001, 0x02000A1E0001)
    return Packets(
        protocol=np.where(udp, UDP, TCP),
        six=six,
        source=(np.where(from_host, here[0], there[0]), np.where(from_host, here[1], there[1])),
        destination=(np.where(from_host, there[0], here[0]), np.where(from_host, there[1], here[1])),
        source_port=np.where(from_host, host_port, other_port),
        destination_port=np.where(from_host, other_port, host_port),
        source_mac=np.where(from_host, host_mac, other_mac),
        destination_mac=np.where(from_host, other_mac, host_mac),
        data=data,
        flags=flags,
        sequence=sequence,
        acknowledged=acknowledged,
        identification=(position + pick(random, 16, 65536)) & 0xFFFF,
    )


def dpm_service(host: Array, random: Array) -> Array:
    """What a managed machine has to do with the DPM server: nearly always the server connects to its agent; a few hosts
    build images or ask the web service, and a few flows match no row of the table."""
    agent = np.where(pick(random, 12, 200) == 0, _REMOTE_DESKTOP, _AGENT)
    return np.where(host % 256 == 1, _IMAGE_BUILDER, np.where(host % 256 == 2, _WEB, agent))


def addresses(host: Array, managed: Array, six: Array, random: Array) -> tuple[tuple[Array, Array], ...]:
    """The host's address and the other one's, each as the upper and the lower 64 bits; IPv4 is in the lower."""
    server = pick(random, 24, 250) + 1
    number = (host // 250 + 1 << 8) + host % 250 + 1  # none ends in 0 or 255
    upper = np.where(six, CLIENTS6[0], 0), np.where(six, SERVERS6[0], 0)
    here = np.where(managed, MACHINES + number, np.where(six, number, CLIENTS + number))
    there = np.where(managed, DPM_SERVER, np.where(six, server, SERVERS + server))
    return (upper[0], here), (upper[1], there)


def payloads(random: Array, six: Array, sizes: Sizes) -> tuple[Array, Array]:
    """Octets of a flow's requests and of each segment of its answers."""
    full = np.where(six, 1440, 1460)
    if sizes == "small":
        return 16 + 2 * pick(random, 32, 32), 16 + 2 * pick(random, 40, 32)
    if sizes == "large":
        return 200 + 2 * pick(random, 32, 600), full
    bulk = pick(random, 48, 100) < 50
    request = np.where(bulk, 64 + 2 * pick(random, 32, 256), 16 + 2 * pick(random, 32, 52))
    return request, np.where(bulk, full, 32 + 2 * pick(random, 40, 112))


def datagrams(position: Array, request: Array, answer: Array) -> tuple[Array, ...]:
    """Request and answer by turns."""
    first = position % 2 == 0
    nothing = np.zeros_like(position)
    return first, np.where(first, request, answer), nothing, nothing, nothing


def segments(position: Array, length: Array, random: Array, octets: tuple[Array, Array]) -> tuple[Array, ...]:
    """A connection: handshake, then turns of a request, two segments of answer and their acknowledgement, then (but
    for a tenth of the connections, and short ones) an end by FIN or RST."""
    request, answer = octets
    kind = pick(random, 4, 10)
    ending = np.where((length >= 7) & (kind < 8), 3, np.where((length >= 7) & (kind == 8), 1, 0))
    turn = np.clip(position - 3, 0, np.maximum(length - 3 - ending, 0))
    closing = position - (length - ending)  # 0 and more: the packets of the end
    step = np.where(position < 3, position, np.where(closing >= 0, 7 + closing, 3 + turn % 4))
    reset = (ending == 1) & (closing >= 0)

    from_originator = np.array([1, 0, 1, 1, 0, 0, 1, 1, 0, 1], dtype=bool)[step]
    flags = np.array(
        [SYN, SYN | ACK, ACK, PUSH | ACK, ACK, PUSH | ACK, ACK, FIN | ACK, FIN | ACK, ACK], dtype=np.int64
    )[step]
    flags = np.where(reset, RST | ACK, flags)
    data = np.where(step == 3, request, np.where((step == 4) | (step == 5), answer, 0))

    sent = (random & np.uint64(0xFFFFFFFF)).astype(np.int64) + (position > 0) + request * ((turn + 3) // 4)
    sent += closing > 0
    got = (random >> np.uint64(32)).astype(np.int64) + (position > 1) + answer * ((turn + 2) // 4 + (turn + 1) // 4)
    got += closing > 1
    sequence = np.where(from_originator, sent, got) & 0xFFFFFFFF
    acknowledged = np.where(position > 0, np.where(from_originator, got, sent), 0) & 0xFFFFFFFF
    return from_originator, data, flags, sequence, acknowledged
