"""A terminal that shows only ASCII, and folders that may not be entered."""

import io
import os
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from analyzer import analyze
from analyzer.extract.originals import below, files_of, find_originals
from analyzer.render.command import terminal
from analyzer.render.shared.screen import fitted, plain
from tests.program import ROOT

LAB = ROOT / "sample_pcaps" / "lab"
LONG = "capture \u2026 200 \u2192 300 \u2013 it\u2019s \u65e5 " + "x" * 60


def console(encoding: str) -> Console:
    return Console(file=io.TextIOWrapper(io.BytesIO(), encoding=encoding), width=40)


def test_punctuation_has_signs_of_ascii_and_other_letters_are_escapes() -> None:
    assert plain(LONG, console("ascii")).startswith("capture ... 200 -> 300 - it's \\u65e5 x")
    assert plain(LONG, console("utf-8")) == LONG


@pytest.mark.parametrize("length", [10, 20, 40, 200])
def test_a_text_that_is_cut_fits(length: int) -> None:
    shown = fitted(LONG, length, console("ascii"))
    assert shown.isascii()
    assert len(shown) <= length
    assert shown.endswith("...") == (length < 100)
    assert "u2026" not in shown


def test_the_summary_for_ascii_fits_the_width() -> None:
    kept = io.BytesIO()
    out = Console(file=io.TextIOWrapper(kept, encoding="ascii", newline="\n", write_through=True), width=80)
    terminal.show(analyze(LAB / "dirty_server.pcap", dissect=False).report, "report/report.html", out)
    text = kept.getvalue().decode("ascii")
    assert text.startswith("NOT COMPLIANT\n")
    assert "\\u" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_files_that_may_not_be_looked_at_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    for path in (closed / "secret.pcap", tmp_path / "open.pcap"):
        path.write_bytes(b"x")
    look = os.stat

    def stat(path: str | os.PathLike[str], **words: Any) -> os.stat_result:
        if "secret" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return look(path, **words)

    monkeypatch.setattr(os, "stat", stat)
    assert list(below(str(tmp_path))) == [tmp_path / "open.pcap"]
    assert list(files_of([str(tmp_path)])) == [(tmp_path / "open.pcap", False)]
    assert find_originals((), [str(tmp_path)], lambda _name, _octets: None) == []
