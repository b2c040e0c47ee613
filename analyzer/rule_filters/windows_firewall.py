"""Rows as commands of PowerShell that add rules to Windows Firewall, one part for each kind of computer.

The commands were never run on Windows; tests parse them. Microsoft documents New-NetFirewallRule in the module
NetSecurity. The script is ASCII: Windows PowerShell 5.1 reads a file without a mark in the machine's code page.
"""

from collections.abc import Iterator, Sequence

from analyzer.rule_filters.comments import ExportBasis, head, of_row, reference
from analyzer.rule_filters.losses import ExportLoss, LossCode
from analyzer.rule_filters.matches import Ports, RowMatches
from analyzer.rule_filters.spans import ranges
from analyzer.rule_filters.windows_rules import (
    Computer,
    FirewallRule,
    computers,
    losses_of_row,
    rules_of_row,
)

TITLE = "rules of Windows Firewall (PowerShell)"
EVERY_ROW = (ExportLoss("", LossCode.NOT_RUN), ExportLoss("", LossCode.DRIVE))
GROUP = "DPM Analyzer"

_USE = (
    "# Run as administrator on each computer, with the kind of that computer: FILE.ps1 -Computer dpm-server",
    f"# Remove: Remove-NetFirewallRule -Group '{GROUP}'",
)
_PROTOCOLS = {"tcp": "TCP", "udp": "UDP", "icmp": "ICMPv4"}


def script(basis: ExportBasis, rows: Sequence[RowMatches]) -> Iterator[str]:
    """The lines of the script, ASCII alone: other characters are escaped."""
    return (line.encode("ascii", "backslashreplace").decode("ascii") for line in _lines(basis, rows))


losses = losses_of_row


def _lines(basis: ExportBasis, rows: Sequence[RowMatches]) -> Iterator[str]:
    yield from head(TITLE, basis, EVERY_ROW)
    yield from _USE
    for row in rows:
        yield "#"
        yield from of_row(row, (*row.losses, *losses(row)))
    parts = {computer.name: list(_part(computer, rows)) for computer in computers(basis.site)}
    used = {name: lines for name, lines in parts.items() if lines}
    if not used:
        yield "# No rule."
        return
    names = ", ".join(_quoted(name) for name in used)
    yield f"param([Parameter(Mandatory = $true)][ValidateSet({names})][string]$Computer)"
    yield "$ErrorActionPreference = 'Stop'"
    yield "switch ($Computer) {"
    for name, lines in used.items():
        yield f"    {_quoted(name)} {{"
        yield from (f"        {line}" for line in lines)
        yield "    }"
    yield "}"


def _part(computer: Computer, rows: Sequence[RowMatches]) -> Iterator[str]:
    for row in rows:
        for number, rule in enumerate(rules_of_row(row, computer).rules, 1):
            yield f"# {reference(row)}"
            yield _command(row, rule, number)


def _command(row: RowMatches, rule: FirewallRule, number: int) -> str:
    words = [
        "New-NetFirewallRule",
        f"-Name {_quoted(f'dpm-analyzer-{row.rule.id}-{number}')}",
        f"-DisplayName {_quoted(f'DPM {reference(row)}')}",
        f"-Group {_quoted(GROUP)}",
        f"-Direction {rule.direction} -Action Allow",
        f"-Protocol {_PROTOCOLS[rule.protocol]}",
    ]
    if rule.icmp_type is not None:
        words.append(f"-IcmpType {rule.icmp_type}")
    elif rule.protocol != "icmp":
        words += [f"-LocalPort {_ports(rule.local_ports)}", f"-RemotePort {_ports(rule.remote_ports)}"]
    remote = "Any" if rule.remote is None else f"@({', '.join(map(_quoted, ranges(rule.remote, '-')))})"
    words.append(f"-RemoteAddress {remote}")
    if rule.program:
        words.append(f"-Program {_quoted(rule.program)}")
    return " ".join(words)


def _ports(ports: Ports | None) -> str:
    if ports is None:
        return "Any"
    low, high = ports
    return str(low) if low == high else _quoted(f"{low}-{high}")


def _quoted(text: str) -> str:
    """A literal of PowerShell. ASCII has one single quote; the others that PowerShell knows never get here."""
    return "'" + text.replace("'", "''") + "'"
