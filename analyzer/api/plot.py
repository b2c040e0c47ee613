"""The charts of a run: ``run.plot.timeline()`` and the others, and the tables behind them."""

from dataclasses import dataclass

import pandas as pd

from analyzer import charts
from analyzer.charts import Figure
from analyzer.errors import AnalyzerError
from analyzer.report import Report

NAMES = {"timeline": "verdicts"}
"""Charts that have another name here than in the report folder."""
CHARTS = {{chart: name for name, chart in NAMES.items()}.get(chart.name, chart.name): chart for chart in charts.CHARTS}


@dataclass(frozen=True, repr=False)
class Plot:
    """The charts of a run. Each method returns a matplotlib Figure, which a notebook shows. pyplot is not used.
    ``figure.savefig("a.svg")`` writes one."""

    _report: Report

    def timeline(self) -> Figure:
        """How many flows began at which time, by verdict, and the gaps in the captures (``charts/verdicts``)."""
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
        """The unexpected services, how many of their flows were answered, and between how many hosts."""
        return self._draw("unexpected")

    def blocked(self) -> Figure:
        """The flows that the table expects and that got no service, by cause."""
        return self._draw("blocked")

    def bytes(self) -> Figure:
        """The bytes of each service, over time."""
        return self._draw("bytes")

    def vantages(self) -> Figure:
        """The flows by the vantages that captured them."""
        return self._draw("vantages")

    def data(self, name: str) -> pd.DataFrame:
        """The table behind a chart: ``run.plot.data("timeline")``.

        Raises:
            AnalyzerError: there is no such chart.
        """
        return self._chart(name).data(self._report)

    def alt_text(self, name: str) -> str:
        """The text alternative of a chart: what it shows, in one or two sentences.

        Raises:
            AnalyzerError: there is no such chart.
        """
        return self._chart(name).alt_text(self._report)

    def __repr__(self) -> str:
        return f"Charts: {', '.join(f'{name}()' for name in CHARTS)}"

    def _draw(self, name: str) -> Figure:
        return CHARTS[name].figure(self._report)

    def _chart(self, name: str) -> charts.Chart:
        if name not in CHARTS:
            raise AnalyzerError(f"no chart {name!r}; choose from {', '.join(CHARTS)}")
        return CHARTS[name]
