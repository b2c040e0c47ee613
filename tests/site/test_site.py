"""The site profile: what it answers."""

from ipaddress import IPv4Network, ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from analyzer.messages.english import sentence
from analyzer.site import Profile, Site, load_site
from analyzer.site.profile import Expectation
from analyzer.values import Role

LAB = """\
version: 1
name: lab
segments:
  - {name: server-lan, cidr: 192.168.0.0/24}
  - {name: floor-2, cidr: 192.168.1.0/26}
  - {name: link, cidr: 10.0.0.0/31}
  - {name: six, cidr: "2001:db8::/64"}
dpm_server: {addresses: [192.168.0.1, "2001:db8::1"], architecture: x64, web_port: 8080}
dhcp: {servers: [192.168.0.1, 192.168.0.5], relays: [192.168.1.1]}
managed_machines:
  - {name: a1, address: 192.168.0.21, mac: "02-00-00-00-0A-21", os: windows-x64}
  - {name: a2, mac: "02:00:00:00:0a:22"}
  - {name: dead, address: 192.168.1.9}
  - {name: pool, range: 192.168.0.100-192.168.0.150}
  - {name: floor, cidr: 192.168.1.32/27}
  - {name: six, address: "2001:DB8:0::21", mac: "02:00:00:00:0c:21"}
image_builder: [192.168.0.50]
command_line: [192.168.0.50, 192.168.0.96/27, "2001:db8:0:1::/64"]
expect: [Power ON, {item: shutdown, machines: [a1], from: 2026-01-01, until: 2026-01-01}]
waivers:
  - {orig: a1, resp: 192.168.0.0/24, service: tcp/3389, reason: r, owner: o, expires: 2026-12-31}
  - {orig: any, resp: dpm-server, service: any, reason: r, owner: o, expires: 2026-12-31}
"""
HEAD = "version: 1\nname: x\ndpm_server: {addresses: [10.0.0.1]}\n"


@pytest.fixture
def lab(tmp_path: Path) -> Site:
    path = tmp_path / "site.yaml"
    path.write_text(LAB, encoding="utf-8")
    return load_site(path)


def site(**parts: Any) -> Site:
    return Site.from_profile(Profile.model_validate({"version": 1, "name": "x", **parts}))


@pytest.mark.parametrize(
    ("address", "mac", "roles"),
    [
        ("192.168.0.1", "", {Role.DPM_SERVER, Role.DHCP_SERVER}),
        ("2001:db8::1", "", {Role.DPM_SERVER}),
        ("192.168.0.5", "", {Role.DHCP_SERVER}),
        ("192.168.0.21", "", {Role.MANAGED_MACHINE}),
        ("2001:db8::21", "", {Role.MANAGED_MACHINE}),
        ("192.168.0.50", "", {Role.IMAGE_BUILDER, Role.COMMAND_LINE}),
        ("192.168.0.99", "", {Role.COMMAND_LINE}),
        ("192.168.0.100", "", {Role.COMMAND_LINE, Role.MANAGED_MACHINE}),
        ("192.168.0.150", "", {Role.MANAGED_MACHINE}),
        ("192.168.0.151", "", {Role.OTHER}),
        ("192.168.0.66", "", {Role.OTHER}),
        ("192.168.0.66", "02:00:00:00:0a:22", {Role.MANAGED_MACHINE}),
        ("192.168.0.1", "02:00:00:00:0a:22", {Role.DPM_SERVER, Role.DHCP_SERVER}),
        ("0.0.0.0", "02:00:00:00:0a:21", {Role.MANAGED_MACHINE}),
        ("fe80::1", "02:00:00:00:0c:21", {Role.MANAGED_MACHINE}),
        ("192.168.1.62", "", {Role.MANAGED_MACHINE}),
        ("192.168.1.63", "", {Role.OTHER}),
        ("255.255.255.255", "ff:ff:ff:ff:ff:ff", {Role.OTHER}),
        ("239.1.2.3", "", {Role.OTHER}),
    ],
)
def test_roles_of_an_address(lab: Site, address: str, mac: str, roles: set[Role]) -> None:
    assert lab.roles(address, mac) == roles
    assert lab.roles(address, mac) == roles, "the remembered answer differs"


@pytest.mark.parametrize("address", ["169.254.7.7", "fe80::9"])
def test_a_link_local_address_says_nothing_of_a_boot(lab: Site, address: str) -> None:
    assert lab.roles(address, "02:00:00:00:ff:ff") == {Role.OTHER}
    assert lab.roles(address, "02:00:00:00:0a:21") == {Role.MANAGED_MACHINE}


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_an_unknown_mac_without_an_address_is_a_machine_only_where_a_mac_is_unknown(lab: Site, address: str) -> None:
    assert lab.roles(address, "02:00:00:00:ff:ff") == {Role.MANAGED_MACHINE}
    every_mac_known = site(managed_machines=[{"name": "a", "mac": "02:00:00:00:0a:21"}])
    assert every_mac_known.roles(address, "02:00:00:00:ff:ff") == {Role.OTHER}
    assert every_mac_known.roles(address, "02:00:00:00:0a:21") == {Role.MANAGED_MACHINE}


def test_no_network_of_consoles_takes_in_a_broadcast_address() -> None:
    here = site(segments=[{"name": "s", "cidr": "10.0.0.0/24"}], command_line=["10.0.0.0/23"])
    assert [here.roles(f"10.0.0.{last}") for last in (0, 255)] == [{Role.OTHER}] * 2
    assert here.roles("10.0.1.0") == {Role.COMMAND_LINE}


def test_a_server_at_a_link_local_address_is_no_unknown_machine() -> None:
    here = site(dhcp={"servers": ["fe80::5"]}, managed_machines=[{"name": "a", "address": "10.0.0.1"}])
    assert here.roles("fe80::5", "02:00:00:00:ff:ff") == {Role.DHCP_SERVER}


@pytest.mark.parametrize(
    ("address", "mac", "name"),
    [
        ("192.168.0.21", "02:00:00:00:0a:22", "a1"),
        ("192.168.0.120", "02:00:00:00:0a:22", "a2"),
        ("192.168.0.120", "", "pool"),
        ("192.168.1.40", "", "floor"),
        ("192.168.1.63", "", None),
        ("192.168.0.1", "02:00:00:00:0a:22", None),
        ("no address", "02:00:00:00:0a:22", "a2"),
    ],
)
def test_a_machine_is_found_by_address_then_mac_then_pool(lab: Site, address: str, mac: str, name: str | None) -> None:
    machine = lab.machine(address, mac)
    assert (machine.name if machine else None) == name


def test_a_machine_says_what_it_is(lab: Site) -> None:
    a1, pool = lab.machines[0], lab.machines[3]
    assert (a1.mac, a1.os, a1.kind, a1.addresses) == ("02:00:00:00:0a:21", "windows-x64", "single", ("192.168.0.21",))
    assert (pool.kind, pool.addresses) == ("pool", ("192.168.0.100-192.168.0.150",))
    assert [machine.name for machine in lab.machines] == ["a1", "a2", "dead", "pool", "floor", "six"]


def test_segments(lab: Site) -> None:
    assert [segment.name for segment in lab.server_segments] == ["server-lan", "six"]
    names = {address: (found.name if (found := lab.segment(address)) else None) for address in
             ("192.168.0.255", "192.168.1.63", "192.168.1.64", "2001:db8::ffff", "10.0.0.1", "0.0.0.0")}  # fmt: skip
    assert list(names.values()) == ["server-lan", "floor-2", None, "six", "link", None]


@given(prefix=st.integers(1, 32), address=st.integers(0, 2**32 - 1))
def test_directed_broadcast_of_any_prefix(prefix: int, address: int) -> None:
    mask = (2**32 - 1) << (32 - prefix) & (2**32 - 1)
    low, high = address & mask, address | ~mask & (2**32 - 1)
    here = site(segments=[{"name": "s", "cidr": f"{ip_address(low)}/{prefix}"}])
    has_broadcast = prefix <= 30
    assert bool(here.directed_broadcast(str(ip_address(high)))) == (has_broadcast and high != 2**32 - 1)
    assert bool(here.network_address(str(ip_address(low)))) == (has_broadcast and low != 0)
    if has_broadcast:
        assert not here.directed_broadcast(str(ip_address(high - 1)))
        assert not here.network_address(str(ip_address(low + 1)))


@given(
    pools=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6),
    probe=st.integers(0, 70),
)
def test_pools_answer_as_a_plain_search_would(pools: list[tuple[int, int]], probe: int) -> None:
    spans: list[tuple[int, int]] = []
    for low, size in pools:
        if all(low + size < other or low > end for other, end in spans):
            spans.append((low, low + size))
    machines = [{"name": f"m{low}", "range": f"10.0.0.{low}-10.0.0.{high}"} for low, high in spans]
    found = site(managed_machines=machines).machine(f"10.0.0.{probe}")
    assert (found.name if found else None) == next((f"m{low}" for low, high in spans if low <= probe <= high), None)


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 32)), max_size=6), st.integers(0, 2**32 - 1))
def test_console_networks_may_overlap(given_networks: list[tuple[int, int]], probe: int) -> None:
    networks = [IPv4Network((address, prefix), strict=False) for address, prefix in given_networks]
    # Probes are drawn from inside the spans, or nearly all of them would be outside.
    address = ip_address(int(networks[0][0]) + probe % networks[0].num_addresses) if networks else ip_address(probe)
    here = site(command_line=[str(network) for network in networks])
    is_console = any(address in network for network in networks)
    assert (Role.COMMAND_LINE in here.roles(str(address))) == is_console


def test_footnote_6_is_reported_from_the_dhcp_servers(lab: Site) -> None:
    server = {"addresses": ["10.0.0.1"]}
    assert lab.dhcp_on_server is True
    assert site(dpm_server=server, dhcp={"servers": ["10.0.0.2"]}).dhcp_on_server is False
    assert site(dpm_server=server).dhcp_on_server is None
    none = site(dpm_server=server, dhcp={"servers": "none"})
    assert (none.dhcp_on_server, none.dhcp_none, lab.dhcp_none) == (False, True, False)


def test_footnote_10_is_a_setting_with_a_default(lab: Site) -> None:
    assert (lab.setting("web_port"), site().setting("web_port")) == (8080, 80)


def test_what_a_site_is_called(lab: Site) -> None:
    assert (lab.name, lab.source, len(lab.sha256), lab.architecture) == ("lab", "site.yaml", 64, "x64")
    assert lab.relays == {"192.168.1.1"}
    assert (site().source, site().sha256, site().architecture, site().relays) == ("", "", "x86", frozenset())


def test_a_profile_survives_the_way_through_plain_data(lab: Site) -> None:
    plain = lab.profile.model_dump(mode="json")
    assert Profile.model_validate(plain) == lab.profile
    assert plain["expect"][1]["from"] == "2026-01-01"


def test_a_date_lasts_until_its_day_is_over(lab: Site) -> None:
    expected = lab.profile.expect[1]
    assert isinstance(expected, Expectation)
    begin, end = expected.window
    assert begin == 1_767_225_600 * 10**9
    assert end == begin + 86_400 * 10**9
    timed = Expectation.model_validate({"item": "i", "from": "2026-01-01T01:00:00+01:00"})
    assert timed.window == (begin, None)


def test_a_profile_does_not_change(lab: Site) -> None:
    with pytest.raises(ValidationError):
        lab.profile.name = "other"  # type: ignore[misc]  # the very thing that must fail


@pytest.mark.parametrize("service", ["any", "tcp/3389", "udp/any", "icmp/8", "icmp6/128", "47/any"])
def test_services_that_a_waiver_can_name(service: str) -> None:
    waiver = {"orig": "any", "resp": "any", "reason": "r", "owner": "o", "expires": "2026-01-01"}
    assert site(waivers=[{**waiver, "service": service.upper()}]).profile.waivers[0].service == service


@pytest.mark.parametrize("service", ["tcp", "tcp/65536", "icmp/256", "47/1", "256/any", "sctp/1", "tcp/-1", ""])
def test_services_that_it_cannot(service: str) -> None:
    waiver = {"orig": "any", "resp": "any", "reason": "r", "owner": "o", "expires": "2026-01-01"}
    with pytest.raises(ValidationError):
        site(waivers=[{**waiver, "service": service}])


def test_a_server_outside_every_segment_is_a_warning_and_the_profile_stays_usable(tmp_path: Path, lab: Site) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(HEAD + "segments: [{name: a, cidr: 172.16.0.0/16}]\n", encoding="utf-8")
    assert "Add the server's segment" in sentence(load_site(path).warnings[0])
    assert lab.warnings == ()
    path.write_text(HEAD, encoding="utf-8")
    assert load_site(path).warnings == ()
