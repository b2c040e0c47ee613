"""The names of the hosts of two reports: one name in both for a host that the reports show to be the same.

A machine of a given profile has its name. A client that booted has its MAC if it has another address in the other
report, or if its address is another client's there. Every other host has its address.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.columns import group_rows
from analyzer.report import Report

IPV6 = " (IPv6)"
"""Follows the name of a machine at an IPv6 address: a firewall rule for IPv4 does not cover it."""
NO_ADDRESSES = ("0.0.0.0", "::")
_LINK_LOCAL = re.compile("fe[89ab][0-9a-f]:")


End = tuple[str, str]
"""(address, MAC): the MAC only if several hosts may have the address, else an empty text."""


@dataclass
class KnownHosts:
    """What one report knows of its hosts. ``names``: of single machines, given by a profile; ``macs``: of addresses
    that one host alone has; ``addresses``: machine of the profile -> its address."""

    names: dict[End, str] = field(default_factory=dict)
    macs: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, report: Report) -> "KnownHosts":
        site, known = report.meta.site, cls()
        singles = {str(one["name"]): one for one in machines_of(report) if not (one.get("cidr") or one.get("range"))}
        known.addresses = {name: str(one["address"]) for name, one in singles.items() if one.get("address")}
        macs = {name: str(one["mac"]) for name, one in singles.items() if one.get("mac")}
        if site.given:
            known.names = {(address, ""): name for name, address in known.addresses.items()}
            known.names |= {(none, mac): name for name, mac in macs.items() for none in NO_ADDRESSES}
            known.names |= {(host.ip, host.mac): host.machine for host in report.meta.hosts if host.machine in singles}
        known.macs = clients_of(report)
        known.macs |= {ip: macs[name] for (ip, mac), name in known.names.items() if not mac and name in macs}
        return known


def machines_of(report: Report) -> list[dict[str, Any]]:
    """The machines and pools of the profile that a report was judged by."""
    return list(report.meta.site.profile.get("managed_machines", ()))


def clients_of(report: Report) -> dict[str, str]:
    """Address -> MAC of the clients that booted, if one client alone had the address."""
    held: dict[str, set[str]] = defaultdict(set)
    for address, mac in zip(report.boots["client_ip"].tolist(), report.boots["client_mac"].tolist(), strict=True):
        if address and mac:
            held[address].add(mac)
    return {address: next(iter(macs)) for address, macs in held.items() if len(macs) == 1}


@dataclass(frozen=True)
class HostNames:
    """One report's hosts by the names that both reports have for them. ``hosts``: end -> name, of those that do not
    have their address as a name; ``machines``: machine of a table -> name, likewise."""

    hosts: dict[End, str]
    machines: dict[str, str]

    def host(self, address: str, mac: str = "") -> str:
        """The name of an end of a flow, or of one of the document's hosts."""
        if name := self.hosts.get((address, mac)):
            return name
        return mac if mac and address in NO_ADDRESSES else address

    def machine(self, name: str) -> str:
        return self.machines.get(name, name)


def names_of(a: Report, b: Report) -> tuple[HostNames, HostNames]:
    """The names of the hosts of both."""
    ours, theirs = KnownHosts.of(a), KnownHosts.of(b)
    return shared(ours, theirs), shared(theirs, ours)


def shared(own: KnownHosts, other: KnownHosts) -> HostNames:
    """The names of one report's hosts beside those of the other's."""
    both = set(own.names.values()) & set(other.names.values())
    ours, theirs = by_mac(own.macs), by_mac(other.macs)
    hosts: dict[End, str] = {
        (address, ""): mac
        for address, mac in own.macs.items()
        if (mac in theirs and theirs[mac] != ours[mac]) or other.macs.get(address, mac) != mac
    }
    hosts |= {end: name + IPV6 if ":" in end[0] else name for end, name in own.names.items() if name in both}
    machines = {name: hosts.get((address, ""), address) for name, address in own.addresses.items() if name not in both}
    return HostNames(hosts, machines)


def by_mac(macs: dict[str, str]) -> dict[str, set[str]]:
    """MAC -> its addresses."""
    found: dict[str, set[str]] = defaultdict(set)
    for address, mac in macs.items():
        found[mac].add(address)
    return found


def mapped(column: "pd.Series[Any] | NDArray[np.object_]", word: Callable[[str], str]) -> NDArray[np.object_]:
    """The word for each value, made once for each distinct value."""
    codes, texts = pd.factorize(np.asarray(column, dtype=object))
    words = objects(word(text) for text in texts.tolist())
    return words[codes] if len(codes) else words


def objects(texts: Iterable[str]) -> NDArray[np.object_]:
    listed = list(texts)
    return np.array(listed, dtype=object) if listed else np.empty(0, dtype=object)


def ends_of(address: "pd.Series[Any]", mac: "pd.Series[Any]") -> tuple[list[End], NDArray[np.int64]]:
    """The distinct ends of flows, and for each flow the number of its end."""
    macs = mac.to_numpy(dtype=object, copy=True)
    macs[mapped(address, lambda text: "" if has_many_hosts(text) else "one") != ""] = ""
    columns = [pd.factorize(column) for column in (address.to_numpy(dtype=object), macs)]
    if not len(macs):
        return [], np.empty(0, dtype=np.int64)
    (addresses, address_words), (codes, mac_words) = columns
    first, kind = group_rows([addresses, codes])
    ends = zip(address_words[addresses[first]].tolist(), mac_words[codes[first]].tolist(), strict=True)
    return list(ends), kind


def host_names(address: "pd.Series[Any]", mac: "pd.Series[Any]", names: HostNames) -> NDArray[np.object_]:
    """The name of the host at each end of flows."""
    ends, kind = ends_of(address, mac)
    return objects(names.host(*end) for end in ends)[kind]


def has_many_hosts(address: str) -> bool:
    """Whether several hosts may have an address: no address at all, or a link-local one (fe80::/10)."""
    return address in NO_ADDRESSES or bool(_LINK_LOCAL.match(address))


def label_of(end: End) -> str:
    """An end in words: its address, and the MAC in brackets if it has one."""
    address, mac = end
    return f"{address} ({mac})" if mac else address
