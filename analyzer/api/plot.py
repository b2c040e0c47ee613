"""The charts of a run: ``run.plot.timeline()`` and the others, and the tables behind them."""

from dataclasses import dataclass

import pandas as pd

from analyzer import charts
from analyzer.charts import Figure
from analyzer.errors import AnalyzerError
from analyzer.report import Report

NAMES = {"timeline": "verdicts"}
"""Charts that are called otherwise here than in the report folder."""
CHARTS = {
    next((here for here, there in NAMES.items() if there == chart.name), chart.name): chart for chart in charts.CHARTS
}


@dataclass(frozen=True, repr=False)
class Plot:
    """The charts of a run. Each method returns a matplotlib Figure, which a notebook shows; nothing is drawn twice, and
    no state of pyplot is touched. ``figure.savefig("a.svg")`` writes one."""

    _report: Report

    def timeline(self) -> Figure:
        """How many flows began when, by verdict, and when nobody captured (``charts/verdicts``)."""
        return self._draw("timeline")

    def roles(self) -> Figure:
        """Flows by the role of their originator and responder, each with its verdicts."""
        return self._draw("roles")

    def coverage(self) -> Figure:
        """Which rows of the table were exercised, by machine."""
        return self._draw("coverage")

    def boots(self) -> Figure:
        """Which stages each PXE boot reached, when, and where it stalled."""
        return self._draw("boots")

    def unexpected(self) -> Figure:
        """Which unexpected services there were, how many of their flows got through, and between how many hosts."""
        return self._draw("unexpected")

    def blocked(self) -> Figure:
        """What the table expects and got no service, by what stopped it."""
        return self._draw("blocked")

    def bytes(self) -> Figure:
        """Which services moved how many bytes, and when."""
        return self._draw("bytes")

    def vantages(self) -> Figure:
        """Which flows were seen at which vantage, and where they differ."""
        return self._draw("vantages")

    def data(self, name: str) -> pd.DataFrame:
        """The table behind a chart: ``run.plot.data("timeline")``.

        Raises:
            AnalyzerError: there is no such chart.
        """
        return self._chart(name).data(self._report)

    def told(self, name: str) -> str:
        """What a chart shows, in a sentence or two: its text alternative.

        Raises:
            AnalyzerError: there is no such chart.
        """
        return self._chart(name).told(self._report)

    def __repr__(self) -> str:
        return f"Charts: {', '.join(f'{name}()' for name in CHARTS)}"

    def _draw(self, name: str) -> Figure:
        return CHARTS[name].figure(self._report)

    def _chart(self, name: str) -> charts.Chart:
        if name not in CHARTS:
            raise AnalyzerError(f"no chart {name!r}; choose from {', '.join(CHARTS)}")
        return CHARTS[name]
