"""``verify``: a true report has no difference to its captures; a forged one has, even if its parts agree."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from analyzer import pipeline
from analyzer.report import to_json
from analyzer.report.consistency import contradictions
from analyzer.report.folder import SUMS
from analyzer.rules import table_from_packs
from tests.program import ROOT, run
from tests.systems import make_fifo, make_link

SAMPLES = ROOT / "sample_pcaps"
LAB, MADE = SAMPLES / "lab", SAMPLES / "made"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts and Parquet are left out: they take longer than all the rest."""
    from analyzer.render import files_of  # noqa: PLC0415

    names = ("md", "json", "csv")
    monkeypatch.setattr(
        "analyzer.render.everything",
        lambda report, *_rest: [file for name in names for file in files_of(name, report).items()],
    )


REPORTS: dict[str, list[str | Path]] = {
    "with a profile": [*sorted(LAB.glob("dirty_*.pcap")), "--site", LAB / "site.yaml"],
    "with inferred roles": [LAB / "dirty_segA.pcap", LAB / "dirty_segB.pcap", "--expect", "Network boot"],
    "with waivers": [MADE / "waivers.pcap", "--site", MADE / "site_waivers.yaml", "--no-dissect"],
    "of rotated files": [*sorted(MADE.glob("rotated_*.pcap")), "--site", MADE / "site.yaml"],
    "of few flows": [LAB / "dirty_server.pcap", "--max-flows", "5", "--outer", "--resync"],
    "of few dissected frames": [LAB / "dirty_server.pcap", "--dissect-frames", "3"],
    "with another pack": [LAB / "dirty_server.pcap", "--rules", "oem-hitachi"],
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", REPORTS)
def test_an_honest_report_is_what_its_captures_give(tmp_path: Path, name: str) -> None:
    run("analyze", *REPORTS[name], "--out", tmp_path / "report", "-q")
    result = run("verify", tmp_path / "report", SAMPLES)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "the report is what its captures give" in result.stderr


@pytest.mark.usefixtures("quick")
def test_captures_with_other_names_and_left_out_files(tmp_path: Path) -> None:
    captures, moved = tmp_path / "captures", tmp_path / "moved"
    captures.mkdir()
    for path in sorted(LAB.glob("dirty_seg*.pcap")):
        shutil.copy(path, captures)
    (captures / "empty.pcap").write_bytes((LAB / "dirty_segA.pcap").read_bytes()[:24])
    (captures / "none.pcap").write_bytes(b"no capture")
    run("analyze", captures, "--site", LAB / "site.yaml", "--out", tmp_path / "report", "-q")
    moved.mkdir()
    for number, path in enumerate(sorted(captures.iterdir(), reverse=True)):
        path.rename(moved / f"{number}.bin")
    assert run("verify", tmp_path / "report", moved).exit_code == 0
    missing = run("verify", tmp_path / "report", LAB / "clean_server.pcap")
    assert missing.exit_code == 3
    assert "dirty_segA.pcap" in missing.stderr


def resave(folder: Path, change: Callable[[Any], None]) -> None:
    """Change report.json, and its checksum as a forger would."""
    path = folder / "report.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document, sort_keys=True, separators=(",", ":")) + "\n")
    refresh(folder)


def refresh(folder: Path) -> None:
    names = [line.partition("  ")[2] for line in (folder / SUMS).read_text().splitlines()]
    lines = [f"{sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines))


def hide_note(document: Any) -> None:
    del document["meta"]["notes"][0]


def other_time(document: Any) -> None:
    flows = document["flows"]
    place = flows["verdict"].index("expected")
    flows["ts"][place] = "2026-01-01T00:00:00.000000Z"


def other_frame(document: Any) -> None:
    flows = document["flows"]
    flows["first_frame"][flows["verdict"].index("expected")] += 1


def other_machine(document: Any) -> None:
    document["boots"]["client_ip"][0] = "192.168.0.99"


FORGERIES: dict[str, tuple[Callable[[Any], None], str]] = {
    "a note is removed": (hide_note, "meta.notes"),
    "a flow has another time": (other_time, ".ts: the report has"),
    "a flow has another first frame": (other_frame, ".first_frame: the report has"),
    "a boot has another address": (other_machine, "boots "),
    "an observation is added": (
        lambda document: document["meta"]["observations"].setdefault(document["flows"]["flow"][0], {}).update(x="y"),
        "meta.observations.",
    ),
}
"""Changes that the document alone does not show."""


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("honest") / "report"
    captures = sorted(LAB.glob("dirty_*.pcap"))
    run("analyze", *captures, "--site", LAB / "site.yaml", "--no-dissect", "--out", folder, "-q")
    return folder


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_report_is_found_out(tmp_path: Path, honest: Path, name: str) -> None:
    folder = tmp_path / "report"
    shutil.copytree(honest, folder)
    change, place = FORGERIES[name]
    resave(folder, change)
    report = pipeline.load(folder)
    assert list(contradictions(report, table_from_packs(report.meta.packs))) == []
    result = run("verify", folder, LAB)
    assert result.exit_code == 1
    assert place in result.stdout
    assert "difference" in result.stderr
    assert run("verify", folder, LAB, "-q").stdout == ""


@pytest.mark.parametrize(
    ("name", "content"),
    [("report.html", b"<p>All is well.</p>"), ("findings.csv", b"finding\n"), ("charts/verdicts.svg", b"<svg/>")],
)
@pytest.mark.parametrize("listed", [True, False], ids=["with its checksum", "without"])
def test_a_changed_file_is_found_out(tmp_path: Path, honest: Path, name: str, content: bytes, listed: bool) -> None:
    folder = tmp_path / "report"
    shutil.copytree(honest, folder)
    (folder / name).write_bytes(content)
    if listed:
        refresh(folder)
    result = run("verify", folder, LAB)
    assert result.exit_code == 1
    digest, made = (sha256(octets).hexdigest() for octets in (content, (honest / name).read_bytes()))
    assert result.stdout == f"{name}: the file has SHA-256 {digest}, report.json gives {made}\n"


def test_a_changed_list_of_checksums_is_found_out(tmp_path: Path, honest: Path) -> None:
    folder = tmp_path / "report"
    shutil.copytree(honest, folder)
    digest = sha256((folder / "report.md").read_bytes()).hexdigest()
    sums = folder / "SHA256SUMS"
    sums.write_text(sums.read_text(encoding="utf-8").replace(digest, "ab" * 32), encoding="utf-8")
    result = run("verify", folder, LAB)
    assert result.exit_code == 1
    assert result.stdout == f"report.md: the file has SHA-256 {digest}, SHA256SUMS lists {'ab' * 32}\n"


def test_a_removed_file_is_found_out(tmp_path: Path, honest: Path) -> None:
    folder = tmp_path / "report"
    shutil.copytree(honest, folder)
    (folder / "report.md").unlink()
    result = run("verify", folder, LAB)
    assert (result.exit_code, result.stdout) == (1, "report.md: the folder does not contain it, SHA256SUMS lists it\n")


@pytest.mark.usefixtures("quick")
def test_a_pack_that_calls_itself_the_built_in_one_is_found_out(tmp_path: Path, honest: Path) -> None:
    folder = tmp_path / "report"
    shutil.copytree(honest, folder)
    resave(folder, lambda document: document["meta"]["rules"][0].update(sha256="ab" * 32))
    result = run("verify", folder, LAB)
    assert result.exit_code == 1
    assert "rule pack dpm: the report has SHA-256 abab" in result.stdout


def test_differences_are_safe_to_show(tmp_path: Path, honest: Path) -> None:
    folder = tmp_path / "report"
    shutil.copytree(honest, folder)
    resave(folder, lambda document: document["meta"]["notes"][0].update(text="\x1b]0;owned\x07\u202e\n"))
    result = run("verify", folder, LAB)
    assert result.exit_code == 1
    assert all(line.isprintable() for line in result.stdout.splitlines())


def test_a_report_of_this_version_is_read_as_it_was_written(honest: Path) -> None:
    assert to_json(pipeline.load(honest)).encode() == (honest / "report.json").read_bytes()


DAMAGED_FILES = ["flows.csv", "flows.parquet", "findings.csv", "rows.csv", "boots.csv", "report.md", "report.sarif"]
CUT: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda octets: octets[: len(octets) // 2],
    "one octet changed": lambda octets: octets[:-9] + bytes([octets[-9] ^ 1]) + octets[-8:],
    "empty": lambda _octets: b"",
}


def folder_of(honest: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "report"
    shutil.copytree(honest, folder)
    return folder


def test_each_damaged_file_is_named(tmp_path: Path, honest: Path) -> None:
    """All of them at once, in one run each: a run takes seconds."""
    charts = [path.relative_to(honest).as_posix() for path in sorted((honest / "charts").iterdir())]
    assert len(charts) > 3
    for name, damage in CUT.items():
        folder = folder_of(honest, tmp_path / name)
        for each in (*DAMAGED_FILES, *charts):
            (folder / each).write_bytes(damage((honest / each).read_bytes()))
        result = run("verify", folder, LAB)
        assert result.exit_code == 1, name
        assert sorted(line.partition(":")[0] for line in result.stdout.splitlines()) == sorted(
            [*DAMAGED_FILES, *charts]
        )


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"\xff\xfe", "it is no text"),
        (b"ab  report.md\n", "line 1 is no checksum"),
        (b"a" * 64 + b"  /etc/hostname\n", "line 1 is no checksum"),
        (b"a" * 64 + b"  ../outside\n", "line 1 is no checksum"),
        (b"a" * 64 + b"  charts/../../outside\n", "line 1 is no checksum"),
        (b"A" * 64 + b"  report.md\n", "line 1 is no checksum"),
        (2 * (b"a" * 64 + b"  notes.txt\n"), "line 2 names a file again"),
        (b"\n" * (1 << 20) + b"\n", "it is larger"),
    ],
)
def test_a_damaged_list_of_checksums_is_named(tmp_path: Path, honest: Path, content: bytes, fault: str) -> None:
    """A list may be a stranger's: it names nothing outside the folder that is read."""
    folder = folder_of(honest, tmp_path)
    (tmp_path / "outside").write_bytes(b"secret")
    (folder / SUMS).write_bytes(content)
    result = run("verify", folder, LAB)
    assert result.exit_code == 1
    assert f"SHA256SUMS: {fault}" in result.stdout
    assert sha256(b"secret").hexdigest() not in result.stdout


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", ["report.md", SUMS])
@pytest.mark.parametrize("kind", ["a pipe", "a link", "a folder"])
def test_what_is_no_file_is_named(tmp_path: Path, honest: Path, name: str, kind: str) -> None:
    folder = folder_of(honest, tmp_path)
    original = (folder / name).rename(tmp_path / "original")
    if kind == "a pipe":
        make_fifo(folder / name)
    elif kind == "a link":
        make_link(folder / name, original)
    else:
        (folder / name).mkdir()
    result = run("verify", folder, LAB)
    assert result.exit_code == 1
    assert f"{name}: " in result.stdout
    assert "no file that can be read" in result.stdout


@pytest.mark.parametrize("kind", ["a pipe", "a folder"])
def test_a_document_that_is_no_file_is_refused(tmp_path: Path, honest: Path, kind: str) -> None:
    folder = folder_of(honest, tmp_path)
    (folder / "report.json").unlink()
    make_fifo(folder / "report.json") if kind == "a pipe" else (folder / "report.json").mkdir()
    result = run("verify", folder, LAB)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no saved report here" in result.stderr


@pytest.mark.usefixtures("quick")
def test_a_file_with_the_name_of_the_built_in_pack_is_not_read(
    tmp_path: Path, honest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_fifo(tmp_path / "dpm")
    monkeypatch.chdir(tmp_path)
    assert run("verify", honest, LAB).exit_code == 0
