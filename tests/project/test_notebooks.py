"""The notebooks: executed anew in fresh kernels, they show what is committed."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from docs.pictures import SITUATIONS
from notebooks.execute import executed, notebooks, shown
from tests.program import ROOT

MOST_LINES, MOST_OCTETS = 12, 500_000


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


@pytest.mark.slow
@pytest.mark.usefixtures("tshark")
@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_a_notebook_shows_what_is_committed(path: Path) -> None:
    assert shown(executed(path)) == shown(read(path))


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_a_notebook_is_short_and_names_no_place_where_it_ran(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(len(cell.source.splitlines()) <= MOST_LINES for cell in code)
    assert not any(re.search(r"^\s*(def|class) ", cell.source, re.MULTILINE) for cell in code)
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not any(cell.metadata for cell in notebook.cells)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)
    assert not any(output.get("name") == "stderr" for cell in code for output in cell.outputs)
    assert not re.search(r" at 0x[0-9a-f]{4}|/tmp/|/home/", path.read_text(encoding="utf-8"))
    assert path.stat().st_size < MOST_OCTETS


def test_there_are_notebooks() -> None:
    assert len(notebooks()) == 5


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_situations_of_the_gallery_are_in_a_notebook(situation: str) -> None:
    captures, _ = SITUATIONS[situation]
    sources = ["".join(cell.source for cell in read(path).cells) for path in notebooks()]
    gallery = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    for capture in captures:
        name = Path(capture).name
        assert any(name in source for source in sources)
        assert f"sample_pcaps/{capture}" in gallery
    assert f"images/{situation}.png" in gallery
    assert any("../docs/gallery.md" in source for source in sources)
