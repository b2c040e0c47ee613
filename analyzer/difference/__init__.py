"""Two reports compared: what is new, gone and changed, without ephemeral ports and times."""

from analyzer.difference.compare import difference
from analyzer.difference.result import Difference

__all__ = ["Difference", "difference"]
