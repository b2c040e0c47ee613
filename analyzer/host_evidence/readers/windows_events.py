"""Windows events to records: Sysmon 1, 3 and 5, Security 4688, 4689, 5154, 5156, 5157 and 5158, boots, changes of the
clock, and the clearing of logs.

Sources: Microsoft's description of each event (the fields of ``EventData``) and Sysmon's manifest. Only fields are
read, never the message, whose language is that of the host. The direction is that of ``Initiated`` and of the codes
%%14592 (inbound) and %%14593 (outbound).

Sysmon's ``UtcTime`` is the time of the event itself; it is a clock of its own, since it can differ from the time of the
record by minutes. A record's own time without a zone is a clock of its own, too: shippers write local time.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from analyzer.host_evidence.addresses import WILDCARD, address, port, protocol
from analyzer.host_evidence.model import (
    APART_SYSMON_CLOCK,
    CLOCKS_WITHOUT_ZONE,
    EVENT_CLOCK,
    NO_PID,
    NO_PORT,
    NO_TIME,
    SYSMON_CLOCK,
    SYSMON_DELAY,
    Attribution,
    Direction,
    Local,
    ProcessChange,
    ProcessEvent,
)
from analyzer.host_evidence.moments import nanoseconds
from analyzer.host_evidence.readers.clock_events import changes_of
from analyzer.host_evidence.readers.collect import Collector, TooMuch, base_name, clipped

SYSMON, SECURITY, SYSTEM = "Microsoft-Windows-Sysmon/Operational", "Security", "System"

WFP_DIRECTIONS: Mapping[str, Direction] = {"%%14592": "in", "%%14593": "out"}
_PID = re.compile(r"(0x)?([0-9a-f]{1,10})", re.IGNORECASE | re.ASCII)


class WindowsEvent(NamedTuple):
    """An event of any shipper. ``time``: when it was logged, of ``clock``; ``number``: of the record, or None.
    ``apart``: whether its own time is far from that of its record."""

    number: int | None
    event: int
    channel: str
    computer: str
    time: int
    clock: str
    data: Mapping[str, Any]
    apart: bool = False


def are_apart(logged: int, own: int) -> bool:
    """Whether the time of a record is far from the time that the event itself states."""
    return NO_TIME not in {logged, own} and abs(logged - own) > SYSMON_DELAY


def wanted(channel: str, event: int) -> bool:
    """Whether a record of this event is made of, or cleared, something."""
    return (channel, event) in _TAKERS


def take(event: WindowsEvent, into: Collector) -> None:
    """What an event says of a program. One whose fields make no sense counts as unread: an event of a million must not
    hide the others. Raises TooMuch."""
    try:
        _take(event, into)
    except TooMuch:
        raise
    except Exception:
        into.unread += 1


def _take(event: WindowsEvent, into: Collector) -> None:
    channel = channel_name(event.channel)
    if channel is None:
        return
    time, clock = event.time, event.clock
    if channel == SYSMON and (own := nanoseconds(str(event.data.get("UtcTime", "")))[0]) != NO_TIME:
        time, clock = own, SYSMON_CLOCK
    computer = into.same(clipped(event.computer)) or f"file:{into.source}"
    apart = event.clock == EVENT_CLOCK and are_apart(event.time, time)
    event = WindowsEvent(event.number, event.event, channel, computer, time, clock, event.data, apart)
    into.saw(computer, channel, clock, time, event.number)
    taker = _TAKERS.get((channel, event.event))
    if taker is not None and not taker(event, into):
        into.not_read(computer, channel, clock)


def channel_name(text: str) -> str | None:
    """The channel in Microsoft's spelling, where records of it are read."""
    return _CHANNELS.get(text.strip().lower())


_CHANNELS = {name.lower(): name for name in (SYSMON, SECURITY, SYSTEM)} | {"sysmon": SYSMON}


def _record(event: WindowsEvent) -> str:
    return "" if event.number is None else str(event.number)


def process_id(value: object) -> int:
    """A process id, in decimal or after 0x in hexadecimal digits; NO_PID for another value."""
    match = _PID.fullmatch(str(value).strip())
    if match is None:
        return NO_PID
    digits = match[2]
    if match[1]:
        return int(digits, 16)
    return int(digits) if digits.isdigit() else NO_PID


class _Columns(NamedTuple):
    """Where an event of a connection has its values. ``local``: the end of the host itself, by event and direction."""

    fields: tuple[str, str, str, str, str]
    direction: Callable[[WindowsEvent], Direction]
    local: Callable[[WindowsEvent, Direction], Local]


def _connection(kind: str, columns: _Columns) -> Any:
    program, a_h, a_p, b_h, b_p = columns.fields

    def taker(event: WindowsEvent, into: Collector) -> bool:
        data = event.data
        proto = protocol(data.get("Protocol", ""))
        if not proto:
            return bool(clipped(data.get("Protocol")))  # of a protocol that has no ports: nothing to take
        ends = _end(data, a_h, a_p), _end(data, b_h, b_p)
        if ends[0] is None or ends[1] is None:
            return False
        direction = columns.direction(event)
        row = _row(event, kind, proto, ends, columns.local(event, direction), clipped(data.get(program)), into)
        into.add(row._replace(direction=direction), event.channel)
        return True

    return taker


def _listener(kind: str) -> Any:
    def taker(event: WindowsEvent, into: Collector) -> bool:
        proto = protocol(event.data.get("Protocol", ""))
        if not proto:
            return bool(clipped(event.data.get("Protocol")))
        place = _end(event.data, "SourceAddress", "SourcePort")
        if place is None:
            return False
        path = clipped(event.data.get("Application"))
        into.add(_row(event, kind, proto, (place, NOWHERE), "a", path, into), event.channel)
        return True

    return taker


NOWHERE = (WILDCARD, NO_PORT)


def _row(  # noqa: PLR0913, PLR0917 - one for each part of a record
    event: WindowsEvent, kind: str, proto: str, ends: tuple[tuple[str, int] | None, ...], local: Local, path: str,
    into: Collector,
) -> Attribution:  # fmt: skip
    a, b = ends
    assert a is not None
    assert b is not None
    pid = process_id(event.data.get("ProcessId", event.data.get("ProcessID", "")))
    path = into.same(path)
    return Attribution(
        event.computer, proto, *a, *b, local, into.same(base_name(path)), path, pid, event.time, event.time,
        b is not NOWHERE, event.clock, kind, into.source, _record(event),
    )  # fmt: skip


BOOT = "boot"
"""The kind of an event that shows a boot; none is cited."""
SESSION_MANAGER, KERNEL = "smss.exe", 4
"""Windows' first program. The kernel starts it when the host boots, and it starts itself for each session."""


def _process(kind: str, change: ProcessChange, number: str, program: str, parent: str = "") -> Any:
    """A process that began or ended. ``number``, ``program``, ``parent``: the fields of its id, its path and the id of
    the process that started it."""

    def taker(event: WindowsEvent, into: Collector) -> bool:
        pid, path = process_id(event.data.get(number, "")), into.same(clipped(event.data.get(program)))
        if pid == NO_PID or not path:
            return False
        name = into.same(base_name(path))
        if parent and name.lower() == SESSION_MANAGER and process_id(event.data.get(parent, "")) == KERNEL:
            _booted(event, into)
        into.add_process(_changed(event, change, kind, pid, (name, path), into.source))
        return True

    return taker


def _booted(event: WindowsEvent, into: Collector) -> bool:
    into.add_process(_changed(event, "boot", BOOT, NO_PID, ("", ""), into.source))
    return True


def _changed(  # noqa: PLR0913, PLR0917 - one for each part of a record
    event: WindowsEvent, change: ProcessChange, kind: str, pid: int, program: tuple[str, str], source: str
) -> ProcessEvent:
    clock = APART_SYSMON_CLOCK if event.apart else event.clock
    return ProcessEvent(
        event.computer, pid, *program, event.time, change, clock, kind, event.channel, source, _record(event)
    )


def _end(data: Mapping[str, Any], host: str, number: str) -> tuple[str, int] | None:
    found, value = address(clipped(data.get(host, "-"))), port(clipped(data.get(number, "-")))
    return (found, value) if found is not None and value is not None and value != NO_PORT else None


def _sysmon_direction(event: WindowsEvent) -> Direction:
    said = str(event.data.get("Initiated", "")).lower()
    return "out" if said == "true" else "in" if said == "false" else ""


def _sysmon_local(event: WindowsEvent, direction: Direction) -> Local:
    """Sysmon turns the ends of datagrams round where the server's port is the smaller, so only TCP says something."""
    tcp = protocol(event.data.get("Protocol", "")) == "tcp"
    return "" if not tcp else "a" if direction == "out" else "b" if direction == "in" else ""


def _wfp_direction(event: WindowsEvent) -> Direction:
    return WFP_DIRECTIONS.get(str(event.data.get("Direction", "")), "")


def _wfp_local(_event: WindowsEvent, direction: Direction) -> Local:
    # Of inbound connections new versions of Windows name the remote end first, and old ones the local end.
    return "a" if direction == "out" else ""


def _cleared_itself(event: WindowsEvent, into: Collector) -> bool:
    into.was_cleared(event.computer, SECURITY, event.clock, event.time)
    return True


def _cleared_other(event: WindowsEvent, into: Collector) -> bool:
    channel = channel_name(clipped(event.data.get("Channel"))) or ""
    if channel in {SYSMON, SECURITY}:
        into.was_cleared(event.computer, channel, event.clock, event.time)
    return True


def _clock(old: str) -> Any:
    """The clock was set to another time. ``old``: the field of the time before."""

    def taker(event: WindowsEvent, into: Collector) -> bool:
        if old not in event.data or "NewTime" not in event.data:
            return True  # another program's event of the same number
        times = clipped(event.data[old]), clipped(event.data["NewTime"])
        changes = changes_of(*times, event.time, zoned=event.clock not in CLOCKS_WITHOUT_ZONE)
        into.clock_changed(event.computer, event.channel, event.clock, changes or ())
        return changes is not None

    return taker


_SYSMON_COLUMNS = _Columns(
    ("Image", "SourceIp", "SourcePort", "DestinationIp", "DestinationPort"), _sysmon_direction, _sysmon_local
)
_WFP_COLUMNS = _Columns(
    ("Application", "SourceAddress", "SourcePort", "DestAddress", "DestPort"), _wfp_direction, _wfp_local
)

_TAKERS: Mapping[tuple[str, int], Callable[[WindowsEvent, Collector], bool]] = {
    (SYSMON, 1): _process("sysmon-1", "start", "ProcessId", "Image", "ParentProcessId"),
    (SYSMON, 5): _process("sysmon-5", "stop", "ProcessId", "Image"),
    (SECURITY, 4608): _booted,
    (SECURITY, 4616): _clock("PreviousTime"),
    (SECURITY, 4688): _process("security-4688", "start", "NewProcessId", "NewProcessName", "ProcessId"),
    (SECURITY, 4689): _process("security-4689", "stop", "ProcessId", "ProcessName"),
    (SYSMON, 3): _connection("sysmon-3", _SYSMON_COLUMNS),
    (SECURITY, 1102): _cleared_itself,
    (SECURITY, 5154): _listener("security-5154"),
    (SECURITY, 5156): _connection("security-5156", _WFP_COLUMNS),
    (SECURITY, 5157): _connection("security-5157", _WFP_COLUMNS),
    (SECURITY, 5158): _listener("security-5158"),
    (SYSTEM, 1): _clock("OldTime"),
    (SYSTEM, 104): _cleared_other,
    (SYSTEM, 6005): _booted,
    (SYSTEM, 6009): _booted,
}
