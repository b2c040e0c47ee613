"""Two reports compared: differences are reported, but not those of ports, times and counts alone."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from analyzer import pipeline as api
from analyzer.difference import Difference, difference
from analyzer.difference.columns import COLUMNS
from analyzer.difference.sentences import headline_message, note_messages
from analyzer.messages import Message
from analyzer.messages.english import sentence
from analyzer.render.difference import json as diff_json
from analyzer.render.difference import md as diff_md
from analyzer.render.difference import text as diff
from analyzer.render.shared import screen
from analyzer.render.shared.changes import host_label
from analyzer.report import FINDING_COLUMNS, FLOW_COLUMNS, ROW_COLUMNS, Report
from tests import reports
from tests.cases.hosts import CONSOLE, M1, M2, OTHER, Q1, SERVER, STRANGER
from tests.packets import SECOND, START, Host, Wire
from tests.program import ROOT, run

LAB, CASES = ROOT / "sample_pcaps" / "lab", ROOT / "tests" / "cases"
SITE = CASES / "site.yaml"
KINDS = ("findings", "flows", "rows", "boots", "hosts")
GROUP = Host("239.7.7.7")


def report_of(tmp_path: Path, story: Callable[[Wire], None], site: Path | None = SITE, now: int = START) -> Report:
    """The report of a capture of this story."""
    wire = Wire(now=now)
    story(wire)
    wire.save(tmp_path / "capture.pcap")
    return api.analyze(tmp_path / "capture.pcap", site=site, dissect=False)


def changes(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["change"] != "same"]


def only(table: pd.DataFrame) -> dict[str, Any]:
    """The one line that is not the same in both."""
    assert len(changes(table)) == 1, changes(table)
    return {str(name): value for name, value in changes(table).iloc[0].items()}


def shown(found: Difference, width: int = 100) -> str:
    out = io.StringIO()
    diff.show(found, ("before", "after"), screen.console(out, width=width))
    return out.getvalue()


# Captures


def day(draw: Callable[[], int]) -> Callable[[Wire], None]:
    """A day at the cases' site, with ephemeral ports from ``draw``: all kinds of flows, from both sides."""

    def story(wire: Wire) -> None:
        wire.lease(M1, SERVER)
        wire.proxy(M1, SERVER)
        wire.tftp(M1, SERVER, port=draw(), answer_port=draw())
        wire.wait(2)
        wire.tcp(M1, 56030, SERVER, 56030)
        wire.tftp(M2, SERVER, port=draw(), answer_port=draw(), missing=True)
        wire.tftp(M1, M2, port=draw(), answer_port=draw())
        wire.tcp(SERVER, draw(), M1, 56010)
        wire.refused(SERVER, draw(), M2, 56010)
        wire.syn(CONSOLE, draw(), SERVER, 56023, tries=3)
        wire.tcp(M1, draw(), SERVER, 56030)
        for port in (3389, 445, 3389):
            wire.tcp(STRANGER, draw(), SERVER, port)
        wire.tcp(STRANGER, draw(), SERVER, draw() | 0xC000)
        # Begun before the capture, and the answer seen first.
        client = draw()
        wire.tcp(SERVER, 8443, OTHER, client, say=b"more", hear=b"yes", begin=False)
        wire.udp(SERVER, 53, M2, client, b"answer")
        wire.udp(M2, draw(), SERVER, 53, b"question")
        wire.udp(OTHER, draw(), STRANGER, 40_000, b"asked")
        wire.udp(STRANGER, draw(), OTHER, draw(), b"from anywhere to anywhere")
        wire.udp(STRANGER, draw(), GROUP, 50_123, b"to a group")
        wire.ping(SERVER, M1, count=2)
        wire.icmp_error(M2, wire.udp(SERVER, draw(), M2, 7, b"?"), 3, 3)
        wire.magic(SERVER, Host("255.255.255.255"), M1.mac)
        wire.wait(30)

    return story


def ports(seed: int) -> Callable[[], int]:
    """Ephemeral ports, each a different one."""
    chosen = Random(seed).sample(range(32_768, 56_000), 200)
    return iter(chosen).__next__


@settings(deadline=None, max_examples=4, phases=[Phase.generate])  # no seed is simpler than another
@given(st.integers(0, 10**6), st.integers(-(10**6), 10**6), st.sampled_from(["given", "inferred"]))
def test_ports_of_the_moment_and_times_make_no_difference(
    tmp_path_factory: pytest.TempPathFactory, seed: int, later: int, roles: str
) -> None:
    site = SITE if roles == "given" else None
    a = report_of(tmp_path_factory.mktemp("a"), day(ports(1)), site)
    b = report_of(tmp_path_factory.mktemp("b"), day(ports(seed + 2)), site, START + later * SECOND)
    found = difference(a, b)
    assert not found
    for kind in KINDS:
        assert changes(getattr(found, kind)).empty, kind
    assert set(found.flows["service"]) >= {
        *("udp/69 (tftp)", "udp/69 (tftp) transfer", "tcp/dynamic", "udp/dynamic", "udp/40000", "udp/50123"),
        *("tcp/8443", "udp/53 (dns)", "icmp/8 (echo)"),
    }


def test_an_answer_seen_first_is_the_same_conversation(tmp_path: Path) -> None:
    def asked(wire: Wire) -> None:
        wire.tcp(STRANGER, 50_000, SERVER, 3389)

    def joined(wire: Wire) -> None:
        wire.tcp(SERVER, 3389, STRANGER, 51_000, begin=False)

    line = difference(report_of(tmp_path, asked), report_of(tmp_path, joined)).flows.iloc[0]
    assert (line["orig"], line["resp"], line["service"]) == (STRANGER.ip, SERVER.ip, "tcp/3389 (rdp)")
    assert line["change"] in ("same", "changed")


def test_an_icmp_code_is_part_of_what_is_said(tmp_path: Path) -> None:
    from scapy.layers.inet import ICMP  # noqa: PLC0415

    one = report_of(tmp_path, lambda wire: void(wire.send(STRANGER, SERVER, ICMP(type=9, code=0))))
    two = report_of(tmp_path, lambda wire: void(wire.send(STRANGER, SERVER, ICMP(type=9, code=16))))
    found = changes(difference(one, two).flows)
    assert dict(zip(found["service"], found["change"], strict=True)) == {
        "icmp/9 (router-advertisement)": "gone",
        "icmp/9 (router-advertisement) code 16": "new",
    }


def void(_: object) -> None:
    """For a story of one packet."""


def site_with(tmp_path: Path, old: str, new: str, name: str = "site.yaml") -> Path:
    text = SITE.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")
    return tmp_path / name


def test_a_machine_that_moved_is_the_same_by_its_name(tmp_path: Path) -> None:
    moved = Host("10.20.0.77", M1.mac)
    site = site_with(tmp_path, "address: 10.20.0.31", "address: 10.20.0.77")
    a = report_of(tmp_path, lambda wire: wire.tcp(SERVER, 50_000, M1, 56010))
    b = report_of(tmp_path, lambda wire: wire.tcp(SERVER, 50_000, moved, 56010), site)
    found = difference(a, b)
    assert not found
    host = found.hosts.set_index("host").loc["m1"]
    assert (host["addresses_a"], host["addresses_b"]) == ("10.20.0.31", "10.20.0.77")
    assert found.basis.set_index("what").loc["site", "detail"] == "machine m1 changed"


def test_a_machine_has_its_name_and_its_addresses(tmp_path: Path) -> None:
    """A machine of both profiles, one that moved, one that only the second profile names, and a stranger."""
    moved = Host("10.20.0.77", M1.mac)
    site = site_with(tmp_path, "address: 10.20.0.31", "address: 10.20.0.77")
    desk = f"  - {{name: desk, address: {STRANGER.ip}}}\nimage_builder:"
    named = tmp_path / "named.yaml"
    named.write_text(site.read_text(encoding="utf-8").replace("image_builder:", desk), encoding="utf-8")

    def story(machine: Host) -> Callable[[Wire], None]:
        def connections(wire: Wire) -> None:
            wire.tcp(machine, 50_000, SERVER, 445)
            wire.tcp(M2, 50_001, SERVER, 445)
            wire.tcp(STRANGER, 50_002, SERVER, 445)

        return connections

    found = difference(report_of(tmp_path, story(M1)), reports.empty())
    assert f"m2 ({M2.ip}) -> {SERVER.ip}" in shown(found)
    assert f"{STRANGER.ip} -> {SERVER.ip}" in shown(found)
    found = difference(report_of(tmp_path, story(M1)), report_of(tmp_path, story(moved), named))
    text, page = shown(found, 140), diff_md.text(found, ("before", "after"))
    for ticket in (text, page.replace("\\", "")):
        assert f"desk ({STRANGER.ip})" in ticket
    found_lines = {line["orig"]: line for line in json.loads(diff_json.text(found, ("a", "b")))["findings"]}
    keys = [f"orig_{what}_{side}" for what in ("h", "name") for side in "ab"]
    assert [found_lines["m1"][key] for key in keys] == ["10.20.0.31", "10.20.0.77", "m1", "m1"]
    assert [found_lines[STRANGER.ip][key] for key in keys] == [STRANGER.ip, STRANGER.ip, "", "desk"]
    assert {found_lines["m2"][key] for key in keys} == {M2.ip, "m2"}


@pytest.mark.parametrize(
    ("host", "addresses", "names", "label"),
    [
        ("m1", ["10.0.0.1", "10.0.0.1"], ["m1", "m1"], "m1 (10.0.0.1)"),
        ("m1", ["10.0.0.1", "10.0.0.2"], ["m1", "m1"], "m1 (10.0.0.1 -> 10.0.0.2)"),
        ("m1", ["", ""], ["m1", ""], "m1"),
        ("m1 (IPv6)", ["", "fe80::1"], ["", "m1"], "m1 (IPv6) (fe80::1)"),
        ("10.0.0.1", ["10.0.0.1", ""], ["m1", ""], "m1 (10.0.0.1)"),
        ("10.0.0.1", ["10.0.0.1", "10.0.0.1"], ["old", "new"], "new (10.0.0.1)"),
        ("02:00:00:00:00:01", ["10.0.0.1", "10.0.0.2"], ["pool", "pool"], "pool (02:00:00:00:00:01)"),
        ("10.0.0.1", ["10.0.0.1", ""], ["", ""], "10.0.0.1"),
        ("", ["", ""], ["", ""], ""),
    ],
)
def test_the_label_of_a_host(host: str, addresses: list[str], names: list[str], label: str) -> None:
    assert host_label(host, addresses, names) == label


def test_the_ends_of_an_answer_that_was_captured_first_keep_their_addresses(tmp_path: Path) -> None:
    def joined(wire: Wire) -> None:
        wire.tcp(SERVER, 3389, STRANGER, 51_000, begin=False)

    line = difference(report_of(tmp_path, joined), reports.empty()).flows.iloc[0]
    assert [line[f"{side}_h_a"] for side in ("orig", "resp")] == [STRANGER.ip, SERVER.ip]

    flows = difference(reports.empty(), report_of(tmp_path, transfer)).flows
    answer = only(flows[flows["service"].str.endswith("transfer")])
    assert [answer[f"{side}_h_b"] for side in ("orig", "resp")] == [M1.ip, SERVER.ip]
    assert answer["orig_name_b"] == "m1"


def transfer(wire: Wire) -> None:
    wire.tftp(M1, SERVER, port=50_000, answer_port=50_001)


def test_findings_have_the_order_of_danger(folders: dict[str, Path]) -> None:
    report = api.load(folders["dirty"])
    found = difference(reports.empty(), report).findings
    assert found["finding_b"].tolist() == report.findings["finding"].tolist()
    assert difference(report, reports.empty()).findings["finding_a"].tolist() == report.findings["finding"].tolist()


def test_the_answer_and_the_notes_are_messages(folders: dict[str, Path]) -> None:
    found = difference(api.load(folders["clean"]), api.load(folders["edited"]))
    assert found.headline == sentence(headline_message(found))
    assert {note.code for note in note_messages(found)} == {"difference-judged-apart", "difference-basis"}
    clauses = headline_message(found)["clauses"]
    assert isinstance(clauses, tuple)
    codes = [clause.code for clause in clauses if isinstance(clause, Message)]
    assert codes[:2] == ["difference-findings", "difference-rows"]


@pytest.mark.parametrize("seen", ["both boots", "one boot"])
def test_a_changed_lease_is_reported_where_both_captured_its_client(tmp_path: Path, seen: str) -> None:
    """A client of a pool: its MAC is known from its boot, and from nothing else."""
    line = "  - {name: pool, range: 10.20.0.100-10.20.0.150}\n"
    site = site_with(tmp_path, "image_builder:", f"{line}image_builder:")
    mac = "02:00:00:00:99:01"

    def booted(address: str) -> Callable[[Wire], None]:
        return lambda wire: wire.boot(Host(address, mac), SERVER)

    def there(wire: Wire) -> None:
        wire.tcp(Host("10.20.0.102", mac), 56030, SERVER, 56030)

    a = report_of(tmp_path, booted("10.20.0.101"), site)
    b = report_of(tmp_path, booted("10.20.0.102") if seen == "both boots" else there, site)
    found = difference(a, b)
    if seen == "both boots":
        assert not found
        assert mac in set(found.hosts["host"])
    else:
        assert {"10.20.0.101", "10.20.0.102"} <= set(changes(found.hosts)["host"])


def test_another_client_at_an_address_is_another_host(tmp_path: Path) -> None:
    macs = ("02:00:00:00:99:01", "02:00:00:00:99:02")
    a, b = (report_of(tmp_path, partial(Wire.boot, client=Host("10.20.0.101", mac), server=SERVER)) for mac in macs)
    found = difference(a, b)
    agents = found.flows[found.flows["service"] == "tcp/56030"]
    assert dict(zip(agents["orig"], agents["change"], strict=True)) == {macs[0]: "gone", macs[1]: "new"}


def test_ipv6_of_a_machine_is_no_conversation_over_ipv4(tmp_path: Path) -> None:
    six = Host("2001:db8:20::99", M2.mac)
    site = site_with(tmp_path, "image_builder:", f'  - {{name: six, address: "{six.ip}"}}\nimage_builder:')
    a, b = (
        report_of(tmp_path, partial(Wire.tcp, source=source, sport=50_000, destination=to, dport=56010), site)
        for source, to in ((SERVER, M2), (Host("2001:db8:20::10"), six))
    )
    found = changes(difference(a, b).flows)
    assert set(found["change"]) == {"new", "gone"}
    assert "six (IPv6)" in set(found["resp"])


def test_a_firewall_that_stops_a_finding_changes_it(tmp_path: Path) -> None:
    a = report_of(tmp_path, lambda wire: wire.tcp(STRANGER, 50_000, SERVER, 3389))
    b = report_of(tmp_path, lambda wire: wire.refused(STRANGER, 51_000, SERVER, 3389))
    found = difference(a, b)
    line = only(found.findings)
    assert (line["change"], line["outcomes_a"], line["outcomes_b"]) == ("changed", "established", "refused")
    assert changes(found.flows).empty
    assert "1 finding ended differently" in found.headline
    assert "established -> refused" in shown(found)


def test_a_scan_is_one_line(tmp_path: Path) -> None:
    def scan(wire: Wire) -> None:
        for port in range(1000, 1060):
            wire.refused(STRANGER, 40_000 + port, SERVER, port)

    a = report_of(tmp_path, lambda wire: void(wire.ping(SERVER, M1)))
    found = difference(a, report_of(tmp_path, scan))
    assert found.counts()["findings"]["new"] == 60
    observed = [line for line in shown(found).splitlines() if STRANGER.ip in line and "->" in line]
    assert len(observed) == 1
    assert "60 services" in observed[0]
    assert "more finding" not in shown(found)


def test_what_the_other_could_not_observe_is_not_simply_gone(tmp_path: Path) -> None:
    """The server's traffic with one machine is no evidence of the traffic between two others."""

    def floor(wire: Wire) -> None:
        wire.tcp(STRANGER, 50_000, M2, 445)
        wire.tcp(SERVER, 50_001, M1, 56010)

    a, b = report_of(tmp_path, floor), report_of(tmp_path, lambda wire: wire.tcp(SERVER, 50_001, M1, 56010))
    line = only(difference(a, b).findings)
    assert line["change"] == "gone"
    assert line["doubt"].startswith("perhaps not observable")
    assert "(1 of them perhaps not observable in B)" in difference(a, b).headline
    assert "in B perhaps not observable" in shown(difference(a, b))
    assert "in A perhaps not observable" in shown(difference(b, a))


def test_a_row_that_could_not_be_observed_says_so() -> None:
    """The lab's second segment alone shows nothing of the machines of the first."""
    whole = api.analyze(sorted(LAB.glob("dirty_*.pcap")), site=LAB / "site.yaml", dissect=False)
    part = api.analyze(LAB / "dirty_segB.pcap", site=LAB / "site.yaml", dissect=False)
    found = difference(whole, part)
    gone = found.findings[(found.findings["change"] == "gone") & (found.findings["rule"] == "shutdown")]
    doubts = {line["resp"]: line["doubt"] for line in gone.to_dict("records")}
    assert doubts["a2"].startswith("not observable: row shutdown of a2")
    apart = found.findings[(found.findings["change"] == "gone") & (found.findings["reason"] == "no-row")]
    assert len(apart) == 2
    assert apart["doubt"].str.startswith("perhaps not observable").all()
    basis = found.basis.set_index("what")
    assert [basis.loc["vantages", side] for side in "ab"] == ["3 vantages", "1 vantage"]
    assert basis.loc["not observable", "differs"]


def test_what_is_waived_now_is_said_to_be(tmp_path: Path) -> None:
    waiver = (
        f"waivers:\n  - {{orig: {STRANGER.ip}, resp: {SERVER.ip}, service: tcp/3389, reason: moving, owner: Kim, "
        "expires: 2099-01-01}\n"
    )
    site = site_with(tmp_path, "image_builder:", f"{waiver}image_builder:")
    found = difference(report_of(tmp_path, day(ports(1))), report_of(tmp_path, day(ports(1)), site))
    assert only(found.findings)["instead"].startswith("waived: no-row")
    conversation = only(found.flows)
    assert (conversation["change"], conversation["verdict_a"], conversation["verdict_b"]) == (
        "changed", "unexpected", "waived",
    )  # fmt: skip
    basis = found.basis.set_index("what")
    assert not basis.loc["captures", "differs"]
    assert basis.loc["site", "detail"] == "waivers"
    text = shown(found)
    assert "The captures are the same: the differences come from what they were judged by (site)." in text
    assert text.index("The captures are the same") < text.index("Findings")
    assert "now waived: no-row" in text


def test_another_table_is_reported_before_what_it_changed(tmp_path: Path) -> None:
    pack = (ROOT / "rules" / "dpm.yaml").read_text(encoding="utf-8")
    (tmp_path / "dpm.yaml").write_text(pack.replace("port: 56010", "port: 56011"), encoding="utf-8")
    a = report_of(tmp_path, day(ports(1)))
    b = api.analyze(tmp_path / "capture.pcap", site=SITE, rules=[str(tmp_path / "dpm.yaml")], dissect=False)
    found = difference(a, b)
    rules = found.basis.set_index("what").loc["rules"]
    assert (rules["differs"], rules["detail"]) == (True, "row shutdown changed")
    assert "expected (shutdown)" in set(found.findings["instead"])


# Documents made by hand


def with_rows(report: Report, statuses: dict[tuple[str, str], str]) -> Report:
    rows = report.rows.to_dict("records")
    for row in rows:
        row["status"] = statuses.get((row["rule"], row["machine"]), row["status"])
    return replace(report, rows=reports.frame(ROW_COLUMNS, rows))  # type: ignore[arg-type]


def test_a_row_that_is_missing_now_comes_first() -> None:
    a = reports.lab()
    machine = a.rows["machine"].iloc[0]
    b = with_rows(a, {("power-on", machine): "missing", ("multicast", machine): "satisfied"})
    found = difference(a, b)
    first = found.rows.to_dict("records")[0]
    assert [first[name] for name in ("rule", "machine", "status_a", "status_b")] == [
        "power-on", machine, "satisfied", "missing",
    ]  # fmt: skip
    assert found.headline.endswith("; 1 row is no longer satisfied, but missing or blocked, 1 is of another status.")
    assert "satisfied -> missing" in shown(found)


def test_a_machine_that_boots_no_longer_is_said_first() -> None:
    a = reports.lab()
    boots = a.boots.copy()
    assert set(boots["status"]) >= {"complete", "stalled"}
    complete = boots["status"] == "complete"
    boots.loc[complete, "status"], boots.loc[complete, "stalled_at"] = "stalled", "tftp"
    found = difference(a, replace(a, boots=boots))
    assert "is no longer booting" in found.headline
    assert "complete -> stalled at tftp" in shown(found)


SENDERS = ("10.0.0.1/dpm-server", "10.0.0.2/managed-machine", "10.0.0.3/other", "fe80::3/other", "0.0.0.0/other")
FLOWS = st.lists(
    st.tuples(
        *(st.sampled_from(SENDERS), st.sampled_from((*SENDERS, "239.1.1.1/other"))),
        st.sampled_from(("tcp/80", "tcp/56010", "udp/69", "udp/40000", "udp/50001", "icmp/0", "icmp/1", "47/-1")),
        st.sampled_from((("expected", ""), ("unexpected", "role"), ("blocked", "refused"), ("background", ""))),
        *(st.sampled_from(("syn", "first-packet")), st.sampled_from((80, 1024, 40_001, 50_002))),
        *(st.sampled_from(("established", "refused")), st.sampled_from(("power-on", "shutdown", ""))),
    ),
    max_size=12,
)


def made(flows: list[Any]) -> Report:
    """A document of these flows, and the lab's rest."""
    records = []
    for number, (orig, resp, service, (verdict, reason), basis, port, outcome, rule) in enumerate(flows):
        record = reports.flow(number, orig, resp, service, verdict, reason=reason, direction_basis=basis, rule=rule)
        record |= {"outcome": outcome} | ({} if service.startswith("icmp") else {"orig_p": port})
        records.append(record)
    found = [reports.finding(record) for record in records if record["verdict"] in ("unexpected", "blocked")]
    base = reports.lab()
    return replace(
        base, flows=reports.frame(FLOW_COLUMNS, records), findings=reports.frame(FINDING_COLUMNS, found)
    )  # fmt: skip


def mirrored(table: pd.DataFrame) -> pd.DataFrame:
    """The table of the difference with the two reports exchanged."""
    names = [str(name) for name in table.columns]
    turn = {name: f"{name[:-1]}{'b' if name.endswith('a') else 'a'}" for name in names if name[-2:] in ("_a", "_b")}
    reversed_ = table.rename(columns=turn)[list(table.columns)].astype({"change": object})
    return reversed_.assign(change=reversed_["change"].replace({"new": "gone", "gone": "new"}))


def lines(table: pd.DataFrame) -> list[tuple[str, ...]]:
    return sorted(tuple(map(str, line)) for line in table.itertuples(index=False))


@settings(deadline=None, max_examples=25)
@given(FLOWS, FLOWS)
def test_a_difference_is_the_same_from_both_sides(one: list[Any], two: list[Any]) -> None:
    a, b = made(one), made(two)
    there, back = difference(a, b), difference(b, a)
    assert bool(there) == bool(back)
    for kind in KINDS:
        assert lines(mirrored(getattr(there, kind))) == lines(getattr(back, kind)), kind


@settings(deadline=None, max_examples=25)
@given(FLOWS)
def test_nothing_differs_from_itself(flows: list[Any]) -> None:
    a = made(flows)
    found = difference(a, a)
    assert not found
    assert not found.differs("basis")
    assert all(changes(getattr(found, kind)).empty for kind in KINDS)
    assert found.headline.startswith("Nothing differs")
    assert int(found.flows["flows_a"].sum()) == len(flows)


@settings(deadline=None, max_examples=10)
@given(FLOWS, FLOWS, st.randoms())
def test_the_order_of_flows_makes_no_difference(one: list[Any], two: list[Any], random: Random) -> None:
    mixed = random.sample(two, len(two))
    there, other = difference(made(one), made(two)), difference(made(one), made(mixed))
    for kind in ("findings", "flows"):
        keys = ["change", "orig", "resp", "service"]
        assert lines(getattr(there, kind)[keys]) == lines(getattr(other, kind)[keys])


def test_counts_octets_and_times_are_details() -> None:
    a = reports.lab()
    flows = pd.concat([a.flows, a.flows.assign(flow=a.flows["flow"] + "x", ts=reports.when(9999))], ignore_index=True)
    found = difference(a, replace(a, flows=flows))
    assert not found
    line = found.findings[found.findings["verdict"] == "unexpected"].iloc[0]
    assert (line["flows_b"], line["bytes_b"]) == (2 * line["flows_a"], 2 * line["bytes_a"])
    assert line["last_b"] > line["last_a"]


def test_background_differs_between_any_two_captures() -> None:
    a = reports.lab()
    hum = reports.flow(99, "192.168.0.88/other", "224.0.0.251/other", "udp/5353", "background")
    flows = reports.frame(FLOW_COLUMNS, [*a.flows.to_dict("records"), hum])  # type: ignore[list-item]
    found = difference(a, replace(a, flows=flows))
    assert only(found.flows)["verdict_b"] == "background"
    assert not found
    assert changes(found.hosts).empty


@pytest.mark.parametrize("pair", ["empty", "one", "other"])
def test_tables_have_their_columns_and_types(pair: str) -> None:
    full, empty = reports.lab(), reports.empty()
    found = difference(*{"empty": (empty, empty), "one": (full, empty), "other": (empty, full)}[pair])
    for name, columns in COLUMNS.items():
        table = getattr(found, name)
        assert list(table.columns) == list(columns)
        assert {column: str(dtype) for column, dtype in table.dtypes.items()} == {
            column: str(dtype) for column, dtype in columns.items()
        }
    assert bool(found) == (pair != "empty")


# What is shown


class Tags(HTMLParser):
    """The elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        assert not attrs


def hostile_pairs() -> Iterator[Difference]:
    yield difference(reports.hostile(), reports.lab())
    yield difference(reports.lab(), reports.hostile())


def test_hostile_text_is_only_text() -> None:
    for found in hostile_pairs():
        for text in (shown(found), shown(found, 200), repr(found)):
            assert all(letter.isprintable() for letter in text.replace("\n", ""))
        assert Tags(found._repr_html_()).found <= {"div", "p", "b", "ul", "li", "table", "tr", "th", "td", "code"}
        page = MarkdownIt("gfm-like", {"linkify": False}).render(diff_md.text(found, ("<script>", "`b`")))
        assert "<script" not in page
        assert "<img" not in page
        assert "<a " not in page
        assert json.loads(diff_json.text(found, ("a", "b")))["differs"] is True


def test_a_notebook_gets_a_small_page() -> None:
    found = difference(reports.empty(), reports.fleet())
    page = found._repr_html_()
    assert len(page) < 10_000
    assert found.headline in page
    assert "more in <code>findings</code>" in page


@pytest.mark.parametrize("width", [60, 80, 140])
def test_lines_fit_the_width(width: int) -> None:
    text = shown(difference(reports.empty(), reports.fleet()), width)
    assert max(map(len, text.splitlines())) <= width
    assert "more conversations: --format json lists all" in text


# The command


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The lab's two days, and the second one by another profile."""
    place = tmp_path_factory.mktemp("reports")
    edited = (LAB / "site.yaml").read_text(encoding="utf-8").replace("image_builder: [192.168.0.50]", "")
    (place / "edited.yaml").write_text(edited, encoding="utf-8")
    sites = {"clean": LAB / "site.yaml", "dirty": LAB / "site.yaml", "edited": place / "edited.yaml"}
    for name, site in sites.items():
        captures = sorted(LAB.glob("clean_*.pcap" if name == "clean" else "dirty_*.pcap"))
        from analyzer.render import files_of  # noqa: PLC0415

        (place / name).mkdir()
        document = files_of("json", api.analyze(captures, site=site, dissect=False))
        (place / name / "report.json").write_bytes(document["report.json"])
    return {name: place / name for name in sites}


def test_the_same_report_is_no_difference(folders: dict[str, Path]) -> None:
    result = run("diff", folders["dirty"], folders["dirty"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("Nothing differs: 19 findings and ")
    assert "Both reports rest on the same captures, profile, rules and version." in result.stdout


def test_two_days_of_the_lab(folders: dict[str, Path]) -> None:
    result = run("diff", folders["clean"], folders["dirty"])
    assert result.exit_code == 1
    assert result.stdout.startswith("19 findings are new")
    assert "The two reports were judged differently" not in result.stdout
    assert "was expected (boot-agent)" in result.stdout
    document = json.loads(run("diff", folders["clean"], folders["dirty"], "--format", "json").stdout)
    truth = api.load(folders["dirty"]).findings
    new = {line["finding_b"] for line in document["findings"] if line["change"] == "new"}
    assert new == set(truth["finding"])
    assert document["counts"]["findings"] == {"new": 19, "changed": 0, "gone": 3, "same": 0}
    assert all(set(line) == set(COLUMNS[name]) for name in COLUMNS for line in document[name])


def test_another_profile_is_said_first(folders: dict[str, Path]) -> None:
    result = run("diff", folders["dirty"], folders["edited"], "--format", "md")
    assert result.exit_code == 1
    head, _, rest = result.stdout.partition("## Findings")
    assert "The captures are the same" in head
    assert "image\\_builder" in head
    assert "image-builder" in rest


@pytest.mark.parametrize(
    ("pair", "kinds", "code"),
    [
        (("clean", "dirty"), "none", 0),
        (("clean", "dirty"), "rows", 1),
        (("clean", "dirty"), "findings,boots", 1),
        (("dirty", "dirty"), "findings,basis", 0),
        (("clean", "dirty"), "basis", 1),
        (("clean", "dirty"), "everything", 2),
        (("clean", "dirty"), "", 2),
    ],
)
def test_what_counts_can_be_chosen(folders: dict[str, Path], pair: tuple[str, str], kinds: str, code: int) -> None:
    result = run("diff", *(folders[name] for name in pair), "--fail-on", kinds)
    assert result.exit_code == code
    assert bool(result.stderr) == (code == 2)


def test_quiet_says_it_with_the_exit_code(folders: dict[str, Path]) -> None:
    result = run("diff", folders["clean"], folders["dirty"], "-q")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "")


def test_no_report_is_an_error(folders: dict[str, Path], tmp_path: Path) -> None:
    for pair in ((folders["clean"], tmp_path), (tmp_path, folders["clean"])):
        result = run("diff", *pair)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "no saved report here" in result.stderr


def test_the_same_is_said_every_time(folders: dict[str, Path]) -> None:
    for name in ("text", "md", "json"):
        words = ("diff", folders["clean"], folders["dirty"], "--format", name)
        assert run(*words).stdout == run(*words).stdout


def test_a_client_without_a_name_is_shown_by_its_mac(tmp_path: Path) -> None:
    found = difference(report_of(tmp_path, lambda wire: wire.boot(Q1, SERVER)), reports.empty())
    assert set(found.boots["client"]) == {Q1.mac}
