"""Kernel: whether a frame is a copy of one that was captured just before.

Mirror ports deliver packets twice, and an ``any`` capture or a router on a stick sees each routed packet on its way in
and on its way out. A copy has the same addresses, identification, sequence numbers, length and checksum; a router
reduces its time to live. A retransmission has an identification of its own - where there is none (IPv6, or zero),
only a copy from another hop, or one within a millisecond that carries something, is taken for one.

Anybody can forge these fields. So a datagram whose payload later stages read (one that is watched) is a copy only with
the same payload, and from the same hop only with the same MAC: no frame before it hides it. Such a datagram with
another MAC is PASSED_ON: a device that keeps the time to live put its own MAC into it. It is read, counts as a copy and
is no repetition. TCP segments and datagrams that are not watched are compared by these fields alone.
"""

from analyzer.capture.kernel import frame_slots as f
from analyzer.capture.kernel.octets import mix, u24
from analyzer.capture.kernel.protocol_numbers import TCP, UDP
from analyzer.flows.kernel import record as r
from analyzer.flows.kernel.flow_hash import first_word
from analyzer.kernel.loading import IntRow, IntTable, Octets, inlined

COPY_WITHIN = 20_000_000
"""Nanoseconds between a frame and its copy, until copies are seen that are further apart."""
MOST_APART = 500_000_000
"""A copy with another time to live is one however late it comes, up to this: a retransmission has the same one."""
SAME_HOP_WITHIN = 1_000_000
PRIME = (1 << 31) - 1
OWN, COPY, PASSED_ON = range(3)
"""What a frame is: one of its own, a copy, or a datagram that was captured just before from another MAC."""


@inlined
def classify(time: int, row: IntRow, recent: IntTable, state: IntRow) -> int:
    """Whether the decoded frame is OWN, a COPY or PASSED_ON. It is kept for later frames either way.

    The first copies with another time to live show how far copies are apart in this capture.
    """
    sign = row[f.SIGN]
    slot = sign & (r.RECENT_FRAMES - 1)
    past = time - recent[slot, r.D_TIME]
    same = recent[slot, r.D_SIGN] == sign and 0 <= past <= MOST_APART
    if same and recent[slot, r.D_TTL] == row[f.TTL]:
        same = past <= max(COPY_WITHIN, state[r.G_COPIES_APART])
    elif same and row[f.IPID] > 0:
        state[r.G_COPIES_APART] = max(state[r.G_COPIES_APART], past + past // 2)
    elif same:
        same = past <= max(COPY_WITHIN, state[r.G_COPIES_APART])
    if same and row[f.IPID] <= 0 and recent[slot, r.D_TTL] == row[f.TTL]:
        same = past <= SAME_HOP_WITHIN and row[f.PROTO] == TCP and (row[f.PAYLEN] > 0 or (row[f.FLAGS] & 7) != 0)
    if same and row[f.CONTENT] >= 0:
        same = recent[slot, r.D_CONTENT] == row[f.CONTENT] and (
            recent[slot, r.D_TTL] != row[f.TTL] or recent[slot, r.D_MAC] == row[f.SMAC]
        )
    kind = COPY if same else OWN
    if not same and row[f.PROTO] == UDP and is_passed_on(time, row, recent, state):
        kind = PASSED_ON
    recent[slot, r.D_SIGN] = sign
    recent[slot, r.D_TIME] = time
    recent[slot, r.D_TTL] = row[f.TTL]
    recent[slot, r.D_CONTENT] = row[f.CONTENT]
    recent[slot, r.D_MAC] = row[f.SMAC]
    return kind


@inlined
def is_passed_on(time: int, row: IntRow, recent: IntTable, state: IntRow) -> bool:
    """Whether a datagram is the one that was captured just before, from another MAC."""
    slot = row[f.SIGN] & (r.RECENT_FRAMES - 1)
    past = time - recent[slot, r.D_TIME]
    near = 0 <= past <= max(COPY_WITHIN, state[r.G_COPIES_APART])
    same = recent[slot, r.D_SIGN] == row[f.SIGN] and recent[slot, r.D_CONTENT] == row[f.CONTENT]
    return near and same and recent[slot, r.D_MAC] != row[f.SMAC]


def content(buf: Octets, start: int, end: int, seed: int) -> int:
    """A hash of the octets ``start`` to ``end``, 31 bits. It is a polynomial at a random point: without the seed nobody
    can make two payloads with one hash. Its words are of three octets, less than PRIME: two words are never the same
    modulo PRIME."""
    point, value = seed % (PRIME - 2) + 2, end - start
    at = start
    while at + 3 <= end:
        value = (value * point + u24(buf, at)) % PRIME
        at += 3
    while at < end:
        value = (value * point + buf[at]) % PRIME
        at += 1
    return value


@inlined
def signature(row: IntRow) -> int:
    """62 bits that a frame and its copies have in common, and other frames have not. It has no seed: which frames
    replace each other in the table must be the same in every run."""
    one, two = mix(0x2545F491, row[f.PROTO]), mix(0x5BD1E995, row[f.PAYLEN])
    for word in range(first_word(row[f.VERSION]), 4):
        one = mix(one, row[f.SRC + word])
        two = mix(two, row[f.DST + word])
    one = mix(mix(one, row[f.SPORT] + 1), (row[f.IPID] & 0xFFFF) + 1)
    two = mix(mix(two, row[f.DPORT] + 1), (row[f.CHECKSUM] & 0xFFFF) + 1)
    if row[f.PROTO] == TCP:
        one = mix(one, row[f.SEQ])
        two = mix(mix(two, row[f.ACK]), row[f.FLAGS])
    return ((one & 0x7FFFFFFF) << 31) | (two & 0x7FFFFFFF)
