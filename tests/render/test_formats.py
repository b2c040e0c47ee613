"""The files of a report: complete, the same bytes every time, and without active content from a capture."""

import csv
import io
import json
import pkgutil
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatch
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from subprocess import run
from typing import Any
from unittest.mock import Mock

import pandas as pd
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console

from analyzer import render, units
from analyzer.messages import message
from analyzer.messages.english import sentence
from analyzer.render import report as render_report
from analyzer.render.command import json_lines as jsonlines
from analyzer.render.command import terminal
from analyzer.render.report import csv as tables
from analyzer.render.report import html, md
from analyzer.render.shared import escape, groups, page_parts, summary
from analyzer.render.shared import page_model as view
from analyzer.render.shared.pieces import Pieces
from analyzer.render.shared.render_input import RenderInput
from analyzer.render.shared.wireshark import display_filter
from analyzer.report import FINDING_COLUMNS, FLOW_COLUMNS, INTEGERS, TABLES, Report, from_json
from analyzer.report.advice import advice_of
from analyzer.report.meta import AttestationUse, Note
from analyzer.values import severity
from tests.program import ROOT
from tests.reports import HOSTILE, capture, empty, finding, fleet, flow, frame, hostile, lab, meta, when

REPORTS = {"lab": lab(), "hostile": hostile(), "empty": empty(), "fleet": fleet(200, 1000)}
CHARTS = ("verdicts", "roles", "coverage", "boots", "unexpected", "blocked", "bytes", "vantages")
FILES = {path for each in render.IN_FOLDER for path in each.files if "*" not in path} | {
    f"charts/{name}.{kind}" for kind in ("svg", "png") for name in CHARTS
}
NEVER_RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Control and bidirectional characters; a line feed is ours."""


class Page(HTMLParser):
    """Every element and attribute of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())


@cache
def known_page(name: str) -> tuple[str, Page]:
    return page(REPORTS[name])


def page(report: Report) -> tuple[str, Page]:
    text = render.files_of("html", report)["report.html"].decode()
    return text, Page(text)


def printed(report: Report, **settings: object) -> str:
    buffer = io.StringIO()
    terminal.show(report, "out", terminal.console(buffer, **settings))  # type: ignore[arg-type]
    return buffer.getvalue()


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


# Everything together


@pytest.mark.parametrize("name", REPORTS)
def test_everything_is_there_and_the_same_every_time(name: str) -> None:
    first, second = dict(render.everything(REPORTS[name])), dict(render.everything(REPORTS[name]))
    assert set(first) == FILES
    assert list(first.items()) == list(second.items())


def test_each_format_makes_what_everything_makes() -> None:
    apart = [file for each in render.IN_FOLDER for file in render.files_of(each.name, lab()).items()]
    assert sorted(apart) == sorted(render.everything(lab()))


def test_large_files_are_made_in_pieces_and_are_the_same() -> None:
    """The document and the tables grow with the flows: as a whole they would be in memory beside all the rest."""
    pieces = dict(render.everything(fleet(), None, "pieces"))
    assert {path for path, content in pieces.items() if not isinstance(content, bytes)} == {
        "report.json", "flows.csv", "findings.csv", "rows.csv", "boots.csv",
    }  # fmt: skip
    assert {path: bytes(content) for path, content in pieces.items()} == dict(render.everything(fleet()))
    formats, many = {each.name: each for each in render.FORMATS}, RenderInput(fleet(10, 9000))
    for name, path in (("json", "report.json"), ("csv", "flows.csv")):
        content = formats[name].make(many)[path]
        assert isinstance(content, Pieces)
        assert max(map(len, content)) < len(bytes(content)) / 2


ANYWHERE = [each for each in render.FORMATS if not each.program]
"""The formats that need no other program."""


@pytest.mark.parametrize("each", ANYWHERE, ids=lambda each: each.name)
def test_a_format_makes_the_files_that_it_names(each: render.Format) -> None:
    made = render.files_of(each.name, lab())
    assert [path for path in made if not any(fnmatch(path, pattern) for pattern in each.files)] == []
    assert [pattern for pattern in each.files if not any(fnmatch(path, pattern) for path in made)] == []


def test_every_module_of_a_format_is_in_the_list_of_formats() -> None:
    modules = {module.name for module in pkgutil.iter_modules(render_report.__path__)}
    assert modules == {each.name for each in render.FORMATS}


@pytest.mark.parametrize("each", ANYWHERE, ids=lambda each: each.name)
def test_a_format_uses_the_parts_that_it_names(each: render.Format) -> None:
    """``everything`` orders the formats by these names."""
    given = RenderInput(lab())
    for content in each.make(given).values():
        bytes(content)  # large files are made while they are written
    assert ("charts" in vars(given.drawings)) == ("drawings" in each.needs)


def test_csv_for_excel_has_a_byte_order_mark_and_files_of_its_own() -> None:
    plain = render.files_of("csv", hostile())
    marked = render.files_of("csv", hostile(), render.RenderOptions(bom=True))
    assert marked == {f"excel/{name}": b"\xef\xbb\xbf" + content for name, content in plain.items()}
    assert not any(content.startswith(b"\xef\xbb\xbf") for content in plain.values())
    assert b"\n=" not in marked["excel/findings.csv"]
    assert b",=" not in marked["excel/findings.csv"]


def test_json_is_the_document() -> None:
    text = render.files_of("json", lab())["report.json"].decode()
    again = from_json(text)
    assert again.meta == lab().meta
    pd.testing.assert_frame_equal(again.flows, lab().flows)
    assert dict(render.everything(again)) == dict(render.everything(lab()))


def test_a_format_loads_only_what_it_needs() -> None:
    script = "import sys; from analyzer import render; render.FORMATS; import analyzer.render.report.csv; " + (
        "sys.exit(any(name in sys.modules for name in ('matplotlib', 'jinja2', 'rich')))"
    )
    assert run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


# Text from outside


@pytest.mark.parametrize("text", HOSTILE)
def test_visible_text_has_nothing_hidden(text: str) -> None:
    assert escape.visible(text).isprintable()
    assert escape.visible(escape.visible(text)) == escape.visible(text)


@given(st.text(st.characters()))
def test_visible_text_can_always_be_shown(text: str) -> None:
    shown = escape.visible(text)
    assert shown.isprintable()
    assert shown.encode().decode() == shown
    assert len(escape.clip(text, 20)) <= 20


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-cmd", "'-cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\\t=1"),
        ("\r=1", "'\\r=1"),
        ("a;=cmd()", "a;'=cmd()"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("\uff0bcmd", "'\uff0bcmd"),
        ("\uff0dcmd", "'\uff0dcmd"),
        ("\uff20SUM(A1)", "'\uff20SUM(A1)"),
        ("a;\uff1dcmd()", "a;'\uff1dcmd()"),
        ("-1", "-1"),
        ("+1.5e-3", "+1.5e-3"),
        (-1.5, -1.5),
        ("fe80::1", "fe80::1"),
        ("192.168.0.1", "192.168.0.1"),
        ("", ""),
        (None, None),
    ],
)
def test_cells_cannot_become_formulas(value: object, expected: object) -> None:
    assert escape.cell(value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("[x](http://evil.example)", r"\[x\](http\://evil.example)"),
        ("www.evil.example", r"www\.evil.example"),
        ("`code` *b* _i_ ~s~", r"\`code\` \*b\* \_i\_ \~&#8203;s\~"),
        ("one\ntwo", r"one\\ntwo"),
        ("@all #7", r"\@&#8203;all \#&#8203;7"),
    ],
)
def test_markdown_is_text(text: str, expected: str) -> None:
    assert escape.markdown(text) == expected


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_anchors_are_safe_and_distinguish_names(one: str, other: str) -> None:
    assert re.fullmatch(r"flow-[A-Za-z0-9._-]*", escape.anchor("flow", one))
    assert (escape.anchor("flow", one[:80]) == escape.anchor("flow", other[:80])) == (one[:80] == other[:80])


# The page


@pytest.mark.parametrize("name", REPORTS)
def test_page_loads_nothing_and_runs_only_its_own_script(name: str) -> None:
    text, seen = known_page(name)
    for tag, attributes in seen.elements:
        assert tag not in {"iframe", "object", "embed", "link", "img", "form", "base", "foreignobject"}
        assert not [key for key in attributes if key.startswith("on") or key in ("src", "srcdoc", "style", "action")]
        assert tag != "script" or not attributes
        assert (attributes.get("href") or "#").startswith("#")
    assert text.count("<script") == 1
    assert "url(http" not in text
    assert "@import" not in text


@pytest.mark.parametrize("name", REPORTS)
def test_page_has_a_strict_policy(name: str) -> None:
    text, seen = known_page(name)
    policies = [a["content"] for tag, a in seen.elements if a.get("http-equiv") == "Content-Security-Policy"]
    sheet = text[text.index("<style>") + 7 : text.index("</style>")]
    script = text[text.index("<script>") + 8 : text.index("</script>")]
    assert policies == [page_parts.policy_of(sheet, script)]
    assert script == (Path(html.__file__).parents[1] / "templates" / "script.js").read_text()
    assert policies[0] is not None
    assert policies[0].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policies[0]
    assert "; script-src 'sha256-" in policies[0]
    assert text.count("<style") == 1


@pytest.mark.parametrize("name", REPORTS)
def test_identifiers_are_unique_and_links_lead_somewhere(name: str) -> None:
    _, seen = known_page(name)
    known = [attributes["id"] for _, attributes in seen.elements if "id" in attributes]
    assert len(known) == len(set(known))
    linked = {attributes["href"] for _, attributes in seen.elements if attributes.get("href")}
    assert not {link for link in linked if link and link[1:] not in known}


def test_hostile_text_is_only_text_in_the_page() -> None:
    text, seen = known_page("hostile")
    assert not NEVER_RAW.search(text)
    assert text.count("<script") == 1
    for outside in HOSTILE:
        assert " ".join(escape.visible(outside).split()) in seen.text


def test_page_shows_everything_of_the_lab() -> None:
    _, seen = known_page("lab")
    observed = seen.text
    for words in (
        *("5 flows should not exist", "the roles are inferred from the traffic", "Restore", "stopped (refused)"),
        *("ip.addr == 192.168.0.66 && ip.addr == 192.168.0.1 && tcp.port == 3389", "frame 8", "ab" * 32),
        *("1,000 = 940 in flows + 52 arp + 8 lldp", "cut off inside frame 1001", "stalled here", "lapsed", "Kim"),
        *("answers on 56023 and 56030", "ef" * 32, "cd" * 32, "Appendix A, page 194", "never opened 56030"),
    ):
        assert words in observed, words


def test_findings_come_most_serious_first_and_stopped_after_open() -> None:
    order = [(found.row["verdict"], found.stopped) for found in view.findings(lab(), 99)]
    assert order == [
        *[("unexpected", False)] * 3,
        *[("unexpected", True)] * 2,
        *[("blocked", False)] * 2,
        ("missing", False),
    ]


def test_sums_that_do_not_agree_are_reported() -> None:
    wrong = capture(frames=999)
    report = Report(meta(captures=(wrong,)), empty().flows, empty().findings, empty().rows, empty().boots)
    assert "the sums do not agree" in page(report)[1].text
    assert "the sums do not agree" not in known_page("lab")[1].text


def test_a_page_stays_small_however_large_the_network_is() -> None:
    report = fleet(machines=800, flows=8000)
    rows = report.rows.assign(why=[f"a reason of its own, {number}" for number in range(len(report.rows))])
    large = Report(report.meta, report.flows, report.findings, rows, report.boots)
    text, seen = page(large)
    assert len(text.encode()) < 5_000_000
    assert "Showing 1,000 of 8,000; all of it is in flows.csv" in seen.text
    assert "Showing 20 of 400; all of it is in findings.csv" in seen.text
    assert "Showing 300 of 800; all of it is in rows.csv" in seen.text


def findings_of(*records: dict[str, Any]) -> Report:
    """A document of findings, one for each flow."""
    found = frame(TABLES["findings"], [finding(record) for record in records])
    return Report(meta(), frame(FLOW_COLUMNS, records), found, empty().rows, empty().boots)


def test_a_port_scan_is_one_finding_of_the_page() -> None:
    rogue, victim = "10.0.0.66/other", "10.0.0.1/dpm-server"
    scan = [
        flow(number, rogue, victim, f"tcp/{number + 1}", "unexpected", reason="no-row", outcome="refused")
        for number in range(2000)
    ]
    open_port = flow(2001, rogue, victim, "tcp/3389", "unexpected", reason="no-row")
    report = findings_of(*scan, open_port)
    found = groups.grouped(report, 10, 5)
    assert [(group.count, group.stopped) for group in found.groups] == [(1, False), (2000, True)]
    wide = found.groups[1]
    assert (wide.flows, wide.outcomes, wide.services.count, len(wide.members)) == (2000, "refused", 2000, 5)
    assert wide.services.first == tuple(f"tcp/{number}" for number in range(1, 9))
    assert wide.filter == "ip.addr == 10.0.0.66 && ip.addr == 10.0.0.1 && tcp"
    assert (wide.first, wide.last) == (when(0), when(1999 * 7.5))
    text = page(report)[1].text
    assert "10.0.0.66 other → 10.0.0.1 dpm-server · 2,000 services" in text.replace("  ", " ")
    assert "Showing 20 of 2,000; all of it is in findings.csv" in text


@pytest.mark.parametrize(
    ("ends", "observed"),
    [
        # orig, resp, service of number n -> (originators, responders, services, filter)
        (("10.0.0.66", "10.0.1.{}", "tcp/445"), (1, 9, 1, "ip.addr == 10.0.0.66 && tcp.port == 445")),
        (("10.0.1.{}", "10.0.0.1", "udp/69"), (9, 1, 1, "ip.addr == 10.0.0.1 && udp.port == 69")),
        (("10.0.0.66", "10.0.0.1", "icmp/{}"), (1, 1, 9, "ip.addr == 10.0.0.66 && ip.addr == 10.0.0.1 && icmp")),
    ],
)
def test_findings_of_one_cause_are_one_group(ends: tuple[str, ...], observed: tuple[int, int, int, str]) -> None:
    records = []
    for number in range(9):
        orig, resp, service = (end.format(number + 1) for end in ends)
        records.append(flow(number, f"{orig}/other", f"{resp}/managed-machine", service, "unexpected", reason="no-row"))
    group, *others = groups.grouped(findings_of(*records), 10, 5).groups
    assert not others
    assert (group.origs.count, group.resps.count, group.services.count, group.filter) == observed


def test_all_outputs_of_a_report_show_groups_that_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    make = groups._group
    made = Mock(side_effect=make)
    monkeypatch.setattr(groups, "_group", made)
    report = lab()
    md.text(report)
    page(report)
    terminal.show(report, "out/report.html", Console(file=io.StringIO()))
    assert made.call_count == 1
    assert groups.grouped(report, 3, 1) == make(report, 3, 1)
    assert groups.grouped(report, 2000, 30) == make(report, 2000, 30)
    assert groups.grouped(lab(), 3, 1).groups  # another report has groups of its own
    assert made.call_count == 3


@pytest.mark.parametrize("number", [3, 250], ids=["few", "more than the page shows"])
def test_groups_of_a_verdict_are_those_of_its_findings(number: int) -> None:
    server = "10.0.0.1/dpm-server"
    records = [
        flow(place, f"10.0.{place}.1/other", server, "tcp/1", verdict, reason=f"reason {place}")
        for verdict in ("unexpected", "blocked")
        for place in range(number)
    ]
    report = findings_of(*records)
    for verdict in ("unexpected", "blocked"):
        part = replace(report, findings=report.findings[report.findings["verdict"] == verdict])
        own = groups.grouped_of(report, verdict, 5)
        assert own == groups._group(part, 5, 1).groups
        assert {group.lead["verdict"] for group in own} == {verdict}


def test_many_hosts_and_many_services_are_one_group() -> None:
    records = [
        flow(number, "10.0.0.66/other", f"10.0.1.{number % 5}/other", f"tcp/{number}", "unexpected", reason="no-row")
        for number in range(20)
    ]
    assert [group.count for group in groups.grouped(findings_of(*records), 10, 5).groups] == [20]


def test_findings_of_different_kinds_stay_apart() -> None:
    ends = ("10.0.0.66/other", "10.0.0.1/dpm-server")
    records = [flow(number, *ends, f"tcp/{number}", "unexpected", reason="no-row") for number in range(3)]
    records += [flow(10 + number, *ends, f"tcp/{number}", "blocked", reason="no-reply") for number in range(3)]
    found = groups.grouped(findings_of(*records), 4, 5)
    assert [(group.lead["verdict"], group.count) for group in found.groups] == [
        *[("unexpected", 1)] * 3,
        ("blocked", 1),
    ]
    assert (found.total, found.findings) == (6, 6)


def test_roles_that_differ_within_a_group_are_not_shown_as_one() -> None:
    records = [
        flow(number, f"10.0.1.{number}/{role}", "10.0.0.1/dpm-server", "tcp/445", "unexpected", reason="no-row")
        for number, role in enumerate(("managed-machine", "other") * 3)
    ]
    group = groups.grouped(findings_of(*records), 4, 5).groups[0]
    assert (group.orig_role, group.resp_role) == ("of several roles", "dpm-server")


def test_stopped_is_reported_of_groups_of_flows_too() -> None:
    record = flow(1, "10.0.0.66/other", "10.0.0.1/dpm-server", "tcp/445", "unexpected", reason="no-row")
    for outcome, stopped in (("12 refused, 3 no-reply", True), ("12 refused, 1 established", False)):
        found = frame(TABLES["findings"], [finding(record, 15) | {"outcome": outcome}])
        report = Report(meta(), frame(FLOW_COLUMNS, [record]), found, empty().rows, empty().boots)
        assert [one.stopped for one in view.findings(report, 9)] == [stopped]
        assert [group.stopped for group in groups.grouped(report, 9, 9).groups] == [stopped]


def test_the_largest_flows_are_on_the_page_whatever_their_verdict() -> None:
    records = [flow(number, "10.0.0.1/other", "10.0.0.2/other", "tcp/1", "unexpected") for number in range(100)]
    large = flow(999, "10.0.0.1/other", "10.0.0.2/other", "tcp/1", "expected", resp_bytes=40 * 10**9)
    report = Report(meta(), frame(FLOW_COLUMNS, [*records, large]), lab().findings.iloc[:0], lab().rows, lab().boots)
    shown = [row["flow"] for row in view.flows(report, 30)]
    assert len(shown) == 30
    assert shown[-1] == "f000999"


def test_a_page_of_longest_texts_is_made_smaller() -> None:
    long = "x" * 600
    records = [
        flow(number, "10.0.0.1/other", f"10.0.0.2{number}/other", "tcp/1", "unexpected", reason="no-row")
        | dict.fromkeys(("detail", "capture", "application", "orig_h", "orig_role", "resp_role", "conn_state"), long)
        | dict.fromkeys(("service", "outcome", "item", "citation"), long)
        for number in range(2000)
    ]  # fmt: skip
    text, seen = page(findings_of(*records))
    assert len(text.encode()) < 5_000_000
    assert "Showing 500 of 2,000; all of it is in flows.csv" in seen.text


def test_the_first_screen_says_what_to_do_about_what_comes_first() -> None:
    report = lab()
    lead = view.ordered(report).iloc[0]
    advice = sentence(advice_of(lead["verdict"], lead["reason"]) or message(""))
    made = page(report)[0]
    screen = made[made.index("Where to look first") : made.index("How sure this is")]
    assert "<b>What to do next</b> about the first: " in screen
    assert advice.partition(" (`")[0] in Page(screen).text
    nothing = page(empty())[0]
    assert "What to do next" not in nothing[: nothing.index("How sure this is")]


def test_the_first_screen_says_how_sure_it_is() -> None:
    observed = {fact.name: (fact.text, fact.doubtful) for fact in summary.sure(lab())}
    assert observed == {
        "Roles": ("inferred from the traffic", True),
        "Vantage": ("2 capture points at the same time", False),
        "Captures": ("2 captures, 1 damaged, 1 with frames cut short", True),
        "Frames": ("2,000, all accounted for: 1,880 in flows, 120 set aside", False),
        "Table": ("4 rows; 2 items of the guide are not covered", True),
        "Left open": ("1 flow whose verdict is not known", True),
    }


def test_where_to_look_first_leaves_out_nothing_that_is_more_dangerous_than_what_it_shows() -> None:
    shown = groups.grouped(lab(), 99, 9).groups
    pointers = summary.first_to_read(shown, view.boots(lab(), 9))
    places = [shown.index(pointer.group) for pointer in pointers if pointer.group]
    verdicts = [group.lead["verdict"] for group in shown]
    first = {verdict: verdicts.index(verdict) for verdict in verdicts}
    unexpected = [place for place in places if verdicts[place] == "unexpected"]
    assert unexpected == list(range(len(unexpected)))
    assert places == sorted({*unexpected, *first.values()})
    assert len(pointers) == summary.POINTERS == len(places) + 1
    assert pointers[-1].boot


def test_where_to_look_first_is_all_that_there_is_where_it_fits() -> None:
    shown = groups.grouped(lab(), 99, 9).groups
    few = [shown[0], next(group for group in shown if group.stopped)]
    assert [pointer.group for pointer in summary.first_to_read(few, [])] == few
    assert summary.first_to_read([], []) == []


def test_events_are_reported_in_the_order_of_time() -> None:
    shown = groups.grouped(lab(), 99, 9).groups
    observed = summary.events(lab(), shown, view.boots(lab(), 9), 99)
    assert [event.time for event in observed] == sorted(event.time for event in observed)
    assert {event.word for event in observed} == {"", "unexpected", "blocked", "stalled", "complete"}
    few = summary.events(lab(), shown, view.boots(lab(), 9), 9)
    assert {event.word for event in few} == {"", "unexpected"}


def test_rows_by_machine_begin_with_the_most_serious() -> None:
    matrix = summary.matrix(lab(), 9)
    assert matrix.rules == ("power-on", "shutdown", "boot-agent", "multicast")
    assert [(machine.name, machine.statuses) for machine in matrix.machines] == [
        ("a1", ("satisfied", "satisfied", "missing", "not-exercised")),
        ("a2", ("satisfied", "blocked", "not-exercised", "not-exercised")),
        ("b1", ("not-exercised", "not-exercised", "not-observable", "not-applicable")),
    ]
    assert (len(summary.matrix(lab(), 2).machines), matrix.total) == (2, 3)


def test_examples_of_findings_are_among_the_flows() -> None:
    flows = [flow(number, "10.0.0.1/other", "10.0.0.2/other", "tcp/1", "unexpected") for number in range(50)]
    report = Report(meta(), frame(FLOW_COLUMNS, flows), lab().findings.iloc[:0], lab().rows, lab().boots)
    shown = [row["flow"] for row in view.flows(report, 10, pinned=["f000049"])]
    assert shown == [*(f"f{number:06d}" for number in range(9)), "f000049"]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"resp_h": "10.0.0.2", "proto": "tcp"}, "ip.addr == 10.0.0.1 && ip.addr == 10.0.0.2 && tcp.port == 80"),
        ({"resp_h": "ff02::1", "orig_h": "fe80::1"}, "ipv6.addr == fe80::1 && ipv6.addr == ff02::1 && udp.port == 80"),
        ({"orig_h": "0.0.0.0", "resp_h": "x"}, "ip.addr == 0.0.0.0 && eth.addr == 02:00:00:00:0a:21 && udp.port == 80"),
        ({"resp_h": "10.0.0.2", "proto": "icmp"}, "ip.addr == 10.0.0.1 && ip.addr == 10.0.0.2 && icmp"),
        ({"resp_h": "10.0.0.2", "proto": "47"}, "ip.addr == 10.0.0.1 && ip.addr == 10.0.0.2 && ip.proto == 47"),
        ({"orig_h": "1 || tcp", "resp_h": "", "proto": "x || y"}, ""),
    ],
)
def test_display_filters(record: dict[str, str], expected: str) -> None:
    base = {"orig_h": "10.0.0.1", "proto": "udp", "resp_p": 80, "orig_mac": "02:00:00:00:0a:21"}
    assert display_filter(base | record) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(0, "0 s"), (0.4, "0.4 s"), (59.94, "59.9 s"), (59.99, "1 min"), (125, "2 min 5 s"), (11_040, "3 h 4 min"),
     (90_000, "1 d 1 h")],
)  # fmt: skip
def test_lengths_of_time(amount: float, expected: str) -> None:
    assert units.seconds(amount) == expected


@pytest.mark.parametrize(
    ("count", "expected"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_234_567, "1.23 MB"), (999_999, "1 MB")]
)
def test_sizes(count: int, expected: str) -> None:
    assert units.size(count) == expected


# The tables


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("table", TABLES)
def test_csv_has_exactly_the_columns(table: str, name: str) -> None:
    text = render.files_of("csv", REPORTS[name])[f"{table}.csv"].decode()
    assert text.split("\n", 1)[0] == ",".join(TABLES[table])
    assert "\r" not in text
    assert len(read(text)) == len(getattr(REPORTS[name], table))


def test_csv_reads_back_as_it_was() -> None:
    flows = lab().flows
    again = read(tables.octets(flows).decode())
    for column in FLOW_COLUMNS:
        expected = ["" if column in INTEGERS and value == -1 else str(value) for value in flows[column]]
        assert [row[column] for row in again] == expected, column


def test_whole_numbers_that_are_absent_are_empty() -> None:
    record = flow(1, "10.0.0.1/other", "10.0.0.2/other", "icmp/0", "expected") | {"orig_p": -1, "resp_p": 0}
    row = read(tables.octets(frame(FLOW_COLUMNS, [record])).decode())[0]
    assert (row["orig_p"], row["resp_p"], row["orig_pkts"]) == ("", "0", "5")


@pytest.mark.parametrize("table", TABLES)
def test_hostile_text_is_only_text_in_csv(table: str) -> None:
    text = render.files_of("csv", hostile())[f"{table}.csv"].decode()
    assert not NEVER_RAW.search(text)
    for row in read(text):
        for value in row.values():
            assert not re.match(r"[=+\-@]", value)
            assert not re.search(r";[=+\-@]", value)


def test_parquet_is_typed_and_keeps_the_text() -> None:
    content = render.files_of("parquet", lab())["flows.parquet"]
    table = pyarrow.parquet.read_table(io.BytesIO(content))
    assert tuple(table.column_names) == FLOW_COLUMNS
    types = {field.name: str(field.type) for field in table.schema}
    assert types.pop("ts") == "timestamp[ns, tz=UTC]"
    assert types.pop("duration") == "double"
    assert {types.pop(name) for name in INTEGERS & set(types)} == {"int64"}
    assert set(types.values()) == {"string"}
    assert table["resp_p"].to_pylist() == [None if port == -1 else port for port in lab().flows["resp_p"]]
    assert table["detail"].to_pylist() == lab().flows["detail"].tolist()


@pytest.mark.parametrize("name", REPORTS)
def test_parquet_of_every_document(name: str) -> None:
    content = render.files_of("parquet", REPORTS[name])["flows.parquet"]
    assert pyarrow.parquet.read_table(io.BytesIO(content)).num_rows == len(REPORTS[name].flows)


def test_parquet_in_several_row_groups_is_what_arrow_writes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pyarrow.parquet.read_table(io.BytesIO(render.files_of("parquet", lab())["flows.parquet"]))
    monkeypatch.setattr("analyzer.render.report.parquet.LINES", 7)
    content = render.files_of("parquet", lab())["flows.parquet"]
    at_once = io.BytesIO()
    pyarrow.parquet.write_table(whole, at_once, compression="zstd", row_group_size=7)
    assert pyarrow.parquet.ParquetFile(io.BytesIO(content)).num_row_groups == -(-whole.num_rows // 7) > 1
    assert content == at_once.getvalue()


# Markdown and the terminal


def test_hostile_text_is_only_text_in_markdown() -> None:
    text = re.sub(f"`({TO_COPY.pattern})`", "", md.text(hostile()))
    assert not NEVER_RAW.search(text)
    assert not re.search(r"<[a-z!/]", text)
    assert not re.search(r"(?<!\\)`|(?<!\\)\]\(|https?://|(?<!\\)\[", text)
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("| ")]
    assert set(widths) <= {6, 7, 8, 10, 11, 12, 14}


KNOWN_TOKENS = {
    "heading", "paragraph", "inline", "text", "strong", "bullet_list", "ordered_list", "list_item", "table", "thead",
    "tbody", "tr", "th", "td", "softbreak", "text_special",
}  # fmt: skip
"""What the report itself is made of: no link, no image, no HTML, no code, no emphasis but ours, no quotation."""


TO_COPY = re.compile(
    r"dpm-analyzer (explain DIR (--row )?[\w-]+|extract DIR --finding \w+ -o evidence\.pcapng)"
    r"|[a-z0-9]+(\.[a-z]+)?( == [0-9a-f.:]+)?( && [a-z0-9]+(\.[a-z]+)?( == [0-9a-f.:]+)?)*"
)
"""The only texts that are code: commands and display filters."""


def tokens(text: str) -> list[Token]:
    """As GitHub's renderers read it: CommonMark with tables and strikethrough."""
    parsed = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    return [token for block in parsed for token in (block, *(block.children or ()))]


@pytest.mark.parametrize("name", REPORTS)
def test_markdown_renders_as_nothing_but_ours(name: str) -> None:
    found = tokens(md.text(REPORTS[name]))
    codes = [token.content for token in found if token.type == "code_inline"]
    assert all(TO_COPY.fullmatch(code) for code in codes)
    assert {re.sub("_(open|close)$", "", token.type) for token in found if token.content not in codes} <= KNOWN_TOKENS


def test_markdown_has_commands_and_filters_to_copy() -> None:
    """They are copied from the plain file, too: nothing in them is escaped."""
    text = md.text(lab())
    filters = [line.rpartition("filter ")[2] for line in text.splitlines() if "; filter " in line]
    assert filters
    assert all(TO_COPY.fullmatch(one[1:-1]) and one[0] == one[-1] == "`" for one in filters)
    assert "`dpm-analyzer explain DIR " in text


@pytest.mark.parametrize("text", [*HOSTILE, "a`b", "``", "fe80::1%`", " ", "", "a\nb"])
def test_a_text_to_copy_is_one_code_span_or_escaped(text: str) -> None:
    spans = [token for token in tokens(f"x {escape.markdown_code(text)} y") if token.type == "code_inline"]
    shown = escape.visible(text)
    if "`" in shown or not shown.strip():
        assert not spans
    else:
        assert [span.content.strip() for span in spans] == [escape.clip(text, 600).strip()]


@pytest.mark.parametrize("text", [*HOSTILE, "@someone and @some/team, #12", "[ref]: http://evil.example", "==", "1. x"])
def test_hostile_text_is_reported_as_it_is_in_markdown(text: str) -> None:
    """The rendered text has every letter, and nothing that a renderer replaces in finished text."""
    parsed = tokens(f"- Why: {escape.markdown(text)}")
    shown = "".join(token.content for token in parsed if token.type in ("text", "text_special"))
    assert shown.replace("\u200b", "").strip() == f"Why: {escape.visible(text)}".strip()
    assert not re.search(r"@[\w-]|#\d", shown)
    assert {re.sub("_(open|close)$", "", token.type) for token in parsed} <= KNOWN_TOKENS


@pytest.mark.parametrize("report", [hostile(), fleet(800, 8000)], ids=["hostile", "fleet"])
def test_markdown_fits_into_a_ticket(report: Report) -> None:
    assert len(md.text(report)) < 65_536


def test_markdown_begins_with_the_answer_and_the_most_serious_finding() -> None:
    text = md.text(lab())
    lines = [line for line in text.splitlines() if line]
    assert lines[1] == "**5 flows should not exist, 2 were blocked, 1 boot never finished.**"
    listed = re.findall(r"^\d+\. . \*\*(.*?)\*\*.*?(\(stopped\))?$", text, re.MULTILINE)
    assert [kind.partition(":")[0] for kind, _ in listed] == ["unexpected"] * 5 + ["blocked"] * 2 + ["missing"]
    assert [bool(stopped) for _, stopped in listed] == [False] * 3 + [True] * 2 + [False] * 3
    assert text.index("## Findings") < text.index("## PXE boots") < text.index("## Rows of the table")


def lines_of_tables(text: str) -> Iterator[list[str]]:
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        if lines:
            yield lines


@pytest.mark.parametrize("name", REPORTS)
def test_markdown_tables_are_tables(name: str) -> None:
    for lines in lines_of_tables(md.text(REPORTS[name])):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1


def test_hostile_text_is_only_text_in_the_terminal() -> None:
    plain = printed(hostile(), width=100)
    assert not NEVER_RAW.search(plain)
    assert "[bold red]markup[/]" in plain
    assert ":warning:" in plain


def test_only_our_colours_reach_the_terminal() -> None:
    buffer = io.StringIO()
    out = Console(file=buffer, width=100, force_terminal=True, color_system="standard", markup=False, emoji=False)
    terminal.show(hostile(), "out", out)
    assert not NEVER_RAW.search(re.sub(r"\x1b\[[0-9;]*m", "", buffer.getvalue()))


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("name", REPORTS)
def test_terminal_fits(name: str, width: int) -> None:
    assert max(map(len, printed(REPORTS[name], width=width).splitlines())) <= width


def test_terminal_gives_the_answer_first() -> None:
    lines = printed(lab(), width=100).splitlines()
    assert lines[0] == "5 flows should not exist, 2 were blocked, 1 boot never finished."
    assert lines[1].startswith("warning: No site profile")
    assert lines[-2] == "Report: out"
    assert lines[-1].startswith("Next: dpm-analyzer explain ")
    text = "\n".join(lines)
    assert re.search(r"✕ unexpected role \(stopped\) +192\.168\.0\.66 -> 192\.168\.0\.21 +tcp/56010 +1 flow", text)
    assert "PXE boots that stalled: 1 of 2" in text
    assert re.search(r"! missing +a1 +tcp/56030", text)
    assert "\x1b" not in text


def test_terminal_shows_some_of_every_verdict_and_no_more_than_a_screenful() -> None:
    """None of these findings has anything in common with another one but its verdict."""
    single = [
        flow(number, f"10.1.{number}.9/other", f"10.2.{number}.9/other", f"tcp/{number + 1}", verdict, reason=reason)
        for number, (verdict, reason) in enumerate([("unexpected", "no-row")] * 150 + [("blocked", "refused")] * 50)
    ]
    report = replace(lab(), findings=frame(FINDING_COLUMNS, [finding(line) for line in single]))
    lines = printed(report, width=80).splitlines()
    assert len(lines) <= 30
    observed = [line for line in lines if " flow" in line and "->" in line]
    assert [line[0] for line in observed] == ["✕"] * 8 + ["⊘"] * 2
    assert any(line.startswith("and 190 more findings") for line in lines)


def test_terminal_shows_findings_of_one_cause_in_one_line() -> None:
    lines = printed(fleet(200, 4000), width=80).splitlines()
    observed = [line for line in lines if " flow" in line and "->" in line]
    # The last column is the beginning of an identifier.
    assert [" ".join(line.split()[:-1]) for line in observed] == [
        "✕ unexpected 10 hosts -> 10.0.255.1 3 services 600 flows",
        "⊘ blocked 10 hosts -> 10.0.255.1 3 services 600 flows",
    ]
    assert not any("more finding" in line for line in lines)


def test_markdown_shows_findings_of_one_cause_as_one() -> None:
    text = render.files_of("md", fleet(200, 4000))["report.md"].decode()
    assert "**unexpected**, 10 hosts (managed-machine) to 10.0.255.1" in text
    assert "Of one kind: 200 findings; the first of them:" in text
    assert "Showing" not in text.split("## ")[1]


def test_terminal_shows_every_warning_and_a_pipe_every_note_too() -> None:
    """A sentence is never cut: it wraps."""
    said = [f"{level}-{number} has a long sentence that needs more than one line of a terminal. It ends in e{number}e."
            for level in ("warning", "info") for number in range(14)]  # fmt: skip
    notes = tuple(Note(level="warning" if text[0] == "w" else "info", text=text) for text in said)
    report = Report(meta(notes=notes), *(getattr(empty(), name) for name in ("flows", "findings", "rows", "boots")))
    piped = " ".join(printed(report, width=60).split())
    assert all(text in piped for text in said)
    lines = printed(report, width=60, color="always").splitlines()
    on_terminal = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", " ".join(lines)).split())
    assert all((text in on_terminal) == (text[0] == "w" or text in said[14:24]) for text in said)
    assert "and 4 more notes in the report" in on_terminal


def test_a_text_that_is_the_same_everywhere_says_what_its_folder_stands_for() -> None:
    text = render.files_of("md", lab())["report.md"].decode()
    before, _, findings = text.partition("## Findings")
    assert "dpm-analyzer explain DIR " in findings
    assert "In the commands, DIR is the folder of this report." in findings.partition("1. ")[0]
    assert "DIR" not in before


@pytest.mark.parametrize("form", ["md", "html"])
def test_people_read_where_frames_went_in_plain_english(form: str) -> None:
    accounted = {"icmp error, told with the flow that it quotes": 4, "arp": 2}
    captures = (capture(frames=1946, in_flows=1940, accounted=accounted),)
    report = replace(lab(), meta=meta(captures=captures))
    (shown,) = render.files_of(form, report).values()
    assert "1,940 in flows + 4 ICMP errors, counted with the flows that they quote + 2 arp" in shown.decode()
    assert "told with" not in shown.decode()


def test_terminal_cuts_no_sentence_of_a_pipe_and_none_to_a_few_letters() -> None:
    for width in range(100, 200, 10):
        assert "…" not in printed(lab(), width=width)
        shown = re.sub(r"\x1b\[[0-9;]*m", "", printed(lab(), width=width, color="always"))
        cut = [line.rpartition("  ")[2] for line in map(str.rstrip, shown.splitlines()) if line.endswith("…")]
        assert all(len(text) >= 45 for text in cut)


@pytest.mark.parametrize(
    ("vantages", "said"),
    [
        ((True,), "one capture point, one-sided"),
        ((True, True), "2 capture points at the same time, one-sided"),
        ((True, False), "2 capture points at the same time, 1 of them one-sided"),
        ((False,), "one capture point"),
    ],
)
def test_one_sided_vantages_are_counted_only_among_others(vantages: tuple[bool, ...], said: str) -> None:
    captures = tuple(capture(vantage=place, one_sided=one) for place, one in enumerate(vantages, 1))
    facts = {fact.name: fact.text for fact in summary.sure(replace(lab(), meta=meta(captures=captures)))}
    assert facts["Vantage"] == said


def test_a_narrow_page_says_how_to_see_the_whole_chart() -> None:
    narrow = page(lab())[0].partition("@media screen and (max-width: 46rem)")[2]
    assert "Scroll sideways to see all of the chart." in narrow.partition("@media")[0]


def test_terminal_shows_attestations_whole() -> None:
    owner = "somebody of the department with the longest name of them all, who answers for this row"
    stated = AttestationUse(rule="shutdown", item="", machine="a1", owner=owner, evidence="seen", expires="2026-12-31",
                            state="in-force")  # fmt: skip
    report = replace(lab(), meta=lab().meta.model_copy(update={"attestations": (stated,)}))
    for color in ("never", "always"):
        shown = printed(report, width=60, color=color)
        text = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", shown).split())
        assert f"shutdown a1: {owner}, until 2026-12-31" in text
        assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines())) <= 60


def test_terminal_explains_the_first_finding_by_the_identifier_that_it_shows() -> None:
    *lines, last = printed(lab(), width=100).splitlines()
    first = next(line for line in lines if line.startswith("✕") and "->" in line)
    name = re.search(r"\b[0-9]+ flows?  (\S+)", first)
    assert name
    assert last.split()[-1] == name[1]


def test_terminal_of_a_wide_screen_says_why() -> None:
    lines = printed(lab(), width=300).splitlines()
    assert any(
        line.endswith("The server answered with RST: nothing listens on 56023.") for line in map(str.rstrip, lines)
    )


def test_json_lines_are_the_summary_and_every_finding() -> None:
    report = lab()
    text = jsonlines.text(report, "out/report.html")
    first, *rest = (json.loads(line) for line in text.splitlines())
    assert (first["type"], first["headline"], first["report"]) == ("summary", report.meta.headline, "out/report.html")
    assert first["verdicts"]["unexpected"] == 5
    assert first["boots"] == {"stalled": 1, "not-observable": 0, "complete": 1}
    assert [one["type"] for one in rest] == ["finding"] * len(report.findings)
    assert [severity(one["verdict"]) for one in rest] == sorted(severity(one["verdict"]) for one in rest)
    assert set(rest[0]) == {"type", "stopped", *TABLES["findings"]}
    assert isinstance(rest[0]["flows"], int)
    assert rest[-1]["verdict"] == "missing"
    assert rest[-1]["first_frame"] is None
    assert re.fullmatch(r"2024-06-01T00:\d\d:\d\d\.\d+Z", rest[0]["first_seen"])


def test_hostile_text_is_only_text_in_json_lines() -> None:
    text = jsonlines.text(hostile(), "out\x1b[31m")
    assert text.isascii()
    assert not NEVER_RAW.search(text)
    assert [json.loads(line)["type"] for line in text.splitlines()] == ["summary"] + ["finding"] * len(
        hostile().findings
    )


@pytest.mark.parametrize(("color", "coloured"), [("always", True), ("never", False), ("auto", False)])
def test_colour_is_as_it_was_asked_for(monkeypatch: pytest.MonkeyPatch, color: str, coloured: bool) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert ("\x1b[" in printed(lab(), width=100, color=color)) is coloured


def test_no_colour_that_was_asked_for_is_stronger_than_the_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in printed(lab(), width=100)
    assert "\x1b[" not in printed(lab(), width=100, color="never")


def test_terminal_of_ascii_gets_ascii() -> None:
    buffer = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    terminal.show(hostile(), "out\xe9", terminal.console(buffer, width=80))
    buffer.flush()


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    buffer = io.StringIO()
    terminal.show(lab(), "out", Console(file=buffer, width=100, force_terminal=True, markup=False))
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", buffer.getvalue())


def test_finding_groups_are_reported_with_their_number() -> None:
    record = flow(1, "10.0.0.1/other", "10.0.0.2/other", "tcp/1", "unexpected")
    findings = frame(TABLES["findings"], [finding(record, flows=2000)])
    report = Report(meta(), frame(FLOW_COLUMNS, [record]), findings, empty().rows, empty().boots)
    assert "2,000 flows" in printed(report, width=100)
    assert "2,000 flows" in page(report)[1].text


def test_report_json_is_ascii_and_sorted() -> None:
    text = render.files_of("json", hostile())["report.json"].decode("ascii")
    assert list(json.loads(text)) == sorted(json.loads(text))


@given(st.lists(st.text(alphabet="ab0e ,\";:=+-@~\t\r\n\x7fé\u202e\x00'\udc80", max_size=6), min_size=1))
def test_a_cell_is_the_same_whatever_stands_in_its_column(texts: list[str]) -> None:
    written = tables.octets(pd.DataFrame({"why": texts}, dtype="object")).decode().split("\n")
    single = [str(escape.cell(text)) for text in texts]
    quoted = ['"' + text.replace('"', '""') + '"' if set(text) & set(',"') else text for text in single]
    assert written == ["why", *quoted, ""]
