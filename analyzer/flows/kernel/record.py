"""The slots of a flow's record, and of the other arrays that the assembler keeps between chunks.

A record is one line of 64-bit integers. It has a block for each side, the originator's first. -1: not captured. Times
are nanoseconds since the epoch. Memory hands over eight integers at a time, so the slots that every frame needs are in
as few groups of eight as possible: one with the key and the times, two of its own side and one of the other side.
"""

(
    F_KIND, F_LOWS, F_PORTS, F_FIRST, F_LAST, F_SNAPPED, F_LETTERS, F_MARKS,
    F_HISTORY, F_HISTORY1, F_HISTORY2, F_TUNNEL, F_VLAN, F_BASIS, F_FRAME, F_CAPTURE,
    F_ADDR0, F_ADDR0_1, F_ADDR0_2, F_ADDR0_3, F_ADDR1, F_ADDR1_1, F_ADDR1_2, F_ADDR1_3,
    F_PORT0, F_PORT1, F_VERSION, F_PROTO, F_MAC, F_ERR_TYPE, F_ERR_CODE, F_ERR_COUNT,
    F_ERR_SRC, F_ERR_SRC1, F_ERR_SRC2, F_ERR_SRC3, F_ERR_TTL, F_ERR_FRAME, F_ERR_TIME, F_ERR_CAPTURE, F_SIDE,
) = range(41)  # fmt: skip
"""``F_KIND``: version, protocol and ``F_MAC`` as one number. ``F_LOWS``: the last words of both addresses,
``F_PORTS``: both ports. These three repeat the key beside the slots that every frame changes; only the assembler
reads them. ``F_MAC``: part of the key: the sender's MAC for datagrams from 0.0.0.0, flow_hash.ASKED_BY_HIGHER, or
-1. ``F_HISTORY``...: the history, twelve letters of five bits in each; ``F_LETTERS``: how many letters.
``F_TUNNEL``: the tunnels that its packets came through, as bits, 0 for none. ``F_ERR...``: the first ICMP error
that quoted the flow, and how many did."""
END_SLOTS = slice(F_ADDR0, F_PORT1 + 1)
"""Both ends of a flow, the originator's first."""

(
    S_PKTS, S_BYTES, S_IP_BYTES, S_LAST, S_HEAD, S_LAST_HEAD, S_LAST_LENGTH, S_MOST_LENGTH,
    S_STATE, S_NEXT, S_HOLE, S_MAC, S_SEEN, S_ISN, S_ACKED, S_REPEATS,
    S_HOLE_END, S_LAST_SYN, S_LAST_FIN, S_LAST_RST, S_ZERO_WINDOWS, S_GAPS, S_SYNS, S_FIRST,
    S_TTL, S_RST_TTL, S_RETRANSMITTED, S_COPIES, S_BESIDE, S_INTERFACE, S_CHAIN, S_LATE_SYNS,
) = range(32)  # fmt: skip
"""The slots of a side's block. ``S_NEXT``: one past the highest sequence number sent. ``S_SEEN``: the letters of its
history, as bits. ``S_ACKED``: the highest number that the peer acknowledged of this side; -1 while it acknowledged none
that was sent. ``S_REPEATS``: TCP: segments in a row that repeat data or FIN, since this side sent or the peer
acknowledged anything new; UDP: datagrams in a row that repeat the one before, with its length, its first octets and its
hash. ``S_HEAD``, ``S_LAST_HEAD``: the first four octets of its first and of its last payload. ``S_MOST_LENGTH``: the
length of its longest payload. ``S_COPIES``: how many of its packets are copies of one captured just before.
``S_BESIDE``, the same on both sides: one more than the earlier flow of the same tuple that was under way when this one
began on another path; -1 for none. ``S_CHAIN``, the same on both sides: one more than the next flow of the tuple in
which a segment is looked for. ``S_INTERFACE``: the interface of its first packet. ``S_LATE_SYNS``: its segments with
SYN after the peer answered one. ``S_HOLE``, ``S_HOLE_END``: the first gap in its sequence numbers. The first eight
slots are those that each frame of the side changes, the next eight those that are read of the other side, too."""
SIDE_WIDTH = 32
"""The slots of a block. It is a multiple of eight, so that each block begins at one."""
S_LAST_CONTENT = S_HOLE_END
"""UDP: the hash of its last payload if its port is watched, else -1. It has a seed, so no record keeps it after the
captures are read."""

WIDTH = F_SIDE + 2 * SIDE_WIDTH

HOT = (F_KIND, F_SIDE, F_SIDE + S_STATE, F_SIDE + SIDE_WIDTH, F_SIDE + SIDE_WIDTH + S_STATE)
"""A slot of each group of eight that every frame needs."""

BASIS_SYN, BASIS_SYN_ACK, BASIS_PROTOCOL, BASIS_FIRST, BASIS_RULE, BASIS_SERVICE = range(6)
"""Why the originator is the originator: ``F_BASIS``. BASIS_RULE and BASIS_SERVICE
are never an assembler's: judging may set them."""

HISTORY_LETTERS = "SHADFRQITWG"
"""The letters of the history by number, for the originator. Those of the responder are twelve higher; FLIP: the
flip."""
RESPONDER_LETTER = 12
FLIP = 24
MOST_LETTERS = 36

(
    G_FLOWS, G_MASK, G_FRAME, G_MARKS, G_SEED, G_CAPTURE, G_NEED, G_SNAPPED, G_FIRST, G_LAST, G_LAST_TIME, G_BACKWARDS,
    G_FLOW, G_SIDE, G_DUPLICATES, G_BUDGET, G_DROPPED, G_LIMIT, G_AHEAD, G_COPIES_APART, G_ASIDE,
) = range(21)  # fmt: skip
"""The assembler's own numbers. ``G_FLOW``, ``G_SIDE``: the flow and the side of the last frame; for an ICMP error or a
later fragment, the flow that it belongs to. ``G_FRAME``...``G_BACKWARDS``: of the current capture. ``G_ASIDE`` and the
following: its frames by the reason why they are in no flow, 0: in a flow. ``G_BUDGET``: first payloads that may still
be marked. ``G_DROPPED``: frames beyond the most marks of a flow. ``G_LIMIT``: the most flows that are kept.
``G_COPIES_APART``: how far copies of this capture may be apart, by those that were seen.
``G_AHEAD``: how many frames before its turn the record of a frame's flow is fetched from memory; 0: not at all."""
ASIDE_SLOTS = 16
G_UNREAD = G_ASIDE + ASIDE_SLOTS
MOST_UNREAD = 64
"""``G_UNREAD`` and up: pairs of an encapsulation that was not read, and how many frames of the capture have it. At most
MOST_UNREAD kinds are kept apart; the last pair, of kind 0, has those of all further kinds."""
STATE_WIDTH = G_UNREAD + 2 * MOST_UNREAD

RECENT_FRAMES = 4096
D_SIGN, D_TIME, D_TTL, D_CONTENT, D_MAC, D_WIDTH = range(6)
"""A recent frame, by a signature of what its copies have in common with it. ``D_MAC``: of its sender."""

PIECED_DATAGRAMS = 4096
(
    PIECE_SIGN, PIECE_TIME, PIECE_FLOW, PIECE_SIDE, PIECE_CAPTURE, PIECE_NEXT, PIECE_PKTS, PIECE_BYTES, PIECE_IP_BYTES,
    PIECE_SNAPPED, PIECE_WIDTH,
) = range(11)  # fmt: skip
"""A datagram in fragments, by the signature that they share. ``PIECE_FLOW``: one more than the flow of its first
fragment, 0 before that one, -1 where it is a tunnel's packet. ``PIECE_NEXT``: TCP, the sequence number after what was
captured. ``PIECE_PKTS``...: fragments of capture ``PIECE_CAPTURE`` that came before the first one."""

NEED_NOTHING, NEED_FLOWS, NEED_SLOTS, NEED_MARKS = range(4)

(
    M_FLOW, M_FRAME, M_TIME, M_CAPTURE, M_SIDE, M_PAYLEN, M_OFFSET, M_CAPTURED, M_PAYLOAD, M_LINK, M_ORIGINAL,
    M_FIRST_PAYLOAD, M_WIDTH,
) = range(13)  # fmt: skip
"""A marked frame: one that is kept for later stages. ``M_OFFSET``, ``M_PAYLOAD``: where it and its payload begin in the
buffer of this chunk. ``M_FIRST_PAYLOAD``: 1 if it is kept only as the first payload of a side, else 0."""


def side_slot(which: int, slot: int) -> int:
    """The place of a slot of a side's block in a record; ``which``: 0 for the originator's."""
    return F_SIDE + which * SIDE_WIDTH + slot
