"""Bundles of arrays and of slots, so that kernels take one argument for what belongs together.

They are classes alone: a kernel module's functions are compiled, and those of ``typing`` cannot be.
"""

from typing import NamedTuple

from analyzer.kernel.loading import IntCube, IntRow, IntTable, Octets


class FlowArrays(NamedTuple):
    """What outlives a chunk; the caller owns and grows it.

    ``watch``: (65536,) 1 for each UDP port whose datagrams are marked. ``transitions``: (2, 7, 8, 8), the table of
    ``flows.conn_state``. ``table``: (flows, record.WIDTH), a record a flow in order of appearance. ``slots``: the hash
    table from keys to flows, (tag, flow + 1) in each slot. ``marks``: (marks, record.M_WIDTH). ``recent``: (frames,
    record.D_WIDTH), against which copies are found. ``pieces``: (datagrams, record.P_WIDTH), those in fragments.
    ``state``: (record.STATE_WIDTH,), the assembler's own numbers.
    """

    watch: Octets
    transitions: IntCube
    table: IntTable
    slots: IntRow
    marks: IntTable
    recent: IntTable
    pieces: IntTable
    state: IntRow


class KeySlots(NamedTuple):
    """Where a 5-tuple is in a row: the slots of both addresses and ports, of the IP version and of the protocol."""

    src: int
    dst: int
    sport: int
    dport: int
    version: int
    proto: int
