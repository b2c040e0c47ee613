"""The documentation as a site: it builds without a warning, describes the code, loads nothing from other hosts."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.pages import PAGES
from tests.program import ROOT

RENEW = "is not that of the code: python -m docs.pages"
LOADED = re.compile(r"""<(?:link|script|img|iframe|source|object)\b[^>]*\b(?:src|href|data)=["']?(?:https?:)?//"""
                    r"""|url\(\s*["']?(?:https?:)?//|@import\s""")  # fmt: skip
"""What a browser fetches by itself, from another place."""


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_current(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name](), f"docs/{name} {RENEW}"


def test_every_command_and_every_public_name_has_its_place() -> None:
    from analyzer import __all__ as names  # noqa: PLC0415

    assert not [name for name in names if not name.startswith("_") and name not in PAGES["python.md"]()]
    for words in ("analyze", "flows", "explain", "extract", "render", "rules check", "rules show", "site infer"):
        assert f"# dpm-analyzer {words}\n" in PAGES["commands.md"]()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, made as `make docs` makes it; a warning is an error."""
    pytest.importorskip("sphinx", reason="Sphinx is not installed: pip install '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    words = (
        "-m",
        "sphinx",
        "--quiet",
        "--fail-on-warning",
        "--keep-going",
        "-d",
        folder / "seen",
        ROOT / "docs",
        folder / "made",
    )
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "made"


def test_every_page_is_there_and_reached_from_the_first(site: Path) -> None:
    first = (site / "index.html").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert (site / f"{page.stem}.html").is_file()
        assert f'href="{page.stem}.html"' in first or page.stem == "index"


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    made = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    assert len(made) > len(PAGES)
    found = [f"{path.name}: {match[0]}" for path in made for match in LOADED.finditer(path.read_text(encoding="utf-8"))]
    assert not found


def test_what_is_loaded_from_elsewhere_is_noticed() -> None:
    assert LOADED.search('<link rel="stylesheet" href="https://fonts.example/a.css">')
    assert LOADED.search("@import url(//fonts.example/a.css)")
    assert not LOADED.search('<a href="https://example.org/">a link may lead there</a>')
