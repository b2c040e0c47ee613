"""Kernel: tunnels that carry whole frames, by their UDP port or IP protocol.

Each function returns (what comes next, where, by which tunnel); 0 for what is no tunnel, and a negative number of
``unread.refused`` for what is one and cannot be read. Sources: TZSP as Wireshark documents it (UDP port 37008),
RFC 5415 and 5416 (CAPWAP), RFC 9300 (LISP), draft-ietf-lisp-gpe, RFC 2661 and 3931 (L2TP), RFC 3378 (EtherIP),
MikroTik's EoIP and its form for IPv6; IANA's list of ports.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.ether import BARE, ETHER, PPP, WIFI, WIFI_SWAPPED
from analyzer.capture.kernel.octets import u16, u24, u32
from analyzer.capture.kernel.shims import behind_service_header
from analyzer.capture.kernel.unread import BY_IP_PROTOCOL, BY_UDP_PORT, refused
from analyzer.capture.kernel.wireless import prism
from analyzer.kernel.loading import Octets

TZSP_PORT, CAPWAP_PORT, LISP_PORT, L2TP_PORT = 37008, 5247, 4341, 1701
L2TP_PROTOCOL = 115
MOST_TAGS = 64
LENGTH, SEQUENCE, OFFSET = 0x4000, 0x0800, 0x0200
CONTROL, RESERVED = 0x8000, 0x34F0


def tzsp(buf: Octets, at: int, end: int) -> tuple[int, int, int]:
    """A sniffer's stream: version 1, a frame that was received (0) or sent (1), what it is, tags, the frame."""
    if buf[at] != 1 or (buf[at + 1] != 0 and buf[at + 1] != 1):
        return 0, 0, 0
    protocol = u16(buf, at + 2)
    at += 4
    for _ in range(MOST_TAGS):
        if end - at < 2:
            return 0, 0, 0
        tag = buf[at] & 255
        if tag == 1:
            kind, at = sniffed(buf, at + 1, end, protocol)
            return kind, at, f.TZSP
        at += 1 if tag == 0 else 2 + (buf[at + 1] & 255)
    return 0, 0, 0


def sniffed(buf: Octets, at: int, end: int, protocol: int) -> tuple[int, int]:
    """The next layer, by TZSP's encapsulated protocol."""
    if protocol == 1:
        return ETHER, at
    if protocol == 4:
        return PPP, at
    if protocol == 7:
        return BARE, at
    if protocol == 18:
        return WIFI, at
    if protocol == 119 or protocol == 127:
        return prism(buf, at, end)
    return refused(f.ENCAPSULATED, BY_UDP_PORT, TZSP_PORT), at


def capwap(buf: Octets, at: int, end: int) -> tuple[int, int, int]:
    """Data of an access point: a header that states its own length, then an Ethernet frame or one of 802.11, from some
    vendors with a swapped frame control. A later fragment and DTLS cannot be read."""
    head = u32(buf, at)
    if head >> 24 == 1 and 20 <= (buf[at + 4] & 255) <= 23 and buf[at + 5] == 0xFE:
        return refused(f.ENCAPSULATED, BY_UDP_PORT, CAPWAP_PORT), at, f.CAPWAP
    length = ((head >> 19) & 31) * 4
    keep_alive = head & 0x08
    if head >> 24 or head & 0x07 or keep_alive or length < 8 or end - at < length + 2:
        return 0, 0, 0
    if head & 0x80 and u16(buf, at + 6) >> 3:
        return refused(f.ENCAPSULATED, BY_UDP_PORT, CAPWAP_PORT), at, f.CAPWAP
    at += length
    if not head & 0x100:
        return ETHER, at, f.CAPWAP
    return (WIFI if buf[at] & 15 == 8 else WIFI_SWAPPED), at, f.CAPWAP


def lisp(buf: Octets, at: int) -> tuple[int, int, int]:
    """A header of eight octets, then IP; or, if the P bit is set, the protocol that the header names."""
    if buf[at] & 0x04:
        return max(behind_service_header(buf[at + 3] & 255), 0), at + 8, f.LISP
    return BARE, at + 8, f.LISP


def l2tp(buf: Octets, at: int, end: int) -> tuple[int, int, int]:
    """Over UDP. Version 2 carries PPP behind fields that its flags announce; version 3 has a session."""
    flags = u16(buf, at)
    if flags & (CONTROL | RESERVED):
        return 0, 0, 0
    version = flags & 15
    if version == 3:
        return session(buf, at + 4, end) if flags == 3 else (0, 0, 0)
    if version != 2:
        return 0, 0, 0
    at += 6
    if flags & LENGTH:
        at += 2
    if flags & SEQUENCE:
        at += 4
    if flags & OFFSET:
        if end - at < 2:
            return 0, 0, 0
        at += 2 + u16(buf, at)
    return (PPP, at, f.L2TP) if end - at >= 2 else (0, 0, 0)


def session(buf: Octets, at: int, end: int) -> tuple[int, int, int]:
    """L2TP version 3: a session (0: control), then a cookie of 0, 4 or 8 octets and maybe 4 octets of the layer below.
    No field gives their number: a frame is searched for behind each."""
    if end - at < 8 or u32(buf, at) == 0:
        return 0, 0, 0
    for skipped in range(4, 20, 4):
        place = at + skipped
        if is_frame(buf, place, end):
            return ETHER, place, f.L2TP
        if end - place >= 5 and u32(buf, place) == 0xFF030021 and (buf[place + 4] & 0xF0) == 0x40:
            return PPP, place, f.L2TP
    return refused(f.ENCAPSULATED, BY_IP_PROTOCOL, L2TP_PROTOCOL), at, f.L2TP


def is_frame(buf: Octets, at: int, end: int) -> bool:
    """Whether an Ethernet frame with IP, ARP or LLC begins there, behind at most two tags."""
    for _ in range(3):
        if end - at < 17:
            return False
        kind, following = u16(buf, at + 12), buf[at + 14] & 255
        if kind == 0x0800:
            return 0x45 <= following <= 0x4F
        if kind == 0x86DD:
            return following >> 4 == 6
        if kind == 0x0806:
            return u16(buf, at + 14) == 1
        if kind < 0x600:
            return kind <= end - at - 14 and u24(buf, at + 14) in (0xAAAA03, 0x424203)
        if kind != 0x8100 and kind != 0x88A8:
            return False
        at += 4
    return False


def etherip(buf: Octets, at: int, end: int) -> tuple[int, int, int]:
    """Version 3 and twelve bits of zero; MikroTik's EoIP over IPv6 has the version in the low half of the first octet,
    and a tunnel's number in the other bits."""
    if end - at < 2 or (u16(buf, at) != 0x3000 and buf[at] & 15 != 3):
        return 0, 0, 0
    return ETHER, at + 2, f.ETHERIP


def eoip(buf: Octets, at: int, end: int) -> tuple[int, int, int]:
    """MikroTik's form of GRE: ``at`` is behind its key, which is a length (0: keeps the tunnel alive) and a number."""
    if end - at < 1 or u16(buf, at - 4) == 0:
        return 0, 0, 0
    return ETHER, at, f.EOIP
