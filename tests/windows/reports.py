"""The reports of samples that Windows' Python and Linux' have to write with the same octets: ``python -m
tests.windows.reports FOLDER`` makes them."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tests.program import ROOT

LAB = ROOT / "sample_pcaps" / "lab"
SITE = ("--site", LAB / "site.yaml")
SAMPLES = {
    "dirty": (*(LAB / f"dirty_{name}.pcap" for name in ("server", "segA", "segB")), *SITE),
    "clean": (*(LAB / f"clean_{name}.pcap" for name in ("server", "segB", "router_any")), *SITE),
    "inferred": (LAB / "dirty_segA.pcap",),
}
"""The words after ``analyze``. Without tshark, which is not to be had for Wine."""
LIBRARIES = ("matplotlib", "pillow", "pyarrow")
"""What writes its own version into files, or draws a little differently with each."""
VERSIONS = "versions.json"


def versions() -> dict[str, str]:
    return {name: version(name) for name in LIBRARIES}


def make(folder: Path) -> None:
    """Write the report of each sample into a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, words in SAMPLES.items():
        command = [sys.executable, "-m", "analyzer", "analyze", *words, "--no-dissect", "--force", "--quiet"]
        done = subprocess.run([*map(str, command), "--out", str(folder / name)], cwd=ROOT, check=False)
        assert done.returncode in (0, 1), (name, done.returncode)
    (folder / VERSIONS).write_text(json.dumps(versions()), encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
