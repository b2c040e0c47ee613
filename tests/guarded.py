"""Octets that detect a read beyond their end."""

from collections.abc import Sequence


class Guarded(Sequence[int]):
    """Octets that refuse every index outside them; Python's own take negative ones."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets

    def __len__(self) -> int:
        return len(self.octets)

    def __getitem__(self, at):  # type: ignore[no-untyped-def]  # two overloads that say nothing here
        assert 0 <= at < len(self.octets), f"read at {at} of {len(self.octets)}"
        return self.octets[at]
