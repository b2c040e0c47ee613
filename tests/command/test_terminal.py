"""What the command prints while it works and when it is done, as a shell and a terminal get it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from analyzer import progress
from tests import capfile as cap
from tests.program import ROOT, read_table, run
from tests.systems import terminals

if sys.platform != "win32":
    import pty

LAB = ROOT / "sample_pcaps" / "lab"
SEGMENT = (LAB / "dirty_segB.pcap", "--site", LAB / "site.yaml", "--no-dissect")
START_UP = "from analyzer.cli import main; main()"


@pytest.fixture(autouse=True)
def nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests look at what is printed: drawing the charts takes longer than all the rest."""
    monkeypatch.setattr("analyzer.render.everything", lambda *_: iter((("report.html", b"page"),)))


def test_quiet_says_nothing_and_does_everything(tmp_path: Path) -> None:
    result = run("analyze", *SEGMENT, "--out", tmp_path / "out", "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "")
    assert (tmp_path / "out" / "report.html").is_file()


def test_quiet_keeps_errors(tmp_path: Path) -> None:
    result = run("analyze", "-q", tmp_path / "none.pcap", "--out", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "no such file" in result.stderr


def test_quiet_flows_are_only_the_table(tmp_path: Path) -> None:
    (tmp_path / "cut.pcap").write_bytes((LAB / "dirty_segB.pcap").read_bytes()[:-1])
    loud, quiet = run("flows", tmp_path / "cut.pcap"), run("flows", "-q", tmp_path / "cut.pcap")
    assert "cut short" in loud.stderr
    assert quiet.stderr == ""
    assert quiet.stdout == loud.stdout


@pytest.mark.parametrize("other", ["--verbose", "--json-lines"])
def test_quiet_excludes_options_that_print(tmp_path: Path, other: str) -> None:
    result = run("analyze", *SEGMENT, "--out", tmp_path / "out", "-q", other)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--quiet" in result.stderr
    assert not (tmp_path / "out").exists()


def test_verbose_shows_every_stage_and_how_much_there_was(tmp_path: Path) -> None:
    plain = run("analyze", *SEGMENT, "--out", tmp_path / "out", "--force")
    result = run("analyze", *SEGMENT, "--out", tmp_path / "out", "--force", "-v")
    assert (result.exit_code, result.stdout) == (1, plain.stdout)
    assert plain.stderr == ""
    lines = result.stderr.splitlines()
    stages = [line.split("  ")[-1].split(" (")[0] for line in lines[:-1]]
    assert [name for name in stages if "compiling" not in name] == ["dirty_segB.pcap", "judging", "writing the report"]
    assert all(re.match(r" *\d+\.\d\d s  ", line) for line in lines[:-1])
    assert re.fullmatch(r"1 capture, \d+ frames, \d+ flows, \d+ findings?", lines[-1])


def test_json_lines_agree_with_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from analyzer.render import files_of  # noqa: PLC0415

    monkeypatch.setattr("analyzer.render.everything", lambda report, *_rest: files_of("csv", report).items())
    result = run("analyze", *SEGMENT, "--out", tmp_path / "out", "--json-lines")
    assert result.exit_code == 1
    first, *findings = (json.loads(line) for line in result.stdout.splitlines())
    flows, table = (read_table(tmp_path / "out" / name) for name in ("flows.csv", "findings.csv"))
    assert first["verdicts"]["unexpected"] == (flows["verdict"] == "unexpected").sum()
    assert first["flows"] == len(flows)
    assert first["report"] == str(tmp_path / "out" / "report.html")
    assert sorted(one["finding"] for one in findings) == sorted(table["finding"])
    assert {one["finding"]: str(one["flows"]) for one in findings} == dict(
        zip(table["finding"], table["flows"], strict=True)
    )


def test_a_pipe_gets_plain_text(tmp_path: Path) -> None:
    result = run("analyze", *SEGMENT, "--out", tmp_path / "out")
    assert "\x1b" not in result.stdout
    *lines, where, command = result.stdout.splitlines()
    assert where == f"Report: {tmp_path / 'out' / 'report.html'}"
    assert command.startswith(f"Next: dpm-analyzer explain {tmp_path / 'out'} ")
    assert max(map(len, lines)) <= 80


def on_a_terminal(arguments: list[str], *, columns: int = 80) -> tuple["subprocess.Popen[bytes]", int]:
    """The command with a terminal for standard error, and the terminal's other end."""
    ours, theirs = pty.openpty()
    env = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": str(columns)}
    running = subprocess.Popen(
        [sys.executable, "-c", START_UP, *arguments],
        env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    return running, ours


def all_of(end: int) -> str:
    """Everything that is written to a terminal until its last writer is gone."""
    parts = []
    while True:
        try:
            part = os.read(end, 65536)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    os.close(end)
    return b"".join(parts).decode()


@terminals
@pytest.mark.parametrize("option", ["", "--quiet"])
def test_a_terminal_gets_a_line_that_goes_away(option: str) -> None:
    running, end = on_a_terminal(["flows", str(LAB / "dirty_segB.pcap"), *filter(None, [option])])
    observed = all_of(end)
    stdout, _ = running.communicate()
    assert running.returncode == 0
    assert stdout.startswith(b"flow,ts,")
    if option:
        assert observed == ""
    else:
        assert "dirty_segB.pcap" in observed
        assert observed.rstrip().endswith("\x1b[2K")
        assert "\x1b[?25h" in observed


@terminals
def test_an_interruption_leaves_the_terminal_as_it_was_and_no_file(tmp_path: Path) -> None:
    """It is interrupted while it waits for more: it has taken what a pipe cannot hold, so it is reading."""
    out = tmp_path / "out"
    running, end = on_a_terminal(["analyze", "-", "--no-dissect", "--out", str(out)])
    assert running.stdin is not None
    with ThreadPoolExecutor(1) as beside:
        describing = beside.submit(all_of, end)
        running.stdin.write(cap.pcap([cap.datagram(cap.Ends(orig_p=20_000, resp_p=53), at=cap.START)] * 9000))
        running.stdin.flush()
        running.send_signal(signal.SIGINT)
        running.stdin.close()
        observed = describing.result(timeout=60)
    assert running.stdout is not None
    running.stdout.close()
    assert running.wait() == 130
    assert observed.rstrip().endswith("interrupted; nothing was written")
    assert not out.exists()


class Bar:
    """Replaces rich's: keeps the last text of the line."""

    def __init__(self) -> None:
        self.shown: dict[str, Any] = {}

    def add_task(self, _text: str, **_fields: object) -> int:
        return 0

    def update(self, _task: int, **fields: object) -> None:
        self.shown |= fields


def line(
    monkeypatch: pytest.MonkeyPatch, sizes: dict[str, int] | None
) -> tuple[progress.ProgressLine, Bar, list[float]]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    bar = Bar()
    return progress.ProgressLine(cast(Any, bar), sizes), bar, now


def test_the_line_shows_rate_and_time_left_over_all_captures(monkeypatch: pytest.MonkeyPatch) -> None:
    observed, bar, now = line(monkeypatch, {"a.pcap": 300 * 10**6, "b.pcap": 700 * 10**6})
    observed.update("a.pcap", 0)
    now[0] += 3
    observed.update("a.pcap", 300 * 10**6)
    assert (bar.shown["completed"], bar.shown["total"]) == (300 * 10**6, 10**9)
    assert (bar.shown["rate"], bar.shown["left"]) == ("300 MB, 100 MB/s", "7 s left")
    observed.update("b.pcap", 0)
    now[0] += 2
    observed.update("b.pcap", 200 * 10**6)
    assert bar.shown["completed"] == 500 * 10**6
    assert bar.shown["left"] == "5 s left"
    observed.update("judging", 0)
    assert (bar.shown["description"], bar.shown["rate"], bar.shown["left"]) == ("judging", "", "")


def test_of_a_pipe_the_line_shows_only_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    observed, bar, now = line(monkeypatch, None)
    observed.update("standard input", 0)
    now[0] += 2
    observed.update("standard input", 50_000_000)
    assert (bar.shown["total"], bar.shown["rate"], bar.shown["left"]) == (None, "50 MB, 25 MB/s", "")


def test_a_name_cannot_speak_to_the_terminal_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    observed, bar, _ = line(monkeypatch, None)
    observed.update("\x1b]0;owned\x07", 5)
    assert "\x1b" not in bar.shown["description"]
    said: list[str] = []
    stages = progress.StageTimes(said.append)
    stages.update("\x1b[31m.pcap", 5)
    stages.end()
    assert "\x1b" not in said[0]


def test_sizes_are_known_of_files_and_not_of_pipes(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(cap.pcap([]))
    assert progress.sizes_of([str(tmp_path)]) == {"a.pcap": 24}
    assert progress.sizes_of([str(tmp_path / "a.pcap"), "-"]) is None
    assert progress.sizes_of([str(tmp_path / "none.pcap")]) is None
