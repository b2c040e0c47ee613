"""What an answer does to the rows of a draft, and what happens to a row that the built-in table has."""

import pytest

from analyzer.guide.answers import answered, corrected, resolved, still_open
from analyzer.guide.overlay import OverlayError, overlay
from analyzer.rules import load_table
from analyzer.rules.draft import Draft, DraftRule
from analyzer.rules.model import Rule
from tests.guide.conftest import Reader
from tests.guide.page_like_the_guide import FIRST, LAST

NEW_ROW = """\
| Item | Program | Port No. | Protocol | Direction | Connecting Target | Port No. | Program |
|---|---|---|---|---|---|---|---|
| Restore | restore.exe | 9000 | UDP | > | Managed machine | 9001 | agent.exe |
"""


@pytest.fixture
def page(read_text: Reader) -> Draft:
    """A page with rows that the built-in table has, and no other."""
    return read_text(FIRST, pages=[191])


@pytest.fixture
def draft(read_text: Reader) -> Draft:
    return read_text(NEW_ROW, pages=[192])


def row_of(draft: Draft, name: str) -> DraftRule:
    return next(rule for rule in resolved(draft) if rule.id == name)


def test_rows_of_the_table_need_no_overlay(page: Draft) -> None:
    with pytest.raises(OverlayError, match="no overlay is needed"):
        overlay(page)


@pytest.mark.parametrize(
    ("field", "text", "changed"),
    [
        ("target.port", "5562", {"responder.port": 5562}),
        ("server.port", "5563", {"originator.port": 5563}),
        ("target.executables", "wake.exe", {"responder.executables": ("wake.exe",)}),
        ("target.roles", "other", {"responder.roles": ("other",)}),
        ("item", "Wake up", {"item": "Wake up"}),
        ("casts", "limited broadcast", {"casts": ("limited-broadcast",), "addressing": None}),
    ],
)
def test_a_corrected_row_takes_the_place_of_the_row_of_the_table(
    page: Draft, field: str, text: str, changed: dict[str, object]
) -> None:
    draft = corrected(page, 1, field, text)
    assert row_of(draft, "power-on").in_table is None
    (rule,) = overlay(draft).rules
    assert rule.id == "power-on"
    before, now = content(load_table().rule("power-on")), content(rule)
    assert {name: value for name, value in now.items() if before[name] != value} == changed


def content(rule: Rule) -> dict[str, object]:
    """The row by its fields, those of the two ends opened."""
    found: dict[str, object] = {name: getattr(rule, name) for name in Rule.model_fields}
    for name in ("originator", "responder"):
        side = getattr(rule, name)
        del found[name]
        found |= {f"{name}.roles": tuple(role.value for role in side.roles), f"{name}.port": side.port}
        found[f"{name}.executables"] = tuple(one.name for one in side.executables)
    return found | {"casts": tuple(cast.value for cast in rule.casts)}


def test_what_only_the_table_knows_of_a_row_stays_when_the_row_is_corrected(page: Draft) -> None:
    row = next(rule.row for rule in page.rules if rule.in_table == "boot-tftp-request")
    (rule,) = overlay(corrected(page, row, "server.port", "1069")).rules
    known = load_table().rule("boot-tftp-request")
    assert rule.responder.port == 1069
    assert (rule.stage, rule.transfer, rule.demands) == (known.stage, known.transfer, known.demands)


def test_two_ports_for_a_row_of_the_table_are_two_rows(page: Draft) -> None:
    rules = overlay(corrected(page, 1, "target.port", "5561, 5562")).rules
    assert [(rule.id, rule.responder.port) for rule in rules] == [("power-on-2", 5562)]


def test_another_page_makes_no_new_row(page: Draft) -> None:
    moved = corrected(page, 1, "page", "7")
    assert row_of(moved, "power-on").in_table == "power-on"
    with pytest.raises(OverlayError, match="no overlay is needed"):
        overlay(moved)


def test_the_corrected_row_of_a_sentence_is_in_the_overlay(read_text: Reader) -> None:
    page = read_text(LAST, pages=[194])
    row = next(rule.row for rule in page.rules if rule.in_table == "multicast")
    (rule,) = overlay(corrected(page, row, "target.roles", "other")).rules
    assert rule.id == "multicast"
    assert [cast.value for cast in rule.casts] == ["multicast"]


def test_the_last_answer_on_whether_a_row_is_kept_counts(draft: Draft) -> None:
    without = corrected(draft, 1, "keep", "no")
    assert not resolved(without)
    kept = corrected(without, 1, "keep", "yes")
    assert [rule.id for rule in resolved(kept)] == ["restore"]
    assert not resolved(corrected(kept, 1, "keep", "no"))


def test_an_emptied_correction_is_gone(draft: Draft) -> None:
    changed = corrected(corrected(draft, 1, "target.port", "7"), 1, "item", "Another")
    back = answered(changed, "c1", " ")
    assert [one.id for one in back.questions] == ["c2"]
    assert not still_open(back)
    assert row_of(back, "restore").responder.port == 9001
    assert answered(back, "c2", "") == draft
    assert [rule.item for rule in overlay(back).rules] == ["Another"]


def test_a_correction_gets_an_id_that_no_other_has(draft: Draft) -> None:
    changed = corrected(corrected(draft, 1, "target.port", "7"), 1, "item", "Another")
    more = corrected(answered(changed, "c1", ""), 1, "page", "3")
    assert [one.id for one in more.questions] == ["c2", "c3"]
