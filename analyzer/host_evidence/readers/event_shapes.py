"""The shapes in which a Windows event comes as JSON: of evtx, of winlogbeat (6 and 7), and flat as NXLog ships it."""

from collections.abc import Mapping
from typing import Any

from analyzer.host_evidence.model import EVENT_CLOCK, LOCAL_EVENT_CLOCK, NO_TIME
from analyzer.host_evidence.moments import moment
from analyzer.host_evidence.readers.collect import clipped
from analyzer.host_evidence.readers.windows_events import WindowsEvent

Json = Mapping[str, Any]
MOST_OF_A_NUMBER = 10**18
"""Numbers of events and records are smaller."""


def event_of(record: object) -> WindowsEvent | None:
    """The event in a record of any of the shapes; None for what is no event."""
    if not isinstance(record, dict):
        return None
    for key, shape in (
        ("Event", _evtx),
        ("winlog", _winlogbeat),
        ("event_data", _old_winlogbeat),
        ("EventID", _flat),
    ):
        if key in record:
            return shape(record)
    return None


def _evtx(record: Json) -> WindowsEvent | None:
    """As the evtx package and evtx_dump write it: attributes below ``#attributes``, text below ``#text``."""
    body = _mapping(record.get("Event"))
    system = _mapping(body.get("System"))
    event = _number(system.get("EventID"))
    if event is None:
        return None
    created = _mapping(_mapping(system.get("TimeCreated")).get("#attributes"))
    time, zoned = moment(created.get("SystemTime", ""))
    return WindowsEvent(
        _number(system.get("EventRecordID")),
        event,
        _text(system.get("Channel")),
        _text(system.get("Computer")),
        time,
        EVENT_CLOCK if zoned or time == NO_TIME else LOCAL_EVENT_CLOCK,
        _data(body),
    )


def _data(body: Json) -> Json:
    """The named values of EventData; of UserData those of its one element."""
    data = body.get("EventData")
    if type(data) is dict:
        listed = data.get("Data")
        return _named(listed) if type(listed) is list else data
    for value in _mapping(body.get("UserData")).values():
        if isinstance(value, dict):
            return value
    return {}


def _named(listed: list[Any]) -> Json:
    """Values of elements that name themselves in an attribute, as some converters write them."""
    found = {}
    for one in listed[:1000]:
        if isinstance(one, dict):
            name = one.get("@Name") or one.get("Name") or _mapping(one.get("#attributes")).get("Name")
            if isinstance(name, str):
                found[name] = one.get("#text", one.get("Value"))
    return found


def _winlogbeat(record: Json) -> WindowsEvent | None:
    body = _mapping(record.get("winlog"))
    number = _number(body.get("event_id", _mapping(record.get("event")).get("code")))
    if number is None:
        return None
    data = _mapping(body.get("event_data")) or _mapping(body.get("user_data"))
    return _shipped(number, record, body, _with_moved(number, record, data))


_SHARED_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Protocol": ("network", "transport"),
    "SourceIp": ("source", "ip"), "SourcePort": ("source", "port"),
    "DestinationIp": ("destination", "ip"), "DestinationPort": ("destination", "port"),
    "Image": ("process", "executable"), "NewProcessName": ("process", "executable"),
    "ProcessName": ("process", "executable"), "NewProcessId": ("process", "pid"),
    "ParentProcessId": ("process", "parent", "pid"),
}  # fmt: skip
"""Fields of events, and where the modules of winlogbeat move them (Elastic Common Schema)."""
_INITIATED = {"egress": "true", "outbound": "true", "ingress": "false", "inbound": "false"}
_STARTED_BY_FIELD = 4688
"""The event whose ``ProcessId`` is that of the process that started the new one."""


def _with_moved(number: int, record: Json, data: Json) -> Json:
    """The values of an event with those that a module of winlogbeat moved out of them."""
    if not isinstance(record.get("process"), dict):
        return data
    own = ("process", "parent", "pid") if number == _STARTED_BY_FIELD else ("process", "pid")
    moved = {name: _deep(record, places) for name, places in {**_SHARED_FIELDS, "ProcessId": own}.items()}
    moved["Initiated"] = _INITIATED.get(_text(_deep(record, ("network", "direction"))))
    return {**{name: value for name, value in moved.items() if value is not None}, **data}


def _deep(record: Json, places: tuple[str, ...]) -> Any:
    found: Any = record
    for place in places:
        found = _mapping(found).get(place)
    return found


def _old_winlogbeat(record: Json) -> WindowsEvent | None:
    number = _number(record.get("event_id"))
    return None if number is None else _shipped(number, record, record, _mapping(record.get("event_data")))


def _shipped(number: int, record: Json, body: Json, data: Json) -> WindowsEvent:
    """winlogbeat's ``@timestamp`` is the time of the event."""
    time, zoned = moment(record.get("@timestamp", ""))
    return WindowsEvent(
        number=_number(body.get("record_id", body.get("record_number"))),
        event=number,
        channel=_text(body.get("channel", body.get("log_name"))),
        computer=_text(body.get("computer_name")),
        time=time,
        clock=EVENT_CLOCK if zoned or time == NO_TIME else LOCAL_EVENT_CLOCK,
        data=data,
    )


def _flat(record: Json) -> WindowsEvent | None:
    """All fields side by side. ``EventTime`` is the event's, in the host's own zone; ``TimeCreated`` is, too, whatever
    its Z says; ``@timestamp`` is when the shipper had it, and is taken where there is nothing else."""
    number = _number(record.get("EventID"))
    if number is None:
        return None
    for key in ("EventTime", "TimeCreated", "@timestamp"):
        time, zoned = moment(record.get(key, ""))
        if time != NO_TIME:
            break
    return WindowsEvent(
        number=_number(record.get("RecordNumber", record.get("EventRecordID"))),
        event=number,
        channel=_text(record.get("Channel", record.get("LogName"))),
        computer=_text(record.get("Hostname", record.get("Computer", record.get("MachineName")))),
        time=time,
        clock=EVENT_CLOCK if zoned or time == NO_TIME else LOCAL_EVENT_CLOCK,
        data=record,
    )


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """A value, or the text of an element that has attributes."""
    return clipped(value.get("#text") if type(value) is dict else value)


def _number(value: object) -> int | None:
    """A number that is not negative and has at most 18 digits; None for any other value."""
    if type(value) is int:
        return value if 0 <= value < MOST_OF_A_NUMBER else None
    text = _text(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
