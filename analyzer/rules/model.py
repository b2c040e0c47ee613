"""What a rule pack says, as frozen values.

A pack is YAML (``rules/*.yaml``); ``analyzer.rules.load`` reads it with the line of every mistake. A row states the
fields that it knows; a field that is absent is not judged. Within a field any value will do, across fields all must
hold.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from analyzer.values import Cast, Role

Protocol = Literal["tcp", "udp", "icmp"]
Addressing = Literal["by-segment"]


class PackModel(BaseModel):
    """No unknown key, no change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Executable(PackModel):
    """A program as the table prints it.

    ``path`` is the folder and name as printed, for an x86 OS; ``os`` limits it to machines of that family.
    ``service``: what the table describes in place of a program's name: IIS, or any DHCP server.
    """

    name: str
    path: str | None = None
    service: Literal["iis", "dhcp"] | None = None
    os: Literal["windows", "linux"] | None = None
    applies: Literal["dhcp-server-here", "dhcp-server-elsewhere"] | None = None


class Side(PackModel):
    """One end of a row.

    ``port``: the port that the row fixes; None is "automatic" or whatever the ROM takes.
    ``port_setting``: the profile's key that overrides it (footnote *10), for instance ``web_port``.
    """

    roles: tuple[Role, ...] = Field(min_length=1)
    port: int | None = Field(default=None, ge=0, le=65535)
    port_setting: Literal["web_port"] | None = None
    executables: tuple[Executable, ...] = ()


class Demand(PackModel):
    """What a row that was exercised asks of another row (a PXE boot must go on to the agent's port)."""

    rule: str
    because: str


class Rule(PackModel):
    """One row of the table: the flow that one role may open to another.

    ``originator`` and ``responder`` are the flow's, whatever side the table prints first; ``printed`` keeps the
    table's own direction sign. ``casts``: how the responder may be addressed. ``addressing: by-segment`` is footnote
    *3. ``icmp_type``: for ICMP rows. ``reply``: whether the responder has to answer for the flow to have had
    service. ``wire: never`` is a row that exists inside one machine only. ``stage``: the step of a PXE boot that the
    row is. ``relayed_from``: the port that a relay named in the profile uses in the originator's place.
    ``transfer``: the row also covers the flow from the responder's own ephemeral port that its request began (TFTP).
    ``executables: required``: a flow whose program the hosts' evidence contradicts is not covered by the row.
    """

    STATED: ClassVar[tuple[str, ...]] = ("application", "addressing", "icmp_type")
    """Keys that a flow has to match where the row has them; None: not judged."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    item: str
    page: int
    footnotes: tuple[int, ...] = ()
    protocol: Protocol
    application: str | None = None
    printed: Literal["<", ">", "none"]
    originator: Side
    responder: Side
    casts: tuple[Cast, ...] = (Cast.UNICAST,)
    addressing: Addressing | None = None
    icmp_type: int | None = Field(default=None, ge=0, le=255)
    reply: bool = True
    wire: Literal["always", "never"] = "always"
    stage: Literal["dhcp-request", "dhcp-reply", "proxy", "tftp", "agent"] | None = None
    relayed_from: int | None = None
    transfer: bool = False
    demands: tuple[Demand, ...] = ()
    executables: Literal["declared", "required"] = "declared"
    note: str | None = None


class Needed(PackModel):
    """An item whose rows a footnote makes necessary too; ``when``: only where the profile says so of DHCP."""

    item: str
    when: Literal["dhcp-server", "no-dhcp-server"] | None = None


class Footnote(PackModel):
    """A numbered footnote: its meaning for judging, in our own words, and its page."""

    page: int
    text: str
    needs: tuple[Needed, ...] = ()


class Uncovered(PackModel):
    """An item that the guide has and that the table in use does not cover."""

    item: str
    why: str


class Hint(PackModel):
    """What another product's manual says of a port: never a reason for a verdict."""

    port: int = Field(ge=0, le=65535)
    protocol: Protocol
    use: str
    manual: str


class PrintedAt(PackModel):
    """Where a row is printed: page, lines, and the box on the page in points from its top left."""

    page: int
    lines: tuple[int, int] | None = None
    box: tuple[float, float, float, float] | None = None


class Confirmation(PackModel):
    """What a person confirmed: rows read from a file, known by its SHA-256. ``by`` and ``on`` (YYYY-MM-DD) where they
    were given; ``rows``: where each row is printed."""

    file: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    by: str | None = None
    on: str | None = None
    rows: dict[str, PrintedAt] = {}


class Provenance(PackModel):
    """Where the rows come from and how well they are known. ``confirmation``: of rows that were imported."""

    title: str
    source: str
    edition: str | None = None
    pages_seen: tuple[int, ...] = ()
    pages_missing: tuple[int, ...] = ()
    note: str | None = None
    confirmation: Confirmation | None = None


class Pack(PackModel):
    """One file of rules.

    ``kind: table`` replaces the built-in table; ``kind: overlay`` adds to it: its rules are appended (the same id
    replaces), its hints are shown beside unexpected flows and never change a verdict.
    """

    version: Literal[1]
    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    kind: Literal["table", "overlay"]
    provenance: Provenance
    footnotes: dict[int, Footnote] = {}
    not_covered: tuple[Uncovered, ...] = ()
    rules: tuple[Rule, ...] = ()
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True)
class Source:
    """The file of a pack, without its folder: name, SHA-256 of its bytes, the line of each rule, and whether it is one
    that comes with the program."""

    name: str
    sha256: str
    lines: dict[str, int]
    shipped: bool = False


@dataclass(frozen=True)
class RuleTable:
    """The table in use: the base table with the overlays that were switched on, in order."""

    packs: tuple[Pack, ...]
    sources: tuple[Source, ...]
    rules: tuple[Rule, ...]
    footnotes: dict[int, Footnote]
    not_covered: tuple[Uncovered, ...]
    hints: tuple[Hint, ...]

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id. Raises KeyError."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)

    def citation(self, rule: Rule) -> str:
        """The citation of the row: guide, page, item and footnotes, in one line."""
        for pack in reversed(self.packs):
            if rule in pack.rules:
                notes = "".join(f" *{number}" for number in rule.footnotes)
                return f"{pack.provenance.source}, p. {rule.page}, {rule.item}{notes}"
        raise KeyError(rule.id)
