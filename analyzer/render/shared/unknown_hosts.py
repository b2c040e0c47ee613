"""Hosts without a DPM role that appear in unexpected flows: what each did, and to which host."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.render.shared.page_model import OUTCOMES, host_text, ordered
from analyzer.report import Report
from analyzer.values import Cast, Role, Verdict

NAMED = 6
"""Actions of a host that are listed; the others are counted."""
SIDES = ("orig", "resp")
COLUMNS = (
    "finding", "orig_h", "orig_name", "resp_h", "resp_name", "service", "reason", "outcome", "first_seen", "last_seen",
    "flows",
)  # fmt: skip
"""The columns of findings that are shown of a host."""
_OTHER_SIDE: dict[str, str] = {"orig": "resp", "resp": "orig"}


@dataclass(frozen=True)
class Action:
    """A finding of a host. ``direction``: ``to`` if the host is the originator. ``peer``: the other end, with its name.
    ``outcome``: what became of its flows."""

    finding: str
    direction: Literal["to", "from"]
    peer: str
    service: str
    reason: str
    outcome: str


@dataclass(frozen=True)
class UnknownHost:
    """``macs``: the hardware addresses in the first frames of its findings; of a router, if one is between.
    ``actions``: the first of them, most serious first. ``findings``: how many there are."""

    address: str
    macs: tuple[str, ...]
    first: str
    last: str
    flows: int
    findings: int
    actions: tuple[Action, ...]


class UnknownHosts(Sequence[UnknownHost]):
    """Unknown hosts, each made when it is asked for: a scan with false addresses shows half a million.

    ``columns``: their findings, most serious first. ``macs``: the hardware addresses of each side of all flows.
    ``lines``: for each end of a finding that is such a host, its finding, its side (a place in SIDES) and the line of
    the example flow, -1 for none, as columns. ``codes``: the number of the host at each such end.
    """

    def __init__(self, flows: pd.DataFrame, found: pd.DataFrame) -> None:
        examples = lines_of(flows, found["example_flow"].tolist())
        cast = flows["cast"].to_numpy()
        ends = (found["orig_role"] == Role.OTHER).to_numpy(), (found["resp_role"] == Role.OTHER).to_numpy()
        to_one = np.zeros(len(found), dtype=bool)
        to_one[examples >= 0] = cast[examples[examples >= 0]] == Cast.UNICAST
        places, sides = np.nonzero(np.stack([ends[0], ends[1] & to_one], axis=1))
        addresses = np.stack([found[f"{side}_h"].to_numpy() for side in SIDES], axis=1)[places, sides]
        self.lines = (places, sides, examples[places])
        self.codes, self.addresses = pd.factorize(addresses)
        self.macs = [flows[f"{side}_mac"].to_numpy() for side in SIDES]
        self.columns = {name: found[name].to_numpy() for name in COLUMNS}
        self.order = np.argsort(self.codes, kind="stable")
        self.starts = np.searchsorted(self.codes[self.order], np.arange(len(self.addresses) + 1))

    def __len__(self) -> int:
        return len(self.addresses)

    @overload
    def __getitem__(self, place: int) -> UnknownHost: ...
    @overload
    def __getitem__(self, place: slice) -> list[UnknownHost]: ...
    def __getitem__(self, place: int | slice) -> UnknownHost | list[UnknownHost]:
        if isinstance(place, slice):
            return [self.host(number) for number in range(len(self))[place]]
        return self.host(range(len(self))[place])

    def host(self, number: int) -> UnknownHost:
        """A host from its findings."""
        own = self.order[self.starts[number] : self.starts[number + 1]]
        places, sides, examples = (column[own] for column in self.lines)
        first, last, flows = (self.columns[name][places] for name in ("first_seen", "last_seen", "flows"))
        macs = np.stack([column[examples] for column in self.macs], axis=1)
        named = macs[np.arange(len(own)), sides][examples >= 0].tolist()
        return UnknownHost(
            address=str(self.addresses[number]),
            macs=tuple(filter(None, dict.fromkeys(named))),
            first=min(filter(None, first.tolist()), default=""),
            last=max(filter(None, last.tolist()), default=""),
            flows=int(np.maximum(flows, 0).sum()),
            findings=len(own),
            actions=tuple(
                self.action(place, SIDES[side])
                for place, side in zip(places[:NAMED].tolist(), sides[:NAMED].tolist(), strict=True)
            ),
        )

    def action(self, place: int, side: str) -> Action:
        """What a host did in a finding. ``side``: the host's."""
        row = {name: column[place] for name, column in self.columns.items()}
        return Action(
            finding=row["finding"],
            direction="to" if side == "orig" else "from",
            peer=host_text(row[f"{_OTHER_SIDE[side]}_h"], row[f"{_OTHER_SIDE[side]}_name"]),
            service=row["service"],
            reason=row["reason"],
            outcome=row["outcome"],
        )


def unknown_hosts(report: Report) -> UnknownHosts:
    """The hosts with the role ``other`` in unexpected flows, the host of the most serious finding first.

    Groups and broadcast addresses are no hosts.
    """
    found = ordered(report).drop(columns=[OUTCOMES, "stopped"])
    unexpected = (found["verdict"] == Verdict.UNEXPECTED) & (
        (found["orig_role"] == Role.OTHER) | (found["resp_role"] == Role.OTHER)
    )
    return UnknownHosts(report.flows, found if unexpected.all() else found[unexpected])


def lines_of(flows: pd.DataFrame, names: list[str]) -> NDArray[np.int64]:
    """The line of the flow table of each of these flows, -1 for one that is not there."""
    wanted = set(names)
    lines = {name: line for line, name in enumerate(flows["flow"].tolist()) if name in wanted}
    return np.array([lines.get(name, -1) for name in names], dtype=np.int64)
