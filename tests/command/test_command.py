"""The command in a shell: exit codes, one clear sentence on standard error, and no partial results."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from analyzer.cli import main
from analyzer.render.formats import FORMATS, IN_FOLDER
from tests import capfile as cap
from tests.capfile import SECOND, START, Ends, datagram
from tests.program import ROOT, read_table, run
from tests.systems import limits, signals, users

if sys.platform != "win32":
    import resource

LAB = ROOT / "sample_pcaps" / "lab"
START_UP = "from analyzer.cli import run; run()"
HEAVY = {"numpy", "pandas", "numba", "matplotlib", "pyarrow", "pydantic", "jinja2", "rich", "ruamel", "zstandard"}
TALK = [datagram(Ends(orig_p=20_000 + number, resp_p=53), at=START + number * SECOND) for number in range(3)]


def process(*arguments: str | Path, unbuffered: str = "", **words: object) -> "subprocess.Popen[bytes]":
    """The command in a process of its own, its three streams piped. ``unbuffered``: the value of PYTHONUNBUFFERED."""
    command = [sys.executable, "-c", START_UP, *(str(argument) for argument in arguments)]
    pipe = subprocess.PIPE
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": unbuffered}
    words = {"stdin": pipe, "stdout": pipe, "stderr": pipe} | words
    return subprocess.Popen(command, env=env, **words)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "good.pcap"
    path.write_bytes(cap.pcap(TALK))
    return path


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report folder; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("report") / "out"
    assert (
        run("analyze", "--no-dissect", LAB / "dirty_segB.pcap", "--site", LAB / "site.yaml", "--out", folder).exit_code
        == 1
    )
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(result: Result, code: int, *parts: str) -> None:
    """It ended with that code, with one line on standard error, and printed nothing else."""
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.count("\n") == 1
    assert not [part for part in parts if part not in result.stderr], result.stderr


# What is no capture


NO_CAPTURES = {
    "notes.txt": (b"just text", "this looks like a text file"),
    "empty.pcap": (b"", "the file is empty"),
    "short.pcap": (b"\xd4\xc3", "it begins with d4 c3"),
    "picture.pcap": (b"\x89PNG\r\n\x1a\n", "it begins with 89 50 4e 47"),
    "missing.pcap": (None, "no such file or folder"),
    "missing/deep.pcap": (None, "no such file or folder"),
}


@pytest.mark.parametrize("command", ["flows", "analyze", "site infer"])
@pytest.mark.parametrize("name", NO_CAPTURES)
def test_what_is_no_capture_is_one_sentence_and_code_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    content, observed = NO_CAPTURES[name]
    if content is not None:
        Path(name).write_bytes(content)
    refused(run(*command.split(), name), 3, f"{name}: ", observed)
    assert not Path("dpm-analyzer-report").exists()


def test_a_good_capture_beside_a_bad_one_that_was_named_is_refused(tmp_path: Path, capture: Path) -> None:
    (tmp_path / "bad.pcap").write_text("text")
    refused(run("flows", capture, tmp_path / "bad.pcap"), 3, "bad.pcap: this looks like a text file")


def test_a_folder_without_captures(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing here")
    (tmp_path / "sub").mkdir()
    refused(run("flows", tmp_path), 3, "no capture in this folder")


def test_a_folder_that_is_no_file_under_a_file(capture: Path) -> None:
    refused(run("flows", capture / "under.pcap"), 3, "under.pcap: ")


@pytest.fixture
def locked(capture: Path) -> Iterator[Path]:
    """A capture without read permission, and a user who cannot read it: root could."""
    run("flows", capture)  # imports all modules while the file may be read
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "secret.pcap"
        path.write_bytes(capture.read_bytes())
        path.chmod(0)
        Path(folder).chmod(0o755)
        me = os.geteuid()
        os.seteuid(me or 65534)
        try:
            yield path
        finally:
            os.seteuid(me)


@users
def test_a_capture_that_may_not_be_read(locked: Path) -> None:
    refused(run("flows", locked), 3, f"{locked}: permission denied")


# What is wrong with the command


PROFILE = """\
version: 1
name: lab
segments: [{name: a, cidr: 10.0.0.1/8}]
dpm_server: {addresses: [10.0.0.1], web_port: many}
managed_machinez: []
"""


def test_every_mistake_of_a_profile_is_reported_with_its_place(tmp_path: Path, capture: Path) -> None:
    profile, out = tmp_path / "site.yaml", tmp_path / "out"
    profile.write_text(PROFILE, encoding="utf-8")
    result = run("analyze", "--no-dissect", capture, "--site", profile, "--out", out)
    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert [
        line.rpartition(": ")[0].startswith(f"{profile}:{number}:")
        for line, number in zip(lines, (3, 4, 5), strict=True)
    ]
    assert [line.removeprefix(f"{profile}:").split(":")[:1] for line in lines] == [["3"], ["4"], ["5"]]
    assert "managed_machines" in lines[2]
    assert not out.exists()


@pytest.mark.parametrize("what", ["--site", "--rules"])
def test_a_profile_or_pack_that_is_not_there(tmp_path: Path, capture: Path, what: str) -> None:
    refused(
        run("analyze", "--no-dissect", capture, what, tmp_path / "none.yaml", "--out", tmp_path / "out"), 2, "none.yaml"
    )


@pytest.mark.parametrize("site", [[], ["--site", LAB / "site.yaml"]])
def test_an_item_that_nobody_knows_is_named_with_those_that_are_known(
    tmp_path: Path, capture: Path, site: Sequence[str | Path]
) -> None:
    result = run("analyze", "--no-dissect", capture, *site, "--expect", "Power OM", "--out", tmp_path / "out")
    refused(result, 2, "'Power OM'", "Power ON", "Network boot")


@pytest.mark.parametrize("kinds", ["everything", "unexpected,nonsense", "none,blocked"])
def test_kinds_of_findings_that_there_are_none_of(tmp_path: Path, capture: Path, kinds: str) -> None:
    result = run("analyze", "--no-dissect", capture, "--fail-on", kinds, "--out", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "choose from unexpected, blocked, missing, stalled, or none" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [["analyse"], ["flows"], ["analyze"], ["flows", "--bogus", "x"], ["explain", "x"], ["render"], ["rules", "lint"],
     ["site"], ["analyze", "x", "--out"]],
)  # fmt: skip
def test_a_wrong_command_line_is_reported(arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr or result.stderr.startswith("Usage: ")


def test_a_folder_that_is_not_empty_is_not_changed(tmp_path: Path, capture: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("keep me")
    refused(run("analyze", "--no-dissect", capture, "--out", out), 2, "the folder is not empty", "--force")
    assert files(out) == {"mine.txt": b"keep me"}
    assert run("analyze", "--no-dissect", capture, "--out", out, "--force").exit_code == 4
    assert (out / "mine.txt").read_text() == "keep me"
    assert (out / "report.html").is_file()


def test_an_empty_folder_is_taken_and_a_file_is_not(tmp_path: Path, capture: Path) -> None:
    refused(run("analyze", "--no-dissect", capture, "--out", capture), 2, "this is a file")
    refused(run("analyze", "--no-dissect", capture, "--out", capture / "below"), 2, "good.pcap")
    (tmp_path / "out").mkdir()
    assert run("analyze", "--no-dissect", capture, "--out", tmp_path / "out").exit_code == 4


@pytest.mark.parametrize(
    ("kinds", "code"), [("none", 0), ("missing", 0), ("missing, unexpected", 1), ("unexpected,blocked,missing", 1)]
)
def test_findings_of_the_kinds_asked_for_make_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kinds: str, code: int
) -> None:
    monkeypatch.setattr("analyzer.render.everything", lambda *_: iter(()))
    site = ("--site", LAB / "site.yaml")
    result = run(
        "analyze", "--no-dissect", LAB / "dirty_segB.pcap", *site, "--fail-on", kinds, "--out", tmp_path / "out"
    )
    assert (result.exit_code, result.stderr) == (code, "")


def test_a_flow_that_is_not_in_the_report(report: Path) -> None:
    refused(run("explain", report, "f00000000000"), 2, "no flow or finding 'f00000000000'", "flows.csv")


@pytest.mark.parametrize("command", [["render"], ["explain"]])
@pytest.mark.parametrize("what", ["empty", "missing", "file", "other", "broken", "binary"])
def test_a_folder_that_is_no_report(tmp_path: Path, report: Path, command: list[str], what: str) -> None:
    folder = tmp_path / "folder"
    if what != "missing":
        folder.mkdir()
    document = json.loads((report / "report.json").read_text(encoding="utf-8"))
    content = {
        "file": b"", "other": json.dumps(document | {"schema": "dpm-analyzer-report/99"}).encode(),
        "broken": (report / "report.json").read_bytes()[:-100], "binary": b"\xff\xfe",
    }.get(what)  # fmt: skip
    if content is not None:
        (folder / "report.json").write_bytes(content)
    target = [capture_of(report)] if what == "file" else [folder]
    result = run(*command, *target, *(["f0"] if command == ["explain"] else []))
    refused(result, 2, "report.json")
    assert what == "missing" or not [name for name in files(folder) if name != "report.json"]


def capture_of(report: Path) -> Path:
    return report / "flows.csv"


def test_a_format_that_there_is_none_of(report: Path) -> None:
    before = files(report)
    result = run("render", report, "--format", "none")
    assert (result.exit_code, result.stdout) == (2, "")
    assert [each.name for each in FORMATS if f"'{each.name}'" not in result.stderr] == []
    assert files(report) == before


def test_render_makes_the_same_files_again(report: Path) -> None:
    before = files(report)
    for name in (each.name for each in IN_FOLDER):
        result = run("render", report, "--format", name)
        assert result.exit_code == 0
        assert set(result.stdout.splitlines()) <= {str(report / file) for file in before}
    assert files(report) == before


def test_csv_for_excel_is_beside_the_files_of_the_report(report: Path) -> None:
    before = files(report)
    result = run("render", report, "--format", "csv", "--bom")
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 4)
    assert {name: content for name, content in files(report).items() if name in before and name != "SHA256SUMS"} == {
        name: content for name, content in before.items() if name != "SHA256SUMS"
    }
    assert (report / "excel" / "flows.csv").read_bytes() == b"\xef\xbb\xbf" + (report / "flows.csv").read_bytes()


# Streams


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_standard_input_is_a_capture(capture: Path, pack: type[bytes]) -> None:
    done = process("flows", "-")
    stdout, stderr = done.communicate(pack(capture.read_bytes()))
    assert (done.returncode, stderr) == (0, b"")
    table = read_table(io.StringIO(stdout.decode()))
    assert list(table["orig_p"]) == ["20000", "20001", "20002"]
    assert set(table["capture"]) == {"standard input"}


@pytest.mark.parametrize("content", [b"", b"text", b"\xd4\xc3\xb2"])
def test_standard_input_that_is_no_capture(content: bytes) -> None:
    result = CliRunner().invoke(main, ["flows", "-"], input=content)
    refused(result, 3, "-: ")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path, unbuffered: str) -> None:
    """The table is larger than what a pipe holds. With PYTHONUNBUFFERED, too, it ends with 141."""
    asked = [datagram(Ends(orig_p=20_000 + number, resp_p=53), at=START + number) for number in range(3000)]
    (tmp_path / "long.pcap").write_bytes(cap.pcap(asked))
    running = process("flows", tmp_path / "long.pcap", unbuffered=unbuffered)
    assert running.stdout is not None
    assert running.stderr is not None
    assert running.stdout.readline().startswith(b"flow,ts,")
    running.stdout.close()
    assert running.stderr.read() == b""
    running.stderr.close()
    assert running.stdin is not None
    running.stdin.close()
    assert running.wait() == 141


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_short_output_ends_as_usual_also_where_its_reader_takes_one_line(capture: Path, unbuffered: str) -> None:
    """A pipe takes a short table whole, so the reader that leaves later misses nothing that could not be written."""
    running = process("flows", capture, unbuffered=unbuffered)
    assert running.stdout is not None
    assert running.stdout.readline().startswith(b"flow,ts,")
    assert running.wait() == 0
    running.communicate()


@limits
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_takes_only_a_part_is_an_error(tmp_path: Path, unbuffered: str) -> None:
    """The system takes the first part of a table; the rest is not dropped without a word."""
    asked = [datagram(Ends(orig_p=20_000 + number, resp_p=53), at=START + number) for number in range(300)]
    (tmp_path / "long.pcap").write_bytes(cap.pcap(asked))
    with (tmp_path / "table.csv").open("wb") as table:
        running = process(
            "flows", tmp_path / "long.pcap", unbuffered=unbuffered, stdout=table,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
        )  # fmt: skip
        _, stderr = running.communicate()
    assert (tmp_path / "table.csv").stat().st_size == 20_000
    assert (running.returncode, stderr) == (2, b"standard output could not be written: File too large\n")


@signals
@pytest.mark.parametrize("command", ["flows", "analyze"])
@pytest.mark.parametrize("times", [3000, 30_000])
def test_an_interruption_ends_it_and_writes_nothing(tmp_path: Path, command: str, times: int) -> None:
    """It is interrupted while it waits for more: it has taken what a pipe cannot hold, so it is reading - what is long
    in a thread of its own."""
    out = tmp_path / "out"
    running = process(command, "-", *(["--out", str(out)] if command == "analyze" else []), cwd=tmp_path)
    assert running.stdin is not None
    running.stdin.write(cap.pcap(TALK * times))
    running.stdin.flush()
    running.send_signal(signal.SIGINT)
    stdout, stderr = running.communicate()
    assert (running.returncode, stdout, stderr) == (130, b"", b"interrupted; nothing was written\n")
    assert not out.exists()


@limits
def test_a_full_disk_is_a_sentence_and_the_folder_stays_as_it_was(tmp_path: Path, report: Path) -> None:
    """A limit on the size of files replaces a full disk: every file fits except the largest."""
    out = tmp_path / "out"
    out.mkdir()
    for name in ("report.html", "flows.csv"):
        (out / name).write_text("of yesterday")
    largest = max(len(content) for content in files(report).values())
    limit = largest - 1
    running = process(
        "analyze", "--no-dissect", LAB / "dirty_segB.pcap", "--site", LAB / "site.yaml", "--out", out, "--force",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    stdout, stderr = running.communicate()
    assert (running.returncode, stdout) == (2, b"")
    assert stderr.decode() == f"{out}: the report could not be written: File too large\n"
    assert files(out) == {"report.html": b"of yesterday", "flows.csv": b"of yesterday"}


def test_warnings_of_a_damaged_capture_do_not_mix_with_the_table(capture: Path) -> None:
    capture.write_bytes(capture.read_bytes()[:-1])
    result = run("flows", capture)
    assert result.exit_code == 0
    assert len(read_table(io.StringIO(result.stdout))) == 2
    assert result.stderr == "good.pcap: cut short at octet 150, after frame 2: the last 62 octets are no whole record\n"


# Help


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.mark.parametrize("path", [path for path, _ in commands()], ids=" ".join)
def test_every_command_has_help_that_shows_its_options(path: tuple[str, ...]) -> None:
    command = dict(commands())[path]
    for word in ("--help", "-h"):
        result = run(*path, word)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.startswith(f"Usage: main {' '.join(path)}".rstrip())
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert parameter.opts[-1] in result.stdout


@pytest.mark.parametrize("words", [(), ("rules", "show")], ids=["the program", "a command"])
def test_the_package_runs_as_the_command_does(words: tuple[str, ...]) -> None:
    # click's runner prints 80 columns; a process prints two less than the terminal has.
    env = os.environ | {"COLUMNS": "82"}
    command = [sys.executable, "-m", "analyzer", *words, "--help"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == CliRunner().invoke(main, [*words, "--help"], prog_name="dpm-analyzer").stdout
    assert done.stdout.startswith(f"Usage: {' '.join(['dpm-analyzer', *words])} [OPTIONS]")


@pytest.mark.parametrize("words", [["rules", "check"], ["render", "no-such-folder"], ["rules", "lint"]], ids=" ".join)
def test_the_package_ends_as_the_command_does(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "analyzer", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    result = CliRunner().invoke(main, words, prog_name="dpm-analyzer")
    assert (done.returncode, done.stdout, done.stderr) == (result.exit_code, result.stdout, result.stderr)


@pytest.mark.parametrize("path", [path for path, _ in commands() if path], ids=" ".join)
def test_a_command_has_the_name_that_calls_it(path: tuple[str, ...]) -> None:
    assert dict(commands())[path].name == path[-1]


def test_help_waits_for_nothing_heavy() -> None:
    code = "import sys\ntry: from analyzer.cli import main; main(['{}', '--help'])\nfinally: print(*sys.modules)"
    for command in ("analyze", "flows", "rules"):
        done = subprocess.run(
            [sys.executable, "-c", code.format(command)], cwd=ROOT, capture_output=True, text=True, check=True
        )
        loaded = {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}
        assert "analyzer" in loaded
        assert not loaded & HEAVY
