"""An analysis as Python has it: tables, charts, explanations, packets, and judging again.

``analyze`` and ``load`` give a ``Run``.
"""

from analyzer.api.explanation import Explanation
from analyzer.api.run import Run, analyze, load

__all__ = ["Explanation", "Run", "analyze", "load"]
