"""What a TCP segment makes of a connection: the transition table, and Zeek's thirteen words for the result.

The meanings of the states and of ``conn_state`` are Zeek's (base/protocols/conn, conn.log documentation); the table is
this project's own description of them. A segment is one event of its sender's side; the first line that fits gives the
new state of the sender's and of the peer's side. An event that no line names changes nothing.
"""

from collections.abc import Sequence

import numpy as np

from analyzer import net
from analyzer.columns import group_rows
from analyzer.flows.history import letter_bits
from analyzer.flows.kernel.tcp import (
    CLOSED,
    ESTABLISHED,
    EVENT_ACK,
    EVENT_DATA,
    EVENT_DATA_ACK,
    EVENT_FIN,
    EVENT_RST,
    EVENT_SYN,
    EVENT_SYN_ACK,
    INACTIVE,
    PARTIAL,
    RESET,
    RESET_AFTER_CLOSE,
    SYN_ACK_SENT,
    SYN_SENT,
)
from analyzer.flows.table import FlowTable

STATE_NAMES = (
    "inactive", "syn-sent", "syn-ack-sent", "partial", "established", "closed", "reset", "reset-after-close",
)  # fmt: skip
EVENT_NAMES = ("SYN", "SYN-ACK", "FIN", "RST", "bare ACK", "data with ACK", "data without ACK")

ORIG, RESP = 0, 1
ANY_STATE = tuple(range(8))
UNCHANGED = -1
_BOTH = (ORIG, RESP)
_OTHERS = (EVENT_ACK, EVENT_DATA_ACK, EVENT_DATA)
_OPEN = (ESTABLISHED, PARTIAL)
_NOT_CLOSED = tuple(state for state in ANY_STATE if state != CLOSED)

TRANSITIONS: tuple[
    tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[int], int, int], ...
] = (
    # sides events own state peer state own peer
    ((ORIG,), (EVENT_SYN,), (INACTIVE,), (ESTABLISHED,), ESTABLISHED, UNCHANGED),
    ((ORIG,), (EVENT_SYN,), (INACTIVE, PARTIAL), ANY_STATE, SYN_SENT, UNCHANGED),
    ((ORIG,), (EVENT_SYN_ACK,), (INACTIVE,), ANY_STATE, SYN_ACK_SENT, UNCHANGED),
    ((RESP,), (EVENT_SYN, EVENT_SYN_ACK), (INACTIVE,), (SYN_SENT, SYN_ACK_SENT), ESTABLISHED, ESTABLISHED),
    ((RESP,), (EVENT_SYN, EVENT_SYN_ACK), (INACTIVE,), ANY_STATE, ESTABLISHED, UNCHANGED),
    (_BOTH, (EVENT_FIN,), (INACTIVE, SYN_SENT, SYN_ACK_SENT), ANY_STATE, CLOSED, UNCHANGED),
    (_BOTH, (EVENT_FIN,), _OPEN, (RESET_AFTER_CLOSE,), CLOSED, CLOSED),
    (_BOTH, (EVENT_FIN,), _OPEN, ANY_STATE, CLOSED, UNCHANGED),
    (_BOTH, (EVENT_RST,), (CLOSED,), _NOT_CLOSED, RESET_AFTER_CLOSE, UNCHANGED),
    (_BOTH, (EVENT_RST,), (INACTIVE, SYN_SENT, SYN_ACK_SENT, *_OPEN), ANY_STATE, RESET, UNCHANGED),
    ((RESP,), (EVENT_ACK,), (INACTIVE,), (SYN_SENT,), UNCHANGED, UNCHANGED),
    (_BOTH, (EVENT_ACK, EVENT_DATA_ACK), (INACTIVE,), (ESTABLISHED,), ESTABLISHED, UNCHANGED),
    (_BOTH, _OTHERS, (INACTIVE,), ANY_STATE, PARTIAL, UNCHANGED),
)  # fmt: skip


def build_table() -> np.ndarray:
    """TRANSITIONS as an array of shape (2 sides, 7 events, 8 own states, 8 peer states): own state * 8 + peer's."""
    table = np.empty((2, 7, 8, 8), dtype=np.int64)
    for side, event, own, peer in np.ndindex(table.shape):
        table[side, event, own, peer] = own * 8 + peer
        for sides, events, owns, peers, new, new_peer in TRANSITIONS:
            if side in sides and event in events and own in owns and peer in peers:
                table[side, event, own, peer] = (own if new == UNCHANGED else new) * 8 + (
                    peer if new_peer == UNCHANGED else new_peer
                )
                break
    return table


CONN_STATES = {
    "S0": "Connection attempt seen, no reply.",
    "S1": "Connection established, not terminated.",
    "SF": "Normal establishment and termination.",
    "REJ": "Connection attempt rejected.",
    "S2": "Established, close attempt by the originator seen, no reply from the responder.",
    "S3": "Established, close attempt by the responder seen, no reply from the originator.",
    "RSTO": "Established, the originator aborted.",
    "RSTR": "The responder sent a RST.",
    "RSTOS0": "The originator sent a SYN and then a RST; no SYN-ACK was seen.",
    "RSTRH": "The responder sent a SYN-ACK or less and then a RST; no SYN from the originator was seen.",
    "SH": "The originator sent a SYN and then a FIN; no SYN-ACK was seen (half open).",
    "SHR": "The responder sent a SYN-ACK and then a FIN; no SYN from the originator was seen.",
    "OTH": "No SYN seen: midstream traffic, or no TCP or UDP.",
}


def tcp_conn_state(orig: int, resp: int, *, payload: bool, syn_then_rst: bool) -> str:
    """Zeek's word for a TCP connection whose sides ended in states ``orig`` and ``resp``.

    ``payload``: whether any was sent; ``syn_then_rst``: the originator sent a SYN and a RST and nothing between.
    """
    silent = (INACTIVE, PARTIAL)
    if resp >= RESET:
        rejected = orig in (SYN_SENT, SYN_ACK_SENT) or (orig >= RESET and not payload)
        return "REJ" if rejected else "RSTRH" if orig in silent else "RSTR"
    if orig >= RESET:
        return "RSTO" if resp not in silent else "RSTOS0" if syn_then_rst else "OTH"
    pairs = {
        (CLOSED, CLOSED): "SF",
        (SYN_SENT, INACTIVE): "S0",
        (ESTABLISHED, ESTABLISHED): "S1",
    }
    if (orig, resp) in pairs:
        return pairs[orig, resp]
    if orig == CLOSED:
        return "SH" if resp in silent else "S2"
    if resp == CLOSED:
        return "SHR" if orig in silent else "S3"
    return "OTH"


def datagram_conn_state(orig_pkts: int, resp_pkts: int) -> str:
    """Zeek's word for a UDP flow."""
    if orig_pkts:
        return "SF" if resp_pkts else "S0"
    return "SHR" if resp_pkts else "OTH"


def conn_states(table: FlowTable) -> list[str]:
    """Zeek's conn_state of every flow; OTH for what is neither TCP nor UDP."""
    orig, resp = table.orig, table.resp
    keys = [
        table.proto,
        orig.tcp_state,
        resp.tcp_state,
        (orig.payload_bytes > 0) | (resp.payload_bytes > 0),
        (orig.seen_letters & ~letter_bits("A")) == letter_bits("SR"),
        orig.pkts > 0,
        resp.pkts > 0,
    ]
    first, codes = group_rows(keys)
    texts = []
    for proto, orig_state, resp_state, payload, syn_then_rst, orig_sent, resp_sent in zip(
        *(key[first].tolist() for key in keys), strict=True
    ):
        if proto == net.TCP:
            texts.append(tcp_conn_state(orig_state, resp_state, payload=payload, syn_then_rst=syn_then_rst))
        else:
            texts.append(datagram_conn_state(orig_sent, resp_sent) if proto == net.UDP else "OTH")
    return [texts[code] for code in codes.tolist()]
