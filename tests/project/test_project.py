"""The project itself: what the documents name exists, and no file names a private machine."""

import re
import shlex
import tomllib
from importlib.metadata import version

import click
from packaging.version import Version

from analyzer import values
from tests.documents import shell_lines
from tests.program import ROOT, project_files, run

PLACES = re.compile(
    r"(?<![\w.])/(?:home|root|work|Users)/[\w.-]+"  # a folder of a private machine
    r"|https?://[^\s\"')>]*(?:pypi|pythonhosted|npmjs|deb\.debian)"  # a registry
    r"|--(?:extra-)?index-url"
)


def shown(start: str) -> list[str]:
    """The command lines in the documents that begin with ``start``."""
    return [line for _, line in shell_lines() if re.match(rf"{start}\b", line)]


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in PLACES.finditer(text)]
    assert not found


def test_the_top_of_the_project_has_only_what_belongs_there() -> None:
    files = {
        ".gitattributes",
        ".gitignore",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "Makefile",
        "README.md",
        "pyproject.toml",
    }
    folders = {".ci", ".github", "analyzer", "benchmarks", "docs", "notebooks", "rules", "sample_pcaps", "tests"}
    assert {path.relative_to(ROOT).parts[0] for path in project_files()} == files | folders


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    targets_shown = {shlex.split(line, comments=True)[1] for line in shown("make")}
    assert {"demo", "test"} <= targets_shown <= targets


def test_every_command_in_the_documents_exists() -> None:
    from analyzer.cli import main  # noqa: PLC0415

    lines = shown("dpm-analyzer")
    assert any(line.startswith("dpm-analyzer analyze") for line in lines)
    for line in lines:
        _, *words = shlex.split(line.replace("[", "").replace("]", ""), comments=True)
        command: click.Command = main
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            assert words[0] in command.commands, line
            command = command.commands[words.pop(0)]
        options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        used = {word.split("=")[0] for word in words if word.startswith("--")}
        assert used <= options | {"--help", "--version"}, line


def test_there_is_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert version("dpm-analyzer") == project["version"]
    assert project["version"] in run("--version").stdout


def test_the_lowest_versions_are_those_that_the_project_admits() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = [line.lower().replace(".yaml", "-yaml").partition(",")[0] for line in project["dependencies"]]
    admitted = dict(bound.split(">=") for bound in bounds)
    lines = (ROOT / "tests" / "constraints-lowest.txt").read_text(encoding="utf-8").splitlines()
    tried = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert admitted
    assert {name: Version(tried[name]) for name in admitted} == {name: Version(low) for name, low in admitted.items()}


def test_every_word_of_the_tables_is_in_the_vocabulary() -> None:
    vocabulary = (ROOT / "docs" / "vocabulary.md").read_text(encoding="utf-8")
    # The lists of words are a block that is made from the glossary.
    lists = (values.Verdict, values.Reason, values.Outcome, values.Status, values.BootStatus, values.Role, values.Cast,
             values.Basis)  # fmt: skip
    assert not [word for words in lists for word in words if f"`{word}`" not in vocabulary]


def test_the_changelog_has_a_place_for_the_next_change() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
