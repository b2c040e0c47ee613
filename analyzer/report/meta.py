"""Everything of the document that is not a table: captures, hosts, profile, notes, boots, and what was read of flows.

Frozen models; their JSON Schema is a part of docs/report.schema.json.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WrapValidator, model_validator

from analyzer.capture.frame import Aside
from analyzer.flows import capture_facts
from analyzer.flows.options import ReadOptions
from analyzer.report.equal_counts import checked_once
from analyzer.timezone import zone_name
from analyzer.values import Answer, Outcome, Role, Verdict

SCHEMA = "dpm-analyzer-report/1"
MOST = (1 << 63) - 1
"""The largest number of the document."""
Count = Annotated[int, Field(ge=0, le=MOST)]
Zone = Annotated[str, AfterValidator(zone_name)]
Nanoseconds = Annotated[int, Field(ge=-MOST - 1, le=MOST)]


def _one_of(words: Iterable[str]) -> Any:
    """What the JSON Schema says of a text that is one of a few words."""
    return Field(json_schema_extra={"enum": [str(word) for word in words]})


RoleWord = Annotated[str, _one_of(Role)]
VerdictWord = Annotated[str, _one_of(Verdict)]
OutcomeWord = Annotated[str, _one_of(Outcome)]
Side = Annotated[str, _one_of(("", "originator", "responder", "both"))]
Sha256 = Annotated[str, Field(json_schema_extra={"pattern": "^([0-9a-f]{64})?$"})]


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Capture(Frozen):
    """One capture file: what it is and where each of its frames went. CAPTURE_MEANINGS has the meaning of each field.

    ``first_ts`` and ``last_ts``: integer nanoseconds since the epoch, UTC; None if no frame has a time.
    ``accounted``: reason -> frames, for the frames that are in no flow; ``frames == in_flows + sum(accounted)``.
    ``gap``: nanoseconds since the last frame of the file before it at its vantage; None if it follows no file.
    ``one_sided``: its vantage captured only one direction of the conversations.
    """

    name: str
    sha256: Sha256
    size: Count
    format: str
    link_types: tuple[str, ...]
    vantage: Annotated[int, Field(ge=1, le=MOST)]
    first_ts: Count | None
    last_ts: Count | None
    frames: Count
    in_flows: Count
    accounted: dict[str, Count]
    snapped: Count
    duplicates: Count = 0
    damage: tuple[str, ...] = ()
    dropped: Count = 0
    backwards: Count = 0
    step_back: Count = 0
    longest_pause: Count = 0
    undated: Count = 0
    overlong: Count = 0
    gap: Count | None = None
    one_sided: bool = False
    blocks: dict[str, Count] = {}
    comments: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    unread: dict[str, int] = {}


CAPTURE_MEANINGS = capture_facts.MEANINGS | {
    "first_ts": capture_facts.MEANINGS["first"],
    "last_ts": capture_facts.MEANINGS["last"],
    "in_flows": "Frames that are in flows.",
    "accounted": "Frames that are in no flow, by the reason.",
    "gap": "Time since the last frame of the file before it; none if it follows no file.",
    "one_sided": "Its vantage captured only one direction of the conversations.",
}
"""What each fact of a capture means, by its name in the document."""


class Note(Frozen):
    """Something that the reader has to know before reading on; shown on the first screen, in this order. ``code`` and
    ``values``: the message that ``text`` is made from."""

    level: Literal["info", "warning"]
    text: str
    code: str = ""
    values: dict[str, Any] = {}


class MessageData(Frozen):
    """A message as JSON has it: a code with named values; a value is text, a number, a message or a list of these."""

    code: str
    values: dict[str, Any] = {}


class Host(Frozen):
    """A host with a DPM role: given by the profile or inferred, and from what.

    ``address``: its name in this report: the address, followed by the MAC in brackets if several hosts have the
    address. ``ip``: the address alone. ``mac``: the MAC if several hosts have the address, else nothing.
    """

    address: str
    ip: str = ""
    mac: str = ""
    roles: tuple[RoleWord, ...]
    machine: str | None
    segment: str | None
    basis: Literal["given", "inferred"]
    evidence: str = ""

    @model_validator(mode="before")
    @classmethod
    def with_parts_of_the_address(cls, data: Any) -> Any:
        """Documents of earlier versions have only ``address``: take it apart."""
        if not isinstance(data, dict) or "ip" in data or not isinstance(data.get("address"), str):
            return data
        ip, _, mac = data["address"].partition(" (")
        return {**data, "ip": ip, "mac": mac.removesuffix(")")}


class RuleSource(Frozen):
    """A rule pack that was in use. ``name``: its file's, without folders; ``shipped``: it comes with the program, in
    ``rules/``; ``lines``: the line on which each of its rows begins, by the row's id."""

    name: str
    id: str
    kind: str
    sha256: str
    title: str
    source: str
    edition: str | None
    note: str | None
    shipped: bool = False
    lines: dict[str, Count] = {}


class UncoveredItem(Frozen):
    item: str
    why: str


class WaiverUse(Frozen):
    """A waiver of the profile and what it did: ``state`` is in-force, lapsed or unused."""

    orig: str
    resp: str
    service: str
    reason: str
    owner: str
    expires: str
    state: Literal["in-force", "lapsed", "unused"]
    flows: Count
    ticket: str = ""


class AttestationUse(Frozen):
    """An attestation of the profile and what it did. ``state``: in-force (a row or an item is attested by it), lapsed,
    or unused (the captures show the row, the row is missing, or another attestation is in force)."""

    rule: str
    item: str
    machine: str
    owner: str
    evidence: str
    expires: str
    state: Literal["in-force", "lapsed", "unused"]
    ticket: str = ""


class SiteRecord(Frozen):
    """The profile that was used; ``profile`` is its whole content as plain data, enough to load it again."""

    name: str
    given: bool
    source: str
    sha256: str
    profile: dict[str, Any]


class ReadSettings(Frozen):
    """How the captures were read: the fields of ``ReadOptions``. ``extract`` reads them again in the same way."""

    outer: bool = ReadOptions.outer
    resync: bool = ReadOptions.resync
    max_flows: Annotated[int, Field(ge=1, le=MOST)] = ReadOptions.max_flows

    @property
    def options(self) -> ReadOptions:
        """The same as the object that captures are read with."""
        return ReadOptions(**self.model_dump())


class BootAnswer(Frozen):
    """What a server said to a booting machine. ``ts`` as in the tables; ``listed``: a row has it answer; ``server_id``:
    how the server calls itself, which behind a relay is not the sender."""

    ts: str
    kind: str
    server: str
    server_id: str
    address: str
    boot_server: str
    boot_file: str
    listed: bool


class BootFile(Frozen):
    """A file that a booting machine asked for, and how that ended; ``flow``: its request."""

    file: str
    mode: str
    options: str
    ending: str
    error: str
    flow: str


class BootStory(Frozen):
    """What the line of the same number in the boots table does not say. ``xids``: DHCP transactions, in hexadecimal;
    ``attempt`` of ``attempts`` of this client; ``agent``: the flow of its connection to the agent's port;
    ``unfinished``: the attempt stalled, and no later attempt of this client was complete."""

    uuid: str
    architecture: str
    xids: tuple[str, ...]
    attempt: Count
    attempts: Count
    answers: tuple[BootAnswer, ...]
    files: tuple[BootFile, ...]
    agent: str
    unfinished: bool = False


class Sighting(Frozen):
    """How many flows of a verdict the same vantages saw in the same way. ``seen``: vantage by vantage ``both``,
    ``originator``, ``responder`` - the sides that it saw - or nothing; empty for all that is beyond the limit."""

    seen: tuple[Side, ...]
    verdict: VerdictWord
    flows: Count


class DissectionSummary(Frozen):
    """What dissection did. ``frames``: that were dissected, of ``flows`` flows; ``left``: frames beyond the limit;
    ``problem``: why not every frame was dissected; None if nothing went wrong."""

    tool: str
    version: str
    frames: Count
    flows: Count
    left: Count
    problem: MessageData | None = None


class EvidenceFile(Frozen):
    """A file of evidence: its name, kind, octets and SHA-256."""

    name: str
    kind: str
    size: Count
    sha256: str


class HostOfEvidence(Frozen):
    """A host of the evidence. ``basis``: what shows its addresses; ``doubtful``: nothing of it counts as proof."""

    host: str
    addresses: tuple[str, ...]
    machine: str
    basis: Literal["profile", "own-records", "lease", "none"]
    doubtful: bool


ClockBasis = Literal[
    "anchors", "override", "capture", "too-few-anchors", "anchors-disagree", "override-disagrees", "changed",
    "override-changed",
]  # fmt: skip


class HostClockPeriod(Frozen):
    """The clock of a host from one of its times to another (nanoseconds; none: from the beginning, to the end)."""

    since: Nanoseconds | None
    until: Nanoseconds | None
    basis: ClockBasis
    offset: Nanoseconds
    anchors: Count


class HostClock(Frozen):
    """A clock of a host. ``offset``: nanoseconds that it is ahead of the capture's, ``spread``: how far connections are
    from it; ``anchors``: connections that agree, ``others``: that do not; ``coarse``: how long before its socket table
    a connection can have begun; ``periods``: if the clock was changed, or may have been."""

    host: str
    clock: str
    basis: ClockBasis
    offset: Nanoseconds
    spread: Nanoseconds
    anchors: Count
    others: Count
    coarse: Nanoseconds = 0
    periods: tuple[HostClockPeriod, ...] = ()


class HostLog(Frozen):
    """A log of a host. ``since``, ``until``, ``cleared``: nanoseconds of its own clock; ``gaps``: how many; ``unread``:
    records that could not be read; ``stopped``: why reading stopped early."""

    source: str
    host: str
    channel: str
    clock: str
    records: Count
    used: Count
    since: Nanoseconds | None
    until: Nanoseconds | None
    gaps: Count
    cleared: tuple[Nanoseconds, ...]
    unread: Count
    stopped: str


class ProgramRecord(Frozen):
    """A record of a program at an end of a flow. ``time``: nanoseconds of the host's clock; ``offset``: how far that is
    ahead of the capture's, if it is known. ``process_kind``, ``process_source``, ``process_record``: the event that
    names the program, if the record has only a process id."""

    flow: str
    end: Literal["originator", "responder"]
    word: str
    match: str
    timing: str
    host: str
    program: str
    path: str
    pid: Nanoseconds
    time: Nanoseconds | None
    offset: Nanoseconds | None
    kind: str
    source: str
    record: str
    process_kind: str = ""
    process_source: str = ""
    process_record: str = ""


class HostSummary(Frozen):
    """The evidence of hosts. ``records``: those that are cited; ``records_in_all``: how many there are."""

    files: tuple[EvidenceFile, ...]
    hosts: tuple[HostOfEvidence, ...]
    clocks: tuple[HostClock, ...]
    logs: tuple[HostLog, ...]
    records: tuple[ProgramRecord, ...]
    records_in_all: Count


class ExpectedItem(Frozen):
    """An item or row that the captures had to show.

    ``item``: an item of the guide or the id of a row. ``source``: ``option`` (--expect), ``profile``, or ``footnote``
    of the item ``required_by``. ``machines``: the machines that it is expected of; empty: any. ``begin``, ``until``:
    when, as times of the document; empty: any time. ``covered``: whether the table in use has rows for it.
    """

    item: str
    source: Literal["option", "profile", "footnote"]
    required_by: str = ""
    machines: tuple[str, ...] = ()
    begin: str = ""
    until: str = ""
    covered: bool = True


class Meta(Frozen):
    """Everything of the document that is not a table."""

    schema_version: str = SCHEMA
    tool: str = "dpm-analyzer"
    version: str
    answer: Answer | None = None
    """COMPLIANT, NOT COMPLIANT or NOT JUDGED; None in documents of earlier versions."""
    not_judged: Literal["", "no-flow", "no-server", "no-verdict", "unread"] = ""
    """Why too little could be judged, whatever was found; empty if enough was."""
    headline: str
    scope: str = ""
    """How much of the table could be judged; empty in documents of earlier versions."""
    verdicts: dict[VerdictWord, Count]
    notes: tuple[Note, ...]
    captures: tuple[Capture, ...]
    hosts: tuple[Host, ...]
    site: SiteRecord
    rules: tuple[RuleSource, ...]
    known_server: str = ""
    """The DPM Server's address, if it was given without a profile (--server)."""
    timezone: Zone = ""
    """The zone in which times are shown beside UTC; empty for none."""
    packs: tuple[dict[str, Any], ...]
    """The packs in use as plain data, enough to load them again."""
    not_covered: tuple[UncoveredItem, ...]
    waivers: tuple[WaiverUse, ...]
    expect: tuple[str, ...]
    observations: dict[str, dict[str, str]] = {}
    """What was read of a flow beyond its headers: flow -> name -> value. ``wakes``: the MAC that a magic packet
    names; ``wakes_in``: its segment; ``request``: the flow that a transfer answers; ``judged_as``: the
    request that a flow answers from elsewhere, and by whose row it is judged; ``probe``: ``yes`` for a ping by
    which a DHCP server checks that an address is free; ``relay``: the DHCP relay that requests from another address
    name; ``unlisted_client``: the client that a DHCP answer to everybody is for, if the profile does not list it;
    ``tunnel``: what it was seen inside; ``http.path`` and the like: what tshark read."""
    machines: dict[str, tuple[str, ...]] = {}
    """Machines of the profile that a flow's messages name, whatever its ends are: flow -> names."""
    boots: tuple[BootStory, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    """Where flows were seen, most flows first; empty for a single vantage."""
    left_out: tuple[str, ...] = ()
    """Captures of a folder that could not be read, and why."""
    reading: ReadSettings = ReadSettings()
    dissection: DissectionSummary | None = None
    """None where only headers were judged, and in documents of earlier versions."""
    expectations: tuple[ExpectedItem, ...] = ()
    """The facts behind ``expect``."""
    outcomes: Annotated[tuple[dict[OutcomeWord, Count], ...], WrapValidator(checked_once)] = ()
    """For each line of the findings table: outcome -> number of its flows. Empty in documents of earlier versions."""

    attestations: tuple[AttestationUse, ...] = ()
    host_evidence: HostSummary | None = None
    """None without evidence of hosts."""

    @property
    def incomplete(self) -> bool:
        """Whether a capture was left out, is damaged, lost frames while it was taken, holds too many flows, or has
        frames that were not read because of their link type or encapsulation."""
        return bool(self.left_out) or any(
            capture.damage or capture.dropped or capture.unread or Aside.OVER.word in capture.accounted
            for capture in self.captures
        )
