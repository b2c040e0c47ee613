"""The traffic by which the filters are tried, judged by the program itself: the rows mean the same in both."""

from pathlib import Path

import pytest

import analyzer
from analyzer.rules import load_table
from tests.packets import Framing, pcap
from tests.rule_filters import traffic
from tests.rule_filters.tools import SITE
from tests.rule_filters.traffic import Case, Traffic

ROWS = [row for row in traffic.rows() if load_table().rule(row.row).wire == "always"]
ONE_TRANSFER = {"boot-tftp-request", "boot-tftp-reply"}
"""A transfer that both rows cover is given to one of them."""
DIFFERENT = {"a machine known by MAC", "addressing: unicast without an address"}
"""A host that sends nothing is not recognised by its MAC in a capture, but by a filter. A host without an address can
only broadcast (RFC 1122), which a filter asks for and a verdict does not."""
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.row)


def judged(cases: list[Case], folder: Path) -> list[tuple[str, str]]:
    """(verdict, row) of every flow."""
    path = folder / "cases.pcap"
    path.write_bytes(pcap([sent.packet for case in cases for sent in case.sent], Framing()))
    flows = analyzer.analyze([str(path)], site=str(SITE), dissect=False).flows
    return list(zip(flows["verdict"].astype(str), flows["rule"].astype(str), strict=True))


def cases(row: Traffic, *, of_row: bool) -> list[Case]:
    """The cases of which every packet is one of the row, or none is."""
    return [
        case
        for case in row.cases
        if {sent.of_row for sent in case.sent} == {of_row} and case.name not in DIFFERENT
        and not any(sent.lossy for sent in case.sent if not of_row)
    ]  # fmt: skip


@every_row
def test_what_the_filters_take_is_judged_by_the_row(row: Traffic, tmp_path: Path) -> None:
    names = ONE_TRANSFER if row.row in ONE_TRANSFER else {row.row}
    found = judged(cases(row, of_row=True), tmp_path)
    assert found
    assert [one for one in found if one[1] not in names or one[0] == "unexpected"] == []


@every_row
def test_near_misses_are_not_of_the_row(row: Traffic, tmp_path: Path) -> None:
    found = judged(cases(row, of_row=False), tmp_path)
    assert found
    assert [one for one in found if one[1] == row.row and one[0] in ("expected", "blocked")] == []
