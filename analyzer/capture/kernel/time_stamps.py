"""Kernel: the time stamps of pcapng's packets, whose units are the interface's (``if_tsresol``), as nanoseconds."""

MULTIPLY, DIVIDE, BINARY = range(3)
"""How they become nanoseconds: times a factor, divided by one, or a binary fraction of a second of so many digits."""
LATEST = 1 << 62
LATEST_SECOND = LATEST // 1_000_000_000 - 1


def since_start(high: int, low: int, kind: int, factor: int) -> int:
    """The nanoseconds of a time stamp of two 32-bit halves; -1 where they go beyond what is believed."""
    if kind == MULTIPLY:
        if high >= 1 << 30 or ((high << 32) | low) > LATEST // factor:
            return -1
        return ((high << 32) | low) * factor
    if kind == DIVIDE:
        if factor > 1_000_000_000:
            return -1
        return ((high // factor) << 32) + (((high % factor) << 32) | low) // factor
    if factor >= 32:
        whole = high >> (factor - 32)
        part = ((high & ((1 << (factor - 32)) - 1)) << 32) | low
    else:
        if high > LATEST_SECOND >> (32 - factor):
            return -1
        whole = (high << (32 - factor)) | (low >> factor)
        part = low & ((1 << factor) - 1)
    if whole > LATEST_SECOND:
        return -1
    spare = max(factor - 30, 0)
    return whole * 1_000_000_000 + (((part >> spare) * 1_000_000_000) >> (factor - spare))
