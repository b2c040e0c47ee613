"""The documents are right: links have a target, commands run and print what is shown, code runs, rules load."""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import warnings
from pathlib import Path, PureWindowsPath

import pytest

from analyzer.rules import check
from analyzer.site import load_site
from tests.documents import DOCUMENTS, SHELL, Block, anchors, blocks, links
from tests.program import ROOT, read_table, run

OUTSIDE = re.compile(r"https?://|mailto:")
RUN = {"cat", "cp", "cut", "diff", "dpm-analyzer", "editcap", "sha256sum", "sort"}
"""Programs whose lines are run."""
SHOWN = {"make", "python", "pip", "pipx", "git", "apt-get", "brew", "dumpcap", "tcpdump", "tshark",
         "ethtool", "chronyc", "pktmon", "py", "start", "w32tm"}  # fmt: skip
"""Programs whose lines are not run: they capture, install, or take the machine's clock and interfaces."""
LANGUAGES = {*SHELL, "bat", "powershell", "python", "py", "sql", "yaml", "json", "text"}
"""bat and powershell are shown and not run; py is a signature; text is what a shell block prints, where it comes
straight after one."""
DIRECTIVES = {ROOT / "docs" / "index.md": {"{toctree}"}}
FOUND = 1
ANSWERS = ("dpm-analyzer analyze", "dpm-analyzer diff", "dpm-analyzer rules diff")
"""Commands whose exit code says what was found."""
DEFAULT = "dpm-analyzer-report"
REPORTS = ("report", DEFAULT, "before", "after", "last-quarter", "this-quarter")
"""Report folders that the documents name."""


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=names)


@every_document
def test_no_link_is_dead(document: Path) -> None:
    dead = []
    for target in links(document):
        if OUTSIDE.match(target):
            continue
        name, _, anchor = target.partition("#")
        aim = (document.parent / name).resolve() if name else document
        if not aim.exists() or (anchor and anchor not in anchors(aim)):
            dead.append(target)
    assert not dead


@every_document
def test_every_block_is_of_a_kind_that_is_tested(document: Path) -> None:
    allowed = LANGUAGES | DIRECTIVES.get(document, set())
    assert not [block for block in blocks(document) if block.language not in allowed]
    assert not [line for line in command_lines(document) if program(line) not in RUN | SHOWN]


def command_lines(document: Path) -> list[str]:
    """The command lines of a document, those of Windows too."""
    return [line for block in blocks(document) if block.language in (*SHELL, "bat") for line in block.lines()]


def program(line: str) -> str:
    """The program of a command line, without the variables that are set for it."""
    of_windows = "\\" in line
    word = next(word for word in shlex.split(line, posix=not of_windows) if "=" not in word)
    return PureWindowsPath(word).name if of_windows else Path(word).name


@pytest.fixture(scope="session")
def report(lab: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the sample that the documents use."""
    folder = tmp_path_factory.mktemp("documents") / "report"
    dirty = sorted(lab.glob("dirty_*.pcap"))
    assert run("analyze", *dirty, "--site", lab / "site.yaml", "--out", folder).exit_code == FOUND
    return folder


@pytest.fixture
def place(lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a reader: the samples of a clone, and the files that the documents name."""
    shutil.copytree(ROOT / "sample_pcaps", tmp_path / "sample_pcaps")
    (tmp_path / "captures").mkdir()
    for capture in lab.glob("dirty_*.pcap"):
        shutil.copy(capture, tmp_path / "captures")
    for name in ("capture.pcap", "capture.pcapng"):
        shutil.copy(lab / "dirty_server.pcap", tmp_path / name)
    shutil.copy(lab / "site.yaml", tmp_path)
    (pack,) = (block for block in blocks(ROOT / "docs" / "rules.md") if block.language == "yaml")
    (tmp_path / "my-rows.yaml").write_text(pack.text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def command(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the command is found by its name, in the version that is tested."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "dpm-analyzer"
    script.write_text(f"#!{sys.executable}\nfrom analyzer.cli import run\nrun()\n")
    script.chmod(0o755)
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "NO_COLOR": "1"}


@pytest.mark.usefixtures("tshark")
@every_document
def test_what_is_shown_is_so(document: Path, place: Path, report: Path, command: dict[str, str]) -> None:
    """All blocks of a document, one after the other in one folder, as its reader would go through them."""
    text = document.read_text(encoding="utf-8")
    for name in filter(text.__contains__, REPORTS):
        shutil.copytree(report, place / name)
    scope: dict[str, object] = {"__name__": document.stem}
    for block in blocks(document):
        if block.language in SHELL:
            shell(block, report, command)
        elif block.language == "python":
            python(block, scope)
        elif block.language == "py":
            ast.parse(block.text)
        elif block.language == "yaml":
            yaml(block, place)
        elif block.language == "json":
            json.loads(block.text)


def shell(block: Block, report: Path, command: dict[str, str]) -> None:
    """Run a block's lines; what the document shows of their output is what they print."""
    printed = ""
    for line in block.lines():
        if program(line) in RUN:
            for made in re.findall(r"--out (\S+)", line) or [DEFAULT] * line.startswith("dpm-analyzer analyze"):
                shutil.rmtree(made, ignore_errors=True)  # a reader begins without it
            done = subprocess.run(
                ["bash", "-o", "pipefail", "-c", re.sub(r"\bFLOW\b", unexpected(report), installed(line))],
                env=command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                check=False,
            )  # fmt: skip
            assert done.returncode in ((0, FOUND) if line.startswith(ANSWERS) else (0,)), f"{line}\n{done.stdout}"
            assert "Traceback" not in done.stdout
            printed += done.stdout
    assert_printed(block.output, printed)


def installed(line: str) -> str:
    """A line up to where it goes into a program that is not here: the reader's jq is not ours to install."""
    absent = (pipe for pipe in re.finditer(r" \| (\w+) ", line) if shutil.which(pipe[1]) is None)
    return line[: next((pipe.start() for pipe in absent), None)]


def assert_printed(shown: str, printed: str) -> None:
    """The lines that are shown were printed, in this order; three dots stand for lines that are left out."""
    lines = "\n".join(line.rstrip() for line in printed.splitlines())
    for piece in filter(None, re.split(r"^\.\.\.$\n?", shown, flags=re.MULTILINE)):
        before, found, lines = lines.partition("\n".join(line.rstrip() for line in piece.splitlines()))
        assert found, f"not printed:\n{piece}\nprinted after what was found:\n{before}"


def unexpected(report: Path) -> str:
    flows = read_table(report / "flows.csv")
    return str(flows.loc[flows["verdict"] == "unexpected", "flow"].iloc[0])


def python(block: Block, scope: dict[str, object]) -> None:
    """Run a block of Python; a notebook shows the value of its last line, so that it may be there for that alone."""
    import matplotlib.pyplot as plt  # noqa: PLC0415

    plt.switch_backend("agg")
    with warnings.catch_warnings():
        exec(compile(block.text, f"<line {block.line}>", "exec"), scope)  # the documents' own code
    plt.close("all")


def yaml(block: Block, place: Path) -> None:
    """A profile or a pack; one that has its name in its first line is there for the blocks after it."""
    name = re.match(r"# ([\w-]+\.yaml)\n", block.text)
    path = place / (name[1] if name else "shown.yaml")
    path.write_text(block.text, encoding="utf-8")
    if re.search(r"^kind:", block.text, re.MULTILINE):
        assert not [issue for issue in check([str(path)]) if issue.severity == "error"]
    else:
        assert load_site(path).name


def test_a_line_ends_before_a_program_that_is_not_here() -> None:
    assert installed("cat a | sort b | nosuchprogram '.x | .y' | cat c") == "cat a | sort b"
    assert installed("cat a | sort b") == "cat a | sort b"


def test_a_missing_line_of_output_is_noticed() -> None:
    assert_printed("a\n...\nc\n", "a\nb\nc\n")
    with pytest.raises(AssertionError, match="not printed"):
        assert_printed("a\nc\n", "a\nb\nc\n")
