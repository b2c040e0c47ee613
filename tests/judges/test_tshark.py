"""The flow table against tshark: the same ends, packets and IP bytes, on every capture that both can read."""

import csv
from pathlib import Path

import pytest

from tests.judges import tshark as judge
from tests.program import ROOT, flows

LINKS = {
    "ether", "linux-sll", "linux-sll2", "null", "rawip", "rawip4", "rawip6", "ppp", "chdlc", "frelay", "ieee-802-11",
    "ieee-802-11-radiotap", "ppi", "pktap", "nflog", "atm-rfc1483", "linux-atm-clip", "fddi-swapped", "atm-pdus",
    "encap", "per-packet",
}  # fmt: skip
GROUPS = 24
"""The public captures are judged in so many groups, so that tests can run side by side."""
LEFT_OUT = Path(__file__).with_name("tshark_left_out.tsv")
"""Captures on which the two do not agree, each with the reason. One that agrees again has to leave the list."""
REFUSED = {"libpcap/pcap-invalid-version-2.pcap"}
"""Version 2.5 of pcap, which tshark reads, and libpcap refuses; here too."""


def left_out() -> dict[str, str]:
    with LEFT_OUT.open(encoding="utf-8", newline="") as file:
        return {row["capture"]: row["reason"] for row in csv.DictReader(file, delimiter="\t")}


def comparable(public: Path) -> list[str]:
    """The public captures of a link type that is decoded and that tshark reads without complaint."""
    with (public / "FILES.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        readable = [row["path"] for row in rows if row["encap"] in LINKS and not row["tshark_error"]]
    return [path for path in readable if path not in REFUSED]


def samples() -> list[Path]:
    """The captures of the project, but for the one that is cut short."""
    folder = ROOT / "sample_pcaps"
    cut = folder / "made" / "truncated.pcap"
    return [path for path in sorted(folder.glob("*/*.pcap*")) if path != cut]


def test_samples(tshark: str, tmp_path: Path) -> None:
    answers = judge.judge(tshark, samples(), tmp_path)
    wrong = {path.name: found for path, answer in answers.items() if (found := differences(path, answer))}
    assert not wrong


def differences(path: Path, answer: judge.Judgement) -> list[str]:
    """Where our flows are not the judge's: those inside tunnels, and where there are tunnels, those around them."""
    found = judge.differences(judge.ours(flows([path])), answer.inner)
    if answer.inner != answer.outer:
        found += [f"--outer: {line}" for line in judge.differences(judge.ours(flows([path], "--outer")), answer.outer)]
    return found


@pytest.mark.parametrize("group", range(GROUPS))
def test_public(tshark: str, public: Path, tmp_path: Path, group: int) -> None:
    listed = left_out()
    captures = [public / path for path in comparable(public)[group::GROUPS]]
    wrong: dict[str, object] = {}
    for path, answer in judge.judge(tshark, captures, tmp_path).items():
        name = path.relative_to(public).as_posix()
        found = differences(path, answer)
        if found and name not in listed:
            wrong[name] = found[:5], dict(answer.left_out)
        elif not found and name in listed:
            wrong[name] = f"agrees now: take it off {LEFT_OUT.name}"
    assert not wrong, "\n".join(f"{name}: {what}" for name, what in wrong.items())


def test_the_list_names_only_captures_that_are_compared(public: Path) -> None:
    assert set(left_out()) <= set(comparable(public))
