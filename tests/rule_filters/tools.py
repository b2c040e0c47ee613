"""The programs that judge the filters, and the exports that they are given."""

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from analyzer.rule_filters.export import Export, export
from analyzer.rules import load_table
from analyzer.site import load_site
from tests.program import ROOT

SITE = Path(__file__).parent / "site.yaml"


@cache
def exported(target: str, row: str, *, join: bool = False) -> Export:
    return export(load_table(), load_site(SITE), target, [row], join=join)


def program(name: str, package: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: apt-get install {package})")
    return found


def expressions(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def in_namespaces(asked: list[tuple[str, list[bytes]]]) -> list[tuple[int, int]]:
    """For each ruleset, in a network namespace of its own: frames that reached it, and frames that it accepted."""
    given = [{"ruleset": ruleset, "frames": [frame.hex() for frame in frames]} for ruleset, frames in asked]
    done = subprocess.run(
        [sys.executable, "-m", "tests.rule_filters.namespace"], input=json.dumps(given),
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [(seen, accepted) for seen, accepted in json.loads(done.stdout)]
