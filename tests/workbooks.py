"""Fills in review workbooks, as a reviewer does it in a program: the cells, and nothing else of the file."""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from python_calamine import CalamineWorkbook

from analyzer.review.problems import letters

SHEETS = ("answer", "findings", "rows", "boots", "executables", "hosts", "flows", "basis")


def cells(path: Path) -> dict[str, list[list[Any]]]:
    """The cells of each sheet, as another program reads them."""
    with CalamineWorkbook.from_path(str(path)) as book:
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def rows_where(path: Path, sheet: str, **values: str) -> list[int]:
    """The rows of a sheet with these values; ``from_`` stands for ``from``."""
    header, *lines = cells(path)[sheet]
    wanted = {header.index(name.rstrip("_").replace("__", " ")): value for name, value in values.items()}
    return [
        number for number, line in enumerate(lines, 2) if all(line[place] == value for place, value in wanted.items())
    ]


def fill(path: Path, sheet: str, row: int, **values: object) -> None:
    """Write cells of a row, by the names of their columns."""
    header = cells(path)[sheet][0]
    name = f"xl/worksheets/sheet{SHEETS.index(sheet) + 1}.xml"
    with zipfile.ZipFile(path) as packed:
        parts = {part: packed.read(part) for part in packed.namelist()}
    text = parts[name].decode()
    for title, value in values.items():
        text = _with_cell(text, f"{letters(header.index(title.replace('__', ' ')))}{row}", value)
    parts[name] = text.encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for part, content in parts.items():
            packed.writestr(part, content)
    path.write_bytes(made.getvalue())


def _with_cell(text: str, cell: str, value: object) -> str:
    found = re.search(rf'<c r="{cell}"( s="\d+")?[^>]*?(/>|>.*?</c>)', text)
    assert found, cell
    style = found[1] or ""
    if isinstance(value, date):
        new = f'<c r="{cell}"{style}><v>{(value - date(1899, 12, 30)).days}</v></c>'
    elif isinstance(value, int):
        new = f'<c r="{cell}"{style}><v>{value}</v></c>'
    else:
        new = f'<c r="{cell}"{style} t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'
    return text[: found.start()] + new + text[found.end() :]


def answered(path: Path, sheet: str, row: int, decision: str, **more: object) -> None:
    """Fill in a whole decision."""
    because = {"findings": "reason", "rows": "evidence"}[sheet]
    given: Mapping[str, object] = {
        "decision": decision, "owner": "j.doe", because: "agreed until the move", "expires": date(2099, 12, 31), **more,
    }  # fmt: skip
    fill(path, sheet, row, **given)


def converted(path: Path, kind: str, folder: Path) -> Path:
    """The file as LibreOffice writes it after it has opened it."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed: the round trip through it is not tried")
    folder.mkdir(exist_ok=True)
    settings = (folder / "settings").absolute().as_uri()
    subprocess.run(
        [office, f"-env:UserInstallation={settings}", "--headless", "--convert-to", kind, "--outdir", folder, path],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    return folder / f"{path.stem}.{kind}"
