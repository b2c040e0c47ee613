"""The judge of drafts: a wrong value counts as asked for only where a question is open on it."""

import pytest

from analyzer.rules.draft import Draft, Question
from tests.guide.conftest import Reader
from tests.guide.judge import differences
from tests.guide.printed_tables import Flow, MadeTable
from tests.guide.test_property import made
from tests.guide.typeset import values

FLOW = Flow(
    item="Backup",
    protocol="tcp",
    sign=">",
    ports=(9000, 9001),
    target="Edge node",
    programs=(("a.exe",), ("b.exe",)),
    marks=(),
)


@pytest.fixture
def table() -> MadeTable:
    return made([FLOW])


def asking(draft: Draft, field: str) -> Draft:
    """The draft with one question, on this field of its row."""
    question = Question(id="q1", rows=(draft.rules[0].id,), field=field, ask="?")
    return draft.model_copy(update={"questions": (question,)})


@pytest.mark.parametrize(
    ("cell", "wrong", "name", "right", "others"),
    [
        (
            "9000",
            "9009",
            "left port",
            ("server.port", "port-side"),
            ("target.port", "connected.port", "item", "protocol"),
        ),
        ("9001", "9009", "right port", ("target.port", "connected.port"), ("server.port", "item", "direction")),
        ("a.exe", "c.exe", "left programs", ("server.executables",), ("target.executables", "server.port")),
        ("b.exe", "c.exe", "right programs", ("target.executables", "programs-side"), ("server.executables",)),
        ("Edge node", "Node", "target", ("target.name",), ("target.roles", "roles:node", "item")),
        ("Backup", "Restore", "item", ("item",), ("protocol", "target.name")),
    ],
)
def test_only_a_question_on_the_value_counts(
    read_text: Reader,
    table: MadeTable,
    cell: str,
    wrong: str,
    name: str,
    right: tuple[str, ...],
    others: tuple[str, ...],
) -> None:
    draft = read_text(values(table).replace(cell, wrong), "guide.csv")
    for fields, asked in ((right, True), (others, False)):
        for field in fields:
            assert [(one.field, one.asked) for one in differences(asking(draft, field), table)] == [(name, asked)], (
                field
            )
