"""The reports of samples that Windows' Python and Linux' have to write with the same octets: ``python -m
tests.windows.reports FOLDER`` makes them."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from tests.program import ROOT, run

LAB = ROOT / "sample_pcaps" / "lab"
SITE = ("--site", LAB / "site.yaml")
SAMPLES: dict[str, tuple[str | Path, ...]] = {
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
        done = run("analyze", *words, "--no-dissect", "--force", "--quiet", "--out", folder / name)
        assert done.exit_code in (0, 1), (name, done.stderr)
    (folder / VERSIONS).write_text(json.dumps(versions()), encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
