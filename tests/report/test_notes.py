"""Notes say what the flows of the report say."""

import importlib.util
from pathlib import Path

import pytest

from analyzer import Run, analyze
from analyzer.messages import message
from analyzer.messages.english import sentence
from tests.program import ROOT

CASES = ROOT / "tests" / "cases"


def notes(run: Run, code: str) -> list[str]:
    return [note.text for note in run.report.meta.notes if note.code == code]


def built(case: str, folder: Path) -> list[Path]:
    """The captures of a case."""
    spec = importlib.util.spec_from_file_location(case, CASES / case / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.build(folder)
    return sorted(folder.iterdir())


def test_boots_over_ipv6_out_of_scope_are_not_called_unexpected() -> None:
    run = analyze(CASES / "boot_ipv6_out_of_scope" / "in.pcapng", dissect=False)
    (text,) = notes(run, "note-boots-ipv6")
    assert text.startswith("4 DHCPv6 messages belong to network boots over IPv6.")
    assert "unexpected" not in text


def test_of_boots_over_ipv6_the_unexpected_ones_are_counted(tmp_path: Path) -> None:
    run = analyze(*built("boot_ipv6", tmp_path), site=CASES / "site.yaml", dissect=False)
    (text,) = notes(run, "note-boots-ipv6")
    assert text.startswith("2 DHCPv6 messages")
    assert text.endswith("1 of them is reported as unexpected.")


@pytest.mark.parametrize(
    ("messages", "unexpected", "end"),
    [
        (1, 1, "It is reported as unexpected."),
        (3, 3, "They are reported as unexpected."),
        (3, 2, "2 of them are reported as unexpected."),
        (3, 0, "these boots are not followed."),
    ],
)
def test_the_note_counts(messages: int, unexpected: int, end: str) -> None:
    assert sentence(message("note-boots-ipv6", messages=messages, unexpected=unexpected)).endswith(end)
