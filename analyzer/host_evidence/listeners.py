"""Who holds the ports of the table on each host whose socket table is there, row by row; footnotes *6 and *9 as checks.

Which ports these are comes from the rules and the profile. A socket table says who held a port at its own time, so no
clock has to be known.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from analyzer.host_evidence.addresses import WILDCARD
from analyzer.host_evidence.hosts import HostIdentity, Identities
from analyzer.host_evidence.model import KINDS, NO_PORT, NO_TIME, Attribution, Nature, ProcessName
from analyzer.host_evidence.paths import Candidate, Match, compare, fold, is_kernel, programs
from analyzer.host_evidence.readers.collect import base_name
from analyzer.rules.model import Rule, RuleTable, Side
from analyzer.site import Site
from analyzer.values import EvidenceWord, Role, Status

CheckKind = Literal["listener", "dhcp-holder", "internal-port"]
State = Literal["held", "free", "held-by-other", "differs", "program-unknown", "not-listed", "doubtful"]
"""``not-listed``: the table lists no listening socket of the protocol at all, so it does not show that a port is free.
``doubtful``: it may be the table of another host."""


@dataclass(frozen=True)
class Holder:
    """A program that held the port. ``time``, ``until``: nanoseconds of the host's clock, NO_TIME where not known.
    ``process``: the event that names the program, where the record has a process id alone."""

    program: str
    path: str
    pid: int
    address: str
    time: int
    until: int
    match: Match
    source: str
    record: str
    process: ProcessName | None = None


@dataclass(frozen=True)
class ListenerCheck:
    """A port of the table on one host. ``kind``: ``dhcp-holder`` is footnote *6, ``internal-port`` footnote *9.

    ``expected``: the programs that may hold it. ``word``: CONFIRMED or CONSISTENT where they do, CONTRADICTED where
    only others do, UNPROVEN where records differ or do not name the program, or are in doubt, DECLARED where nobody
    holds it, NOT_OBSERVABLE where the table does not show it.
    """

    kind: CheckKind
    rules: tuple[str, ...]
    item: str
    citation: str
    machine: str
    host: str
    proto: str
    port: int
    expected: tuple[str, ...]
    state: State
    word: EvidenceWord
    owners: tuple[Holder, ...]
    doubtful: bool

    @property
    def status(self) -> Status:
        """The word of rows.csv: a port that another program holds is a row that is not there."""
        if self.word in {EvidenceWord.CONFIRMED, EvidenceWord.CONSISTENT} or (
            self.state == "free" and self.kind == "internal-port"
        ):
            return Status.SATISFIED
        if self.word is EvidenceWord.CONTRADICTED:
            return Status.MISSING
        return Status.NOT_EXERCISED if self.state == "free" else Status.NOT_OBSERVABLE


def check_listeners(
    records: Sequence[Attribution],
    identities: Identities,
    site: Site,
    rules: RuleTable,
    named: Mapping[int, ProcessName] = MappingProxyType({}),
) -> tuple[ListenerCheck, ...]:
    """Every check of every host with a socket table, in the order of the rules and then of the hosts. ``records``: at
    least those of the ports of the table; ``named``: the event that names the program of a record's process id, by the
    place of the record."""
    listening: dict[tuple[str, str, int], list[_Listening]] = defaultdict(list)
    for place, row in enumerate(records):
        if row.b_p == NO_PORT and KINDS[row.kind].nature is Nature.SOCKETS:
            listening[row.host, row.proto, row.a_p].append(_Listening(row, named.get(place)))
    own = _ServersOwn(rules, site)
    found = []
    for rule, side, port, ids in _ports(rules, site):
        for host in sorted(identities.tables):
            identity = identities.by_host[host]
            if _plays(identity, side, site):
                held = listening.get((host, rule.protocol, port), [])
                found.append(_check(rule, side, port, ids, identity, held, site, rules, own, identities.listing))
    return tuple(found)


class _Listening(NamedTuple):
    """A record of a listening socket, and the event that names its program."""

    row: Attribution
    process: ProcessName | None


def _ports(rules: RuleTable, site: Site) -> Iterator[tuple[Rule, Side, int, tuple[str, ...]]]:
    """Each port that a side with programs fixes, once, with all rules that fix it for the same programs."""
    seen: dict[tuple[object, ...], tuple[Rule, Side, int, list[str]]] = {}
    for rule in rules.rules:
        for side in (rule.responder, rule.originator):
            port = site.setting(side.port_setting) if side.port_setting else side.port
            if port is not None and side.executables and rule.protocol != "icmp":
                key = (rule.protocol, port, side.executables, rule.wire)
                seen.setdefault(key, (rule, side, port, []))[3].append(rule.id)
    for rule, side, port, ids in seen.values():
        yield rule, side, port, tuple(dict.fromkeys(ids))


def _plays(identity: HostIdentity, side: Side, site: Site) -> bool:
    """Whether a host has a role of the side. The port of footnote *6 is checked on the DPM Server's machine."""
    roles = {role for address in identity.addresses for role in site.roles(address, identity.mac(address))}
    if any(one.applies for one in side.executables):
        return Role.DPM_SERVER in roles
    return bool(roles & set(side.roles))


class _ServersOwn:
    """The DPM Server's own programs: by name, and by the folder that the table prints."""

    def __init__(self, rules: RuleTable, site: Site) -> None:
        sides = [side for rule in rules.rules for side in (rule.originator, rule.responder)]
        printed = [
            (one.name, path)
            for side in sides
            if Role.DPM_SERVER in side.roles
            for one, path in programs(side, site, None, on_server=True)
        ]
        self.names = frozenset(fold(name) for name, _ in printed)
        self.folders = frozenset(fold(path).rpartition("\\")[0] for _, path in printed if "\\" in path)

    def has(self, holder: Holder) -> bool:
        path = fold(holder.path)
        if "\\" in path:
            return any(path.rpartition("\\")[0].endswith(folder) for folder in self.folders)
        return fold(holder.program) in self.names


def _check(  # noqa: PLR0913, PLR0917 - what is checked, where, and by what
    rule: Rule, side: Side, port: int, ids: tuple[str, ...], identity: HostIdentity, held: Sequence[_Listening],
    site: Site, rules: RuleTable, own: _ServersOwn, listing: frozenset[tuple[str, str]],
) -> ListenerCheck:  # fmt: skip
    internal = rule.wire == "never"
    machine_os = _os_of(identity, site)
    owners = tuple(_owners(held, identity, side, site, machine_os))
    if internal:
        owners = tuple(_internal(one, own) for one in owners)
    listed = (identity.host, rule.protocol) in listing
    state, word = _judged(owners, listed=listed, doubtful=identity.doubtful)
    return ListenerCheck(
        kind="internal-port" if internal else "dhcp-holder" if _is_conditional(side) else "listener",
        rules=ids,
        item=rule.item,
        citation=rules.citation(rule),
        machine=identity.machine or next(iter(sorted(identity.addresses)), identity.host),
        host=identity.host,
        proto=rule.protocol,
        port=port,
        expected=tuple(path for _, path in programs(side, site, machine_os, on_server=True)),
        state=state,
        word=word,
        owners=owners,
        doubtful=identity.doubtful,
    )


def _is_conditional(side: Side) -> bool:
    return any(one.applies for one in side.executables)


def _os_of(identity: HostIdentity, site: Site) -> str | None:
    machines = (site.machine(address, identity.mac(address)) for address in identity.addresses)
    found = {machine.os for machine in machines if machine is not None}
    return found.pop() if len(found) == 1 else None


def _owners(
    held: Sequence[_Listening], identity: HostIdentity, side: Side, site: Site, machine_os: str | None
) -> Iterator[Holder]:
    """Each program once for each address that it holds the port at, over all tables."""
    spans: dict[tuple[str, str, int, str], Holder] = {}
    for row, process in held:
        if row.a_h != WILDCARD and row.a_h not in identity.addresses:
            continue
        seen = Candidate(row.program, row.path, row.pid, KINDS[row.kind].truncated)
        match = compare(side, site, machine_os, seen)
        key = (row.program, row.path, row.pid, row.a_h)
        before = spans.get(key)
        since = min(before.time, row.since) if before and before.time != NO_TIME else row.since
        until = max(before.until, row.until) if before else row.until
        spans[key] = Holder(
            *key, time=since, until=until, match=match,
            source=before.source if before else row.source, record=before.record if before else row.record,
            process=before.process if before else process,
        )  # fmt: skip
    yield from spans.values()


def _internal(holder: Holder, own: _ServersOwn) -> Holder:
    """Footnote *9 leaves the port to any of the server's own programs."""
    if holder.match is not Match.OTHER:
        return holder
    seen = Candidate(holder.program, holder.path, holder.pid)
    fits = own.has(holder) or is_kernel(seen) or fold(base_name(holder.path) or holder.program) == "w3wp.exe"
    return Holder(**{**holder.__dict__, "match": Match.NAME}) if fits else holder


def _judged(owners: Sequence[Holder], *, listed: bool, doubtful: bool) -> tuple[State, EvidenceWord]:
    """``listed``: whether the table lists listening sockets of the protocol."""
    if doubtful:
        return "doubtful", EvidenceWord.UNPROVEN
    matches = {holder.match for holder in owners}
    if not matches:
        return ("free", EvidenceWord.DECLARED) if listed else ("not-listed", EvidenceWord.NOT_OBSERVABLE)
    if Match.OTHER in matches and len(matches) > 1:
        return "differs", EvidenceWord.UNPROVEN
    certain = all(holder.process is None or holder.process.certain for holder in owners)
    if Match.UNKNOWN in matches or (Match.OTHER in matches and not certain):
        return "program-unknown", EvidenceWord.UNPROVEN
    if Match.OTHER in matches:
        return "held-by-other", EvidenceWord.CONTRADICTED
    proved = all(holder.match is Match.PATH and holder.process is None for holder in owners)
    return "held", EvidenceWord.CONFIRMED if proved else EvidenceWord.CONSISTENT
