"""``render`` makes of a saved document the same octets that ``analyze`` wrote, in every format."""

from pathlib import Path

import pytest

from analyzer.render import IN_FOLDER
from analyzer.report.folder import SUMS
from tests.program import ROOT, run

LAB = ROOT / "sample_pcaps" / "lab"
DIRTY = [LAB / name for name in ("dirty_server.pcap", "dirty_segA.pcap", "dirty_segB.pcap")]


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a report, without their checksums."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: content for name, content in found.items() if name != SUMS}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a report with findings, boots, waivers and more than one vantage."""
    out = tmp_path_factory.mktemp("written") / "report"
    assert run("analyze", *DIRTY, "--site", LAB / "site.yaml", "--no-dissect", "--out", out).exit_code == 1
    return contents(out)


@pytest.mark.parametrize("name", [each.name for each in IN_FOLDER])
def test_a_format_is_made_again(written: dict[str, bytes], tmp_path: Path, name: str) -> None:
    (tmp_path / "report.json").write_bytes(written["report.json"])
    result = run("render", tmp_path, "--format", name)
    assert result.exit_code == 0
    made = contents(tmp_path)
    assert sorted(made) == sorted(
        {"report.json", *(str(Path(line).relative_to(tmp_path)) for line in result.stdout.splitlines())}
    )
    assert [file for file in made if made[file] != written[file]] == []


def test_all_formats_are_the_whole_report(written: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(written["report.json"])
    for each in IN_FOLDER:
        assert run("render", tmp_path, "--format", each.name).exit_code == 0
    assert contents(tmp_path) == written
