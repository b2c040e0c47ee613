"""The pictures of a report in reading-a-report.md and of the situations in gallery.md: `make picture` takes them.

python -m docs.pictures CHROMIUM REPORT
"""

import sys
from functools import partial
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, Route, sync_playwright

import analyzer
from analyzer.render.report import html
from analyzer.render.shared.chart_process import Drawings

FOLDER = Path(__file__).resolve().parent / "images"
COLOURS = 128
PARTS = {
    "report-finding": "#finding-nbafdfbc1bd",
    "report-rows": "#t-matrix",
    "report-boot": "#boots",
    "report-captures": "#captures",
}
"""A picture and the part of the page that it shows."""
SITUATIONS = {
    "gallery-clean": (("made/boot_complete.pcap",), "made/site.yaml"),
    "gallery-intruder": (("lab/dirty_segA.pcap",), "lab/site.yaml"),
    "gallery-blocked": (("made/vantage_server.pcap", "made/vantage_floor.pcap"), "made/site.yaml"),
    "gallery-stalled": (("made/boot_tftp_error.pcap",), "made/site.yaml"),
    "gallery-vantage": (("lab/clean_segB.pcap",), "lab/site.yaml"),
}
"""A picture, and the captures and the profile of its report."""
SAMPLES = FOLDER.parents[1] / "sample_pcaps"
OPEN = "part => part.querySelectorAll(':scope > details').forEach(fold => { fold.open = true; })"


def take(page: Page, report: Path) -> None:
    """Save a picture of each part, folds opened."""
    # Not as a file: the commands on the page would name its folder.
    page.route("http://localhost/report.html", lambda route: route.fulfill(path=report / "report.html"))
    page.goto("http://localhost/report.html")
    for name, part in PARTS.items():
        page.locator(part).evaluate(OPEN)
        save(name, page.locator(part).screenshot())


def take_situations(page: Page) -> None:
    """Save a picture of the first screen of each situation's report."""
    for name, (captures, site) in SITUATIONS.items():
        run = analyzer.analyze([SAMPLES / capture for capture in captures], site=SAMPLES / site, dissect=False)
        text = html.text(run.report, Drawings(run.report))
        page.route(f"http://localhost/{name}", partial(fulfil, text))
        page.goto(f"http://localhost/{name}")
        save(name, page.locator("#answer").screenshot())


def fulfil(text: str, route: Route) -> None:
    """Answer a request with a page."""
    route.fulfill(body=text, content_type="text/html; charset=utf-8")


def save(name: str, octets: bytes) -> None:
    """A page has few colours: with a palette, the file has a third of the size."""
    Image.open(BytesIO(octets)).convert("RGB").quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)


def main(chromium: str, report: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        page.set_default_timeout(180_000)  # a machine with other work draws slowly
        take(page, Path(report))
        take_situations(page)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
