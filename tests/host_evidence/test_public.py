"""Measured with evidence that other projects published: numbers that must not change without a known reason.

``DPM_ANALYZER_HOST_EVIDENCE`` names a folder with checkouts of Security-Datasets (OTRF), EVTX-ATTACK-SAMPLES
(sbousseaden), sigma (SigmaHQ), jc and ptcpdump. Each test needs one of them, and is skipped without it.
"""

import itertools
import json
import os
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pandas as pd
import pytest

from analyzer.host_evidence import HostEvidence, HostFindings, attribute, read_host_evidence
from analyzer.host_evidence.child import read_here
from analyzer.host_evidence.model import KINDS, NO_PID, SECOND, Nature, processes_of, rows_of
from analyzer.host_evidence.moments import nanoseconds
from analyzer.host_evidence.process import Limits
from analyzer.host_evidence.recognise import form_of
from analyzer.host_evidence.tuples import Tuples, tuples_of
from tests.host_evidence.flowtable import flows_of
from tests.host_evidence.made import RULES, site

FOLDER = os.environ.get("DPM_ANALYZER_HOST_EVIDENCE", "")
SCENARIOS = 36


def folder(name: str) -> Path:
    found = Path(FOLDER) / name if FOLDER else None
    if found is None or not found.is_dir():
        pytest.skip(f"DPM_ANALYZER_HOST_EVIDENCE names no folder with {name}")
    return found


@dataclass(frozen=True)
class Pair:
    """A capture of a scenario, the evidence of its hosts, and what is found."""

    scenario: str
    flows: pd.DataFrame
    evidence: HostEvidence
    tuples: Tuples
    findings: HostFindings


def unpacked(archive: Path, into: Path) -> list[Path]:
    with zipfile.ZipFile(archive) as opened:
        names = [name for name in opened.namelist() if not name.startswith("__MACOSX") and not name.endswith("/")]
        return sorted(Path(opened.extract(name, into)) for name in names)


def zipped_pairs(root: Path) -> Iterator[tuple[Path, Path]]:
    for capture in sorted(root.glob("datasets/atomic/windows/*/network/*.zip")):
        host = capture.parent.parent / "host" / f"{capture.stem.removesuffix('_pcap')}.zip"
        if host.is_file():
            yield capture, host


@lru_cache(maxsize=1)
def pairs(root: Path, place: Path) -> list[Pair]:
    found = []
    for captures, hosts in zipped_pairs(root):
        where = place / captures.stem
        evidence = read_host_evidence(unpacked(hosts, where / "host"))
        for capture in unpacked(captures, where / "network"):
            flows = flows_of(capture)
            findings = attribute(flows, evidence, site(), RULES)
            tuples = tuples_of(flows, evidence.attributions)
            found.append(Pair(captures.stem, flows, evidence, tuples, findings))
    return found


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    return pairs(folder("Security-Datasets"), tmp_path_factory.getbasetemp())


def connections(pair: Pair) -> Iterator[tuple[int, list[int]]]:
    """The events of connections with the same ends as each flow, at any time."""
    rows = pair.tuples.rows
    for group, flows in pair.tuples.flows_of.items():
        lines = [
            line
            for line in pair.tuples.records_of[group].tolist()
            if KINDS[rows[line].kind].nature in {Nature.CONNECTION, Nature.BLOCKED}
        ]
        if lines:
            yield from ((flow, lines) for flow in flows.tolist())


def test_scenarios_and_flows(measured: list[Pair]) -> None:
    assert len({pair.scenario for pair in measured}) == SCENARIOS
    assert len(measured) == 44
    assert sum(len(pair.flows) for pair in measured) == 686
    assert sum(int(pair.flows["begun"].sum()) for pair in measured) == 639


def test_how_many_flows_have_an_event(measured: list[Pair]) -> None:
    """By text 546 of 639 were measured: Sysmon writes ``fe80:0:0:0:...``, and 13 more are equal as addresses."""
    begun, middle, both = 0, 0, 0
    for pair in measured:
        for flow, lines in connections(pair):
            begun += bool(pair.flows["begun"].iloc[flow])
            middle += not pair.flows["begun"].iloc[flow]
            both += len({pair.tuples.rows[line].host for line in lines}) > 1
    assert (begun, middle, both) == (546 + 13, 0, 292)


def test_two_sources_agree_on_the_program(measured: list[Pair]) -> None:
    """By text 455 of 462 were measured; with addresses in one spelling 176 more can be compared, and all agree."""
    same: Counter[bool] = Counter()
    unknown = 0
    for pair in measured:
        for _, lines in connections(pair):
            seen: dict[str, dict[bool, set[str]]] = {}
            for line in lines:
                row = pair.tuples.rows[line]
                seen.setdefault(row.host, {}).setdefault(row.kind == "sysmon-3", set()).add(row.program.lower())
            for of in seen.values():
                if len(of) == 2:
                    same[of[True] == of[False]] += 1
                    unknown += of[True] != of[False] and any("unknown process" in name for name in of[True])
    assert (same[True], same[False]) == (455 + 176, 7)
    assert unknown == 7


def test_the_kernel_listens_for_the_web(measured: list[Pair]) -> None:
    """WinRM is served through HTTP.sys, as the web service of the DPM Server is. One shipper lost process ids."""
    programs: Counter[tuple[str, int]] = Counter()
    for pair in measured:
        for flow, lines in connections(pair):
            if pair.flows["resp_p"].iloc[flow] == 5985:
                rows = [pair.tuples.rows[line] for line in lines]
                programs.update((row.program, row.pid) for row in rows if row.kind == "sysmon-3" and row.local == "b")
    assert programs == {("System", 4): 12, ("System", NO_PID): 6}


def test_whole_hosts_with_clocks_that_are_hours_off(measured: list[Pair]) -> None:
    hours = set()
    for pair in measured:
        for clock in pair.findings.clocks:
            if clock.basis == "anchors" and clock.clock == "event time":
                hours.add(round(clock.offset / SECOND / 3600))
    assert {-5, -19} <= hours


def test_a_netbios_record_of_eleven_hours_away_is_refused(measured: list[Pair]) -> None:
    """137 to 137 recurs: the log was written eleven hours after the capture, and nothing else of it can be compared."""
    refused = 0
    for pair in measured:
        for flow, lines in connections(pair):
            if pair.flows["orig_p"].iloc[flow] != 137 or pair.flows["resp_p"].iloc[flow] != 137:
                continue
            rows = [pair.tuples.rows[line] for line in lines]
            start = int(pair.flows["ts"].iloc[flow])
            refused += sum(row.kind == "sysmon-3" and row.since - start > 11 * 3600 * SECOND for row in rows)
            assert "fits" not in timings(pair.findings, flow)
    assert refused


def timings(findings: HostFindings, flow: int) -> set[str]:
    return set(findings.citations.loc[findings.citations["flow"] == flow, "timing"])


def test_records_that_are_used_fit_in_time(measured: list[Pair]) -> None:
    timing = Counter(word for pair in measured for word in pair.findings.citations["timing"])
    assert timing["fits"] > 1000
    for pair in measured:
        fitting = pair.findings.citations[pair.findings.citations["timing"] == "fits"]
        if len(fitting):
            starts = pair.flows["ts"].to_numpy()[fitting["flow"].to_numpy()]
            away = (fitting["time"].to_numpy() - fitting["offset"].to_numpy().astype("int64") - starts).astype("int64")
            assert abs(away).max() <= 60 * SECOND


def test_how_many_records_fit_and_how_many_are_refused(measured: list[Pair]) -> None:
    """``test_the_first_measurement`` has the other definition. Here datagrams show a clock, too, so fewer hosts have
    none; a clock is measured for each kind of time; and IPv6 is compared as addresses."""
    timing: Counter[str] = Counter()
    for pair in measured:
        cited = pair.findings.citations
        timing.update(cited[cited["kind"].isin(["sysmon-3", "security-5156"])]["timing"])
    assert timing == {"fits": 1400, "unknown": 96}
    assert sum(pair.findings.rejected for pair in measured) == 19
    basis = Counter(clock.basis for pair in measured for clock in pair.findings.clocks)
    assert basis == {"anchors": 132, "too-few-anchors": 93}


def shipped_times(pair: Pair, place: Path) -> dict[tuple[str, str, str], int]:
    """When the shipper had each record of its JSON, by computer, number and channel."""
    found = {}
    for path in sorted((place / pair.scenario / "host").rglob("*.json")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            record = json.loads(line) if '"@timestamp"' in line and "RecordNumber" in line else {}
            if "RecordNumber" in record:
                key = str(record.get("Hostname")), str(record["RecordNumber"]), str(record.get("Channel")).lower()
                found[key] = nanoseconds(str(record["@timestamp"]))[0]
    return found


class Shown(NamedTuple):
    """A record with the same ends as a flow that begins in the capture, by text: how far it is from it."""

    place: int
    host: str
    kind: str
    tcp: bool
    away: int


def shown_by_text(measured: list[Pair], place: Path) -> list[Shown]:
    """The time of Security's events is that at which the shipper had them, where it states one."""
    found = []
    for number, pair in enumerate(measured):
        shipped = shipped_times(pair, place)
        for flow, lines in connections(pair):
            for row in map(pair.tuples.rows.__getitem__, lines):
                if row.kind not in {"sysmon-3", "security-5156"} or (row.kind == "sysmon-3" and ":" in row.a_h):
                    continue
                stated = row.kind == "security-5156" and (row.host, row.record, "security") in shipped
                time = shipped[row.host, row.record, "security"] if stated else row.since
                tcp = pair.flows["proto"].iloc[flow] == "tcp"
                found.append(Shown(number, row.host, row.kind, tcp, time - int(pair.flows["ts"].iloc[flow])))
    return found


def test_the_first_measurement(measured: list[Pair], tmp_path_factory: pytest.TempPathFactory) -> None:
    """The numbers of the design, as they were measured: a clock for each host of a capture, three records of TCP as
    anchors, the shipper's time for Security's events, and IPv6 as text."""
    shown = shown_by_text(measured, tmp_path_factory.getbasetemp())
    for kind, expected in (("sysmon-3", -0.9), ("security-5156", 1.2)):
        away = median(one.away / SECOND for one in shown if one.kind == kind)
        assert round(away, 1) == expected
    counts: Counter[str] = Counter()
    of_host = itertools.groupby(sorted(shown), key=lambda one: (one.place, one.host))
    for aways in ([(one.tcp, one.away) for one in held] for _, held in of_host):
        anchors = [away for tcp, away in aways if tcp]
        if len(anchors) < 3:
            counts["without"] += len(aways)
            continue
        offset = median(anchors)
        window = max(10 * SECOND, 6 * median(abs(away - offset) for away in anchors))
        counts["hosts"] += abs(offset) > 60 * SECOND
        counts.update("accepted" if abs(away - offset) <= window else "refused" for _, away in aways)
    assert counts == {"accepted": 906, "refused": 5, "without": 411, "hosts": 4}


def test_how_far_events_are_from_their_flows(measured: list[Pair]) -> None:
    """Sysmon's own time is a second before the packet. Security's time without a zone is four hours off."""
    away: dict[str, list[float]] = {"Sysmon UtcTime": [], "event time without zone": []}
    for pair in measured:
        for flow, lines in connections(pair):
            rows = [pair.tuples.rows[line] for line in lines if pair.flows["begun"].iloc[flow]]
            for row in rows:
                if row.clock in away:
                    away[row.clock].append((row.since - int(pair.flows["ts"].iloc[flow])) / SECOND)
    assert -1.5 < median(away["Sysmon UtcTime"]) < -0.5
    assert -2 < median(away["event time without zone"]) + 4 * 3600 < 2


def test_the_time_of_a_record_may_not_be_that_of_its_event() -> None:
    """Sysmon's own time is that of the event: here it is 13 minutes before that of the record."""
    pytest.importorskip("evtx")
    root = folder("EVTX-ATTACK-SAMPLES")
    (path,) = root.rglob("CVE-2020-0796_SMBV3Ghost_LocalPrivEsc_Sysmon_3_1_10.evtx")
    result = read_here(path, path.name, Limits())
    apart = []
    for record in import_module("evtx").PyEvtxParser(str(path)).records_json():
        held = json.loads(record["data"])["Event"]
        logged = nanoseconds(held["System"]["TimeCreated"]["#attributes"]["SystemTime"])[0]
        apart.append((logged - nanoseconds(held["EventData"]["UtcTime"])[0]) // SECOND)
    assert max(apart) == 775
    (log,) = result.logs
    assert log.clock == "Sysmon UtcTime"


def test_published_logs_name_the_programs_of_process_ids() -> None:
    """Every start and stop of a process in the logs. One log has the boot of its host: the kernel starts smss.exe."""
    pytest.importorskip("evtx")
    logs = sorted(folder("EVTX-ATTACK-SAMPLES").rglob("*.evtx"))
    counts: Counter[str] = Counter()
    for log in logs:
        counts.update(one.kind for one in processes_of(read_here(log, log.name, Limits()).processes))
    assert counts == {"sysmon-1": 1491, "sysmon-5": 46, "security-4688": 42, "boot": 1}


@pytest.mark.parametrize(
    ("name", "files", "seen", "used"),
    [("EVTX-ATTACK-SAMPLES", 277, 4835, 270), ("sigma", 202, 235, 0)],
    ids=["attack", "sigma"],
)
def test_published_event_logs_are_read(name: str, files: int, seen: int, used: int) -> None:
    """``seen``: records of the channels that are read; ``used``: those of sockets. Sigma's logs have none of these."""
    pytest.importorskip("evtx")
    logs = sorted(folder(name).rglob("*.evtx"))
    assert len(logs) == files
    results = [read_here(log, log.name, Limits()) for log in logs]
    assert not any(result.failed or result.unread for result in results)
    assert sum(log.records for result in results for log in result.logs) == seen
    assert sum(len(result.attributions) for result in results) == used


def test_a_changed_record_costs_its_chunk(tmp_path: Path) -> None:
    """A record that was changed without its checksum is not used."""
    pytest.importorskip("evtx")
    (path,) = folder("EVTX-ATTACK-SAMPLES").rglob("dicovery_4661_net_group_domain_admins_target.evtx")
    octets = bytearray(path.read_bytes())
    whole = read_here(path, "whole", Limits())
    at = octets.index("dns.exe".encode("utf-16-le"))
    octets[at : at + 2] = b"x\0"
    changed = tmp_path / "changed.evtx"
    changed.write_bytes(octets)
    result = read_here(changed, "changed", Limits())
    assert result.unread == 50
    assert 0 < len(result.attributions) < len(whole.attributions)
    assert "xns.exe" not in set(result.attributions["program"])


def test_jcs_own_tables_are_read() -> None:
    root = folder("jc") / "tests" / "fixtures"
    counts = {}
    for path in sorted([*root.rglob("netstat-a*.out"), *root.rglob("ss-*.out")]):
        form = form_of(path)
        if form is not None:
            counts[path.relative_to(root).as_posix()] = len(read_here(path, path.name, Limits()).attributions)
    assert counts["windows/windows-10/netstat-aonb.out"] == 228
    assert counts["windows/windows-10/netstat-aon.out"] == 153
    assert counts["ubuntu-18.04/ss-sudo-tulpen.out"] == 85
    table = root / "windows/windows-10/netstat-aonb.out"
    held = {(row.a_h, row.program) for row in rows_of(read_here(table, "t", Limits()).attributions) if row.a_p == 67}
    # Footnote *6 as it is met: two programs hold the port, each at an address of its own.
    assert held == {("", "bdntwrk.exe"), ("172.26.240.1", "svchost.exe")}


def test_ptcpdumps_own_captures_name_their_programs() -> None:
    root = folder("ptcpdump") / "testdata" / "format"
    found = {
        path.name: {row.path for row in rows_of(read_here(path, path.name, Limits()).attributions)}
        for path in sorted(root.glob("*.pcapng"))
    }
    assert found["curl-thread.pcapng"] == found["curl-user.pcapng"] == found["tcp.pcapng"] == {"/usr/bin/curl"}
    assert found["dns.pcapng"] == {"/usr/bin/dig"}
