"""The review workbook: what its sheets hold, what is locked and open, and that nothing in it is calculated."""

import io
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from analyzer.palette import mark
from analyzer.render import IN_FOLDER, files_of
from analyzer.render.report.xlsx.book import LONGEST, MOST_LINES, SheetColumn, height, ranges
from analyzer.render.report.xlsx.workbook import octets
from analyzer.render.shared.page_model import ordered
from analyzer.report import FINDING_COLUMNS, FLOW_COLUMNS, ROW_COLUMNS, Host, Report
from analyzer.report.folder import MARKER
from analyzer.review.subjects import waiver_service
from analyzer.text import visible
from tests.program import ROOT, run
from tests.reports import HOSTILE, empty, finding, fleet, flow, frame, hostile, lab

SHEETS = ["answer", "findings", "rows", "boots", "executables", "hosts", "flows", "basis"]
SPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    """The cells of each sheet, as another program reads them."""
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def lines(content: bytes, name: str) -> list[dict[str, Any]]:
    """The lines of a table by the names of its columns."""
    header, *rest = sheets(content)[name]
    return [dict(zip(header, line, strict=True)) for line in rest]


def parts(content: bytes) -> dict[str, str]:
    """The files in the workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


def sheet_of(content: bytes, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(parts(content)[f"xl/worksheets/sheet{SHEETS.index(name) + 1}.xml"])


def test_every_part_of_the_report_has_its_sheet() -> None:
    report = lab()
    found = sheets(octets(report))
    assert list(found) == SHEETS
    tables = {"findings": report.findings, "rows": report.rows, "boots": report.boots, "flows": report.flows}
    covered = {name: len(table) for name, table in tables.items()} | {"rows": len(report.rows) + 2}
    assert {name: len(found[name]) - 1 for name in tables} == covered
    assert [line["verdict"] for line in lines(octets(report), "findings")] == ordered(report)["verdict"].tolist()
    assert lines(octets(report), "boots")[0]["stalled_at"] == "agent"


def test_the_answer_comes_first() -> None:
    report = replace(lab(), meta=lab().meta.model_copy(update={"answer": "NOT COMPLIANT", "scope": "Two of three."}))
    found = sheets(octets(report))["answer"]
    assert [line[0] for line in found[:3]] == ["NOT COMPLIANT", report.meta.headline, "Two of three."]
    shown = {str(line[0]): line[1:] for line in found}
    assert shown[f"{mark('unexpected').symbol} unexpected"] == [5, mark("unexpected").meaning]
    assert shown["warning"][1] == report.meta.notes[0].text


def test_words_have_their_colour_and_are_still_words() -> None:
    content = octets(lab())
    assert {line["verdict"] for line in lines(content, "findings")} == {"unexpected", "blocked", "missing"}
    styles = parts(content)["xl/styles.xml"]
    for word in ("unexpected", "blocked", "missing", "satisfied", "stalled"):
        assert f"FF{mark(word).light[1:].upper()}" in styles


@pytest.mark.parametrize("name", SHEETS[1:])
def test_headings_stay_and_lines_can_be_filtered(name: str) -> None:
    sheet = sheet_of(octets(lab()), name)
    pane = sheet.find(".//m:pane", SPACE)
    assert pane is not None
    assert (pane.get("state"), pane.get("ySplit")) == ("frozen", "1")
    assert sheet.find("m:autoFilter", SPACE) is not None
    widths = [float(one.get("width", 0)) for one in sheet.iterfind(".//m:col", SPACE)]
    assert min(widths) >= 7
    protection = sheet.find("m:sheetProtection", SPACE)
    assert protection is not None
    assert (protection.get("sheet"), protection.get("autoFilter")) == ("1", "0")


def unlocked(content: bytes, name: str) -> set[str]:
    """The cells that can be changed."""
    styles = ElementTree.fromstring(parts(content)["xl/styles.xml"])
    formats = styles.findall("m:cellXfs/m:xf", SPACE)
    open_ = {
        str(number)
        for number, one in enumerate(formats)
        if (lock := one.find("m:protection", SPACE)) is not None and lock.get("locked") == "0"
    }
    return {one.get("r", "") for one in sheet_of(content, name).iterfind(".//m:c", SPACE) if one.get("s") in open_}


def lists(content: bytes, name: str) -> dict[str, str]:
    """Cells -> the list that they offer."""
    found = sheet_of(content, name).iterfind(".//m:dataValidation", SPACE)
    return {one.get("sqref", ""): one.findtext("m:formula1", "", SPACE) for one in found if one.get("type") == "list"}


def test_only_decisions_can_be_written_and_each_from_its_list() -> None:
    content = octets(lab())
    header = sheets(content)["findings"][0]
    first = header.index("decision")
    assert header[first : first + 5] == ["decision", "owner", "reason", "expires", "ticket"]
    letters = "HIJKL"
    count = len(lab().findings)
    assert unlocked(content, "findings") == {f"{one}{line + 2}" for one in letters for line in range(count)}
    assert lists(content, "findings") == {f"H2:H{count}": '"accept,fix,wrong"', f"H{count + 1}": '"fix,wrong"'}
    for name in ("answer", "boots", "executables", "hosts", "flows", "basis"):
        assert unlocked(content, name) == set()


def test_rows_that_could_not_be_shown_can_be_attested_and_missing_ones_cannot() -> None:
    content = octets(lab())
    by_status: dict[str, set[str]] = {}
    for line in lines(content, "rows"):
        by_status.setdefault(line["status"], set()).add(line["choices"])
    assert by_status["not-observable"] == by_status["not-covered"] == {"attest fix wrong"}
    assert by_status["missing"] == {"fix wrong"}
    assert by_status["satisfied"] == by_status["not-exercised"] == by_status["blocked"] == {""}
    open_ = [number for number, line in enumerate(lines(content, "rows"), 2) if line["choices"]]
    assert {int(cell[1:]) for cell in unlocked(content, "rows")} == set(open_)
    assert sheets(content)["rows"][0][5:10] == ["decision", "owner", "evidence", "expires", "ticket"]


def printed_columns(content: bytes, name: str) -> tuple[list[str], float]:
    """The columns of a sheet that paper shows, and their width in characters."""
    names = ElementTree.fromstring(parts(content)["xl/workbook.xml"]).iterfind(".//m:definedName", SPACE)
    areas = {one.text.split("!")[0]: one.text for one in names if one.get("name") == "_xlnm.Print_Area" and one.text}
    last = areas[name].rpartition(":")[2].strip("$").partition("$")[0]
    count = ord(last) - ord("A") + 1
    widths = [float(one.get("width", 0)) for one in sheet_of(content, name).iterfind(".//m:col", SPACE)]
    return sheets(content)[name][0][:count], sum(widths[:count])


def test_paper_has_room_for_what_a_sheet_is_about() -> None:
    """A sheet is printed on the width of one page: more columns would make its letters too small to read."""
    content = octets(lab())
    columns = {name: printed_columns(content, name) for name in ("findings", "rows", "boots", "flows")}
    assert all(width < 330 for _, width in columns.values())
    assert {"machine", "client_mac", "status", "stalled_at", "started", "why", "files"} <= set(columns["boots"][0])
    assert {"flow", "ts", "verdict", "reason", "orig_h", "resp_h", "service", "detail"} <= set(columns["flows"][0])
    book = parts(content)["xl/workbook.xml"]
    assert all(f"{name}!$1:$1" in book for name in columns)


def test_a_port_has_no_separator_of_thousands() -> None:
    content = octets(lab())
    header = sheets(content)["flows"][0]
    cell = f"{chr(ord('A') + header.index('orig_p'))}2"
    style = next(
        one.get("s", "") for one in sheet_of(content, "flows").iterfind(".//m:c", SPACE) if one.get("r") == cell
    )
    formats = ElementTree.fromstring(parts(content)["xl/styles.xml"]).findall("m:cellXfs/m:xf", SPACE)
    assert formats[int(style)].get("numFmtId") == "1"


def test_an_expiry_is_a_day_that_is_not_before_the_captures_end() -> None:
    found = sheet_of(octets(lab()), "findings").iterfind(".//m:dataValidation", SPACE)
    days = [one.findtext("m:formula1", "", SPACE) for one in found if one.get("type") == "date"]
    assert set(days) == {str((datetime(2024, 6, 1) - datetime(1899, 12, 30)).days)}  # noqa: DTZ001 - days of a sheet


@pytest.mark.parametrize(
    "report", [hostile(), empty(), lab(), fleet(20, 200)], ids=["hostile", "empty", "lab", "fleet"]
)
def test_nothing_is_calculated_or_linked(report: Report) -> None:
    content = octets(report)
    for name, text in parts(content).items():
        found = ElementTree.fromstring(text)
        assert not [one.tag for one in found.iter() if one.tag.rpartition("}")[2] in ("f", "hyperlink", "oleObject")]
        assert "externalLink" not in name
        assert not name.endswith(".bin")
        if "sheet" in name and name.endswith(".xml"):
            kinds = {one.get("t") for one in found.iterfind(".//m:c", SPACE) if one.get("t")}
            assert kinds <= {"inlineStr"}


RICH = "<r><t>bold</t></r>"
ODD = ("_x0041_", "_x000D_", "<r>", "</r>", RICH, "&amp;", "<t/>", "  ends  ", "http://evil.example", "1e5", "007")


def test_hostile_texts_are_shown_as_they_are() -> None:
    content = octets(hostile())
    texts = [visible(text) for text in HOSTILE]
    assert [line["why"] for line in lines(content, "rows")[: len(HOSTILE)]] == texts
    assert [line["detail"] for line in lines(content, "flows")] == texts
    assert [line["address"] for line in lines(content, "hosts")[: len(HOSTILE)]] == texts
    # A name that a cell cannot hold as it is decides nothing.
    closed = {line["rule"]: line["choices"] for line in lines(content, "rows")}
    assert closed[visible("\u202egpj.exe")] == ""


def test_texts_that_look_like_markup_of_the_file_are_texts() -> None:
    rows = [{"rule": "shutdown", "item": text, "status": "missing", "why": text} for text in ODD]
    content = octets(replace(lab(), rows=frame(ROW_COLUMNS, rows)))
    shown = [line["why"] for line in lines(content, "rows")][: len(ODD)]
    assert shown == [f"{text} " if text == RICH else text for text in ODD]


def test_lines_beyond_the_limit_are_named() -> None:
    report = lab()
    assert files_of("xlsx", report)["report.xlsx"] == octets(report)
    content = octets(report, most_lines=4)
    found = sheets(content)
    assert {name: len(found[name]) for name in SHEETS[1:]} == {
        **{"findings": 5, "rows": 5, "boots": 3, "executables": 1, "hosts": 4, "flows": 5, "basis": 5},
    }
    shown = {line[0]: line[1] for line in found["answer"] if "did not fit" in str(line[2])}
    assert shown["flows"] == len(report.flows) - 4
    assert shown["findings"] == len(report.findings) - 4
    assert "did not fit" not in str(sheets(octets(report))["answer"])
    assert MOST_LINES + 1 == 1_048_576


@pytest.mark.parametrize("letter", ["a", "\u3042", "\U0001f600"])
def test_texts_beyond_the_limit_are_cut_and_counted(letter: str) -> None:
    rows = [{"rule": "shutdown", "status": "missing", "why": letter * count} for count in (LONGEST // 2, LONGEST + 1)]
    content = octets(replace(lab(), rows=frame(ROW_COLUMNS, rows)))
    shown = [line["why"] for line in lines(content, "rows")][:2]
    assert shown[0] == letter * (LONGEST // 2)
    assert shown[1].endswith(f"{letter}…")
    assert LONGEST - 2 <= len(shown[1].encode("utf-16-le")) // 2 <= LONGEST
    assert [line[:2] for line in sheets(content)["answer"] if "longer than a cell" in str(line[2])] == [["rows", 1]]


MAKE = """
import os, sys
os.umask(int(sys.argv[1], 8))
from analyzer.render.report.xlsx.workbook import octets
from tests.reports import fleet
sys.stdout.buffer.write(octets(fleet(20, 200)))
"""


def test_the_octets_depend_on_the_document_only(tmp_path: Path) -> None:
    made = [
        subprocess.run(
            [sys.executable, "-c", MAKE, umask],
            cwd=ROOT, env={"PYTHONPATH": str(ROOT), "TZ": zone, "TMPDIR": str(tmp_path), "PYTHONHASHSEED": seed},
            capture_output=True, check=True,
        ).stdout
        for umask, zone, seed in (("022", "UTC", "1"), ("077", "Asia/Tokyo", "2"), ("000", "America/New_York", "3"))
    ]  # fmt: skip
    assert len(made[0]) > 10_000
    assert made[0] == made[1] == made[2]
    properties = parts(made[0])["docProps/core.xml"]
    assert set(re.findall(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", properties)) == {"2024-06-01"}


def test_a_waiver_is_for_the_machine_where_only_its_mac_is_known() -> None:
    base = lab()
    machines = [{"name": "a1", "address": None, "mac": "02:00:00:00:0a:21"}, {"name": "b1", "address": "192.168.1.21"}]
    site = base.meta.site.model_copy(update={"given": True, "profile": {"managed_machines": machines}})
    b1 = Host(address="192.168.1.21", ip="192.168.1.21", roles=(), machine="b1", segment=None, basis="given")
    hosts = (*base.meta.hosts, b1)
    content = octets(replace(base, meta=base.meta.model_copy(update={"site": site, "hosts": hosts})))
    ends = {(line["from"], line["waiver orig"]) for line in lines(content, "findings")}
    assert {("a1 (192.168.0.21)", "a1"), ("b1 (192.168.1.21)", "192.168.1.21")} <= ends
    assert ("192.168.0.66", "192.168.0.66") in ends


def test_a_contradicted_program_of_an_allowed_flow_cannot_be_waived() -> None:
    allowed = flow(1, "192.168.0.1/dpm-server", "192.168.0.21/managed-machine", "tcp/56010", "expected")
    refused = flow(2, "192.168.0.1/dpm-server", "192.168.0.22/managed-machine", "tcp/56010", "unexpected")
    refused |= {"reason": "executable"}
    found = [finding(allowed | {"verdict": "unexpected", "reason": "executable"}), finding(refused)]
    report = replace(lab(), flows=frame(FLOW_COLUMNS, [allowed, refused]), findings=frame(FINDING_COLUMNS, found))
    choices = {line["finding"]: line["choices"] for line in lines(octets(report), "findings")}
    assert choices == {"Ff000001": "fix wrong", "Ff000002": "accept fix wrong"}


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("tcp/3389 (rdp)", "tcp/3389"), ("udp/69", "udp/69"), ("icmp/8 (echo)", "icmp/8"), ("icmp6/128", "icmp6/128"),
        ("ip/47", "47/any"), ("ip/0", "0/any"), ("ip/300", ""), ("tcp/70000", ""), ("icmp/300", ""), ("", ""),
        ("ip/tcp", "tcp/any"), ("tcp/1 (a) x", ""), ("tcp/\u0663", ""),
    ],
)  # fmt: skip
def test_services_are_written_as_waivers_have_them(service: str, expected: str) -> None:
    assert waiver_service(service) == expected


def test_lists_cover_lines_that_follow_one_another() -> None:
    one, two = ("a",), ("b", "c")
    assert ranges([one, one, (), two, two, one]) == [(0, 1, one), (3, 4, two), (5, 5, one)]
    assert ranges([]) == []


def test_rows_are_as_tall_as_their_texts() -> None:
    columns = (SheetColumn("why", 20, "wrap"),)
    heights = [height(columns, [text]) for text in ("short", "x" * 60, "\u3042" * 60, "x" * 100_000)]
    assert heights == sorted(heights)
    assert heights[0] < heights[1] < heights[2] < heights[3] == 409


# The command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    capture_ = ROOT / "sample_pcaps" / "lab" / "dirty_segB.pcap"
    site = ROOT / "sample_pcaps" / "lab" / "site.yaml"
    assert run("analyze", capture_, "--site", site, "--no-dissect", "--out", tmp_path / "report", "-q").exit_code == 1
    return tmp_path / "report"


def test_the_workbook_is_made_on_request_only(folder: Path) -> None:
    assert "xlsx" not in {each.name for each in IN_FOLDER}
    assert not (folder / "report.xlsx").exists()
    result = run("render", folder, "--format", "xlsx")
    assert (result.exit_code, result.stdout) == (0, f"{folder / 'report.xlsx'}\n")
    before = (folder / "report.xlsx").read_bytes()
    assert run("render", folder, "--format", "xlsx").exit_code == 0
    assert (folder / "report.xlsx").read_bytes() == before
    assert not (folder / MARKER).exists()


def test_a_workbook_that_was_filled_in_is_not_replaced(folder: Path) -> None:
    (folder / "report.xlsx").write_bytes(b"decisions")
    result = run("render", folder, "--format", "xlsx")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "report.xlsx: this file was changed" in result.stderr
    assert (folder / "report.xlsx").read_bytes() == b"decisions"
    assert run("render", folder, "--format", "xlsx", "--force").exit_code == 0
    assert (folder / "report.xlsx").read_bytes() != b"decisions"


def test_a_file_of_another_name_is_written_whole_or_not(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "review.xlsx"
    result = run("render", folder, "--format", "xlsx", "-o", out)
    assert (result.exit_code, result.stdout) == (0, f"{out}\n")
    assert sheets(out.read_bytes())["answer"][0][0] == "NOT COMPLIANT"
    assert not (folder / "report.xlsx").exists()
    out.write_bytes(b"mine")
    assert run("render", folder, "--format", "xlsx", "-o", out).exit_code == 2
    assert out.read_bytes() == b"mine"
    assert run("render", folder, "--format", "md", "-o", out, "--force").exit_code == 0
    assert out.read_bytes() == (folder / "report.md").read_bytes()
    document = (folder / "report.json").read_bytes()
    assert run("render", folder, "--format", "md", "-o", folder / "report.json", "--force").exit_code == 2
    assert (folder / "report.json").read_bytes() == document


def test_several_files_do_not_go_into_one(folder: Path, tmp_path: Path) -> None:
    result = run("render", folder, "--format", "csv", "-o", tmp_path / "x")
    assert (result.exit_code, (tmp_path / "x").exists()) == (2, False)
    assert "-o is for formats of one file" in result.stderr


def test_without_the_package_a_sentence_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    result = run("render", folder, "--format", "xlsx")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "The review workbook needs the package XlsxWriter: install dpm-analyzer[workbook]\n"
    assert not (folder / "report.xlsx").exists()
