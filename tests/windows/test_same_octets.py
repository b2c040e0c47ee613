"""The report folders of samples have the same octets as those of another system.

PNG charts are excepted: Pillow's wheels compress with zlib on one system and with zlib-ng on another. Their pixels are
the same. SHA256SUMS has their sums, so its other lines are compared.
"""

import json
import os
from pathlib import Path

import pytest
from PIL import Image

from tests.windows import reports

VARIABLE = "DPM_ANALYZER_OTHER_REPORTS"


@pytest.fixture(scope="module")
def others() -> Path:
    """The folder of reports that another system made."""
    folder = os.environ.get(VARIABLE, "")
    if not folder:
        pytest.skip(f"{VARIABLE} names no folder of `python -m tests.windows.reports`; make test-windows sets it")
    if json.loads((Path(folder) / reports.VERSIONS).read_text(encoding="utf-8")) != reports.versions():
        pytest.skip(f"the other system has other versions of {', '.join(reports.LIBRARIES)}")
    return Path(folder)


@pytest.fixture(scope="module")
def ours(others: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ours")
    assert others != folder
    reports.make(folder)
    return folder


def comparable(path: Path) -> object:
    """What has to be the same of a file."""
    if path.suffix == ".png":
        with Image.open(path) as picture:
            return picture.size, picture.convert("RGBA").tobytes()
    content = path.read_bytes()
    if path.name == "SHA256SUMS":
        return [line for line in content.split(b"\n") if not line.endswith(b".png")]
    return content


@pytest.mark.parametrize("name", reports.SAMPLES)
def test_the_report_has_the_same_octets(ours: Path, others: Path, name: str) -> None:
    here, there = (
        {path.relative_to(folder).as_posix(): path for path in (folder / name).rglob("*") if path.is_file()}
        for folder in (ours, others)
    )
    assert sorted(here) == sorted(there)
    assert {f"{name}/report.html", f"{name}/report.json", f"{name}/flows.csv", f"{name}/flows.parquet"} <= {*here}
    assert [place for place in here if comparable(here[place]) != comparable(there[place])] == []
