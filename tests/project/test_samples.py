"""The sample captures: made again they are the same bytes, and each is described."""

from pathlib import Path

import pytest

from sample_pcaps.make_samples import make
from tests.program import ROOT, flows

FOLDER = ROOT / "sample_pcaps"
LINKS = ("link_vlan", "link_qinq", "link_sll2", "link_raw", "link_null")
OF_THE_LINK = ["flow", "vlan", "orig_mac", "resp_mac", "capture"]


def test_the_script_makes_the_same_bytes(tmp_path: Path) -> None:
    make(tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in (FOLDER / "made").glob("*.pcap*")}
    assert sorted(made) == sorted(kept)
    assert not [name for name in made if made[name] != kept[name]]


def test_every_sample_is_in_the_readme() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    samples = [path for folder in ("lab", "made", "hosts", "hosts/recorded") for path in (FOLDER / folder).iterdir()]
    samples = [path for path in samples if path.is_file()]
    assert samples
    assert not [path.name for path in samples if f"`{path.name}`" not in readme]


@pytest.mark.parametrize("link", LINKS)
def test_the_flows_are_the_same_over_every_link_layer(made: Path, link: str) -> None:
    there = flows([made / f"{link}.pcap"]).drop(columns=OF_THE_LINK)
    over_ethernet = flows([made / "big_endian.pcap"]).drop(columns=OF_THE_LINK)
    assert there.to_dict("records") == over_ethernet.to_dict("records")
