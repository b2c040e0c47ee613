"""The sections of a difference, for text and Markdown."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.columns import group_rows
from analyzer.difference import Difference
from analyzer.difference.columns import CHANGED, GONE, NEW, SAME
from analyzer.difference.host_identity import IPV6
from analyzer.messages import Message, Value, message
from analyzer.messages.english import sentence
from analyzer.render.shared.groups import numbers
from analyzer.render.shared.page_model import host_text, records
from analyzer.values import Status, Verdict

FINDINGS = (Verdict.UNEXPECTED, Verdict.BLOCKED)
EXPLAINED = (Status.MISSING, Status.NOT_OBSERVABLE, Status.ATTESTED)
"""Statuses of rows that are shown with their reason."""
NAMED = 6
"""Machines that are listed one by one."""
MEANINGS = {NEW: "only in B", CHANGED: "different in B", GONE: "only in A"}


@dataclass(frozen=True)
class ChangeLine:
    """``word``: the verdict or status whose style the line has; ``cells``: one for each column; ``detail``: more about
    it, empty for none."""

    change: str
    word: str
    cells: tuple[str, ...]
    detail: str = ""


@dataclass(frozen=True)
class Section:
    """The first lines of one kind; ``left``: how many things (``noun``) they leave out."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[ChangeLine, ...]
    left: int
    noun: str

    @property
    def more(self) -> Message:
        """How many things it leaves out."""
        return message("difference-more", left=self.left, noun=self.noun)


def sections(difference: Difference, limit: int) -> Iterator[Section]:
    """The differences by kind, at most ``limit`` lines of each; kinds without a difference are left out."""
    for section in (_findings, _rows, _boots, _conversations, _hosts):
        if (made := section(difference, limit)).lines:
            yield made


def _findings(difference: Difference, limit: int) -> Section:
    """Findings with one cause are one line, as in the report."""
    found = difference.findings
    found = found[found["change"] != SAME].astype({"change": object, "verdict": object})
    became = [found[f"outcomes_{side}"] for side in "ab"]
    found = found.assign(
        orig_h=found["orig"],
        resp_h=found["resp"],
        doubtful=found["doubt"] != "",
        beside=found["instead"].where(found["change"] != CHANGED, became[0] + " -> " + became[1]),
    )
    number = _kinds(found)
    shown = found[number < limit]
    lines = [_finding(group) for _, group in shown.groupby(number[number < limit], sort=True)]
    columns = ("", "finding", "from -> to", "service", "flows")
    return Section("Findings", columns, tuple(lines), len(found) - len(shown), "finding")


def _kinds(found: pd.DataFrame) -> NDArray[np.int64]:
    """The group of each finding, in the order of first findings: one cause, with the same change."""
    own = np.zeros(len(found), dtype=np.int64)
    split = found.groupby(["change", "beside", "doubtful"], sort=False).ngroup().to_numpy()
    for part in range(int(split.max(initial=-1)) + 1):
        own[split == part] = numbers(found[split == part].reset_index(drop=True))[0]
    return pd.factorize(group_rows([split, own]).codes)[0].astype(np.int64)


def _finding(group: pd.DataFrame) -> ChangeLine:
    row = records(group.head(1))[0]
    what = f"{row['verdict']}{': ' if row['reason'] else ''}{row['reason']}"
    if row["stopped"]:
        what = _words("difference-stopped", judged=what)
    several = (_several(group[side], "host", _end(row, side)) for side in ("orig", "resp"))
    ends = " -> ".join(filter(None, several))
    service = _several(group["service"], "service", row["service"]) or row["rule"]
    flows = {side: int(group[f"flows_{side}"].sum()) for side in "ab"}
    often = "" if row["verdict"] == Status.MISSING else _words("difference-became", **flows)
    return ChangeLine(row["change"], row["verdict"], (what, ends, service, often), _detail(row))


def _detail(row: dict[str, str]) -> str:
    """The judgement of the other report; or why it may have none."""
    if row["change"] == CHANGED:
        return row["beside"]
    if row["instead"]:
        return _words("difference-was" if row["change"] == NEW else "difference-now", judged=row["instead"])
    return _doubt(row)


def _doubt(row: dict[str, str]) -> str:
    if not row["doubt"]:
        return ""
    return _words("difference-doubt", report="A" if row["change"] == NEW else "B", doubt=row["doubt"])


def _several(column: "pd.Series[str]", noun: str, only: str) -> str:
    """The only value, or the number of values."""
    count = column.nunique(dropna=False)
    return only if count == 1 else _words("difference-several", count=count, noun=noun)


def _end(row: dict[str, str], side: str) -> str:
    """The host at one end of a conversation, with its name and its addresses in the two reports."""
    return host_label(
        row[side], [row[f"{side}_h_{letter}"] for letter in "ab"], [row[f"{side}_name_{letter}"] for letter in "ab"]
    )


def host_label(host: str, addresses: Iterable[str], names: Iterable[str]) -> str:
    """``a1 (192.168.0.21)``, ``a1 (192.168.0.21 -> 192.168.0.77)``; the host as it is where it has no name or address.

    ``host``: what identifies it in both reports: a name, an address or a MAC. The others: of each report, empty for
    none.
    """
    known = [*dict.fromkeys(filter(None, addresses))]
    own = [name for name in names if name]
    if host.removesuffix(IPV6) in own:
        return host_text(" -> ".join(known), host) or host
    return host_text(host, own[-1] if own else "")


def _words(code: str, **values: Value) -> str:
    return sentence(message(code, **values))


def _conversations(difference: Difference, limit: int) -> Section:
    """Those that are a finding in neither report; the findings have the others."""
    flows = difference.counted("flows")
    flows = flows[flows["change"] != SAME]
    for side in "ab":
        flows = flows[~flows[f"verdict_{side}"].isin(FINDINGS)]
    lines = []
    for row in records(flows.head(limit).astype({f"verdict_{side}": object for side in "ab"})):
        judged = [row[f"judged_{side}"] for side in "ab"]
        word = row["verdict_a"] if row["change"] == GONE else row["verdict_b"]
        cells = (_arrow(*judged), f"{_end(row, 'orig')} -> {_end(row, 'resp')}", row["service"])
        lines.append(ChangeLine(row["change"], word, cells, _doubt(row)))
    columns = ("", "judged", "from -> to", "service")
    return Section("Conversations that are no finding", columns, tuple(lines), len(flows) - len(lines), "conversation")


def _rows(difference: Difference, limit: int) -> Section:
    """Machines with the same change of a row are one line."""
    rows = difference.rows[difference.rows["change"] != SAME]
    rows = rows.astype(dict.fromkeys(("change", "status_a", "status_b"), object)).fillna(
        {"status_a": "", "status_b": ""}
    )
    groups = [group for _, group in rows.groupby(["change", "rule", "item", "status_a", "status_b"], sort=False)]
    lines = []
    for group in groups[:limit]:
        row = records(group.head(1))[0]
        became = _arrow(row["status_a"], row["status_b"], _words("difference-no-row"))
        why = row["why_b"] if row["status_b"] in EXPLAINED else ""
        lines.append(
            ChangeLine(
                row["change"], row["status_b"], (became, row["rule"] or row["item"], _listed(_machines(group))), why
            )
        )
    left = sum(map(len, groups[limit:]))
    return Section("Rows of the table", ("", "status", "row", "machines"), tuple(lines), left, "line")


def _boots(difference: Difference, limit: int) -> Section:
    boots = difference.boots[difference.boots["change"] != SAME]
    boots = boots.astype({f"status_{side}": object for side in "ab"}).fillna({f"status_{side}": "" for side in "ab"})
    lines = []
    for row in records(boots.head(limit)):
        ends = [_boot_end(row[f"status_{side}"], row[f"stalled_at_{side}"]) for side in "ab"]
        macs, names = ([row[f"{name}_{side}"] for side in "ab"] for name in ("client_mac", "machine"))
        cells = (_arrow(ends[0], ends[1], _words("difference-no-boot")), host_label(row["client"], macs, names))
        lines.append(ChangeLine(row["change"], row["status_b"], cells, row["why_b"]))
    return Section(
        "PXE boots, the last of each client", ("", "status", "client"), tuple(lines), len(boots) - len(lines), "client"
    )


def _boot_end(status: str, stage: str) -> str:
    return _words("difference-stalled", status=status, stage=stage) if stage else status


def _hosts(difference: Difference, limit: int) -> Section:
    hosts = difference.hosts[difference.hosts["change"] != SAME]
    lines = [
        ChangeLine(
            row["change"],
            "",
            (host_label(row["host"], [], _names(row)), _arrow(row["roles_a"], row["roles_b"]), _at(row)),
        )
        for row in records(hosts.head(limit))
    ]
    return Section("Hosts", ("", "host", "roles", "addresses"), tuple(lines), len(hosts) - len(lines), "host")


def _names(row: dict[str, str]) -> list[str]:
    """The names of a host that is identified by its address or MAC."""
    return [row[f"name_{side}"] for side in "ab"]


def _at(row: dict[str, str]) -> str:
    """The addresses of a host, unless its only address is its name."""
    addresses = _arrow(row["addresses_a"], row["addresses_b"])
    return "" if row["host"] in addresses and "," not in addresses else addresses


def _arrow(a: str, b: str, nothing: str = "") -> str:
    """``a -> b``; only one of them if they are equal or one is empty."""
    parts = [a or nothing, b or nothing]
    return " -> ".join(dict.fromkeys(part for part in parts if part))


def _machines(group: pd.DataFrame) -> Iterator[str]:
    """The machines of a row, with the names that one of the reports has for an address."""
    for row in records(group):
        yield host_label(row["machine"], [], [row["machine_name_a"], row["machine_name_b"]])


def _listed(machines: Iterable[str]) -> str:
    names = [name for name in machines if name]
    return _words("difference-listed", names=tuple(names[:NAMED]), more=max(len(names) - NAMED, 0))
