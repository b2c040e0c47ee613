"""Identifiers of flows: each depends on nothing but what the flow is."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

OCTETS = 6
"""Octets of a hash that an identifier has."""


class FlowNames:
    """Gives flows their identifiers, some flows after others; equal identifiers are numbered.

    What was given is kept as sorted arrays of numbers, of which an earlier one is longer than a later one: ten million
    identifiers take 80 MB.
    """

    def __init__(self) -> None:
        self._given: list[NDArray[np.uint64]] = []
        self._times: dict[int, int] = {}
        """How often an identifier was given that several flows have."""

    def names_of(self, keys: Iterable[str]) -> list[str]:
        """The identifiers of flows with these keys."""
        octets = b"".join([sha256(key.encode()).digest()[:OCTETS] for key in keys])
        digits = octets.hex()
        names = [f"f{digits[place : place + 2 * OCTETS]}" for place in range(0, len(digits), 2 * OCTETS)]
        numbers = numbers_of(octets)
        distinct, how_often = np.unique(numbers, return_counts=True)
        earlier = self._are_given(distinct)
        for number in distinct[earlier | (how_often > 1)].tolist():
            times = self._times.get(number, int(self._are_given(np.array([number], dtype=np.uint64))[0]))
            for place in np.flatnonzero(numbers == number).tolist():
                times += 1
                names[place] += f"-{times}" if times > 1 else ""
            self._times[number] = times
        self._keep(distinct[~earlier])
        return names

    def _are_given(self, numbers: NDArray[np.uint64]) -> NDArray[np.bool_]:
        found = np.zeros(len(numbers), dtype=bool)
        for known in self._given:
            places = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
            found |= known[places] == numbers
        return found

    def _keep(self, numbers: NDArray[np.uint64]) -> None:
        if len(numbers):
            self._given.append(numbers)
        while len(self._given) > 1 and len(self._given[-2]) <= 2 * len(self._given[-1]):
            self._given[-2:] = [np.sort(np.concatenate(self._given[-2:]), kind="stable")]


def numbers_of(octets: bytes) -> NDArray[np.uint64]:
    """The parts of a hash as numbers."""
    parts = np.frombuffer(octets, dtype=np.uint8).reshape(-1, OCTETS)
    wide: NDArray[Any] = np.zeros((len(parts), 8), dtype=np.uint8)
    wide[:, 8 - OCTETS :] = parts
    return wide.view(">u8").reshape(-1).astype(np.uint64)
