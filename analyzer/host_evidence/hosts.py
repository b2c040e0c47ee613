"""Which host the evidence is of: by the profile, or by the host's own addresses in its records.

Nothing is guessed in silence: a host of which neither says anything is named, and nothing of it is used.
Where the profile and the records disagree, or two computers claim one address, the host counts as doubtful: what it
says is shown and proves nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from analyzer.host_evidence.addresses import is_own
from analyzer.host_evidence.model import KINDS, NO_PORT, HostNote, Log, Nature
from analyzer.site import Site
from analyzer.values import Role

Basis = Literal["profile", "own-records", "none"]
FILE = "file:"


@dataclass(frozen=True)
class HostIdentity:
    """A host of the evidence. ``addresses``: those that it had. ``machine``: what the profile calls it, or nothing.
    ``doubtful``: what it says proves nothing."""

    host: str
    addresses: frozenset[str]
    machine: str
    basis: Basis
    doubtful: bool = False


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


def identify(attributions: pd.DataFrame, logs: Iterable[Log], site: Site) -> Identities:
    """Who each host of the evidence is."""
    own = own_addresses(attributions)
    with_records = [log for log in logs if log.natures]
    names = sorted({*(log.host for log in with_records), *own})
    found: dict[str, HostIdentity] = {}
    notes: list[HostNote] = []
    for host in names:
        identity, doubts = _identity(host, own.get(host, frozenset()), site)
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


def _distinct_ends(attributions: pd.DataFrame) -> Iterator[tuple[str, str, str, str]]:
    """Each (host, end, end, local) once; of ends that no host has as its own, none without ``local``."""
    columns = ["host", "a_h", "b_h", "local"]
    distinct = attributions[columns].drop_duplicates()
    for host, a, b, local in zip(*(distinct[name].astype(object).tolist() for name in columns), strict=True):
        if local or (is_own(a) and is_own(b)):
            yield host, a, b, local


def _identity(host: str, own: frozenset[str], site: Site) -> tuple[HostIdentity, list[HostNote]]:
    value = mapped(host, site.profile.hosts)
    if value is not None:
        given = addresses_of(value, site)
        if own and given and not own & given:
            note = HostNote(
                "host-disagrees-with-profile",
                "warning",
                {"host": host, "machine": value, "own": sorted(own), "profile": sorted(given)},
            )
            return HostIdentity(host, own | given, value, "profile", doubtful=True), [note]
        return HostIdentity(host, own | given, value, "profile"), []
    if own:
        return HostIdentity(host, own, _machine_of(own, site), "own-records"), []
    return HostIdentity(host, frozenset(), "", "none"), [HostNote("unknown-host", "warning", {"host": host})]


def mapped(host: str, hosts: Mapping[str, str]) -> str | None:
    """What the profile says that the host is, by its computer name or by its file's; None where it says nothing."""
    for key, value in hosts.items():
        if host.startswith(FILE):
            name = host.removeprefix(FILE)
            if key == name or key == name.rpartition("/")[2]:
                return value
        elif _same_computer(key, host):
            return value
    return None


def _same_computer(one: str, other: str) -> bool:
    """Whether two names are of one computer: the same, or one of them without its domain. Case does not matter."""
    a, b = one.lower().rstrip("."), other.lower().rstrip(".")
    return a == b or ("." not in a and b.startswith(a + ".")) or ("." not in b and a.startswith(b + "."))


def addresses_of(value: str, site: Site) -> frozenset[str]:
    """The addresses of what the profile's ``hosts`` names: a machine, the DPM Server, or an address."""
    if value == Role.DPM_SERVER:
        server = site.profile.dpm_server
        return frozenset(server.addresses if server else ())
    for machine in site.machines:
        if machine.name == value:
            return frozenset(filter(None, (machine.address,)))
    return frozenset({value})


def _machine_of(addresses: frozenset[str], site: Site) -> str:
    """What the profile calls the machine at these addresses, where it is one."""
    server = site.profile.dpm_server
    if server and addresses & set(server.addresses):
        return str(Role.DPM_SERVER)
    names = {machine.name for address in addresses if (machine := site.machine(address)) is not None}
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
            if any(not _same_computer(host, other) for other in others):
                note = HostNote(
                    "address-claimed-twice", "warning", {"host": host, "addresses": clash, "others": others}
                )
                notes.append(note)
                one = HostIdentity(one.host, one.addresses, one.machine, one.basis, doubtful=True)  # noqa: PLW2901 - the identity with its doubt
        result[host] = one
    return result, tuple(notes)
