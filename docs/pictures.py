"""The pictures of a report in reading-a-report.md: `make picture` takes them of the sample's report.

python -m docs.pictures CHROMIUM REPORT
"""

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).resolve().parent / "images"
COLOURS = 128
PARTS = {
    "report-finding": "#finding-nbafdfbc1bd",
    "report-rows": "#t-matrix",
    "report-boot": "#boots",
    "report-captures": "#captures",
}
"""A picture and the part of the page that it shows."""
OPEN = "part => part.querySelectorAll(':scope > details').forEach(fold => { fold.open = true; })"


def take(page: Page, report: Path) -> None:
    """Save a picture of each part, folds opened."""
    # Not as a file: the commands on the page would name its folder.
    page.route("http://localhost/report.html", lambda route: route.fulfill(path=report / "report.html"))
    page.goto("http://localhost/report.html")
    for name, part in PARTS.items():
        page.locator(part).evaluate(OPEN)
        octets = page.locator(part).screenshot()
        # A page has few colours: with a palette, the file has a third of the size.
        Image.open(BytesIO(octets)).convert("RGB").quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)


def main(chromium: str, report: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        take(browser.new_page(viewport={"width": 1100, "height": 900}), Path(report))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
