"""Paths of programs as hosts write them, against the paths that the table prints."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.host_evidence.paths import DESCRIBED, Candidate, Match, behind_volume, compare, fold
from analyzer.host_evidence.readers.collect import base_name
from analyzer.rules.model import Executable, Side
from analyzer.values import Role
from tests.host_evidence.made import RULES, site

PXE: Side = RULES.rule("boot-pxe-68").responder
BOOT: Side = RULES.rule("boot-agent").responder
AGENT: Side = RULES.rule("shutdown").responder


def match(path: str, side: Side = PXE, machine_os: str | None = None, **keys: Any) -> Match:
    seen = Candidate(base_name(path), path if "\\" in path or "/" in path else "", 99, **keys)
    return compare(side, site(), machine_os, seen)


@pytest.mark.parametrize(
    "path",
    [
        "C:\\Program Files (x86)\\NEC\\DeploymentManager\\pxesvc.exe",
        "d:\\program files (X86)\\nec\\deploymentmanager\\PXESVC.EXE",
        "\\device\\harddiskvolume2\\program files (x86)\\nec\\deploymentmanager\\pxesvc.exe",
        "\\Device\\HarddiskVolume12\\Program Files (x86)\\NEC\\DeploymentManager\\pxesvc.exe",
        "\\??\\C:\\Program Files (x86)\\NEC\\DeploymentManager\\pxesvc.exe",
        "\\\\?\\C:\\Program Files (x86)\\NEC\\DeploymentManager\\pxesvc.exe",
    ],
)
def test_the_same_path(path: str) -> None:
    assert match(path) is Match.PATH


@pytest.mark.parametrize(
    "path",
    [
        "C:\\Program Files\\NEC\\DeploymentManager\\pxesvc.exe",
        "C:\\Temp\\Program Files (x86)\\NEC\\DeploymentManager\\pxesvc.exe",
        "C:\\Program Files (x86)\\NEC\\DeploymentManager\\sub\\pxesvc.exe",
        "C:\\Program Files (x86)\\NEC\\x\\..\\DeploymentManager\\pxesvc.exe",
        "C:\\Program Files (x86) \\NEC\\DeploymentManager\\pxesvc.exe",
        "C:\\PROGRA~2\\NEC\\DEPLOY~1\\pxesvc.exe",
        "\\\\server\\c$\\Program Files (x86)\\NEC\\DeploymentManager\\pxesvc.exe",
        "\\device\\mup\\server\\Program Files (x86)\\NEC\\DeploymentManager\\pxesvc.exe",
        "\\device\\harddiskvolumeshadowcopy1\\Program Files (x86)\\NEC\\DeploymentManager\\pxesvc.exe",
        "\\device\\cdrom0\\Program Files (x86)\\NEC\\DeploymentManager\\pxesvc.exe",
        "pxesvc.exe",
    ],
)
def test_the_right_name_elsewhere(path: str) -> None:
    assert match(path) is Match.NAME


@pytest.mark.parametrize(
    "path",
    [
        "C:\\Program Files (x86)\\NEC\\DeploymentManager\\pxesvc.exe:evil.exe",
        "C:\\Program Files (x86)\\NEC\\DeploymentManager\\pxesvc.exe ",
        "C:\\Program Files (x86)\\NEC\\DeploymentManager\\pxesvc.exe.exe",
        "C:\\Program Files (x86)\\NEC\\DeploymentManager\\p\u0445esvc.exe",  # a Cyrillic letter
        "C:\\Program Files (x86)\\NEC\\DeploymentManager\\pxesvc.exe\u200b",
        "svchost.exe",
        "/usr/sbin/pxesvc",
    ],
)
def test_another_program(path: str) -> None:
    assert match(path) is Match.OTHER


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/opt/dpmclient/agent/bin/Depagtd (deleted)", Match.NAME),
        ("/tmp/Depagtd (deleted)", Match.NAME),
        ("/opt/dpmclient/agent/bin/Depagtd (deleted) (deleted)", Match.OTHER),
        ("/opt/dpmclient/agent/bin/other (deleted)", Match.OTHER),
        ("/opt/dpmclient/agent/bin/Depagtd(deleted)", Match.OTHER),
        ("C:\\Windows\\system32\\DepAgent.exe (deleted)", Match.OTHER),
    ],
)
def test_a_program_that_was_replaced_while_it_runs(path: str, expected: Match) -> None:
    """Linux shows the path of such a program with a mark; what is at the path now is another file."""
    assert match(path, AGENT, "linux" if path.startswith("/") else "windows-x86") is expected


def test_a_described_program_that_was_replaced() -> None:
    dhcp: Side = RULES.rule("boot-dhcp-request").responder
    assert match("/usr/sbin/dnsmasq (deleted)", dhcp) is match("/usr/sbin/dnsmasq", dhcp) is Match.STAND_IN


def described(**keys: Any) -> Side:
    return Side(roles=(Role.DPM_SERVER,), port=80, executables=(Executable(**keys),))


@pytest.mark.parametrize("name", ["Web service (IIS)", "\u30a6\u30a7\u30d6\u30b5\u30fc\u30d3\u30b9", "x"])
def test_what_the_table_describes_is_known_by_its_field(name: str) -> None:
    """The printed name is a text, in the language of the guide."""
    side = described(name=name, service="iis")
    assert compare(side, site(), None, Candidate("System", "", 4)) is Match.STAND_IN
    assert match("C:\\nginx\\nginx.exe", side) is Match.OTHER
    dhcp = described(name=name, service="dhcp")
    assert match("svchost.exe", dhcp) is Match.STAND_IN
    assert match("C:\\nginx\\nginx.exe", dhcp) is Match.UNKNOWN


@pytest.mark.parametrize(
    ("name", "program", "expected"),
    [
        ("Web service (IIS)", "System", Match.UNKNOWN),
        ("agent.exe", "nc.exe", Match.UNKNOWN),
        ("agent.exe", "AGENT.EXE", Match.NAME),
        ("agent.exe", "C:\\x\\agent.exe", Match.NAME),
    ],
)
def test_a_name_without_a_path_may_be_a_description(name: str, program: str, expected: Match) -> None:
    assert match(program, described(name=name)) is expected


def test_every_program_of_the_table_has_a_path_or_is_a_described_service() -> None:
    sides = [side for rule in RULES.rules for side in (rule.originator, rule.responder)]
    programs = [one for side in sides for one in side.executables]
    assert all((one.path is None) != (one.service is None) for one in programs)
    assert {one.service for one in programs} == {None, *DESCRIBED}


@pytest.mark.parametrize("side", [PXE, BOOT, RULES.rule("command-line").responder], ids=["pxe", "boot", "web"])
@pytest.mark.parametrize("program", ["[System Process]", "System Idle Process", "pxesvc.exe", ""])
def test_process_0_is_no_program(side: Side, program: str) -> None:
    """Windows gives it to sockets that have no process any more (TIME_WAIT)."""
    assert compare(side, site(), None, Candidate(program, "", 0)) is Match.UNKNOWN


def test_letters_that_only_unicode_folds_stay_apart() -> None:
    assert "\u212a".lower() == "k"
    assert match("b\u212aressvc.exe", BOOT) is Match.OTHER
    assert fold("B\u212aR\u0130") == "b\u212ar\u0130"


def test_a_short_name_can_stand_for_the_long_one() -> None:
    assert match("C:\\x\\DEPAGE~1.EXE", AGENT, "windows-x86") is Match.NAME
    assert match("C:\\x\\DEPAGX~1.EXE", AGENT, "windows-x86") is Match.OTHER


@pytest.mark.parametrize(
    ("machine_os", "path", "expected"),
    [
        ("windows-x86", "C:\\Windows\\system32\\DepAgent.exe", Match.PATH),
        ("windows-x64", "C:\\Windows\\SysWOW64\\DepAgent.exe", Match.PATH),
        ("windows-x64", "C:\\Windows\\system32\\DepAgent.exe", Match.NAME),
        ("linux", "/opt/dpmclient/agent/bin/Depagtd", Match.PATH),
        ("linux", "C:\\Windows\\system32\\DepAgent.exe", Match.OTHER),
        (None, "C:\\Windows\\system32\\DepAgent.exe", Match.NAME),  # x86 or x64 is not known
        (None, "/opt/dpmclient/agent/bin/Depagtd", Match.PATH),
        ("windows-x86", "%SystemRoot%\\system32\\DepAgent.exe", Match.PATH),
    ],
)
def test_footnote_2(machine_os: str | None, path: str, expected: Match) -> None:
    assert match(path, AGENT, machine_os) is expected


def test_a_name_that_was_cut_fits_what_it_is_the_beginning_of() -> None:
    assert match("Depagtd", AGENT, "linux", truncated=15) is Match.NAME
    assert match("Depag", AGENT, "linux", truncated=15) is Match.OTHER
    assert match("Depag", AGENT, "linux", truncated=5) is Match.NAME


@given(st.text(max_size=60))
def test_no_text_breaks_the_comparison(text: str) -> None:
    found = match("C:\\" + text)
    assert found in set(Match)
    assert found is not Match.PATH or behind_volume(fold("C:\\" + text))
