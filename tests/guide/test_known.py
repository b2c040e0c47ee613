"""Which rows of a draft are rows of the built-in table, and the questions if nearly everything is the same."""

import pytest

from analyzer.guide.answers import answered, resolved, still_open
from analyzer.guide.overlay import OverlayError, overlay
from analyzer.rules.draft import Draft, Question
from tests.guide.conftest import Reader
from tests.guide.page_like_the_guide import LAST

HEAD = """\
| Item | Program | Port No. | Protocol | Direction | Connecting Target | Port No. | Program |
|---|---|---|---|---|---|---|---|
"""
PATH = "\\Program Files\\NEC\\DeploymentManager\\"
CLIENT = "Windows: \\WINDOWS\\system32\\DepAgent.exe<br>Linux: /opt/dpmclient/agent/bin/Depagtd"
SERVER = f"{PATH}apiserv.exe<br>{PATH}schwatch.exe"
SHUTDOWN = f"| Shutdown *2 | {SERVER} | Automatic | TCP | > | Managed machine | 56010 | {CLIENT} |\n"


def draft_of(read_text: Reader, *changes: tuple[str, str]) -> Draft:
    row = SHUTDOWN
    for old, new in changes:
        assert old in row
        row = row.replace(old, new)
    return read_text(HEAD + row, pages=[191])


def asked(draft: Draft) -> Question:
    (question,) = [one for one in draft.questions if one.field.startswith("same:")]
    assert question.field == "same:shutdown"
    assert question.choices == ("yes", "no")
    return question


def test_a_row_that_is_equal_is_in_the_table(read_text: Reader) -> None:
    draft = draft_of(read_text)
    assert [rule.in_table for rule in draft.rules] == ["shutdown"]
    assert not draft.questions


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (("Shutdown", "Shut down machines"), ("item", "'Shut down machines'", "'Shutdown'")),
        (("*2", "*7"), ("footnotes", "*7", "*2")),
        (("*2", ""), ("footnotes", "none", "*2")),
        (("NEC\\DeploymentManager\\apiserv", "X\\apiserv"), ("of the originator", "\\Program Files\\X\\apiserv.exe")),
        (("system32", "SysWOW64"), ("programs of the responder", "\\WINDOWS\\SysWOW64\\DepAgent.exe")),
        (("Depagtd", "depagtd"), ("programs of the responder", "/opt/dpmclient/agent/bin/depagtd")),
        (("/opt/", "/usr/"), ("programs of the responder", "/usr/dpmclient/agent/bin/Depagtd")),
        (("Linux: ", ""), ("programs of the responder", "/opt/dpmclient/agent/bin/Depagtd (linux)")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)  # fmt: skip
def test_a_row_that_differs_is_asked_about(read_text: Reader, change: tuple[str, str], shown: tuple[str, ...]) -> None:
    draft = draft_of(read_text, change)
    assert [rule.in_table for rule in draft.rules] == [None]
    question = asked(draft)
    for text in shown:
        assert text in question.ask
    assert question.id in {one.id for one in still_open(draft)}


def test_every_difference_is_shown(read_text: Reader) -> None:
    ask = asked(draft_of(read_text, ("*2", "*7"), ("system32", "SysWOW64"))).ask
    assert "footnotes" in ask
    assert "programs of the responder" in ask


def test_the_answer_decides_whether_the_row_is_new(read_text: Reader) -> None:
    draft = draft_of(read_text, ("system32", "SysWOW64"))
    question = asked(draft)
    assert not resolved(answered(draft, question.id, "yes"))
    with pytest.raises(OverlayError, match="no overlay is needed"):
        overlay(answered(draft, question.id, "yes"))
    (rule,) = overlay(answered(draft, question.id, "no")).rules
    assert rule.responder.executables[0].path == "\\WINDOWS\\SysWOW64\\DepAgent.exe"
    assert rule.id == "shutdown-own"


def test_the_questions_of_a_row_that_differs_stay(read_text: Reader) -> None:
    """What is read of such a row may be wrong."""
    draft = draft_of(read_text, ("system32", "SysWOW64"), ("Shutdown", "Shutdown TCP 99"))
    assert {"same:shutdown", "item"} <= {one.field for one in still_open(draft)}


def test_another_type_of_icmp_is_asked_about(read_text: Reader) -> None:
    page = read_text(LAST, pages=[194])
    assert "existence-check" in {rule.in_table for rule in page.rules}
    other = read_text(LAST.replace("ICMP ECHO (ping)", "ICMP"), pages=[194])
    (question,) = [one for one in other.questions if one.field == "same:existence-check"]
    assert "ICMP type" in question.ask


def test_a_row_that_is_equal_is_taken_before_one_that_differs(read_text: Reader) -> None:
    draft = read_text(HEAD + SHUTDOWN.replace("system32", "SysWOW64") + SHUTDOWN, pages=[191])
    assert [rule.in_table for rule in draft.rules] == [None, "shutdown"]
    assert not [one for one in draft.questions if one.field.startswith("same:")]
