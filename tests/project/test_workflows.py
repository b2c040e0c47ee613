"""The files for GitHub Actions: YAML, with jobs that have what GitHub requires; what they call exists."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.program import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WINDOWS_TESTS = ROOT / "tests" / "windows" / "tests.txt"
LEFT_OUT = ROOT / "tests" / "windows" / "left_out.txt"
ROOMS = (
    *("api", "capture", "command", "flows", "hostile", "operating_system"),
    *("output", "render", "seal", "store", "windows"),
)
"""The tests that Windows' Python runs, beside those of the judged cases."""


def repeated_keys(node: yaml.Node | None) -> list[str]:
    """Keys that stand twice in a mapping, which YAML forbids and its reader takes."""
    if isinstance(node, yaml.SequenceNode):
        return [key for one in node.value for key in repeated_keys(one)]
    if not isinstance(node, yaml.MappingNode):
        return []
    keys = [key.value for key, _ in node.value]
    inside = [key for _, value in node.value for key in repeated_keys(value)]
    return [*(key for key in set(keys) if keys.count(key) > 1), *inside]


def loaded(path: Path) -> dict[str, Any]:
    """The content of a workflow. All is text, so that the key ``on`` is no truth value."""
    text = path.read_text(encoding="utf-8")
    assert repeated_keys(yaml.compose(text, yaml.BaseLoader)) == []
    found: dict[str, Any] = yaml.load(text, yaml.BaseLoader)
    return found


def commands(workflow: dict[str, Any]) -> str:
    return "\n".join(step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step)


def test_a_key_that_stands_twice_is_found() -> None:
    assert repeated_keys(yaml.compose("a: [{b: 1, c: 2, b: 3}]\n", yaml.BaseLoader)) == ["b"]


def test_there_is_one_for_each_system() -> None:
    assert [path.stem for path in WORKFLOWS] == ["linux", "macos", "windows"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_what_github_requires(path: Path) -> None:
    workflow = loaded(path)
    assert set(workflow) == {"name", "on", "permissions", "jobs"}
    assert set(workflow["on"]) == {"push", "pull_request"}
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert set(job) <= {"runs-on", "timeout-minutes", "strategy", "steps"}
        assert re.fullmatch(r"(ubuntu|macos|windows)-latest", job["runs-on"])
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step)
            assert set(step) <= {"name", "run", "uses", "with"}
            if "uses" in step:
                assert re.fullmatch(r"actions/(checkout|setup-python)@v\d+", step["uses"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_the_files_that_a_workflow_names_exist(path: Path) -> None:
    text = commands(loaded(path)).replace("\\", "/")
    named = re.findall(r"(?<![\w/])(?:sample_pcaps|tests|\.ci)/[\w./]+", text)
    assert path.stem == "macos" or named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_each_file_of_these_rooms_is_run_on_windows_or_has_a_reason() -> None:
    run = WINDOWS_TESTS.read_text(encoding="utf-8").splitlines()
    left_out = dict(line.split(": ", 1) for line in LEFT_OUT.read_text(encoding="utf-8").splitlines())
    assert all(left_out.values())
    files = [path for room in ROOMS for path in (ROOT / "tests" / room).glob("test_*.py")]
    expected = {"tests/test_cases.py", *(path.relative_to(ROOT).as_posix() for path in files)}
    assert len(run) == len(set(run))
    assert set(run) & set(left_out) == set()
    assert set(run) | set(left_out) == expected
