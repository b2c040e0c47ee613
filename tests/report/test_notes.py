"""Notes say what the flows of the report say."""

import importlib.util
from pathlib import Path

import pytest

from analyzer import Run, analyze
from analyzer.messages import message
from analyzer.messages.english import sentence
from tests.cases.hosts import M1, SERVER
from tests.packets import SECOND, Wire
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


DAY = 86_400


def clock(times: list[float], folder: Path, suffix: str = ".pcap") -> Run:
    """A capture of pings at these times, in seconds."""
    wire = Wire()
    for time in times:
        wire.now = round(time * SECOND)
        wire.udp(SERVER, 40_000, M1, 40_001, b"x")
    path = folder / f"capture{suffix}"
    (wire.save if suffix == ".pcap" else wire.save_ng)(path)
    return analyze(path, site=CASES / "site.yaml", dissect=False)


@pytest.mark.parametrize("suffix", [".pcap", ".pcapng"])
@pytest.mark.parametrize(
    ("times", "span"),
    [
        ([100, 101, 1_772_442_000], "56.2 years"),
        ([1_772_442_000, 1_772_442_000 + 3 * DAY], "3 days"),
        ([1_772_442_000, 1_772_442_000 + DAY], "1 day"),
        ([1_772_442_000, 1_772_442_000 + DAY - 1], ""),
        ([1_772_442_000, 1_772_442_000 - 3 * DAY], ""),
    ],
)
def test_a_clock_that_jumps_forward_is_a_warning(times: list[float], span: str, suffix: str, tmp_path: Path) -> None:
    found = notes(clock(times, tmp_path, suffix), "note-clock-forward")
    assert [f"go forward by {span} from one frame" in text for text in found] == ([True] if span else [])


def test_frames_without_a_time_make_no_jump(tmp_path: Path) -> None:
    assert notes(clock([0, 0, 1_772_442_000], tmp_path), "note-clock-forward") == []


def test_warnings_come_before_notes(tmp_path: Path) -> None:
    """A reader finds the warnings first."""
    run = analyze(*built("boot_ipv6", tmp_path), site=CASES / "site.yaml", dissect=False)
    levels = [note.level for note in run.report.meta.notes]
    assert set(levels) == {"info", "warning"}
    assert levels == sorted(levels, reverse=True)
