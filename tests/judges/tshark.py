"""tshark as an independent judge: the packets and IP bytes that each host sent to each other one.

Only headers are compared. tshark reports every packet of a frame, a tunnel's and the one inside; here they are two
judgements, because a frame is in one flow: the innermost packet's, or with tunnels closed the outermost one's. A later
fragment goes with the first one of its datagram, whose ports tshark reads (its own conversations leave it out). Many
small files are judged by one run of tshark, put one behind the other by mergecap.
"""

import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

FIELDS = (
    "frame.number", "frame.protocols",
    "ip.src", "ip.dst", "ip.len", "ip.frag_offset", "ip.flags.mf", "ip.id", "ip.proto",
    "ipv6.src", "ipv6.dst", "ipv6.plen", "ipv6.opt.jumbo", "ipv6.fraghdr.offset", "ipv6.fraghdr.ident",
    "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport",
)  # fmt: skip
CARRIERS = {
    "arcnet", "atm", "avsp", "cfp", "chdlc", "clip", "cmd", "enc", "etag", "hbbak", "hsr", "ieee8021cb", "isl", "nsh",
    "prp", "trill", "ttag", "wlan_centrino", "eth", "ethertype", "fddi", "fr", "ieee8021ad", "ieee8021ah", "ieee8021br",
    "llc", "loop", "macsec", "mpls", "nflog", "null", "pcap_pktdata", "pflog", "pktap", "ppi", "ppp", "pppoes", "prism",
    "pwethcw",
    "pwethheuristic", "pwethnocw", "radiotap", "raw", "sll", "slip", "tr", "vlan", "vntag", "wlan", "wlan_radio",
}  # fmt: skip
"""What may stand before an IP header; anything else is a link that is not decoded."""
TUNNELS = {
    "udp",
    "gre",
    "vxlan",
    "geneve",
    "erspan",
    "teredo",
    "gtp",
    "tzsp",
    "capwap.data",
    "lisp-data",
    "l2tp",
    "etherip",
}
"""What may stand, with carriers, between an IP header and the one that a tunnel carries."""
EXTENSIONS = {"ipv6.hopopts", "ipv6.dstopts", "ipv6.routing", "ipv6.fraghdr", "ah"}

CUSTOM_BLOCK = "data"
"""What tshark prints for a pcapng block that it counts as a frame and capinfos does not."""


class Way(NamedTuple):
    """One direction between two ends: protocol, sender, receiver."""

    proto: str
    source: str
    sport: int
    destination: str
    dport: int


class Seen(NamedTuple):
    packets: int
    ip_bytes: int


Tally = dict[Way, Seen]


class Packet(NamedTuple):
    """An IP packet of a frame. ``name``: what its fragments share; ``later``: it is not the first of them."""

    proto: str
    source: str
    destination: str
    ports: tuple[int, int] | None
    ip_bytes: int
    name: tuple[str, ...] | None
    later: bool


NO_PACKET = Packet("", "", "", None, 0, None, later=False)
"""What a tunnel carries that is no IP packet."""


class Judgement(NamedTuple):
    """``inner`` and ``outer``: TCP and UDP, with tunnels opened and closed. ``left_out``: packets that cannot be
    compared, by reason."""

    inner: Tally
    outer: Tally
    left_out: Counter[str]


def judge(tshark: str, captures: Sequence[Path], scratch: Path) -> dict[Path, Judgement]:
    """tshark's answer for each of ``captures``."""
    merged = scratch / "merged.pcapng"
    tools = Path(tshark).parent
    _output(str(tools / "mergecap"), "-a", "-I", "none", "-w", str(merged), *map(str, captures))
    frames = _frames(tools, captures)
    options = ["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-o", "tcp.desegment_tcp_streams:FALSE"]
    options += ["-d", "udp.port==8472,vxlan"]
    wanted = [word for name in FIELDS for word in ("-e", name)]
    printed = _output(tshark, "-n", "-r", str(merged), "-T", "fields", "-E", "occurrence=a", *options, *wanted)
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
    frames: list[list[Packet]] = []
    left_out: Counter[str] = Counter()
    for line in lines:
        row = {name: cell.split(",") if cell else [] for name, cell in zip(FIELDS, line.split("\t"), strict=True)}
        packets, strange = _packets(row)
        frames.append(packets)
        if strange:
            left_out[strange] += 1
    firsts: dict[tuple[str, ...], tuple[Packet, bool]] = {}
    for packets in frames:
        for number, packet in enumerate(packets, 1):
            if packet.name is not None and not packet.later:
                firsts[packet.name] = packet, number < len(packets)
    return Judgement(_sums(frames, firsts, -1), _sums(frames, firsts, 0), left_out)


def _sums(frames: list[list[Packet]], firsts: dict[tuple[str, ...], tuple[Packet, bool]], which: int) -> Tally:
    """``which``: 0 for the outermost packet of each frame, -1 for the innermost; then what is left of a fragmented
    packet whose first fragment was a tunnel's belongs to no packet."""
    packets: Counter[Way] = Counter()
    ip_bytes: Counter[Way] = Counter()
    for layers in frames:
        if not layers:
            continue
        packet = layers[which]
        proto, ports = packet.proto, packet.ports
        if packet.later and packet.name is not None:
            first, is_tunnel = firsts.get(packet.name, (NO_PACKET, False))
            proto, ports = ("", None) if is_tunnel and which else (first.proto, first.ports)
        if ports is not None:
            way = Way(proto, packet.source, ports[0], packet.destination, ports[1])
            packets[way] += 1
            ip_bytes[way] += packet.ip_bytes
    return {way: Seen(packets[way], ip_bytes[way]) for way in packets}


def _packets(row: dict[str, list[str]]) -> tuple[list[Packet], str]:
    """The IP packets of a frame, the outermost one first, and the layers before it that are not decoded."""
    layers = row["frame.protocols"][0].split(":") if row["frame.protocols"] else []
    place = next((number for number, layer in enumerate(layers) if layer in {"ip", "ipv6"}), None)
    if place is None:
        return [], ""
    if strange := set(layers[:place]) - CARRIERS:
        return [], f"behind {' and '.join(sorted(strange))}"
    packets: list[Packet] = []
    used: Counter[str] = Counter()
    while place is not None:
        beyond = next((at for at, layer in enumerate(layers[place + 1 :], place + 1) if layer in {"ip", "ipv6"}), None)
        packets.append(_packet(layers[place:beyond], row, used))
        between = set(layers[place + 1 : beyond]) - EXTENSIONS
        place = None if between - CARRIERS - TUNNELS - {"arp"} else beyond
    if "arp" in between:
        packets.append(NO_PACKET)
    return packets, ""


def _packet(layers: list[str], row: dict[str, list[str]], used: Counter[str]) -> Packet:
    """The packet that has these layers; ``used``: how many packets before had each layer."""

    def cell(name: str, default: str = "") -> str:
        observed = row[name]
        return observed[at] if (at := used[name.rpartition(".")[0]]) < len(observed) else default

    name: tuple[str, ...] | None
    family, upper = layers[0], [layer for layer in layers[1:] if layer not in EXTENSIONS]
    proto = upper[0] if upper else ""
    source, destination = cell(f"{family}.src"), cell(f"{family}.dst")
    if family == "ip":
        offset, more = int(cell("ip.frag_offset", "0")), cell("ip.flags.mf") in {"1", "True"}
        name = (source, destination, cell("ip.id"), cell("ip.proto")) if offset or more else None
        size = int(cell("ip.len", "0"))
    else:
        pieced = "ipv6.fraghdr" in layers
        offset = int(cell("ipv6.fraghdr.offset", "0")) if pieced else 0
        name = (source, destination, cell("ipv6.fraghdr.ident")) if pieced else None
        size = 40 + (int(cell("ipv6.plen", "0")) or int(cell("ipv6.opt.jumbo", "0")))
    ports = None
    if not offset and proto in {"tcp", "udp"} and (port := cell(f"{proto}.dstport")):
        ports = int(cell(f"{proto}.srcport")), int(port)
    for layer in layers:
        used[layer] += 1
    used["ip.flags"] = used["ip"]
    used["ipv6.opt"] = used["ipv6"]
    return Packet(proto, source, destination, ports, size, name, later=offset > 0)
