"""Octets, durations and counts as text for people."""

_SIZES = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
_LENGTHS: tuple[tuple[float, str, str, int, int], ...] = (
    (3600, "min", "s", 60, 1),
    (86400, "h", "min", 3600, 60),
    (float("inf"), "d", "h", 86400, 3600),
)


def size(count: int) -> str:
    """Bytes for people: ``1.2 MB``, powers of ten."""
    if count < 1000:
        return f"{count} B"
    unit, name = next(size for size in _SIZES if count >= size[0] * 0.9995)
    return f"{count / unit:.3g} {name}"


def seconds(amount: float) -> str:
    """A duration for people: ``17 µs``, ``0.4 s``, ``2 min 5 s``, ``3 h 4 min``, ``2 d 1 h``."""
    if 0 < amount < 1e-3:
        return f"{amount * 1e6:.3g} \u00b5s"
    if round(amount, 1) < 60:
        return f"{amount:.3g} s"
    whole = round(amount)
    large, small, unit, part = next(length[1:] for length in _LENGTHS if whole < length[0])
    rest = whole % unit // part
    return f"{whole // unit} {large}" + (f" {rest} {small}" if rest else "")


def plural(count: int, noun: str, nouns: str = "") -> str:
    """``1 flow``, ``2,000 flows``; ``nouns``: the plural, if it is not made with an s."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"
