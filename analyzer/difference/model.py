"""What differs between two reports, as frozen tables."""

from dataclasses import dataclass

import pandas as pd

from analyzer.difference.columns import CHANGES, SAME
from analyzer.values import Verdict

KINDS = ("findings", "flows", "rows", "boots", "hosts")


@dataclass(frozen=True, eq=False)
class DifferenceTables:
    """What is new, gone and changed from one report (a) to another (b): six tables with the columns of ``COLUMNS``.

    ``change`` is new (in b alone), gone (in a alone), changed or same. Counts, octets and times never make a change.

    Attributes:
        findings: unexpected and blocked flows of a kind, and missing rows; changed: it ended differently (got through,
            stopped). ``instead``: what the other report says of the same; ``doubt``: why it could not have shown it.
        flows: conversations: two hosts and a service; changed: judged differently.
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


def _counts(table: pd.DataFrame) -> dict[str, int]:
    counts = table["change"].value_counts()
    return {change: int(counts.get(change, 0)) for change in CHANGES}
