"""What captures are judged by: the table, the profile, demands, limits and the evidence of hosts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.compliance.budget import DEFAULT_BUDGET, Budget
from analyzer.errors import AnalyzerError
from analyzer.flows.assembler import Watch
from analyzer.net import DHCP6_CLIENT, DHCP6_SERVER, DHCP_CLIENT, DHCP_SERVER, PXE, TFTP
from analyzer.rules import RuleTable, load_table
from analyzer.site import Site, Waiver
from analyzer.timezone import zone_name

if TYPE_CHECKING:
    from analyzer.host_evidence.model import HostEvidence

PAYLOADS = 20_000
"""First payloads that are kept to choose from for dissection, beside DHCP, TFTP and magic packets."""
WATCHED = frozenset({DHCP_SERVER, DHCP_CLIENT, TFTP, PXE, DHCP6_CLIENT, DHCP6_SERVER})
"""UDP ports whose frames are kept for a closer look than headers, beside those of rows that have magic packets."""


@dataclass(frozen=True)
class Terms:
    """What captures are judged by.

    ``site``: the profile; None: roles are inferred, and ``waivers`` are those of the inferred profile. ``expect``:
    items or rule ids that the captures must show. ``budget``: how many frames are dissected at most, and for how many
    seconds; None: headers alone are judged. ``hosts``: evidence of hosts; ``host_clocks``: nanoseconds that a host's
    clock is ahead of the capture's, by the host's name. ``server``: the DPM Server's address, if roles are inferred and
    it is known. ``timezone``: the zone of times beside UTC; empty: that of the profile.
    """

    rules: RuleTable
    site: Site | None = None
    waivers: tuple[Mapping[str, Any] | Waiver, ...] = ()
    expect: tuple[str, ...] = ()
    budget: Budget | None = DEFAULT_BUDGET
    hosts: "HostEvidence | None" = None
    host_clocks: Mapping[str, int] = field(default_factory=dict)
    server: str = ""
    timezone: str = ""

    @property
    def watch(self) -> Watch:
        """The frames that have to be kept."""
        return watched(self.rules, max(PAYLOADS, self.budget.frames) if self.budget else 0)


def terms_of(  # noqa: PLR0913, PLR0917 - all that captures are judged by
    rules: Sequence[str],
    site: Site | None,
    expect: Sequence[str],
    budget: Budget | None,
    hosts: Sequence[str | Path],
    host_clocks: Sequence[str],
    server: str = "",
    timezone: str = "",
) -> Terms:
    """What captures are judged by. ``hosts`` are read here; ``host_clocks``: NAME=OFFSET; ``server`` and
    ``timezone``: see Terms.

    Raises:
        RulesError: a pack is wrong.
        HostEvidenceError: a path does not exist, a package is not installed, or an offset cannot be read.
        AnalyzerError: ``server`` is no address, or a profile was given too; ``timezone`` is no zone.
    """
    if server and site is not None:
        raise AnalyzerError("--server is for captures without a site profile: the profile has dpm_server.addresses")
    server = address_of(server)
    table = load_table(tuple(rules))
    evidence, offsets = _host_evidence(hosts, host_clocks) if hosts or host_clocks else (None, {})
    return Terms(table, site, (), tuple(expect), budget, evidence, offsets, server, zone_of(timezone))


def _host_evidence(
    hosts: Sequence[str | Path], host_clocks: Sequence[str]
) -> "tuple[HostEvidence | None, dict[str, int]]":
    """The evidence of hosts and the offsets of their clocks."""
    from analyzer.host_evidence import HostEvidenceError, override, read_host_evidence  # noqa: PLC0415 - seldom needed

    offsets = dict(map(override, host_clocks))
    if offsets and not hosts:
        raise HostEvidenceError("--host-clock needs evidence of a host: give its files with --host")
    return read_host_evidence(hosts) if hosts else None, offsets


def zone_of(text: str) -> str:
    """A time zone's name. Raises AnalyzerError for one that is not known here."""
    try:
        return zone_name(text)
    except ValueError as error:
        raise AnalyzerError(f"--timezone: {error}") from None


def address_of(text: str) -> str:
    """An address as the tables write it; empty for an empty text.

    Raises:
        AnalyzerError: the text is no address of a host.
    """
    if not text:
        return ""
    try:
        address = ip_address(text)
    except ValueError:
        address = None
    if address is None or address.is_multicast or address.is_unspecified or "%" in text:
        raise AnalyzerError(f"--server: {text!r} is not the address of a host: write it as in 192.0.2.1 or 2001:db8::1")
    return str(address)


def watched(rules: RuleTable, payloads: int = 0) -> Watch:
    """The frames that are kept."""
    wake = {rule.responder.port for rule in rules.rules if rule.application == "wake-on-lan"}
    return Watch(WATCHED | {port for port in wake if port is not None}, payloads)
