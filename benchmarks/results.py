"""The stored measurements: every run of every subject, and the values that follow from them."""

import json
import math
import os
import platform
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

Results = dict[str, Any]
"""``machine``, ``versions`` of the peers, ``compare`` and ``growth``: each as far as it was measured."""

LIBRARIES = ("numpy", "numba")


def machine() -> dict[str, str]:
    """The properties of the machine that matter for the speed, without its name."""
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB",
        "system": " ".join([platform.system(), *re.findall(r"^[\d.]+", platform.release())]),
        "python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def load(path: Path) -> Results:
    """What was kept; nothing where there is nothing yet."""
    results: Results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return results


def save(path: Path, results: Results) -> None:
    """Keep it, a line for each measurement."""
    text = json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False)
    text = re.sub(r"\{\s+([^{}\[\]]+?)\s+\}", lambda match: "{" + re.sub(r"\n\s+", " ", match[1]) + "}", text)
    path.write_text(text + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Measured:
    """The measurements of one subject or step. ``subject``: its line of the results. ``scale``: the size of the whole
    capture divided by the size of the part that was read."""

    subject: dict[str, Any]
    scale: float = 1.0

    @property
    def runs(self) -> list[dict[str, Any]]:
        return [run for run in self.subject["runs"] if "error" not in run]

    @property
    def error(self) -> str:
        """Why there is no measurement; empty where there is one."""
        return "" if self.runs else next((run["error"] for run in self.subject["runs"]), "not measured")

    @property
    def every(self) -> list[float]:
        """Seconds of each run, for the whole capture: as the program reports them, or of the whole process."""
        return [run.get("seconds", run["wall"]) * self.scale for run in self.runs]

    @property
    def seconds(self) -> float:
        return median(self.every)

    @property
    def cpu(self) -> float:
        """Processor time of the whole process, start included."""
        return float(median(run["cpu"] for run in self.runs)) * self.scale

    @property
    def memory(self) -> int:
        """The peak, in octets, of any run."""
        return max(int(run["memory"]) for run in self.runs)

    @property
    def rate(self) -> float:
        """Packets a second."""
        return float(self.subject["packets"] * self.scale / self.seconds)

    @property
    def speed(self) -> float:
        """Octets a second."""
        return float(self.subject["octets"] * self.scale / self.seconds)

    def count(self, what: str) -> int | None:
        """Packets or flows as the program counted them; None if it reports none."""
        return self.runs[0].get(what) if self.runs else None


def subjects(results: Results) -> dict[str, Measured]:
    """Everything that was compared, by name; a cut's time is scaled to the whole capture, packet by packet."""
    compared = results.get("compare", {})
    whole = compared.get("capture", {}).get("packets", 0)
    found = {}
    for subject in compared.get("subjects", []):
        cut = subject["group"] == "peer" and subject["packets"]
        found[subject["name"]] = Measured(subject, whole / subject["packets"] if cut else 1.0)
    return found


def steps(results: Results, series: str) -> list[Measured]:
    """The steps of one series of growth, as far as they were measured."""
    every = [Measured(step) for step in results.get("growth", {}).get("steps", []) if step["series"] == series]
    return [step for step in every if step.runs]


def figures(number: float) -> str:
    """Three figures, or whole where there are more."""
    rounded = float(f"{number:.3g}")
    return f"{rounded:,.{max(0, 2 - math.floor(math.log10(rounded)))}f}" if 0 < rounded < 1000 else f"{number:,.0f}"
