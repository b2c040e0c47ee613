"""A process that is killed at any step of writing: the report is the old one whole, the new one whole, or refused."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer import pipeline
from analyzer.errors import DocumentError
from analyzer.output import write, write_file
from analyzer.render import files_of
from analyzer.report import Report, to_json
from analyzer.report.folder import SUMS
from tests.program import ROOT, run

if not hasattr(os, "fork"):
    pytest.skip("no fork on this system", allow_module_level=True)

LAB = ROOT / "sample_pcaps" / "lab"
STEPS = ("replace", "fsync", "unlink", "mkdir", "rmdir")
"""The functions of os that change what is on the disk."""
FORMATS = ("json", "csv", "md")


def killed_at(step: int, act: Callable[[], object]) -> bool:
    """Run ``act`` in a process that is killed before its step of this number; whether it was."""
    child = os.fork()
    if not child:
        taken = 0

        def counted(real: Callable[..., object]) -> Callable[..., object]:
            def stepping(*given: object, **named: object) -> object:
                nonlocal taken
                if taken == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                taken += 1
                return real(*given, **named)

            return stepping

        for name in STEPS:
            setattr(os, name, counted(getattr(os, name)))
        try:
            act()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return {
        name: pipeline.analyze([LAB / f"{name}_segB.pcap"], site=LAB / "site.yaml", dissect=False)
        for name in ("clean", "dirty")
    }


def files(report: Report) -> dict[str, bytes]:
    return {path: octets for name in FORMATS for path, octets in dict(files_of(name, report)).items()}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("what", ["a new report", "a part again", "a first report"])
def test_a_report_folder_is_old_new_or_refused(tmp_path: Path, reports: dict[str, Report], what: str) -> None:
    old, new = files(reports["clean"]), files(reports["dirty"])
    written = {"a new report": new, "a part again": {"flows.csv": old["flows.csv"]}, "a first report": new}[what]
    refused = whole = step = 0
    while True:
        folder = tmp_path / str(step)
        if what != "a first report":
            write(folder, old.items())
        before = contents(folder) if folder.is_dir() else {}
        was_killed = killed_at(step, lambda folder=folder: write(folder, written.items()))  # type: ignore[misc]
        after = contents(folder) if folder.is_dir() else {}
        document = refusal = ""
        try:
            document = to_json(pipeline.load(folder))
        except DocumentError as error:
            refusal = str(error)
        if refusal:
            assert was_killed
            assert "interrupted" in refusal or not before
            refused += 1
            assert_every_command_refuses(folder)
            write(folder, new.items())
            assert to_json(pipeline.load(folder)) == to_json(reports["dirty"])
        else:
            whole += 1
            expected = before if after == before else {**before, **written}
            assert without_sums(after) == without_sums(expected)
            assert document.encode() == expected["report.json"]
        if not was_killed:
            break
        step += 1
    assert step > 8
    assert refused > 2
    assert whole > 1 or what == "a first report"


def without_sums(files_there: dict[str, bytes]) -> dict[str, bytes]:
    """The files but for the list of checksums, which ``load`` compares."""
    return {name: octets for name, octets in files_there.items() if name != SUMS}


def assert_every_command_refuses(folder: Path) -> None:
    capture = LAB / "dirty_segB.pcap"
    for words in (
        ("explain", folder, "f0"), ("render", folder, "--format", "md"), ("verify", folder, capture),
        ("extract", folder, capture, "--verdict", "unexpected", "-o", folder.parent / "x.pcapng"),
        ("diff", folder, folder),
    ):  # fmt: skip
        result = run(*map(str, words))
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), (words, result.stderr)
    assert not (folder.parent / "x.pcapng").exists()


def test_a_file_is_old_or_new(tmp_path: Path) -> None:
    """What extract, review apply, rules import and rules confirm write."""
    path = tmp_path / "site.yaml"
    seen, step = set(), 0
    while True:
        path.write_bytes(b"old")
        was_killed = killed_at(step, lambda: write_file(path, [b"ne", b"w"], []))
        seen.add(path.read_bytes())
        if not was_killed:
            break
        step += 1
    assert step > 2
    assert seen == {b"old", b"new"}
