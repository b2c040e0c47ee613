"""The rows of a table at a site, written for a target."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from analyzer.errors import ExportError
from analyzer.rule_filters import nftables, windows_firewall
from analyzer.rule_filters.comments import ExportBasis
from analyzer.rule_filters.listing import BPF, WIRESHARK, Language, joined, listing
from analyzer.rule_filters.losses import ExportLoss, summary
from analyzer.rule_filters.matches import RowMatches, row_matches
from analyzer.rules import Rule, RuleTable
from analyzer.site import Site
from analyzer.text import suggestion, visible


@dataclass(frozen=True)
class FilterTarget:
    """A language that rows are written in. ``language``: of one expression a row, where the target is such a one."""

    lines: Callable[[ExportBasis, Sequence[RowMatches]], Iterator[str]]
    losses: Callable[[RowMatches], list[ExportLoss]]
    every_row: tuple[ExportLoss, ...]
    language: Language | None = None


@dataclass(frozen=True)
class Export:
    """``text``: what the target reads. ``losses``: what it cannot say, every row's first, in the table's order."""

    text: str
    losses: tuple[ExportLoss, ...]

    def sentences(self) -> list[str]:
        """The losses in words, each with the rows that it is about."""
        return summary(self.losses)


def _of_language(language: Language) -> FilterTarget:
    return FilterTarget(
        lambda basis, rows: listing(language, basis, rows), language.losses, language.every_row, language
    )


TARGETS: Mapping[str, FilterTarget] = MappingProxyType(
    {
        "bpf": _of_language(BPF),
        "wireshark": _of_language(WIRESHARK),
        "nftables": FilterTarget(nftables.ruleset, nftables.losses, nftables.EVERY_ROW),
        "windows-firewall": FilterTarget(windows_firewall.script, windows_firewall.losses, windows_firewall.EVERY_ROW),
    }
)


def export(table: RuleTable, site: Site, target: str, rows: Sequence[str] = (), *, join: bool = False) -> Export:
    """The rows of those ids (none: every row) for a name of ``TARGETS``, in the table's order.

    ``join``: one expression for all rows and no comment, for ``bpf`` and ``wireshark``.

    Raises:
        ExportError: a row or a target is not known, or there is nothing to join.
    """
    if target not in TARGETS:
        raise ExportError(f"{visible(target)!r} is not a target: choose from {', '.join(TARGETS)}")
    writer = TARGETS[target]
    made = [row_matches(rule, table, site) for rule in _chosen(table, rows)]
    losses = (*writer.every_row, *(loss for row in made for loss in (*row.losses, *writer.losses(row))))
    lines = [_joined(writer, target, made)] if join else writer.lines(ExportBasis(table, site), made)
    return Export("".join(f"{line}\n" for line in lines), losses)


def _chosen(table: RuleTable, rows: Sequence[str]) -> tuple[Rule, ...]:
    known = {rule.id for rule in table.rules}
    if unknown := [row for row in rows if row not in known]:
        guess = suggestion(unknown[0], known)
        raise ExportError(f"there is no row {visible(unknown[0])!r}: {guess}choose from {', '.join(sorted(known))}")
    return tuple(rule for rule in table.rules if not rows or rule.id in rows)


def _joined(writer: FilterTarget, target: str, rows: Sequence[RowMatches]) -> str:
    if writer.language is None:
        raise ExportError(f"{target} has no single expression: leave --joined out, or choose bpf or wireshark")
    # An empty expression would take every packet.
    if text := joined(writer.language, rows):
        return text
    raise ExportError("no row has an expression for this site: add the addresses that the comments name to the profile")
