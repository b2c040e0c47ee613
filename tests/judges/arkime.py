"""Arkime's own answers, published with its captures: packets and octets each way of each session."""

import csv
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pandas as pd

NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17, "icmp6": 58}
WITH_PORTS = {6, 17}
NO_IP = 0
MOST_AROUND = 300
"""Octets of a frame before and behind its innermost packet: link layers, tunnels, padding."""


class Way(NamedTuple):
    """One direction between two ends: protocol, sender, receiver. Only TCP and UDP have ports here."""

    proto: int
    source: str
    sport: str
    destination: str
    dport: str


class Seen(NamedTuple):
    """``octets``: Arkime's are those of whole frames, ours those of IP packets."""

    packets: int
    octets: int


Tally = dict[Way, Seen]


def theirs(table: Path) -> dict[str, Tally]:
    """capture -> way -> the counts of Arkime; its sessions of one tuple are summed up."""
    found: dict[str, dict[Way, Seen]] = defaultdict(dict)
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if int(row["ip_proto"]) == NO_IP or not row["src"]:
                continue
            there = _way(int(row["ip_proto"]), (row["src"], row["sport"]), (row["dst"], row["dport"]))
            _add(found[row["pcap"]], there, int(row["src_pkts"]), int(row["src_bytes"]))
            _add(found[row["pcap"]], _back(there), int(row["dst_pkts"]), int(row["dst_bytes"]))
    return found


def ours(flows: pd.DataFrame) -> Tally:
    """Our own flow table in the judge's terms."""
    found: Tally = {}
    for flow in flows.to_dict("records"):
        proto = NUMBERS[flow["proto"]] if flow["proto"] in NUMBERS else int(flow["proto"])
        there = _way(proto, (flow["orig_h"], flow["orig_p"]), (flow["resp_h"], flow["resp_p"]))
        _add(found, there, int(flow["orig_pkts"]), int(flow["orig_ip_bytes"]))
        _add(found, _back(there), int(flow["resp_pkts"]), int(flow["resp_ip_bytes"]))
    return found


def agree(mine: Seen | None, judge: Seen | None) -> bool:
    """Whether packets are as many, and frames as long as their packets, a link layer and padding."""
    if mine is None or judge is None:
        return mine is judge
    around = judge.octets - mine.octets
    return mine.packets == judge.packets and 0 <= around <= mine.packets * MOST_AROUND


def _add(tally: Tally, way: Way, packets: int, octets: int) -> None:
    if packets:
        before = tally.get(way, Seen(0, 0))
        tally[way] = Seen(before.packets + packets, before.octets + octets)


def _way(proto: int, one: tuple[str, str], other: tuple[str, str]) -> Way:
    ports = (one[1], other[1]) if proto in WITH_PORTS else ("", "")
    return Way(proto, one[0], ports[0], other[0], ports[1])


def _back(way: Way) -> Way:
    return Way(way.proto, way.destination, way.dport, way.source, way.sport)
