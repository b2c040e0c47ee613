"""Why no DHCP message was read in a flow: its frames were cut, are no DHCP, or were too many to be kept."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from analyzer.compliance.visibility.blind_spots import ReasonNumbers, why_unread
from analyzer.flows.marked import MarkedFrame, frames_of

FRAME = MarkedFrame(0, 1, 0, 0, True, 2, 4, b"..abcd", 1, 6)
CUT = FRAME._replace(octets=b"..ab")


class Table(SimpleNamespace):
    """A flow table of three flows."""

    def __len__(self) -> int:
        return 3


@pytest.mark.parametrize(("dropped", "without"), [(0, "blind-dhcp-cut"), (1, "blind-dhcp-limit")])
def test_each_flow_has_its_reason(dropped: int, without: str) -> None:
    """Flow 0 has a whole frame, flow 1 a whole and a cut one, flow 2 none."""
    marks = frames_of([FRAME, FRAME._replace(flow=1), CUT._replace(flow=1, frame=2)])
    evidence: Any = SimpleNamespace(table=Table(marks=marks), marks_dropped=dropped)
    reasons = ReasonNumbers()
    numbers = why_unread(evidence, np.arange(3), reasons)
    codes = [reasons.messages[number].code for number in numbers.tolist()]
    assert codes == ["blind-dhcp-unread", "blind-dhcp-cut", without]
