"""Which host the evidence is of: by the profile, by the host's own addresses in its records, or by a DHCP lease.

Nothing is guessed in silence: a host of which none of them says anything is named, and nothing of it is used.
Where the profile and the records disagree, or two computers claim one address, the host counts as doubtful: what it
says is shown and proves nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import pandas as pd

from analyzer.host_evidence.addresses import is_own
from analyzer.host_evidence.lease_names import Lease, lease_of, same_computer
from analyzer.host_evidence.model import KINDS, NO_PORT, HostNote, Log, Nature
from analyzer.site import Site
from analyzer.values import Role

Basis = Literal["profile", "own-records", "lease", "none"]
FILE = "file:"


@dataclass(frozen=True)
class HostIdentity:
    """A host of the evidence. ``addresses``: those that it had. ``machine``: what the profile calls it, or nothing.
    ``doubtful``: what it says proves nothing. ``macs``: address -> MAC, as far as the capture shows it."""

    host: str
    addresses: frozenset[str]
    machine: str
    basis: Basis
    doubtful: bool = False
    macs: Mapping[str, str] = field(default_factory=dict)

    def mac(self, address: str) -> str:
        """The MAC of one of its addresses; nothing where it is not known."""
        return self.macs.get(address, "")


@dataclass(frozen=True)
class Identities:
    """All hosts of the evidence, by the name that their records have."""

    by_host: Mapping[str, HostIdentity]
    notes: tuple[HostNote, ...]
    tables: frozenset[str] = frozenset()
    """Hosts of which there is a socket table."""
    listing: frozenset[tuple[str, str]] = frozenset()
    """Hosts, each with a protocol of which their socket table lists listening sockets."""

    def at(self, address: str) -> list[HostIdentity]:
        """The hosts that had an address."""
        return [one for one in self.by_host.values() if address in one.addresses]


@dataclass(frozen=True)
class Network:
    """What the capture shows of the hosts on the network. ``leases``: which name asked for which address by DHCP.
    ``macs``: address -> MAC."""

    leases: Sequence[Lease] = ()
    macs: Mapping[str, str] = field(default_factory=dict)


NOTHING_SHOWN = Network()


def identify(
    attributions: pd.DataFrame, logs: Iterable[Log], site: Site, network: Network = NOTHING_SHOWN
) -> Identities:
    """Who each host of the evidence is."""
    own, ends = own_addresses(attributions), ends_of(attributions)
    with_records = [log for log in logs if log.natures]
    names = sorted({*(log.host for log in with_records), *own})
    found: dict[str, HostIdentity] = {}
    notes: list[HostNote] = []
    for host in names:
        identity, doubts = _identity(host, own.get(host, frozenset()), ends.get(host, frozenset()), site, network)
        found[host] = identity
        notes += doubts
    tables = frozenset(log.host for log in with_records if Nature.SOCKETS in log.natures)
    return Identities(*_claimed_twice(found, notes), tables, _listing(attributions))


def _listing(attributions: pd.DataFrame) -> frozenset[tuple[str, str]]:
    """The hosts, each with a protocol, of which a socket table lists listening sockets."""
    kinds = [kind for kind, what in KINDS.items() if what.nature is Nature.SOCKETS]
    of_table = attributions["kind"].isin(kinds).to_numpy() & (attributions["b_p"].to_numpy() == NO_PORT)
    distinct = attributions.loc[of_table, ["host", "proto"]].drop_duplicates()
    return frozenset(zip(distinct["host"].astype(str), distinct["proto"].astype(str), strict=True))


def own_addresses(attributions: pd.DataFrame) -> dict[str, frozenset[str]]:
    """The addresses that the records of each host show as its own.

    Those of ends that records call local count. Where none does, it is the one address that all records share: of a
    log of inbound connections, and of a capture whose packets state no direction.
    """
    sure: dict[str, set[str]] = defaultdict(set)
    shared: dict[str, set[str]] = {}
    for host, a, b, local in _distinct_ends(attributions):
        if local:
            sure[host].add(a if local == "a" else b)
        else:
            shared[host] = shared[host] & {a, b} if host in shared else {a, b}
    found = {host: frozenset(filter(is_own, addresses)) for host, addresses in sure.items()}
    for host, both in shared.items():
        common = frozenset(filter(is_own, both))
        if not found.get(host):
            found[host] = common if len(common) == 1 else frozenset()
    return found


def ends_of(attributions: pd.DataFrame) -> dict[str, frozenset[str]]:
    """The addresses at both ends of each host's records."""
    found: dict[str, set[str]] = defaultdict(set)
    for host, a, b, _ in _distinct_ends(attributions):
        found[host].update(filter(is_own, (a, b)))
    return {host: frozenset(addresses) for host, addresses in found.items()}


def _distinct_ends(attributions: pd.DataFrame) -> Iterator[tuple[str, str, str, str]]:
    """Each (host, end, end, local) once; of ends that no host has as its own, none without ``local``."""
    columns = ["host", "a_h", "b_h", "local"]
    distinct = attributions[columns].drop_duplicates()
    for host, a, b, local in zip(*(distinct[name].astype(object).tolist() for name in columns), strict=True):
        if local or (is_own(a) and is_own(b)):
            yield host, a, b, local


def _identity(
    host: str, own: frozenset[str], ends: frozenset[str], site: Site, network: Network
) -> tuple[HostIdentity, list[HostNote]]:
    macs = network.macs
    value = mapped(host, site.profile.hosts)
    if value is not None:
        given = addresses_of(value, site, macs)
        if own and given and not own & given:
            note = HostNote(
                "host-disagrees-with-profile",
                "warning",
                {"host": host, "machine": value, "own": sorted(own), "profile": sorted(given)},
            )
            return HostIdentity(host, own | given, value, "profile", doubtful=True, macs=macs), [note]
        return HostIdentity(host, own | given, value, "profile", macs=macs), []
    if own:
        return HostIdentity(host, own, _machine_of(own, site, macs), "own-records", macs=macs), []
    if not host.startswith(FILE):
        lease, notes = lease_of(host, network.leases, ends)
        if lease is not None:
            return _leased(host, lease, site)
        if notes:
            return HostIdentity(host, frozenset(), "", "none"), notes
    return HostIdentity(host, frozenset(), "", "none"), [HostNote("unknown-host", "warning", {"host": host})]


def mapped(host: str, hosts: Mapping[str, str]) -> str | None:
    """What the profile says that the host is, by its computer name or by its file's; None where it says nothing."""
    for key, value in hosts.items():
        if host.startswith(FILE):
            name = host.removeprefix(FILE)
            if key == name or key == name.rpartition("/")[2]:
                return value
        elif same_computer(key, host):
            return value
    return None


def _leased(host: str, lease: Lease, site: Site) -> tuple[HostIdentity, list[HostNote]]:
    """The host that a lease names. It is doubtful where the profile has another machine at the address or MAC."""
    addresses, macs = frozenset({lease.address}), {lease.address: lease.mac}
    machine = site.machine(lease.address, lease.mac)
    named = [one for one in site.machines if same_computer(one.name, host)]
    other_mac = machine is not None and bool(machine.mac) and machine.mac != lease.mac
    doubtful = other_mac or (bool(named) and machine not in named)
    values = {"host": host, "address": lease.address, "mac": lease.mac}
    code = "lease-disagrees-with-profile" if doubtful else "named-by-lease"
    note = HostNote(code, "warning" if doubtful else "info", values)
    return HostIdentity(host, addresses, _machine_of(addresses, site, macs), "lease", doubtful, macs), [note]


def addresses_of(value: str, site: Site, macs: Mapping[str, str] = MappingProxyType({})) -> frozenset[str]:
    """The addresses of what the profile's ``hosts`` names: a machine, the DPM Server, or an address. Of a machine that
    the profile knows by its MAC alone they are those that the capture shows with it (``macs``)."""
    if value == Role.DPM_SERVER:
        server = site.profile.dpm_server
        return frozenset(server.addresses if server else ())
    for machine in site.machines:
        if machine.name == value:
            shown = frozenset(address for address, mac in macs.items() if mac == machine.mac and is_own(address))
            return frozenset({machine.address}) if machine.address else shown
    return frozenset({value})


def _machine_of(addresses: frozenset[str], site: Site, macs: Mapping[str, str]) -> str:
    """What the profile calls the machine at these addresses, where it is one."""
    server = site.profile.dpm_server
    if server and addresses & set(server.addresses):
        return str(Role.DPM_SERVER)
    found = (site.machine(address, macs.get(address, "")) for address in addresses)
    names = {machine.name for machine in found if machine is not None}
    return names.pop() if len(names) == 1 else ""


def _claimed_twice(
    found: dict[str, HostIdentity], notes: list[HostNote]
) -> tuple[dict[str, HostIdentity], tuple[HostNote, ...]]:
    """Two computers with one address: both are doubtful. A file without a computer's name is no second computer."""
    claims = Counter(address for host, one in found.items() if not host.startswith(FILE) for address in one.addresses)
    twice = {address for address, count in claims.items() if count > 1}
    result = {}
    for host, one in found.items():
        clash = sorted(one.addresses & twice)
        if clash and not host.startswith(FILE):
            others = sorted(
                name for name, other in found.items()
                if name != host and not name.startswith(FILE) and other.addresses & set(clash)
            )  # fmt: skip
            if any(not same_computer(host, other) for other in others):
                note = HostNote(
                    "address-claimed-twice", "warning", {"host": host, "addresses": clash, "others": others}
                )
                notes.append(note)
                one = replace(one, doubtful=True)  # noqa: PLW2901 - the identity with its doubt
        result[host] = one
    return result, tuple(notes)
