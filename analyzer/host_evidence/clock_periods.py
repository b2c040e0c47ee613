"""The periods of a clock that was changed: which times of it are before, between and behind the changes.

A host that sets its clock writes that down. Behind a change the clock has another offset, and while it was set back
its times come twice. A change that no log shows is known by connections: those at one end of the log, or several that
follow one another, that agree with the others on no offset.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analyzer.host_evidence.model import SECOND, Log, Nature

EARLIEST, LATEST = int(np.iinfo(np.int64).min), int(np.iinfo(np.int64).max)
SLACK = 2 * SECOND
"""An event is written later than it happens."""
LARGEST_STEP = 26 * 3600 * SECOND
"""Two zones are not further apart. A connection further away than this has the ends of another one by chance."""
Span = tuple[int, int]


def changed_spans(logs: Iterable[Log]) -> dict[tuple[str, str], list[Span]]:
    """The times of each (host, clock) of which it is not known whether they are before or behind a change. A change
    before all of its records or behind all of them divides nothing."""
    spans: dict[tuple[str, str], set[Span]] = {}
    lasts: dict[tuple[str, str], Span] = {}
    for log in logs:
        if log.natures:
            key = log.host, log.clock
            since, until = lasts.get(key, (LATEST, EARLIEST))
            lasts[key] = min(since, log.since), max(until, log.until)
            spans.setdefault(key, set()).update((one.since - SLACK, one.until + SLACK) for one in log.changes)
    return {
        key: held
        for key, found in spans.items()
        if (held := [one for one in merged(found) if one[1] >= lasts[key][0] and one[0] <= lasts[key][1]])
    }


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in their order; those that overlap are one."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], until)
        else:
            found.append((since, until))
    return found


def between(spans: Sequence[Span]) -> list[Span]:
    """The times outside of spans, in their order."""
    begins = [EARLIEST, *(until + 1 for _, until in spans)]
    ends = [*(since - 1 for since, _ in spans), LATEST]
    return [(begin, end) for begin, end in zip(begins, ends, strict=True) if begin <= end]


def doubtful_spans(times: NDArray[np.int64], deltas: NDArray[np.int64], offset: int, apart: int) -> list[Span]:
    """The times of a clock at which its offset may be another one, although most connections agree on ``offset``.

    ``times``, ``deltas``: of its anchors, as the clock has them. Those that are more than ``apart`` from the offset do
    not agree: at one end of the log, or where two of them follow one another and agree, the clock may have changed.
    """
    order = np.argsort(times, kind="stable")
    near = order[np.abs(deltas[order] - offset) <= LARGEST_STEP]
    when, away = times[near].tolist(), (deltas[near] - offset).tolist()
    found, run = [], list[int]()
    before = EARLIEST
    for time, far in [*zip(when, away, strict=True), (LATEST, 0)]:
        if abs(far) > apart:
            run.append(far)
            continue
        if run and (before == EARLIEST or time == LATEST or _two_agree(run, apart)):
            found.append((before + 1, time - 1))
        before, run = time, []
    return merged(found)


def _two_agree(values: Sequence[int], apart: int) -> bool:
    ordered = sorted(values)
    return any(late - early <= apart for early, late in pairwise(ordered))


def without_sockets(logs: Iterable[Log]) -> frozenset[tuple[str, str]]:
    """The clocks of logs that have events of processes and no sockets: no match is made by them."""
    of_process = {(log.host, log.clock) for log in logs if Nature.PROCESS in log.natures}
    return frozenset(of_process - {(log.host, log.clock) for log in logs if log.natures - {Nature.PROCESS}})
