"""A draft that was changed by hand: each mistake is a sentence with its line, in every command on drafts."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from analyzer.cli import main
from analyzer.errors import RulesError
from analyzer.guide.confirm.session import open_session
from analyzer.guide.writing import draft_text
from analyzer.rules import check
from analyzer.rules.draft import Draft, Question
from tests.guide.conftest import Reader

TABLE = """\
| Item | Program | Port No. | Protocol | Direction | Connecting Target | Port No. | Program |
|---|---|---|---|---|---|---|---|
| Restore | restore.exe | 9000 | UDP | > | Managed machine | 9001 | agent.exe |
"""


@pytest.fixture
def draft(read_text: Reader) -> Draft:
    return read_text(TABLE, pages=[192])


def written(draft: Draft, folder: Path) -> Path:
    path = folder / "draft.yaml"
    path.write_text(draft_text(draft), encoding="utf-8")
    return path


def asking(draft: Draft, **parts: object) -> Draft:
    """The draft with one question, of these parts."""
    question = Question.model_validate({"id": "q1", "rows": ("restore",), "field": "item", "ask": "?"} | parts)
    return draft.model_copy(update={"questions": (question,)})


def command(*words: str) -> Result:
    return CliRunner().invoke(main, ["rules", *words])


def assert_refused(draft: Draft, folder: Path, message: str, line: str) -> None:
    """Every command names the mistake, in the line of the file that has it."""
    path = written(draft, folder)
    with pytest.raises(RulesError, match=message) as refused:
        open_session(path, None, force=False)
    number = refused.value.issues[0].line
    assert line in path.read_text(encoding="utf-8").splitlines()[number - 1]
    assert f"{path}:{number}:" in "".join(str(issue) for issue in check([str(path)]) if issue.severity == "error")
    for words in (["confirm", str(path), "--text"], ["confirm", str(path), "--answer", "q1=1"], ["check", str(path)]):
        done = command(*words)
        assert done.exit_code == 2, done.output
        assert f"{path}:{number}:" in done.output


@pytest.mark.parametrize(
    ("field", "answer", "message"),
    [
        ("page", "abc", "number of a page"),
        ("page", "0", "number of a page"),
        ("casts", "radio", "not one of the choices"),
        ("direction", "up", "not one of the choices"),
        ("protocol", "sctp", "not one of the choices"),
        ("keep", "perhaps", "not one of the choices"),
        ("same:shutdown", "perhaps", "not one of the choices"),
        ("port-side", "left", "not one of the choices"),
        ("server.port", "99999", "write a port"),
        ("target.port", "1-9", "write a port"),
        ("connected.port", "80,,443", "write a port"),
        ("server.roles", "king", "not a list of roles"),
        ("roles:edgenode", "king", "not a list of roles"),
        ("item", "x" * 2001, "at most 2000 characters"),
        ("item", " ", "at most 2000 characters"),
    ],
)
def test_a_stored_answer_that_is_none(draft: Draft, tmp_path: Path, field: str, answer: str, message: str) -> None:
    assert_refused(asking(draft, field=field, answer=answer), tmp_path, message, "answer")


@pytest.mark.parametrize("field", ["footnote:x", "footnote:", "colour", "same:", "roles:", "server.colour", "port", ""])
def test_a_field_that_nobody_asks_for(draft: Draft, tmp_path: Path, field: str) -> None:
    assert_refused(asking(draft, field=field, answer="1"), tmp_path, "no question asks for", "field")


def test_a_question_on_a_row_that_is_not_there(draft: Draft, tmp_path: Path) -> None:
    assert_refused(asking(draft, rows=("restore", "nobody")), tmp_path, "no row is called 'nobody'", "rows")


def test_a_row_of_the_table_that_the_table_does_not_have(draft: Draft, tmp_path: Path) -> None:
    rule = draft.rules[0].model_copy(update={"in_table": "nobody"})
    assert_refused(draft.model_copy(update={"rules": (rule,)}), tmp_path, "called 'nobody'", "in_table")


def test_two_rows_of_one_id(draft: Draft, tmp_path: Path) -> None:
    assert_refused(draft.model_copy(update={"rules": draft.rules * 2}), tmp_path, "occurs twice", "id: restore")


def test_two_questions_of_one_id(draft: Draft, tmp_path: Path) -> None:
    twice = asking(draft)
    assert_refused(twice.model_copy(update={"questions": twice.questions * 2}), tmp_path, "occurs twice", "id: q1")


def test_an_id_like_that_of_a_copy(draft: Draft, tmp_path: Path) -> None:
    rule = draft.rules[0].model_copy(update={"id": "restore--2"})
    assert_refused(draft.model_copy(update={"rules": (rule,)}), tmp_path, "marks copies", "restore--2")


@pytest.mark.parametrize(
    ("field", "answer"),
    [
        ("page", "7"), ("casts", "multicast"), ("protocol", "tcp and udp"), ("server.port", "80, 443"),
        ("server.port", "any"), ("roles:edgenode", "other, dpm-server"), ("footnote:3", "A text."), ("item", "An item"),
        ("server.executables", "none"), ("target.name", "Somebody"),
    ],
)  # fmt: skip
def test_a_sound_answer_is_taken(draft: Draft, tmp_path: Path, field: str, answer: str) -> None:
    path = written(asking(draft, field=field, answer=answer), tmp_path)
    session = open_session(path, None, force=False)
    assert not session.open()
    assert session.rows()


def test_a_question_without_rows_is_not_open(draft: Draft, tmp_path: Path) -> None:
    session = open_session(written(asking(draft, field="page", rows=()), tmp_path), None, force=False)
    assert not session.open()


@pytest.mark.parametrize(
    ("text", "stored"), [("80,443", "80, 443"), ("5000 to 5002", "5000, 5001, 5002"), ("any", "any"), ("８０", "80")]
)
def test_ports_are_stored_in_one_form(draft: Draft, tmp_path: Path, text: str, stored: str) -> None:
    path = written(draft, tmp_path)
    session = open_session(path, None, force=False)
    session.correct(1, "server.port", text)
    assert [one.answer for one in open_session(path, None, force=False).draft.questions] == [stored]
