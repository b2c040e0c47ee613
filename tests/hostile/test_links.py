"""A link in a folder of captures is followed only inside that folder."""

import shutil
from pathlib import Path

from analyzer import pipeline
from tests.program import ROOT, run
from tests.systems import make_link

LAB = ROOT / "sample_pcaps" / "lab"


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    folder, secret = tmp_path / "captures", tmp_path / "secret.pcap"
    (folder / "inner").mkdir(parents=True)
    shutil.copy(LAB / "dirty_segA.pcap", folder / "inner" / "own.pcap")
    shutil.copy(LAB / "dirty_segB.pcap", secret)
    make_link(folder / "link.pcap", secret)
    make_link(folder / "nameless", secret)
    make_link(folder / "relative.pcap", Path("..") / "secret.pcap")
    make_link(folder / "inside.pcap", Path("inner") / "own.pcap")
    report = pipeline.analyze(folder, dissect=False)
    assert [capture.name for capture in report.meta.captures] == ["inner/own.pcap", "inside.pcap"]
    assert [text.split(":")[0] for text in report.meta.left_out] == ["link.pcap", "relative.pcap"]
    assert all("outside the folder" in text for text in report.meta.left_out)


def test_a_link_that_is_named_is_followed(tmp_path: Path) -> None:
    make_link(tmp_path / "link.pcap", LAB / "dirty_segA.pcap")
    assert pipeline.analyze(tmp_path / "link.pcap", dissect=False).meta.left_out == ()


def test_a_folder_that_is_a_link_is_searched(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    shutil.copy(LAB / "dirty_segA.pcap", tmp_path / "real" / "own.pcap")
    make_link(tmp_path / "link", tmp_path / "real")
    assert pipeline.analyze(tmp_path / "link", dissect=False).meta.left_out == ()


def test_extract_does_not_look_behind_links_out_of_a_folder(tmp_path: Path) -> None:
    out, folder = tmp_path / "out", tmp_path / "captures"
    folder.mkdir()
    run("analyze", LAB / "dirty_segA.pcap", "--no-dissect", "--out", out, "-q")
    make_link(folder / "link.pcap", LAB / "dirty_segA.pcap")
    assert run("extract", out, folder, "--verdict", "unexpected", "-o", tmp_path / "x.pcapng").exit_code == 3
