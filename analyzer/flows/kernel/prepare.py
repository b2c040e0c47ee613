"""Kernel: decodes frames, each by itself, before their flows are looked for."""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.decode import decode
from analyzer.capture.kernel.protocol_numbers import ICMP, ICMP6
from analyzer.flows.kernel.duplicates import signature
from analyzer.flows.kernel.flow_hash import FRAME_KEY, hash_key, unspecified
from analyzer.flows.kernel.originator import normalise_icmp
from analyzer.kernel.loading import IntRows, IntTable, Octets


def prepare(buf: Octets, records: IntTable, count: int, tunnels: int, seed: int, rows: IntRows) -> None:
    """Decode the frames of ``records[:count]``, each into its row. ``tunnels``: whether they are opened; ``seed``: of
    the hash that flows are found by."""
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
        row[f.STATUS] = status
        row[f.INTERFACE] = records[number, f.R_INTERFACE]
        if status == f.IN_FLOW or status == f.FRAGMENT:
            row[f.SIGN] = signature(row)
        if status == f.IN_FLOW:
            proto = row[f.PROTO]
            row[f.REPLY] = normalise_icmp(row) if proto == ICMP or proto == ICMP6 else 0
            mac = row[f.SMAC] if unspecified(row, f.SRC) else -1
            row[f.TAG] = hash_key(seed, row, FRAME_KEY, mac)
