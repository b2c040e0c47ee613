"""Kernel: the frames that later stages look into.

Sources for TFTP: RFC 1350 (operations, error codes), RFC 2347 (code 8, and OACK, which begins with an option's name).
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.protocol_numbers import TCP, TFTP, UDP
from analyzer.flows.kernel import record as r
from analyzer.kernel.loading import IntRow, IntTable, Octets

DATA, ACKNOWLEDGE, ERROR, OPTIONS = 3, 4, 5, 6
MOST_TFTP_ERROR = 8
LETTERS = 0x41
MARKS_PER_FLOW = 16_384
QUOTES_PER_FLOW = 1024
"""ICMP errors about flows of which nothing was seen here; another vantage may have seen them."""


def asks_for_a_look(watch: Octets, row: IntRow) -> bool:
    """Whether a datagram's port is watched - blocks of files aside - or it begins as a magic packet, a TFTP error
    or a TFTP server's options do: they come on any port."""
    operation, rest = row[f.HEAD] >> 16, row[f.HEAD] & 0xFFFF
    if (operation == ERROR and rest <= MOST_TFTP_ERROR) or (operation == OPTIONS and rest >> 8 >= LETTERS):
        return True
    if (row[f.SPORT] == TFTP or row[f.DPORT] == TFTP) and (operation == DATA or operation == ACKNOWLEDGE):
        return False
    return row[f.HEAD] == 0xFFFFFFFF or watch[row[f.SPORT]] + watch[row[f.DPORT]] > 0


def mark(
    records: IntTable,
    number: int,
    watch: Octets,
    table: IntTable,
    marks: IntTable,
    state: IntRow,
    row: IntRow,
) -> None:
    """Remember a frame for the stages that look into it: one whose port or content asks for it, the first payload of a
    side, while the budget for these lasts, or an ICMP error whose flow was not seen."""
    flow = state[r.G_FLOW]
    if row[f.QPROTO] >= 0:
        if table[flow, r.F_MARKS] >= QUOTES_PER_FLOW:
            return
    elif row[f.PROTO] != UDP and row[f.PROTO] != TCP:
        return
    elif row[f.PROTO] != UDP or not asks_for_a_look(watch, row):
        sent = table[flow, r.F_SIDE + state[r.G_SIDE] * r.SIDE_WIDTH + r.BYTES]
        if row[f.PAYLEN] == 0 or sent != row[f.PAYLEN] or state[r.G_BUDGET] <= 0:
            return
        state[r.G_BUDGET] -= 1
    if table[flow, r.F_MARKS] >= MARKS_PER_FLOW:
        state[r.G_DROPPED] += 1
        return
    table[flow, r.F_MARKS] += 1
    line = state[r.G_MARKS]
    state[r.G_MARKS] += 1
    marks[line, r.M_FLOW] = flow
    marks[line, r.M_FRAME] = state[r.G_FRAME]
    marks[line, r.M_TIME] = records[number, f.R_TIME]
    marks[line, r.M_CAPTURE] = state[r.G_CAPTURE]
    marks[line, r.M_SIDE] = state[r.G_SIDE]
    marks[line, r.M_PAYLEN] = row[f.PAYLEN]
    marks[line, r.M_OFFSET] = records[number, f.R_OFFSET]
    marks[line, r.M_CAPTURED] = records[number, f.R_CAPTURED]
    marks[line, r.M_PAYLOAD] = row[f.PAYOFF]
    marks[line, r.M_LINK] = records[number, f.R_LINK]
    marks[line, r.M_ORIGINAL] = records[number, f.R_ORIGINAL]
