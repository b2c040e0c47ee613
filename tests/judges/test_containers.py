"""The containers, tested with files of other projects: those that libpcap must refuse, and those of a pcapng generator.

The lists say in the generator's abbreviations which blocks its files hold, in order. They were made by walking the
files' lengths alone, and agree with the generator's own descriptions where those were compared (test008, test018 and
test102).
"""

import csv
from collections import Counter
from pathlib import Path

import pytest

from analyzer.errors import CaptureError
from analyzer.flows.assembler import Watch
from analyzer.flows.capture_facts import CaptureFacts
from analyzer.flows.read import read_captures

INVALID = Path(__file__).with_name("libpcap_invalid.tsv")
"""libpcap's files of errors, and the result here; if it differs, the reason."""
BLOCKS = Path(__file__).with_name("pcapng_blocks.tsv")
WORDS = {
    "SHB": "section", "IDB": "interface", "EPB": "enhanced packet", "SPB": "simple packet", "PB": "obsolete packet",
    "NRB": "name resolution", "ISB": "interface statistics", "CB": "custom", "DCB": "custom, not to be copied",
}  # fmt: skip
PACKETS = {"EPB", "SPB", "PB"}
DROPPED = {"advanced/test102.pcapng": 1 + 42 + 10}
"""By its description: two counts of one interface's last statistics but one, and one of another's."""


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def facts_of(path: Path) -> CaptureFacts:
    return read_captures([str(path)], watch=Watch()).captures[0]


@pytest.mark.parametrize("row", rows(INVALID), ids=lambda row: Path(row["capture"]).stem)
def test_what_libpcap_refuses_is_refused_or_reported(public: Path, row: dict[str, str]) -> None:
    assert (row["ours"] == row["libpcap"]) != bool(row["reason"])
    if row["ours"] == "refused":
        with pytest.raises(CaptureError, match="version"):
            facts_of(public / row["capture"])
    else:
        assert facts_of(public / row["capture"]).damage


def test_the_list_names_every_invalid_file(public: Path) -> None:
    assert {row["capture"] for row in rows(INVALID)} == {
        path.relative_to(public).as_posix() for path in (public / "libpcap").glob("*.pcap*")
    }


@pytest.mark.parametrize("row", rows(BLOCKS), ids=lambda row: row["capture"])
def test_the_blocks_that_were_put_in_are_found(public: Path, row: dict[str, str]) -> None:
    put_in = row["blocks"].split()
    facts = facts_of(public / row["capture"])
    assert Counter(facts.blocks) == Counter(WORDS[block] for block in put_in)
    assert facts.frames == sum(block in PACKETS for block in put_in)
    assert facts.damage == ()
    observed = {name: count for name, count in DROPPED.items() if row["capture"].endswith(name)}
    assert not observed or facts.dropped in observed.values()


def test_the_list_names_every_generated_file(public: Path) -> None:
    folder = public / "pcapng-test-generator"
    assert {row["capture"] for row in rows(BLOCKS)} == {
        path.relative_to(public).as_posix() for path in folder.rglob("*.pcapng")
    }
