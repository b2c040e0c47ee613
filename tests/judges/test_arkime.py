"""Packets and octets each way against Arkime's published sessions; every difference is in a list, with its reason."""

import csv
from pathlib import Path

import pytest

from tests.judges import arkime as judge
from tests.program import flows

DIFFERENCES = Path(__file__).with_name("arkime_differences.tsv")
"""Captures on which the two do not agree, each with the reason. One that agrees again has to leave the list."""
GROUPS = 4
"""The captures are judged in so many groups, so that tests can run side by side."""


def listed() -> dict[str, str]:
    with DIFFERENCES.open(encoding="utf-8", newline="") as file:
        return {row["capture"]: row["reason"] for row in csv.DictReader(file, delimiter="\t")}


@pytest.mark.parametrize("group", range(GROUPS))
def test_every_session_is_a_flow_of_as_many_packets(public: Path, group: int) -> None:
    wrong = {}
    for capture, expected in list(judge.theirs(public / "arkime_sessions.tsv").items())[group::GROUPS]:
        mine = judge.ours(flows([public / "arkime" / "pcap" / capture]))
        found = [
            f"{way}: ours {mine.get(way)}, Arkime's {expected.get(way)}"
            for way in sorted(mine.keys() | expected.keys())
            if not judge.agree(mine.get(way), expected.get(way))
        ]
        if bool(found) != (capture in listed()):
            wrong[capture] = found[:5] or f"agrees now: take it off {DIFFERENCES.name}"
    assert not wrong, "\n".join(f"{name}: {what}" for name, what in wrong.items())


def test_every_difference_has_a_reason() -> None:
    assert all(listed().values())
