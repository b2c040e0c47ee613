"""Kernel: numbers out of octets, in network byte order (u) and in that of most machines that capture (l).

They are sums of products, which are signed: compiled, a shift of an octet is unsigned, and an unsigned number added to
a signed one is a float.
"""

from analyzer.kernel.loading import IntRow, IntTable, Octets, inlined


def u16(buf: Octets, at: int) -> int:
    return buf[at] * 0x100 + buf[at + 1]


def u24(buf: Octets, at: int) -> int:
    return buf[at] * 0x10000 + buf[at + 1] * 0x100 + buf[at + 2]


def u32(buf: Octets, at: int) -> int:
    return buf[at] * 0x1000000 + buf[at + 1] * 0x10000 + buf[at + 2] * 0x100 + buf[at + 3]


def u48(buf: Octets, at: int) -> int:
    return u16(buf, at) * 0x100000000 + u32(buf, at + 2)


def l16(buf: Octets, at: int) -> int:
    return buf[at] + buf[at + 1] * 0x100


def l32(buf: Octets, at: int) -> int:
    return buf[at] + buf[at + 1] * 0x100 + buf[at + 2] * 0x10000 + buf[at + 3] * 0x1000000


@inlined
def mix(value: int, word: int) -> int:
    """One round of a 32-bit integer hash that stays within 63 bits."""
    value = ((value ^ word) * 0x45D9F3B) & 0xFFFFFFFF
    return value ^ (value >> 15)


def fetch(line: IntRow, at: int) -> int:  # noqa: ARG001 - compiled, it reads
    """Have ``line[at]`` come into the cache, where kernels are compiled."""
    return 0


def fetch_from(table: IntTable, line: int, at: int) -> int:  # noqa: ARG001 - as above
    """The same of ``table[line, at]``."""
    return 0
