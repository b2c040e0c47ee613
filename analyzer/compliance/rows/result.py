"""What became of a row of the table with a machine."""

from dataclasses import dataclass

from analyzer.messages import Message
from analyzer.rules import Rule
from analyzer.values import Status


@dataclass(frozen=True)
class RowResult:
    """A row of the table with a machine; an empty name means no single machine. ``rule``: None for an item that the
    table in use does not cover. Times in nanoseconds, -1 for none. ``check``: the kind of a check of a listening port,
    which has lines of its own; nothing for a row itself. ``attestation``: the number of the one that makes the row
    attested, or that would, had it not lapsed; -1 for none."""

    rule: Rule | None
    item: str
    machine: str
    status: Status
    why: tuple[Message, ...]
    flows: int = 0
    first: int = -1
    last: int = -1
    check: str = ""
    attestation: int = -1

    @property
    def target(self) -> tuple[str, str, str]:
        """What an attestation of this line names."""
        return (self.rule.id, "", self.machine) if self.rule else ("", self.item, "")
