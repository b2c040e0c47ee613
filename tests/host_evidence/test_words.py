"""From what each record says to one word."""

import pytest

from analyzer.host_evidence.model import Word
from analyzer.host_evidence.paths import Match
from analyzer.host_evidence.words import Said, Timing, word_of_end, word_of_flow


def said(match: Match, kind: str = "security-5156", timing: Timing = Timing.FITS, **keys: bool) -> Said:
    return Said(0, kind, kind, match, timing, keys.pop("other_path", False), **keys)


@pytest.mark.parametrize(
    ("sayings", "word"),
    [
        ([said(Match.PATH)], Word.CONFIRMED),
        ([said(Match.PATH), said(Match.OTHER)], Word.UNPROVEN),
        # Even what contradicts nothing keeps a program from being confirmed.
        ([said(Match.PATH), said(Match.OTHER, "comment-etl2pcapng")], Word.UNPROVEN),
        ([said(Match.PATH), said(Match.UNKNOWN, "sysmon-3")], Word.CONFIRMED),
        ([said(Match.PATH), said(Match.NAME, "ss")], Word.CONFIRMED),
        ([said(Match.PATH), said(Match.NAME, "sysmon-3", other_path=True)], Word.CONSISTENT),
        ([said(Match.PATH, "ss")], Word.CONSISTENT),
        ([said(Match.PATH, listener=True)], Word.CONSISTENT),
        ([said(Match.PATH, doubtful=True)], Word.UNPROVEN),
        ([said(Match.OTHER, doubtful=True)], Word.UNPROVEN),
        ([said(Match.OTHER), said(Match.OTHER, "sysmon-3", doubtful=True)], Word.UNPROVEN),
        ([said(Match.PATH, timing=Timing.UNKNOWN)], Word.UNPROVEN),
        ([said(Match.OTHER, timing=Timing.UNKNOWN)], Word.UNPROVEN),
        ([said(Match.OTHER, timing=Timing.ANOTHER, listener=True)], Word.UNPROVEN),
        # A record whose time fits counts before one whose time is not known.
        ([said(Match.OTHER), said(Match.PATH, timing=Timing.UNKNOWN)], Word.CONTRADICTED),
        ([said(Match.STAND_IN)], Word.CONSISTENT),
    ],
)
def test_the_word_of_an_end(sayings: list[Said], word: Word) -> None:
    assert word_of_end(sayings) is word
    assert word_of_end(list(reversed(sayings))) is word


@pytest.mark.parametrize(
    ("ends", "word"),
    [
        ([Word.CONFIRMED, Word.CONTRADICTED], Word.CONTRADICTED),
        ([Word.CONFIRMED, Word.UNPROVEN], Word.UNPROVEN),
        ([Word.CONFIRMED, Word.CONSISTENT], Word.CONSISTENT),
        ([Word.CONFIRMED, Word.NOT_OBSERVABLE], Word.CONFIRMED),
        ([Word.DECLARED, Word.NOT_OBSERVABLE], Word.DECLARED),
        ([Word.NOT_OBSERVABLE], Word.NOT_OBSERVABLE),
    ],
)
def test_the_word_of_a_flow(ends: list[Word], word: Word) -> None:
    assert word_of_flow(ends) is word
