"""What differs between two reports: frozen tables, and the answer in a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import pandas as pd

from analyzer.difference import sentences
from analyzer.difference.columns import CHANGES, SAME
from analyzer.text import clip
from analyzer.values import Verdict

SHOWN = 10
"""Findings in a notebook's small page."""
KINDS = ("findings", "flows", "rows", "boots", "hosts")


@dataclass(frozen=True, eq=False)
class Difference:
    """What is new, gone and changed from one report (a) to another (b): six tables with the columns of ``COLUMNS``.

    ``change`` is new (in b alone), gone (in a alone), changed or same. Counts, octets and times never make a change.

    Attributes:
        findings: unexpected and blocked flows of a kind, and missing rows; changed: it ended otherwise (got through,
            stopped). ``instead``: what the other report says of the same; ``doubt``: why it could not have shown it.
        flows: conversations: who, whom, which service; changed: judged otherwise.
        rows: a line for each row of the table and machine; changed: another status.
        boots: how the last boot of each client ended.
        hosts: hosts that hold a role, or sent more than background; changed: other roles.
        basis: what each report rests on; ``differs`` where that is not the same, so that a difference may come from it.
    """

    findings: pd.DataFrame
    flows: pd.DataFrame
    rows: pd.DataFrame
    boots: pd.DataFrame
    hosts: pd.DataFrame
    basis: pd.DataFrame

    def counts(self) -> dict[str, dict[str, int]]:
        """How many lines of each table but the basis there are of every change; of flows without those that are
        background in both."""
        return {name: _counts(self.counted(name)) for name in KINDS}

    def counted(self, name: str) -> pd.DataFrame:
        """A table without what differs between any two captures: conversations that are background."""
        table: pd.DataFrame = getattr(self, name)
        if name != "flows":
            return table
        quiet = [table[column].isna() | (table[column] == Verdict.BACKGROUND) for column in ("verdict_a", "verdict_b")]
        return table[~(quiet[0] & quiet[1])]

    def differs(self, name: str) -> bool:
        """Whether a table (``findings`` .. ``basis``) holds anything that is not the same in both."""
        if name == "basis":
            return bool(self.basis["differs"].any())
        return bool((self.counted(name)["change"] != SAME).any())

    def __bool__(self) -> bool:
        """Whether anything differs but the basis."""
        return any(self.differs(name) for name in KINDS)

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


def _counts(table: pd.DataFrame) -> dict[str, int]:
    counts = table["change"].value_counts()
    return {change: int(counts.get(change, 0)) for change in CHANGES}
