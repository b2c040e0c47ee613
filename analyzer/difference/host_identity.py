"""What the hosts of two reports are called, so that a host is the same in both where the reports know that it is.

A machine of a given profile is its name. A client that a report saw boot is its MAC where it has another address in the
other report, or where its address is there another client's. Every other host is its address.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analyzer.report import Report

IPV6 = " (IPv6)"
"""What stands behind the name of a machine that speaks IPv6: a rule of a firewall for IPv4 says nothing of it."""
NO_ADDRESSES = ("0.0.0.0", "::")
_LINK_LOCAL = re.compile("fe[89ab][0-9a-f]:")


@dataclass
class Known:
    """What one report knows of its hosts. Addresses are those of ``Host.address``, with the MAC in brackets where only
    that tells hosts apart. ``names``: of single machines, given by a profile; ``macs``: of ordinary addresses."""

    names: dict[str, str] = field(default_factory=dict)
    macs: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    """Machine of the profile -> its address."""

    @classmethod
    def of(cls, report: Report) -> "Known":
        site, known = report.meta.site, cls()
        singles = {str(one["name"]): one for one in machines_of(report) if not (one.get("cidr") or one.get("range"))}
        known.addresses = {name: str(one["address"]) for name, one in singles.items() if one.get("address")}
        cards = {name: str(one["mac"]) for name, one in singles.items() if one.get("mac")}
        if site.given:
            known.names = {address: name for name, address in known.addresses.items()}
            known.names |= {f"{none} ({mac})": name for name, mac in cards.items() for none in NO_ADDRESSES}
            known.names |= {host.address: host.machine for host in report.meta.hosts if host.machine in singles}
        known.macs = clients_of(report)
        known.macs |= {address: cards[name] for address, name in known.names.items() if name in cards}
        known.macs = {address: mac for address, mac in known.macs.items() if " " not in address}
        return known


def machines_of(report: Report) -> list[dict[str, Any]]:
    """The machines and pools of the profile that a report was judged by."""
    return list(report.meta.site.profile.get("managed_machines", ()))


def clients_of(report: Report) -> dict[str, str]:
    """Address -> MAC of the clients that booted, where an address was one client's alone."""
    held: dict[str, set[str]] = defaultdict(set)
    for address, mac in zip(report.boots["client_ip"].tolist(), report.boots["client_mac"].tolist(), strict=True):
        if address and mac:
            held[address].add(mac)
    return {address: next(iter(macs)) for address, macs in held.items() if len(macs) == 1}


@dataclass(frozen=True)
class Names:
    """One report's hosts by the names that both reports call them. ``hosts``: address -> name, of those that are not
    called by their address; ``machines``: machine of a table -> name, likewise."""

    hosts: dict[str, str]
    machines: dict[str, str]

    def host(self, address: str) -> str:
        """The name of an end of a flow, or of one of the document's hosts."""
        if name := self.hosts.get(address):
            return name
        plain, _, mac = address.partition(" (")
        return mac.rstrip(")") if mac and plain in NO_ADDRESSES else plain

    def machine(self, name: str) -> str:
        return self.machines.get(name, name)


def names_of(a: Report, b: Report) -> tuple[Names, Names]:
    """The names of the hosts of both."""
    ours, theirs = Known.of(a), Known.of(b)
    return shared(ours, theirs), shared(theirs, ours)


def shared(own: Known, other: Known) -> Names:
    """The names by which one report's hosts are called beside the other's."""
    both = set(own.names.values()) & set(other.names.values())
    ours, theirs = by_mac(own.macs), by_mac(other.macs)
    hosts = {
        address: mac
        for address, mac in own.macs.items()
        if (mac in theirs and theirs[mac] != ours[mac]) or other.macs.get(address, mac) != mac
    }
    hosts |= {
        address: name + IPV6 if ":" in address.partition(" ")[0] else name
        for address, name in own.names.items()
        if name in both
    }
    machines = {name: hosts.get(address, address) for name, address in own.addresses.items() if name not in both}
    return Names(hosts, machines)


def by_mac(macs: dict[str, str]) -> dict[str, set[str]]:
    """MAC -> its addresses."""
    found: dict[str, set[str]] = defaultdict(set)
    for address, mac in macs.items():
        found[mac].add(address)
    return found


def told(column: "pd.Series[Any] | NDArray[np.object_]", word: Callable[[str], str]) -> NDArray[np.object_]:
    """The word for each value, asked for once for each that differs."""
    codes, texts = pd.factorize(np.asarray(column, dtype=object))
    words = objects(word(text) for text in texts.tolist())
    return words[codes] if len(codes) else words


def objects(texts: Iterable[str]) -> NDArray[np.object_]:
    listed = list(texts)
    return np.array(listed, dtype=object) if listed else np.empty(0, dtype=object)


def ends_of(address: "pd.Series[Any]", mac: "pd.Series[Any]") -> NDArray[np.object_]:
    """The ends of flows as ``Host.address`` has them: with the MAC where only that tells hosts apart."""
    ends = address.to_numpy(dtype=object, copy=True)
    alone = told(ends, lambda text: "x" if told_by_mac(text) else "").astype(bool) & (mac != "").to_numpy()
    ends[alone] = ends[alone] + " (" + mac.to_numpy(dtype=object)[alone] + ")"
    return ends


def told_by_mac(address: str) -> bool:
    """Whether an address is nobody's own: none at all, or one that is good on its link alone (fe80::/10)."""
    return address in NO_ADDRESSES or bool(_LINK_LOCAL.match(address))
