"""Checks of a profile that need several values: contradictions, repetitions, overlaps."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from analyzer.errors import Issue
from analyzer.messages import Message, message
from analyzer.site import parsing
from analyzer.site.lookup import Site
from analyzer.site.profile import RESERVED_NAMES, Expectation, Profile
from analyzer.values import Role
from analyzer.yaml_source import Checked

Loc = tuple[str | int, ...]
Placed = tuple[parsing.Span, str, Loc]
"""A span of addresses, the name of what has it, and where the file says so."""


def issues(checked: Checked[Profile]) -> Iterator[Issue]:
    """Every contradiction of the profile, located. Yields nothing for a consistent one."""
    profile = checked.value
    if profile is None:
        return
    yield from _server(checked, profile)
    yield from _repeated(checked, "segments", "name", [segment.name for segment in profile.segments])
    yield from _repeated(checked, "managed_machines", "name", [machine.name for machine in profile.managed_machines])
    for key in ("address", "mac"):
        yield from _repeated(checked, "managed_machines", key, [getattr(one, key) for one in profile.managed_machines])
    for kind, placed in (("segments", _segments(profile)), ("pools", _pools(profile))):
        yield from _overlaps(checked, kind, placed)
    yield from _edges(checked, profile)
    yield from unknown_names(checked, profile)


def warnings(site: Site) -> Iterator[Message]:
    """What the profile does not state and judging needs."""
    server = site.profile.dpm_server
    if server and site.profile.segments and not site.server_segments:
        yield message("note-server-segment", addresses=tuple(map(str, server.addresses)))


def _server(checked: Checked[Profile], profile: Profile) -> Iterator[Issue]:
    if profile.dpm_server is None and ("dpm_server",) not in checked.dropped:
        yield checked.issue(("dpm_server",), "this key is missing: add it, with the addresses of the DPM Server")


def _repeated(checked: Checked[Profile], section: str, key: str, values: Iterable[str | None]) -> Iterator[Issue]:
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        if value is not None and first.setdefault(value, index) != index:
            line = checked.issue((section, first[value], key), "").line
            too = f" (line {line} too)" if line else ""
            yield checked.issue((section, index, key), f"{value!r} occurs twice{too}: keep one")


def _segments(profile: Profile) -> list[Placed]:
    return [
        (parsing.span(segment.cidr), segment.name, ("segments", index, "cidr"))
        for index, segment in enumerate(profile.segments)
    ]


def _pools(profile: Profile) -> list[Placed]:
    return [
        (parsing.span(text), machine.name, ("managed_machines", index, key))
        for index, machine in enumerate(profile.managed_machines)
        for key, text in (("cidr", machine.cidr), ("range", machine.range))
        if text
    ]


def _overlaps(checked: Checked[Profile], kind: str, placed: list[Placed]) -> Iterator[Issue]:
    for version in (4, 6):
        owner, reach = "", -1
        family = (one for one in placed if one[0][0].version == version)
        for (low, high), name, loc in sorted(family, key=lambda one: int(one[0][0])):
            if int(low) <= reach:
                yield checked.issue(loc, f"overlaps {owner!r}: {kind} may share no address, so make one smaller")
            if int(high) > reach:
                owner, reach = name, int(high)


def _edges(checked: Checked[Profile], profile: Profile) -> Iterator[Issue]:
    site = Site.from_profile(profile)
    for loc, address in _machine_addresses(profile):
        for kind, segment in (
            ("network", site.network_address(address)),
            ("broadcast", site.directed_broadcast(address)),
        ):
            if segment:
                message = f"{address} is the {kind} address of segment {segment.name!r}: write the machine's own"
                yield checked.issue(loc, message)


def _machine_addresses(profile: Profile) -> Iterator[tuple[Loc, str]]:
    for index, machine in enumerate(profile.managed_machines):
        if machine.address:
            yield ("managed_machines", index, "address"), machine.address
    dhcp = profile.dhcp.servers if isinstance(profile.dhcp.servers, tuple) else ()
    lists: dict[Loc, tuple[str, ...]] = {
        ("dpm_server", "addresses"): profile.dpm_server.addresses if profile.dpm_server else (),
        ("dhcp", "servers"): dhcp,
        ("dhcp", "relays"): profile.dhcp.relays,
        ("image_builder",): profile.image_builder,
        ("command_line",): profile.command_line,
    }
    for loc, addresses in lists.items():
        yield from (((*loc, index), address) for index, address in enumerate(addresses))


def unknown_names(checked: Checked[Profile], profile: Profile) -> Iterator[Issue]:
    """Expectations, waivers, attestations and evidence of machines that are not in the profile."""
    # A machine that had to be taken out for another mistake would be called unknown here.
    if not checked.whole("managed_machines"):
        return
    names = {machine.name for machine in profile.managed_machines}
    for index, expected in enumerate(profile.expect):
        for position, name in enumerate(expected.machines if isinstance(expected, Expectation) else ()):
            if name not in names:
                loc = ("expect", index, "machines", position)
                yield checked.issue(loc, f"no managed machine is called {name!r}: use a name of managed_machines")
    for index, waiver in enumerate(profile.waivers):
        for key, end in (("orig", waiver.orig), ("resp", waiver.resp)):
            if end not in names | RESERVED_NAMES and (fix := _not_a_place(end)):
                yield checked.issue(("waivers", index, key), fix)
    yield from _attested_machines(checked, profile, names)
    yield from _hosts(checked, profile)


def _attested_machines(checked: Checked[Profile], profile: Profile, names: set[str]) -> Iterator[Issue]:
    for index, attestation in enumerate(profile.attestations):
        if attestation.machine is not None and attestation.machine not in names:
            fix = f"no managed machine is called {attestation.machine!r}: use a name of managed_machines"
            yield checked.issue(("attestations", index, "machine"), fix)


def _hosts(checked: Checked[Profile], profile: Profile) -> Iterator[Issue]:
    """Evidence of hosts that are not in the profile."""
    machines = {machine.name: machine for machine in profile.managed_machines}
    for key, value in profile.hosts.items():
        machine = machines.get(value)
        if machine is not None and machine.kind == "pool":
            yield checked.issue(("hosts", key), f"{value!r} is a pool of machines: write the address of one of them")
        elif machine is None and value != Role.DPM_SERVER and not _is_host(value):
            fix = f"no managed machine is called {value!r}: use a name of managed_machines, dpm-server or an address"
            yield checked.issue(("hosts", key), fix)


def _is_host(text: str) -> bool:
    try:
        return parsing.host(text) == text
    except ValueError:
        return False


def _not_a_place(text: str) -> str:
    try:
        parsing.network(text) if "/" in text else ip_address(text)
    except ValueError as error:
        if "/" in text:
            return str(error)
        return f"{text!r} is no address, network, machine or role: write one of them, or any"
    return ""
