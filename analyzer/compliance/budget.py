"""What dissection may cost: the options of the command line and of Python, with the default of each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """What dissection may cost. ``frames``: how many frames it gets; ``seconds``: how long it runs, of the wall clock.

    The default is enough for 500 boots, and takes a few seconds.
    """

    frames: int = 10_000
    seconds: float = 60


DEFAULT_BUDGET = Budget()
