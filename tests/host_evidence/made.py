"""Flows and evidence that tests make: small tables with a known truth."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from analyzer.host_evidence.addresses import WILDCARD
from analyzer.host_evidence.attribution import HostFindings, attribute
from analyzer.host_evidence.model import (
    KINDS,
    NO_PORT,
    SECOND,
    Attribution,
    HostEvidence,
    Log,
    Nature,
    SourceFile,
    frame,
)
from analyzer.rules import RuleTable, load_table
from analyzer.site import Site, site_from

START = 1_772_442_000 * SECOND
"""2026-03-02 09:00:00 UTC."""
SERVER, A1, A2, CONSOLE = "192.168.0.1", "192.168.0.21", "192.168.0.22", "192.168.0.50"
DPM = "C:\\Program Files (x86)\\NEC\\DeploymentManager\\"
RULES: RuleTable = load_table(())

PROFILE: dict[str, Any] = {
    "version": 1,
    "name": "made",
    "segments": [{"name": "lan", "cidr": "192.168.0.0/24"}],
    "dpm_server": {"addresses": [SERVER], "architecture": "x64"},
    "dhcp": {"servers": [SERVER]},
    "managed_machines": [
        {"name": "a1", "address": A1, "os": "windows-x64"},
        {"name": "a2", "address": A2, "os": "linux"},
    ],
    "image_builder": [CONSOLE],
    "command_line": [CONSOLE],
}


def site(**keys: Any) -> Site:
    """The profile above, with some of its keys changed."""
    return site_from({**PROFILE, **keys})


def flow(rule: str, orig: tuple[str, int], resp: tuple[str, int], at: float, **keys: Any) -> dict[str, Any]:
    """A flow that begins ``at`` seconds after START and lasts one."""
    made = {
        "proto": keys.pop("proto", "tcp"),
        "orig_h": orig[0],
        "orig_p": orig[1],
        "resp_h": resp[0],
        "resp_p": resp[1],
        "ts": START + round(at * SECOND),
        "end": START + round((at + keys.pop("lasts", 1)) * SECOND),
        "begun": keys.pop("begun", True),
        "rule": rule,
    }
    assert not keys
    return made


def shutdown(at: float, port: int = 50000, machine: str = A1) -> dict[str, Any]:
    return flow("shutdown", (SERVER, port), (machine, 56010), at)


def anchored(count: int = 3, machine: str = A1, since: float = 0) -> list[dict[str, Any]]:
    """Connections of the server that no row covers: only a clock is measured by them."""
    return [flow("", (SERVER, 51000 + place), (machine, 445), since + place) for place in range(count)]


def record(of: Mapping[str, Any], program: str, **keys: Any) -> Attribution:
    """A record of a flow: by default event 5156 of the server, at the flow's time."""
    made = Attribution(
        host="DPM01",
        proto=of["proto"],
        a_h=of["orig_h"],
        a_p=of["orig_p"],
        b_h=of["resp_h"],
        b_p=of["resp_p"],
        local="a",
        program=program.replace("\\", "/").rpartition("/")[2],
        path=program if "\\" in program or "/" in program else "",
        pid=1234,
        since=of["ts"],
        until=of["ts"],
        first=True,
        clock="event time",
        kind="security-5156",
        source="server.evtx",
        record="1",
    )
    return made._replace(**keys)


def listener(program: str, port: int, proto: str, at: float, till: float | None = None, **keys: Any) -> Attribution:
    """A line of a socket table of the server."""
    base = flow("", (SERVER, port), (WILDCARD, NO_PORT), at, proto=proto)
    made = record(base, program, kind="netstat", clock="table time", source="netstat.txt", host="DPM01", first=False)
    made = made._replace(a_h=WILDCARD)
    if till is not None:
        made = made._replace(until=START + round(till * SECOND))
    return made._replace(**keys)


def shifted(rows: Iterable[Attribution], seconds: float) -> list[Attribution]:
    """Records of a clock that is ahead by so much."""
    by = round(seconds * SECOND)
    return [row._replace(since=row.since + by, until=row.until + by) for row in rows]


def evidence(rows: Iterable[Attribution], *, pad: float = 3600) -> HostEvidence:
    """Records as evidence; each log covers an hour more to each side."""
    held = list(rows)
    logs: dict[tuple[str, str, str, str], Log] = {}
    for row in held:
        nature = KINDS[row.kind].nature
        key = (row.source, row.host, row.kind, row.clock)
        spare = round(pad * SECOND) if nature in {Nature.CONNECTION, Nature.BLOCKED} else 0
        log = logs.get(key) or Log(
            row.source, row.host, row.kind, row.clock, frozenset({nature}), since=row.since - spare
        )
        logs[key] = replace(
            log,
            since=min(log.since, row.since - spare),
            until=max(log.until, row.until + spare),
            records=log.records + 1,
        )
    files = tuple(SourceFile(name, "", 0, f"sha of {name}") for name in sorted({row.source for row in held}))
    return HostEvidence(frame(held), tuple(logs.values()), files)


def found(flows: Iterable[Mapping[str, Any]], rows: Iterable[Attribution], **keys: Any) -> HostFindings:
    """The results of records for flows; the flows are those of every capture that is among the files of the records."""
    held = list(rows)
    keys.setdefault("captures", {f"sha of {row.source}" for row in held})
    where = keys.pop("site", None) or site()
    rules = keys.pop("rules", RULES)
    return attribute(pd.DataFrame(list(flows)), evidence(held, pad=keys.pop("pad", 3600)), where, rules, **keys)


def words(findings: HostFindings) -> list[str]:
    return [str(word) for word in findings.flows["program_evidence"]]


def codes(findings: HostFindings) -> set[str]:
    return {note.code for note in findings.notes}
