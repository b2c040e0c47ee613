"""The difference between two reports as Python and notebooks show it: tables, a headline, a small page."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from analyzer.difference import sentences
from analyzer.difference.columns import CHANGES, SAME
from analyzer.difference.model import DifferenceTables
from analyzer.text import clip

SHOWN = 10
"""How many findings the page in a notebook shows."""


@dataclass(frozen=True, eq=False, repr=False)
class Difference(DifferenceTables):
    """The tables, with their headline and their page in a notebook."""

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        return sentences.headline(self)

    def __repr__(self) -> str:
        return "\n".join([self.headline, *(f"  {note}" for note in sentences.notes(self))])

    def _repr_html_(self) -> str:
        """The same for a notebook: a sentence, what the reports rest on, how much there is, the first findings."""
        found = self.findings[self.findings["change"] != SAME]
        notes = "".join(f"<li>{escape(note)}</li>" for note in sentences.notes(self))
        parts = [f"<p><b>{escape(self.headline)}</b></p><ul>{notes}</ul>"]
        parts.append(_table(["", *CHANGES], ([kind, *counts.values()] for kind, counts in self.counts().items())))
        if len(found):
            names = ["change", "verdict", "reason", "orig", "resp", "service"]
            parts.append(_table(names, found[names].head(SHOWN).itertuples(index=False)))
        if len(found) > SHOWN:
            parts.append(f"<p>and {len(found) - SHOWN:,} more in <code>findings</code></p>")
        return f"<div>{''.join(parts)}</div>"


def _table(names: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = ("".join(f"<td>{escape(_cell(value))}</td>" for value in line) for line in lines)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{cells}</tr>' for cells in body)}</table>"


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else clip(str(value), 80)
