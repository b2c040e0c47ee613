"""Decisions of a review workbook: into the profile, through LibreOffice, and into the next analysis."""

import re
import sys
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from analyzer.render.report.xlsx.workbook import octets
from analyzer.review import process
from analyzer.review.child import text_of
from analyzer.review.problems import letters
from analyzer.review.subjects import check_of
from analyzer.review.words import DEPENDS
from analyzer.site import load_site
from tests.packets import START, Host, Wire
from tests.program import ROOT, read_table, run
from tests.reports import hostile
from tests.workbooks import answered, cells, converted, fill, rows_where

SERVER, A1, GUEST = Host("192.168.0.1"), Host("192.168.0.21"), Host("192.168.0.66")
SITE = """\
# The lab, as it is written by hand.
version: 1
name: lab
segments: [{name: lan, cidr: 192.168.0.0/24}]   # one
dpm_server: {addresses: [192.168.0.1]}
managed_machines:
  - {name: a1, address: 192.168.0.21}
  - {name: a2, address: 192.168.0.22}  # elsewhere
expect:
  - {item: shutdown, machines: [a2]}
# the end
"""


def wire(second: int = 0) -> Wire:
    """What a1 sends and receives: the server asks whether it is there, and a guest reaches it. The guest's ports differ
    every time."""
    made = Wire()
    made.wait(second)
    made.ping(SERVER, A1)
    made.tcp(GUEST, 50_001 + second % 1000, A1, 3389)
    made.tcp(GUEST, 50_002 + second % 1000, A1, 445)
    return made


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    wire().save(tmp_path / "first.pcap")
    return tmp_path


def analyse(capture: str, site: str = "site.yaml", out: str = "report") -> Path:
    result = run("analyze", capture, "--site", site, "--no-dissect", "--out", out, "--force", "-q")
    assert result.exit_code in (0, 1), result.stderr
    return Path(out)


@pytest.fixture
def workbook(place: Path) -> Path:
    """The workbook of a report with two unexpected flows and rows that are not observable."""
    analyse("first.pcap")
    assert run("render", "report", "--format", "xlsx", "-o", "review.xlsx").exit_code == 0
    return place / "review.xlsx"


def decide(workbook: Path) -> None:
    """A waiver for the guest on the server, an attestation of a row and one of an item; the other finding is to fix."""
    (rdp,) = rows_where(workbook, "findings", waiver__service="tcp/3389")
    (smb,) = rows_where(workbook, "findings", waiver__service="tcp/445")
    answered(workbook, "findings", rdp, "accept", reason="remote help, until the jump host is there", ticket=4711)
    fill(workbook, "findings", smb, decision="Fix ", owner="network team")
    (row,) = rows_where(workbook, "rows", rule="boot-agent", machine="a2")
    answered(workbook, "rows", row, "attest", evidence="boot seen on site", expires="2099-06-30")
    (item,) = rows_where(workbook, "rows", item="Restore")
    answered(workbook, "rows", item, "attest", ticket="OPS-1")


def not_observable(report: Path) -> set[tuple[str, str]]:
    rows = read_table(report / "rows.csv")
    hidden = rows[rows["status"] == "not-observable"]
    return set(zip(hidden["rule"], hidden["machine"], strict=True))


@pytest.mark.parametrize("way", ["as it is", "xlsx", "ods"])
def test_decisions_become_a_part_of_the_profile_and_of_the_next_report(workbook: Path, way: str) -> None:
    assert ("boot-agent", "a2") in not_observable(Path("report"))
    decide(workbook)
    before = Path("site.yaml").read_bytes()
    given = workbook if way == "as it is" else converted(workbook, way, Path("office"))
    result = run("review", "apply", given, "--site", "site.yaml", "-o", "site.new.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0] == "1 waiver and 2 attestations added: site.new.yaml"
    assert result.stdout.splitlines()[1].startswith(
        "decisions: 1 accept, 2 attest, 1 fix, 0 wrong; lines without one: "
    )
    assert Path("site.yaml").read_bytes() == before
    text = Path("site.new.yaml").read_text(encoding="utf-8")
    assert text.startswith(SITE)
    assert text[len(SITE) :] == (
        '\nwaivers:\n  - orig: "192.168.0.66"\n    resp: "192.168.0.21"\n    service: "tcp/3389"\n'
        '    reason: "remote help, until the jump host is there"\n    owner: "j.doe"\n    expires: "2099-12-31"\n'
        '    ticket: "4711"\n'
        '\nattestations:\n  - rule: "boot-agent"\n    machine: "a2"\n    owner: "j.doe"\n'
        '    evidence: "boot seen on site"\n    expires: "2099-06-30"\n'
        '  - item: "Restore"\n    owner: "j.doe"\n    evidence: "agreed until the move"\n    expires: "2099-12-31"\n'
        '    ticket: "OPS-1"\n'
    )
    checked = run("site", "check", "site.new.yaml")
    assert (checked.exit_code, checked.stderr) == (0, "0 warnings, no error\n")
    # The same network a day later: other flows, other ports, the same decisions.
    wire(86_411).save(Path("second.pcap"))
    for capture in ("first.pcap", "second.pcap"):
        report = analyse(capture, "site.new.yaml", "again")
        flows = read_table(report / "flows.csv").set_index("service")
        assert flows.loc["tcp/3389 (rdp)", "verdict"] == "waived"
        assert flows.loc["tcp/445 (smb)", "verdict"] == "unexpected"
        rows = read_table(report / "rows.csv")
        attested = rows[rows["status"] == "attested"]
        names = (attested[name].tolist() for name in ("rule", "item", "machine"))
        assert [*zip(*names, strict=True)] == [("boot-agent", "Network boot", "a2"), ("", "Restore", "")]


def test_the_sheets_are_the_same_after_a_round_trip(workbook: Path) -> None:
    decide(workbook)
    for kind in ("xlsx", "ods"):
        again = converted(workbook, kind, Path("office"))
        for name, lines in cells(workbook).items():
            shown = [[text_of(value) for value in line] for line in lines]
            assert [[text_of(value) for value in line][: len(shown[0])] for line in cells(again)[name]] == shown, name


def test_what_is_in_the_profile_already_is_not_added_again(workbook: Path) -> None:
    decide(workbook)
    assert run("review", "apply", workbook, "--site", "site.yaml").exit_code == 0
    result = run("review", "apply", workbook, "--site", "site.new.yaml", "-o", "third.yaml")
    assert result.stdout.splitlines()[0] == (
        "0 waivers and 0 attestations added: third.yaml; 3 decisions in the profile already"
    )
    assert Path("third.yaml").read_bytes() == Path("site.new.yaml").read_bytes()
    assert "is not the profile that the report was judged by" in result.stderr


def test_an_attestation_is_renewed(workbook: Path) -> None:
    decide(workbook)
    assert run("review", "apply", workbook, "--site", "site.yaml").exit_code == 0
    analyse("first.pcap", "site.new.yaml", "again")
    assert run("render", "again", "--format", "xlsx").exit_code == 0
    book = Path("again/report.xlsx")
    (row,) = rows_where(book, "rows", rule="boot-agent", machine="a2")
    assert cells(book)["rows"][row - 1][3] == "attested"
    answered(book, "rows", row, "attest", expires=date(2199, 1, 1))
    assert run("review", "apply", book, "--site", "site.new.yaml", "-o", "third.yaml").exit_code == 0
    expiries = [str(one.expires) for one in load_site(Path("third.yaml")).profile.attestations]
    assert expiries == ["2099-06-30", "2099-12-31", "2199-01-01"]


def test_every_decision_that_is_offered_gives_its_result(place: Path) -> None:
    lab = ROOT / "sample_pcaps" / "lab"
    captures = [lab / name for name in ("dirty_server.pcap", "dirty_segA.pcap")]
    words: tuple[str | Path, ...] = ("analyze", *captures, "--no-dissect", "-q", "--force")
    assert run(*words, "--site", lab / "site.yaml", "--expect", "Backup", "--out", "report").exit_code == 1
    assert run("render", "report", "--format", "xlsx", "-o", "review.xlsx").exit_code == 0
    book = place / "review.xlsx"
    offered = {"findings": "accept", "rows": "attest"}
    count = dict.fromkeys(offered, 0)
    for sheet, decision in offered.items():
        header, *lines = cells(book)[sheet]
        for number, line in enumerate(lines, 2):
            if decision in line[header.index("choices")].split():
                answered(book, sheet, number, decision)
                count[sheet] += 1
    before = read_table(Path("report/findings.csv"))
    assert count["findings"] == sum(before["verdict"] != "missing") > 10
    assert run("review", "apply", book, "--site", lab / "site.yaml").exit_code == 0
    assert run("site", "check", "site.new.yaml").exit_code == 0
    run(*words, "--site", "site.new.yaml", "--expect", "Backup", "--out", "again")
    after = read_table(Path("again/findings.csv"))
    assert after["finding"].tolist() == before[before["verdict"] == "missing"]["finding"].tolist()
    rows = read_table(Path("again/rows.csv"))
    assert sum(rows["status"] == "attested") == count["rows"] > 10
    assert "not-observable" not in set(rows["status"])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_octets_of_the_profile_stay(workbook: Path, place: Path, end: str) -> None:
    decide(workbook)
    old = b"\xef\xbb\xbf" + SITE.replace("\n", end).encode()
    (place / "site.yaml").write_bytes(old)
    assert run("review", "apply", workbook, "--site", "site.yaml").exit_code == 0
    new = (place / "site.new.yaml").read_bytes()
    assert new.startswith(old)
    assert new.count(b"\n") == new.count(end.encode())
    assert run("site", "check", "site.new.yaml").exit_code == 0


# Mistakes: each has its sheet, its row and its column


def refused(workbook: Path, *sentences: str) -> None:
    result = run("review", "apply", workbook, "--site", "site.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [f"review.xlsx: {sentence}" for sentence in sentences]
    assert not Path("site.new.yaml").exists()


def test_a_missing_row_is_neither_accepted_nor_attested(place: Path) -> None:
    (place / "site.yaml").write_text(SITE.replace("[a2]", "[a1]"), encoding="utf-8")
    analyse("first.pcap")
    assert run("render", "report", "--format", "xlsx", "-o", "review.xlsx").exit_code == 0
    book = place / "review.xlsx"
    (finding,) = rows_where(book, "findings", verdict="missing")
    (row,) = rows_where(book, "rows", status="missing")
    answered(book, "findings", finding, "accept")
    answered(book, "rows", row, "attest")
    why = "a missing row can be neither accepted nor attested: the captures could have shown it"
    refused(
        book,
        f"sheet findings, row {finding}, column H (decision): {why}",
        f"sheet rows, row {row}, column F (decision): {why}",
    )


def test_what_a_decision_needs(workbook: Path) -> None:
    (rdp,) = rows_where(workbook, "findings", waiver__service="tcp/3389")
    (smb,) = rows_where(workbook, "findings", waiver__service="tcp/445")
    fill(workbook, "findings", rdp, decision="accept", expires="2000-01-01")
    fill(workbook, "findings", smb, owner="j.doe", ticket="OPS-1")
    (row,) = rows_where(workbook, "rows", rule="boot-agent", machine="a2")
    answered(workbook, "rows", row, "attest", expires="next year")
    (seen,) = rows_where(workbook, "rows", rule="existence-check", machine="a1")
    answered(workbook, "rows", seen, "attest")
    (item,) = rows_where(workbook, "rows", item="Restore")
    answered(workbook, "rows", item, "accept")
    (other,) = rows_where(workbook, "rows", item="Backup")
    answered(workbook, "rows", other, "attest", expires=date(2001, 1, 1), evidence="x" * 3000)
    day = datetime.fromtimestamp(START // 10**9, UTC).date()
    found = run("review", "apply", workbook, "--site", "site.yaml").stderr.replace(day.isoformat(), "DAY")
    assert sorted(found.splitlines()) == sorted(
        f"review.xlsx: {sentence}"
        for sentence in (
            f"sheet findings, row {rdp}, column I (owner): must not be empty: accept needs it",
            f"sheet findings, row {rdp}, column J (reason): must not be empty: accept needs it",
            f"sheet findings, row {rdp}, column K (expires): 2000-01-01 is before DAY, when this was captured: nothing "
            "would follow from it",
            f"sheet findings, row {smb}, column H (decision): there is none, but owner is filled in: choose one, or "
            "empty the other cells",
            f"sheet rows, row {row}, column I (expires): 'next year' is no day: write it as YYYY-MM-DD",
            f"sheet rows, row {seen}, column F (decision): nothing can be decided on this line of rows: empty its open "
            "cells",
            f"sheet rows, row {item}, column F (decision): 'accept' is not possible here: choose attest, fix or wrong",
            f"sheet rows, row {other}, column H (evidence): has 3000 characters: write 2000 at most",
            f"sheet rows, row {other}, column I (expires): 2001-01-01 is before DAY, when this was captured: nothing "
            "would follow from it",
        )
    )
    assert not Path("site.new.yaml").exists()


@pytest.mark.parametrize(
    ("column", "value"), [("waiver__orig", "any"), ("waiver__service", "any"), ("choices", "accept")]
)
def test_a_locked_cell_that_was_changed_is_noticed(workbook: Path, column: str, value: str) -> None:
    (rdp,) = rows_where(workbook, "findings", waiver__service="tcp/3389")
    answered(workbook, "findings", rdp, "accept", **{column: value})
    refused(
        workbook,
        f"sheet findings, row {rdp}, column H (decision): the locked cells of this line were changed: copy the "
        "decision into a workbook that was not",
    )


def test_a_status_that_was_changed_is_noticed(workbook: Path) -> None:
    (seen,) = rows_where(workbook, "rows", rule="existence-check", machine="a1")
    answered(workbook, "rows", seen, "attest", status="not-observable", choices="attest fix wrong")
    assert (
        "the locked cells of this line were changed" in run("review", "apply", workbook, "--site", "site.yaml").stderr
    )


def test_findings_of_one_waiver_are_decided_in_the_same_way(workbook: Path) -> None:
    book = workbook
    (rdp,) = rows_where(book, "findings", waiver__service="tcp/3389")
    (smb,) = rows_where(book, "findings", waiver__service="tcp/445")
    # As if both were of one service.
    line = dict(zip(cells(book)["findings"][0], cells(book)["findings"][rdp - 1], strict=True))
    other = dict(zip(cells(book)["findings"][0], cells(book)["findings"][smb - 1], strict=True))
    terms = {name: line[name] for name in ("waiver orig", "waiver resp", "waiver service")}
    check = check_of("findings", {name: (other | terms)[name] for name in DEPENDS["findings"]}, other["choices"])
    same = {name.replace(" ", "__"): value for name, value in terms.items()} | {"check": check}
    answered(book, "findings", rdp, "accept")
    fill(book, "findings", smb, **same)
    refused(
        book,
        f"sheet findings, row {smb}, column H (decision): a waiver for row {rdp} excuses this finding too (the same "
        "hosts and service): decide both in the same way",
    )
    answered(book, "findings", smb, "accept")
    result = run("review", "apply", book, "--site", "site.yaml")
    assert result.stdout.splitlines()[0] == "1 waiver and 0 attestations added: site.new.yaml"


def test_a_workbook_without_a_decision(workbook: Path) -> None:
    refused(workbook, "there is no decision in it: choose one in the column decision")


def test_a_machine_that_the_profile_does_not_have(workbook: Path, place: Path) -> None:
    decide(workbook)
    (place / "site.yaml").write_text(SITE.replace("a2", "a9"), encoding="utf-8")
    result = run("review", "apply", workbook, "--site", "site.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("the decisions do not fit site.yaml; with them it would be wrong:\nsite.yaml:")
    assert "no managed machine is called 'a2'" in result.stderr
    assert not Path("site.new.yaml").exists()


def test_a_profile_that_entries_cannot_be_added_to_gets_the_lines_by_hand(workbook: Path, place: Path) -> None:
    decide(workbook)
    # The last text has no line end; it would get one.
    last = "attestations:\n- item: Backup\n  owner: o\n  expires: 2099-01-01\n  evidence: |\n    seen\n    twice"
    (place / "site.yaml").write_text(SITE + last, encoding="utf-8")
    result = run("review", "apply", workbook, "--site", "site.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    first, *lines = result.stderr.splitlines()
    assert first.startswith("site.yaml: the decisions cannot be added to a profile that is written like this.")
    assert "attestations:" in lines
    assert '  - rule: "boot-agent"' in lines
    assert not Path("site.new.yaml").exists()


def test_columns_of_a_reviewer_are_left_as_they_are(workbook: Path) -> None:
    decide(workbook)
    with zipfile.ZipFile(workbook) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    name = "xl/worksheets/sheet2.xml"
    beside = '<c r="AD2" t="inlineStr"><is><t>my note</t></is></c><c r="AF2"><v>7</v></c></row>'
    text = parts[name].decode()
    second = text.index("</row>", text.index('<row r="2"'))
    parts[name] = (text[:second] + beside + text[second + len("</row>") :]).encode()
    with zipfile.ZipFile(workbook, "w") as packed:
        for part, content in parts.items():
            packed.writestr(part, content)
    result = run("review", "apply", workbook, "--site", "site.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("1 waiver and 2 attestations added")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04" + bytes(100), b"PK\x05\x06" + bytes(18)])
def test_what_is_no_workbook(place: Path, content: bytes) -> None:
    (place / "review.xlsx").write_bytes(content)
    result = run("review", "apply", "review.xlsx", "--site", "site.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("review.xlsx: ")
    assert "give a workbook that render --format xlsx wrote" in result.stderr


def test_a_workbook_of_another_kind(place: Path) -> None:
    with xlsxwriter.Workbook("review.xlsx") as book:
        book.add_worksheet("budget")
    refused(place / "review.xlsx", "there is no sheet 'findings': give a workbook that render --format xlsx wrote")
    with xlsxwriter.Workbook("review.xlsx") as book:
        for name in ("findings", "rows", "basis"):
            book.add_worksheet(name).write_row(0, 0, ["decision", "decision"])
    result = run("review", "apply", "review.xlsx", "--site", "site.yaml")
    assert "sheet findings, row 1, column B (decision): this heading occurs twice" in result.stderr
    assert "sheet rows, row 1, column (evidence): there is no such column" in result.stderr


def test_damaged_workbooks_are_refused_with_a_sentence(workbook: Path) -> None:
    decide(workbook)
    whole = workbook.read_bytes()
    for place in range(0, len(whole), len(whole) // 10):
        workbook.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        result = run("review", "apply", workbook, "--site", "site.yaml", "--force")
        assert result.exit_code in (0, 2)
        assert "Traceback" not in result.stderr
        workbook.write_bytes(whole[:place])
        assert run("review", "apply", workbook, "--site", "site.yaml", "--force").exit_code == 2


def test_one_cell_far_away_takes_no_memory(workbook: Path) -> None:
    """A reader makes room for all cells up to the last one."""
    with zipfile.ZipFile(workbook) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    text = parts["xl/worksheets/sheet2.xml"].decode()
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts["xl/worksheets/sheet2.xml"] = text.replace("</sheetData>", far).encode()
    with zipfile.ZipFile(workbook, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    result = run("review", "apply", workbook, "--site", "site.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "this workbook is damaged, or made to do harm" in result.stderr


def test_a_day_in_another_form_of_the_standard(workbook: Path) -> None:
    (rdp,) = rows_where(workbook, "findings", waiver__service="tcp/3389")
    answered(workbook, "findings", rdp, "ACCEPT", expires=20991231)
    assert run("review", "apply", workbook, "--site", "site.yaml").exit_code == 0
    assert [str(one.expires) for one in load_site(Path("site.new.yaml")).profile.waivers] == ["2099-12-31"]


def test_a_workbook_that_is_too_large(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LARGEST_UNPACKED", 1000)
    result = run("review", "apply", workbook, "--site", "site.yaml")
    assert (result.exit_code, result.stderr) == (
        2,
        f"{workbook}: the workbook is too large: delete its sheet flows, and save it again\n",
    )


def test_without_the_package_a_sentence_says_what_to_install(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    result = run("review", "apply", workbook, "--site", "site.yaml")
    assert (result.exit_code, result.stderr) == (
        2,
        "Reading a review workbook needs the package python-calamine: install dpm-analyzer[workbook]\n",
    )


def test_nothing_is_overwritten(workbook: Path) -> None:
    decide(workbook)
    before = {path: path.read_bytes() for path in (Path("site.yaml"), workbook)}
    for path in before:
        assert run("review", "apply", workbook, "--site", "site.yaml", "-o", path).exit_code == 2
        result = run("review", "apply", workbook, "--site", "site.yaml", "-o", path, "--force")
        assert (result.exit_code, "this is an input" in result.stderr) == (2, True)
    assert {path: path.read_bytes() for path in before} == before


HOSTILE = (
    '=1+1", expires: 2000',
    "a\nowner: x",
    "\u202e{}[]#&*!|>%@`",
    "'",
    "\\",
    "~",
    "no",
    "\U0001f600",
    "- b: c # d",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_a_reviewer_are_texts_of_the_profile(workbook: Path, text: str) -> None:
    (rdp,) = rows_where(workbook, "findings", waiver__service="tcp/3389")
    answered(workbook, "findings", rdp, "accept", owner=text, reason=text, ticket=text)
    (item,) = rows_where(workbook, "rows", item="Restore")
    answered(workbook, "rows", item, "attest", evidence=text)
    result = run("review", "apply", workbook, "--site", "site.yaml")
    assert result.exit_code == 0, result.stderr
    profile = load_site(Path("site.new.yaml")).profile
    (waiver,), (attestation,) = profile.waivers, profile.attestations
    assert (waiver.owner, waiver.reason, waiver.ticket) == (text, text, text)
    assert attestation.evidence == text


DYNAMIC = "port {} is dynamic; if it changes in the next capture, the waiver does not fit\n"


@pytest.mark.parametrize(("port", "doubt"), [(51_234, DYNAMIC), (56_010, "")], ids=["dynamic", "of the table"])
def test_a_dynamic_port_is_pointed_out(place: Path, port: int, doubt: str) -> None:
    made = wire()
    made.tcp(GUEST, 50_020, A1, port)
    made.save(place / "first.pcap")
    analyse("first.pcap")
    run("render", "report", "--format", "xlsx", "-o", "review.xlsx")
    (row,) = rows_where(place / "review.xlsx", "findings", waiver__service=f"tcp/{port}")
    answered(place / "review.xlsx", "findings", row, "accept")
    result = run("review", "apply", "review.xlsx", "--site", "site.yaml")
    expected = f"sheet findings, row {row}: {doubt.format(port)}" if doubt else ""
    assert (result.exit_code, result.stderr) == (0, expected)


def test_a_waiver_of_all_machines_that_boot_is_pointed_out(place: Path) -> None:
    lab = ROOT / "sample_pcaps" / "lab"
    captures = [lab / name for name in ("dirty_server.pcap", "dirty_segA.pcap")]
    words = ("--site", lab / "site.yaml", "--no-dissect", "-q", "--out", "report")
    assert run("analyze", *captures, *words).exit_code == 1
    run("render", "report", "--format", "xlsx", "-o", "review.xlsx")
    (row,) = rows_where(place / "review.xlsx", "findings", waiver__orig="0.0.0.0")
    answered(place / "review.xlsx", "findings", row, "accept")
    result = run("review", "apply", "review.xlsx", "--site", lab / "site.yaml")
    assert (result.exit_code, result.stderr) == (
        0,
        f"sheet findings, row {row}: 0.0.0.0 is the address of every machine that boots: the waiver excuses udp/67 of "
        "all of them\n",
    )


def test_columns_are_named_as_programs_name_them() -> None:
    assert [letters(number) for number in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


DAY = datetime(2026, 1, 2)  # noqa: DTZ001 - what calamine gives


@pytest.mark.parametrize(
    ("value", "text"),
    [(4711.0, "4711"), (1.5, "1.5"), (DAY.date(), "2026-01-02"), (DAY, "2026-01-02"), (" a ", "a"), (True, "True")],
)  # fmt: skip
def test_cells_as_text(value: object, text: str) -> None:
    assert text_of(value) == text


def test_hostile_texts_stay_texts_in_another_program(tmp_path: Path) -> None:
    book = tmp_path / "report.xlsx"
    book.write_bytes(octets(hostile()))
    shown = {name: [[text_of(value) for value in line] for line in lines] for name, lines in cells(book).items()}
    for kind in ("xlsx", "ods"):
        again = converted(book, kind, tmp_path / "office")
        for name, lines in cells(again).items():
            width = len(shown[name][0])
            assert [[text_of(value) for value in line][:width] for line in lines] == shown[name], (kind, name)
        with zipfile.ZipFile(again) as packed:
            text = "".join(packed.read(part).decode() for part in packed.namelist() if part.endswith(".xml"))
        assert "of:=" not in text
        assert not re.search(r"<f[ >]|<hyperlink|table:formula|<text:a ", text)
