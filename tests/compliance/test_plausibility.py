"""A profile that the traffic contradicts: each warning, and no warning if the two agree."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.packets import Host, Wire
from tests.program import run

SERVER, MACHINE, OTHER, ROGUE = (Host(f"10.9.0.{number}") for number in (1, 20, 30, 40))
GOOD = {
    "segments": "[{name: lan, cidr: 10.9.0.0/24}]",
    "dpm_server": "{addresses: [10.9.0.1]}",
    "dhcp": "{servers: [10.9.0.1]}",
    "managed_machines": "[{name: m1, address: 10.9.0.20}]",
}
DOUBTS = {"note-server-silent", "note-no-machine", "note-no-segment", "note-unlisted-machines", "note-dhcp-silent"}


def doubts(folder: Path, wire: Wire, **profile: str) -> dict[str, dict[str, Any]]:
    """The warnings of this kind by their codes, with their values."""
    wire.save(folder / "a.pcap")
    lines = ["version: 1", "name: made", *(f"{key}: {value}" for key, value in (GOOD | profile).items())]
    (folder / "site.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    arguments = ("--site", folder / "site.yaml", "--out", folder / "out")
    result = run("analyze", "--no-dissect", folder / "a.pcap", *arguments)
    assert result.exit_code in {0, 1, 4}, result.stderr
    notes = json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))["meta"]["notes"]
    return {note["code"]: note["values"] for note in notes if note["code"] in DOUBTS}


def served(server: Host = SERVER, machine: Host = MACHINE) -> Wire:
    wire = Wire()
    wire.boot(machine, server)
    wire.tcp(server, 50000, machine, 56010)
    return wire


def test_a_profile_that_agrees_with_the_traffic_has_no_warning(tmp_path: Path) -> None:
    assert doubts(tmp_path, served()) == {}


def test_the_server_is_another_host(tmp_path: Path) -> None:
    found = doubts(tmp_path, served(), dpm_server="{addresses: [10.9.0.77]}", dhcp="{servers: [10.9.0.1]}")
    assert found["note-server-silent"] == {"addresses": ["10.9.0.77"], "other": "10.9.0.1"}


def test_the_server_is_only_asked(tmp_path: Path) -> None:
    wire = Wire()
    wire.syn(MACHINE, 50000, SERVER, 56030)
    assert doubts(tmp_path, wire)["note-server-silent"]["other"] == ""


@pytest.mark.parametrize(("key", "code"), [("managed_machines", "note-no-machine"), ("segments", "note-no-segment")])
def test_an_empty_list_is_named(tmp_path: Path, key: str, code: str) -> None:
    assert code in doubts(tmp_path, served(), **{key: "[]"})


def test_hosts_that_act_like_machines_and_are_not_listed(tmp_path: Path) -> None:
    found = doubts(tmp_path, served(machine=OTHER))
    assert found["note-unlisted-machines"] == {"others": ["10.9.0.30"], "more": 0}


def test_a_console_of_the_profile_is_no_unlisted_machine(tmp_path: Path) -> None:
    assert doubts(tmp_path, served(machine=OTHER), image_builder="[10.9.0.30]") == {}


def test_only_the_first_addresses_are_named(tmp_path: Path) -> None:
    wire = Wire()
    for number in range(100, 108):
        wire.tcp(SERVER, 50000, Host(f"10.9.0.{number}"), 56010)
    found = doubts(tmp_path, wire)["note-unlisted-machines"]
    assert (found["others"][0], len(found["others"]), found["more"]) == ("10.9.0.100", 5, 3)


def test_the_listed_dhcp_server_is_silent_and_another_assigns(tmp_path: Path) -> None:
    wire = served()
    wire.lease(MACHINE, ROGUE)
    found = doubts(tmp_path, wire, dhcp="{servers: [10.9.0.9]}")
    assert found["note-dhcp-silent"] == {"listed": ["10.9.0.9"], "others": ["10.9.0.1", "10.9.0.40"], "more": 0}


def test_a_silent_dhcp_server_is_no_doubt_without_another(tmp_path: Path) -> None:
    wire = Wire()
    wire.ping(SERVER, MACHINE)
    assert doubts(tmp_path, wire, dhcp="{servers: [10.9.0.9]}") == {}


def test_a_machine_that_is_listed_by_its_mac_is_no_stranger(tmp_path: Path) -> None:
    machines = f'[{{name: m1, mac: "{MACHINE.mac}"}}]'
    assert doubts(tmp_path, served(), managed_machines=machines) == {}
