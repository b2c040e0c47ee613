"""For any story: nothing false is confirmed, and nothing is contradicted because of a clock."""

from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.host_evidence.model import SECOND, Attribution
from tests.host_evidence.made import A1, A2, DPM, SERVER, evidence, flow, found, record, site, words

RIGHT, WRONG, ELSEWHERE = DPM + "bkressvc.exe", "C:\\Temp\\nc.exe", "C:\\Temp\\bkressvc.exe"
APISERV = DPM + "apiserv.exe"


@dataclass(frozen=True)
class Story:
    """Flows with the program that truly had each, and the log of a host whose clock is off by ``offset`` seconds."""

    flows: list[dict[str, Any]]
    truth: list[str]
    log: list[Attribution]
    offset: float


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Boots of two machines to one fixed port, shutdowns with ephemeral ports, unrelated connections. Each flow's
    record may be missing, and there are records of connections outside the capture with the same tuples."""
    offset = draw(st.sampled_from([0.0, 0.4, -3600.0, 9 * 3600.0, 68400.0, 12.0]))
    drift = draw(st.sampled_from([0.0, 0.0, 1e-4]))
    flows, truth, log = [], [], []
    for number in range(draw(st.integers(0, 8))):
        at = draw(st.floats(0, 600))
        kind = draw(st.sampled_from(["agent", "agent2", "shutdown", "other"]))
        one = {
            "agent": flow("boot-agent", (A1, 56030), (SERVER, 56030), at),
            "agent2": flow("boot-agent", (A2, 56030), (SERVER, 56030), at),
            "shutdown": flow("shutdown", (SERVER, 50000 + number), (A1, 56010), at),
            "other": flow("", (SERVER, 51000 + number), (A1, 445), at),
        }[kind]
        right = APISERV if kind == "shutdown" else RIGHT
        program = draw(st.sampled_from([right, right, WRONG, ELSEWHERE]))
        flows.append(one)
        truth.append(program)
        if draw(st.sampled_from([True, True, False])):
            log.append(of_server(one, program))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.floats(-90_000, 90_000))
        stale = flow("", (draw(st.sampled_from([A1, A2])), 56030), (SERVER, 56030), at)
        if all(abs(stale["ts"] - one["ts"]) > 30 * SECOND for one in flows):
            log.append(of_server(stale, draw(st.sampled_from([RIGHT, WRONG]))))
    moved = []
    for row in log if flows else []:
        passed = (row.since - flows[0]["ts"]) / SECOND
        when = row.since + round((offset + drift * passed) * SECOND)
        moved.append(row._replace(since=when, until=when))
    return Story(flows, truth, moved, offset)


def of_server(one: dict[str, Any], program: str) -> Attribution:
    return record(one, program, local="a" if one["orig_h"] == SERVER else "b")


@given(stories(), st.booleans())
@settings(deadline=None, max_examples=400)
def test_no_word_is_stronger_than_the_truth(story: Story, override: bool) -> None:
    if not story.flows:
        return
    given_offsets = {"DPM01": round(story.offset * SECOND)} if override else {}
    result = found(story.flows, story.log, overrides=given_offsets, pad=100_000)
    for one, program, word in zip(story.flows, story.truth, words(result), strict=True):
        right = APISERV if one["rule"] == "shutdown" else RIGHT
        if word == "confirmed":
            assert program == right
        if word == "contradicted":
            assert program.rpartition("\\")[2] != right.rpartition("\\")[2]


@given(stories(), st.sampled_from([3600, -3600, 9 * 3600, 50, -50, 86400]))
@settings(deadline=None, max_examples=200)
def test_a_wrong_override_contradicts_nothing_that_is_right(story: Story, off: int) -> None:
    """The user gives a wrong clock: then records do not fit, unless a tuple recurs with exactly that offset."""
    recurring = {one["orig_p"] for one in story.flows} & {56030}
    if not story.flows or recurring:
        return
    result = found(story.flows, story.log, overrides={"DPM01": round((story.offset + off) * SECOND)}, pad=200_000)
    assert not {"confirmed", "contradicted"} & set(words(result))


def test_stories_do_reach_both_words() -> None:
    """The test above can fail: its stories have flows that are confirmed and flows that are contradicted."""
    near = [flow("", (SERVER, 51000 + place), (A1, 445), place) for place in range(3)]
    flows = [
        *near,
        flow("boot-agent", (A1, 56030), (SERVER, 56030), 30),
        flow("boot-agent", (A2, 56030), (SERVER, 56030), 60),
    ]
    log = [of_server(one, program) for one, program in zip(flows, [WRONG] * 3 + [RIGHT, WRONG], strict=True)]
    assert words(found(flows, log))[-2:] == ["confirmed", "contradicted"]
    assert len(evidence(log).attributions) == 5
    assert site().name == "made"
