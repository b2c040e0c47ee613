"""What a decoded frame is: the slots of the row that the decoder fills, and the reasons for setting a frame aside.

A row is one line of 64-bit integers. Addresses are four 32-bit words; -1 stands for "has none" or "not captured".
"""

from enum import IntEnum

(
    VERSION, PROTO, SRC, SRC1, SRC2, SRC3, DST, DST1, DST2, DST3, SPORT, DPORT, FLAGS, SEQ, ACK, WINDOW, TTL, IPLEN,
    PAYLEN, PAYOFF, HEAD, VLAN, SMAC, DMAC, SNAPPED, QVERSION, QPROTO, QSRC, QSRC1, QSRC2, QSRC3, QDST, QDST1, QDST2,
    QDST3, QSPORT, QDPORT, IPID, CHECKSUM, WIDTH,
) = range(40)  # fmt: skip
"""The slots. ``IPLEN``: octets from the IP header on, as sent. ``PAYLEN``: transport payload, as sent. ``PAYOFF``: its
place in the buffer. ``HEAD``: the first four octets of it, -1 when fewer were captured. For ICMP ``SPORT`` is the type
and ``DPORT`` the code. ``VLAN``: outer tag, inner tag in bits 12 to 23, bit 24 set when there are two. ``Q...``: the
tuple that an ICMP error quotes, ``QPROTO`` -1 when there is none. ``IPID``: IPv4's identification; ``CHECKSUM``: the
transport's, as it stands in the frame."""


R_OFFSET, R_CAPTURED, R_ORIGINAL, R_TIME, R_LINK, R_WIDTH = range(6)
"""A record of a capture, as the container kernels give it: where its frame lies in the buffer, and when it was
(nanoseconds since the epoch)."""


class Aside(IntEnum):
    """Why a frame is in no flow. The words are those of ``frames`` in the report."""

    NONE = 0
    ARP = 1
    NOT_IP = 2
    ENCAPSULATED = 3
    LINK_TYPE = 4
    CUT_SHORT = 5
    MALFORMED = 6
    FRAGMENT = 7
    ICMP_ERROR = 8

    @property
    def word(self) -> str:
        return WORDS[self]


WORDS = {
    Aside.NONE: "in a flow",
    Aside.ARP: "arp",
    Aside.NOT_IP: "not IP",
    Aside.ENCAPSULATED: "encapsulation not read",
    Aside.LINK_TYPE: "link type not read",
    Aside.CUT_SHORT: "headers cut short",
    Aside.MALFORMED: "malformed headers",
    Aside.FRAGMENT: "later IP fragment",
    Aside.ICMP_ERROR: "icmp error, told with the flow that it quotes",
}

ETHERNET, NULL, PPP, RAW, LOOP, SLL, IPV4, IPV6, SLL2 = 1, 0, 9, 101, 108, 113, 228, 229, 276
"""Link types, as the tcpdump group's registry numbers them."""

LINK_NAMES = {
    NULL: "null", ETHERNET: "ethernet", 6: "token-ring", 7: "arcnet", 8: "slip", PPP: "ppp", 10: "fddi",
    12: "raw-ip", 14: "raw-ip", 50: "ppp-hdlc", 51: "ppp-ether", 100: "atm-rfc1483", RAW: "raw-ip", 104: "cisco-hdlc",
    105: "802.11", 107: "frame-relay", LOOP: "loop", SLL: "linux-sll", 117: "pflog", 119: "prism", 127: "radiotap",
    192: "ppi", IPV4: "ipv4", IPV6: "ipv6", 239: "nflog", SLL2: "linux-sll2",
}  # fmt: skip

READ_LINKS = frozenset({NULL, ETHERNET, 12, 14, RAW, LOOP, SLL, IPV4, IPV6, SLL2})


def link_name(number: int) -> str:
    """``ethernet``, or ``link type 147`` for one without a name here."""
    return LINK_NAMES.get(number, f"link type {number}")
