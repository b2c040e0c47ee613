"""Whether a field of a row holds for flows: HOLDS, FAILS or UNKNOWN, one value a flow."""

import numpy as np
from numpy.typing import NDArray

from analyzer.columns import Truths
from analyzer.compliance.matching.facts import Facts

FAILS, HOLDS, UNKNOWN = 0, 1, -1
States = NDArray[np.int8]


def holds(truth: Truths) -> States:
    return truth.astype(np.int8)


def all_hold(facts: Facts) -> States:
    return np.full(len(facts), HOLDS, dtype=np.int8)
