"""What the assembler keeps of a flow: the slots of its record, and of the state that travels between chunks.

A record is one line of 64-bit integers; a side's block stands in it twice, the originator's first. -1 stands for "not
seen". Times are nanoseconds since the epoch. Memory hands over eight integers together, so what every frame needs
stands in as few eights as can be: one with the key and the times, two of its own side and one of the other.
"""

(
    F_KIND, F_LOWS, F_PORTS, F_FIRST, F_LAST, F_SNAPPED, F_LETTERS, F_MARKS,
    F_HISTORY, F_HISTORY1, F_HISTORY2, F_TUNNEL, F_VLAN, F_BASIS, F_FRAME, F_CAPTURE,
    F_ADDR0, F_ADDR0_1, F_ADDR0_2, F_ADDR0_3, F_ADDR1, F_ADDR1_1, F_ADDR1_2, F_ADDR1_3,
    F_PORT0, F_PORT1, F_VERSION, F_PROTO, F_MAC, F_ERR_TYPE, F_ERR_CODE, F_ERR_COUNT,
    F_ERR_SRC, F_ERR_SRC1, F_ERR_SRC2, F_ERR_SRC3, F_ERR_TTL, F_ERR_FRAME, F_ERR_TIME, F_ERR_CAPTURE, F_SIDE,
) = range(41)  # fmt: skip
"""``F_KIND``: version, protocol and ``F_MAC`` in one; ``F_LOWS``, ``F_PORTS``: the last words of both addresses, and
both ports: the key once more, so that it and what every frame changes stand together. Only the assembler reads these.
``F_MAC``: part of the key for datagrams from 0.0.0.0. ``F_HISTORY``...: twelve letters of five bits each, ``F_LETTERS``
of them. ``F_TUNNEL``: the tunnels that its packets came through, bits of frame.TUNNEL_NAMES, 0 for none. ``F_ERR...``:
the first ICMP error that quoted the flow, and how many did."""
ENDS = slice(F_ADDR0, F_PORT1 + 1)
"""Both ends of a flow, the originator's first."""

(
    PKTS, BYTES, IP_BYTES, S_LAST, S_HEAD, LAST_HEAD, LAST_LENGTH, MOST_LENGTH,
    STATE, NEXT, HOLE, S_MAC, SEEN, ISN, RETRANSMITTED, COPIES,
    HOLE_END, LAST_SYN, LAST_FIN, LAST_RST, ZERO_WINDOWS, GAPS, SYNS, S_FIRST, S_TTL, RST_TTL,
) = range(26)  # fmt: skip
"""A side's block. ``NEXT``: one past the highest sequence number sent. ``SEEN``: letters of its history, as bits.
``S_HEAD`` and ``LAST_HEAD``: the first four octets of its first and last payload. ``MOST_LENGTH``: its longest one.
``COPIES``: how many of its packets are copies of one that was seen just before. What a frame changes of its own side
comes first, then what it asks of the other side, too."""
SIDE_WIDTH = 32
"""More than a block holds, for the sake of the eights."""

WIDTH = F_SIDE + 2 * SIDE_WIDTH

HOT = (F_KIND, F_SIDE, F_SIDE + STATE, F_SIDE + SIDE_WIDTH, F_SIDE + SIDE_WIDTH + STATE)
"""A slot in each eight that every frame needs."""

BASIS_SYN, BASIS_SYN_ACK, BASIS_PROTOCOL, BASIS_FIRST, BASIS_RULE = range(5)
"""Why the originator is the originator: ``F_BASIS``. BASIS_RULE is never an assembler's: judging may set it."""

LETTERS = "SHADFRQITWG"
"""History letters by number, the originator's; the responder's are twelve higher, and FLIP is the flip."""
RESPONDER_LETTER = 12
FLIP = 24
MOST_LETTERS = 36

(
    G_FLOWS, G_MASK, G_FRAME, G_MARKS, G_SEED, G_CAPTURE, G_NEED, G_SNAPPED, G_FIRST, G_LAST, G_LAST_TIME, G_BACKWARDS,
    G_FLOW, G_SIDE, G_DUPLICATES, G_BUDGET, G_DROPPED, G_LIMIT, G_AHEAD, G_ASIDE,
) = range(20)  # fmt: skip
"""The assembler's own numbers. ``G_FLOW``, ``G_SIDE``: the flow and the side of the frame taken last; of an ICMP error
or a later fragment the flow that it was told with. ``G_FRAME``...``G_BACKWARDS`` speak of the capture at hand.
``G_ASIDE`` and up: its frames by what became of them, 0 in a flow. ``G_BUDGET``: first payloads that may still be
marked; ``G_DROPPED``: frames that were beyond a flow's share of marks. ``G_LIMIT``: the most flows that are kept.
``G_AHEAD``: how many frames before its turn a flow is fetched from memory, 0 where that is of no use."""
ASIDE_SLOTS = 16
G_UNREAD = G_ASIDE + ASIDE_SLOTS
MOST_UNREAD = 64
"""``G_UNREAD`` and up: pairs of an encapsulation that was not read, and how many frames of the capture have it. At most
MOST_UNREAD kinds are kept apart; the last pair, of kind 0, has those of all further kinds."""
STATE_WIDTH = G_UNREAD + 2 * MOST_UNREAD

RECENT_FRAMES = 4096
D_SIGN, D_TIME, D_TTL, D_WIDTH = range(4)
"""A frame seen lately, by a signature of what a copy of it would share."""

PIECED_DATAGRAMS = 4096
(
    P_SIGN, P_TIME, P_FLOW, P_SIDE, P_CAPTURE, P_NEXT, P_PKTS, P_BYTES, P_IP_BYTES, P_SNAPPED, P_WIDTH,
) = range(11)  # fmt: skip
"""A datagram in fragments, by the signature that they share. ``P_FLOW``: one more than the flow of its first fragment,
0 before that was seen, -1 where it is a tunnel's packet. ``P_NEXT``: TCP, the sequence number after what was seen.
``P_PKTS``...: fragments of capture ``P_CAPTURE`` that came before the first one."""

NEED_NOTHING, NEED_FLOWS, NEED_SLOTS, NEED_MARKS = range(4)

M_FLOW, M_FRAME, M_TIME, M_CAPTURE, M_SIDE, M_PAYLEN, M_OFFSET, M_CAPTURED, M_PAYLOAD, M_LINK, M_ORIGINAL, M_WIDTH = (
    range(12)
)
"""A marked frame: one that a later stage wants to look into. ``M_OFFSET`` and ``M_PAYLOAD``: where it and its payload
lie in the buffer of this chunk."""


def side_slot(which: int, slot: int) -> int:
    """The place of a slot of a side's block in a record; ``which``: 0 for the originator's."""
    return F_SIDE + which * SIDE_WIDTH + slot
