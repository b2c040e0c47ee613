"""A profile that is drafted from captures is valid, with any content of the captures."""

from pathlib import Path

import pytest

from analyzer import Run, analyze
from analyzer.site.profile import Profile
from tests.packets import BROADCAST, EVERYBODY, Host, Wire

SERVER, CLIENT = Host("10.20.0.10"), Host("10.20.0.31")


def analysed(wire: Wire, folder: Path) -> Run:
    wire.save(folder / "capture.pcap")
    return analyze(folder / "capture.pcap", dissect=False)


def profile_of(run: Run) -> Profile:
    return Profile.model_validate(run.report.meta.site.profile)


def segments(run: Run) -> list[str]:
    return [segment.cidr for segment in profile_of(run).segments]


@pytest.mark.parametrize(
    ("mask", "found"),
    [
        ("255.255.255.0", ["10.20.0.0/24"]),
        ("255.0.0.0", ["10.0.0.0/8"]),
        ("254.0.0.0", []),
        ("128.0.0.0", []),
        ("0.0.0.0", []),
        ("255.0.255.0", []),
        ("0.0.0.255", []),
    ],
)
def test_a_mask_that_no_network_has_makes_no_segment(tmp_path: Path, mask: str, found: list[str]) -> None:
    """Option 1 is sent by a server and may be wrong."""
    wire = Wire()
    wire.lease(CLIENT, SERVER, options=[("subnet_mask", mask)])
    assert segments(analysed(wire, tmp_path)) == found


@pytest.mark.parametrize("address", ["0.0.0.0", "239.1.2.3", "255.255.255.255"])
def test_an_address_that_no_host_has_is_nobodys_in_the_profile(tmp_path: Path, address: str) -> None:
    """Packets can have any sender: of a DHCP answer, a relayed request, or a connection to the DPM Server's ports."""
    wire = Wire()
    nobody = Host(address, "02:00:00:00:00:99")
    wire.tcp(CLIENT, 50000, SERVER, 56023)
    wire.dhcp(nobody, EVERYBODY, "ack", CLIENT, options=[("subnet_mask", "255.255.255.0")])
    wire.dhcp(nobody, SERVER, "request", CLIENT, giaddr=address, sport=67)
    wire.dhcp(SERVER, nobody, "ack", CLIENT, giaddr=address, dport=67)
    wire.tcp(nobody, 50000, SERVER, 56023)
    wire.tcp(nobody, 50001, SERVER, 80)
    wire.tcp(SERVER, 50002, nobody, 56010)
    profile = profile_of(analysed(wire, tmp_path))
    server = profile.dpm_server
    named = {
        *(server.addresses if server else ()), *(profile.dhcp.servers or ()), *profile.dhcp.relays,
        *profile.image_builder, *profile.command_line, *(machine.address for machine in profile.managed_machines),
    }  # fmt: skip
    assert address not in named
    assert server is not None
    assert server.addresses == (SERVER.ip,)


def test_a_host_that_no_address_belongs_to_is_not_the_server(tmp_path: Path) -> None:
    wire = Wire()
    wire.tcp(CLIENT, 50000, Host("239.1.2.3", BROADCAST), 56023)
    assert profile_of(analysed(wire, tmp_path)).dpm_server is None


def test_a_leased_address_that_no_host_has_makes_no_segment(tmp_path: Path) -> None:
    wire = Wire()
    wire.lease(Host("239.1.2.3", CLIENT.mac), SERVER, options=[("subnet_mask", "255.255.255.0")])
    assert segments(analysed(wire, tmp_path)) == []
