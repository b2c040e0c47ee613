"""tshark as an independent judge: who sent how many packets and IP bytes to whom.

Only headers are compared, and only the outermost IP packet: what a tunnel or an ICMP error carries is not a
conversation of this capture. Many small files are judged by one run of tshark, put one behind the other by mergecap.
"""

import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

FIELDS = (
    "frame.number", "frame.protocols", "ip.src", "ip.dst", "ip.len", "ip.frag_offset",
    "ipv6.src", "ipv6.dst", "ipv6.plen", "ipv6.fraghdr.offset",
    "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport",
)  # fmt: skip
CARRIERS = {"eth", "ethertype", "vlan", "ieee8021ad", "sll", "raw", "null", "loop", "llc"}
"""What may stand before the outermost IP header; anything else is a tunnel or a link that is not decoded."""
EXTENSIONS = {"ipv6.hopopts", "ipv6.dstopts", "ipv6.routing", "ipv6.fraghdr", "ah"}

CUSTOM_BLOCK = "data"
"""What tshark prints for a pcapng block that it counts as a frame and capinfos does not."""


class Way(NamedTuple):
    """One direction between two ends: protocol, who, to whom."""

    proto: str
    source: str
    sport: int
    destination: str
    dport: int


class Seen(NamedTuple):
    packets: int
    ip_bytes: int


Tally = dict[Way, Seen]


class Judgement(NamedTuple):
    """``tally``: TCP and UDP. ``left_out``: packets that cannot be compared, by why."""

    tally: Tally
    left_out: Counter[str]


def judge(tshark: str, captures: Sequence[Path], scratch: Path) -> dict[Path, Judgement]:
    """tshark's answer for each of ``captures``."""
    merged = scratch / "merged.pcapng"
    tools = Path(tshark).parent
    _output(str(tools / "mergecap"), "-a", "-I", "none", "-w", str(merged), *map(str, captures))
    frames = _frames(tools, captures)
    options = ["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-o", "tcp.desegment_tcp_streams:FALSE"]
    wanted = [word for name in FIELDS for word in ("-e", name)]
    printed = _output(tshark, "-n", "-r", str(merged), "-T", "fields", "-E", "occurrence=f", *options, *wanted)
    lines = [line for line in printed.splitlines() if line.split("\t")[1] != CUSTOM_BLOCK]
    assert len(lines) == sum(frames.values()), "mergecap and tshark disagree on the number of packets"
    rest = iter(lines)
    return {capture: _tally(next(rest) for _ in range(frames[capture])) for capture in captures}


def ours(flows: pd.DataFrame) -> Tally:
    """Our own flow table in the judge's terms."""
    packets: dict[Way, int] = defaultdict(int)
    ip_bytes: dict[Way, int] = defaultdict(int)
    for flow in flows[flows["proto"].isin(["tcp", "udp"])].to_dict("records"):
        there = Way(flow["proto"], flow["orig_h"], int(flow["orig_p"]), flow["resp_h"], int(flow["resp_p"]))
        back = Way(there.proto, there.destination, there.dport, there.source, there.sport)
        for way, side in ((there, "orig"), (back, "resp")):
            packets[way] += int(flow[f"{side}_pkts"])
            ip_bytes[way] += int(flow[f"{side}_ip_bytes"])
    return {way: Seen(packets[way], ip_bytes[way]) for way in packets if packets[way]}


def differences(mine: Tally, theirs: Tally) -> list[str]:
    """A line for each direction in which the two do not agree."""
    return [
        f"{' '.join(map(str, way))}: ours {mine.get(way)}, tshark's {theirs.get(way)}"
        for way in sorted(mine.keys() | theirs.keys())
        if mine.get(way) != theirs.get(way)
    ]


def _frames(tools: Path, captures: Sequence[Path]) -> dict[Path, int]:
    rows = _output(str(tools / "capinfos"), "-T", "-r", "-M", "-c", *map(str, captures)).splitlines()
    return {capture: int(row.split("\t")[1]) for capture, row in zip(captures, rows, strict=True)}


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{command[0]} exited with {done.returncode}: {done.stderr}"
    return done.stdout


def _tally(lines: Iterator[str]) -> Judgement:
    packets: Counter[Way] = Counter()
    ip_bytes: Counter[Way] = Counter()
    left_out: Counter[str] = Counter()
    for line in lines:
        row = dict(zip(FIELDS, line.split("\t"), strict=True))
        layers = row["frame.protocols"].split(":")
        way, why = _way(layers, row)
        if why:
            left_out[why] += 1
        if way is not None:
            packets[way] += 1
            ip_bytes[way] += int(row["ip.len"]) if "." in way.source else int(row["ipv6.plen"]) + 40
    return Judgement({way: Seen(packets[way], ip_bytes[way]) for way in packets}, left_out)


def _way(layers: list[str], row: dict[str, str]) -> tuple[Way | None, str]:
    """The packet's direction, or why it has none here (nothing to say: it is no TCP or UDP packet)."""
    place = next((number for number, layer in enumerate(layers) if layer in {"ip", "ipv6"}), None)
    if place is None:
        return None, ""
    strange = set(layers[:place]) - CARRIERS
    if strange:
        return None, f"behind {' and '.join(sorted(strange))}"
    family, *upper = layers[place:]
    proto = next((layer for layer in upper if layer not in EXTENSIONS), "")
    if int(row["ip.frag_offset"] or 0) or int(row["ipv6.fraghdr.offset"] or 0):
        return None, "a later fragment"
    if proto not in {"tcp", "udp"} or not row[f"{proto}.dstport"]:
        return None, ""
    ports = int(row[f"{proto}.srcport"]), int(row[f"{proto}.dstport"])
    return Way(proto, row[f"{family}.src"], ports[0], row[f"{family}.dst"], ports[1]), ""
