"""Names in Japanese in the charts: a font of the machine is used where one is needed, and nowhere else."""

import warnings
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analyzer import charts, render
from analyzer.charts import coverage, fonts, style
from analyzer.report import Report
from tests.program import ROOT, run
from tests.reports import lab
from tests.systems import make_link

NAMES = {"a1": "受付端末", "a2": "サーバー室", "b1": "第二会議室の端末"}
needs_font = pytest.mark.skipif(
    not fonts.installed(tuple(fonts.folders())),
    reason="no font with Japanese letters is installed (Debian: apt-get install fonts-ipaexfont-gothic)",
)


def japanese() -> Report:
    """The lab's document with machines that have Japanese names."""
    base = lab()
    named = {name: getattr(base, name).copy() for name in ("rows", "boots")}
    for frame in named.values():
        frame["machine"] = pd.Series([NAMES[name] for name in frame["machine"]], dtype=object)
    return replace(base, **named)


@pytest.fixture
def no_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "folders", list)


@needs_font
def test_a_font_is_used_for_japanese_names(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = coverage.figure(japanese())
    assert charts.missing_letters(figure) == ""
    with_font = charts.png(figure)
    assert charts.png(figure) == with_font
    monkeypatch.setattr(fonts, "folders", list)
    assert charts.png(figure) != with_font


@needs_font
def test_an_svg_does_not_depend_on_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = coverage.figure(japanese())
    before = charts.svg(figure)
    charts.png(figure)
    assert charts.svg(figure) == before
    assert "受付端末" in before.decode()
    monkeypatch.setattr(fonts, "folders", list)
    assert charts.svg(coverage.figure(japanese())) == before


def test_every_text_that_is_drawn_is_looked_at() -> None:
    """A hidden axis would make its marks only to be asked for their texts, which takes longer than the rest."""
    figure = style.Picture()
    figure.text(0, 0, "of the figure")
    shown, hidden = figure.add_axes((0, 0, 0.5, 1)), figure.add_axes((0.5, 0, 0.5, 1))
    hidden.set_axis_off()
    for axes, name in ((shown, "shown"), (hidden, "hidden")):
        axes.set_xlabel(f"axis, {name}")
        axes.text(0, 0, f"text, {name}")
        axes.set_title(f"title, {name}")
    texts = {text.get_text() for text in fonts.texts_of(figure)}
    assert {"of the figure", "axis, shown", "text, shown", "title, shown", "text, hidden", "title, hidden"} <= texts
    assert "axis, hidden" not in texts


def test_charts_without_such_names_do_not_depend_on_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = charts.files(lab())

    def searched() -> list[Path]:
        raise AssertionError("fonts were searched for")

    monkeypatch.setattr(fonts, "folders", searched)
    assert charts.files(lab()) == before


@pytest.mark.usefixtures("no_font")
def test_letters_without_a_font_are_named_on_the_page() -> None:
    figure = coverage.figure(japanese())
    letters = charts.missing_letters(figure)
    assert letters == "".join(sorted(set("".join(NAMES.values()))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        charts.png(figure)
    page = render.files_of("html", japanese())["report.html"].decode()
    assert "charts/boots.png shows boxes for letters that no font of the machine has that drew it: " in page
    assert "apt-get install fonts-noto-cjk" in page
    assert "shows boxes" not in render.files_of("html", lab())["report.html"].decode()


@pytest.mark.usefixtures("no_font")
def test_the_command_says_how_to_get_a_font(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    text = (ROOT / "sample_pcaps" / "lab" / "site.yaml").read_text(encoding="utf-8")
    assert "name: b2" in text
    site.write_text(text.replace("name: b2", "name: 会議室"), encoding="utf-8")
    out = tmp_path / "report"
    result = run(
        "analyze", ROOT / "sample_pcaps" / "lab" / "dirty_segB.pcap", "--site", site, "--no-dissect", "--out", out
    )
    rendered = run("render", out, "--format", "charts")
    assert "(会室議)" in rendered.stderr
    assert f"dpm-analyzer render {out} --format charts" in rendered.stderr
    assert result.exit_code == 1


def test_fonts_are_found_by_the_names_of_their_files(tmp_path: Path) -> None:
    for name in ("deep/er/IPAEXG.TTF", "other/DejaVuSans.ttf", "NotoSansCJK-Regular.ttc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"no font")
    make_link(tmp_path / "loop", tmp_path)
    found = fonts.installed((tmp_path, tmp_path / "none"))
    assert [path.name for path in found] == ["NotoSansCJK-Regular.ttc", "IPAEXG.TTF"]
    assert fonts.letters_of(found[0]) == frozenset()


def test_no_folder_of_fonts_depends_on_the_current_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for home in (".", "", "fonts"):
        monkeypatch.setenv("HOME", home)
        assert all(place.is_absolute() for place in fonts.folders())


def test_wide_letters_count_twice() -> None:
    assert style.width("abc") == 3
    assert style.width("受付ab") == 6
    assert style.label("受付" * 20) == "受付" * 6 + "受…"
    assert style.width(style.label("受付" * 20)) <= 28
    assert style.label("a" * 40) == "a" * 27 + "…"
    assert style.room(["受付端末" * 3]) == style.room(["a" * 24])
