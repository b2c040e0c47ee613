"""The Python interface: ``analyze`` and ``load`` return a ``Run``, with tables, charts, explanations and packets."""

from analyzer.api.explanation import Explanation
from analyzer.api.run import Run, analyze, load

__all__ = ["Explanation", "Run", "analyze", "load"]
