"""Brings records of earlier flows back when frames need them.

An assembler that continues a checkpoint begins without the records of its flows. Before frames are put into flows, the
records are asked for that these frames can find: by the hash of the frame's key, by that of the key that an ICMP error
quotes, and by the flow of a datagram in fragments. All flows of a chain have one key, so they come together.
"""

from typing import Any, Protocol

import numpy as np

from analyzer.capture.kernel import frame_slots as f
from analyzer.columns import Integers
from analyzer.flows.assembler import Assembler, Prepared
from analyzer.flows.checkpoint import bring_back
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.beside import MOST_BESIDE
from analyzer.flows.kernel.flow_hash import FLOW_BITS, QUOTED_KEY, hash_key
from analyzer.flows.kernel.icmp_errors import quoted_query


class KnownRecords(Protocol):
    """Records of earlier flows, each with the number of its flow."""

    def with_tags(self, tags: Integers) -> tuple[Integers, Integers]:
        """(lines, records) that frames with these hashes can find; it may be more."""
        ...

    def at_lines(self, lines: Integers) -> tuple[Integers, Integers, Integers]:
        """(lines, hashes, records) of these flows; the hash is -1 where only later fragments can find the flow."""
        ...


class Recall:
    """What an assembler knows of the ``flows`` flows before it began. ``asked``: the hashes that were asked for;
    ``count``: how many records were brought back for them; ``brought``: all that were, as they were."""

    def __init__(self, assembler: Assembler, known: KnownRecords) -> None:
        self.assembler, self.known, self.flows = assembler, known, assembler.flows
        self.asked: set[int] = set()
        self.count = 0
        self.brought: list[tuple[Integers, Integers]] = []
        assembler.before_frames = self.ask_for_frames

    def ask_for_frames(self, prepared: Prepared) -> None:
        """Bring back what these frames can find."""
        rows = prepared.rows
        status = column(rows, f.STATUS)
        in_flow = np.flatnonzero(status == f.IN_FLOW)
        tags, slots = column(rows, f.TAG)[in_flow], self.assembler.slots
        # A hash whose first slot has it was asked for before.
        tags = tags[slots[tags & (len(slots) - 1)] >> 32 != tags]
        quoting = in_flow[column(rows, f.QPROTO)[in_flow] >= 0]
        self.ask([*set(tags.tolist()), *(self.quoted_tag(rows[number]) for number in quoting.tolist())])
        later = np.flatnonzero(status == f.FRAGMENT)
        if len(later):
            self.ask_for_datagrams(column(rows, f.DATAGRAM)[later])

    def quoted_tag(self, row: Any) -> int:
        """The hash of the key that an ICMP error quotes. The row stays as it is."""
        copied = [int(value) for value in row]
        further = quoted_query(copied)
        return hash_key(self.assembler.seed, copied, QUOTED_KEY, further)

    def ask(self, tags: list[int]) -> None:
        """Bring back the records of these hashes, as far as they were not asked for."""
        new = sorted(set(tags) - self.asked)
        if new:
            self.asked.update(new)
            lines, records = self.missing(*self.known.with_tags(np.array(new, dtype=np.int64)))
            bring_back(self.assembler, lines, records, self.count)
            self.count += len(lines)

    def ask_for_datagrams(self, signatures: Integers) -> None:
        """Bring back the flows of datagrams of which later fragments come."""
        pieces = self.assembler.pieces[signatures & (r.PIECED_DATAGRAMS - 1)]
        known = (pieces[:, r.PIECE_SIGN] == signatures) & (pieces[:, r.PIECE_FLOW] > 0)
        flows = np.unique(pieces[known, r.PIECE_FLOW]) - 1
        flows = flows[flows < self.flows]
        missing = flows[self.assembler.table[flows, r.F_VERSION] == 0]
        if not len(missing):
            return
        lines, tags, records = self.known.at_lines(missing)
        self.ask(tags[tags >= 0].tolist())
        # No frame with the key of such a flow finds it, so it gets no slot.
        lines, records = self.missing(lines[tags < 0], records[tags < 0])
        self.assembler.table[lines] = records

    def missing(self, lines: Integers, records: Integers) -> tuple[Integers, Integers]:
        """Those that are not there yet. They are kept as they are, to be compared later."""
        new = self.assembler.table[lines, r.F_VERSION] == 0
        self.brought.append((lines[new], records[new]))
        return self.brought[-1]

    def changed(self) -> Integers:
        """The earlier flows whose records are not as they were, in order."""
        table = self.assembler.table
        parts = [lines[(table[lines] != before).any(axis=1)] for lines, before in self.brought]
        return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *parts]))


def column(rows: Any, slot: int) -> Integers:
    """A slot of all rows."""
    if isinstance(rows, np.ndarray):
        return rows[:, slot]
    return np.array([row[slot] for row in rows], dtype=np.int64)


def reachable(assembler: Assembler) -> tuple[Integers, Integers]:
    """(hashes, flows) that later frames can find; the hash is -1 where only later fragments can. Flows whose records
    were not brought back are not among them."""
    taken = assembler.slots[assembler.slots > 0]
    tags, flows = taken >> 32, (taken & FLOW_BITS) - 1
    found = [(tags, flows)]
    for _ in range(MOST_BESIDE):
        chain = assembler.table[flows, r.F_SIDE + r.S_CHAIN]
        tags, flows = tags[chain > 0], chain[chain > 0] - 1
        found.append((tags, flows))
    of_pieces = assembler.pieces[:, r.PIECE_FLOW]
    pieces = np.setdiff1d(of_pieces[of_pieces > 0] - 1, np.concatenate([part for _, part in found]))
    pieces = pieces[assembler.table[pieces, r.F_VERSION] != 0]
    found.append((np.full(len(pieces), -1, dtype=np.int64), pieces))
    return np.concatenate([part for part, _ in found]), np.concatenate([part for _, part in found])
