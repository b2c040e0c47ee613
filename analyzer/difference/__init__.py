"""Two reports compared: what is new, gone and changed, whatever the ephemeral ports and times."""

from analyzer.difference.compare import difference
from analyzer.difference.model import Difference

__all__ = ["Difference", "difference"]
