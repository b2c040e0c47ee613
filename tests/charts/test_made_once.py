"""Values that several parts of the charts need are made once while they are drawn, and fonts are read once."""

import sys
from subprocess import run

import pandas as pd

from analyzer.charts import CHARTS, all_made_once, figures
from analyzer.charts.made_once import made_once
from analyzer.report import Report
from tests.program import ROOT
from tests.reports import empty, lab


def test_a_value_is_made_once_for_each_report() -> None:
    made: list[Report] = []

    @made_once
    def value(report: Report) -> int:
        made.append(report)
        return len(made)

    first, second = lab(), empty()
    with all_made_once():
        assert [value(first), value(first), value(second)] == [1, 1, 2]
        with all_made_once():
            assert value(first) == 1
    assert [value(first), value(first)] == [3, 4]  # elsewhere, each caller gets its own


def test_drawing_does_not_change_the_data_that_charts_share() -> None:
    report = lab()
    with all_made_once():
        before = {chart.name: chart.data(report).copy() for chart in CHARTS}
        figures(report)
        for chart in CHARTS:
            chart.alt_text(report)
            assert chart.data(report) is chart.data(report)
            pd.testing.assert_frame_equal(chart.data(report), before[chart.name])


IN_MEMORY = """
import io, os
from analyzer import charts
from tests.reports import lab

before = charts.files(lab())
charts.keep_fonts_in_memory()
from matplotlib import font_manager
font_manager._get_font.cache_clear()
seeks = []
class File(io.FileIO):
    def seek(self, *arguments):
        seeks.append(arguments)
        return super().seek(*arguments)
io.open = lambda path, *_, **__: File(path)
assert charts.files(lab()) == before
assert not seeks
"""


def test_charts_are_drawn_with_fonts_from_memory_and_have_the_same_octets() -> None:
    """In a process of its own: the change is for the whole process."""
    done = run([sys.executable, "-c", IN_MEMORY], capture_output=True, text=True, timeout=300, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
