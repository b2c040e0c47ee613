"""Which of the kernels' functions few frames need: a capture of plain traffic does not wait until they are compiled."""

from collections.abc import Callable
from typing import Any

from analyzer.capture.kernel import frame_slots as f
from analyzer.kernel.loading import Function, left_out


def seldom(*answer: int | None) -> Callable[[Function], Function]:
    """A decorator for a function that few frames need, and that has the frame's row as its last argument. Where kernels
    are compiled for plain frames only, it answers ``answer`` and writes UNDECIDED into the row's STATUS. The frame then
    has to go through all functions, which overwrite its row: whatever was written there is of no use."""
    given: Any = answer if len(answer) > 1 else answer[0]
    return left_out(f.STATUS, f.UNDECIDED, given)
