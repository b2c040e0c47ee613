"""A page without findings says whether nothing was found, or too little could be judged."""

from dataclasses import replace
from pathlib import Path

import pytest

import analyzer
from analyzer.render import files_of
from analyzer.render.shared.next_steps import last_command
from tests.packets import Host, Wire
from tests.program import ROOT
from tests.reports import lab

SITE = ROOT / "tests" / "cases" / "site.yaml"
JUDGED, NOT_JUDGED = "Nothing unexpected, blocked or missing was found", "too little could be judged"
SERVER, MACHINE, OFFICE, FILES = Host("10.20.0.10"), Host("10.20.0.31"), Host("172.16.5.20"), Host("172.16.5.30")


@pytest.mark.parametrize(
    ("ends", "answer", "said", "unsaid"),
    [
        ((OFFICE, 50_001, FILES, 445), "NOT JUDGED", NOT_JUDGED, JUDGED),
        ((SERVER, 50_001, MACHINE, 56_010), "COMPLIANT", JUDGED, NOT_JUDGED),
    ],
)
def test_a_page_without_findings(
    tmp_path: Path, ends: tuple[Host, int, Host, int], answer: str, said: str, unsaid: str
) -> None:
    wire = Wire()
    wire.tcp(*ends)
    wire.save(tmp_path / "capture.pcap")
    run = analyzer.analyze(tmp_path / "capture.pcap", site=SITE, dissect=False)
    assert (run.report.meta.answer, len(run.findings)) == (answer, 0)
    page = files_of("html", run.report)["report.html"].decode()
    assert said in page
    assert unsaid not in page
    assert "nothing to act on" not in page


def test_a_page_without_a_flow_sends_to_the_warnings(tmp_path: Path) -> None:
    """They say why: here the frames have a link type that is not read."""
    wire = Wire()
    wire.tcp(SERVER, 50_001, MACHINE, 56_010)
    wire.save(tmp_path / "capture.pcap")
    octets = bytearray((tmp_path / "capture.pcap").read_bytes())
    octets[20:24] = (178).to_bytes(4, "little")
    (tmp_path / "capture.pcap").write_bytes(octets)
    run = analyzer.analyze(tmp_path / "capture.pcap", site=SITE, dissect=False)
    assert len(run.report.flows) == 0
    assert "No flow was found. Read the warnings below." in files_of("html", run.report)["report.html"].decode()


def test_no_row_is_the_next_step_of_a_boot_that_stalled_without_a_flow() -> None:
    """Its client is known by an identifier that is no MAC. A row that has nothing to do with it explains nothing."""
    report = lab()
    boots = report.boots.assign(client_mac="client-id 00", client_ip="", status="stalled")
    assert last_command(replace(report, boots=boots), "out") == ""
    assert last_command(replace(report, boots=boots.head(0)), "out").startswith("dpm-analyzer explain out --row ")
