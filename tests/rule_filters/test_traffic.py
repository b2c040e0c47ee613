"""The filters against traffic: each takes the packets of its row and refuses those that differ in one field.

Where a target does otherwise, the export has to name it as lossy for that row, by the code that the case names.
"""

import subprocess
from pathlib import Path

import pytest

from analyzer.rules import load_table
from tests.packets import Framing, pcap
from tests.rule_filters import traffic
from tests.rule_filters.tools import exported, expressions, in_namespaces, program
from tests.rule_filters.traffic import Traffic

TRAFFIC = {row.row: row for row in traffic.rows()}
DROPPED_BEFORE = {"addressing: unicast without an address"}
"""Packets of no row that Linux itself drops before its filters."""
every_row = pytest.mark.parametrize("row", TRAFFIC.values(), ids=TRAFFIC)


def expected(row: Traffic, target: str) -> set[int]:
    """Times of the packets that the target has to take."""
    return {sent.packet.ts for case in row.cases for sent in case.sent if sent.taken_by(target)}


def disagreements(row: Traffic, target: str, taken: set[int]) -> list[str]:
    return [
        f"{case.name}: packet {number} was {'taken' if sent.packet.ts in taken else 'refused'}"
        for case in row.cases
        for number, sent in enumerate(case.sent)
        if (sent.packet.ts in taken) != sent.taken_by(target)
    ]


def written(row: Traffic, folder: Path) -> Path:
    path = folder / "row.pcap"
    path.write_bytes(pcap([sent.packet for case in row.cases for sent in case.sent], Framing()))
    return path


def test_there_is_traffic_for_every_row() -> None:
    assert list(TRAFFIC) == [rule.id for rule in load_table().rules]
    assert all(len({case.name for case in row.cases}) == len(row.cases) for row in TRAFFIC.values())


@every_row
@pytest.mark.parametrize("target", ["bpf", "wireshark", "nftables"])
def test_what_a_target_gets_wrong_is_named(row: Traffic, target: str) -> None:
    named = {loss.code for loss in exported(target, row.row).losses if loss.row == row.row}
    wrong = {sent.lossy[target] for case in row.cases for sent in case.sent if target in sent.lossy}
    assert wrong <= named


@every_row
def test_tcpdump_takes_only_the_row(row: Traffic, tmp_path: Path) -> None:
    tcpdump = program("tcpdump", "tcpdump")
    found = expressions(exported("bpf", row.row).text)
    if not found:
        assert not expected(row, "bpf")
        return
    (expression,) = found
    done = subprocess.run(
        [tcpdump, "-ttnr", written(row, tmp_path), expression], capture_output=True, text=True, check=True
    )
    stamps = [line.split()[0] for line in done.stdout.splitlines() if line[:1].isdigit()]
    taken = {int(stamp.replace(".", "")) * 1000 for stamp in stamps}
    assert disagreements(row, "bpf", taken) == []


@every_row
def test_tshark_takes_only_the_row(row: Traffic, tmp_path: Path, tshark: str) -> None:
    found = expressions(exported("wireshark", row.row).text)
    if not found:
        assert not expected(row, "wireshark")
        return
    (expression,) = found
    done = subprocess.run(
        [tshark, "-n", "-r", written(row, tmp_path), "-Y", expression, "-T", "fields", "-e", "frame.time_epoch"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    taken = {int(stamp.replace(".", "")) for stamp in done.stdout.split()}
    assert disagreements(row, "wireshark", taken) == []


@every_row
@pytest.mark.usefixtures("namespaces")
def test_nftables_takes_only_the_row(row: Traffic) -> None:
    ruleset = exported("nftables", row.row).text
    counts = in_namespaces([(ruleset, [sent.frame for sent in case.sent]) for case in row.cases])
    wanted = {case.name: sum(sent.taken_by("nftables") for sent in case.sent) for case in row.cases}
    assert {case.name: accepted for case, (_, accepted) in zip(row.cases, counts, strict=True)} == wanted
    unseen = {case.name for case, (seen, _) in zip(row.cases, counts, strict=True) if seen < len(case.sent)}
    assert unseen <= DROPPED_BEFORE
