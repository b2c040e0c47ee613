"""A word that is nearly a known one: the error names the known one first."""

from pathlib import Path

import pytest

from analyzer.text import suggestion
from tests.program import run

LAB = Path("sample_pcaps/lab")


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("shutdwn", "did you mean 'shutdown'? "),
        ("SHUTDOWN", "did you mean 'shutdown'? "),
        ("network boot", "did you mean 'Network boot'? "),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_the_nearest_word(word: str, shown: str) -> None:
    assert suggestion(word, {"shutdown", "power-on", "Network boot"}) == shown


def test_commands_name_the_nearest_item_row_and_machine(tmp_path: Path) -> None:
    out, site = tmp_path / "out", LAB / "site.yaml"
    words = ("analyze", "--no-dissect", LAB / "dirty_server.pcap", "--site", site, "--out", out)
    expected = run(*words, "--expect", "Network bot")
    assert (expected.exit_code, "did you mean 'Network boot'?" in expected.stderr) == (2, True)
    run(*words)
    assert "did you mean 'power-on'?" in run("explain", out, "--row", "poweron").stderr
    assert "did you mean 'a1'?" in run("explain", out, "--row", "shutdown", "--machine", "A1").stderr
    export = run("rules", "export", "--site", site, "--to", "bpf", "--row", "shutdwn")
    assert "did you mean 'shutdown'?" in export.stderr
