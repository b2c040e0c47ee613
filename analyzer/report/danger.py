"""The order of danger: in which order every output lists findings.

Unexpected flows come first, then blocked flows, then missing rows. Within a verdict, those with
contradicted programs come first, then flows that got service, were captured in part or in one direction, or were
stopped. Then DANGERS gives the order, then the time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.columns import group_rows
from analyzer.values import STOPPED, Outcome, Reason, Role, Status, Verdict, severity


class Danger(NamedTuple):
    """A kind of finding. ``holds``: takes the reason and the roles of originator and responder."""

    meaning: str
    holds: Callable[[str, str, str], bool]


def is_stranger_at_dpm(_reason: str, orig_role: str, resp_role: str) -> bool:
    """Whether an unknown host reaches the DPM Server or a machine's agent."""
    return orig_role == Role.OTHER and (Role.DPM_SERVER in resp_role or Role.MANAGED_MACHINE in resp_role)


def is_reason(*reasons: Reason) -> Callable[[str, str, str], bool]:
    return lambda reason, _orig_role, _resp_role: reason in reasons


DANGERS: tuple[Danger, ...] = (
    Danger("the evidence of hosts contradicts the program (`executable`)", is_reason(Reason.EXECUTABLE)),
    Danger("a host without a DPM role reaches the DPM Server or a managed machine", is_stranger_at_dpm),
    Danger("a service for connections inside the server only (`internal-only`)", is_reason(Reason.INTERNAL_ONLY)),
    Danger("a service that no row covers (`no-row`)", is_reason(Reason.NO_ROW)),
    Danger("the opposite direction (`direction`)", is_reason(Reason.DIRECTION)),
    Danger("other roles (`role`)", is_reason(Reason.ROLE)),
    Danger("another transport or application (`protocol`)", is_reason(Reason.PROTOCOL)),
    Danger(
        "another port of the originator, or another address (`client-port`, `broadcast-address`)",
        is_reason(Reason.CLIENT_PORT, Reason.BROADCAST_ADDRESS),
    ),
    Danger("any other reason", lambda _reason, _orig_role, _resp_role: True),
)
"""Kinds of findings, the most dangerous first. The first line that holds counts."""

FINDINGS = (Verdict.UNEXPECTED, Verdict.BLOCKED, Status.MISSING)
"""Verdicts of findings."""
_SERVED: dict[str, int] = {Outcome.ESTABLISHED: 0, Outcome.PARTIAL: 1, Outcome.ONE_WAY: 2}
STOPPED_PLACE = len(_SERVED)


def service_place(outcomes: Iterable[str]) -> int:
    """The best outcome of a finding's flows: 0 for served, STOPPED_PLACE if all were stopped."""
    return min((_SERVED.get(word, STOPPED_PLACE if word in STOPPED else 0) for word in outcomes), default=0)


def danger_place(reason: str, orig_role: str, resp_role: str) -> int:
    """The place in DANGERS."""
    return next(place for place, danger in enumerate(DANGERS) if danger.holds(reason, orig_role, resp_role))


def danger_order(
    findings: pd.DataFrame | Mapping[str, NDArray[Any]], outcomes: Sequence[Mapping[str, int]]
) -> NDArray[np.int64]:
    """The lines of a findings table in the order of danger; lines of equal danger keep their order.

    ``outcomes``: outcome -> number of flows, for each line.
    """
    served = np.array([service_place(counts) for counts in outcomes], dtype=np.int64)
    return _order(findings, served)


def flow_danger_order(flows: pd.DataFrame) -> NDArray[np.int64]:
    """The lines of a flow table in the order of danger; flows that are no findings follow, by their verdicts."""
    codes, words = pd.factorize(flows["outcome"], use_na_sentinel=False)
    places = np.array([service_place([str(word)]) for word in words], dtype=np.int64)
    return _order(flows, places[codes] if len(codes) else places)


def _order(table: pd.DataFrame | Mapping[str, NDArray[Any]], served: NDArray[np.int64]) -> NDArray[np.int64]:
    """``served``: the best outcome of each line, as ``service_place`` has it."""
    columns = [np.asarray(table[name], dtype=object) for name in ("verdict", "reason", "orig_role", "resp_role")]
    first, kinds = group_rows([pd.factorize(column)[0] for column in columns])
    distinct = zip(*(column[first].tolist() for column in columns), strict=True)
    ranks = [
        (severity(verdict), danger_place(*kind) if verdict in FINDINGS else len(DANGERS)) for verdict, *kind in distinct
    ]
    places = np.array(ranks, dtype=np.int64).reshape(-1, 2)
    dangers = places[kinds, 1]
    is_finding = dangers < len(DANGERS)
    contradicted = dangers > 0
    order: NDArray[np.int64] = np.lexsort((dangers, served * is_finding, contradicted, places[kinds, 0]))
    return order
