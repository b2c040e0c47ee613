"""The judged flow table, with everything that later stages need."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analyzer import net
from analyzer.columns import Truths
from analyzer.compliance.dissection import FlowObservations
from analyzer.compliance.exchanges.pairing import Relations
from analyzer.compliance.identity.endpoints import Endpoints
from analyzer.compliance.identity.hosts import HostFacts
from analyzer.compliance.matching.facts import Facts, PayloadFacts
from analyzer.compliance.matching.match import Matched
from analyzer.compliance.verdict.decision import Verdicts
from analyzer.compliance.verdict.outcome import Ended
from analyzer.compliance.verdict.waivers import Waived
from analyzer.compliance.visibility.blind_spots import BlindSpots
from analyzer.compliance.visibility.vantage import Vantage
from analyzer.flows.evidence import Evidence
from analyzer.flows.hosts import Hosts
from analyzer.flows.marked import MarkedFrame, MarkedFrames
from analyzer.flows.table import FlowTable
from analyzer.protocols import dhcpv6 as dhcp6
from analyzer.protocols.tftp import ERROR, OPTIONS, READ, WRITE
from analyzer.protocols.wol import Magic
from analyzer.rules import RuleTable
from analyzer.site import Machine, Site
from analyzer.values import Role


@dataclass(frozen=True)
class Judgement:
    """The judged flow table, with everything that later stages read. ``magics``: every magic packet, also incomplete
    ones; ``payload``: what was read inside flows; ``unseen``: why an answer could not have been captured;
    ``silence_unseen``: (flows,) no row covers it, and for that reason it is not known whether it was answered."""

    evidence: Evidence
    rules: RuleTable
    site: Site
    hosts: Hosts
    host_facts: HostFacts
    endpoints: Endpoints
    observations: FlowObservations
    magics: tuple[tuple[MarkedFrame, Magic], ...]
    payload: PayloadFacts
    facts: Facts
    relations: Relations
    matched: Matched
    outcome: NDArray[np.int64]
    ended: Ended
    verdicts: Verdicts
    waived: Waived
    vantages: tuple[Vantage, ...]
    unseen: BlindSpots
    silence_unseen: Truths

    def machine_at(self, address: str) -> Machine | None:
        """The machine of the profile at an address; None if the profile and the captures show none."""
        return self.site.machine(address, self.host_facts.mac_by_address.get(address, ""))

    def roles_at(self, address: str) -> frozenset[Role]:
        """The roles of a host."""
        return self.site.roles(address, self.host_facts.mac_by_address.get(address, ""))

    @cached_property
    def boots6(self) -> tuple[MarkedFrame, ...]:
        """The DHCPv6 messages of network boots."""
        asks = (self.facts.proto == net.UDP) & np.isin(self.facts.resp_p, sorted(dhcp6.PORTS))
        numbers = np.flatnonzero(asks[self.table.marks.flow])
        return tuple(mark for mark in self.table.marks.frames(numbers) if dhcp6.is_boot(mark.data))

    @cached_property
    def transfer_marks(self) -> MarkedFrames:
        """The marked frames that can be a TFTP request, an error or an acknowledgement of options."""
        marks = self.table.marks
        chosen = [marks.begins_with(bytes((0, operation))) for operation in (READ, WRITE, ERROR, OPTIONS)]
        return marks.select(np.flatnonzero(np.logical_or.reduce(chosen)))

    @property
    def table(self) -> FlowTable:
        return self.evidence.table
