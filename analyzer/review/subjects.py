"""What a reviewer may decide on: findings, rows that the captures could not show, items that no row covers."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analyzer.report.consistency import checks_in
from analyzer.report.meta import Host
from analyzer.report.model import Report
from analyzer.review.words import DEPENDS, NOT_COVERED, ROWS, Decision
from analyzer.values import Reason, Status, Verdict

_OPEN = (Decision.FIX.value, Decision.WRONG.value)
_WAIVABLE = (Decision.ACCEPT.value, *_OPEN)
_ATTESTABLE = (Decision.ATTEST.value, *_OPEN)
ATTESTABLE = frozenset({Status.NOT_OBSERVABLE.value, Status.ATTESTED.value, NOT_COVERED})
"""Statuses that somebody may attest, or attest for longer. The captures could have shown a missing row."""
LONGEST_NAME = 1000
"""Characters of a name that a decision may depend on."""
_PORT = re.compile(r"(?P<proto>tcp|udp|icmp|icmp6)/(?P<number>[0-9]{1,5})( \(.*\))?")
_NUMBER = re.compile(r"ip/(?P<number>[0-9]{1,3})")
_NAMES = ("icmp", "icmp6", "tcp", "udp")


@dataclass(frozen=True)
class Subject:
    """A line of the workbook. ``depends``: the cells that a decision depends on, by their columns; ``choices``: the
    decisions that are possible; none: the line is closed."""

    depends: Mapping[str, str]
    choices: tuple[str, ...]


def findings(report: Report, lines: Iterable[Mapping[str, Any]]) -> Iterator[Subject]:
    """A subject for each of these lines of the findings table."""
    lines = list(lines)
    machines = _known_by_mac(report)
    names = {line["example_flow"] for line in lines}
    flows = report.flows[report.flows["flow"].isin(names)]
    judged = dict(zip(flows["flow"], zip(flows["verdict"], flows["reason"], strict=True), strict=True))
    for line in lines:
        waiver = {
            "waiver orig": machines.get(line["orig_h"], line["orig_h"]),
            "waiver resp": machines.get(line["resp_h"], line["resp_h"]),
            "waiver service": waiver_service(line["service"]),
        }
        own = judged.get(line["example_flow"], ("", ""))
        depends = {"finding": line["finding"], "verdict": line["verdict"], **waiver, "last seen": line["last_seen"]}
        yield _subject(depends, _WAIVABLE if is_waivable(line, own) and all(waiver.values()) else _OPEN)


def is_waivable(line: Mapping[str, Any], judged: tuple[str, str]) -> bool:
    """Whether a waiver can excuse a finding. ``judged``: verdict and reason of its first flow."""
    if line["verdict"] == Status.MISSING:
        return False
    # Evidence of hosts contradicts the programs of flows that are fine otherwise: a waiver has nothing to excuse.
    return line["reason"] != Reason.EXECUTABLE or judged == (Verdict.UNEXPECTED, Reason.EXECUTABLE)


def rows(report: Report, lines: Iterable[Mapping[str, Any]]) -> Iterator[Subject]:
    """A subject for each of these lines of the table of rows, in which ``not_covered`` lines may come last."""
    checks = checks_in(report.messages)
    for number, line in enumerate(lines):
        attestable = line["status"] in ATTESTABLE and number not in checks
        open_ = _OPEN if line["status"] == Status.MISSING else ()
        yield _subject({name: line[name] for name in DEPENDS[ROWS]}, _ATTESTABLE if attestable else open_)


def _subject(depends: Mapping[str, str], choices: tuple[str, ...]) -> Subject:
    """A line with a name that a cell cannot hold as it is stays closed."""
    whole = all(text.isprintable() and len(text) <= LONGEST_NAME for text in depends.values())
    return Subject(depends, choices if whole else ())


def not_covered(report: Report) -> Iterator[dict[str, Any]]:
    """Lines for the items that the table does not cover and that have no line in the table of rows."""
    listed = set(report.rows["item"][report.rows["rule"] == ""].tolist())
    for part in report.meta.not_covered:
        if part.item not in listed:
            yield dict.fromkeys(report.rows.columns, "") | {
                "item": part.item, "status": NOT_COVERED, "flows": -1, "why": part.why,
            }  # fmt: skip


def waiver_service(service: str) -> str:
    """A service of the flow table as waivers write it: ``tcp/3389``, ``icmp/8``, ``47/any``; empty if none fits."""
    if found := _PORT.fullmatch(service):
        most = 255 if found["proto"].startswith("icmp") else 65_535
        return f"{found['proto']}/{int(found['number'])}" if int(found["number"]) <= most else ""
    if service in {f"ip/{name}" for name in _NAMES}:
        return f"{service[3:]}/any"
    found = _NUMBER.fullmatch(service)
    return f"{int(found['number'])}/any" if found and int(found["number"]) <= 255 else ""


def _known_by_mac(report: Report) -> dict[str, str]:
    """Address -> machine, for machines that the profile lists by MAC only: they may have another address later."""
    listed = report.meta.site.profile.get("managed_machines", ()) if report.meta.site.given else ()
    names = {one["name"] for one in listed if not any(one.get(key) for key in ("address", "cidr", "range"))}
    at: dict[str, set[Host]] = {}
    for host in report.meta.hosts:
        at.setdefault(host.ip, set()).add(host)
    single = {ip: next(iter(hosts)) for ip, hosts in at.items() if len(hosts) == 1}
    return {ip: host.machine for ip, host in single.items() if host.machine in names and host.machine}


def check_of(sheet: str, depends: Mapping[str, str], choices: str) -> str:
    """A checksum that shows whether somebody changed a locked cell by mistake."""
    cells = [sheet, *(depends[name] for name in DEPENDS[sheet]), choices]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()[:16]
