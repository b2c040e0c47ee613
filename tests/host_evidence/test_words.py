"""The word of a flow that follows from its records."""

from typing import Any

import pytest

from analyzer.host_evidence.paths import Match
from analyzer.host_evidence.words import Said, Timing, word_of_end, word_of_flow
from analyzer.values import EvidenceWord


def said(match: Match, kind: str = "security-5156", timing: Timing = Timing.FITS, **keys: Any) -> Said:
    return Said(0, kind, kind, match, timing, keys.pop("other_path", False), **keys)


@pytest.mark.parametrize(
    ("sayings", "word"),
    [
        ([said(Match.PATH)], EvidenceWord.CONFIRMED),
        ([said(Match.PATH), said(Match.OTHER)], EvidenceWord.UNPROVEN),
        # Even what contradicts nothing keeps a program from being confirmed.
        ([said(Match.PATH), said(Match.OTHER, "comment-etl2pcapng")], EvidenceWord.UNPROVEN),
        ([said(Match.PATH), said(Match.UNKNOWN, "sysmon-3")], EvidenceWord.CONFIRMED),
        ([said(Match.PATH), said(Match.NAME, "ss")], EvidenceWord.CONFIRMED),
        ([said(Match.PATH), said(Match.NAME, "sysmon-3", other_path=True)], EvidenceWord.CONSISTENT),
        ([said(Match.PATH, "ss")], EvidenceWord.CONSISTENT),
        ([said(Match.PATH, listener=True)], EvidenceWord.CONSISTENT),
        ([said(Match.PATH, doubtful=True)], EvidenceWord.UNPROVEN),
        ([said(Match.OTHER, doubtful=True)], EvidenceWord.UNPROVEN),
        ([said(Match.OTHER), said(Match.OTHER, "sysmon-3", doubtful=True)], EvidenceWord.UNPROVEN),
        ([said(Match.PATH, timing=Timing.UNKNOWN)], EvidenceWord.UNPROVEN),
        ([said(Match.OTHER, timing=Timing.UNKNOWN)], EvidenceWord.UNPROVEN),
        ([said(Match.OTHER, timing=Timing.ANOTHER, listener=True)], EvidenceWord.UNPROVEN),
        # A record whose time fits counts before one whose time is not known.
        ([said(Match.OTHER), said(Match.PATH, timing=Timing.UNKNOWN)], EvidenceWord.CONTRADICTED),
        ([said(Match.STAND_IN)], EvidenceWord.CONSISTENT),
    ],
)
def test_the_word_of_an_end(sayings: list[Said], word: EvidenceWord) -> None:
    assert word_of_end(sayings) is word
    assert word_of_end(list(reversed(sayings))) is word


@pytest.mark.parametrize(
    ("ends", "word"),
    [
        ([EvidenceWord.CONFIRMED, EvidenceWord.CONTRADICTED], EvidenceWord.CONTRADICTED),
        ([EvidenceWord.CONFIRMED, EvidenceWord.UNPROVEN], EvidenceWord.UNPROVEN),
        ([EvidenceWord.CONFIRMED, EvidenceWord.CONSISTENT], EvidenceWord.CONSISTENT),
        ([EvidenceWord.CONFIRMED, EvidenceWord.NOT_OBSERVABLE], EvidenceWord.CONFIRMED),
        ([EvidenceWord.DECLARED, EvidenceWord.NOT_OBSERVABLE], EvidenceWord.DECLARED),
        ([EvidenceWord.NOT_OBSERVABLE], EvidenceWord.NOT_OBSERVABLE),
    ],
)
def test_the_word_of_a_flow(ends: list[EvidenceWord], word: EvidenceWord) -> None:
    assert word_of_flow(ends) is word
