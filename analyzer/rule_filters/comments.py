"""The comment lines that every target has: what the output is made of, and where each row is printed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analyzer.rule_filters.losses import ExportLoss, sentence
from analyzer.rule_filters.matches import RowMatches
from analyzer.rules import RuleTable
from analyzer.site import Site
from analyzer.text import visible
from analyzer.version import VERSION


@dataclass(frozen=True)
class ExportBasis:
    """What an export rests on."""

    table: RuleTable
    site: Site


def head(title: str, basis: ExportBasis, losses: Iterable[ExportLoss]) -> Iterator[str]:
    """The first lines: target, profile, packs, and what is lost for every row."""
    site = basis.site
    yield f"# DPM Analyzer {VERSION}: {title}"
    yield f"# Site: {visible(site.name)} ({_file(site.source, site.sha256)})"
    for pack, source in zip(basis.table.packs, basis.table.sources, strict=True):
        yield f"# Table: {visible(pack.id)} ({_file(source.name, source.sha256)})"
    yield from (f"# Every row: {sentence(loss)}" for loss in losses)


def of_row(row: RowMatches, losses: Iterable[ExportLoss]) -> Iterator[str]:
    """The lines above a row: its id, its citation, its footnotes in words, what is lost."""
    yield f"# {row.rule.id}"
    yield f"# {visible(row.citation)}"
    yield from (f"# *{number}: {visible(text)}" for number, text in row.footnotes.items())
    yield from (f"# Not expressed: {sentence(loss)}" for loss in losses)


def reference(row: RowMatches) -> str:
    """The row in a few words, for a comment on one line: id, page, footnotes."""
    notes = "".join(f" *{number}" for number in row.rule.footnotes)
    return f"{row.rule.id}, p. {row.rule.page}{notes}"


def _file(name: str, sha256: str) -> str:
    return f"{visible(name) or 'no file'}, sha256 {sha256 or 'none'}"
