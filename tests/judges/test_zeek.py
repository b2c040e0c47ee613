"""conn_state and history against the rows that Zeek published; every difference is in a list, with its reason."""

import csv
from pathlib import Path

from tests.judges import zeek as judge
from tests.program import flows

DIFFERENCES = Path(__file__).with_name("zeek_differences.tsv")
COLUMNS = ("trace", "ends", "ours", "theirs")


def listed() -> set[tuple[str, ...]]:
    """The reviewed differences. The column ``reason`` is for the reader."""
    with DIFFERENCES.open(encoding="utf-8", newline="") as file:
        return {tuple(row[name] for name in COLUMNS) for row in csv.DictReader(file, delimiter="\t")}


def differences(public: Path) -> set[tuple[str, ...]]:
    """(trace, ends, ours, theirs) if none of Zeek's answers equals ours."""
    found: set[tuple[str, ...]] = set()
    for trace, expected in judge.theirs(public / "zeek_conn.tsv").items():
        mine = judge.ours(flows([public / "zeek" / "Traces" / trace.name], *([] if trace.opened else ["--outer"])))
        for ends, answers in expected.items():
            answer = mine.get(ends, ())
            if answer not in answers:
                found.add(
                    (trace.name, str(ends), " ".join(answer), " or ".join(" ".join(one) for one in sorted(answers)))
                )
    return found


def test_the_differences_are_those_of_the_list(public: Path) -> None:
    found = differences(public)
    unlisted = ["\t".join(row) for row in sorted(found - listed())]
    stale = ["\t".join(row) for row in sorted(listed() - found)]
    assert not unlisted, "not in the list:\n" + "\n".join(unlisted)
    assert not stale, "not needed any more:\n" + "\n".join(stale)


def test_every_difference_has_a_reason() -> None:
    with DIFFERENCES.open(encoding="utf-8", newline="") as file:
        assert all(row["reason"] for row in csv.DictReader(file, delimiter="\t"))
