"""Two documents in, their difference out."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.difference.basis import BasisRow, basis_rows
from analyzer.difference.columns import CHANGES, GONE, NEW, SAME, frame, index, typed
from analyzer.difference.conversation_keys import NAMED, ConversationKeys, conversation_keys
from analyzer.difference.conversations import ENDS, JUDGED, conversations, findings, judged
from analyzer.difference.host_identity import HostNames, ends_of, label_of, mapped, names_of
from analyzer.difference.observability import HIDDEN, doubts
from analyzer.difference.outer_join import Pairs
from analyzer.difference.result import Difference
from analyzer.messages import Message
from analyzer.messages.english import sentence
from analyzer.report import Report
from analyzer.report.danger import danger_order
from analyzer.values import BootStatus, Role, Status, Verdict, severity

ROLES = {role.value: place for place, role in enumerate(Role)}


def difference(a: Report, b: Report) -> Difference:
    """What is new, gone and changed from ``a`` to ``b``, independent of ephemeral ports, counts and times.

    A conversation is the same in both where the same two hosts have it about the same service. A host is the same where
    its address is, or where the reports know it by its name or MAC: a machine of both profiles, a client that booted in
    both.
    """
    return Comparison(a, b).difference()


class Comparison:
    """Both reports, and what their tables have in common."""

    def __init__(self, a: Report, b: Report) -> None:
        self.reports = a, b
        self.names = names_of(a, b)
        self.keys = conversation_keys(self.reports, self.names)
        self.lines = [judged(report, own) for report, own in zip(self.reports, self.keys, strict=True)]
        self.talks = [conversations(lines) for lines in self.lines]

    def difference(self) -> Difference:
        return Difference(
            findings=self.findings(),
            flows=self.flows(),
            rows=self.rows(),
            boots=self.boots(),
            hosts=self.hosts(),
            basis=basis(*self.reports),
        )

    def each(self) -> Iterator[tuple[Report, HostNames, ConversationKeys]]:
        return zip(self.reports, self.names, self.keys, strict=True)

    def findings(self) -> pd.DataFrame:
        a, b = (
            findings(lines, report, own, names)
            for lines, (report, names, own) in zip(self.lines, self.each(), strict=True)
        )
        found = Pairs.of(a, b, [*JUDGED, *ENDS])
        apart = ("flows", "pkts", "bytes", "outcomes", "first", "last", "why", "finding", "flow", *NAMED)
        data = found.beside([*JUDGED, *ENDS, "item", "proto", "orig_role", "resp_role"], apart)
        data |= {"change": found.change("outcomes")}
        stopped = found.both("stopped")
        data |= {"stopped": np.where(data["change"] == GONE, *stopped).astype(bool)}
        data |= self.other(data)
        return ordered("findings", data, places(data), dangers(data))

    def other(self, data: dict[str, Any]) -> dict[str, NDArray[np.object_]]:
        """For what only one report has: what the other states for the same conversation or row, and why it may state
        nothing."""
        instead, doubt = (np.full(len(data["change"]), "", dtype=object) for _ in range(2))
        for change, side in ((NEW, 0), (GONE, 1)):
            lines = np.flatnonzero(data["change"] == change)
            own = frame({name: data[name][lines] for name in (*ENDS, *JUDGED)})
            instead[lines] = self.instead(own, side)
            report, names, seen = self.reports[side], self.names[side], self.keys[side]
            doubt[lines] = np.where(instead[lines] == "", doubts(own, report, names, seen), "")
        return {"instead": instead, "doubt": doubt}

    def instead(self, lines: pd.DataFrame, side: int) -> NDArray[np.object_]:
        """What a report states for conversations that it judges differently, and for rows not missing there."""
        talks = self.talks[side].set_index(ENDS)["judged"]
        found = talks.reindex(index(*(lines[name] for name in ENDS))).fillna("").to_numpy(dtype=object, copy=True)
        rows = rows_of(self.reports[side], self.names[side]).set_index(["rule", "machine"])["status"]
        rows = rows[~rows.index.duplicated()]
        missing = np.flatnonzero((lines["verdict"] == Status.MISSING).to_numpy())
        machine = np.where(lines["orig"] != "", lines["orig"], lines["resp"])
        wanted = index(lines["rule"].to_numpy(dtype=object)[missing], machine[missing])
        status = rows.reindex(wanted).fillna("").to_numpy(dtype=object)
        found[missing] = np.where(np.isin(status, HIDDEN), "", status)
        return found

    def flows(self) -> pd.DataFrame:
        found = Pairs.of(self.talks[0], self.talks[1], ENDS)
        apart = ("verdict", "judged", "flows", "pkts", "bytes", "first", "last", "flow", *NAMED)
        data = found.beside([*ENDS, "proto", *JUDGED], apart)
        data["change"] = found.change("judged")
        data["doubt"] = np.full(len(data["change"]), "", dtype=object)
        for change, side in ((NEW, 0), (GONE, 1)):
            lines = np.flatnonzero(data["change"] == change)
            own = frame({name: data[name][lines] for name in (*ENDS, *JUDGED)})
            data["doubt"][lines] = doubts(own, self.reports[side], self.names[side], self.keys[side])
        serious = [seriousness(data[f"verdict_{letter}"]) for letter in "ab"]
        return ordered("flows", data, places(data), np.minimum(*serious))

    def rows(self) -> pd.DataFrame:
        a, b = (rows_of(report, names) for report, names, _ in self.each())
        found = Pairs.of(a, b, ["rule", "item", "machine"])
        data = found.beside(["rule", "item", "machine"], ["status", "flows", "why", "machine_name"])
        data["change"] = found.change("status")
        return ordered("rows", data, weights(data, Status.SATISFIED, (Status.MISSING, Status.BLOCKED)))

    def boots(self) -> pd.DataFrame:
        a, b = (boots_of(report, names) for report, names, _ in self.each())
        found = Pairs.of(a, b, ["client"])
        data = found.beside(
            ["client"], ["status", "stalled_at", "attempts", "complete", "why", "client_mac", "machine"]
        )
        data["change"] = found.change("status", "stalled_at")
        return ordered("boots", data, weights(data, BootStatus.COMPLETE, (BootStatus.STALLED,)))

    def hosts(self) -> pd.DataFrame:
        a, b = (hosts_of(report, names) for report, names, _ in self.each())
        found = Pairs.of(a, b, ["host"])
        data = found.beside(["host"], ["roles", "addresses", "basis", "name"])
        data["change"] = found.change("roles")
        return ordered("hosts", data, places(data))


def ordered(name: str, data: dict[str, Any], *weight: NDArray[np.int64]) -> pd.DataFrame:
    """The table, the lightest lines first; those that weigh the same in the order of their keys."""
    return typed(name, data).iloc[np.lexsort(weight[::-1])].reset_index(drop=True)


def places(data: dict[str, Any]) -> NDArray[np.int64]:
    """The place of each line's change among the changes."""
    return np.asarray(pd.Categorical(data["change"], CHANGES).codes, dtype=np.int64)


def dangers(data: dict[str, Any]) -> NDArray[np.int64]:
    """The place of each finding in the order of danger, then of time; as the second report has it, if it is there."""
    gone = data["change"] == GONE
    outcomes = np.where(gone, data["outcomes_a"], data["outcomes_b"])
    began = np.where(gone, *(pd.DatetimeIndex(data[f"first_{side}"]).asi8 for side in "ab"))
    in_time = np.argsort(began, kind="stable")
    counts = [dict.fromkeys(text.split(", ") if text else (), 1) for text in outcomes[in_time].tolist()]
    columns = {name: data[name][in_time] for name in ("verdict", "reason", "orig_role", "resp_role")}
    return np.argsort(in_time[danger_order(frame(columns), counts)])


def seriousness(verdicts: NDArray[np.object_]) -> NDArray[np.int64]:
    codes, words = pd.factorize(verdicts)
    return np.array([severity(word) for word in words.tolist()] or [0], dtype=np.int64)[codes]


def weights(data: dict[str, Any], good: str, bad: tuple[str, ...]) -> NDArray[np.int64]:
    """Least where a good status became a bad one, the worst first; then what became bad, was good, is as it was."""
    a, b = data["status_a"], data["status_b"]
    worst = sum(np.where(b == word, place + 1, 0) for place, word in enumerate(bad))
    still = np.where(data["change"] == SAME, 100, 0)
    return np.asarray(still + np.where(worst > 0, worst + np.where(a == good, -20, -10), np.where(a == good, 0, 10)))


def rows_of(report: Report, names: HostNames) -> pd.DataFrame:
    """The rows table, its machines by the names that both reports call them."""
    machine = pd.Series(mapped(report.rows["machine"], names.machine), dtype=object, index=report.rows.index)
    rows = report.rows.assign(machine=machine, machine_name=report.rows["machine"])
    return rows.drop_duplicates(["rule", "item", "machine"])


def boots_of(report: Report, names: HostNames) -> pd.DataFrame:
    """A line a client, of its last attempt; ``attempts`` and of those the ``complete``."""
    boots = report.boots
    machine = boots["machine"].where(boots["machine"].isin(set(names.hosts.values())), "")
    client = boots["client_mac"].where(machine == "", machine)
    codes, clients = pd.factorize(client.to_numpy(dtype=object))
    last = np.zeros(len(clients), dtype=np.int64)
    last[codes] = np.arange(len(codes))
    complete = codes[(boots["status"] == BootStatus.COMPLETE).to_numpy()]
    data = {
        name: boots[name].to_numpy(dtype=object)[last]
        for name in ("status", "stalled_at", "why", "client_mac", "machine")
    }
    counts = {"attempts": codes, "complete": complete}
    data |= {name: np.bincount(which, minlength=len(clients)) for name, which in counts.items()}
    return frame({"client": clients, **data})


def hosts_of(report: Report, names: HostNames) -> pd.DataFrame:
    """A line a host that holds a role, or that sent more than background; ``addresses``: those that it was seen at;
    ``name``: that of the report's profile."""
    found: dict[str, tuple[set[str], set[str], str]] = {}
    machines: dict[str, str] = {}
    for host in report.meta.hosts:
        machines.setdefault(names.host(host.ip, host.mac), host.machine or "")
        roles, addresses, _ = found.setdefault(names.host(host.ip, host.mac), (set(), set(), host.basis))
        roles.update(host.roles)
        addresses.add(host.address)
    for name, address in speakers(report, names):
        roles, addresses, _ = found.setdefault(name, (set(), set(), ""))
        addresses.add(address)
    listed = sorted(found.items())
    return pd.DataFrame(
        {
            "host": texts(host for host, _ in listed),
            "roles": texts(", ".join(sorted(roles, key=place_of)) or Role.OTHER.value for _, (roles, _, _) in listed),
            "addresses": texts(", ".join(sorted(addresses)) for _, (_, addresses, _) in listed),
            "basis": texts(basis for _, (_, _, basis) in listed),
            "name": texts(machines.get(host, "") for host, _ in listed),
        }
    )


def texts(values: Iterable[str]) -> "pd.Series[Any]":
    return pd.Series(list(values), dtype=object)


def place_of(role: str) -> tuple[int, str]:
    return ROLES.get(role, len(ROLES)), role


def speakers(report: Report, names: HostNames) -> Iterator[tuple[str, str]]:
    """The hosts that sent anything but background, each with its addresses."""
    flows = report.flows
    loud = (flows["verdict"] != Verdict.BACKGROUND).to_numpy()
    for side in ("orig", "resp"):
        sent = flows[loud & (flows[f"{side}_pkts"] > 0).to_numpy()]
        for end in ends_of(sent[f"{side}_h"], sent[f"{side}_mac"])[0]:
            yield names.host(*end), label_of(end)


def basis(a: Report, b: Report) -> pd.DataFrame:
    lines = list(basis_rows(a, b))
    return typed("basis", {name: [fact_text(getattr(line, name)) for line in lines] for name in BasisRow._fields})


def fact_text(value: Message | str | bool) -> str | bool:
    """A value of a line of the basis; a message as its sentence."""
    return sentence(value) if isinstance(value, Message) else value
