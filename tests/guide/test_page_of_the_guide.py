"""The guide's own kind of page as text: its rows equal the built-in table, cell by cell; nothing else is lost."""

import os
from pathlib import Path

import pytest

from analyzer.guide.importing import import_guide
from analyzer.rules import load_table
from analyzer.rules.draft import Draft, DraftRule
from analyzer.rules.model import Rule
from tests.guide.conftest import Reader
from tests.guide.page_like_the_guide import FIRST, LAST

FOLDER = os.environ.get("DPM_ANALYZER_GUIDE_PAGES")
"""A folder with pages of the real guide as text, named by their page (194.txt); they may not be distributed."""


def printed(rule: DraftRule | Rule) -> tuple[object, ...]:
    """What the page prints of a row. The condition for a program (``applies``) is meaning, not print."""
    ends = [
        (end.port, tuple((one.name, one.path, one.os) for one in end.executables), set(end.roles))
        for end in (rule.originator, rule.responder)
    ]
    return rule.id, rule.item, rule.page, rule.footnotes, rule.protocol, rule.printed, *ends


def assert_equal(draft: Draft, ids: list[str]) -> None:
    table = load_table()
    rows = [rule for rule in draft.rules if "text" not in rule.read]
    assert [printed(rule) for rule in rows] == [printed(table.rule(one)) for one in ids]
    assert [rule.in_table for rule in rows] == ids
    applications = [(rule.application, table.rule(rule.id).application) for rule in rows]
    assert all(read in (None, known) for read, known in applications)


FIRST_IDS = [
    "power-on", "shutdown", "boot-dhcp-request", "boot-dhcp-reply", "boot-pxe-68", "boot-pxe-4011", "boot-tftp-request",
    "boot-tftp-reply", "boot-agent",
]  # fmt: skip
LAST_IDS = ["image-builder", "command-line"]


def test_the_first_page(read_text: Reader) -> None:
    draft = read_text(FIRST, pages=[191])
    assert_equal(draft, FIRST_IDS)
    assert not draft.questions
    assert [line.text for line in draft.account.left] == ["Our installation guide", "Appendix A Ports"]


def test_the_last_page(read_text: Reader) -> None:
    draft = read_text(LAST, pages=[194])
    assert_equal(draft, LAST_IDS)
    assert sorted(draft.footnotes) == [1, 3, 7, 8, 9, 10]
    assert draft.footnotes[10].text.endswith("2) Change the number.")
    assert draft.footnotes[8].text.count("\n") == 1
    assert {rule.in_table for rule in draft.rules} == {*LAST_IDS, "existence-check", "multicast", "server-internal"}
    assert not draft.questions


def test_both_pages_as_one_text(read_text: Reader) -> None:
    assert_equal(read_text(f"{FIRST}\f{LAST}", pages=[191, 194]), FIRST_IDS + LAST_IDS)


def test_names_and_programs_of_such_a_text_are_never_called_certain(read_text: Reader) -> None:
    for rule in read_text(LAST, pages=[194]).rules[:2]:
        assert rule.read["item"].sure != "certain"
        assert rule.read["server.executables"].sure != "certain"
        assert rule.read["server.port"].sure == rule.read["direction"].sure == "certain"


@pytest.mark.skipif(not FOLDER, reason="DPM_ANALYZER_GUIDE_PAGES names no folder with pages of the guide")
def test_the_real_page() -> None:
    draft = import_guide(Path(str(FOLDER)) / "194.txt", [194])
    assert_equal(draft, LAST_IDS)
    assert sorted(draft.footnotes) == list(range(1, 11))
    assert {rule.in_table for rule in draft.rules} >= {"existence-check", "multicast", "server-internal"}
    assert len(draft.texts) == 5
