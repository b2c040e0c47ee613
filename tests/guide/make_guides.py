"""Makes the PDFs in ``tests/guide/pdf``: the tables of ``printed_tables`` set by Chromium and by LibreOffice.

    python -m tests.guide.make_guides [FOLDER]

Needs chromium and soffice, and the fonts Liberation Sans and IPAPGothic, parts of which the PDFs carry. The tests read
what it made, and do not run it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.guide.printed_tables import TABLES
from tests.guide.typeset import fodt, html

HERE = Path(__file__).parent / "pdf"
STYLES = ("ruled", "plain", "lines", "striped", "middle")
IN_EVERY_STYLE = ("known-en", "known-ja", "grouped-ja")
"""The tables that Chromium sets in every style; the others are set in one, to keep the folder small."""


def chromium(page: str, out: Path) -> None:
    """Print a page into a PDF."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page, encoding="utf-8")
        subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-pdf-header-footer",
                f"--print-to-pdf={out}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
        )


def office(documents: dict[str, str], folder: Path) -> None:
    """Convert flat ODT documents (name -> text) into PDFs."""
    with tempfile.TemporaryDirectory() as temporary:
        for name, document in documents.items():
            (Path(temporary) / f"{name}.fodt").write_text(document, encoding="utf-8")
        subprocess.run(
            ["soffice", "--headless", f"-env:UserInstallation=file://{temporary}/profile", "--convert-to", "pdf", "--outdir",
             str(folder), *(str(Path(temporary) / f"{name}.fodt") for name in documents)],
            check=True,
            capture_output=True,
        )  # fmt: skip


def main(folder: Path = HERE) -> None:
    """Make every PDF."""
    folder.mkdir(parents=True, exist_ok=True)
    documents = {}
    for table in TABLES:
        for style in STYLES if table.name in IN_EVERY_STYLE else ("plain",):
            chromium(html(table, style=style), folder / f"{table.name}-chromium-{style}.pdf")
        documents[f"{table.name}-office-ruled"] = fodt(table)
        documents[f"{table.name}-office-plain"] = fodt(table, ruled=False)
        documents[f"{table.name}-office-low"] = fodt(table, height=105.0)
        documents[f"{table.name}-office-low-plain"] = fodt(table, height=105.0, ruled=False)
    office(documents, folder)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
