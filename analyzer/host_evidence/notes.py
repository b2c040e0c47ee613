"""Makes the sentences about the evidence of hosts from codes and values."""

from collections.abc import Callable, Mapping
from typing import Any

from analyzer.host_evidence.model import NO_TIME, SECOND, HostNote, Log
from analyzer.text import visible
from analyzer.times import time_text
from analyzer.units import plural, seconds

CLAIM = (
    "The hosts recorded this evidence themselves. A compromised host can record anything. The evidence of a machine "
    "that may be compromised proves nothing."
)
"""For the first screen of a report that uses such evidence."""

_WHY_STOPPED = {
    "ended": "the reading process ended early, out of memory or through a fault",
    "too-slow": "reading took longer than the time limit",
    "too-much-memory": "reading took more than the memory limit",
    "too-many-records": "it has more records than the limit",
    "too-many-unread": "too many records could not be read",
    "too-many-logs": "it names more hosts than the limit",
    "too-many-processes": "it names more processes than the limit",
    "list-too-large": "it is one JSON list, and larger than the limit: write one record on each line",
    "console-too-large": "it is larger than the limit for the output of a program",
    "unreadable": "the system reported an error",
    "unknown-form": "the format of its content is not supported",
}


def sentence(note: HostNote) -> str:
    """A note in one or two sentences; text of files and logs is made visible."""
    return _SENTENCES[note.code](note.values)


def _text(values: Mapping[str, Any], name: str) -> str:
    return visible(str(values[name]))


def _span(nanoseconds: int) -> str:
    side = "behind" if nanoseconds < 0 else "ahead of"
    return f"{seconds(abs(nanoseconds) / SECOND)} {side}"


def _moment(time: int) -> str:
    return time_text(time) if time >= 0 else "an unknown time"


def _why(values: Mapping[str, Any]) -> str:
    return _WHY_STOPPED.get(values["why"], visible(str(values["why"])))


def _offsets(values: Mapping[str, Any]) -> str:
    """Which periods of a clock that was changed are known."""
    if not values["offsets"]:
        return f"None of {plural(values['periods'], 'period')} has the three connections that show its offset."
    offsets = ", ".join(_span(offset) for offset in values["offsets"])
    known = f"{values['known']:,} of {plural(values['periods'], 'period')}"
    return f"The offset of {known} is known ({offsets} the clock of the capture)."


def _listed(texts: Any) -> str:
    return ", ".join(visible(str(text)) for text in texts)


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "not-evidence": lambda v: (
        f"{_text(v, 'source')} is not evidence of a host: the format of its content is not supported."
    ),
    "unreadable": lambda v: f"{_text(v, 'source')} could not be read: {_text(v, 'why')}.",
    "reading-stopped": lambda v: f"{_text(v, 'source')} was not read to its end: {_why(v)}.",
    "unread-records": lambda v: f"{_text(v, 'source')}: {plural(v['count'], 'record')} could not be read.",
    "no-programs": lambda v: f"{_text(v, 'source')} ({_text(v, 'form')}) names no program at a socket.",
    "too-many-files": lambda v: f"Of {v['count']:,} files of evidence only the first {v['most']:,} were read.",
    "unknown-host": lambda v: (
        f"The evidence {_text(v, 'host')} shows no address of its own host. It is not known which machine it belongs "
        "to, so it is not used. Name the machine in the profile, under hosts."
    ),
    "named-by-lease": lambda v: (
        f"The evidence of {_text(v, 'host')} belongs to {_text(v, 'address')}: the DHCP client {_text(v, 'mac')} gave "
        "this name and received this address. Its records show no address of its own."
    ),
    "lease-not-clear": lambda v: (
        f"The evidence {_text(v, 'host')} shows no address of its own host. DHCP clients gave this name, but it is not "
        f"clear which computer had {_listed(v['addresses'])}. The evidence is not used. Name the machine in the "
        "profile, under hosts."
    ),
    "lease-disagrees-with-profile": lambda v: (
        f"The DHCP client {_text(v, 'mac')} gave the name {_text(v, 'host')} and received {_text(v, 'address')}, but "
        "the profile has another machine of this name, address or MAC. This evidence is not counted as proof."
    ),
    "host-disagrees-with-profile": lambda v: (
        f"The profile assigns {_text(v, 'host')} to {_text(v, 'machine')} ({_listed(v['profile'])}), but the "
        "records of "
        f"{_text(v, 'host')} show {_listed(v['own'])}. This evidence is not counted as proof."
    ),
    "address-claimed-twice": lambda v: (
        f"{_text(v, 'host')} and {_listed(v['others'])} have the same addresses: {_listed(v['addresses'])}. Their "
        "evidence is not counted as proof."
    ),
    "clock-unknown": lambda v: (
        f"The clock of {_text(v, 'host')} ({_text(v, 'clock')}) could not be measured: at least three connections of "
        f"the capture are needed, and {plural(v['anchors'], 'connection')} can be used. Matches by this clock are "
        "unproven. If you know the offset of the clock, give it with --host-clock."
    ),
    "clock-changed": lambda v: (
        f"The clock of {_text(v, 'host')} ({_text(v, 'clock')}) has no single offset: "
        f"{plural(v['anchors'], 'connection')} agree and {v['apart']:,} do not. Matches by this clock are unproven."
    ),
    "clock-was-changed": lambda v: (
        f"The clock of {_text(v, 'host')} ({_text(v, 'clock')}) was set to another time while its log was written. "
        f"Each period between the changes is compared by its own offset. {_offsets(v)} Matches by the times of other "
        "periods, and by times near a change, are unproven."
    ),
    "clock-in-doubt": lambda v: (
        f"The clock of {_text(v, 'host')} ({_text(v, 'clock')}) may have changed: "
        f"{plural(v['anchors'], 'connection agrees', 'connections agree')} on its offset, and {v['apart']:,} "
        f"{'does' if v['apart'] == 1 else 'do'} not. Matches by the times near those are unproven."
    ),
    "clock-offset": lambda v: (
        f"The clock of {_text(v, 'host')} ({_text(v, 'clock')}) is {_span(v['offset'])} the clock "
        f"of the capture. {plural(v['anchors'], 'connection shows', 'connections show')} this. The times were "
        "corrected by this offset."
    ),
    "clock-override-disagrees": lambda v: (
        f"--host-clock says that the clock of {_text(v, 'host')} ({_text(v, 'clock')}) is {_span(v['offset'])} the "
        f"clock of the capture, but {plural(v['anchors'], 'connection shows', 'connections show')} another offset. "
        "Matches by this clock are unproven."
    ),
    "clock-of-nobody": lambda v: f"--host-clock names {_text(v, 'host')}, but no evidence of this host was given.",
    "process-not-named": lambda v: (
        f"{_text(v, 'host')}: {plural(v['count'], 'record has', 'records have')} only a process id. The program that "
        f"had the id is not known ({_reasons(v['reasons'])})."
    ),
    "other-program-not-proven": lambda v: (
        f"{_text(v, 'host')}: {plural(v['count'], 'program')} that the table does not declare "
        f"{'has' if v['count'] == 1 else 'have'} a port or a flow of the table: {_listed(v['programs'])}. Only Sysmon "
        "names them by their process ids, and its log can leave out programs. So this is not proven: check the host."
    ),
    "times-do-not-fit": lambda v: (
        f"{plural(v['count'], 'record has', 'records have')} the same addresses and ports as a flow at another time. "
        "They were not used."
    ),
    "log-cleared": lambda v: (
        f"{_text(v, 'channel')} of {_text(v, 'host')} was cleared at {_moment(v['time'])} of its clock "
        f"({_text(v, 'source')})."
    ),
    "log-begins-late": lambda v: (
        f"{_text(v, 'channel')} of {_text(v, 'host')} begins at {_moment(v['time'])} of its clock: earlier records "
        f"were overwritten or not exported ({_text(v, 'source')})."
    ),
    "log-gaps": lambda v: (
        f"{_text(v, 'channel')} of {_text(v, 'host')}: {plural(v['missing'], 'record is', 'records are')} missing, in "
        f"{plural(v['gaps'], 'gap')} ({_text(v, 'source')})."
    ),
    "log-stopped": lambda v: (
        f"{_text(v, 'channel')} of {_text(v, 'host')} was read up to {_moment(v['time'])} of its clock: {_why(v)} "
        f"({_text(v, 'source')})."
    ),
}
_WHY_NOT_NAMED = {
    "no-process-events": "no event of a process of this host was given",
    "no-time": "the record has no time",
    "clocks-not-comparable": "the clocks of the record and of the process events cannot be compared",
    "not-covered": "no log of processes covers the time of the record",
    "no-process-with-this-id": "the log shows no process with this id at the time of the record",
    "used-again": "more than one process had the id at about the time of the record",
}


def _reasons(counts: Mapping[str, int]) -> str:
    return "; ".join(f"{count:,}: {_WHY_NOT_NAMED[reason]}" for reason, count in counts.items())


CODES = frozenset(_SENTENCES)


def about_log(log: Log) -> str:
    """What a log covers, in one sentence."""
    name = f"{visible(log.source)}: {visible(log.channel)} of {visible(log.host)}"
    if log.since == NO_TIME:
        return f"{name}: {plural(log.records, 'record')} without a time."
    return (
        f"{name}: {plural(log.records, 'record')}, {log.used:,} of them used, from {time_text(log.since)} to "
        f"{time_text(log.until)} of its clock ({log.clock})."
    )
