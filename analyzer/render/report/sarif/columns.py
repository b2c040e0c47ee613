"""The parts of SARIF results as columns of JSON texts: each different value is written once."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache, partial
from json.encoder import encode_basestring_ascii
from typing import Any

from analyzer.messages.english import sentence
from analyzer.render.shared.escape import visible
from analyzer.render.shared.page_model import host_text
from analyzer.report.advice import advice_of
from analyzer.values import Verdict

TEXTS = (
    "finding", "verdict", "reason", "item", "service", "outcome", "citation", "first_seen", "last_seen",
    "example_flow", "capture", "orig_name", "resp_name",
)  # fmt: skip
COUNTED = ("flows", "pkts", "bytes", "first_frame")
ENDS = (("originator", "orig_h", "orig_role", "orig_name"), ("responder", "resp_h", "resp_role", "resp_name"))

_PLAIN = str.maketrans({"\\": "\\\\", "[": "\\[", "]": "\\]", "{": "{{", "}": "}}"})

Json = dict[str, Any]
Column = list[str]
"""A text of JSON a finding."""


def json_of(part: Any) -> str:
    return json.dumps(part, sort_keys=True, separators=(",", ":"))


def plain(text: str) -> str:
    """Text of which nothing is a link or a placeholder (3.11.5 and 3.11.6 of the standard), character by character."""
    return visible(text).translate(_PLAIN)


def member(name: str, values: Iterable[Any], written: Callable[[Any], str]) -> Column:
    """A member of each line's object, each distinct value written once; nothing where nothing is written."""

    def pair(value: Any) -> str:
        text = written(value)
        return f'"{name}":{text}' if text else ""

    return list(map(cache(pair), values))


def objects(*members: Column) -> Column:
    """An object of each line's members."""
    return [f"{{{','.join(filter(None, line))}}}" for line in zip(*members, strict=True)]


def quoted(text: str) -> str:
    return encode_basestring_ascii(text) if text else ""


@lru_cache(1 << 16)
def within(text: str) -> str:
    """Text as a part of a message in JSON."""
    return encode_basestring_ascii(plain(text))[1:-1]


def level(kind: tuple[str, bool]) -> str:
    """``kind``: verdict, and whether it was stopped."""
    return '"error"' if kind == (Verdict.UNEXPECTED, False) else '"warning"'


def headings(found: dict[str, list[Any]]) -> Iterator[str]:
    """Verdict, hosts, service and number of flows, as they are written within a message."""
    ends = [list(map(cache(end), found[host], found[role], found[name])) for _, host, role, name in ENDS]
    kinds = map(cache(kind), found["verdict"], found["reason"])
    flows = map(cache(times), found["flows"])
    for what, orig, resp, service, often in zip(kinds, *ends, found["service"], flows, strict=True):
        hosts = " to ".join(filter(None, (orig, resp)))
        yield ", ".join(filter(None, (what, hosts, within(service), often)))


def kind(verdict: str, reason: str) -> str:
    return within(f"{verdict} ({reason})" if reason else verdict)


def end(host: str, role: str, name: str) -> str:
    named = host_text(host, name)
    return within(f"{named} {role}" if role and host else named)


def times(flows: int) -> str:
    return f"{flows} flow{'s' * (flows != 1)}" if flows else ""


def logical_locations(found: dict[str, list[Any]]) -> Column:
    """The two ends, as far as a finding has them."""
    ends = [map(partial(host, name), found[address], found[role]) for name, address, role, _ in ENDS]
    return [f'"logicalLocations":[{",".join(filter(None, both))}]' for both in zip(*ends, strict=True)]


@lru_cache(1 << 16)
def host(name: str, address: str, role: str) -> str:
    """An end of a finding; nothing where it has none."""
    whole = f"{role}/{address}" if role else address
    members = {"name": visible(address), "kind": name, "fullyQualifiedName": visible(whole)}
    return json_of(members) if address else ""


def next_step(kind: tuple[str, str]) -> str:
    """What to do next. ``kind``: verdict and reason."""
    advice = advice_of(*kind)
    return quoted(sentence(advice)) if advice else ""


def properties(found: dict[str, list[Any]]) -> Column:
    """What programs sort and filter by; times as in the tables."""
    columns = {name: member(name, found[name], lambda text: quoted(visible(text))) for name in TEXTS}
    columns |= {name: member(name, found[name], lambda count: str(count) if count >= 0 else "") for name in COUNTED}
    columns["wireshark_filter"] = member("wireshark_filter", found["wireshark_filter"], quoted)
    columns["next"] = member("next", zip(found["verdict"], found["reason"], strict=True), next_step)
    columns["stopped"] = member("stopped", found["stopped"], json.dumps)
    return objects(*(columns[name] for name in sorted(columns)))
