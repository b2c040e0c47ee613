"""The findings as SARIF 2.1.0, for code scanning, dashboards and editors.

Source: OASIS, Static Analysis Results Interchange Format, version 2.1.0. A finding is a result, a row of the table is
a rule, and its line in the pack is the result's location; the captures are artifacts, the hosts logical locations.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache
from json.encoder import encode_basestring_ascii
from typing import Any
from urllib.parse import quote

from analyzer.compliance.matching.fields import FIELDS
from analyzer.compliance.matching.texts import ANY
from analyzer.messages.english import sentence
from analyzer.render.report.sarif.columns import (
    Column,
    Json,
    headings,
    json_of,
    level,
    logical_locations,
    member,
    objects,
    plain,
    properties,
    quoted,
    within,
)
from analyzer.render.report.sarif.messages import ResultMessages
from analyzer.render.report.sarif.next_steps import help_lines
from analyzer.render.shared import page_model as view
from analyzer.render.shared.escape import visible
from analyzer.render.shared.render_input import RenderInput
from analyzer.report import FINDING_COLUMNS, Capture, Report, RuleSource
from analyzer.rules import Rule, RuleTable, table_from_packs
from analyzer.site import Profile, Site

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
NO_RESULTS = '"results":[]'
"""This member of a log without results; inside a text its quotes would be escaped."""
FINGERPRINT = "finding/v1"
"""The name of the fingerprint. A change of its parts needs another number."""
DYNAMIC_PORTS = 49_152
"""The first port that cannot be registered (RFC 6335); the table may fix higher ones."""
NO_ROW = {
    "no-row": "No row of the table comes near the flow.",
    "missing": "An item had to be seen, and the table in use has no row for it.",
}
"""Rules for findings without a row of the table."""

MOST_RESULTS = 25_000
"""Results of one log, the most serious ones. Code scanning refuses logs with more."""
RESULTS = 1 << 12
"""Results that are written at a time."""


def files(given: RenderInput) -> dict[str, bytes]:
    """``report.sarif``: ASCII, keys sorted, the same for the same document."""
    whole = given.report
    report = most_serious(whole) if len(whole.findings) > MOST_RESULTS else whole
    table = table_from_packs(report.meta.packs)
    # Documents of earlier versions have no profile; then a row has its own ports.
    site = Site.from_profile(Profile.model_validate(report.meta.site.profile or {"version": 1, "name": "none"}))
    rules = [*(described(rule, table, site) for rule in table.rules), *(plain_rule(*item) for item in NO_ROW.items())]
    results = SarifResults(report, table, {rule["id"]: place for place, rule in enumerate(rules)})
    strings = results.message_strings()
    rules = [rule | ({"messageStrings": strings[rule["id"]]} if rule["id"] in strings else {}) for rule in rules]
    for rule, lines in results.next_steps().items():
        rules[results.rules[rule]]["help"]["text"] += "\n" + message(*lines)["text"]
    head, _, tail = json_of(log(whole, rules)).partition(NO_RESULTS)
    made = results.texts()
    return {"report.sarif": b"".join([*_octets(head + NO_RESULTS[:-1], made), f"{NO_RESULTS[-1]}{tail}\n".encode()])}


def most_serious(report: Report) -> Report:
    """The report with the findings that a log has room for."""
    findings = view.ordered(report).head(MOST_RESULTS)[list(FINDING_COLUMNS)]
    return replace(report, findings=findings.reset_index(drop=True))


def _octets(head: str, blocks: Iterator[list[str]]) -> Iterator[bytes]:
    """The octets of a log up to the end of its last result."""
    yield head.encode("ascii")
    for number, block in enumerate(blocks):
        yield ("," * (number > 0) + ",".join(block)).encode("ascii")


def log(report: Report, rules: list[Json]) -> Json:
    """The log with its one run, without results."""
    meta = report.meta
    driver = {"name": meta.tool, "version": meta.version, "semanticVersion": meta.version, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": [*notices(report)]}],
        "artifacts": [*map(pack_artifact, meta.rules), *map(capture_artifact, meta.captures)],
        "results": [],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "answer": meta.answer,
            "headline": visible(meta.headline),
            "verdicts": meta.verdicts,
            "site": visible(meta.site.name),
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def message(*texts: str) -> Json:
    """A message of texts, one line each."""
    return {"text": "\n".join(map(plain, texts))}


def described(rule: Rule, table: RuleTable, site: Site) -> Json:
    """A row of the table as a rule: what it states in each field, its citation and its footnotes."""
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
    texts = {field.name: field.row_text(rule, site) for field in FIELDS}
    fields = "; ".join(f"{name}: {sentence(text)}" for name, text in texts.items() if text != ANY)
    help_text = [f"{states}.", f"{fields}.", f"{citation}.", *notes]
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
    """That results are left out, and the notes of the document."""
    findings = len(report.findings)
    if findings > MOST_RESULTS:
        left = f"This log has the {MOST_RESULTS} most serious of {findings} findings; findings.csv has all of them."
        yield {"level": "warning", "message": message(left)}
    for note in report.meta.notes:
        yield {"level": "warning" if note.level == "warning" else "note", "message": message(note.text)}


@lru_cache(1 << 16)
def uri(name: str) -> str:
    """A name as a relative reference, without a scheme, a query or a host."""
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


class SarifResults:
    """Makes results of findings, column by column; each different value is written once. ``rules``: numbers by id."""

    def __init__(self, report: Report, table: RuleTable, rules: dict[str, int]) -> None:
        self.report, self.rules, self.packs = report, rules, report.meta.rules
        self.captures = {capture.name: len(self.packs) + n for n, capture in enumerate(report.meta.captures)}
        self.fixed = {str(side.port) for rule in table.rules for side in (rule.originator, rule.responder)}
        self.requests = {flow: seen["request"] for flow, seen in report.meta.observations.items() if "request" in seen}
        asked = report.flows[report.flows["flow"].isin(list(self.requests.values()))]
        self.services = dict(zip(asked["flow"], asked["service"], strict=True))
        self.messages = ResultMessages(report)
        self.found = view.ordered(report)

    def message_strings(self) -> dict[str, Json]:
        """The message strings of each rule, by their ids."""
        findings = self.report.findings
        rules = map(cache(self.rule), findings["rule"], findings["verdict"])
        return self.messages.message_strings((visible(rule) for rule in rules), findings["example_flow"])

    def next_steps(self) -> dict[str, list[str]]:
        """Rule -> what to do next about its findings."""
        return help_lines(map(cache(self.rule), self.found["rule"], self.found["verdict"]), self.found)

    def texts(self) -> Iterator[list[str]]:
        """Every result, most serious first, in blocks, so that memory does not grow with them."""
        found = self.found.assign(wireshark_filter=view.filters(self.report, self.found["example_flow"]))
        for first in range(0, len(found), RESULTS):
            block = found.iloc[first : first + RESULTS]
            yield self.block({str(name): block[name].tolist() for name in block.columns})

    def block(self, found: dict[str, list[Any]]) -> list[str]:
        """The results of findings. ``found``: their columns."""
        places = list(map(cache(self.place), found["rule"]))
        rules = list(map(cache(self.rule), found["rule"], found["verdict"]))
        return objects(
            ['"kind":"fail"'] * len(rules),
            member("level", zip(found["verdict"], found["stopped"], strict=True), level),
            [f'"locations":[{place}]' for place in objects(logical_locations(found), places)],
            self.texts_of_messages(found),
            member("occurrenceCount", found["flows"], lambda count: str(count) if count > 0 else ""),
            [f'"partialFingerprints":{{"{FINGERPRINT}":"{digest}"}}' for digest in self.fingerprints(found)],
            [f'"properties":{members}' for members in properties(found)],
            list(map(self.related, found["capture"], found["first_frame"])),
            member("ruleId", rules, lambda rule: quoted(visible(rule))),
            member("ruleIndex", rules, lambda rule: str(self.rules[rule])),
        )

    def texts_of_messages(self, found: dict[str, list[Any]]) -> Column:
        """The message of each finding: its text, and where the report has messages their id and arguments."""
        heads = list(headings(found))
        keyed = self.messages.members(heads, found["example_flow"])
        return [
            f'"message":{{{members}"text":"{head}: {within(why)}"}}'
            for members, head, why in zip(keyed, heads, found["why"], strict=True)
        ]

    def rule(self, rule: str, verdict: str) -> str:
        """The rule of a finding."""
        return rule if rule in self.rules else "missing" if verdict == "missing" else "no-row"

    def place(self, rule: str) -> str:
        """The line of a row in its pack, the last one of several; without a row, the first line of the table."""
        if not self.packs:
            return ""
        having = [place for place, pack in enumerate(self.packs) if rule in pack.lines]
        place = having[-1] if having else 0
        line = self.packs[place].lines[rule] if having else 1
        artifact = {"uri": pack_uri(self.packs[place]), "index": place}
        return f'"physicalLocation":{json_of({"artifactLocation": artifact, "region": {"startLine": line}})}'

    def related(self, capture: str, frame: int) -> str:
        """The capture and the frame of a finding's first packet; empty if it has none."""
        if capture not in self.captures:
            return ""
        place, name = (
            f'{{"index":{self.captures[capture]},"uri":{encode_basestring_ascii(uri(capture))}}}',
            within(capture),
        )
        where = f'"message":{{"text":"first seen in {name}, frame {frame}"}}'
        return f'"relatedLocations":[{{"id":0,{where},"physicalLocation":{{"artifactLocation":{place}}}}}]'

    def fingerprints(self, found: dict[str, list[Any]]) -> Iterator[str]:
        """The same for the same finding in every capture: without times and ephemeral ports."""
        parts = [found[name] for name in ("verdict", "reason", "rule", "item", "orig_h", "resp_h")]
        for line in zip(*parts, map(self.service, found["service"], found["example_flow"]), strict=True):
            yield hashlib.sha256("\x1f".join(line).encode("utf-8", "surrogatepass")).hexdigest()

    def service(self, service: str, flow: str) -> str:
        """The service of a finding; of a transfer that of its request, and no port if it is ephemeral."""
        if request := self.requests.get(flow):
            return f"answer to {self.services.get(request, '')}"
        proto, _, port = service.partition(" ")[0].partition("/")
        passing = proto in ("tcp", "udp") and port.isdigit() and int(port) >= DYNAMIC_PORTS and port not in self.fixed
        return f"{proto}/dynamic" if passing else service
