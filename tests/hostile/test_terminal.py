"""Foreign text in errors: no control reaches the terminal, and a line break in a name begins no line of its own."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.program import ROOT, run
from tests.systems import in_a_name, require_name

LAB = ROOT / "sample_pcaps" / "lab"
FORGED = "FORGED all is well"
HOSTILE = {
    "a line feed": f"\n{FORGED}",
    "a carriage return": f"\r{FORGED}",
    "a next line": f"\x85{FORGED}",
    "a line separator": f"\u2028{FORGED}",
    "a title of the window": f"\x1b]0;owned\x07{FORGED}",
    "C1 controls": f"\x9b31m{FORGED}",
    "a bidirectional override": f"\u202e{FORGED}",
}
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))


def assert_safe(result: Result, *codes: int) -> None:
    assert result.exit_code in codes, result.output
    assert FORGED in result.output.replace("\\n", "\n") or codes == (0,)
    for line in result.output.split("\n"):
        assert line.isprintable(), line
        assert not line.startswith(FORGED)


@hostile
def test_names_of_captures(tmp_path: Path, text: str) -> None:
    missing = tmp_path / f"a{text}.pcap"
    for command in (["flows"], ["analyze", "--out", str(tmp_path / "out")], ["site", "infer"]):
        assert_safe(run(*command, missing), 3)
    require_name(text)
    missing.write_bytes(b"no capture")
    assert_safe(run("flows", missing), 3)
    shutil.copy(LAB / "dirty_segA.pcap", missing)
    with missing.open("r+b") as file:
        file.truncate(missing.stat().st_size - 5)
    assert_safe(run("flows", missing, "-v"), 0)


@hostile
def test_names_of_folders_and_files(tmp_path: Path, text: str) -> None:
    folder = tmp_path / f"a{text}"
    for more in (["explain", "f0"], ["extract", "--flow", "f0"], ["verify"], ["render"], ["diff", str(folder)]):
        assert_safe(run(more[0], folder, *more[1:]), 2)
    for option in ("--site", "--rules", "--host"):
        assert_safe(run("analyze", LAB / "dirty_segA.pcap", "--out", tmp_path / "out", option, folder), 2)
    require_name(text)
    folder.write_text("a file")
    assert_safe(run("analyze", LAB / "dirty_segA.pcap", "--out", folder), 2)


@hostile
def test_arguments(tmp_path: Path, text: str) -> None:
    for arguments in (
        (text,),
        ("explain", tmp_path, text, text),
        (f"--{text}",),
        ("flows", "--max-flows", text, "x"),
        ("analyze", "x", "--fail-on", text),
        ("analyze", "x", "--color", text),
        ("render", tmp_path, "--format", text),
        ("analyze", LAB / "dirty_segA.pcap", "--host-clock", text, "--out", tmp_path / "out"),
        ("analyze", LAB / "dirty_segA.pcap", "--expect", text, "--out", tmp_path / "out"),
    ):
        assert_safe(run(*arguments), 2)


@hostile
def test_keys_and_values_of_a_profile(tmp_path: Path, text: str) -> None:
    site = tmp_path / "site.yaml"
    for content in ({text: 1}, {"version": text}, {"segments": [{text: text}]}):
        site.write_text(json.dumps(content))
        assert_safe(run("analyze", LAB / "dirty_segA.pcap", "--site", site, "--out", tmp_path / "out"), 2)


@hostile
def test_keys_of_a_pack(tmp_path: Path, text: str) -> None:
    pack = tmp_path / "pack.yaml"
    pack.write_text(json.dumps({text: 1}))
    assert_safe(run("analyze", LAB / "dirty_segA.pcap", "--rules", pack, "--out", tmp_path / "out"), 2)


@hostile
def test_captures_of_a_report_that_are_missing(tmp_path: Path, text: str) -> None:
    require_name(text)
    captures, out = tmp_path / "captures", tmp_path / "out"
    captures.mkdir()
    shutil.copy(LAB / "dirty_segA.pcap", captures / f"a{text}.pcap")
    assert run("analyze", captures, "--no-dissect", "--out", out, "-q").exit_code == 1
    (tmp_path / "empty").mkdir()
    assert_safe(run("extract", out, tmp_path / "empty", "--verdict", "unexpected", "-o", tmp_path / "x.pcapng"), 3)
    assert_safe(run("verify", out, tmp_path / "empty"), 3)


@hostile
def test_strings_of_a_saved_report(tmp_path: Path, text: str) -> None:
    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: changed(one) for name, one in value.items()}
        return [changed(one) for one in value[:1]] if isinstance(value, list) else text

    (tmp_path / "report.json").write_text(json.dumps(changed({"meta": {"x": [1]}}) | {"schema": text}))
    assert_safe(run("explain", tmp_path, "f0"), 2)


def test_files_that_render_writes(tmp_path: Path) -> None:
    folder = tmp_path / in_a_name(f"a\x1b[31m\x9b31m\n{FORGED}")
    assert run("analyze", LAB / "dirty_segA.pcap", "--no-dissect", "--out", folder, "-q").exit_code == 1
    assert_safe(run("render", folder, "--format", "json"), 0)
