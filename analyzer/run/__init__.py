"""An analysis as Python has it: tables, charts, explanations, packets, and judging again.

``analyze`` and ``load`` give a ``Run``.
"""

from analyzer.run.explanation import Explanation
from analyzer.run.run import Run, analyze, load

__all__ = ["Explanation", "Run", "analyze", "load"]
