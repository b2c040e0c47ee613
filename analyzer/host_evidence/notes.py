"""Sentences about the evidence of hosts, made last, out of codes and values. Nothing here decides anything."""

from collections.abc import Callable, Mapping
from typing import Any

from analyzer.host_evidence.coverage import Why
from analyzer.host_evidence.listeners import ListenerCheck
from analyzer.host_evidence.model import NO_TIME, SECOND, EvidenceWord, HostNote, Log
from analyzer.text import visible
from analyzer.times import time_text
from analyzer.units import plural, seconds

CLAIM = (
    "The evidence of hosts is what the hosts themselves recorded. A compromised host can record anything: where a "
    "machine may be compromised, its evidence proves nothing."
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
    "unreadable": "the file could not be read to its end",
    "unknown-form": "its content is of no kind that is read",
}

WHYS: Mapping[Why, str] = {
    Why.NO_HOST: "no evidence of this host was given",
    Why.BEGAN_BEFORE: "the connection began before the capture",
    Why.NO_LOG: "the evidence of this host has no record of connections",
    Why.CLOCK: "the offset of the host's clock is not known",
    Why.BEFORE_LOG: "the log begins later than the flow",
    Why.AFTER_LOG: "the log ends earlier than the flow",
    Why.GAP: "records are missing from the log at this time",
    Why.NO_RECORD: "the log covers this time and has no record of this flow",
}
"""Why nothing is known of the program at an end."""


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


def _listed(texts: Any) -> str:
    return ", ".join(visible(str(text)) for text in texts)


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "not-evidence": lambda v: f"{_text(v, 'source')} is no evidence of a host: its content is of no kind that is read.",
    "reading-stopped": lambda v: f"{_text(v, 'source')} was not read to its end: {_why(v)}.",
    "unread-records": lambda v: f"{_text(v, 'source')}: {plural(v['count'], 'record')} could not be read.",
    "no-programs": lambda v: f"{_text(v, 'source')} ({_text(v, 'form')}) names no program at a socket.",
    "too-many-files": lambda v: f"Of {v['count']:,} files of evidence only the first {v['most']:,} were read.",
    "unknown-host": lambda v: (
        f"Whose evidence {_text(v, 'host')} is cannot be said: it shows no address of its own. Nothing of it is used. "
        "Name its machine in the profile, under hosts."
    ),
    "host-disagrees-with-profile": lambda v: (
        f"The profile says that {_text(v, 'host')} is {_text(v, 'machine')} ({_listed(v['profile'])}), and its records "
        f"show {_listed(v['own'])}. Nothing of it counts as proof."
    ),
    "address-claimed-twice": lambda v: (
        f"{_text(v, 'host')} and {_listed(v['others'])} both claim {_listed(v['addresses'])}. Nothing of them counts "
        "as proof."
    ),
    "clock-unknown": lambda v: (
        f"The clock of {_text(v, 'host')} ({_text(v, 'clock')}) could not be measured: "
        f"{plural(v['anchors'], 'connection')} of the capture can be compared with it, and three are needed. Its "
        "matches are unproven. If you know its offset, give it with --host-clock."
    ),
    "clock-changed": lambda v: (
        f"The clock of {_text(v, 'host')} ({_text(v, 'clock')}) has no single offset: "
        f"{plural(v['anchors'], 'connection')} agree and {v['apart']:,} do not. Its matches are unproven."
    ),
    "clock-offset": lambda v: (
        f"The clock of {_text(v, 'host')} ({_text(v, 'clock')}) is {_span(v['offset'])} that of "
        f"the capture, by {plural(v['anchors'], 'connection')}; this is taken into account."
    ),
    "clock-of-nobody": lambda v: f"--host-clock names {_text(v, 'host')}, and no evidence is of such a host.",
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
        f"{_text(v, 'channel')} of {_text(v, 'host')}: {plural(v['missing'], 'record')} are missing, in "
        f"{plural(v['gaps'], 'gap')} ({_text(v, 'source')})."
    ),
    "log-stopped": lambda v: (
        f"{_text(v, 'channel')} of {_text(v, 'host')} was read up to {_moment(v['time'])} of its clock: {_why(v)} "
        f"({_text(v, 'source')})."
    ),
}
CODES = frozenset(_SENTENCES)


def about_listener(check: ListenerCheck) -> str:
    """A check of a port in one sentence."""
    place = f"{check.proto}/{check.port} of {visible(check.machine)}"
    wanted = " or ".join(check.expected)
    held = ", ".join(
        f"{visible(holder.path or holder.program) or 'a program without a name'} (process {holder.pid})"
        for holder in check.owners
    )
    if check.state == "free":
        free = "is free" if check.kind == "internal-port" else f"is held by no program; the table expects {wanted}"
        return f"{place} {free}."
    if check.state == "held":
        fits = (
            "as the table has it"
            if check.word is EvidenceWord.CONFIRMED
            else "which fits the table; its path is not proven"
        )
        return f"{place} is held by {held}, {fits}."
    if check.state == "held-by-other":
        return f"{place} is held by {held}; the table expects {wanted}."
    if check.doubtful:
        return f"{place}: the table of sockets names {held}, and whose table it is is in doubt."
    if check.state == "program-unknown":
        return f"{place} is held by {held}; whether that is {wanted} cannot be said."
    return f"{place} is held by several programs: {held}; the table expects {wanted}."


def about_log(log: Log) -> str:
    """What a log covers, in one sentence."""
    name = f"{visible(log.source)}: {visible(log.channel)} of {visible(log.host)}"
    if log.since == NO_TIME:
        return f"{name}: {plural(log.records, 'record')} without a time."
    return (
        f"{name}: {plural(log.records, 'record')}, {log.used:,} of them used, from {time_text(log.since)} to "
        f"{time_text(log.until)} of its clock ({log.clock})."
    )
