"""Zeek's own answers, published with its captures: conn_state and history of each connection."""

import csv
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pandas as pd

OUTERMOST = {"", "-"}
ICMP = {"icmp", "icmp6"}
NAMED = {"tcp", "udp"}
NO_PORT = "0"


class Ends(NamedTuple):
    """A conversation, independent of its originator; the ends are sorted."""

    proto: str
    one: tuple[str, str]
    other: tuple[str, str]

    def __str__(self) -> str:
        return " ".join((self.proto, *self.one, *self.other))


Answer = tuple[str, ...]
"""``orig_h:conn_state:history`` of each connection between two ends, in order."""


class Trace(NamedTuple):
    """A capture read with tunnels opened, or with them closed."""

    name: str
    opened: bool


def theirs(table: Path) -> dict[Trace, dict[Ends, set[Answer]]]:
    """Trace -> ends -> the answers Zeek gave; more than one where options changed it.

    Zeek reports a connection in a tunnel and the tunnel: if a capture has both, the former are compared with tunnels
    opened and the latter with tunnels closed.
    """
    with table.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["conn_state"] and row["id.orig_h"]]
    with_tunnels = {row["trace(s)"] for row in rows if row["tunnel_parents"] not in OUTERMOST}
    runs: dict[tuple[Trace, str, str], dict[Ends, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        name = row["trace(s)"]
        trace = Trace(name, row["tunnel_parents"] not in OUTERMOST or name not in with_tunnels)
        sides = (row["id.orig_h"], row["id.orig_p"]), (row["id.resp_h"], row["id.resp_p"])
        ends = _ends(row["proto"], *sides)
        runs[trace, row["baseline_dir"], row["file"]][ends].append(
            _answer(sides[0][0], row["conn_state"], row["history"])
        )
    found: dict[Trace, dict[Ends, set[Answer]]] = defaultdict(lambda: defaultdict(set))
    for (trace, _, _), connections in runs.items():
        for ends, answers in connections.items():
            found[trace][ends].add(tuple(sorted(answers)))
    return found


def ours(flows: pd.DataFrame) -> dict[Ends, Answer]:
    answers: dict[Ends, list[str]] = defaultdict(list)
    for flow in flows.to_dict("records"):
        sides = (flow["orig_h"], flow["orig_p"]), (flow["resp_h"], flow["resp_p"])
        answers[_ends(flow["proto"], *sides)].append(_answer(flow["orig_h"], flow["conn_state"], flow["history"]))
    return {ends: tuple(sorted(answer)) for ends, answer in answers.items()}


def _ends(proto: str, one: tuple[str, str], other: tuple[str, str]) -> Ends:
    """Zeek has one name for both ICMPs, and another for every protocol without ports; if an ICMP message has an
    answer, it reports the answer's type instead of the code, so that only the originator's is compared."""
    if proto in ICMP:
        return Ends(f"icmp {one[1]}", *sorted(((one[0], NO_PORT), (other[0], NO_PORT))))
    named = proto if proto in NAMED else "unknown_transport"
    ends = sorted((host, port or NO_PORT) for host, port in (one, other))
    return Ends(named, *ends)


def _answer(originator: str, state: str, history: str) -> str:
    return f"{originator}:{state}:{history.replace('-', '')}"
