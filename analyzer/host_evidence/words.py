"""From what each record says of an end of a flow to one word for the end, and from the two ends' to the flow's."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from analyzer.host_evidence.model import KINDS, ProcessName
from analyzer.host_evidence.paths import Match
from analyzer.values import EvidenceWord


class Timing(StrEnum):
    """How a record's time compares with the flow's: it fits; it may or may not; a listener's table at another time."""

    FITS = "fits"
    UNKNOWN = "unknown"
    ANOTHER = "another-time"


class Said(NamedTuple):
    """What one record says of one end. ``line``: of the table of records; ``source``: its kind and file."""

    line: int
    kind: str
    source: str
    match: Match
    timing: Timing
    other_path: bool
    listener: bool = False
    doubtful: bool = False
    process: ProcessName | None = None
    """What names the program, if the record has only a process id."""


def word_of(said: Said) -> EvidenceWord:
    """What one record alone shows. A listener or a process id shows at most that the program fits. A wrong program of a
    process id is a contradiction only where no other program can have had the id."""
    kind = KINDS[said.kind]
    if said.doubtful or said.match is Match.UNKNOWN:
        return EvidenceWord.UNPROVEN
    if said.match is Match.OTHER:
        proves = kind.contradicts and (said.process is None or said.process.certain)
        return EvidenceWord.CONTRADICTED if said.timing is Timing.FITS and proves else EvidenceWord.UNPROVEN
    if said.timing is Timing.UNKNOWN:
        return EvidenceWord.UNPROVEN
    if (
        said.match is Match.PATH
        and not (said.listener or said.process is not None)
        and said.timing is Timing.FITS
        and kind.most is EvidenceWord.CONFIRMED
    ):
        return EvidenceWord.CONFIRMED
    return EvidenceWord.CONSISTENT


def word_of_end(sayings: Sequence[Said]) -> EvidenceWord:
    """What all records of one end show together; ``sayings`` is not empty.

    CONTRADICTED only where every source is; where two sources differ nothing is proven. A source that does not know
    the program says nothing against one that does.
    """
    knowing = [said for said in sayings if said.match is not Match.UNKNOWN] or list(sayings)
    fitting = [said for said in knowing if said.timing is Timing.FITS] or knowing
    words = {word_of(said) for said in fitting}
    against = any(said.match is Match.OTHER for said in fitting)
    if against and any(said.match is not Match.OTHER for said in fitting):
        return EvidenceWord.UNPROVEN
    if words == {EvidenceWord.CONTRADICTED}:
        return EvidenceWord.CONTRADICTED
    if EvidenceWord.CONTRADICTED in words:
        return EvidenceWord.UNPROVEN
    if EvidenceWord.CONFIRMED in words and not any(said.other_path for said in fitting):
        return EvidenceWord.CONFIRMED
    return (
        EvidenceWord.CONSISTENT if words & {EvidenceWord.CONFIRMED, EvidenceWord.CONSISTENT} else EvidenceWord.UNPROVEN
    )


_WORST = (EvidenceWord.CONTRADICTED, EvidenceWord.UNPROVEN, EvidenceWord.CONSISTENT, EvidenceWord.CONFIRMED)


def word_of_flow(ends: Sequence[EvidenceWord]) -> EvidenceWord:
    """The word of a flow, out of those of its ends for which the table declares a program: the weakest that evidence
    gave; without evidence DECLARED, or NOT_OBSERVABLE where no end could have been observed."""
    for word in _WORST:
        if word in ends:
            return word
    return EvidenceWord.DECLARED if EvidenceWord.DECLARED in ends else EvidenceWord.NOT_OBSERVABLE
