"""The rules that Windows Firewall needs for a row, for each kind of computer, as values.

Windows Firewall follows connections, so the packets that answer need no rule of their own.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from analyzer.rule_filters.hosts import NO_ADDRESS
from analyzer.rule_filters.losses import ExportLoss, LossCode
from analyzer.rule_filters.matches import PacketEnd, PacketMatch, Ports, RowMatches, Way
from analyzer.rule_filters.packet_losses import macs_of
from analyzer.rule_filters.spans import Span, merged
from analyzer.rules import Rule, programs
from analyzer.rules.model import Executable, Side
from analyzer.site import Site
from analyzer.values import Role

Direction = Literal["Inbound", "Outbound"]

SYSTEM = "System"
"""The program of HTTP.sys, through which IIS listens: no path."""
DRIVE = "%SystemDrive%"
_DIRECTIONS = (Way.OPENS, Way.TRANSFER_FROM_SERVER)
_PATH = re.compile(r"""(?:[A-Za-z]:)?\\[A-Za-z0-9 !#$%&()+,.;=@\[\]^_`{}~\\'-]+""")
_WAKE_ON_LAN = "wake-on-lan"


@dataclass(frozen=True)
class Computer:
    """A kind of computer. ``roles``: those that such a computer has. ``machine_os``: of managed machines."""

    name: str
    roles: frozenset[Role]
    machine_os: str | None = None


@dataclass(frozen=True)
class FirewallRule:
    """One rule. ``remote`` and the ports: None is any. ``program``: a path, ``System``, or None for any."""

    direction: Direction
    protocol: Literal["tcp", "udp", "icmp"]
    local_ports: Ports | None
    remote_ports: Ports | None
    icmp_type: int | None
    remote: tuple[Span, ...] | None
    program: str | None = None


Lost = tuple[LossCode, tuple[str, ...]]
"""A loss without its row."""


@dataclass(frozen=True)
class RulesOfRow:
    """The rules that a row needs on one kind of computer, and what they lose."""

    rules: tuple[FirewallRule, ...]
    losses: tuple[ExportLoss, ...]


def computers(site: Site) -> tuple[Computer, ...]:
    """The kinds of computers of a site that run Windows, the DPM Server first."""
    server = {Role.DPM_SERVER} | ({Role.DHCP_SERVER} if site.dhcp_on_server else set())
    found = [Computer("dpm-server", frozenset(server))]
    given = {machine.os for machine in site.machines}
    found += [
        Computer(f"managed-machine-{machine_os}", frozenset({Role.MANAGED_MACHINE}), machine_os)
        for machine_os in ("windows-x86", "windows-x64")
        if given & {machine_os, None}
    ]
    if _dhcp_elsewhere(site):
        found.append(Computer("dhcp-server", frozenset({Role.DHCP_SERVER})))
    consoles = (Role.IMAGE_BUILDER, Role.COMMAND_LINE)
    return (*found, *(Computer(role.value, frozenset({role})) for role in consoles))


def rules_of_row(row: RowMatches, computer: Computer) -> RulesOfRow:
    """What the row needs on ``computer``; equal rules once."""
    sides = [
        (one, side)
        for match in row.matches
        if match.way in _DIRECTIONS
        for one, side in _local(match, row.rule, computer)
    ]  # fmt: skip
    if not sides:
        return RulesOfRow((), ())
    if Role.MANAGED_MACHINE in computer.roles and _before_windows(row.rule):
        return RulesOfRow((), (ExportLoss(row.rule.id, LossCode.NO_WINDOWS_YET),))
    written = [
        (rule, loss) for one, side in _combined(sides) for rule, loss in _with_programs(one, side, row.site, computer)
    ]
    rules = dict.fromkeys(rule for rule, _ in written if rule)
    losses = dict.fromkeys(ExportLoss(row.rule.id, *loss) for _, loss in written if loss)
    return RulesOfRow(tuple(rules), tuple(losses))


def losses_of_row(row: RowMatches) -> list[ExportLoss]:
    """What the rules of the row lose, on every kind of computer, and on those that have no Windows."""
    found = dict.fromkeys(loss for computer in computers(row.site) for loss in rules_of_row(row, computer).losses)
    if macs := macs_of(row.matches):
        found[ExportLoss(row.rule.id, LossCode.NO_HARDWARE_ADDRESS, macs)] = None
    linux = tuple(machine.name for machine in row.site.machines if machine.os == "linux")
    roles = {*row.rule.originator.roles, *row.rule.responder.roles}
    if linux and row.matches and Role.MANAGED_MACHINE in roles and not _before_windows(row.rule):
        found[ExportLoss(row.rule.id, LossCode.NOT_WINDOWS, linux)] = None
    return list(found)


def _dhcp_elsewhere(site: Site) -> bool:
    servers, dpm = site.profile.dhcp.servers, site.profile.dpm_server
    return isinstance(servers, tuple) and not set(servers) <= set(dpm.addresses if dpm else ())


def _before_windows(rule: Rule) -> bool:
    """Whether the machine is off or in a PXE boot while the row is used."""
    return rule.stage is not None or rule.application == _WAKE_ON_LAN


def _local(match: PacketMatch, rule: Rule, computer: Computer) -> Iterator[tuple[FirewallRule, Side]]:
    """The rule on the computer's side of a match, with that side of the row."""
    source, target = rule.originator, rule.responder
    if match.way is Way.TRANSFER_FROM_SERVER and rule.responder.port is not None:
        source, target = target, source
    if computer.roles.intersection(match.source.roles):
        yield from _rule("Outbound", match, match.source, match.target, source)
    # The first packet of a transfer that arrives belongs to the request that went out.
    if computer.roles.intersection(match.target.roles) and match.way is Way.OPENS:
        yield from _rule("Inbound", match, match.target, match.source, target)


def _rule(
    direction: Direction, match: PacketMatch, local: PacketEnd, remote: PacketEnd, side: Side
) -> Iterator[tuple[FirewallRule, Side]]:
    if remote.spans is None:
        return
    nobody = remote.spans == ((NO_ADDRESS, NO_ADDRESS),)
    spans = None if nobody else remote.spans
    yield FirewallRule(direction, match.protocol, local.ports, remote.ports, match.icmp_type, spans), side


def _combined(sides: Iterable[tuple[FirewallRule, Side]]) -> Iterator[tuple[FirewallRule, Side]]:
    """Rules that differ in the remote addresses alone become one; any address takes the others in."""
    found: dict[tuple[FirewallRule, Side], tuple[Span, ...] | None] = {}
    for one, side in sides:
        key = (replace(one, remote=None), side)
        spans = found.get(key, ())
        found[key] = None if one.remote is None or spans is None else merged((*spans, *one.remote))
    return ((replace(one, remote=spans), side) for (one, side), spans in found.items())


def _with_programs(
    one: FirewallRule, side: Side, site: Site, computer: Computer
) -> Iterator[tuple[FirewallRule | None, Lost | None]]:
    """The rule for each program of its side, and what is lost; None where nothing can be written."""
    if one.remote is None:
        yield None, (LossCode.ANY_REMOTE_ADDRESS, ())
    for program, loss in _programs(side, site, computer):
        whole = replace(one, program=program)
        if _too_wide(whole):
            yield None, (LossCode.TOO_WIDE, ())
        else:
            writable = loss is None or loss[0] is not LossCode.PROGRAM_NO_PATH
            yield whole if writable else None, loss


def _programs(side: Side, site: Site, computer: Computer) -> Iterator[tuple[str | None, Lost | None]]:
    if side.port_setting == "web_port":
        yield SYSTEM, None
        return
    # The table prints the programs of the DPM Server's side; a DHCP server elsewhere has its own.
    elsewhere = computer.name == Role.DHCP_SERVER.value
    here = () if elsewhere else programs(side, site, computer.machine_os)
    if not here:
        yield None, (LossCode.PROGRAM_NOT_PRINTED, (computer.name,))
    for executable in here:
        yield _program(executable)


def _program(executable: Executable) -> tuple[str | None, Lost | None]:
    path = executable.path
    if path is None:
        return None, (LossCode.PROGRAM_WITHOUT_PATH, (executable.name,))
    if not _PATH.fullmatch(path):
        return None, (LossCode.PROGRAM_NO_PATH, (path,))
    return (DRIVE + path if path.startswith("\\") else path), None


def _too_wide(one: FirewallRule) -> bool:
    return one.direction == "Inbound" and not one.program and one.local_ports is None and one.protocol != "icmp"
