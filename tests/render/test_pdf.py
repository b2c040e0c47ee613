"""report.pdf: what a reviewer hands in. Chromium prints it; without Chromium, the tests that need it are skipped."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html import unescape as html_text
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from analyzer.errors import OutputError
from analyzer.operating_system.programs import find_chromium
from analyzer.render import FORMATS, IN_FOLDER, RenderOptions, files_of
from analyzer.render.report import html, pdf
from analyzer.render.report.pdf import browser
from analyzer.render.report.pdf.properties import with_fixed_properties
from analyzer.render.shared.chart_process import Drawings
from analyzer.render.shared.escape import visible
from analyzer.render.shared.render_input import RenderInput
from analyzer.report import FINDING_COLUMNS, FLOW_COLUMNS, Note, Report
from tests.program import ROOT, run
from tests.reports import HOSTILE, START, capture, empty, finding, fleet, flow, frame, hostile, lab, meta
from tests.stand_in import stand_in
from tests.systems import WINDOWS, posix

pytestmark = pytest.mark.xdist_group("browser")
FIELDS = {"customer": "株式会社テスト", "prepared_by": "Security review", "reference": "SR-2026-117"}
DAY = "20240601"
FIELD = re.compile(r'<dt>(Customer|Prepared by|Reference)</dt><dd class="clamp">(.*?)</dd>', re.DOTALL)


def with_profile(report: Report, **keys: str) -> Report:
    site = report.meta.site.model_copy(update={"profile": {**report.meta.site.profile, **keys}})
    return replace(report, meta=report.meta.model_copy(update={"site": site}))


DRAWN = Drawings(lab())


def page_of(report: Report, options: RenderOptions | None = None) -> str:
    """The page that is printed, with the charts of another document: they do not matter here."""
    given = RenderInput(report, DRAWN, options or RenderOptions())
    given.page = html.text
    return pdf.page(given)


def needs_chromium() -> None:
    if not find_chromium():
        pytest.skip("Chromium is not on PATH (Debian: apt-get install chromium)")


def made(report: Report, options: RenderOptions | None = None) -> bytes:
    needs_chromium()
    return files_of("pdf", report, options or RenderOptions())["report.pdf"]


@cache
def printed(name: str) -> bytes:
    """Each document once; ``wordy`` on the shorter paper."""
    if name == "wordy":
        return made(wordy(), RenderOptions(sheet="Letter"))
    documents: dict[str, Callable[[], Report]] = {
        "lab": lambda: with_profile(lab(), **FIELDS),
        "hostile": lambda: with_profile(
            hostile(), customer=" ".join(HOSTILE), prepared_by=HOSTILE[0] * 99, reference=HOSTILE[4] * 99
        ),
        "empty": empty,
        "many": many,
    }
    return made(documents[name]())


def sheets(paper: bytes) -> list[str]:
    """The text of each page: white space made one, ligatures taken apart."""
    pages = PdfReader(io.BytesIO(paper)).pages
    return [" ".join(unicodedata.normalize("NFKC", sheet.extract_text()).split()) for sheet in pages]


def many() -> Report:
    """More of everything than the PDF shows: findings that no group holds, flows, captures."""
    bad = [
        flow(n, f"10.{n // 250}.{n % 250}.1/other", f"10.99.{n % 250}.{n // 250 + 1}/managed-machine", f"tcp/{n + 1}",
             "unexpected", reason="no-row", detail="No row of the table in use covers this service.")
        for n in range(400)
    ]  # fmt: skip
    other = fleet(40, 10)
    facts = meta(
        answer="NOT COMPLIANT", headline="400 flows should not exist.", verdicts={"unexpected": 400},
        captures=tuple(capture(f"part-{number}.pcap") for number in range(80)),
    )  # fmt: skip
    found = frame(FINDING_COLUMNS, [finding(one) for one in bad])
    return Report(facts, frame(FLOW_COLUMNS, bad), found, other.rows, other.boots)


def wordy() -> Report:
    """Long texts of wide letters wherever the first page has a text."""
    base, long = lab(), "株式会社" * 60
    flows = [
        flow(n, "2001:db8:1111:2222:3333:4444:5555:6666/managed-machine", f"10.0.0.{n}/dpm-server", "tcp/3389",
             "unexpected", reason="broadcast-address", orig_name=long, resp_name=long)
        for n in range(1, 9)
    ]  # fmt: skip
    site = {"name": long, "source": long, "profile": dict.fromkeys(FIELDS, long)}
    parts = {
        **{"headline": long, "scope": long, "answer": "NOT COMPLIANT", "rules": base.meta.rules * 4},
        "captures": tuple(capture(long + str(number)) for number in range(9)),
        "notes": tuple(Note(level="warning", text=long) for _ in range(9)),
        "site": base.meta.site.model_copy(update=site),
    }
    found = frame(FINDING_COLUMNS, [finding(one) for one in flows])
    return Report(base.meta.model_copy(update=parts), frame(FLOW_COLUMNS, flows), found, base.rows, base.boots)


# The page that is printed


def test_the_page_has_no_script_and_loads_nothing() -> None:
    for report in (lab(), hostile()):
        page = page_of(report)
        assert "<script" not in page
        assert re.search(r'content="default-src \'none\'; style-src \'sha256-', page)
        assert not re.search(r'(?:src|srcset|data|poster)="', page)
        assert all(target.startswith("#") for target in re.findall(r'href="([^"]*)"', page))
        assert "@import" not in page
        assert not re.search(r"url\((?!#)", page)


def test_nothing_is_folded() -> None:
    page = page_of(lab())
    assert page.count("<details") == page.count("<details open") > 8


def test_missing_fields_are_left_out() -> None:
    assert 'class="addressed"' not in page_of(lab())
    page = page_of(with_profile(lab(), reference="SR-1"))
    assert FIELD.findall(page) == [("Reference", "SR-1")]


def test_hostile_fields_are_text_in_the_page_and_in_its_style() -> None:
    for first in range(0, len(HOSTILE), 3):
        fields = dict(zip(FIELDS, HOSTILE[first : first + 3], strict=True))
        page = page_of(with_profile(lab(), **fields))
        assert "<script>" not in page
        assert "<img" not in page
        assert [html_text(shown) for _, shown in FIELD.findall(page)] == [visible(text) for text in fields.values()]
        style = page[page.index("<style>") : page.index("</style>")]
        contents = re.findall(r'content: "([^"]*)"; font', style[style.index("size: A4; margin") :])
        assert contents
        assert all(re.fullmatch(r"(?:[A-Za-z0-9 :]|\\[0-9a-f]+ )*", one) for one in contents)


def test_the_size_of_a_page() -> None:
    assert "size: A4;" in page_of(lab())
    letter = page_of(lab(), RenderOptions(sheet="Letter"))
    style = letter[letter.rindex("@page {") :]
    assert "size: Letter;" in style
    assert "size: Letter landscape;" in style


# Paper


def test_the_first_page_is_a_summary() -> None:
    pages = sheets(printed("lab"))
    first = pages[0]
    for text in (
        *("Security review", "SR-2026-117", "The most dangerous findings", "tcp/3389", "ab" * 32, "ef" * 32, "cd" * 32),
        *("server.pcap", "segment-b.pcapng", "dpm-analyzer 0.1.0", "8 findings of 16 flows"),
    ):
        assert text in first
    assert "What to know before reading on" in pages[1]
    for number, text in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in text
    assert all("SR-2026-117" in text for text in pages)


@pytest.mark.parametrize("name", ["lab", "hostile", "many", "wordy"])
def test_the_summary_is_one_page(name: str) -> None:
    pages = sheets(printed(name))
    assert "Basis" in pages[0]
    assert "dpm-analyzer 0.1.0" in pages[0]
    assert "Basis" not in " ".join(pages[1:])
    assert re.search("What to know before reading on|Findings", pages[1])


def test_an_empty_report_is_printed() -> None:
    assert "No flow was found." in sheets(printed("empty"))[0]


def test_what_is_folded_on_a_screen_is_printed() -> None:
    whole = " ".join(sheets(printed("lab"))).replace("- ", "-")
    for name in lab().findings["finding"][lab().findings["example_flow"] != ""]:
        assert f"Finding {name}" in whole


def test_a_large_report_has_few_pages_and_says_so() -> None:
    pages = sheets(printed("many"))
    whole = " ".join(pages)
    assert len(pages) < 60
    assert "all of it is in findings.csv" in whole
    assert "all of it is in flows.csv" in whole
    assert "and 75 more captures" in pages[0]


def test_the_size_of_paper() -> None:
    letter = PdfReader(io.BytesIO(made(empty(), RenderOptions(sheet="Letter"))))
    assert {tuple(sorted(map(round, map(float, page.mediabox[2:])))) for page in letter.pages} == {(612, 792)}
    a4 = PdfReader(io.BytesIO(printed("empty")))
    assert {tuple(sorted(map(round, map(float, page.mediabox[2:])))) for page in a4.pages} == {(595, 842)}


def test_the_same_report_gives_the_same_octets() -> None:
    assert made(with_profile(lab(), **FIELDS)) == printed("lab")
    properties = dict(PdfReader(io.BytesIO(printed("lab"))).metadata or {})
    assert str(properties["/CreationDate"]) == str(properties["/ModDate"]) == f"D:{DAY}000400+00'00'"
    assert str(properties["/Creator"]) == "dpm-analyzer"


def test_it_has_an_outline_and_no_active_content() -> None:
    paper = PdfReader(io.BytesIO(printed("hostile")))
    assert len(paper.outline) > 0
    whole = printed("hostile")
    for word in (b"/JavaScript", b"/JS", b"/Launch", b"/URI", b"/EmbeddedFile", b"/OpenAction"):
        assert word not in whole


# Properties


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(START, b"20240601000000"), (-1, b"19700101000000"), (10**30, b"99991231235959")],
)
def test_the_time_of_printing_is_replaced(nanoseconds: int, text: bytes) -> None:
    paper = b"%PDF-1.4\n<< /CreationDate (D:20261129023714+00'00')\n/ModDate (D:20261129023714+00'00')>> rest"
    fixed = with_fixed_properties(paper, nanoseconds)
    assert fixed == paper.replace(b"20261129023714", text)


def test_the_nodes_of_the_browser_are_numbered_anew() -> None:
    """A busy machine made Chromium begin with another number."""
    front = b"%PDF-1.4\n<< /CreationDate (D:20261129023714+00'00')\n/ModDate (D:20261129023714+00'00')>>\n"

    def nodes(first: int, second: int) -> bytes:
        return front + b"/ID (node%08d) /Headers [(node%08d)] /T (\\(node00000009\\)) (node%08d)" % (
            second,
            first,
            second,
        )

    assert with_fixed_properties(nodes(148, 154), START) == with_fixed_properties(nodes(149, 155), START)
    assert with_fixed_properties(nodes(148, 154), START).endswith(nodes(1, 2)[len(front) :])


def test_a_file_without_such_times_is_refused() -> None:
    with pytest.raises(OutputError, match="no times"):
        with_fixed_properties(b"%PDF-1.4 /CreationDate (D:20261129023714Z)", START)


# The program


def chromium(folder: Path, script: str) -> None:
    """A program of the name chromium."""
    stand_in(folder, "chromium", f"import os, sys, time\n{script}")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; no Chromium is found elsewhere. Windows has Edge, wherever PATH leads."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    if WINDOWS:
        monkeypatch.setattr("analyzer.operating_system.windows.programs._registered", lambda _: ())
        monkeypatch.setattr("analyzer.operating_system.windows.programs._PROGRAM_FOLDERS", ())
    return folder


WRITE = "target = next(w for w in sys.argv if w.startswith('--print-to-pdf=')).partition('=')[2]\n"


def test_without_chromium_the_remedy_is_shown(programs: Path) -> None:
    assert not list(programs.iterdir())
    with pytest.raises(OutputError, match="apt-get install chromium"):
        browser.printed("<p>", 1)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("", "made no PDF"),
        (
            "sys.stderr.write('[1:1:FATAL:z.cc(1)] No usable sandbox! \\x1b[31m\\n'); sys.exit(1)",
            "No usable sandbox",
        ),
        (WRITE + "open(target, 'wb').write(b'text')", "has to be Chromium"),
        (WRITE + "open(target, 'wb').write(b'%PDF-1.4 /Producer (Skia/PDF m120)')", "Chromium 131 or later"),
        (WRITE + "open(target, 'wb').write(b'%PDF-1.4 /Producer (Other 5)')", "has to be Chromium"),
    ],
)
def test_a_chromium_that_fails(programs: Path, script: str, words: str) -> None:
    chromium(programs, script)
    with pytest.raises(OutputError, match=words) as caught:
        browser.printed("<p>", 131)
    assert "\x1b" not in str(caught.value)


@posix("there is no fork; tests/operating_system/test_processes.py ends programs with what they started")
def test_a_chromium_that_does_not_end_is_ended_with_its_children(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "child"
    chromium(
        programs,
        f"child = os.fork()\nif child: open({str(note)!r}, 'w').write(str(child))\ntime.sleep(600)",
    )
    monkeypatch.setattr(browser, "TIMEOUT", 1)
    with pytest.raises(OutputError, match="within 1 seconds"):
        browser.printed("<p>", 1)
    child = int(note.read_text())
    for _ in range(500):
        if not alive(child):
            break
        time.sleep(0.02)
    assert not alive(child)


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can end a program with its parent")
def test_it_ends_with_this_program(programs: Path, tmp_path: Path) -> None:
    note = tmp_path / "started"
    chromium(programs, f"open({str(note)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)")
    script = "from analyzer.render.report.pdf import browser; browser.printed('<p>', 1)"
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env={"PATH": str(programs)})
    for _ in range(1000):
        if note.exists() and note.read_text():
            break
        time.sleep(0.02)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    for _ in range(500):
        if not alive(int(note.read_text())):
            break
        time.sleep(0.02)
    assert not alive(int(note.read_text()))


def test_it_gets_nothing_of_the_user(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folders are its own and are removed; the current folder, HOME and proxies of the environment are unknown."""
    note = tmp_path / "seen"
    chromium(
        programs,
        f"import json\nopen({str(note)!r}, 'w').write(json.dumps([os.getcwd(), sys.argv[1:], dict(os.environ)]))\n"
        + WRITE
        + "open(target, 'wb').write(b'%PDF-1.4 /Producer (Skia/PDF m156)')",
    )
    for name in ("HOME", "CHROMIUM_FLAGS", "http_proxy", "XDG_CONFIG_HOME", "LD_PRELOAD_X"):
        monkeypatch.setenv(name, "/secret")
    browser.printed("<p>", 131)
    text = note.read_text()
    folder, words, environment = json.loads(text)
    assert "/secret" not in text
    assert not Path(folder).exists()
    assert environment["HOME"] == folder
    assert f"--user-data-dir={Path(folder, 'profile')}" in words
    assert ("--no-sandbox" in words) == (sys.platform != "win32" and os.geteuid() == 0)
    assert "--host-resolver-rules=MAP * ~NOTFOUND" in words
    assert words[-1] == Path(folder, "page.html").as_uri()


# The command


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pdf") / "report"
    site = out.parent / "site.yaml"
    text = (ROOT / "sample_pcaps" / "lab" / "site.yaml").read_text(encoding="utf-8")
    site.write_text(f"{text}\ncustomer: ACME Works\nreference: SR-7\n", encoding="utf-8")
    result = run(
        "analyze", ROOT / "sample_pcaps" / "lab" / "dirty_segB.pcap", "--site", site, "--no-dissect", "--out", out, "-q"
    )
    assert result.exit_code == 1
    return out


def test_it_is_made_on_request_only(folder: Path) -> None:
    assert "pdf" not in {each.name for each in IN_FOLDER}
    assert next(each for each in FORMATS if each.name == "pdf").on_request
    assert not (folder / "report.pdf").exists()


def test_render_writes_it(folder: Path) -> None:
    needs_chromium()
    result = run("render", folder, "--format", "pdf", "--paper", "letter")
    assert (result.exit_code, result.stdout) == (0, f"{folder / 'report.pdf'}\n")
    first = sheets((folder / "report.pdf").read_bytes())[0]
    assert "ACME Works" in first
    assert "SR-7" in first
    assert "Prepared by" not in first
    assert "NOT COMPLIANT" in first
    (folder / "report.pdf").unlink()


def test_a_missing_chromium_is_an_error_of_one_line(folder: Path, programs: Path) -> None:
    assert not list(programs.iterdir())
    result = run("render", folder, "--format", "pdf")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert "apt-get install chromium" in result.stderr
    assert not (folder / "report.pdf").exists()


@pytest.mark.parametrize(
    "words", [("--paper", "A4"), ("--format", "csv", "--paper", "A4"), ("--format", "pdf", "--bom")]
)
def test_an_option_of_another_format_is_refused(folder: Path, words: tuple[Any, ...]) -> None:
    result = run("render", folder, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is for --format" in result.stderr
