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


def take(page: Page, report: Path) -> None:
    """Save a picture of each part, folds opened."""
    page.goto((report / "report.html").resolve().as_uri())
    for name, part in PARTS.items():
        for fold in page.locator(f"{part} > details:not([open]) > summary").all():
            fold.click()
        octets = page.locator(part).screenshot()
        # A page has few colours; so told, a picture takes a third of the room.
        Image.open(BytesIO(octets)).convert("RGB").quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)


def main(chromium: str, report: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        take(browser.new_page(viewport={"width": 1100, "height": 900}), Path(report))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
