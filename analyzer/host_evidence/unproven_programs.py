"""Names in a note the programs of process ids that the table does not declare and that are not proven."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from analyzer.host_evidence.listeners import ListenerCheck
from analyzer.host_evidence.model import Attribution, HostNote
from analyzer.host_evidence.paths import Match
from analyzer.host_evidence.words import Said

MOST_LISTED = 8
"""Programs that one note names."""


def notes_on_unproven(
    sayings: Iterable[Said], records: Sequence[Attribution], checks: Iterable[ListenerCheck]
) -> list[HostNote]:
    """A note for each host with such programs. ``sayings``: of all ends of flows for which the table declares programs;
    ``records``: those that they name by ``line``."""
    programs: dict[str, set[str]] = defaultdict(set)
    for said in sayings:
        if said.match is Match.OTHER and said.process is not None and not said.process.certain:
            record = records[said.line]
            programs[record.host].add(record.path or record.program)
    for check in checks:
        for owner in check.owners:
            if owner.match is Match.OTHER and owner.process is not None and not owner.process.certain:
                programs[check.host].add(owner.path or owner.program)
    return [
        HostNote(
            "other-program-not-proven",
            "warning",
            {"host": host, "programs": sorted(found)[:MOST_LISTED], "count": len(found)},
        )
        for host, found in sorted(programs.items())
    ]
