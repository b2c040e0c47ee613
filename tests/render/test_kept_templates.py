"""Compiled templates of the page are kept for the next run, and never change the page."""

from pathlib import Path

import pytest
from jinja2 import Environment

from analyzer.render import files_of
from tests.reports import lab
from tests.systems import modes


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "dpm-analyzer"


def test_templates_are_compiled_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = files_of("html", lab())
    (folder,) = cache.iterdir()
    assert list(folder.iterdir())
    monkeypatch.setattr(Environment, "compile", lambda *_words, **_options: pytest.fail("compiled again"))
    assert files_of("html", lab()) == page


def test_damaged_ones_are_compiled_again(cache: Path) -> None:
    page = files_of("html", lab())
    (folder,) = cache.iterdir()
    for path in folder.iterdir():
        path.write_bytes(b"nonsense")
    assert files_of("html", lab()) == page


@modes
def test_those_that_others_could_have_written_are_not_used(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = files_of("html", lab())
    (folder,) = cache.iterdir()
    folder.chmod(0o777)
    compiled = []
    compile_ = Environment.compile

    def counted(self: Environment, *words: object, **options: object) -> object:
        compiled.append(words)
        return compile_(self, *words, **options)  # type: ignore[call-overload]  # passed on as it came

    monkeypatch.setattr(Environment, "compile", counted)
    assert files_of("html", lab()) == page
    assert compiled


def test_without_a_cache_the_page_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = files_of("html", lab())
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert files_of("html", lab()) == page
