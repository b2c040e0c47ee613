"""Kernel: decodes frames, each by itself, before their flows are looked for."""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.decode import decode
from analyzer.capture.kernel.protocol_numbers import ICMP, ICMP6, UDP
from analyzer.flows.kernel.duplicates import content, signature
from analyzer.flows.kernel.flow_hash import FRAME_KEY, further_key, hash_key
from analyzer.flows.kernel.marks import is_watched
from analyzer.flows.kernel.originator import normalise_icmp
from analyzer.kernel.loading import IntRows, IntTable, Octets


def prepare(
    buf: Octets, records: IntTable, count: int, settings: tuple[int, int], watch: Octets, rows: IntRows
) -> None:
    """Decode the frames of ``records[:count]``, each into its row. ``settings``: whether tunnels are opened, and the
    seed of the hash that flows are found by. ``watch``: as in FlowArrays.

    Compiled for plain frames, it leaves others undecided: only their STATUS is of use."""
    tunnels, seed = settings
    for number in range(count):
        row = rows[number]
        status = decode(
            buf,
            records[number, f.R_OFFSET],
            records[number, f.R_CAPTURED],
            records[number, f.R_ORIGINAL],
            records[number, f.R_LINK],
            tunnels,
            row,
        )
        if row[f.STATUS] == f.UNDECIDED:
            continue
        row[f.STATUS] = status
        row[f.INTERFACE] = records[number, f.R_INTERFACE]
        if status == f.IN_FLOW or status == f.FRAGMENT:
            row[f.SIGN] = signature(row)
        row[f.CONTENT] = -1
        if status == f.IN_FLOW:
            proto = row[f.PROTO]
            row[f.REPLY] = normalise_icmp(row) if proto == ICMP or proto == ICMP6 else 0
            if proto == UDP and row[f.PAYOFF] >= 0 and is_watched(watch, row):
                end = min(row[f.PAYOFF] + row[f.PAYLEN], records[number, f.R_OFFSET] + records[number, f.R_CAPTURED])
                row[f.CONTENT] = content(buf, row[f.PAYOFF], end, seed)
            row[f.TAG] = hash_key(seed, row, FRAME_KEY, further_key(row))
