"""What a printed row says, as facts with where each was read."""

from dataclasses import dataclass, field

from analyzer.guide.facts import PortFact, ProtocolFact
from analyzer.guide.joining import Sure
from analyzer.guide.printed import PrintedField
from analyzer.guide.programs import PrintedProgram


@dataclass(frozen=True)
class Value:
    """A fact of a row with the field that it was read from. ``ask``: why it is open; empty where it is not."""

    field: PrintedField
    sure: Sure
    ask: str = ""


@dataclass
class End:
    """One end as printed: its name, its ports and its programs. ``read``: where each was read and how sure it is; a
    second column of programs is ``executables.2``."""

    name: str = ""
    ports: PortFact | None = None
    programs: tuple[PrintedProgram, ...] | None = None
    read: dict[str, Value] = field(default_factory=dict)


@dataclass
class RowFacts:
    """A printed row. ``left``: the server, or the source in a table of ``pairs``; ``right``: the target, or the
    destination. ``signs``: ``<`` the right end opens the flow, ``>`` the left one; empty if it is not known.
    ``connected``: ports of the responder, in a table with one column of ports."""

    number: int
    page: int
    pairs: bool
    item: str = ""
    left: End = field(default_factory=End)
    right: End = field(default_factory=End)
    connected: PortFact | None = None
    protocol: ProtocolFact | None = None
    signs: tuple[str, ...] = ()
    marks: tuple[int, ...] = ()
    note: str = ""
    read: dict[str, Value] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
