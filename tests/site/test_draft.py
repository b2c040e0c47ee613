"""A drafted profile can be used as it is, and its comments can be used when their marks are removed."""

import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from analyzer.site import Profile, load_site
from tests.packets import Host, Wire
from tests.program import ROOT, run

SAMPLES = ROOT / "sample_pcaps"
SERVER, FIRST, SECOND = (Host(f"10.9.0.{number}") for number in (1, 20, 21))
AWAY = Host("10.9.7.30", "02:00:00:00:00:fe")
AWAY_TOO = Host("10.9.7.31", AWAY.mac)
CAPTURES = {
    "lab": ["lab/dirty_segA.pcap", "lab/dirty_segB.pcap"],
    "one vantage": ["lab/clean_server.pcap"],
    "boot": ["made/boot_complete.pcap"],
    "relayed boot": ["made/boot_relayed.pcap"],
    "ipv6": ["made/ipv6.pcap"],
    "VLANs": ["made/link_vlan.pcap"],
    "no link layer": ["made/link_raw.pcap"],
    "segments": ["made/segments.pcap"],
}


def drafted(folder: Path, *words: str | Path) -> tuple[str, Profile]:
    """The text of a draft, and the profile that is read from it."""
    result = run("site", "infer", *words)
    assert result.exit_code == 0, result.stderr
    (folder / "draft.yaml").write_text(result.stdout, encoding="utf-8")
    return result.stdout, load_site(folder / "draft.yaml").profile


def unmarked(text: str, key: str) -> str:
    """The draft with the comment of a key, and of its items, as lines."""
    begin = text.index(f"# {key}:\n") if f"# {key}:\n" in text else text.index(f"# {key}: {{")
    head, rest = text[:begin], text[begin:].splitlines(keepends=True)
    length = next((place for place, line in enumerate(rest[1:], 1) if not line.startswith("#   - ")), len(rest))
    lines = [re.sub(r"^#( {3}|\s)", lambda mark: " " * (len(mark[0]) - 2), line) for line in rest[:length]]
    return head + "".join(lines) + "".join(rest[length:])


@pytest.mark.parametrize("name", CAPTURES)
@pytest.mark.parametrize("given", [False, True], ids=["inferred", "given"])
def test_a_draft_passes_the_check_and_judges_its_captures(name: str, given: bool, tmp_path: Path) -> None:
    captures = [SAMPLES / capture for capture in CAPTURES[name]]
    _, profile = drafted(tmp_path, *captures)
    assert profile.dpm_server
    server = ("--server", profile.dpm_server.addresses[0]) if given else ()
    _, profile = drafted(tmp_path, *captures, *server)
    checked = run("site", "check", tmp_path / "draft.yaml")
    assert checked.exit_code == 0, checked.stderr
    profile_of = ("--site", tmp_path / "draft.yaml")
    judged = run("analyze", "--no-dissect", *captures, *profile_of, "--out", tmp_path / "out")
    assert judged.exit_code in (0, 1)
    assert judged.stdout.splitlines()[0] in ("COMPLIANT", "NOT COMPLIANT")


def test_what_a_draft_has_as_comments_can_be_used(tmp_path: Path) -> None:
    text, profile = drafted(tmp_path, SAMPLES / "lab" / "dirty_segA.pcap", SAMPLES / "lab" / "dirty_segB.pcap")
    assert profile.segments == ()
    changed = unmarked(text, "segments").replace("expires: YYYY-MM-DD", "expires: 2099-01-01")
    changed = unmarked(unmarked(changed, "dhcp"), "waivers")
    (tmp_path / "changed.yaml").write_text(changed, encoding="utf-8")
    checked = run("site", "check", tmp_path / "changed.yaml")
    assert checked.exit_code == 0, checked.stderr
    site = load_site(tmp_path / "changed.yaml").profile
    assert [one.cidr for one in site.segments] == ["192.168.0.0/24", "192.168.1.0/24"]
    assert site.dhcp.servers == "none"
    assert len(site.waivers) == 1


def test_machines_have_the_macs_of_their_own_frames_and_leases(tmp_path: Path) -> None:
    wire = Wire()
    wire.boot(FIRST, SERVER)
    wire.tcp(SERVER, 50_000, SECOND, 56010)
    for number, machine in enumerate((AWAY, AWAY_TOO), 50_001):
        wire.tcp(SERVER, number, machine, 56010)
    wire.save(tmp_path / "capture.pcap")
    text, profile = drafted(tmp_path, tmp_path / "capture.pcap")
    macs = {machine.address: machine.mac for machine in profile.managed_machines}
    assert macs == {FIRST.ip: FIRST.mac, SECOND.ip: SECOND.mac, AWAY.ip: None, AWAY_TOO.ip: None}
    reasons = {line.split('"')[3]: line.rsplit("; ", 1)[-1] for line in text.splitlines() if "machine-" in line}
    assert (reasons[FIRST.ip], reasons[SECOND.ip]) == ("MAC of its DHCP lease", "MAC of its own frames")


def test_a_mac_is_drafted_once(tmp_path: Path) -> None:
    """A machine with IPv4 and IPv6, and one whose lease went to another client: no MAC twice, none that is doubtful."""
    six = Host("2001:db8::20", FIRST.mac)
    wire = Wire()
    wire.tcp(SERVER, 50_000, FIRST, 56010)
    wire.tcp(Host("2001:db8::1", SERVER.mac), 50_001, six, 56010)
    wire.lease(Host(SECOND.ip, "02:00:00:00:99:01"), SERVER)
    wire.tcp(SERVER, 50_002, SECOND, 56010)
    wire.save(tmp_path / "capture.pcap")
    _, profile = drafted(tmp_path, tmp_path / "capture.pcap", "--server", SERVER.ip)
    macs = {machine.address: machine.mac for machine in profile.managed_machines}
    assert (macs[FIRST.ip], macs[SECOND.ip]) == (FIRST.mac, None)
    _, profile = drafted(tmp_path, tmp_path / "capture.pcap")
    assert [machine.mac for machine in profile.managed_machines].count(FIRST.mac) == 1


def test_segments_without_a_mask_are_comments_with_their_evidence(tmp_path: Path) -> None:
    text, _ = drafted(tmp_path, SAMPLES / "made" / "boot_relayed.pcap")
    assert YAML(typ="safe").load(text).get("segments") is None
    assert "10.20.2.1, 10.20.2.41 sent with no router between; no mask was captured, /24 is a guess" in text


def test_a_segment_with_a_known_mask_is_no_comment(tmp_path: Path) -> None:
    capture = ROOT / "tests" / "cases" / "relay_giaddr_inferred" / "capture.pcap"
    text, profile = drafted(tmp_path, capture)
    assert [one.cidr for one in profile.segments] == ["192.168.1.0/24"]
    assert "192.168.1.0/24" not in "".join(line for line in text.splitlines() if line.startswith("#"))


def test_nothing_of_a_draft_beside_roles_changes_an_analysis(tmp_path: Path) -> None:
    """Without a profile, neither guessed segments nor MACs are used."""
    capture = SAMPLES / "lab" / "dirty_segA.pcap"
    run("analyze", "--no-dissect", capture, "--out", tmp_path / "out")
    saved = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    profile = saved["meta"]["site"]["profile"]
    assert len(profile["managed_machines"]) == 5
    assert not any(machine["mac"] for machine in profile["managed_machines"])
    assert not profile["segments"]
