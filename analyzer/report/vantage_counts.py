"""Where flows were seen: counts by vantage, of a bounded size for any number of flows."""

import numpy as np
import pandas as pd

from analyzer.compliance.judgement import Judgement
from analyzer.compliance.verdict.decision import VERDICTS
from analyzer.report.meta import Sighting

MOST = 256
SIDES = ("", "originator", "responder", "both")
"""What a vantage saw of a flow, by flows.table's bits."""


def sightings_of(judgement: Judgement) -> tuple[Sighting, ...]:
    """Flows by what each vantage saw of them and by verdict, most flows first, 256 kinds at most; nothing for one
    vantage. The flows of all further kinds are counted by verdict alone."""
    sides = judgement.table.sides
    if sides.shape[1] < 2 or not len(sides):
        return ()
    kinds = pd.DataFrame(np.column_stack([sides, judgement.verdicts.verdict])).value_counts(sort=False)
    ranked = sorted(zip((-kinds).tolist(), kinds.index.tolist(), strict=True))
    kept = [
        Sighting(seen=tuple(SIDES[side] for side in key[:-1]), verdict=VERDICTS[key[-1]].value, flows=-count)
        for count, key in ranked[:MOST]
    ]
    beyond: dict[int, int] = {}
    for count, key in ranked[MOST:]:
        beyond[key[-1]] = beyond.get(key[-1], 0) - count
    return (*kept, *(Sighting(seen=(), verdict=VERDICTS[word].value, flows=beyond[word]) for word in sorted(beyond)))
