"""A page without findings says whether nothing was found, or too little could be judged."""

from pathlib import Path

import pytest

import analyzer
from analyzer.render import files_of
from tests.packets import Host, Wire
from tests.program import ROOT

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
