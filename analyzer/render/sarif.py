"""The findings as SARIF 2.1.0, for what reads the results of analysis tools: code scanning, dashboards, editors.

Source: OASIS, Static Analysis Results Interchange Format, version 2.1.0. A finding is a result, a row of the table is
a rule, and where a rule stands is the result's location; the captures are artifacts, the hosts logical locations.
"""

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from analyzer.render import view
from analyzer.render.escape import visible
from analyzer.report import Capture, Report, RuleSource
from analyzer.rules import Rule, RuleTable, table_from_packs
from analyzer.values import Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
NO_RESULTS = b'"results":[]'
"""As it stands in a log without any; inside a text its quotes would be escaped."""
FINGERPRINT = "finding/v1"
"""The name of the fingerprint; what it is made of changes only with the number."""
DYNAMIC_PORTS = 49_152
"""From here on ports are given to whoever asks (RFC 6335), unless the table fixes them."""
NO_ROW = {
    "no-row": "No row of the table comes near the flow.",
    "missing": "An item had to be seen, and the table in use has no row for it.",
}
"""Rules for findings that no row of the table was near to."""

TOLD = (
    "finding", "verdict", "reason", "item", "service", "outcome", "citation", "first_seen", "last_seen",
    "example_flow", "capture",
)  # fmt: skip
COUNTED = ("flows", "pkts", "bytes", "first_frame")

Json = dict[str, Any]


def files(report: Report) -> dict[str, bytes]:
    """``report.sarif``: ASCII, keys sorted, the same for the same document."""
    results, around = log(report)
    head, _, tail = written(around).partition(NO_RESULTS)
    # A text of a million findings, not a million findings as objects: each is written once it is made.
    whole = b",".join(written(result) for result in results)
    return {"report.sarif": b"".join([head, NO_RESULTS[:-1], whole, NO_RESULTS[-1:], tail, b"\n"])}


def written(part: Json) -> bytes:
    return json.dumps(part, sort_keys=True, separators=(",", ":")).encode("ascii")


def log(report: Report) -> tuple[Iterator[Json], Json]:
    """The results, and the log with one run that they belong to, without them."""
    table = table_from_packs(report.meta.packs)
    rules = [*(described(rule, table) for rule in table.rules), *(plain_rule(*item) for item in NO_ROW.items())]
    places = Places(report, table, {rule["id"]: place for place, rule in enumerate(rules)})
    meta = report.meta
    driver = {"name": meta.tool, "version": meta.version, "semanticVersion": meta.version, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": [*notices(report)]}],
        "artifacts": [*map(pack_artifact, meta.rules), *map(capture_artifact, meta.captures)],
        "results": [],
        "columnKind": "unicodeCodePoints",
        "properties": {"headline": visible(meta.headline), "verdicts": meta.verdicts, "site": visible(meta.site.name)},
    }
    results = (places.result(found) for found in view.findings(report, len(report.findings)))
    return results, {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def message(*texts: str) -> Json:
    """Texts, a line each, of which nothing is a link or a placeholder (3.11.5 and 3.11.6 of the standard)."""
    shown = "\n".join(visible(text) for text in texts)
    for mark in "\\[]":
        shown = shown.replace(mark, f"\\{mark}")
    return {"text": shown.replace("{", "{{").replace("}", "}}")}


def described(rule: Rule, table: RuleTable) -> Json:
    """A row of the table as a rule: what it states, where it stands, and its footnotes."""
    ends = [
        f"{' or '.join(role.value for role in side.roles)}:{'any' if side.port is None else side.port}"
        for side in (rule.originator, rule.responder)
    ]
    states = f"{rule.item}: {rule.protocol}, {ends[0]} to {ends[1]}"
    notes = [
        f"*{number} (p. {table.footnotes[number].page}) {table.footnotes[number].text}"
        for number in rule.footnotes
        if number in table.footnotes
    ]
    citation = table.citation(rule)
    help_text = [f"{states}, addressed by {', '.join(cast.value for cast in rule.casts)}.", f"{citation}.", *notes]
    return {
        "id": visible(rule.id),
        "shortDescription": message(f"{states}."),
        "fullDescription": message(f"{states}. {citation}."),
        "help": message(*help_text, *([rule.note] if rule.note else [])),
        "properties": {
            "item": visible(rule.item),
            "page": rule.page,
            "footnotes": [f"*{number}" for number in rule.footnotes],
            "citation": visible(citation),
        },
    }


def plain_rule(name: str, text: str) -> Json:
    return {"id": name, "shortDescription": message(text), "help": message(text, "docs/verdicts.md has the decision.")}


def notices(report: Report) -> Iterator[Json]:
    """What the reader has to know before reading on."""
    for note in report.meta.notes:
        yield {"level": "warning" if note.level == "warning" else "note", "message": message(note.text)}


@lru_cache(1 << 16)
def uri(name: str) -> str:
    """A name as a relative reference: nothing in it is a scheme, a query or a host."""
    return quote(name.encode("utf-8", "surrogatepass"), safe="/").lstrip("/")


def pack_uri(pack: RuleSource) -> str:
    return uri(f"rules/{pack.name}" if pack.shipped else pack.name)


def pack_artifact(pack: RuleSource) -> Json:
    return {
        "location": {"uri": pack_uri(pack)},
        "hashes": {"sha-256": pack.sha256},
        "roles": ["toolSpecifiedConfiguration" if pack.shipped else "userSpecifiedConfiguration"],
        "description": message(pack.title),
    }


def capture_artifact(capture: Capture) -> Json:
    return {
        "location": {"uri": uri(capture.name)},
        "length": capture.size,
        "hashes": {"sha-256": capture.sha256},
        "roles": ["analysisTarget"],
        "description": message(capture.name),
    }


class Places:
    """Makes results of findings; what they refer to, by its number in the run."""

    def __init__(self, report: Report, table: RuleTable, rules: dict[str, int]) -> None:
        self.rules, self.packs = rules, report.meta.rules
        self.known: dict[str, Json] = {}
        self.captures = {capture.name: len(self.packs) + n for n, capture in enumerate(report.meta.captures)}
        self.fixed = {str(side.port) for rule in table.rules for side in (rule.originator, rule.responder)}
        self.requests = {flow: seen["request"] for flow, seen in report.meta.observations.items() if "request" in seen}
        asked = report.flows[report.flows["flow"].isin(list(self.requests.values()))]
        self.services = dict(zip(asked["flow"], asked["service"], strict=True))

    def result(self, found: view.Finding) -> Json:
        row = found.row
        rule = row["rule"] if row["rule"] in self.rules else "missing" if row["verdict"] == "missing" else "no-row"
        serious = row["verdict"] == Verdict.UNEXPECTED and not found.stopped
        result: Json = {
            "ruleId": visible(rule),
            "ruleIndex": self.rules[rule],
            "kind": "fail",
            "level": "error" if serious else "warning",
            "message": message(sentence(row)),
            "locations": [{**self.place(row["rule"]), "logicalLocations": hosts(row)}],
            "partialFingerprints": {FINGERPRINT: self.fingerprint(row)},
            "properties": properties(found),
        }
        if row["flows"] > 0:
            result["occurrenceCount"] = row["flows"]
        if row["capture"] in self.captures:
            place = {"uri": uri(row["capture"]), "index": self.captures[row["capture"]]}
            where = f"first seen in {row['capture']}, frame {row['first_frame']}"
            result["relatedLocations"] = [
                {"id": 0, "message": message(where), "physicalLocation": {"artifactLocation": place}}
            ]
        return result

    def place(self, rule: str) -> Json:
        """The line of a row in the pack that has it, the last one of several; the table's first line for no row."""
        if rule not in self.known:
            self.known[rule] = self.found(rule)
        return self.known[rule]

    def found(self, rule: str) -> Json:
        if not self.packs:
            return {}
        having = [place for place, pack in enumerate(self.packs) if rule in pack.lines]
        place = having[-1] if having else 0
        line = self.packs[place].lines[rule] if having else 1
        artifact = {"uri": pack_uri(self.packs[place]), "index": place}
        return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": line}}}

    def fingerprint(self, row: Json) -> str:
        """The same for the same finding whenever it is captured: no time, no port that is another one each time."""
        parts = [row[name] for name in ("verdict", "reason", "rule", "item", "orig_h", "resp_h")]
        return hashlib.sha256("\x1f".join([*parts, self.service(row)]).encode("utf-8", "surrogatepass")).hexdigest()

    def service(self, row: Json) -> str:
        """The service of a finding; of a transfer that of its request, and no port where it is one of the moment."""
        if request := self.requests.get(row["example_flow"]):
            return f"answer to {self.services.get(request, '')}"
        proto, _, port = row["service"].partition(" ")[0].partition("/")
        passing = proto in ("tcp", "udp") and port.isdigit() and int(port) >= DYNAMIC_PORTS and port not in self.fixed
        return f"{proto}/dynamic" if passing else row["service"]


def sentence(row: Json) -> str:
    """Who, to whom, what, how often, and why."""
    ends = " to ".join(
        f"{row[host]} ({row[role]})" if row[role] else row[host]
        for host, role in (("orig_h", "orig_role"), ("resp_h", "resp_role"))
        if row[host]
    )
    kind = f"{row['verdict']} ({row['reason']})" if row["reason"] else row["verdict"]
    times = f"{row['flows']} flow{'s' * (row['flows'] != 1)}" if row["flows"] else ""
    head = ", ".join(filter(None, (kind, ends, row["service"], times)))
    return f"{head}: {row['why']}"


def hosts(row: Json) -> list[Json]:
    """The two ends, as far as the finding has them."""
    ends = (("originator", row["orig_h"], row["orig_role"]), ("responder", row["resp_h"], row["resp_role"]))
    return [host(*end) for end in ends if end[1]]


@lru_cache(1 << 16)
def host(kind: str, address: str, role: str) -> Json:
    whole = f"{role}/{address}" if role else address
    return {"name": visible(address), "kind": kind, "fullyQualifiedName": visible(whole)}


def properties(found: view.Finding) -> Json:
    """What programs sort and filter by; times as in the tables."""
    row = found.row
    told: Json = {name: visible(row[name]) for name in TOLD if row[name]}
    told |= {name: row[name] for name in COUNTED if row[name] >= 0}
    if found.filter:
        told["wireshark_filter"] = found.filter
    told["stopped"] = found.stopped
    return told
