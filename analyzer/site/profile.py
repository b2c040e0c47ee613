"""The model of a site profile: the hosts, machines and segments of the captured network.

Every address, network and MAC is kept in one spelling, so that text can be compared with text. Frozen;
``Profile.model_validate(profile.model_dump(mode="json"))`` gives the same profile again.
"""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from analyzer.site import parsing
from analyzer.timezone import zone_name
from analyzer.values import Role

Host = Annotated[str, AfterValidator(parsing.host)]
Place = Annotated[str, AfterValidator(parsing.place)]
Network = Annotated[str, AfterValidator(parsing.network)]
Range = Annotated[str, AfterValidator(parsing.address_range)]
Mac = Annotated[str, AfterValidator(parsing.mac)]
Moment = Annotated[str, AfterValidator(parsing.moment)]
Zone = Annotated[str, AfterValidator(zone_name)]
Service = Annotated[str, AfterValidator(parsing.service)]
Text = Annotated[str, Field(min_length=1)]
Architecture = Literal["x86", "x64"]
Os = Literal["windows-x86", "windows-x64", "linux"]

WEB_PORT = 80
"""The port of the web service, unless the profile has another one."""

ANYONE = "any"
RESERVED_NAMES = frozenset({ANYONE, *Role})
"""Words with a meaning in waivers: no machine can have such a name."""


class ProfileModel(BaseModel):
    """No unknown key, no change after loading; dumped under the names that the file uses."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)


class Segment(ProfileModel):
    """A broadcast domain and its network."""

    name: Text
    cidr: Network


class Server(ProfileModel):
    """The DPM Server.

    ``architecture``: x86 unless the profile says x64, because the table prints its paths for x86 (footnote *1).
    ``web_port``: that of its web service (footnote *10).
    """

    addresses: tuple[Host, ...] = Field(min_length=1)
    architecture: Architecture = "x86"
    web_port: int = Field(default=WEB_PORT, ge=1, le=65535)


def _word_none(text: str) -> str:
    if text != "none":
        raise ValueError(f"{text!r} is no list: write [{text}] for addresses, or none where there is no DHCP server")
    return text


def _text_or(other: str, value: Any) -> str:
    return "text" if isinstance(value, str) else other


DhcpServers = Annotated[
    Annotated[tuple[Host, ...], Field(min_length=1), Tag("list")]
    | Annotated[str, AfterValidator(_word_none), Tag("text")],
    Discriminator(lambda value: _text_or("list", value)),
]


class Dhcp(ProfileModel):
    """DHCP at the site. ``servers``: addresses, or the word none; without it, nothing is known."""

    servers: DhcpServers | None = None
    relays: tuple[Host, ...] = ()


class Machine(ProfileModel):
    """A managed machine, or with ``cidr`` or ``range`` a pool of them that share one name."""

    name: Text
    address: Host | None = None
    cidr: Network | None = None
    range: Range | None = None
    mac: Mac | None = None
    os: Os | None = None

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if not (self.addresses or self.mac):
            raise ValueError(f"machine {self.name!r} cannot be found: give it an address, mac, cidr or range")
        if self.name in RESERVED_NAMES:
            raise ValueError(f"{self.name!r} is a word of waivers: give the machine another name")
        return self

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its address, network and range, as far as it has them."""
        return tuple(text for text in (self.address, self.cidr, self.range) if text)

    @property
    def kind(self) -> Literal["single", "pool"]:
        return "pool" if self.cidr or self.range else "single"


class Expectation(ProfileModel):
    """An item or rule that the captures must show, if need be of certain machines or within a time.

    ``machines``: names; without names, any machine. ``since``, ``until``: the file's ``from`` and ``until``.
    """

    item: Text
    machines: tuple[Text, ...] = ()
    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = None

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        begin, end = self.window
        if begin is not None and end is not None and begin >= end:
            raise ValueError(f"from {self.since} until {self.until} is no time at all: exchange them")
        return self

    @property
    def window(self) -> tuple[int | None, int | None]:
        """First nanosecond in it and first after it, since the epoch in UTC; None where it is open."""
        return (
            parsing.start_ns(self.since) if self.since else None,
            parsing.end_ns(self.until) if self.until else None,
        )


class Waiver(ProfileModel):
    """A finding that somebody is responsible for until a day (that day included).

    ``orig``, ``resp``: an address, a network, a machine's name, a role or ``any``. ``service``: ``any`` or
    protocol/number, of the responder. ``ticket``: where it was decided.
    """

    orig: Text
    resp: Text
    service: Service
    reason: Text
    owner: Text
    expires: date
    ticket: Text | None = None


class Attestation(ProfileModel):
    """What somebody states of a row, or of an item that the table does not cover, until a day (that day included).

    ``rule``: the id of a row, ``machine``: the machine that its line in rows.csv names; ``item``: an item of the guide.
    """

    rule: Text | None = None
    item: Text | None = None
    machine: Text | None = None
    owner: Text
    evidence: Text
    expires: date
    ticket: Text | None = None

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if (self.rule is None) == (self.item is None):
            raise ValueError("write either rule (the id of a row) or item (an item that the table does not cover)")
        if self.machine is not None and self.rule is None:
            raise ValueError("machine belongs to a rule: an item is attested for the whole site")
        return self

    @property
    def target(self) -> tuple[str, str, str]:
        """Rule, item and machine, as the line of a row has them; the item is empty where a rule is named."""
        return self.rule or "", self.item or "", self.machine or ""


Expected = Annotated[
    Annotated[Text, Tag("text")] | Annotated[Expectation, Tag("mapping")],
    Discriminator(lambda value: _text_or("mapping", value)),
]


class Profile(ProfileModel):
    """The whole file. ``dpm_server`` is None only in a profile drafted from captures that show none.

    ``hosts``: whose evidence is whose. A key is the name of an evidence file, or a computer's name as its log has it; a
    value is the name of a managed machine, ``dpm-server`` or an address. ``timezone``: the zone in which the report
    shows times beside UTC. ``customer``, ``prepared_by``, ``reference``: what the first page of the PDF names.
    """

    version: Literal[1]
    name: Text
    segments: tuple[Segment, ...] = ()
    dpm_server: Server | None = None
    dhcp: Dhcp = Dhcp()
    managed_machines: tuple[Machine, ...] = ()
    image_builder: tuple[Place, ...] = ()
    command_line: tuple[Place, ...] = ()
    expect: tuple[Expected, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    hosts: dict[Text, Text] = {}
    timezone: Zone = ""
    customer: Text | None = None
    prepared_by: Text | None = None
    reference: Text | None = None
