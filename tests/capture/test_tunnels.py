"""Tunnels: the inner flow is the flow; without an inner flow it is the outer one."""

import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from analyzer import pipeline as api
from analyzer.capture.frame import tunnel_names
from analyzer.flows.assembler import Watch
from analyzer.flows.evidence import Evidence
from analyzer.flows.kernel.record import F_SNAPPED
from analyzer.flows.options import ReadOptions
from analyzer.flows.read import read_captures
from tests import capfile as cap
from tests.capfile import IP4, IP6, SECOND, START, SYN, Record, ether, icmp, ip, ip4, ip6, summed, tcp, udp
from tests.capture.test_link_layers import IN_THE_AIR, wifi
from tests.program import flows, run

A, B, A6, B6 = "10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"
ONE, TWO = "192.0.2.1", "192.0.2.2"
INNER, INNER6 = ip4(A, B, cap.UDP, udp(5000, 6000, b"hello")), ip6(A6, B6, cap.UDP, udp(5000, 6000, b"hello"))
FRAME = ether(INNER, source=b"\x02\0\0\0\0\x1a", target=b"\x02\0\0\0\0\x1b", tags=[(0x8100, 30)])
VXLAN = b"\x08\0\0\0\0\0\x07\0"
GENEVE = b"\0\0\x65\x58\0\0\x07\0"
GRE, UDP = 47, 17


@pytest.fixture(
    params=[True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))], ids=["plain", "compiled"]
)
def mode(request: pytest.FixtureRequest) -> bool:
    """Every test of this file runs the kernels as they stand and compiled."""
    return bool(request.param)


def gre(kind: int, payload: bytes, flags: int = 0, options: bytes = b"") -> bytes:
    return struct.pack(">HH", flags, kind) + options + payload


def over_udp(port: int, payload: bytes, sport: int = 40_000) -> bytes:
    return ip4(ONE, TWO, UDP, udp(sport, port, payload))


def gtp(payload: bytes, flags: int = 0x30, options: bytes = b"") -> bytes:
    return struct.pack(">BBHI", flags, 255, len(options) + len(payload), 7) + options + payload


def capwap(payload: bytes, words: int = 2, flags: int = 0) -> bytes:
    """A datagram of an access point's data; ``words``: its header's length; ``flags``: 0x100 for 802.11."""
    return struct.pack(">I", words << 19 | 1 << 9 | flags) + bytes(words * 4 - 4) + payload


def read(folder: Path, *packets: bytes, mode: bool, outer: bool = False) -> Evidence:
    """The packets of one capture, each in an Ethernet frame with tag 20."""
    path = folder / "tunnels.pcap"
    framed = [ether(packet, IP6 if packet[0] >> 4 == 6 else IP4, tags=[(0x8100, 20)]) for packet in packets]
    path.write_bytes(cap.pcap([Record(START + number * SECOND, frame) for number, frame in enumerate(framed)]))
    return read_captures([str(path)], watch=Watch(), options=ReadOptions(outer=outer), interpreted=mode)


def only(evidence: Evidence) -> dict[str, Any]:
    (line,) = cap.lines(evidence)
    (line["tunnels"],) = map(tunnel_names, evidence.table.tunnels.tolist())
    return line


TUNNELS: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "gre": (ip4(ONE, TWO, GRE, gre(IP4, INNER)), ("gre",)),
    "gre, IPv6 in IPv6": (ip6(A6, B6, GRE, gre(IP6, INNER6)), ("gre",)),
    "gre, checksum, key, sequence": (ip4(ONE, TWO, GRE, gre(IP4, INNER, 0xB000, bytes(12))), ("gre",)),
    "gre, ethernet": (ip4(ONE, TWO, GRE, gre(0x6558, FRAME)), ("gre",)),
    "nvgre": (ip4(ONE, TWO, GRE, gre(0x6558, FRAME, 0x2000, bytes(4))), ("gre",)),
    "gre, mpls": (ip4(ONE, TWO, GRE, gre(0x8847, b"\0\1\1\x40" + INNER)), ("gre",)),
    "gre, pptp": (ip4(ONE, TWO, GRE, gre(0x880B, b"\xff\x03\0\x21" + INNER, 0x3081, bytes(12))), ("gre",)),
    "gre, wccp": (ip4(ONE, TWO, GRE, gre(0x883E, INNER)), ("gre",)),
    "gre, wccp's header": (ip4(ONE, TWO, GRE, gre(0x883E, bytes(4) + INNER)), ("gre",)),
    "gre in udp": (over_udp(4754, gre(IP4, INNER)), ("gre",)),
    "erspan 1": (ip4(ONE, TWO, GRE, gre(0x88BE, FRAME)), ("erspan",)),
    "erspan 2": (ip4(ONE, TWO, GRE, gre(0x88BE, b"\x10" + bytes(7) + FRAME, 0x1000, bytes(4))), ("erspan",)),
    "erspan 3": (ip4(ONE, TWO, GRE, gre(0x22EB, b"\x20" + bytes(11) + FRAME, 0x1000, bytes(4))), ("erspan",)),
    "erspan 3, more": (
        ip4(ONE, TWO, GRE, gre(0x22EB, b"\x20" + bytes(10) + b"\1" + bytes(8) + FRAME, 0x1000, bytes(4))), ("erspan",),
    ),
    "vxlan": (over_udp(4789, VXLAN + FRAME), ("vxlan",)),
    "vxlan, Linux's port": (over_udp(8472, VXLAN + FRAME), ("vxlan",)),
    "vxlan, a group": (over_udp(4789, b"\x88\0\0\x63\0\0\x07\0" + FRAME), ("vxlan",)),
    "vxlan, what it says": (over_udp(4790, b"\x0c\0\0\1\0\0\x07\0" + INNER), ("vxlan",)),
    "vxlan, ethernet by its word": (over_udp(4790, b"\x0c\0\0\3\0\0\x07\0" + FRAME), ("vxlan",)),
    "geneve": (over_udp(6081, GENEVE + FRAME), ("geneve",)),
    "geneve, options, IPv6": (over_udp(6081, b"\2\0\x86\xdd\0\0\x07\0" + bytes(8) + INNER6), ("geneve",)),
    "ip in ip": (ip4(ONE, TWO, 4, INNER), ("ip-in-ip",)),
    "6in4": (ip4(ONE, TWO, 41, INNER6), ("ip-in-ip",)),
    "4in6": (ip6("fd00::a", "fd00::b", 4, INNER), ("ip-in-ip",)),
    "6in6": (ip6("fd00::a", "fd00::b", 41, INNER6), ("ip-in-ip",)),
    "mpls in ip": (ip4(ONE, TWO, 137, b"\0\1\1\x40" + INNER), ("mpls-in-ip",)),
    "mpls in udp": (over_udp(6635, b"\0\1\1\x40" + INNER), ("mpls-in-ip",)),
    "teredo": (over_udp(3544, INNER6), ("teredo",)),
    "teredo, back": (over_udp(40_000, INNER6, 3544), ("teredo",)),
    "teredo, who and whence": (over_udp(3544, b"\0\1\0\0" + bytes(9) + bytes(8) + INNER6), ("teredo",)),
    "gtp": (over_udp(2152, gtp(INNER)), ("gtp",)),
    "gtp, a number": (over_udp(2152, gtp(INNER, 0x32, bytes(4))), ("gtp",)),
    "gtp, a header more": (over_udp(2152, gtp(INNER6, 0x34, b"\0\0\0\x85\1\0\0\0")), ("gtp",)),
    "vxlan in gre": (ip4(ONE, TWO, GRE, gre(IP4, over_udp(4789, VXLAN + FRAME))), ("gre", "vxlan")),
    "vxlan, nsh": (
        over_udp(4790, b"\x0c\0\0\4\0\0\x07\0" + b"\x0f\xc2\2\3" + bytes(4) + FRAME), ("vxlan",),
    ),
    "vxlan, a provider's port": (over_udp(10800, VXLAN + FRAME), ("vxlan",)),
    "vxlan of a fabric": (over_udp(48879, b"\xc8\x80\0\5\0\0\x07\x80" + FRAME), ("vxlan",)),
    "gre, cisco metadata": (ip4(ONE, TWO, GRE, gre(0x8909, b"\x08\0\1\1\0\1\0\5" + INNER)), ("gre",)),
    "gre, nsh": (ip4(ONE, TWO, GRE, gre(0x894F, b"\x0f\xc2\2\1" + bytes(4) + INNER)), ("gre",)),
    "tzsp": (over_udp(37008, b"\1\0\0\1\1" + FRAME), ("tzsp",)),
    "tzsp, sent, tags": (over_udp(37008, b"\1\1\0\1\0\x0a\1\5\0\x29\4ABCD\1" + FRAME), ("tzsp",)),
    "tzsp, IP": (over_udp(37008, b"\1\0\0\7\1" + INNER6), ("tzsp",)),
    "tzsp, ppp": (over_udp(37008, b"\1\0\0\4\1\xff\3\0\x21" + INNER), ("tzsp",)),
    "capwap": (over_udp(5247, capwap(FRAME)), ("capwap",)),
    "capwap, back, a longer header": (over_udp(40_000, capwap(FRAME, words=4), 5247), ("capwap",)),
    "lisp": (over_udp(4341, b"\x88\0\0\1\0\0\7\1" + INNER), ("lisp",)),
    "lisp, IPv6": (over_udp(4341, bytes(8) + INNER6), ("lisp",)),
    "lisp, what it says": (over_udp(4341, b"\x0c\0\0\3\0\0\7\0" + FRAME), ("lisp",)),
    "l2tp": (over_udp(1701, b"\0\2\0\1\0\1\xff\3\0\x21" + INNER), ("l2tp",)),
    "l2tp, a length, numbers, an offset": (
        over_udp(
            40_000,
            struct.pack(">HHHHIHH", 0x4A02, 18 + len(INNER6), 1, 1, 0, 2, 0) + b"\0\x57" + INNER6,
            1701,
        ),
        ("l2tp",),
    ),
    "l2tp 3": (ip4(ONE, TWO, 115, b"\0\0\0\7" + FRAME), ("l2tp",)),
    "l2tp 3, a cookie, a sublayer": (ip4(ONE, TWO, 115, b"\0\0\0\7" + b"\x8a" * 8 + bytes(4) + FRAME), ("l2tp",)),
    "l2tp 3 over udp": (over_udp(1701, b"\0\3\0\0\0\0\0\7" + b"\x8a" * 4 + FRAME), ("l2tp",)),
    "etherip": (ip4(ONE, TWO, 97, b"\x30\0" + FRAME), ("etherip",)),
    "etherip, MikroTik's": (ip6(A6, B6, 97, b"\x03\7" + FRAME), ("etherip",)),
    "eoip": (ip4(ONE, TWO, GRE, struct.pack(">HHH", 0x2001, 0x6400, len(FRAME)) + b"\7\0" + FRAME), ("eoip",)),
    "ethernet in IPv6": (ip6(A6, B6, 143, FRAME), ("ethernet-in-ip",)),
    "ethernet in IPv6, a route": (ip6(A6, B6, 43, b"\x8f\2\4\0\0\0\0\0" + bytes(16) + FRAME), ("ethernet-in-ip",)),
    "behind AH": (ip4(ONE, TWO, 51, b"\x04\x04" + bytes(22) + INNER), ("ip-in-ip",)),
}  # fmt: skip


@pytest.mark.parametrize("name", TUNNELS)
def test_the_flow_inside_is_the_flow(tmp_path: Path, mode: bool, name: str) -> None:
    packet, tunnels = TUNNELS[name]
    line = only(read(tmp_path, packet, mode=mode))
    assert (line["proto"], line["orig_p"], line["resp_p"], line["orig_bytes"]) == ("udp", 5000, 6000, 5)
    assert line["orig_ip_bytes"] == len(INNER if line["orig_h"] == A else INNER6)
    assert line["tunnels"] == tunnels
    framed = FRAME in packet
    assert line["orig_mac"] == ("02:00:00:00:00:1a" if framed else "02:00:00:00:00:0a")
    assert line["vlan"] == ("30" if framed else "20")


@pytest.mark.parametrize("name", TUNNELS)
def test_closed_the_flow_around_it_stands(tmp_path: Path, mode: bool, name: str) -> None:
    packet, _ = TUNNELS[name]
    line = only(read(tmp_path, packet, mode=mode, outer=True))
    assert (line["orig_ip_bytes"], line["tunnels"], line["vlan"]) == (len(packet), (), "20")
    assert line["orig_p"] != 5000


@pytest.mark.parametrize("name", TUNNELS)
def test_a_tunnel_cut_anywhere_is_in_one_flow_or_the_other(tmp_path: Path, mode: bool, name: str) -> None:
    whole = ether(TUNNELS[name][0], IP6 if TUNNELS[name][0][0] >> 4 == 6 else IP4)
    records = [Record(START, whole[:length], len(whole)) for length in range(len(whole) + 1)]
    evidence = cap.read(tmp_path, cap.pcap(records), interpreted=mode)
    assert sum(cap.words(evidence).values()) == len(records)
    assert any(line["orig_p"] == 5000 and line["orig_pkts"] == line["orig_bytes"] // 5 for line in cap.lines(evidence))


NO_TUNNELS = {
    "no flags": over_udp(4789, bytes(8) + FRAME),
    "reserved octets": over_udp(4789, b"\x08\1\0\0\0\0\x07\0" + FRAME),
    "text": over_udp(4789, b"GET / HTTP/1.1\r\n\r\n" * 5),
    "empty": over_udp(4789, b""),
    "short": over_udp(4789, VXLAN),
    "no IP inside": over_udp(4789, VXLAN + ether(bytes(46), 0x88CC)),
    "longer inside": over_udp(6635, b"\0\1\1\x40" + ip4(A, B, UDP, udp(5000, 6000), total=1500)),
    "longer inside, ip in ip": ip4(ONE, TWO, 4, ip4(A, B, UDP, udp(5000, 6000), total=1500)),
    "longer inside lisp": over_udp(4341, bytes(8) + ip4(A, B, UDP, udp(5000, 6000), total=1500)),
    "tzsp, keeps alive": over_udp(37008, b"\1\4\0\0\1" + FRAME),
    "tzsp, a version": over_udp(37008, b"\2\0\0\1\1" + FRAME),
    "tzsp, no end of tags": over_udp(37008, b"\1\0\0\1" + bytes(100)),
    "capwap, keeps alive": over_udp(5247, capwap(FRAME, flags=8)),
    "capwap, a version": over_udp(5247, b"\x10" + capwap(FRAME)[1:]),
    "capwap, a short header": over_udp(5247, capwap(FRAME, words=1)),
    "l2tp, control": over_udp(1701, b"\xc8\2" + bytes(10) + INNER),
    "l2tp, a version": over_udp(1701, b"\0\1\0\1\0\1\xff\3\0\x21" + INNER),
    "l2tp 3, control": ip4(ONE, TWO, 115, bytes(4) + FRAME),
    "etherip, a version": ip4(ONE, TWO, 97, b"\x40\0" + FRAME),
    "eoip, keeps alive": ip4(ONE, TWO, GRE, b"\x20\1\x64\0\0\0\7\0" + FRAME),
    "odd inside": over_udp(4789, VXLAN + ether(b"\x41" + INNER[1:])),
    "geneve, a version": over_udp(6081, b"\x80" + GENEVE[1:] + FRAME),
    "geneve, unknown": over_udp(6081, b"\0\0\x12\x34\0\0\x07\0" + FRAME),
    "gre, a route": ip4(ONE, TWO, GRE, gre(IP4, INNER, 0x4000, bytes(4))),
    "gre, unknown": ip4(ONE, TWO, GRE, gre(0x9999, INNER)),
    "gre, a version": ip4(ONE, TWO, GRE, gre(IP4, INNER, 2)),
    "ip in ip, another version": ip4(ONE, TWO, 4, INNER6),
    "teredo, another length": over_udp(3544, INNER6 + b"more"),
    "gtp, a signal": over_udp(2152, b"\x30\x01" + gtp(INNER)[2:]),
    "gtp, another length": over_udp(2152, gtp(INNER) + b"more"),
    "dns": over_udp(53, INNER),
}


@pytest.mark.parametrize("name", NO_TUNNELS)
def test_what_makes_no_sense_inside_is_not_opened(tmp_path: Path, mode: bool, name: str) -> None:
    line = only(read(tmp_path, NO_TUNNELS[name], mode=mode))
    assert (line["orig_h"], line["resp_h"], line["tunnels"]) == (ONE, TWO, ())
    assert line["orig_ip_bytes"] == len(NO_TUNNELS[name])


AIR = wifi(IN_THE_AIR, to_ds=True, from_ds=False)


@pytest.mark.parametrize(
    ("packet", "tunnel"),
    [
        (over_udp(37008, b"\1\0\0\x12\1" + AIR), "tzsp"),
        (over_udp(37008, b"\1\0\0\x77\1" + struct.pack("<II", 0x44, 144) + bytes(136) + AIR), "tzsp"),
        (over_udp(5247, capwap(AIR, flags=0x100)), "capwap"),
        (over_udp(5247, capwap(AIR[1::-1] + AIR[2:], flags=0x100)), "capwap"),
    ],
    ids=["tzsp", "tzsp, prism", "capwap", "capwap, swapped"],
)
def test_a_frame_of_the_air_in_a_tunnel(tmp_path: Path, mode: bool, packet: bytes, tunnel: str) -> None:
    line = only(read(tmp_path, packet, mode=mode))
    assert (line["orig_p"], line["resp_p"], line["tunnels"]) == (5000, 6000, (tunnel,))
    assert (line["orig_mac"], line["resp_mac"]) == ("02:00:00:00:00:0a", "02:00:00:00:00:0b")


LONGER = ip4(A, B, UDP, udp(5000, 6000, bytes(10), length=1480), total=1500)
CUT_INSIDE = {
    "vxlan": over_udp(4789, VXLAN + ether(LONGER)),
    "vxlan, IPv6": over_udp(4789, VXLAN + ether(ip6(A6, B6, UDP, udp(5000, 6000, length=900), length=900), IP6)),
    "geneve": over_udp(6081, GENEVE + ether(LONGER)),
    "erspan 1": ip4(ONE, TWO, GRE, gre(0x88BE, ether(LONGER))),
    "erspan 2": ip4(ONE, TWO, GRE, gre(0x88BE, b"\x10" + bytes(7) + ether(LONGER), 0x1000, bytes(4))),
    "erspan 3": ip4(ONE, TWO, GRE, gre(0x22EB, b"\x20" + bytes(11) + ether(LONGER), 0x1000, bytes(4))),
    "gre": ip4(ONE, TWO, GRE, gre(IP4, LONGER)),
    "tzsp": over_udp(37008, b"\1\0\0\1\1" + ether(LONGER)),
    "capwap": over_udp(5247, capwap(ether(LONGER))),
    "etherip": ip4(ONE, TWO, 97, b"\x30\0" + ether(LONGER)),
    "l2tp 3": ip4(ONE, TWO, 115, b"\0\0\0\7" + ether(LONGER)),
}


@pytest.mark.parametrize("name", CUT_INSIDE)
def test_a_mirror_that_cuts_packets_leaves_the_flow_inside(tmp_path: Path, mode: bool, name: str) -> None:
    evidence = read(tmp_path, CUT_INSIDE[name], mode=mode)
    line = only(evidence)
    assert (line["orig_p"], line["resp_p"]) == (5000, 6000)
    assert line["orig_ip_bytes"] == (940 if "IPv6" in name else 1500)
    assert (evidence.table.records.column(F_SNAPPED).tolist(), evidence.captures[0].snapped) == ([1], 1)


UNREAD = {
    "tzsp, token ring": (over_udp(37008, b"\1\0\0\2\1" + bytes(60)), "tzsp (UDP port 37008)"),
    "capwap, dtls": (over_udp(5247, b"\1\0\0\0\x17\xfe\xfd" + bytes(60)), "capwap (UDP port 5247)"),
    "capwap, a later fragment": (
        over_udp(5247, struct.pack(">IHH", 2 << 19 | 1 << 9 | 0x80, 7, 100 << 3) + bytes(60)), "capwap (UDP port 5247)",
    ),
    "l2tp 3, unknown inside": (ip4(ONE, TWO, 115, b"\0\0\0\7" + b"\x8a" * 60), "l2tpv3 (IP protocol 115)"),
    "an IP protocol": (ip4(ONE, TWO, 94, bytes(4) + summed(INNER)), "ipip (IP protocol 94)"),
    "a type in gre": (ip4(ONE, TWO, GRE, gre(0x9999, bytes(5) + summed(INNER))), "EtherType 0x9999"),
    "a type in vxlan": (over_udp(4789, VXLAN + ether(bytes(5) + summed(INNER), 0x1234)), "EtherType 0x1234"),
    "cut before the ports": (
        over_udp(4789, VXLAN + ether(ip4(A, B, UDP, bytes(4), total=1500))), "vxlan",
    ),
    "encrypted inside": (
        over_udp(5247, capwap(wifi(IN_THE_AIR, to_ds=True, from_ds=False, flags=0x40), flags=0x100)), "capwap",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREAD)
def test_a_tunnel_that_cannot_be_opened_is_counted_by_its_name(tmp_path: Path, mode: bool, name: str) -> None:
    packet, named = UNREAD[name]
    evidence = read(tmp_path, packet, packet, mode=mode)
    line = only(evidence)
    assert (line["orig_h"], line["resp_h"], line["orig_pkts"], line["tunnels"]) == (ONE, TWO, 2, ())
    assert evidence.captures[0].unread == {named: 2}


WHOLE_INSIDE = {
    "no flags": "vxlan (UDP port 4789)",
    "reserved octets": "vxlan (UDP port 4789)",
    "capwap, keeps alive": "capwap (UDP port 5247)",
    "capwap, a version": "capwap (UDP port 5247)",
    "capwap, a short header": "capwap (UDP port 5247)",
    "l2tp, control": "l2tp (UDP port 1701)",
    "l2tp, a version": "l2tp (UDP port 1701)",
    "l2tp 3, control": "l2tpv3 (IP protocol 115)",
    "etherip, a version": "etherip (IP protocol 97)",
    "eoip, keeps alive": "gre (IP protocol 47)",
    "geneve, a version": "geneve (UDP port 6081)",
    "geneve, unknown": "EtherType 0x1234",
    "gre, a route": "gre (IP protocol 47)",
    "gre, unknown": "EtherType 0x9999",
    "gre, a version": "gre (IP protocol 47)",
    "ip in ip, another version": "ip-in-ip",
    "teredo, another length": "teredo (UDP port 3544)",
    "gtp, a signal": "gtp (UDP port 2152)",
}
"""Those of NO_TUNNELS that have a whole IP packet inside all the same, by the name that they are counted under."""


@pytest.mark.parametrize("name", [*TUNNELS, *NO_TUNNELS])
def test_whole_packets_inside_are_counted_and_nothing_else(tmp_path: Path, mode: bool, name: str) -> None:
    packet = TUNNELS[name][0] if name in TUNNELS else NO_TUNNELS[name]
    expected = {WHOLE_INSIDE[name]: 1} if name in WHOLE_INSIDE else {}
    assert read(tmp_path, packet, mode=mode).captures[0].unread == expected


OWN_PORTS = {
    "ayiya": (over_udp(5072, b"\x44\x52\x11\x29" + bytes(40) + INNER6), "ayiya (UDP port 5072)"),
    "vxlan on another port": (over_udp(14789, VXLAN + FRAME), "UDP port 14789"),
    "answers of a tunnel": (over_udp(50_000, VXLAN + FRAME, 14789), "UDP port 14789"),
    "straight in a datagram": (over_udp(5555, INNER), "UDP port 5555"),
    "with a checksum, cut by a mirror": (
        over_udp(14789, VXLAN + ether(summed(ip4(A, B, UDP, udp(5000, 6000), total=1500)))), "UDP port 14789",
    ),
    "tcp in a datagram": (over_udp(5555, ip4(A, B, cap.TCP, tcp(5000, 80, SYN))), "UDP port 5555"),
    "in a tunnel": (over_udp(4789, VXLAN + ether(over_udp(5555, INNER))), "UDP port 5555"),
}  # fmt: skip


@pytest.mark.parametrize("name", OWN_PORTS)
def test_a_packet_in_a_datagram_is_counted_by_its_port(tmp_path: Path, mode: bool, name: str) -> None:
    packet, named = OWN_PORTS[name]
    assert read(tmp_path, packet, packet, mode=mode).captures[0].unread == {named: 2}
    assert read(tmp_path, packet, mode=mode, outer=True).captures[0].unread == {}


@pytest.mark.parametrize(
    "content",
    [
        INNER[:-1],
        INNER + b"more",
        INNER6[:-1],
        b"\x46" + INNER[1:],
        INNER[:9] + b"\x63" + INNER[10:],
        INNER[:8] + b"\0" + INNER[9:],
        summed(INNER)[:10] + b"\1\1" + INNER[12:],
        INNER6[:6] + b"\x63" + INNER6[7:],
        INNER6[:8] + b"\xff" + INNER6[9:],
        bytes(46) + INNER[:19],
        bytes(48) + INNER,
        b"\x45" * 200,
        b"\x60" * 200,
    ],
    ids=[
        "shorter", "longer", "shorter, IPv6", "options", "protocol", "no time to live", "checksum", "protocol, IPv6",
        "from a group", "at the end", "too far", "45", "60",
    ],
)  # fmt: skip
def test_other_datagrams_are_not_counted(tmp_path: Path, mode: bool, content: bytes) -> None:
    assert read(tmp_path, over_udp(5555, content), mode=mode).captures[0].unread == {}


def test_well_known_services_are_no_tunnels(tmp_path: Path, mode: bool) -> None:
    packets = [over_udp(1023, INNER), over_udp(50_000, INNER, 514)]
    assert read(tmp_path, *packets, mode=mode).captures[0].unread == {}


def test_a_snapped_datagram_is_searched_as_far_as_it_goes(tmp_path: Path, mode: bool) -> None:
    whole = ether(over_udp(14789, VXLAN + FRAME))
    cut = [Record(START, whole[:length], len(whole)) for length in range(len(whole))]
    evidence = cap.read(tmp_path, cap.pcap(cut), interpreted=mode)
    header_ends = whole.index(INNER) + 20
    assert evidence.captures[0].unread == {"UDP port 14789": len(whole) - header_ends}


NOT_LIKE_TSHARK = {
    "vxlan, Linux's port", "vxlan, a provider's port", "vxlan of a fabric", "l2tp 3", "l2tp 3, a cookie, a sublayer",
    "l2tp 3 over udp", "etherip, MikroTik's", "lisp, what it says", "gre, wccp", "gre, wccp's header",
}  # fmt: skip
"""tshark 4.0 does not know these ports, asks for the length of a cookie, and reads LISP's P bit as another one."""


def test_tshark_reads_the_same_packets_inside(tshark: str, tmp_path: Path) -> None:
    names = [name for name in TUNNELS if name not in NOT_LIKE_TSHARK]
    framed = [ether(TUNNELS[name][0], IP6 if TUNNELS[name][0][0] >> 4 == 6 else IP4) for name in names]
    path = tmp_path / "tunnels.pcap"
    path.write_bytes(cap.pcap([Record(START + at * SECOND, frame) for at, frame in enumerate(framed)]))
    command = [tshark, "-r", str(path), "-T", "fields", "-E", "occurrence=l", "-e", "udp.srcport", "-e", "udp.dstport"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {name: line for name, line in zip(names, found, strict=True) if line != "5000\t6000"} == {}


def nested(depth: int) -> bytes:
    packet = INNER
    for _ in range(depth):
        packet = ip4(ONE, TWO, 4, packet)
    return packet


@pytest.mark.parametrize(("depth", "word"), [(8, "in a flow"), (9, "nested too deep"), (40, "nested too deep")])
def test_tunnels_in_tunnels_end(tmp_path: Path, mode: bool, depth: int, word: str) -> None:
    assert cap.words(read(tmp_path, nested(depth), mode=mode)) == {word: 1}


@pytest.mark.parametrize(
    ("inner", "word"),
    [
        (ether(bytes(46), 0x0806), "arp"),
        (ether(bytes(102), 0x0842), "magic packet straight over Ethernet"),
        (ether(ip4(A, B, UDP, bytes(20), fragment=1)), "later IP fragment without its first one"),
    ],
)
def test_what_is_set_aside_is_set_aside_inside_a_tunnel(tmp_path: Path, mode: bool, inner: bytes, word: str) -> None:
    assert cap.words(read(tmp_path, over_udp(4789, VXLAN + inner), mode=mode)) == {word: 1}


def test_a_flow_seen_inside_and_outside_is_one_and_says_so(tmp_path: Path, mode: bool) -> None:
    line = only(read(tmp_path, INNER, over_udp(4789, VXLAN + FRAME), ip4(ONE, TWO, 4, INNER), mode=mode))
    assert (line["orig_pkts"], line["tunnels"]) == (3, ("vxlan", "ip-in-ip"))


def test_nothing_of_the_packet_around_is_left_in_the_one_inside(tmp_path: Path, mode: bool) -> None:
    """An outer and an inner ICMP error, and inner TCP: each has only its own values."""
    inside = ip4(A, B, cap.TCP, tcp(5000, 80, SYN, seq=7))
    line = only(read(tmp_path, over_udp(4789, VXLAN + ether(inside)), mode=mode))
    assert (line["proto"], line["history"], line["conn_state"]) == ("tcp", "S", "S0")
    assert line["vlan"] == ""


def test_an_icmp_error_inside_belongs_to_the_flow_that_it_quotes(tmp_path: Path, mode: bool) -> None:
    error = ip(B, A, cap.ICMP, icmp(3, 3, INNER))
    evidence = read(tmp_path, over_udp(4789, VXLAN + FRAME), over_udp(4789, VXLAN + ether(error)), mode=mode)
    assert cap.words(evidence) == {"in a flow": 1, "icmp error, told with the flow that it quotes": 1}
    assert evidence.table.icmp_error.count.tolist() == [1]


def test_an_icmp_error_about_a_tunnels_packet_is_a_flow_of_its_own(tmp_path: Path, mode: bool) -> None:
    error = ip(TWO, ONE, cap.ICMP, icmp(3, 4, over_udp(4789, VXLAN + FRAME)))
    evidence = read(tmp_path, over_udp(4789, VXLAN + FRAME), error, mode=mode)
    assert cap.words(evidence) == {"in a flow": 2}


def test_the_command_leaves_tunnels_closed_where_asked(tmp_path: Path) -> None:
    read(tmp_path, over_udp(4789, VXLAN + FRAME), mode=True)
    assert flows([tmp_path / "tunnels.pcap"])["resp_p"].tolist() == ["6000"]
    assert flows([tmp_path / "tunnels.pcap"], "--outer")["resp_p"].tolist() == ["4789"]


@pytest.mark.parametrize(("outer", "port"), [(False, 6000), (True, 4789)])
def test_an_analysis_leaves_tunnels_closed_where_asked(tmp_path: Path, outer: bool, port: int) -> None:
    read(tmp_path, over_udp(4789, VXLAN + FRAME), mode=True)
    path = str(tmp_path / "tunnels.pcap")
    assert api.analyze(path, options=ReadOptions(outer=outer), dissect=False).flows["resp_p"].tolist() == [port]
    drafted = run("site", "infer", path, *(["--outer"] if outer else []))
    assert drafted.exit_code == 0
