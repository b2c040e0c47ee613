"""The community ids of a flow table, by columns; ``net.community_id`` gives one."""

from binascii import b2a_base64
from hashlib import sha1
from socket import AF_INET, AF_INET6, inet_pton

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Integers
from analyzer.flows.hosts import Hosts
from analyzer.flows.table import FlowTable

PADDED = 21
"""Octets of a SHA-1 with one behind, so that each takes as many whole letters of base 64."""
LETTERS = PADDED // 3 * 4


def community_ids(flows: FlowTable, hosts: Hosts) -> list[str]:
    """The community id of every flow: version 1, seed 0."""
    packed = [inet_pton(AF_INET6 if ":" in address else AF_INET, address) for address, _ in hosts.names]
    rank = {octets: number for number, octets in enumerate(sorted(packed))}
    ranks = np.array([rank[octets] for octets in packed], dtype=np.int64)
    proto, sport, dport = flows.proto, flows.orig_p, flows.resp_p
    dport, one_way = answers(proto, sport, dport)
    one, two = ranks[hosts.orig], ranks[hosts.resp]
    swap = ~one_way & ((one > two) | ((one == two) & (sport > dport)))
    source, target = np.where(swap, hosts.resp, hosts.orig), np.where(swap, hosts.orig, hosts.resp)
    sport, dport = np.where(swap, dport, sport), np.where(swap, sport, dport)
    ends = np.column_stack([proto, np.zeros_like(proto), sport >> 8, sport, dport >> 8, dport]).astype(np.uint8)
    lengths = np.where(np.isin(proto, sorted(net.COMMUNITY_PORTS)), 6, 2)
    octets, begins = ends.tobytes(), np.arange(0, ends.size, 6)
    lines = zip(*(column.tolist() for column in (source, target, begins, begins + lengths)), strict=True)
    digests = [
        sha1(b"\0\0" + packed[one] + packed[two] + octets[begin:end], usedforsecurity=False).digest()
        for one, two, begin, end in lines
    ]
    text = b2a_base64(b"\0".join([*digests, b""]), newline=False).decode()
    return [f"1:{text[begin : begin + LETTERS - 1]}=" for begin in range(0, len(text), LETTERS)]


def answers(proto: Integers, sport: Integers, dport: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """The second port, of ICMP the type that answers the first; and where ICMP has none, so that the order stays."""
    one_way = np.zeros(len(proto), dtype=bool)
    for number, pairs in net.COMMUNITY_PAIRS.items():
        answer = np.full(256, -1, dtype=np.int64)
        answer[list(pairs)] = list(pairs.values())
        peer = np.where(proto == number, answer[sport & 255], -1)
        one_way |= (proto == number) & (peer < 0)
        dport = np.where(peer >= 0, peer, dport)
    return dport, one_way
