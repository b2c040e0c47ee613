"""Every way in which an IP packet may be framed below IP, made by hand from the standards."""

import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from analyzer.capture.encapsulations import FURTHER_KINDS
from analyzer.capture.frame import READ_LINKS, link_name
from analyzer.flows.kernel.record import MOST_UNREAD
from tests import capfile as cap
from tests.capfile import ACK, CLIENT_MAC, IP4, IP6, SERVER_MAC, START, Record, ether, ip4, ip6, summed, tcp, udp

A, B, A6, B6 = "10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"
FOUR = ip4(A, B, cap.UDP, udp(5000, 6000, b"hello"))
SIX = ip6(A6, B6, cap.UDP, udp(5000, 6000, b"hello"))
SNAP = b"\xaa\xaa\x03\0\0\0"
BRIDGED = b"\xaa\xaa\x03\0\x80\xc2\0\x07"
CLIENT, SERVER = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
BSSID = b"\x02\0\0\0\0\x01"
ETHERNET = 1


@pytest.fixture(
    params=[True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))], ids=["plain", "compiled"]
)
def mode(request: pytest.FixtureRequest) -> bool:
    """Every test of this file runs the kernels as they stand and compiled."""
    return bool(request.param)


def decoded(folder: Path, frame: bytes, number: int, *, mode: bool, wire: int = 0) -> tuple[str, dict[str, Any]]:
    evidence = cap.read(folder, cap.pcap([Record(START, frame, wire or None)], number), interpreted=mode)
    (word,) = cap.words(evidence)
    return word, next(iter(cap.lines(evidence)), {})


def mpls(payload: bytes, labels: int = 1) -> bytes:
    stack = [struct.pack(">I", (16 + n) << 12 | (n == labels - 1) << 8 | 64) for n in range(labels)]
    return b"".join(stack) + payload


def pppoe(payload: bytes, code: int = 0) -> bytes:
    return struct.pack(">BBHH", 0x11, code, 1, len(payload)) + payload


def wifi(payload: bytes, *, to_ds: bool, from_ds: bool, kind: int = 0x08, flags: int = 0, qos: bytes = b"") -> bytes:
    """An 802.11 data frame from the client to the server."""
    destination, source = SERVER_MAC, CLIENT_MAC
    addresses = {
        (False, False): (destination, source, BSSID),
        (True, False): (BSSID, source, destination),
        (False, True): (destination, BSSID, source),
        (True, True): (BSSID, BSSID, destination),
    }[to_ds, from_ds]
    head = bytes((kind, flags | to_ds | from_ds << 1)) + bytes(2) + b"".join(addresses) + bytes(2)
    return head + (source if to_ds and from_ds else b"") + qos + payload


def radiotap(frame: bytes, flags: int | None = None, *, clock: bool = False, words: int = 1) -> bytes:
    present = [(0x80000000 if n < words - 1 else 0) for n in range(words)]
    present[0] |= (1 if clock else 0) | (2 if flags is not None else 0)
    fields = b"".join(struct.pack("<I", word) for word in present)
    if clock:
        fields += bytes(-(4 + len(fields)) % 8) + bytes(8)
    fields += b"" if flags is None else bytes((flags,))
    return struct.pack("<BBH", 0, 0, 4 + len(fields)) + fields + frame


def isl(frame: bytes, tag: int) -> bytes:
    """A frame on Cisco's Inter-Switch Link, with its check sequence."""
    inside = b"\xaa\xaa\x03\0\0\x0c" + struct.pack(">HHH", tag << 1, 1, 0) + frame + bytes(4)
    return b"\x01\0\x0c\0\0\0" + bytes(6) + struct.pack(">H", len(inside)) + inside


def nflog(family: int, payload: int, packet: bytes, kind: int, hardware: bytes = b"") -> bytes:
    """A record of Linux's log: the packet's Ethernet type, maybe its hardware header, and the packet."""
    fields = struct.pack("<HH", 8, 1) + struct.pack(">HH", kind, 0)
    if hardware:
        fields += struct.pack("<HH", 18, 16) + hardware + bytes(2)
    return bytes((family, 0, 0, 0)) + fields + struct.pack("<HH", len(packet) + 4, payload) + packet


TYPE4 = struct.pack(">H", IP4)
IN_THE_AIR = SNAP + struct.pack(">H", IP4) + FOUR
PLAIN_AIR = wifi(IN_THE_AIR, to_ds=True, from_ds=False)
AGGREGATE = SERVER_MAC + CLIENT_MAC + struct.pack(">H", len(IN_THE_AIR)) + IN_THE_AIR
PADDED = wifi(bytes(2) + IN_THE_AIR, to_ds=True, from_ds=False, kind=0x88, qos=bytes(2))
MACSEC = struct.pack(">BBI", 0, 0, 1)

FRAMES = {
    "mpls": (1, ether(mpls(FOUR), 0x8847)),
    "mpls, three labels, IPv6": (1, ether(mpls(SIX, 3), 0x8848)),
    "pseudowire with a control word": (1, ether(mpls(bytes(4) + ether(FOUR)), 0x8847, source=bytes(6))),
    "pseudowire without one": (1, ether(mpls(ether(FOUR)), 0x8847, source=bytes(6))),
    "a pseudowire whose addresses look like IPv4": (1, ether(mpls(ether(FOUR, target=b"\x45\0\0\0\0\1")), 0x8847)),
    "pppoe": (1, ether(pppoe(b"\0\x21" + FOUR), 0x8864)),
    "pppoe, IPv6, behind a tag": (1, ether(pppoe(b"\0\x57" + SIX), 0x8864, tags=[(0x8100, 7)])),
    "pppoe, compressed protocol": (1, ether(pppoe(b"\x21" + FOUR), 0x8864)),
    "mpls over ppp": (9, b"\xff\x03\x02\x81" + mpls(FOUR)),
    "backbone (802.1ah)": (1, ether(bytes(4) + ether(FOUR), 0x88E7, tags=[(0x88A8, 5)], source=bytes(6))),
    "vn-tag": (1, ether(bytes(4) + struct.pack(">H", IP4) + FOUR, 0x8926)),
    "macsec in the clear": (1, ether(MACSEC + struct.pack(">H", IP4) + FOUR + bytes(16), 0x88E5)),
    "macsec with its channel": (1, ether(b"\x20" + bytes(13) + struct.pack(">H", IP4) + FOUR, 0x88E5)),
    "802.2, IP's own access point": (1, ether(b"\x06\x06\x03" + FOUR, len(FOUR) + 3)),
    "ppp": (9, b"\0\x21" + FOUR),
    "ppp with hdlc's octets": (9, b"\xff\x03\0\x21" + FOUR),
    "ppp, IPv6": (50, b"\xff\x03\0\x57" + SIX),
    "cisco hdlc on a ppp link": (50, b"\x0f\0\x08\0" + FOUR),
    "ppp behind pppoe's header": (51, pppoe(b"\0\x21" + FOUR)),
    "pppd": (166, b"\x01\x03\0\x21" + FOUR),
    "ppp with direction": (204, b"\x01\0\x21" + FOUR),
    "cisco hdlc": (104, b"\x0f\0\x86\xdd" + SIX),
    "frame relay": (107, b"\x18\x41\x03\xcc" + FOUR),
    "frame relay, a pad and SNAP": (107, b"\x18\x41\x03\0\x80\0\0\0\x08\0" + FOUR),
    "frame relay, Cisco's": (107, b"\x18\x41\x08\0" + FOUR),
    "frame relay, a long address": (107, b"\x18\x40\x10\x01\x03\x8e" + SIX),
    "atm, llc": (100, SNAP + b"\x08\0" + FOUR),
    "atm, bridged": (100, BRIDGED + bytes(2) + ether(FOUR)),
    "atm, a circuit of its own": (100, FOUR),
    "classical ip over atm": (106, SNAP + b"\x08\0" + FOUR),
    "sun atm": (123, b"\x02\0\0\x20" + SNAP + b"\x08\0" + FOUR),
    "slip": (8, bytes(16) + FOUR),
    "enc": (109, bytes(12) + SIX),
    "token ring": (6, b"\x10\x40" + SERVER_MAC + CLIENT_MAC + SNAP + b"\x08\0" + FOUR),
    "token ring, a route": (
        6, b"\x10\x40" + SERVER_MAC + b"\x82" + CLIENT_MAC[1:] + b"\x06\0\1\2\3\4" + SNAP + b"\x08\0" + FOUR,
    ),
    "fddi": (10, b"\x50" + SERVER_MAC + CLIENT_MAC + SNAP + b"\x08\0" + FOUR),
    "802.11 to the access point": (105, PLAIN_AIR),
    "802.11 from it": (105, wifi(IN_THE_AIR, to_ds=False, from_ds=True)),
    "802.11 without one": (105, wifi(IN_THE_AIR, to_ds=False, from_ds=False)),
    "802.11 between two": (105, wifi(IN_THE_AIR, to_ds=True, from_ds=True, kind=0x88, qos=bytes(2))),
    "802.11, qos and ht": (105, wifi(IN_THE_AIR, to_ds=True, from_ds=False, kind=0x88, flags=0x80, qos=bytes(6))),
    "802.11, one frame aggregated": (105, wifi(AGGREGATE, to_ds=True, from_ds=False, kind=0x88, qos=b"\x80\0")),
    "radiotap": (127, radiotap(PLAIN_AIR)),
    "radiotap, a check sequence": (127, radiotap(PLAIN_AIR + bytes(4), 0x10)),
    "radiotap, padded": (127, radiotap(PADDED, 0x20, clock=True)),
    "radiotap, more words": (127, radiotap(PADDED, 0x20, words=3)),
    "prism": (119, struct.pack("<II", 0x44, 144) + bytes(136) + PLAIN_AIR),
    "prism, big-endian": (119, struct.pack(">II", 0x44, 144) + bytes(136) + PLAIN_AIR),
    "avs": (163, struct.pack(">II", 0x80211001, 64) + bytes(56) + PLAIN_AIR),
    "ppi, 802.11": (192, struct.pack("<BBHI", 0, 0, 12, 105) + bytes(4) + PLAIN_AIR),
    "ppi, ethernet": (192, struct.pack("<BBHI", 0, 0, 8, 1) + ether(FOUR)),
    "pktap": (258, struct.pack("<III", 108, 1, 1) + bytes(96) + ether(SIX, IP6)),
    "nflog": (239, b"\x02\0\0\0" + struct.pack("<HH5s3xHH", 9, 1, b"log01", len(FOUR) + 4, 9) + FOUR),
    "pflog": (117, bytes((61, 2)) + bytes(62) + FOUR),
    "e-tag (802.1BR)": (1, ether(bytes(6) + TYPE4 + FOUR, 0x893F)),
    "e-tag behind a tag, a tag behind it": (
        1, ether(bytes(6) + b"\x81\0\0\x1e" + TYPE4 + FOUR, 0x893F, tags=[(0x88A8, 5)]),
    ),
    "r-tag (802.1CB)": (1, ether(bytes(4) + TYPE4 + FOUR, 0xF1C1)),
    "cn-tag": (1, ether(bytes(2) + TYPE4 + FOUR, 0x22E9)),
    "hsr": (1, ether(b"\0\x34\0\1" + TYPE4 + FOUR, 0x892F)),
    "hsr behind a tag, IPv6": (1, ether(b"\0\x34\0\1\x86\xdd" + SIX, 0x892F, tags=[(0x8100, 3)])),
    "prp's trailer": (1, ether(FOUR + bytes(20) + b"\0\1\xa0\x52\x88\xfb")),
    "cisco metadata": (1, ether(b"\1\1\0\1\0\5" + TYPE4 + FOUR, 0x8909)),
    "cisco metadata behind a tag": (1, ether(b"\1\1\0\1\0\5" + TYPE4 + FOUR, 0x8909, tags=[(0x8100, 9)])),
    "cisco time stamp": (1, ether(bytes(6) + TYPE4 + FOUR, 0x8988)),
    "arista, 64 bits": (1, ether(b"\0\1\0\x10" + bytes(8) + TYPE4 + FOUR, 0xD28B)),
    "arista, 64 bits, another clock": (1, ether(b"\0\1\0\x11" + bytes(8) + TYPE4 + FOUR, 0xD28B)),
    "arista, 48 bits": (1, ether(b"\0\1\1\x20" + bytes(6) + b"\x86\xdd" + SIX, 0xD28B)),
    "fabricpath": (1, ether(b"\0\x60" + ether(FOUR, tags=[(0x8100, 7)]), 0x8903, source=bytes(6))),
    "trill": (1, ether(b"\0\x41" + bytes(8) + ether(FOUR), 0x22F3, source=bytes(6))),
    "nsh, IPv4": (1, ether(b"\x0f\xc2\2\1" + bytes(4) + FOUR, 0x894F)),
    "nsh, IPv6": (1, ether(b"\x0f\xc6\1\2" + bytes(20) + SIX, 0x894F)),
    "nsh, ethernet": (1, ether(b"\x0f\xc2\2\3" + bytes(4) + ether(FOUR), 0x894F, source=bytes(6))),
    "nsh, nsh, mpls": (
        1, ether(b"\x0f\xc2\2\4" + bytes(4) + b"\x0f\xc2\2\5" + bytes(4) + mpls(FOUR), 0x894F),
    ),
    "isl": (1, isl(ether(FOUR), 30)),
    "isl, to its other address": (1, b"\x03" + isl(ether(SIX, IP6), 30)[1:]),
    "a jumbo frame of llc": (1, ether(IN_THE_AIR, 0x8870)),
    "centrino": (1, ether(PLAIN_AIR, 0x2452, source=bytes(6))),
    "centrino, qos": (
        1, ether(wifi(IN_THE_AIR, to_ds=True, from_ds=False, kind=0x88, qos=bytes(2)), 0x2452, source=bytes(6)),
    ),
    "centrino, two octets more": (
        1, ether(wifi(bytes(2) + IN_THE_AIR, to_ds=True, from_ds=False, kind=0x88, qos=bytes(2)), 0x2452),
    ),
    "802.11, an ethernet frame in it": (105, wifi(ether(FOUR), to_ds=True, from_ds=False)),
    "802.11, two octets of zero": (105, wifi(bytes(2) + IN_THE_AIR, to_ds=True, from_ds=False)),
    "802.11s, four addresses": (
        105, wifi(bytes(6) + IN_THE_AIR, to_ds=True, from_ds=True, kind=0x88, qos=b"\0\1"),
    ),
    "802.11s, six addresses": (
        105, wifi(b"\2" + bytes(5) + SERVER_MAC + CLIENT_MAC + IN_THE_AIR, to_ds=True, from_ds=True, kind=0x88,
                  qos=b"\0\1"),
    ),
    "802.11s, to a group": (
        105, wifi(b"\1" + bytes(5) + CLIENT_MAC + IN_THE_AIR, to_ds=False, from_ds=True, kind=0x88, qos=b"\0\1"),
    ),
    "802.11, a queue's size where mesh has a bit": (
        105, wifi(IN_THE_AIR, to_ds=True, from_ds=False, kind=0x88, qos=b"\0\1"),
    ),
    "nflog of a bridge": (239, nflog(7, 9, FOUR, IP4)),
    "nflog of a bridge, IPv6, its addresses": (239, nflog(7, 9, SIX, IP6, SERVER_MAC + CLIENT_MAC + b"\x86\xdd")),
    "null with an ethernet type": (0, struct.pack("<I", IP4) + FOUR),
    "null with an ethernet type, big-endian": (0, struct.pack(">I", IP6) + SIX),
    "cooked, llc": (113, struct.pack(">HHH6s2xH", 0, 1, 6, CLIENT_MAC, 4) + IN_THE_AIR),
    "cooked v2, llc": (276, struct.pack(">HHIHBB6s2x", 4, 0, 1, 1, 0, 6, CLIENT_MAC) + IN_THE_AIR),
    "ethernet, llc by its length": (1, ether(IN_THE_AIR + bytes(7), len(IN_THE_AIR))),
    "pppoe, octets behind its length": (1, ether(pppoe(b"\0\x21" + FOUR) + bytes(9), 0x8864)),
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_every_framing_leads_to_the_same_packet(tmp_path: Path, mode: bool, name: str) -> None:
    number, frame = FRAMES[name]
    word, line = decoded(tmp_path, frame, number, mode=mode)
    assert word == "in a flow"
    assert (line["proto"], line["orig_p"], line["resp_p"], line["orig_bytes"]) == ("udp", 5000, 6000, 5)
    assert (line["orig_h"], line["resp_h"]) in {(A, B), (A6, B6)}
    assert line["orig_ip_bytes"] in {len(FOUR), len(SIX)}
    if line["orig_mac"] and "IPv4" not in name and number not in (113, 276) and "to a group" not in name:
        assert (line["orig_mac"], line["resp_mac"]) == (CLIENT, SERVER)


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_cut_anywhere_is_counted_once(tmp_path: Path, mode: bool, name: str) -> None:
    number, whole = FRAMES[name]
    records = [Record(START, whole[:length], len(whole)) for length in range(len(whole))]
    evidence = cap.read(tmp_path, cap.pcap(records, number), interpreted=mode)
    assert sum(cap.words(evidence).values()) == len(records)
    assert {(line["orig_p"], line["orig_bytes"] // line["orig_pkts"]) for line in cap.lines(evidence)} <= {(5000, 5)}


ASIDE = {
    "later fragments in the air": (105, PLAIN_AIR[:22] + b"\x01\0" + PLAIN_AIR[24:], "encapsulation not read"),
    "two frames aggregated": (
        105, wifi(AGGREGATE + bytes(2) + AGGREGATE, to_ds=True, from_ds=False, kind=0x88, qos=b"\x80\0"),
        "encapsulation not read",
    ),
    "a beacon": (105, b"\x80\0" + bytes(40), "not IP"),
    "no data": (105, wifi(b"", to_ds=True, from_ds=False, kind=0x48), "not IP"),
    "encrypted in the air": (105, wifi(IN_THE_AIR, to_ds=True, from_ds=False, flags=0x40), "encrypted below IP"),
    "macsec, encrypted": (1, ether(b"\x0c" + bytes(60), 0x88E5), "encrypted below IP"),
    "ppp, encrypted": (9, b"\0\x53" + bytes(40), "encrypted below IP"),
    "ppp, compressed headers": (9, b"\0\x2d" + bytes(40), "encapsulation not read"),
    "arista, another version": (1, ether(b"\0\1\0\x30" + bytes(40), 0xD28B), "encapsulation not read"),
    "nsh, another version": (1, ether(b"\x4f\xc2\2\1" + bytes(40), 0x894F), "encapsulation not read"),
    "nsh, something else": (1, ether(b"\x0f\xc2\2\6" + bytes(40), 0x894F), "not IP"),
    "6lowpan": (1, ether(bytes(46), 0xA0ED), "encapsulation not read"),
    "llc ends before its header": (1, ether(IN_THE_AIR, 2), "not IP"),
    "llc ends inside IP's header": (1, ether(IN_THE_AIR, 20), "malformed headers"),
    "pppoe ends inside IP's header": (
        1, ether(struct.pack(">BBHH", 0x11, 0, 1, 12) + b"\0\x21" + FOUR, 0x8864), "malformed headers",
    ),
    "nflog, another family": (239, nflog(1, 9, bytes(60), IP4), "not IP"),
    "cooked, another protocol": (113, struct.pack(">HHH6s2xH", 0, 1, 6, CLIENT_MAC, 0xC) + bytes(40), "not IP"),
    "ppp, link control": (9, b"\xff\x03\xc0\x21" + bytes(40), "not IP"),
    "pppoe, discovery": (1, ether(pppoe(b"", 9), 0x8863), "not IP"),
    "pppoe, odd": (1, ether(pppoe(b"\0\x21" + FOUR, 7), 0x8864), "malformed headers"),
    "too many labels": (1, ether(mpls(FOUR, 17), 0x8847), "nested too deep"),
    "a channel of the pseudowire's own": (1, ether(mpls(b"\x10" + bytes(40)), 0x8847), "not IP"),
    "ppi of ppi": (192, struct.pack("<BBHI", 0, 0, 8, 192) + FOUR, "malformed headers"),
    "radiotap, no length": (127, bytes(40), "malformed headers"),
    "token ring's own": (6, b"\x10\x00" + bytes(40), "not IP"),
    "magic packet": (1, ether(b"\xff" * 6 + CLIENT_MAC * 16, 0x0842), "magic packet straight over Ethernet"),
    "another llc": (1, ether(b"\x42\x42\x03" + bytes(43), 46), "not IP"),
    "bridged, another organisation": (1, ether(b"\xaa\xaa\x03\0\0\x0c\x20\0" + bytes(40), 48), "not IP"),
}  # fmt: skip


@pytest.mark.parametrize("name", ASIDE)
def test_what_is_not_read_is_set_aside_by_name(tmp_path: Path, mode: bool, name: str) -> None:
    number, frame, word = ASIDE[name]
    assert decoded(tmp_path, frame, number, mode=mode) == (word, {})


SUMMED = summed(FOUR)
UNKNOWN = {
    "an ethernet type": (1, ether(bytes(5) + SUMMED, 0x1234), "EtherType 0x1234"),
    "an ethernet type, IPv6": (1, ether(bytes(8) + SIX + bytes(4), 0x88B5), "EtherType 0x88B5"),
    "an ethernet type behind a tag": (1, ether(bytes(5) + SUMMED, 0x1234, tags=[(0x8100, 4)]), "EtherType 0x1234"),
    "behind llc": (1, ether(b"\x42\x42\x03" + SUMMED, len(SUMMED) + 3), "LLC 0x4242"),
    "behind snap": (
        1, ether(b"\xaa\xaa\x03\0\x80\xc2\0\x09" + bytes(13) + SUMMED, 21 + len(SUMMED)), "SNAP 0080C2:0009",
    ),
    "behind a label": (1, ether(mpls(b"\x10\0\0\x21" + SUMMED), 0x8847), "MPLS (EtherType 0x8847)"),
    "ppp": (9, b"\x40\x99" + SUMMED, "PPP protocol 0x4099"),
    "loopback": (0, struct.pack("<I", 99) + SUMMED, "address family 99"),
    "nflog, another family": (239, nflog(1, 9, FOUR, IP4), "address family 1"),
    "a checksum that the network card fills in": (1, ether(bytes(5) + FOUR + bytes(9), 0x1234), "EtherType 0x1234"),
    "a tag that looks like a length": (1, ether(b"\x10\x05" + SUMMED + bytes(9), 46), "LLC 0x1005"),
    "compressed headers": (9, b"\0\x2d" + bytes(40), "compressed TCP/IP (PPP protocol 0x002D)"),
    "two frames aggregated": (*ASIDE["two frames aggregated"][:2], "802.11 A-MSDU"),
    "later fragments in the air": (*ASIDE["later fragments in the air"][:2], "802.11 fragment"),
    "another link type": (178, bytes(60), "juniper-ethernet (link type 178)"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_read_is_counted_by_its_name(tmp_path: Path, mode: bool, name: str) -> None:
    number, frame, named = UNKNOWN[name]
    records = [Record(START, frame), Record(START + 1000, frame)]
    evidence = cap.read(tmp_path, cap.pcap(records, number), interpreted=mode)
    assert cap.words(evidence) == {"link type not read" if number == 178 else "encapsulation not read": 2}
    assert evidence.captures[0].unread == {named: 2}


def reached(octets: bytes, at: int, value: bytes) -> bytes:
    """An IPv4 packet with other octets at ``at``, and a correct checksum."""
    return summed(octets[:at] + value + octets[at + len(value) :])


LATER_PIECE = reached(ip4(A, B, cap.UDP, bytes(40)), 6, b"\0\xb9")
FOUND = {
    "a later fragment": (LATER_PIECE, 0),
    "another protocol": (reached(FOUR, 9, b"\x32"), 0),
    "cut by a mirror": (reached(FOUR, 2, b"\5\xdc"), 0),
    "snapped": (ip4(A, B, cap.UDP, udp(5000, 6000, bytes(1400))), 1400),
    "snapped, IPv6": (ip6(A6, B6, cap.UDP, udp(5000, 6000, bytes(1400))), 1400),
    "snapped before the ports, IPv6": (ip6(A6, B6, cap.TCP, tcp(5000, 80, ACK, data=bytes(1400))), 1419),
    "IPv6, TCP": (ip6(A6, B6, cap.TCP, tcp(5000, 80, ACK)), 0),
    "IPv6, ICMPv6": (ip6(A6, B6, cap.ICMP6, bytes((135, 0)) + bytes(22)), 0),
    "IPv6, an extension": (ip6("fe80::1", "ff02::16", 0, b"\x3a\0\5\2\0\0\1\0\x8f\0" + bytes(26)), 0),
    "IPv6, a fragment": (ip6(A6, B6, 44, b"\x11\0\5\xa8" + bytes(44)), 0),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_ip_behind_an_unknown_header_is_found(tmp_path: Path, mode: bool, name: str) -> None:
    """Also where only the first octets of the packet were captured."""
    octets, missing = FOUND[name]
    whole = ether(bytes(5) + octets, 0x1234)
    found = decoded(tmp_path, whole[: len(whole) - missing], ETHERNET, mode=mode, wire=len(whole))
    assert found == ("encapsulation not read", {})


@pytest.mark.parametrize(
    "wrong",
    [
        b"\x45" + SUMMED[1:10] + b"\0\1" + SUMMED[12:],
        FOUR[:-1],
        FOUR + bytes(65),
        FOUR[:9] + b"\x63" + FOUR[10:],
        SUMMED[:8] + b"\0" + SUMMED[9:],
        LATER_PIECE[:-1],
        LATER_PIECE + bytes(65),
        reached(LATER_PIECE, 9, b"\x63"),
        reached(FOUR + bytes(65), 6, b"\x80\0"),
        SIX[:-1],
        SIX + bytes(65),
        SIX[:6] + b"\1" + SIX[7:],
        SIX[:44] + b"\0\x63" + SIX[46:],
        ip6(A6, B6, cap.TCP, tcp(5000, 80, ACK)[:12] + b"\x40" + bytes(7)),
        ip6(A6, B6, cap.TCP, tcp(5000, 80, ACK)[:12] + b"\x5e" + bytes(7)),
        ip6(A6, B6, cap.TCP, bytes(12)),
        ip6(A6, B6, cap.ICMP6, bytes((77, 0)) + bytes(22)),
        ip6(A6, B6, cap.ICMP6, bytes((135, 99)) + bytes(22)),
        ip6(A6, B6, 0, b"\x63\0" + bytes(22)),
        ip6(A6, B6, 0, b"\x3a\x63" + bytes(22)),
        ip6(A6, B6, 44, b"\x11\1" + bytes(22)),
        bytes(70),
        b"\xff" * 70,
    ],
    ids=[
        "checksum", "shorter", "longer", "protocol", "no time to live", "a later fragment, shorter",
        "a later fragment, longer", "a later fragment, protocol", "a reserved flag", "IPv6, shorter", "IPv6, longer",
        "IPv6, ICMP of version 4", "IPv6, UDP's length", "IPv6, TCP's offset", "IPv6, TCP's reserved bits",
        "IPv6, less than TCP's header", "IPv6, ICMPv6's type", "IPv6, ICMPv6's code", "IPv6, an unusual protocol",
        "IPv6, a long extension", "IPv6, a fragment's reserved octet", "zeros", "ones",
    ],
)  # fmt: skip
def test_octets_that_are_no_ip_header_are_not_ip(tmp_path: Path, mode: bool, wrong: bytes) -> None:
    """Anything can follow a header that is not known: in many frames, one check alone is passed by chance."""
    assert decoded(tmp_path, ether(bytes(5) + wrong, 0x1234), ETHERNET, mode=mode) == ("not IP", {})


def test_at_most_64_kinds_are_kept_apart(tmp_path: Path, mode: bool) -> None:
    records = [Record(START, ether(SUMMED, 0x1000 + number)) for number in range(200)]
    (capture,) = cap.read(tmp_path, cap.pcap(records), interpreted=mode).captures
    assert len(capture.unread) == MOST_UNREAD
    assert capture.unread[FURTHER_KINDS] == 200 - (MOST_UNREAD - 1)


def test_the_vlan_of_a_switch_link_is_that_of_its_frame(tmp_path: Path, mode: bool) -> None:
    assert decoded(tmp_path, isl(ether(FOUR), 30), ETHERNET, mode=mode)[1]["vlan"] == "30"


NOT_LIKE_TSHARK = {
    "arista, 64 bits, another clock": "tshark 4.0 does not know this version",
    "pseudowire with a control word": "tshark guesses that there is none",
    "pseudowire without one": "tshark guesses that there is one",
    "a pseudowire whose addresses look like IPv4": "tshark takes the addresses for IPv4",
    "cn-tag": "tshark 4.0 does not know it",
    "isl, to its other address": "tshark 4.0 does not know that address",
    "802.11, a queue's size where mesh has a bit": "tshark may take it for a frame of a mesh",
    "slip": "tshark does not read this link type",
    "atm, a circuit of its own": "tshark expects LLC",
    "classical ip over atm": "tshark expects IP at once",
    "enc": "tshark expects the family of the capturing system",
    "pppd": "tshark does not read this link type",
}


def test_tshark_reads_the_same_packets(tshark: str, tmp_path: Path) -> None:
    wrong = {}
    for number in sorted({link for link, _ in FRAMES.values()} & READ_LINKS):
        names = [name for name, (link, _) in FRAMES.items() if link == number and name not in NOT_LIKE_TSHARK]
        if not names:
            continue
        path = tmp_path / "frames.pcap"
        path.write_bytes(cap.pcap([Record(START, FRAMES[name][1]) for name in names], number))
        fields = ["-e", "ip.src", "-e", "ipv6.src", "-e", "udp.srcport", "-e", "udp.dstport"]
        command = [tshark, "-r", str(path), "-T", "fields", "-E", "separator=,", *fields]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = done.stdout.splitlines() or [""] * len(names)
        wrong.update({
            name: line for name, line in zip(names, found, strict=True)
            if line not in {f"{A},,5000,6000", f",{A6},5000,6000"}
        })  # fmt: skip
    assert wrong == {}


def test_the_tags_are_those_of_the_innermost_frame(tmp_path: Path, mode: bool) -> None:
    inner = ether(FOUR, tags=[(0x8100, 30)])
    _, line = decoded(tmp_path, ether(mpls(bytes(4) + inner), 0x8847, tags=[(0x8100, 20)]), ETHERNET, mode=mode)
    assert line["vlan"] == "30"
    _, line = decoded(tmp_path, ether(mpls(FOUR), 0x8847, tags=[(0x8100, 20)]), ETHERNET, mode=mode)
    assert line["vlan"] == "20"


def test_a_link_type_is_named() -> None:
    assert all(not link_name(number).startswith("link type") for number in READ_LINKS)
    assert link_name(178) == "juniper-ethernet (link type 178)"
    assert (link_name(249), link_name(147)) == ("usbpcap (link type 249)", "link type 147")
