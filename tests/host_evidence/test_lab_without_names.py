"""The lab's socket tables as ``netstat -ano`` prints them, with process ids alone, beside a log of processes: from the
files to every output."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import analyzer
from analyzer.api import Run
from analyzer.render import everything
from tests.host_evidence.made import DPM
from tests.host_evidence.test_lab import LAB

PLANTED = {"psexec.exe", "tftpd64.exe", "nc.exe"}
RULES = {"shutdown", "boot-tftp-request", "boot-agent"}
HEADING = "  Proto  Local Address          Foreign Address        State           PID"
STATES = {"LISTEN": "LISTENING", "ESTAB": "ESTABLISHED", "TIME-WAIT": "TIME_WAIT", "UNCONN": ""}
SOCKET = re.compile(r"(tcp|udp)\s+(\S+)\s+\d+\s+\d+\s+(\S+)\s+(\S+)(?:\s+users:\(\(\"([^\"]+)\",pid=(\d+).*)?")


def netstat_of(ss: str, programs: dict[int, str]) -> Iterator[str]:
    """The tables of ``ss`` as those of ``netstat -ano``; ``programs`` gets the names, which they do not have."""
    for line in ss.splitlines():
        if match := SOCKET.match(line.strip()):
            proto, state, local, remote, name, pid = match.groups()
            if name:
                programs[int(pid)] = name
            yield f"  {proto.upper()}  {local}  {remote}  {STATES.get(state, state)}  {pid or 0}".replace(":*", ":0")
        else:
            yield HEADING if line.startswith("Netid") else line


def started(pid: int, name: str, number: int) -> str:
    """A process of the server that began a minute before the capture, as winlogbeat ships event 4688."""
    folder = "C:\\Temp\\" if name in PLANTED else DPM
    return json.dumps({
        "@timestamp": "2026-11-28T16:57:00.000Z",
        "winlog": {
            "event_id": 4688, "channel": "Security", "computer_name": "DPM01", "record_id": number,
            "event_data": {"NewProcessId": hex(pid), "NewProcessName": folder + name, "ProcessId": "0x1f4"},
        },
    })  # fmt: skip


LAST = json.dumps({
    "@timestamp": "2026-11-28T17:30:00.000Z",
    "winlog": {"event_id": 4624, "channel": "Security", "computer_name": "DPM01", "record_id": 1000, "event_data": {}},
})  # fmt: skip


def analysed(folder: Path, name: str, *, log: bool) -> Run:
    programs: dict[int, str] = {}
    text = (LAB / "recorded" / f"{name}-server.txt").read_text()
    lines = list(netstat_of(text, programs))
    assert programs
    (folder / "netstat.txt").write_text("\n".join(lines))
    events = [started(pid, program, number) for number, (pid, program) in enumerate(sorted(programs.items()), 1)]
    last = LAST.replace("1000", str(len(events) + 1))
    (folder / "security.json").write_text("\n".join([*events, last]))
    site = folder / "site.yaml"
    site.write_text((LAB / "site.yaml").read_text() + "hosts: {DPM01: dpm-server}\n")
    hosts = [folder / "netstat.txt", *([folder / "security.json"] if log else [])]
    return analyzer.analyze(LAB / "recorded" / f"{name}.pcap", site=site, hosts=hosts, dissect=False)


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return analysed(tmp_path_factory.mktemp("wrong"), "wrong", log=True)


def test_planted_programs_are_found_by_their_process_ids(wrong: Run) -> None:
    flows = wrong.flows
    contradicted = flows[flows["program_evidence"] == "contradicted"]
    assert set(contradicted["rule"]) == RULES
    assert set(wrong.findings[wrong.findings["reason"] == "executable"]["rule"]) == RULES
    assert all("C:\\Temp\\" in text for text in contradicted["program"])
    assert all("netstat.txt #" in text and "with security.json #" in text for text in contradicted["program_source"])


def test_right_programs_are_consistent_and_make_no_finding(tmp_path: Path) -> None:
    run = analysed(tmp_path, "right", log=True)
    words = set(run.flows["program_evidence"].dropna())
    assert "consistent" in words
    assert not words & {"contradicted", "confirmed"}
    assert run.findings.empty


@pytest.mark.parametrize("name", ["right", "wrong"])
def test_without_the_log_no_program_is_known(tmp_path: Path, name: str) -> None:
    run = analysed(tmp_path, name, log=False)
    assert not {"contradicted", "confirmed", "consistent"} & set(run.flows["program_evidence"].dropna())
    assert "host-process-not-named" in {note.code for note in run.report.meta.notes}
    checks = run.rows[run.rows["check"] != ""] if "check" in run.rows else run.rows
    assert "another program" not in " ".join(checks["why"].dropna())


def test_the_records_of_both_are_in_every_output(wrong: Run) -> None:
    held = wrong.attributions
    assert set(held["process_kind"]) == {"security-4688"}
    assert set(held["process_source"]) == {"security.json"}
    flow = held[held["word"] == "contradicted"].iloc[0]["flow"]
    assert re.search(
        r"netstat\.txt #\d+ \(netstat\) of \S+ with security\.json #\d+ \(security-4688\)", str(wrong.explain(flow))
    )
    assert any(re.search(r"netstat\.txt #\d+ with security\.json #\d+", why) for why in wrong.rows["why"].dropna())
    files = dict(everything(wrong.report))
    for name in ("flows.csv", "report.json", "report.html", "findings.csv", "report.sarif"):
        assert b"security.json #" in files[name], name


def test_what_is_not_proven_is_a_warning_on_the_first_screen(tmp_path: Path) -> None:
    """Sysmon's log has the starts of the planted programs and no stop: no finding, and no word that nothing is to be
    done."""
    analysed(tmp_path, "wrong", log=True)
    log = tmp_path / "security.json"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    for line in lines:
        winlog = line["winlog"]
        data = winlog["event_data"]
        winlog["channel"] = "Microsoft-Windows-Sysmon/Operational"
        started_here = winlog["event_id"] == 4688
        winlog["event_id"] = 1 if started_here else 22
        winlog["event_data"] = {"UtcTime": line["@timestamp"].replace("T", " ").rstrip("Z")}
        if started_here:
            winlog["event_data"] |= {"ProcessId": str(int(data["NewProcessId"], 16)), "Image": data["NewProcessName"]}
    log.write_text("\n".join(map(json.dumps, lines)))
    run = analyzer.analyze(
        LAB / "recorded" / "wrong.pcap", site=tmp_path / "site.yaml", hosts=[tmp_path / "netstat.txt", log],
        dissect=False,
    )  # fmt: skip
    assert run.findings.empty
    assert "contradicted" not in set(run.flows["program_evidence"].dropna())
    (note,) = [one for one in run.report.meta.notes if one.code == "host-other-program-not-proven"]
    assert note.level == "warning"
    assert all(name in note.text for name in PLANTED)
    files = dict(everything(run.report))
    page, text = files["report.html"].decode(), files["report.md"].decode()
    assert "nothing to act on" not in page
    assert "There is no finding. Read the warnings below." in page
    assert "nc.exe" in page[: page.index('id="findings"')]
    assert "nc.exe" in text[: text.index("## Findings")]
    assert "There is no finding. Read the warnings." in run._repr_html_()
