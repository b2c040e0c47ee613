"""What capture kernels are compiled with: the slots of a decoded frame's row and of a capture's records, the reasons to
set a frame aside, and the link types that are read, all as plain integers.

A row is one line of 64-bit integers. Addresses are four 32-bit words; -1 means "has none" or "not captured". The words
for these numbers are in ``analyzer.capture.frame``.
"""

(
    VERSION, PROTO, SRC, SRC1, SRC2, SRC3, DST, DST1, DST2, DST3, SPORT, DPORT, FLAGS, SEQ, ACK, WINDOW, TTL, IPLEN,
    PAYLEN, PAYOFF, HEAD, VLAN, SMAC, DMAC, SNAPPED, QVERSION, QPROTO, QSRC, QSRC1, QSRC2, QSRC3, QDST, QDST1, QDST2,
    QDST3, QSPORT, QDPORT, IPID, CHECKSUM, TUNNEL, PIECE, DATAGRAM, UNREAD, STATUS, REPLY, TAG, SIGN, CONTENT,
    INTERFACE, WIDTH,
) = range(50)  # fmt: skip
"""The slots. ``IPLEN``: octets from the IP header on, as sent. ``PAYLEN``: transport payload, as sent. ``PAYOFF``: its
place in the buffer. ``HEAD``: the first four octets of it, -1 when fewer were captured. For ICMP ``SPORT`` is the type
and ``DPORT`` the code. ``VLAN``: outer tag, inner tag in bits 12 to 23, bit 24 set when there are two. ``Q...``: the
tuple that an ICMP error quotes, ``QPROTO`` -1 when there is none. ``IPID``: IPv4's identification; ``CHECKSUM``: the
transport's, as it is in the frame. ``TUNNEL``: the kinds of tunnels that were opened, bits of the tunnels below.
``PIECE``: FIRST or LATER of a datagram in fragments, AROUND where it is a tunnel's packet that was fragmented, -1 for
a whole one; ``DATAGRAM``: a signature that its fragments share. ``UNREAD``: the encapsulation that was not read, a
number of ``capture.kernel.unread``, -1 for none; the frame may be in a flow. ``INTERFACE``: the number of the interface
in the capture file. The five before it need nothing but the frame itself: ``STATUS``: 0, or why it is in no flow;
``REPLY``: an ICMP message, 1 for a reply, 2 for a request; ``TAG``: the hash of its flow's key; ``SIGN``: what it
shares with its copies; ``CONTENT``: a hash of its payload if its port is watched, else -1."""

ROW_WIDTH = 2 * WIDTH
"""A row is followed by room for another: the packet around a tunnel, while it is being opened."""

FIRST, LATER, AROUND = 1, 2, 3

(
    GRE, ERSPAN, VXLAN, GENEVE, IP_IN_IP, TEREDO, GTP, MPLS_IN_IP, TZSP, CAPWAP, LISP, L2TP, ETHERIP, EOIP,
    ETHERNET_IN_IP,
) = (1 << bit for bit in range(15))  # fmt: skip
"""Tunnels by their bit. ``IP_IN_IP`` is either version in either, ``GRE`` includes NVGRE, ``L2TP`` is version 2 or 3.
``ETHERNET_IN_IP``: protocol 143 of RFC 8986."""

R_OFFSET, R_CAPTURED, R_ORIGINAL, R_TIME, R_LINK, R_INTERFACE, R_WIDTH = range(7)
"""A record of a capture, as the container kernels give it: where its frame lies in the buffer, and when it was
(nanoseconds since the epoch)."""

(
    IN_FLOW, ARP, NOT_IP, ENCAPSULATED, LINK_TYPE, CUT_SHORT, MALFORMED, FRAGMENT, ICMP_ERROR, WAKE, ENCRYPTED, DEEP,
    REST, OVER,
) = range(14)  # fmt: skip
"""Why a frame is in no flow; IN_FLOW: it is in one. ``Aside`` of ``analyzer.capture.frame`` has their words."""
UNDECIDED = -2
"""STATUS of a frame that the functions for plain frames leave to those for all frames."""

(
    NULL, ETHERNET, TOKEN_RING, SLIP, PPP, FDDI, PPP_HDLC, PPP_ETHER, ATM, RAW, CISCO_HDLC, WIFI_LINK, ATM_CLIP,
    FRAME_RELAY, LOOP, ENC, SLL, PFLOG, PRISM, SUN_ATM, RADIOTAP, AVS, PPP_PPPD, PPI, PPP_DIRECTION, IPV4, IPV6, NFLOG,
    PKTAP, SLL2, RAW_12, RAW_14,
) = (
    0, 1, 6, 8, 9, 10, 50, 51, 100, 101, 104, 105, 106, 107, 108, 109, 113, 117, 119, 123, 127, 163, 166, 192, 204, 228,
    229, 239, 258, 276, 12, 14,
)  # fmt: skip
"""Link types that are read, as the tcpdump group's registry numbers them. RAW, RAW_12 and RAW_14
are raw IP by three numbers."""
