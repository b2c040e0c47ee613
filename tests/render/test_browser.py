"""report.html in a browser: what a reader can do with it, with a mouse, with keys, without script, on paper.

Chromium of the system, driven by Playwright; nothing is downloaded. Without it all of this is skipped.
"""

import io
import os
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib.image
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, expect, sync_playwright
from pypdf import PdfReader

from analyzer import pipeline as api
from analyzer import render
from analyzer.render.overview import html as overview_page
from analyzer.render.overview.facts import Overview, SiteFacts, site_facts
from analyzer.render.shared.escape import visible
from analyzer.report import FINDING_COLUMNS, FLOW_COLUMNS, Report
from tests.program import ROOT, run
from tests.reports import HOSTILE, empty, finding, fleet, flow, frame, hostile, lab, meta

pytestmark = pytest.mark.xdist_group("browser")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE, NARROW = (1366, 900), (390, 844)
LISTENERS = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
"""
BEYOND = """() => [...document.querySelectorAll("body *")].filter((element) => {
  if (element.getBoundingClientRect().right <= innerWidth + 1) return false;
  for (let box = element.parentElement; box; box = box.parentElement) {
    if (getComputedStyle(box).overflowX !== "visible") return false;
  }
  return true;
}).map((element) => element.outerHTML.slice(0, 120))"""

Open = Callable[..., Page]


def scan() -> Report:
    """A document with a port scan, so that findings are folded into a group, and with more flows than findings."""
    rogue, victim = "10.0.0.66/other", "10.0.0.1/dpm-server"
    no_row: dict[str, Any] = {"reason": "no-row", "detail": "No row of the table in use speaks of it."}
    bad = [flow(number, rogue, victim, f"tcp/{number + 1}", "unexpected", **no_row) for number in range(12)]
    good = [
        flow(100 + number, victim, f"10.0.1.{number}/managed-machine", "tcp/56010", "expected", orig_pkts=number)
        for number in range(30)
    ]
    found = frame(FINDING_COLUMNS, [finding(record) for record in bad])
    counts = {"unexpected": len(bad), "expected": len(good)}
    facts = meta(verdicts=counts, headline="12 flows should not exist.")
    return Report(facts, frame(FLOW_COLUMNS, [*bad, *good]), found, lab().rows, lab().boots)


@cache
def sample() -> Report:
    """The sample of three captures, judged."""
    captures = [ROOT / "sample_pcaps" / "lab" / f"dirty_{name}.pcap" for name in ("server", "segA", "segB")]
    return api.analyze(captures, site=ROOT / "sample_pcaps" / "lab" / "site.yaml", dissect=False)


REPORTS: dict[str, Callable[[], Report]] = {
    **{"sample": sample, "lab": lab, "scan": scan, "hostile": hostile, "empty": empty},
    "fleet": lambda: fleet(200, 2000),
}


def overview() -> Overview:
    """Two sites with flows on three days, of which one is a week before the others; one site cannot be judged."""
    days = {"2026-03-01": {"unexpected": 3}, "2026-03-08": {"blocked": 12_345}, "2026-03-09": {"expected": 5}}
    one = replace(site_facts("osaka", "sites/osaka", sample(), None), days=days)
    return Overview("1", [one, replace(one, name="a-site-with-a-long-name"), SiteFacts("tokyo", problem="gone.pcap")])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium. As root it runs only without its sandbox. It ends with this module: Playwright keeps an
    event loop and a process, and other tests look for what is left of either."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("Chromium is not on PATH (Debian: apt-get install chromium)")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=options)
        yield running
        running.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The page of each document as a file; made when it is first asked for."""
    folder = tmp_path_factory.mktemp("pages")

    @cache
    def page_of(name: str) -> Path:
        path = folder / f"{name}.html"
        if name == "overview":
            path.write_text(overview_page.text(overview()), encoding="utf-8")
        else:
            path.write_bytes(render.files_of("html", REPORTS[name]())["report.html"])
        return path

    return page_of


@pytest.fixture
def opened(browser: Browser, files: Callable[[str], Path]) -> Iterator[Open]:
    """Opens a page in a fresh context; at the end nothing may have gone wrong in any of them.

    That is: no request but for the file itself, no dialog, no error of the script, nothing that the policy stopped.
    """
    contexts: list[BrowserContext] = []
    pages: list[Page] = []
    requests: list[str] = []
    wrong: list[str] = []

    def asked(dialog: Dialog) -> None:
        wrong.append(dialog.message)
        dialog.dismiss()

    def open_page(name: str, target: str = "", size: tuple[int, int] = WIDE, **settings: Any) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **settings)
        contexts.append(context)
        context.add_init_script(LISTENERS)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("dialog", asked)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text))
        page.goto(files(name).as_uri() + target)
        if settings.get("java_script_enabled", True):
            pages.append(page)
        return page

    yield open_page
    stopped = [page.evaluate("violations") for page in pages]
    for context in contexts:
        context.close()
    assert not wrong
    assert not any(stopped)
    assert {url.split("/")[-1].split("#")[0] for url in requests} <= {f"{name}.html" for name in (*REPORTS, "overview")}
    assert all(url.startswith("file://") for url in requests)


def table(page: Page, name: str) -> Locator:
    return page.locator(f"table#t-{name}")


def column(page: Page, name: str, place: int) -> list[str]:
    """The cells of a column that are to be seen, from the first line on."""
    cells = table(page, name).locator(f"tbody tr:not([hidden]) > :nth-child({place})")
    return [text.strip() for text in cells.all_inner_texts()]


def head(page: Page, name: str, text: str) -> Locator:
    return table(page, name).locator("thead th").filter(has_text=text).first


def seen(page: Page, selector: str) -> int:
    """How many elements can be seen, in the window or by scrolling."""
    return int(page.locator(selector).evaluate_all("all => all.filter((one) => one.checkVisibility()).length"))


def in_window(locator: Locator) -> bool:
    """Whether an element is inside the window, none of its boxes hiding it."""
    return bool(
        locator.evaluate(
            """async (element) => await new Promise((told) => new IntersectionObserver(
                ([entry]) => told(entry.isIntersecting)).observe(element))"""
        )
    )


# Sorting


def test_a_click_sorts_and_says_so(opened: Open) -> None:
    page = opened("scan")
    before = column(page, "flows", 7)
    packets = head(page, "flows", "packets")
    packets.get_by_role("button").click()
    sums = [sum(map(int, cell.split(" / "))) for cell in column(page, "flows", 7)]
    assert sums == sorted(sums)
    assert len(set(sums)) > 10
    assert packets.get_attribute("aria-sort") == "ascending"
    packets.get_by_role("button").click()
    assert [sum(map(int, cell.split(" / "))) for cell in column(page, "flows", 7)] == sorted(sums, reverse=True)
    assert packets.get_attribute("aria-sort") == "descending"
    packets.get_by_role("button").click()
    assert column(page, "flows", 7) == before
    assert packets.get_attribute("aria-sort") is None


def test_one_column_at_a_time_is_sorted_and_words_by_their_rank(opened: Open) -> None:
    page = opened("lab")
    head(page, "flows", "service").get_by_role("button").click()
    head(page, "flows", "verdict").get_by_role("button").click()
    assert table(page, "flows").locator("[aria-sort]").count() == 1
    words = [cell.split("\n")[0].split()[-1] for cell in column(page, "flows", 5)]
    ranks = ["unexpected", "blocked", "undetermined", "waived", "expected", "out-of-scope", "background"]
    assert words == sorted(words, key=ranks.index)


def test_addresses_are_sorted_by_their_numbers(opened: Open) -> None:
    page = opened("fleet")
    head(page, "flows", "from").get_by_role("button").click()
    addresses = [tuple(map(int, cell.split("\n")[0].split()[0].split("."))) for cell in column(page, "flows", 2)]
    assert addresses == sorted(addresses)


def test_keys_sort_too_and_focus_can_be_seen(opened: Open) -> None:
    page = opened("scan")
    button = head(page, "flows", "bytes").get_by_role("button")
    button.focus()
    page.keyboard.press("Enter")
    assert head(page, "flows", "bytes").get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Tab")
    focused = page.evaluate(
        "[document.activeElement.textContent, getComputedStyle(document.activeElement).outlineStyle]"
    )
    assert focused == ["first frame", "solid"]


# Searching and choosing


def test_choosing_hides_the_others_and_counts(opened: Open) -> None:
    page = opened("lab")
    verdicts = page.get_by_role("group", name="Search and filter: flows").get_by_label("verdict")
    verdicts.select_option("blocked")
    assert {cell.split("\n")[0] for cell in column(page, "flows", 5)} == {"⊘ blocked"}
    count = page.get_by_role("group", name="Search and filter: flows").locator("output")
    assert count.inner_text() == "2 of 16 flows on this page"
    assert seen(page, "#t-flows tbody tr") == 2
    verdicts.select_option("")
    assert seen(page, "#t-flows tbody tr") == 16
    assert count.inner_text() == ""


def test_search_takes_every_word_and_can_find_nothing(opened: Open) -> None:
    page = opened("lab")
    tools = page.get_by_role("group", name="Search and filter: flows")
    tools.get_by_label("search").fill("192.168.0.66 RDP")
    assert tools.locator("output").inner_text() == "1 of 16 flows on this page"
    assert column(page, "flows", 4) == ["tcp/3389"]
    tools.get_by_label("search").fill("nobody is called this")
    assert seen(page, "#t-flows tbody tr") == 0
    assert tools.locator("output").inner_text() == "0 of 16 flows on this page"
    tools.get_by_role("button", name="show all").click()
    assert seen(page, "#t-flows tbody tr") == 16
    assert tools.get_by_label("search").input_value() == ""


def test_findings_are_searched_and_empty_headings_go(opened: Open) -> None:
    page = opened("lab")
    tools = page.get_by_role("group", name="Search and filter: findings")
    assert seen(page, ".finding") == 8
    tools.get_by_label("verdict").select_option("missing")
    assert seen(page, ".finding") == 1
    assert seen(page, ".kind > h3") == 1
    tools.get_by_label("verdict").select_option("")
    tools.get_by_label("search").fill("56010")
    assert tools.locator("output").inner_text() == "2 of 8 findings on this page"


def test_findings_are_sorted_within_their_kind(opened: Open) -> None:
    page = opened("sample")
    page.locator("#sort-findings").select_option("first")
    for kind in page.locator(".kind").all():
        times = kind.locator(".finding").evaluate_all("all => all.map((one) => one.dataset.first)")
        assert times == sorted(times)


def test_two_hundred_machines_can_be_searched_by_what_they_have(opened: Open) -> None:
    page = opened("fleet")
    tools = page.get_by_role("group", name="Search and filter: machines")
    tools.get_by_label("has").select_option("missing")
    lines = table(page, "matrix").locator("tbody tr:not([hidden])")
    assert 0 < lines.count() < 200
    assert lines.count() == lines.filter(has=page.get_by_role("img", name="missing")).count()
    tools.get_by_label("has").select_option("")
    tools.get_by_label("search").fill("machine-007")
    assert tools.locator("output").inner_text() == "1 of 200 machines on this page"


def test_a_closed_reason_uses_the_height_that_its_line_has(opened: Open) -> None:
    page = opened("sample", size=(1366, 900))
    heights = page.locator("#t-flows tbody tr:visible").evaluate_all(
        """rows => rows.map(row => {
            const text = row.querySelector(".line > summary");
            const others = [...row.cells].slice(0, -1).map(cell => {
                const range = document.createRange();
                range.selectNodeContents(cell);
                return range.getBoundingClientRect().height;
            });
            const size = text.getBoundingClientRect().height / parseFloat(getComputedStyle(text).lineHeight);
            return [Math.round(size), text.getBoundingClientRect().height - Math.max(...others)];
        })"""
    )
    assert max(lines for lines, _ in heights) == 3
    assert all(more <= 4 for _, more in heights)
    page.locator("#t-flows .line > summary").first.click()
    assert page.locator("#t-flows .line[open] > summary").evaluate("one => one.scrollHeight - one.clientHeight") == 0


def test_a_tile_leads_to_its_flows(opened: Open) -> None:
    page = opened("lab")
    page.locator(".tiles a", has_text="expected").last.click()
    assert {cell.split("\n")[0] for cell in column(page, "flows", 5)} == {"✓ expected"}
    assert in_window(page.locator("#flows-title"))


def test_a_tile_of_findings_filters_them(opened: Open) -> None:
    page = opened("sample")
    page.locator(".tiles .is-blocked a").click()
    shown = page.locator(".finding:visible")
    assert shown.count() > 0
    assert shown.count() == page.locator(".finding:visible[data-verdict=blocked]").count()
    assert in_window(page.locator("#findings-title"))


def test_a_search_does_not_join_neighbours(opened: Open) -> None:
    """``192.168.0.1`` beside ``dpm-server`` contains no ``1dpm``."""
    page = opened("sample")
    joined = page.locator(".t-flows tbody tr", has_text="192.168.0.1 dpm-server").first
    assert joined.evaluate("(row) => row.textContent.replaceAll(/\\s+(?=dpm)/g, '')").count("1dpm")
    tools = page.get_by_role("group", name="Search and filter: flows")
    tools.get_by_label("search").fill("1dpm")
    assert tools.locator("output").inner_text().startswith("0 of ")


# Links


def test_a_link_to_a_flow_that_a_filter_hides_shows_it(opened: Open) -> None:
    page = opened("scan")
    tools = page.get_by_role("group", name="Search and filter: flows")
    tools.get_by_label("verdict").select_option("unexpected")
    target = page.locator("#flow-f000120")
    assert not target.is_visible()
    page.evaluate("location.hash = 'flow-f000120'")
    target.wait_for(state="visible")
    assert in_window(target)
    assert target.evaluate("(one) => one === document.activeElement && one.matches(':target')")
    assert target.evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid"
    assert tools.get_by_label("verdict").input_value() == ""


def test_a_link_to_a_folded_finding_opens_it(opened: Open) -> None:
    page = opened("scan", "#finding-Ff000007")
    target = page.locator("#finding-Ff000007")
    assert target.evaluate("(one) => one.closest('details').open")
    assert in_window(target)


def test_links_open_what_is_folded_without_script_too(opened: Open) -> None:
    page = opened("scan", "#finding-Ff000007", java_script_enabled=False)
    assert page.locator("details[open] #finding-Ff000007").count() == 1


def test_a_link_to_what_is_not_there_says_where_it_is(opened: Open) -> None:
    page = opened("lab", "#flow-f999999")
    assert "flow-f999999 is not on this page" in page.get_by_role("status").filter(has_text="csv").inner_text()


def test_a_finding_and_its_flow_lead_to_each_other(opened: Open) -> None:
    page = opened("sample")
    first = page.locator(".finding").first
    first.locator(".card > summary").click()
    first.locator(".card details > summary").click()
    first.locator("a", has_text="flow f").click()
    number = first.locator("a", has_text="flow f").inner_text().removeprefix("flow ")
    expect(page.locator(f"tr#flow-{number}")).to_be_focused()


def test_the_first_key_leads_past_the_first_screen(opened: Open) -> None:
    page = opened("lab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    expect(page.locator("#findings")).to_be_focused()


def test_opening_all_opens_all(opened: Open) -> None:
    page = opened("sample")
    page.get_by_role("button", name="open all").click()
    assert page.locator("#cards details:not([open])").count() == 0
    assert page.locator("#cards .card[open]").count() == page.locator("#cards .finding").count()
    assert page.locator(".t-fields").first.is_visible()


# Without script, in every light and width


@pytest.mark.parametrize("name", ["sample", "fleet"])
def test_everything_is_there_without_script(opened: Open, name: str) -> None:
    report = REPORTS[name]()
    with_script, without = opened(name), opened(name, java_script_enabled=False)
    assert without.locator(".tools, button").count() == 0
    for rows in (".finding", "#t-flows tbody tr", "#t-matrix tbody tr", "#t-states tbody tr"):
        number = without.locator(rows).count()
        assert number == with_script.locator(rows).count() == seen(with_script, rows) > 0
    assert without.locator("#t-flows tbody tr").count() == min(len(report.flows), 1000)
    assert all(without.locator(f"#{part}").is_visible() for part in ("findings", "rows", "boots", "flows", "method"))


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [
        *[("lab", size, scheme) for size in (WIDE, NARROW) for scheme in ("light", "dark")],
        *[("sample", WIDE, "light"), ("scan", WIDE, "dark"), ("hostile", NARROW, "light")],
    ],
)
def test_axe_finds_nothing(opened: Open, name: str, size: tuple[int, int], scheme: str) -> None:
    page = opened(name, size=size, color_scheme=scheme, bypass_csp=True)
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    observed = [
        (one["id"], len(one["nodes"]), one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]) for one in found
    ]
    assert observed == []


@pytest.mark.parametrize("name", REPORTS)
def test_a_phone_never_scrolls_sideways(opened: Open, name: str) -> None:
    page = opened(name, size=NARROW)
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    assert page.evaluate(BEYOND) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]


def test_a_phone_labels_every_value_and_sorts(opened: Open) -> None:
    page = opened("lab", size=NARROW)
    labels = table(page, "flows").locator("tbody tr").first.locator("> *").evaluate_all(
        "all => all.map((one) => getComputedStyle(one, '::before').content)"
    )  # fmt: skip
    heads = table(page, "flows").locator("thead th").evaluate_all("all => all.map((one) => one.textContent)")
    assert labels == [f'"{name}"' for name in heads]
    page.get_by_role("group", name="Search and filter: flows").get_by_label("sort", exact=True).select_option(
        label="service, up"
    )
    services = column(page, "flows", 4)
    assert services[0].startswith("icmp/0")


def test_a_label_of_two_lines_stays_in_its_cell_on_a_phone(opened: Open) -> None:
    page = opened("sample", size=NARROW)
    beyond = "all => all.filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.innerText)"
    assert page.locator("table:not(.t-matrix) :is(td, tbody th)").evaluate_all(beyond) == []


@pytest.mark.parametrize("size", [WIDE, (1024, 768)])
def test_addresses_of_unknown_hosts_are_not_broken(opened: Open, size: tuple[int, int]) -> None:
    page = opened("sample", size=size)
    cells = table(page, "unknown").locator("tbody th, tbody td:nth-child(2)")
    lines = """all => all.map((one) => {
        const range = document.createRange();
        range.selectNodeContents(one);
        return new Set([...range.getClientRects()].map((box) => box.top)).size;
    })"""
    assert cells.evaluate_all(lines) == [1, 1]


def test_light_and_dark_differ_and_words_stay(opened: Open) -> None:
    marks = {}
    for scheme in ("light", "dark"):
        page = opened("lab", color_scheme=scheme)
        colours = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        marks[scheme] = page.evaluate(colours)
        assert page.locator(".tiles li").first.inner_text().split() == ["5", "✕", "unexpected"]
    assert marks["light"] == ["rgb(245, 246, 248)", "rgb(26, 31, 38)"]
    assert marks["dark"] == ["rgb(13, 16, 20)", "rgb(230, 234, 240)"]


def test_verdicts_are_reported_by_word_and_shape(opened: Open) -> None:
    page = opened("lab")
    observed = [text.split() for text in page.locator(".tiles li span:not([aria-hidden])").all_inner_texts()]
    assert len({shape for shape, _ in observed}) == len({word for _, word in observed}) == 7


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_pictures(opened: Open, tmp_path: Path, size: tuple[int, int], scheme: str) -> None:
    page = opened("sample", size=size, color_scheme=scheme)
    path = tmp_path / f"sample-{size[0]}-{scheme}.png"
    # The first four screens: a picture of the whole page takes a busy machine more than Playwright's 30 seconds.
    page.screenshot(
        path=path,
        full_page=True,
        clip={"x": 0, "y": 0, "width": size[0], "height": 4 * size[1]},
        timeout=120_000,
    )
    picture = matplotlib.image.imread(path)
    assert picture.shape[:2] == (4 * size[1], size[0])
    assert (picture[..., :3].mean() > 0.5) == (scheme == "light")


# On paper


def printed(page: Page) -> list[str]:
    """The text of each page of the document as it is printed: white space made one, ligatures taken apart."""
    paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    return [" ".join(unicodedata.normalize("NFKC", sheet.extract_text()).split()) for sheet in paper.pages]


def test_paper_has_page_numbers_and_every_finding(opened: Open) -> None:
    report = sample()
    page = opened("sample")
    page.get_by_role("group", name="Search and filter: findings").get_by_label("search").fill("no such thing")
    page.get_by_role("group", name="Search and filter: flows").get_by_label("verdict").select_option("blocked")
    sheets = printed(page)
    for number, text in enumerate(sheets, 1):
        assert f"Page {number} of {len(sheets)}" in text
        assert "All times are UTC" in text
    assert report.meta.headline in sheets[0]
    assert all("DPM port compliance: lab" in text for text in sheets[1:])
    whole = " ".join(sheets).replace("- ", "-")
    for name in report.findings["finding"]:
        assert f"Finding {name}" in whole
    without_breaks = whole.replace(" ", "")
    assert all(name in without_breaks for name in report.flows["flow"])
    assert "show all" not in whole


def test_paper_breaks_no_address_of_an_unknown_host_and_has_no_marks_of_folds(opened: Open) -> None:
    whole = " ".join(printed(opened("sample")))
    assert "192.168.0.66 02:00:00:00:00:66 2026" in whole
    assert not set(whole) & set("▸▾▶▼↕")
    assert "open all" not in whole


def test_paper_shows_what_is_folded_and_only_some_flows(opened: Open) -> None:
    text = " ".join(printed(opened("fleet")))
    assert "Printed: the first 150 of 1,000 on the page and of 2,000 in flows.csv." in text
    folded = " ".join(printed(opened("scan")))
    assert all(f"Ff{number:06d}" in folded for number in range(12))


@pytest.mark.parametrize("name", ["sample", "lab", "fleet"])
def test_the_heading_of_findings_is_printed_on_the_sheet_of_the_first_one(opened: Open, name: str) -> None:
    (sheet,) = (text for text in printed(opened(name)) if "Findings with one cause are in one group." in text)
    assert "Should not exist, and got through" in sheet.partition("Findings with one cause are in one group.")[2]


def test_wide_tables_are_printed_across(opened: Open) -> None:
    paper = PdfReader(io.BytesIO(opened("sample").pdf(prefer_css_page_size=True)))
    shapes = [sheet.mediabox.width > sheet.mediabox.height for sheet in paper.pages]
    assert not shapes[0]
    assert shapes[-1]
    assert shapes == sorted(shapes)
    across = [text for text, wide in zip(printed(opened("sample")), shapes, strict=True) if wide]
    assert all("began from to service verdict outcome packets bytes first frame why" in text for text in across)


# The overview of several sites


def test_the_overview_fits_its_window(opened: Open) -> None:
    wide, narrow = opened("overview"), opened("overview", size=NARROW)
    assert narrow.evaluate(BEYOND) == wide.evaluate(BEYOND) == []
    cut = "() => [...document.querySelectorAll('.scroll')].filter((box) => box.scrollWidth > box.clientWidth).length"
    assert wide.evaluate(cut) == 0
    for page in (wide, narrow, opened("overview", color_scheme="dark")):
        assert not Axe().run(page).response["violations"]


def test_the_overview_draws_its_days(opened: Open) -> None:
    """A day without flows keeps its place; even the smallest bar can be seen."""
    page = opened("overview")
    drawn = page.locator(".trend g")
    assert drawn.locator("title").all_text_contents() == [
        "2026-03-01: 6 unexpected, 0 blocked",
        "2026-03-08: 0 unexpected, 24690 blocked",
    ]
    first, second = (drawn.nth(place).bounding_box() for place in range(2))
    assert first is not None
    assert second is not None
    assert first["height"] > 1
    assert second["height"] > 50 * first["height"] / 2
    assert second["x"] - first["x"] > 6 * first["width"]
    colours = page.evaluate("[...document.querySelectorAll('.trend rect')].map((bar) => getComputedStyle(bar).fill)")
    assert len(set(colours)) == len(colours)


def test_the_overview_is_printed_with_all_columns(opened: Open) -> None:
    page = opened("overview")
    paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert all(sheet.mediabox.width > sheet.mediabox.height for sheet in paper.pages)
    text = " ".join(printed(page))
    assert "background captures last frame" in text
    assert "sites with unexpected" in text


# Hostile


@pytest.mark.parametrize("scripted", [True, False])
def test_hostile_text_is_only_text(opened: Open, scripted: bool) -> None:
    page = opened("hostile", java_script_enabled=scripted)
    assert page.locator("main img, main a[href^=http], main b[onclick]").count() == 0
    assert page.locator("script").count() == 1
    text = " ".join(page.locator("body").inner_text().split())
    for outside in HOSTILE:
        assert " ".join(visible(outside).split()) in text


def test_hostile_text_stays_text_in_everything_that_the_script_makes(opened: Open) -> None:
    page = opened("hostile")
    page.get_by_role("group", name="Search and filter: flows").get_by_label("search").fill("<script>alert(1)</script>")
    assert page.get_by_role("group", name="Search and filter: flows").locator("output").inner_text().startswith("1 of")
    options = page.locator("select option").all_inner_texts()
    assert any("<script>" in option for option in options)
    for button in page.get_by_role("button").all()[:60]:
        if button.is_visible():
            button.click()
    page.evaluate("location.hash = '<img src=x onerror=alert(3)>'")
    page.get_by_role("status").filter(has_text="is not on this page").wait_for()
    assert page.locator("body img").count() == 0
    page.evaluate("location.hash = '%E0%A4%A'")


def test_a_command_makes_a_page_that_opens(browser: Browser, tmp_path: Path) -> None:
    capture = tmp_path / "<img src=x onerror=alert(1)>.pcap"
    capture.write_bytes((ROOT / "sample_pcaps" / "made" / "boot_complete.pcap").read_bytes())
    run("analyze", capture, "--no-dissect", "--out", tmp_path / "out")
    page = browser.new_page()
    try:
        said: list[str] = []
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto((tmp_path / "out" / "report.html").as_uri())
        assert "<img src=x onerror=alert(1)>.pcap" in page.locator("#captures").inner_text()
        assert not said
    finally:
        page.close()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("report", "{base}/report"),
        ("the report", "'{base}/the report'"),
        ("it's $(id)", """'{base}/it'"'"'s $(id)'"""),
        ("<b>x&y", "'{base}/<b>x&y'"),
    ],
)
def test_commands_name_the_folder_that_the_page_was_opened_from(
    browser: Browser, files: Callable[[str], Path], tmp_path: Path, name: str, shown: str
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "report.html").write_bytes(files("lab").read_bytes())
    page = browser.new_page()
    page.goto((folder / "report.html").as_uri())
    commands = page.locator("code.command").all_text_contents()
    explained = page.get_by_text("DIR is the folder of this report").count()
    page.close()
    assert not explained
    where = shown.format(base=tmp_path)
    assert commands
    assert all(f" {where} " in command for command in commands)


def test_a_folder_name_that_is_no_text_changes_no_command(
    browser: Browser, files: Callable[[str], Path], tmp_path: Path
) -> None:
    """Such names come from archives of other systems. The rest of the script runs."""
    folder = tmp_path / os.fsdecode(b"b\x83c")
    folder.mkdir()
    (folder / "report.html").write_bytes(files("lab").read_bytes())
    page = browser.new_page()
    page.goto(tmp_path.as_uri() + "/b%83c/report.html")
    commands = page.locator("code.command").all_text_contents()
    assert commands
    assert all(" DIR " in command for command in commands)
    assert page.get_by_text("In the commands, DIR is the folder of this report.").count() == 1
    assert page.locator("button.copy").count() >= len(commands)
    page.close()
