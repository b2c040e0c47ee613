"""Kernel: the frames that are kept for later stages.

Sources for TFTP: RFC 1350 (operations, error codes), RFC 2347 (code 8, and OACK, which begins with an option's name).
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.protocol_numbers import TCP, TFTP, UDP
from analyzer.flows.kernel import record as r
from analyzer.kernel.loading import IntRow, IntTable, Octets

TFTP_DATA, TFTP_ACKNOWLEDGE, TFTP_ERROR, TFTP_OPTIONS = 3, 4, 5, 6
MOST_TFTP_ERROR = 8
FIRST_LETTER = 0x41
"""ASCII: what a TFTP option's name may begin with."""
MARKS_PER_FLOW = 16_384
QUOTES_PER_FLOW = 1024
"""The most marked ICMP errors of a flow, about flows that this vantage did not capture; another one may have."""


def is_watched(watch: Octets, row: IntRow) -> bool:
    """Whether a datagram is marked for its port or its content: its port is watched and it is no block of a file, or it
    begins like a magic packet, a TFTP error or the options of a TFTP server, which come on any port."""
    operation, rest = row[f.HEAD] >> 16, row[f.HEAD] & 0xFFFF
    if operation == TFTP_ERROR and rest <= MOST_TFTP_ERROR:
        return True
    if operation == TFTP_OPTIONS and rest >> 8 >= FIRST_LETTER:
        return True
    if (row[f.SPORT] == TFTP or row[f.DPORT] == TFTP) and (operation == TFTP_DATA or operation == TFTP_ACKNOWLEDGE):
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
    """Mark a frame that later stages need: one that is watched, the first payload of a side as long as the budget
    lasts, or an ICMP error about a flow that was not captured."""
    flow = state[r.G_FLOW]
    first = 0
    if row[f.QPROTO] >= 0:
        if table[flow, r.F_MARKS] >= QUOTES_PER_FLOW:
            return
    elif row[f.PROTO] != UDP and row[f.PROTO] != TCP:
        return
    elif row[f.PROTO] != UDP or not is_watched(watch, row):
        sent = table[flow, r.F_SIDE + state[r.G_SIDE] * r.SIDE_WIDTH + r.S_BYTES]
        if row[f.PAYLEN] == 0 or sent != row[f.PAYLEN] or state[r.G_BUDGET] <= 0:
            return
        state[r.G_BUDGET] -= 1
        first = 1
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
    marks[line, r.M_FIRST_PAYLOAD] = first
