"""Every word of the tables has one meaning, in one place."""

from enum import StrEnum

import pytest

from analyzer import glossary, palette
from analyzer.values import (
    STAGES,
    STOPPED,
    Answer,
    Basis,
    BootStatus,
    Cast,
    EvidenceWord,
    Outcome,
    Reason,
    Role,
    Status,
    Verdict,
)

BLOCKED = {Reason(outcome) for outcome in STOPPED}


@pytest.mark.parametrize(
    ("meanings", "words"),
    [
        (glossary.ANSWERS, set(Answer)),
        (glossary.VERDICTS, set(Verdict)),
        (glossary.REASONS, set(Reason) - BLOCKED),
        (glossary.OUTCOMES, set(Outcome)),
        (glossary.CAUSES, set(STOPPED)),
        (glossary.EVIDENCE, set(EvidenceWord)),
        (glossary.STATUSES, set(Status)),
        (glossary.BOOT_STATUSES, set(BootStatus)),
        (glossary.BOOT_STAGES, set(STAGES)),
        (glossary.ROLES, set(Role)),
        (glossary.CASTS, set(Cast)),
        (glossary.BASES, set(Basis)),
    ],
    ids=[
        "answers",
        "verdicts",
        "reasons",
        "outcomes",
        "causes",
        "evidence",
        "statuses",
        "boots",
        "stages",
        "roles",
        "casts",
        "bases",
    ],
)
def test_a_list_has_every_word_and_each_its_own_meaning(meanings: dict[StrEnum, str], words: set[str]) -> None:
    assert set(meanings) == words
    assert len(set(meanings.values())) == len(words)


def test_every_list_but_the_short_causes_is_in_the_documentation() -> None:
    lists = {name: value for name, value in vars(glossary).items() if name.isupper() and isinstance(value, dict)}
    listed = [words.meanings for words in glossary.WORDS]
    assert [name for name, value in lists.items() if value not in listed] == ["CAUSES"]


def test_the_marks_have_the_meanings_of_the_glossary() -> None:
    for marks, meanings in (
        (palette.VERDICTS, glossary.VERDICTS),
        (palette.STATUSES, glossary.STATUSES),
        (palette.BOOTS, glossary.BOOT_STATUSES),
    ):
        assert {mark.word: mark.meaning for mark in marks} == meanings
