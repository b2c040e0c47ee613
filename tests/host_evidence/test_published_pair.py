"""A capture and the log of its hosts as another project published them (otrf/README.md), from file to word."""

from pathlib import Path

import pytest

from analyzer.host_evidence import HostFindings, attribute, read_host_evidence
from analyzer.host_evidence.model import SECOND
from analyzer.rules import load_table
from analyzer.site import site_from
from tests.host_evidence.flowtable import flows_of

PAIR = Path(__file__).parent / "otrf"
PACK = """\
version: 1
id: kerberos
kind: overlay
provenance: {title: made for this test, source: made for this test, pages_seen: [1]}
rules:
  - id: ticket
    item: Ticket
    page: 1
    protocol: tcp
    printed: "<"
    originator: {roles: [managed-machine], executables: [{name: NAME, path: 'PATH'}]}
    responder: {roles: [dpm-server], port: 88, executables: [{name: lsass.exe, path: '\\Windows\\System32\\lsass.exe'}]}
"""
SITE = site_from(
    {
        "version": 1,
        "name": "published",
        "dpm_server": {"addresses": ["172.18.38.5"]},
        "managed_machines": [{"name": "workstation5", "address": "172.18.39.5", "os": "windows-x64"}],
    }
)


def judged(folder: Path, name: str, path: str) -> HostFindings:
    pack = folder / "pack.yaml"
    pack.write_text(PACK.replace("NAME", name).replace("PATH", path), encoding="utf-8")
    flows = flows_of(PAIR / "samr.cap")
    flows.loc[flows["resp_p"] == 88, "rule"] = "ticket"
    return attribute(flows, read_host_evidence([PAIR / "samr.json"]), SITE, load_table((str(pack),)))


@pytest.mark.parametrize(
    ("name", "path", "word"),
    [
        ("lsass.exe", "\\Windows\\System32\\lsass.exe", "confirmed"),
        ("lsass.exe", "\\Windows\\SysWOW64\\lsass.exe", "consistent"),
        ("apiserv.exe", "\\Windows\\System32\\apiserv.exe", "contradicted"),
    ],
)
def test_both_hosts_and_both_sources_have_their_say(tmp_path: Path, name: str, path: str, word: str) -> None:
    result = judged(tmp_path, name, path)
    tickets = result.flows[result.flows["program_evidence"] != ""]
    assert tickets["program_evidence"].tolist() == [word, word]
    assert set(tickets["resp_evidence"]) == {"confirmed"}
    kinds = result.citations[result.citations["flow"] == tickets.index[0]]["kind"]
    assert set(kinds) == {"sysmon-3", "security-5156"}


def test_the_zone_that_the_shipper_lost_is_found(tmp_path: Path) -> None:
    result = judged(tmp_path, "lsass.exe", "\\Windows\\System32\\lsass.exe")
    offsets = {(clock.host.split(".")[0], clock.clock): clock.offset / SECOND for clock in result.clocks if clock.known}
    assert offsets == {
        ("MORDORDC", "event time without zone"): pytest.approx(-4 * 3600, abs=1),
        ("WORKSTATION5", "event time without zone"): pytest.approx(-4 * 3600, abs=1),
        ("WORKSTATION5", "Sysmon UtcTime"): pytest.approx(0, abs=1),
    }
    assert {host.host.split(".")[0]: host.machine for host in result.hosts} == {
        "MORDORDC": "dpm-server", "WORKSTATION5": "workstation5", "WORKSTATION6": "",
    }  # fmt: skip
