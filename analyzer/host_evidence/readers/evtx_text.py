"""Records of the ``evtx`` package as it writes them, read without a JSON parser: a large log has millions of them.

Whatever is not exactly in this form is left to the parser (``evtx_file``). A quote inside a value is escaped, so a key
with its quotes is found only where it is one.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from analyzer.host_evidence.addresses import address, port, protocol
from analyzer.host_evidence.model import (
    APART_SYSMON_CLOCK,
    EVENT_CLOCK,
    NO_PID,
    NO_PORT,
    NO_TIME,
    SYSMON_CLOCK,
    Attribution,
    Direction,
    Local,
    ProcessChange,
    ProcessEvent,
)
from analyzer.host_evidence.moments import nanoseconds
from analyzer.host_evidence.readers.collect import Collector, base_name, clipped
from analyzer.host_evidence.readers.windows_events import (
    NOWHERE,
    SECURITY,
    SESSION_MANAGER,
    SYSMON,
    WFP_DIRECTIONS,
    are_apart,
    channel_name,
    process_id,
    wanted,
)

_EVENT = re.compile(r'"EventID":(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)?"#text":)?(?:"(?=\d+"))?(\d{1,5})"?[,}]', re.ASCII)
_SYSTEM = re.compile(
    r'"SystemTime":"([^"\\]{19})\.(\d{1,9})Z"\}\},"EventRecordID":(\d{1,18}),'
    r'[^C]*(?:C(?!hannel":)[^C]*)*(?<=")Channel":"([^"\\]{1,80})","Computer":"([^"\\]{1,255})"',
    re.ASCII,
)
"""System comes before the data, so what is found first is its own."""
_DATA = '"EventData":{'
_UTC = re.compile(r'"UtcTime":"([^"\\]{19})\.(\d{1,9})"', re.ASCII)

_CONNECTION = re.compile(
    r'"ProcessID":"?(\w+)"?,"Application":"([^"]*)","Direction":"([^"\\]*)","SourceAddress":"([^"\\]*)",'
    r'"SourcePort":"?(\d+)"?,"DestAddress":"([^"\\]*)","DestPort":"?(\d+)"?,"Protocol":(?:"(?=\d+"))?(\d+)"?[,}]',
    re.ASCII,
)
_LISTENER = re.compile(
    r'"ProcessI[dD]":"?(\w+)"?,"Application":"([^"]*)","SourceAddress":"([^"\\]*)","SourcePort":"?(\d+)"?,'
    r'"Protocol":(?:"(?=\d+"))?(\d+)"?[,}]',
    re.ASCII,
)
_SYSMON = re.compile(
    r'(?:"RuleName":"[^"]*",)?"UtcTime":"[^"]*","ProcessGuid":"[^"]*","ProcessId":"?(\w+)"?,"Image":"([^"]*)",'
    r'(?:"User":"[^"]*",)?"Protocol":"(\w+)","Initiated":"?(true|false)"?,"SourceIsIpv6":"?\w+"?,'
    r'"SourceIp":"([^"\\]*)",(?:"SourceHostname":"[^"]*",)?"SourcePort":"?(\d+)"?,(?:"SourcePortName":"[^"]*",)?'
    r'"DestinationIsIpv6":"?\w+"?,"DestinationIp":"([^"\\]*)",(?:"DestinationHostname":"[^"]*",)?'
    r'"DestinationPort":(?:"(?=\d+"))?(\d+)"?[,}]',
    re.ASCII,
)
_SYSMON_PROCESS = re.compile(
    r'(?:"RuleName":"[^"]*",)?"UtcTime":"[^"]*","ProcessGuid":"[^"]*","ProcessId":"?(\w+)"?,"Image":"([^"]*)"[,}]',
    re.ASCII,
)
_STARTED = re.compile(r'(?:"Subject\w+":"[^"]*",)*"NewProcessId":"?(\w+)"?,"NewProcessName":"([^"]*)"[,}]', re.ASCII)
_STOPPED = re.compile(
    r'(?:"Subject\w+":"[^"]*",)*"Status":"[^"]*","ProcessId":"?(\w+)"?,"ProcessName":"([^"]*)"[,}]', re.ASCII
)


def read_text(text: str, into: Collector) -> bool:
    """Take a record without parsing it. Returns False, and takes nothing, for one that is not in the usual form.

    Raises TooMuch.
    """
    event = _EVENT.search(text)
    system = _SYSTEM.search(text, event.end()) if event else None
    if event is None or system is None:
        return False
    number, name, computer = system[3], system[4], system[5]
    channel = channel_name(name)
    if channel is None:
        return True
    clock, time = _time(text, channel, system)
    if time == NO_TIME or not computer.isascii():
        return False
    computer = into.same(computer)
    row: Attribution | ProcessEvent | None = None
    if wanted(channel, int(event[1])):
        taker = _TAKERS.get((channel, event[1]))
        at = text.find(_DATA, system.end())
        record = _Record(
            computer, time, into.source, number, clock == SYSMON_CLOCK and are_apart(_logged(system), time)
        )
        row = taker(text, at + len(_DATA), record) if taker and at >= 0 else None
        if row is None:
            return False
    into.saw(computer, channel, clock, time, int(number))
    if isinstance(row, ProcessEvent):
        into.add_process(row)
    elif row is not None:
        into.add(row, channel)
    return True


def _time(text: str, channel: str, system: "re.Match[str]") -> tuple[str, int]:
    """The clock of a record, and its time by it; NO_TIME where it is not in the usual form."""
    if channel == SYSMON:
        own = _UTC.search(text, system.end())
        if own is None:
            return SYSMON_CLOCK, NO_TIME
        return SYSMON_CLOCK, _logged(own)
    return EVENT_CLOCK, _logged(system)


def _logged(stated: "re.Match[str]") -> int:
    """The time of a match, by its seconds and their digits behind the point."""
    whole = _second(stated[1])
    return NO_TIME if whole == NO_TIME else whole + int(stated[2].ljust(9, "0"))


@lru_cache(maxsize=1 << 12)
def _second(text: str) -> int:
    return nanoseconds(text + "Z")[0]


class _Record(NamedTuple):
    """What every record has. ``apart``: whether its own time is far from that of the record."""

    computer: str
    time: int
    source: str
    number: str
    apart: bool


def _filter_event(kind: str) -> "_Taker":
    def taker(text: str, at: int, record: _Record) -> Attribution | None:
        match = _CONNECTION.match(text, at)
        if match is None:
            return None
        pid, application, code, a_h, a_p, b_h, b_p, proto = match.groups()
        a, b, name, program = _end(a_h, a_p), _end(b_h, b_p), protocol(proto), _program(application)
        if a is None or b is None or not name or program is None:
            return None
        computer, time, source, number, _ = record
        direction: Direction = WFP_DIRECTIONS.get(code, "")
        return Attribution(
            computer, name, *a, *b, "a" if direction == "out" else "", *program, _pid(pid), time, time, True,
            EVENT_CLOCK, kind, source, number, direction,
        )  # fmt: skip

    return taker


def _listener_event(kind: str) -> "_Taker":
    def taker(text: str, at: int, record: _Record) -> Attribution | None:
        match = _LISTENER.match(text, at)
        if match is None:
            return None
        pid, application, host, digits, proto = match.groups()
        a, name, program = _end(host, digits), protocol(proto), _program(application)
        if a is None or not name or program is None:
            return None
        computer, time, source, number, _ = record
        return Attribution(
            computer, name, *a, *NOWHERE, "a", *program, _pid(pid), time, time, False, EVENT_CLOCK, kind, source,
            number,
        )  # fmt: skip

    return taker


def _sysmon_event(text: str, at: int, record: _Record) -> Attribution | None:
    match = _SYSMON.match(text, at)
    if match is None:
        return None
    pid, image, proto, initiated, a_h, a_p, b_h, b_p = match.groups()
    a, b, name, program = _end(a_h, a_p), _end(b_h, b_p), protocol(proto), _program(image)
    if a is None or b is None or not name or program is None:
        return None
    computer, time, source, number, _ = record
    direction: Direction = "out" if initiated == "true" else "in"
    local: Local = "" if name != "tcp" else "a" if direction == "out" else "b"
    return Attribution(
        computer, name, *a, *b, local, *program, _pid(pid), time, time, True, SYSMON_CLOCK, "sysmon-3", source, number,
        direction,
    )  # fmt: skip


def _process_event(kind: str, change: ProcessChange, form: "re.Pattern[str]", channel: str, clock: str) -> "_Taker":
    def taker(text: str, at: int, record: _Record) -> ProcessEvent | None:
        match = form.match(text, at)
        program = _program(match[2]) if match else None
        # The session manager's start can show a boot, which the parser reads.
        if match is None or program is None or not program[1] or program[0].lower() == SESSION_MANAGER:
            return None
        pid = _pid(match[1])
        if pid == NO_PID:
            return None
        computer, time, source, number, apart = record
        by = APART_SYSMON_CLOCK if apart else clock
        return ProcessEvent(computer, pid, *program, time, change, by, kind, channel, source, number)

    return taker


_Taker = Callable[[str, int, _Record], Attribution | ProcessEvent | None]
_TAKERS: Mapping[tuple[str, str], _Taker] = {
    (SYSMON, "1"): _process_event("sysmon-1", "start", _SYSMON_PROCESS, SYSMON, SYSMON_CLOCK),
    (SYSMON, "3"): _sysmon_event,
    (SYSMON, "5"): _process_event("sysmon-5", "stop", _SYSMON_PROCESS, SYSMON, SYSMON_CLOCK),
    (SECURITY, "4688"): _process_event("security-4688", "start", _STARTED, SECURITY, EVENT_CLOCK),
    (SECURITY, "4689"): _process_event("security-4689", "stop", _STOPPED, SECURITY, EVENT_CLOCK),
    (SECURITY, "5154"): _listener_event("security-5154"),
    (SECURITY, "5156"): _filter_event("security-5156"),
    (SECURITY, "5157"): _filter_event("security-5157"),
    (SECURITY, "5158"): _listener_event("security-5158"),
}


@lru_cache(maxsize=1 << 16)
def _end(host: str, digits: str) -> tuple[str, int] | None:
    found, value = address(clipped(host)), port(digits)
    return (found, value) if found is not None and value is not None and value != NO_PORT else None


@lru_cache(maxsize=1 << 12)
def _program(text: str) -> tuple[str, str] | None:
    """Name and path of a program out of the text of a JSON value; None for text that is none."""
    try:
        path = clipped(json.loads(f'"{text}"'))
    except ValueError:
        return None
    return base_name(path), path


@lru_cache(maxsize=1 << 12)
def _pid(text: str) -> int:
    return process_id(text)
