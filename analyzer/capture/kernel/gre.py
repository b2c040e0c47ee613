"""Kernel: GRE, and the tunnels of vendors that are a form of it.

Sources: RFC 2784 and 2890 (GRE), 2637 (its PPTP form), 7637 (NVGRE), draft-foschiano-erspan.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.carriers import eoip
from analyzer.capture.kernel.ether import BARE, ETHER, network, unmeasured
from analyzer.capture.kernel.octets import u16
from analyzer.kernel.loading import Octets

CHECKSUM, ROUTING, KEY, SEQUENCE, ACKNOWLEDGEMENT = 0x8000, 0x4000, 0x2000, 0x1000, 0x80


def gre(buf: Octets, at: int, end: int) -> tuple[int, int, int]:
    """GRE's optional fields by its flags; version 1 is PPTP's, which carries PPP."""
    if end - at < 4:
        return 0, 0, 0
    flags, kind = u16(buf, at), u16(buf, at + 2)
    version = flags & 7
    if flags & ROUTING or version > 1:
        return 0, 0, 0
    at += 4
    for bit in (CHECKSUM, KEY, SEQUENCE):
        if flags & bit:
            at += 4
    if version == 1 and flags & ACKNOWLEDGEMENT:
        at += 4
    if kind == 0x6400 and version == 1:
        return eoip(buf, at, end)
    if kind == 0x88BE or kind == 0x22EB:
        return erspan(buf, at, end, kind, flags)
    if kind == 0x8909 and end - at >= 4:
        return unmeasured(u16(buf, at)), at + 4 + (buf[at + 3] & 255) * 4, f.GRE  # metadata, its type first
    if kind == 0x883E and end > at:
        return BARE, at if buf[at] >> 4 == 4 else at + 4, f.GRE  # WCCP's, whose second version has a header
    return (network(kind), at, f.GRE) if kind >= 0x600 else (0, 0, 0)


def erspan(buf: Octets, at: int, end: int, kind: int, flags: int) -> tuple[int, int, int]:
    """Type I has no header of its own and no sequence number, II has eight octets, III twelve and maybe eight more."""
    if kind == 0x88BE:
        return ETHER, at + (8 if flags & SEQUENCE else 0), f.ERSPAN
    if end - at < 12:
        return 0, 0, 0
    form = (buf[at + 10] >> 2) & 31
    at += 20 if buf[at + 11] & 1 else 12
    return (ETHER if form == 0 else BARE), at, f.ERSPAN
