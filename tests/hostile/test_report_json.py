"""A saved report may be damaged, or forged: it is refused in one sentence, or it is consistent and can be used."""

import copy
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from analyzer import pipeline
from analyzer.errors import DocumentError
from analyzer.explain.agreement import require_agreement
from analyzer.render import files_of
from analyzer.report import Report, to_json
from analyzer.report.form import FormError, require_form
from analyzer.report.reading import from_json
from analyzer.report.schema import schema
from tests.program import ROOT, run

LAB = ROOT / "sample_pcaps" / "lab"
Document = Any


@pytest.fixture(scope="module")
def text() -> str:
    """A report with findings, boots, several vantages and a profile."""
    return to_json(pipeline.analyze(sorted(LAB.glob("dirty_*.pcap")), site=LAB / "site.yaml", dissect=False))


def save(folder: Path, content: str) -> Path:
    (folder / "report.json").write_text(content, encoding="utf-8", errors="surrogatepass")
    return folder


WRITTEN: dict[str, Callable[[str], str]] = {
    "a deep list": lambda _text: "[" * 100_000,
    "a deep list that ends": lambda _text: "[" * 100_000 + "]" * 100_000,
    "deep objects": lambda _text: '{"a":' * 100_000 + "1" + "}" * 100_000,
    "a deep profile": lambda text: text.replace('"profile":{', '"profile":{"x":' + "[" * 900 + "]" * 900 + ",", 1),
    "a list": lambda _text: "[]",
    "a number": lambda _text: "1",
    "nothing": lambda _text: "",
    "a mark of byte order": lambda text: "\ufeff" + text,
    "a number of 5,000 digits": lambda text: text.replace('"size":', '"size":' + "9" * 5000, 1),
    "a name twice": lambda text: text.replace('{"boots"', '{"schema":"x","boots"', 1),
    "a part cut off": lambda text: text[: len(text) // 2],
}
"""Texts that are damaged, made from that of a report."""


def put(*path: str | int, to: Any) -> Callable[[Document], None]:
    """Replace a part of the document. ``to``: the new value, or a function of the old one."""

    def change(document: Document) -> None:
        part = document
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = to(part[path[-1]]) if callable(to) else to

    return change


def without_last(values: list[Any]) -> list[Any]:
    return values[:-1]


def forged_expected(document: Document) -> None:
    """An unexpected flow becomes expected: its finding is removed, and the counts and the first sentence follow."""
    flows, findings = document["flows"], document["findings"]
    place = flows["verdict"].index("unexpected")
    key = {name: flows[name][place] for name in ("verdict", "reason", "rule", "orig_h", "resp_h", "service")}
    equal = [
        number
        for number in range(len(flows["flow"]))
        if all(flows[name][number] == value for name, value in key.items())
    ]
    line = next(
        number
        for number in range(len(findings["finding"]))
        if all(findings[name][number] == value for name, value in key.items())
    )
    for number in equal:
        flows["verdict"][number], flows["reason"][number] = "expected", ""
    for column in findings.values():
        del column[line]
    del document["meta"]["outcomes"][line]
    document["meta"]["verdicts"]["unexpected"] -= len(equal)
    document["meta"]["verdicts"]["expected"] += len(equal)


def forged_without_messages(document: Document) -> None:
    """The same, and the document has no messages that its texts could be compared with."""
    forged_expected(document)
    del document["messages"]


def forged_background(document: Document) -> None:
    forged_without_messages(document)
    flows = document["flows"]
    place = flows["verdict"].index("expected")
    flows["verdict"][place] = "background"
    document["meta"]["verdicts"]["expected"] -= 1
    document["meta"]["verdicts"]["background"] += 1


def first_flow(document: Document) -> str:
    return str(document["flows"]["flow"][0])


WAIVER = {"orig": "any", "resp": "any", "service": "any", "reason": "x", "owner": "x", "expires": "2999-01-01"} | {
    "state": "in-force",
    "flows": 0,
}
UNREAD = {"code": "background", "values": {}}

BIG = 2**63 - 1


def every_capture(**facts: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        for capture in document["meta"]["captures"]:
            capture.update(facts)

    return change


CHANGED: dict[str, Callable[[Document], None]] = {
    "a number beyond 64 bits": put("flows", "orig_bytes", 0, to=10**30),
    "a number that is infinite": put("flows", "orig_bytes", 0, to=float("inf")),
    "a number that is none": put("flows", "orig_bytes", 0, to=float("nan")),
    "a part of a number": put("flows", "orig_bytes", 0, to=1.5),
    "no number": put("flows", "orig_bytes", 0, to=None),
    "a truth value as a number": put("flows", "orig_bytes", 0, to=True),
    "a list as a number": put("flows", "orig_bytes", 0, to=[1]),
    "a column without its last number": put("flows", "orig_bytes", to=without_last),
    "a column without its last text": put("flows", "detail", to=without_last),
    "a column that is a text": put("flows", "flow", to="abc"),
    "a column that is an object": put("flows", "orig_p", to={"a": 1}),
    "a table that is a list": put("flows", to=[1]),
    "no columns": put("boots", to={}),
    "an unknown column": put("flows", "evil", to=[]),
    "an unknown part": put("evil", to=1),
    "an unknown part of meta": put("meta", "evil", to=1),
    "an unknown verdict": put("flows", "verdict", 0, to="evil"),
    "an unknown verdict of a finding": put("findings", "verdict", 0, to="evil"),
    "an unknown verdict among the counts": put("meta", "verdicts", "evil", to=1),
    "an unknown reason": put("flows", "reason", 0, to="evil"),
    "an unknown role": put("flows", "orig_role", 0, to="evil"),
    "an unknown role of a host": put("meta", "hosts", 0, "roles", to=["evil"]),
    "an unknown cast": put("flows", "cast", 0, to="evil"),
    "an unknown status": put("rows", "status", 0, to="evil"),
    "an unknown stage of a boot": put("boots", "furthest", 0, to="evil"),
    "an unknown verdict of a sighting": put("meta", "sightings", to=[{"seen": [], "verdict": "evil", "flows": 1}]),
    "a negative count": put("meta", "captures", 0, "frames", to=-1),
    "10^40 frames": put("meta", "captures", 0, "frames", to=10**40),
    "frames that do not add up": put("meta", "captures", 0, "frames", to=2**62),
    "a size of 400 digits": put("meta", "captures", 0, "size", to=10**400),
    "a time far away": put("meta", "captures", 0, "first_ts", to=10**30),
    "a time before 1970": put("meta", "captures", 0, "first_ts", to=-1),
    "a first time without a last one": put("meta", "captures", 0, "last_ts", to=None),
    "a vantage that does not exist": put("meta", "captures", 0, "vantage", to=10**9),
    "no captures": put("meta", "captures", to=[]),
    "frames beyond 64 bits in all": every_capture(frames=BIG, in_flows=BIG, accounted={}),
    "octets beyond 64 bits in all": every_capture(size=BIG),
    "captures of the year 2262": every_capture(last_ts=2**63 - 1),
    "captures that end before they begin": every_capture(first_ts=2, last_ts=1),
    "a flow of the year 2262": put("flows", "ts", 0, to="2262-04-11T23:47:16.854775807Z"),
    "a flow of the year 2117": put("flows", "ts", 0, to="2117-01-01T00:00:00.000000Z"),
    "octets of all flows beyond 64 bits": put("flows", "orig_bytes", to=lambda column: [BIG] * len(column)),
    "a sighting of 2^63 flows less one": put("meta", "sightings", 0, "flows", to=2**63 - 1),
    "a sighting twice": put("meta", "sightings", to=lambda listed: [*listed, listed[0]]),
    "no sighting of a verdict": put("meta", "sightings", to=lambda listed: listed[1:]),
    "a time that is a word": put("flows", "ts", 0, to="yesterday"),
    "a time of the year 1": put("flows", "ts", 0, to="0001-01-01T00:00:00.000000Z"),
    "a time beyond 64 bits": put("flows", "ts", 0, to="2554-07-21T23:34:33.709551615Z"),
    "a day that does not exist": put("flows", "ts", 0, to="2026-02-30T00:00:00.000000Z"),
    "a duration that is a word": put("flows", "duration", 0, to="forever"),
    "an address that is none": put("flows", "orig_h", 0, to="evil"),
    "a port beyond 65535": put("flows", "orig_p", 0, to=65536),
    "a service of 5,000 digits": put("findings", "service", 0, to="tcp/" + "9" * 5000),
    "a service in other digits": put("findings", "service", 0, to="tcp/\u00b2\u00b2"),
    "a row that no pack has": put("flows", "rule", 0, to="evil"),
    "a citation that no pack has": put("flows", "citation", 0, to="page 1"),
    "a pack that is none": put("meta", "packs", to=[{"a": 1}]),
    "no packs": put("meta", "packs", to=[]),
    "no list of packs": put("meta", "rules", to=[]),
    "a profile that is none": put("meta", "site", "profile", to={"a": 1}),
    "segments that are a number": put("meta", "site", "profile", "segments", to=5),
    "a request that is no flow": lambda document: put(
        "meta", "observations", to={first_flow(document): {"request": "evil"}}
    )(document),
    "a machine of a flow that is none": put("meta", "machines", to={"evil": ["a1"]}),
    "two flows of one identifier": lambda document: put("flows", "flow", 1, to=first_flow(document))(document),
    "other counts of verdicts": put("meta", "verdicts", "expected", to=lambda count: count + 1),
    "a finding with other flows": put("findings", "flows", 0, to=2**62),
    "a finding that is removed": put("findings", to=lambda table: {name: values[1:] for name, values in table.items()}),
    "another sentence of a flow": put("flows", "detail", 0, to="All is well."),
    "another sentence of a row": put("rows", "why", 0, to="All is well."),
    "another headline": put("meta", "headline", to="All is well."),
    "another code of a message": put("messages", "flows", "groups", 0, to=[{"code": "evil", "values": {}}]),
    "damage that is hidden": put("messages", "damage", to=lambda lines: [[UNREAD], *lines[1:]]),
    "a waiver that the profile does not have": put("meta", "waivers", to=[WAIVER]),
    "no answer": put("meta", "answer", to=None),
    "a booting machine whose address is none": put("boots", "client_ip", 0, to="evil"),
    "programs that no row names": put("flows", "executable", 0, to="evil.exe"),
    "a segment twice": put("meta", "site", "profile", "segments", to=lambda listed: [*listed, listed[0]]),
    "a machine twice": put("meta", "site", "profile", "managed_machines", to=lambda listed: [*listed, listed[0]]),
    "an unexpected flow as expected": forged_expected,
    "an unexpected flow as expected, without messages": forged_without_messages,
    "an expected flow as background": forged_background,
}  # fmt: skip
"""Documents that are damaged or forged."""


@pytest.mark.parametrize("name", WRITTEN)
def test_a_damaged_text_is_refused_in_one_sentence(tmp_path: Path, text: str, name: str) -> None:
    result = run("explain", save(tmp_path, WRITTEN[name](text)), "f0")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("name", CHANGED)
def test_a_forged_document_is_refused_in_one_sentence(tmp_path: Path, text: str, name: str) -> None:
    document = json.loads(text)
    CHANGED[name](document)
    with pytest.raises(DocumentError, match="analyse again") as refused:
        pipeline.load(save(tmp_path, json.dumps(document)))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 1000


def test_the_document_itself_is_read(tmp_path: Path, text: str) -> None:
    assert to_json(pipeline.load(save(tmp_path, text))) == text


@pytest.mark.parametrize(
    "change",
    [put("flows", "detail", 0, to="\ud800x"), put("meta", "captures", 0, "name", to="\udcff\ud800x")],
    ids=["a sentence", "the name of a capture"],
)
def test_half_characters_are_no_traceback(tmp_path: Path, text: str, change: Callable[[Document], None]) -> None:
    document = json.loads(text)
    change(document)
    assert run("explain", save(tmp_path, json.dumps(document)), "f0").exit_code == 2


def integers_of(document: Document) -> list[tuple[str | int, ...]]:
    """The place of an integer of every kind: the first of those that differ only in the number of a list's entry."""
    found: dict[tuple[str, ...], tuple[str | int, ...]] = {}

    def walk(part: Any, place: tuple[str | int, ...]) -> None:
        if type(part) is int:
            found.setdefault(tuple(step if isinstance(step, str) else "*" for step in place), place)
        inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
        for step, one in inner:
            walk(one, (*place, step))

    walk(document, ())
    return list(found.values())


def read_and_agreed(document: Document) -> Report | None:
    """The document as ``load`` reads it; None if it is refused."""
    try:
        report = from_json(json.dumps(document))
        require_agreement(report, "report.json")
    except DocumentError:
        return None
    return report


@pytest.mark.parametrize("value", [2**63 - 1, 2**63, -1, 10**40, None, "9" * 30], ids=str)
def test_a_number_of_any_size_is_refused_or_rendered(text: str, value: Any) -> None:
    """No number makes an error later: what is read can be saved and rendered.

    Each number is tried alone, in the swift formats. Then all that are read together, in the slow ones.
    """
    document = json.loads(text)
    combined = copy.deepcopy(document)
    places = integers_of(document)
    assert {place[:2] for place in places} >= {("meta", "sightings"), ("meta", "captures"), ("flows", "orig_bytes")}
    assert len(places) > 90
    read = 0
    with warnings.catch_warnings(action="error"):
        for place in places:
            changed = copy.deepcopy(document)
            put(*place, to=value)(changed)
            report = read_and_agreed(changed)
            if report is None:
                continue
            read += 1
            for name in ("json", "csv", "md", "sarif"):
                assert dict(files_of(name, report)), (place, name)
            candidate = copy.deepcopy(combined)
            put(*place, to=value)(candidate)
            combined = candidate if read_and_agreed(candidate) else combined
        whole = read_and_agreed(combined)
        assert whole is not None
        for name in ("html", "parquet") if read else ():
            assert dict(files_of(name, whole)), name
    assert read < len(places) // 2


VALUES: tuple[Any, ...] = (None, True, -1, 2**63, 1.5, "", "evil", [], {}, [[]], {"evil": 1})


def places_in(document: Document) -> list[tuple[str | int, ...]]:
    """The place of every part of a document, of lists the first entry."""
    found: list[tuple[str | int, ...]] = []

    def walk(part: Any, place: tuple[str | int, ...]) -> None:
        found.append(place)
        inner = part.items() if isinstance(part, dict) else list(enumerate(part))[:1] if isinstance(part, list) else ()
        for step, one in inner:
            walk(one, (*place, step))

    walk(document, ())
    return found[1:]


def test_the_check_admits_exactly_what_the_schema_admits(text: str) -> None:
    """Each part of a document is replaced by values of every kind; a validator of JSON Schema is the judge."""
    whole = json.loads(text)
    for name in ("flows", "findings", "rows", "boots"):
        whole[name] = {column: values[:1] for column, values in whole[name].items()}
    whole["messages"]["flows"]["codes"] = [0]
    form = schema(mode="validation")
    judge = Draft202012Validator(form)
    assert judge.is_valid(whole)
    tried = refused = 0
    for number, place in enumerate(places_in(whole)):
        if place[:2] in (("meta", "packs"), ("meta", "observations")) or "profile" in place:
            continue
        document = copy.deepcopy(whole)
        for value in (VALUES[number % len(VALUES)], VALUES[(number * 7 + 3) % len(VALUES)]):
            put(*place, to=value)(document)
            valid = judge.is_valid(document)
            # JSON Schema counts 1.0 among whole numbers, and knows no numbers beyond 64 bits in free parts.
            try:
                require_form(document, form)
                admitted = True
            except FormError:
                admitted = False
            assert admitted == valid or value == 2**63, (place, value)
            tried, refused = tried + 1, refused + (not valid)
    assert tried > 500
    assert refused > tried // 2
