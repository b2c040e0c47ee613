"""What a decoded frame is: the slots of the row that the decoder fills, and the reasons for setting a frame aside.

A row is one line of 64-bit integers. Addresses are four 32-bit words; -1 stands for "has none" or "not captured".
"""

from enum import IntEnum

(
    VERSION, PROTO, SRC, SRC1, SRC2, SRC3, DST, DST1, DST2, DST3, SPORT, DPORT, FLAGS, SEQ, ACK, WINDOW, TTL, IPLEN,
    PAYLEN, PAYOFF, HEAD, VLAN, SMAC, DMAC, SNAPPED, QVERSION, QPROTO, QSRC, QSRC1, QSRC2, QSRC3, QDST, QDST1, QDST2,
    QDST3, QSPORT, QDPORT, IPID, CHECKSUM, TUNNEL, PIECE, DATAGRAM, STATUS, REPLY, TAG, SIGN, WIDTH,
) = range(47)  # fmt: skip
"""The slots. ``IPLEN``: octets from the IP header on, as sent. ``PAYLEN``: transport payload, as sent. ``PAYOFF``: its
place in the buffer. ``HEAD``: the first four octets of it, -1 when fewer were captured. For ICMP ``SPORT`` is the type
and ``DPORT`` the code. ``VLAN``: outer tag, inner tag in bits 12 to 23, bit 24 set when there are two. ``Q...``: the
tuple that an ICMP error quotes, ``QPROTO`` -1 when there is none. ``IPID``: IPv4's identification; ``CHECKSUM``: the
transport's, as it stands in the frame. ``TUNNEL``: the kinds of tunnels that were opened, bits of ``TUNNEL_NAMES``.
``PIECE``: FIRST or LATER of a datagram in fragments, AROUND where it is a tunnel's packet that was fragmented, -1 for
a whole one; ``DATAGRAM``: a signature that its fragments share. The last four are what else can be told of a frame
alone: ``STATUS``: 0, or why it is in no flow; ``REPLY``: an ICMP message, 1 for a reply, 2 for a request; ``TAG``: the
hash of its flow's key; ``SIGN``: what it shares with its copies."""

ROW_WIDTH = 2 * WIDTH
"""A row is followed by room for another: the packet around a tunnel, while it is being opened."""

FIRST, LATER, AROUND = 1, 2, 3

GRE, ERSPAN, VXLAN, GENEVE, IP_IN_IP, TEREDO, GTP, MPLS_IN_IP = (1 << bit for bit in range(8))
TUNNEL_NAMES = {
    GRE: "gre", ERSPAN: "erspan", VXLAN: "vxlan", GENEVE: "geneve", IP_IN_IP: "ip-in-ip", TEREDO: "teredo",
    GTP: "gtp", MPLS_IN_IP: "mpls-in-ip",
}  # fmt: skip
"""Tunnels by their bit. ``ip-in-ip`` is either version in either, ``gre`` includes NVGRE."""


def tunnel_names(kinds: int) -> tuple[str, ...]:
    """The words for a mask of tunnels, in the order of their bits; none for a flow that came through none."""
    return tuple(name for bit, name in TUNNEL_NAMES.items() if kinds > 0 and kinds & bit)


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
    WAKE = 9
    ENCRYPTED = 10
    DEEP = 11
    REST = 12
    OVER = 13

    @property
    def word(self) -> str:
        return WORDS[self]


(
    IN_FLOW, ARP, NOT_IP, ENCAPSULATED, LINK_TYPE, CUT_SHORT, MALFORMED, FRAGMENT, ICMP_ERROR, WAKE, ENCRYPTED, DEEP,
    REST, OVER,
) = (int(reason) for reason in Aside)  # fmt: skip
"""The same as plain integers, for the kernels."""

WORDS = {
    Aside.NONE: "in a flow",
    Aside.ARP: "arp",
    Aside.NOT_IP: "not IP",
    Aside.ENCAPSULATED: "encapsulation not read",
    Aside.LINK_TYPE: "link type not read",
    Aside.CUT_SHORT: "headers cut short",
    Aside.MALFORMED: "malformed headers",
    Aside.FRAGMENT: "later IP fragment without its first one",
    Aside.ICMP_ERROR: "icmp error, told with the flow that it quotes",
    Aside.WAKE: "magic packet straight over Ethernet",
    Aside.ENCRYPTED: "encrypted below IP",
    Aside.DEEP: "nested too deep",
    Aside.REST: "later fragment of a tunnel's packet, told with the flow inside",
    Aside.OVER: "beyond the limit of flows",
}

(
    NULL, ETHERNET, TOKEN_RING, SLIP, PPP, FDDI, PPP_HDLC, PPP_ETHER, ATM, RAW, CISCO_HDLC, WIFI_LINK, ATM_CLIP,
    FRAME_RELAY, LOOP, ENC, SLL, PFLOG, PRISM, SUN_ATM, RADIOTAP, AVS, PPP_PPPD, PPI, PPP_DIRECTION, IPV4, IPV6, NFLOG,
    PKTAP, SLL2,
) = (
    0, 1, 6, 8, 9, 10, 50, 51, 100, 101, 104, 105, 106, 107, 108, 109, 113, 117, 119, 123, 127, 163, 166, 192, 204, 228,
    229, 239, 258, 276,
)  # fmt: skip
"""Link types that are read, as the tcpdump group's registry numbers them; 12 and 14 are raw IP, too."""

LINK_NAMES = {
    NULL: "null", ETHERNET: "ethernet", TOKEN_RING: "token-ring", SLIP: "slip", PPP: "ppp", FDDI: "fddi",
    12: "raw-ip", 14: "raw-ip", PPP_HDLC: "ppp-hdlc", PPP_ETHER: "ppp-ether", ATM: "atm-rfc1483", RAW: "raw-ip",
    CISCO_HDLC: "cisco-hdlc", WIFI_LINK: "802.11", ATM_CLIP: "atm-clip", FRAME_RELAY: "frame-relay", LOOP: "loop",
    ENC: "enc", SLL: "linux-sll", PFLOG: "pflog", PRISM: "prism", SUN_ATM: "sun-atm", RADIOTAP: "radiotap", AVS: "avs",
    PPP_PPPD: "ppp-pppd", PPI: "ppi", PPP_DIRECTION: "ppp-with-direction", IPV4: "ipv4", IPV6: "ipv6", NFLOG: "nflog",
    PKTAP: "pktap", SLL2: "linux-sll2",
}  # fmt: skip

READ_LINKS = frozenset(LINK_NAMES)

FOREIGN_LINKS = {
    7: "arcnet", 129: "arcnet-linux", 143: "docsis", 187: "bluetooth-h4", 189: "usb-linux", 195: "802.15.4",
    201: "bluetooth-h4-with-direction", 220: "usb-linux-mmapped", 249: "usbpcap", 253: "netlink", 271: "vsock",
}  # fmt: skip
"""Link types that are met now and then and hold no IP that is read."""


def link_name(number: int) -> str:
    """``ethernet``; with its number for one that is not read: ``usbpcap (link type 249)``, ``link type 147``."""
    if number in READ_LINKS:
        return LINK_NAMES[number]
    plain = f"link type {number}"
    return f"{FOREIGN_LINKS[number]} ({plain})" if number in FOREIGN_LINKS else plain
