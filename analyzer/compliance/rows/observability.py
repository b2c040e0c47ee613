"""Which rows a vantage could have shown."""

from itertools import product

from analyzer.compliance.judgement import Judgement
from analyzer.compliance.visibility.vantage import Vantage, VantageKind
from analyzer.rules import Rule
from analyzer.values import Cast, Role

UNKNOWN = "\0"
"""Stands for every machine that a vantage does not know: no name of a profile is like it."""


class RowVisibility:
    """The parties that a vantage could show: the host itself, the senders on the link of a tap, or the pairs of a
    transit vantage. The words of a party are its roles and the name of its machine."""

    def __init__(self, vantage: Vantage, parties: "PartyIndex") -> None:
        self.first, self.last = vantage.first, vantage.last
        self.transit = vantage.kind is VantageKind.TRANSIT
        own = vantage.host_addresses if vantage.kind is VantageKind.HOST else vantage.local_senders
        self.parties = {word for party in set(map(parties.of, own)) for word in parties.words(party)}
        ends = {(parties.of(one), parties.of(two)) for one, two in vantage.pairs}
        self.pairs = {pair for one, two in ends for pair in product(parties.words(one), parties.words(two))}
        self.elsewhere = parties.judgement.site.dhcp_on_server is False
        self._words = self.parties | {word for pair in self.pairs for word in pair}
        self._answers: dict[tuple[str, str], bool] = {}

    def shows(self, rule: Rule, machine: str) -> bool:
        """Whether the vantage could have shown the row, with ``machine`` if it is not empty, and with any party that
        has the row's roles. A DHCP server on another machine than the DPM Server is a party of its own."""
        # All machines that the vantage does not know have one answer: a profile may list a hundred thousand.
        key = (rule.id, machine if not machine or name_of(machine) in self._words else UNKNOWN)
        if key not in self._answers:
            self._answers[key] = self._shows(rule, key[1])
        return self._answers[key]

    def _shows(self, rule: Rule, machine: str) -> bool:
        alternatives = [self.held(side.roles) for side in (rule.originator, rule.responder)]
        return all(self.shows_pair(rule, (one, two), machine) for one, two in product(*alternatives))

    def held(self, roles: tuple[Role, ...]) -> tuple[tuple[Role, ...], ...]:
        """The parties that a row's end may be, each by its roles."""
        apart = self.elsewhere and {Role.DHCP_SERVER, Role.DPM_SERVER} <= set(roles)
        return tuple((role,) for role in roles) if apart else (roles,)

    def shows_pair(self, rule: Rule, roles: tuple[tuple[Role, ...], tuple[Role, ...]], machine: str) -> bool:
        ends = [ends_of(held, machine) for held in roles]
        if self.transit and Cast.UNICAST in rule.casts:
            return not self.pairs.isdisjoint(product(*ends))
        return not self.parties.isdisjoint(ends[0] | ends[1])


class PartyIndex:
    """The words of parties: roles and machine names. Hosts that the profile treats equally are one party."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement
        hosts, kinds = judgement.hosts.names, judgement.host_facts.groups.codes.tolist()
        self._first: dict[int, str] = {}
        self._party = {
            address: self._first.setdefault(kind, address) for (address, _), kind in zip(hosts, kinds, strict=True)
        }
        self._words: dict[str, frozenset[str]] = {}

    def of(self, address: str) -> str:
        """The address that represents the party of an address."""
        return self._party.get(address, address)

    def words(self, party: str) -> frozenset[str]:
        if party not in self._words:
            found = self.judgement.machine_at(party)
            roles = (role.value for role in self.judgement.roles_at(party))
            self._words[party] = frozenset([*roles, *([name_of(found.name)] if found else [])])
        return self._words[party]


def ends_of(roles: tuple[Role, ...], machine: str) -> set[str]:
    """The words for one end of a row: the machine's own, if one is named."""
    if machine and Role.MANAGED_MACHINE in roles:
        return {name_of(machine)}
    return {role.value for role in roles}


def name_of(machine: str) -> str:
    return f"machine {machine}"
