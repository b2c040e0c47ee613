"""What a shell gets when a user presses Tab: sub-commands, options, words; files and folders it finds itself."""

import pytest
from click.shell_completion import get_completion_class
from click.testing import CliRunner

from analyzer.cli import main
from analyzer.cli.analyze import FINDINGS
from analyzer.render import FORMATS
from analyzer.rules import load_table
from analyzer.values import Verdict

FILE, FOLDER = [("file", "")], [("dir", "")]


def completed(line: str) -> list[tuple[str, str]]:
    """What bash gets for the last word of a line, empty after a space: kind and value."""
    *_, last = words = line.split(" ")
    environment = {"_DPM_ANALYZER_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    result = CliRunner().invoke(main, prog_name="dpm-analyzer", env=environment)
    assert result.exit_code == 0, last
    return [(kind, value) for kind, _, value in (text.partition(",") for text in result.stdout.splitlines())]


def words(line: str) -> list[str]:
    found = completed(line)
    assert {kind for kind, _ in found} <= {"plain"}
    return [value for _, value in found]


def test_commands_and_options() -> None:
    assert words("dpm-analyzer ana") == ["analyze"]
    assert set(words("dpm-analyzer ")) == set(main.commands)
    assert words("dpm-analyzer rules ") == ["check", "confirm", "diff", "export", "import", "show"]
    assert "--no-dissect" in words("dpm-analyzer analyze a.pcap --no")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("render report --format ", [each.name for each in FORMATS]),
        ("render report --format ch", ["charts"]),
        ("extract report --verdict un", ["unexpected", "undetermined"]),
        ("extract report --verdict ", list(Verdict)),
        ("analyze --rules oem", ["oem-hitachi"]),
        ("analyze --color ", ["auto", "always", "never"]),
        ("analyze --fail-on ", [*FINDINGS, "none"]),
        ("analyze --fail-on missing,", ["missing,unexpected", "missing,blocked", "missing,stalled"]),
        ("explain report --row ", [rule.id for rule in load_table(()).rules]),
        ("analyze --expect boot-a", ["boot-agent"]),
    ],
)
def test_words(line: str, wanted: list[str]) -> None:
    assert words(f"dpm-analyzer {line}") == wanted


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("analyze ", FILE),
        ("analyze a.pcap ", FILE),
        ("analyze --site ", FILE),
        ("analyze --out ", FOLDER),
        ("analyze --rules ./", [("file", "./")]),
        ("flows ", FILE),
        ("site infer ", FILE),
        ("rules check ", FILE),
        ("extract ", FOLDER),
        ("extract report ", FILE),
        ("extract report -o ", FILE),
        ("explain ", FOLDER),
        ("render ", FOLDER),
    ],
)
def test_files_and_folders(line: str, wanted: list[tuple[str, str]]) -> None:
    assert completed(f"dpm-analyzer {line}") == wanted


# PowerShell

older = pytest.mark.skipif(get_completion_class("powershell") is None, reason="click before 8.5 has no PowerShell")


def powershell(line: str) -> list[tuple[str, str]]:
    """What PowerShell gets for the last word of a line: kind and value."""
    *_, last = given = line.split(" ")
    environment = {
        "_DPM_ANALYZER_COMPLETE": "powershell_complete",
        "COMP_WORDS": line.rstrip(),
        "COMP_CWORD": str(len(given) - 1),
    }
    result = CliRunner().invoke(main, prog_name="dpm-analyzer", env=environment)
    assert result.exit_code == 0, last
    lines = result.stdout.splitlines()
    assert len(lines) % 3 == 0
    return list(zip(lines[::3], lines[1::3], strict=True))


@older
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("dpm-analyzer ana", [("plain", "analyze")]),
        (
            "dpm-analyzer analyze C:\\captures\\a.pcap --color ",
            [("plain", name) for name in ("auto", "always", "never")],
        ),
        ("dpm-analyzer analyze --site C:\\captures\\", [("file", "C:captures")]),
        ("dpm-analyzer explain ", FOLDER),
    ],
)
def test_words_for_powershell(line: str, wanted: list[tuple[str, str]]) -> None:
    """The value of a file is not used: the script searches with the word as it was typed."""
    assert powershell(line) == wanted


@older
def test_the_script_for_powershell_is_powershell() -> None:
    grammar = pytest.importorskip("tree_sitter_powershell", reason="tree-sitter-powershell is not installed")
    tree_sitter = pytest.importorskip("tree_sitter", reason="tree-sitter is not installed")
    environment = {"_DPM_ANALYZER_COMPLETE": "powershell_source"}
    script = CliRunner().invoke(main, prog_name="dpm-analyzer", env=environment).stdout
    assert "Register-ArgumentCompleter -Native -CommandName dpm-analyzer" in script
    tree = tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(script.encode())
    assert not tree.root_node.has_error
