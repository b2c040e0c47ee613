"""Socket tables that are taken now and then, by a clock that may be wrong: no word is stronger than the truth."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.host_evidence import HostEvidence, HostFindings, attribute
from analyzer.host_evidence.model import SECOND
from analyzer.host_evidence.readers.collect import Collector
from analyzer.host_evidence.readers.polls import NOT_CONNECTED, PollLine, Polls, Socket
from tests.host_evidence.made import A1, A2, DPM, RULES, SERVER, START, flow, site, words

RIGHT, WRONG = DPM + "bkressvc.exe", "C:\\Temp\\nc.exe"
APISERV = DPM + "apiserv.exe"


@dataclass(frozen=True)
class Held:
    """A socket of the server with the program that truly has it, and when, in seconds behind START."""

    socket: Socket
    since: float
    until: float


@dataclass(frozen=True)
class Story:
    """Flows with the program that truly had each at the server, and the server's socket tables."""

    flows: list[dict[str, Any]]
    truth: list[str]
    held: list[Held]
    polls: list[float]
    offset: float

    def findings(self, overrides: dict[str, int]) -> HostFindings:
        into = Collector("tables.json", 100_000)
        polls = Polls("file:tables.json", "osquery", into)
        for place, at in enumerate(self.polls):
            lines = [PollLine(one.socket, str(place)) for one in self.held if one.since <= at <= one.until]
            polls.table(START + round((at + self.offset) * SECOND), True, lines)
        polls.close()
        found = HostEvidence(into.attributions(), tuple(into.logs()))
        return attribute(
            pd.DataFrame(self.flows), found, site(hosts={"tables.json": "dpm-server"}), RULES, overrides=overrides
        )


def socket_of(one: dict[str, Any], program: str) -> Socket:
    ends = (one["orig_h"], one["orig_p"]), (one["resp_h"], one["resp_p"])
    mine, other = ends if one["orig_h"] == SERVER else ends[::-1]
    return Socket("tcp", mine, other, "", program, 1 + len(program))


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Boots to one fixed port, whose holder may change once; shutdowns and unrelated connections in bursts."""
    step = draw(st.sampled_from([0.2, 1.0, 5.0, 30.0, 60.0]))
    begin = draw(st.floats(-step, 0))
    polls = [begin + step * number for number in range(int(700 // step) + 1)]
    change = draw(st.sampled_from([0.0, 100.0, 317.0, 1000.0]))
    programs = draw(st.permutations([RIGHT, WRONG]))
    held = [
        Held(Socket("tcp", ("", 56030), NOT_CONNECTED, "", programs[0], 500), -1000, change),
        Held(Socket("tcp", ("", 56030), NOT_CONNECTED, "", programs[1], 501), change, 2000),
    ]
    flows: list[dict[str, Any]] = []
    truth: list[str] = []
    burst = draw(st.sampled_from([0.0, 40.0, 300.0]))
    for number in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(["agent", "agent2", "shutdown", "other", "other", "other"]))
        lasts = draw(st.sampled_from([0.05, 1.0, 20.0, 90.0]))
        at = burst + draw(st.floats(0, 2)) if kind == "other" else draw(st.floats(1, 600))
        one = {
            "agent": flow("boot-agent", (A1, 56030), (SERVER, 56030), at, lasts=lasts),
            "agent2": flow("boot-agent", (A2, 56030), (SERVER, 56030), at, lasts=lasts),
            "shutdown": flow("shutdown", (SERVER, 50000 + number), (A1, 56010), at, lasts=lasts),
            "other": flow("", (SERVER, 51000 + number), (A1, 445), at, lasts=lasts),
        }[kind]
        program = programs[at > change] if kind.startswith("agent") else draw(st.sampled_from([APISERV, WRONG]))
        if any(clash(one, other) for other in flows):
            continue
        flows.append(one)
        truth.append(program)
        held.append(Held(socket_of(one, program), at, at + lasts))
    return Story(flows, truth, held, polls, draw(st.sampled_from([0.0, 0.0, 0.4, -3600.0, 32400.0])))


def clash(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two flows would be one connection: the same ends at the same time."""
    same = all(one[name] == other[name] for name in ("orig_h", "orig_p", "resp_h", "resp_p"))
    return same and one["ts"] <= other["end"] + 2 * SECOND and other["ts"] <= one["end"] + 2 * SECOND


@given(stories(), st.booleans())
@settings(deadline=None, max_examples=300)
def test_no_word_is_stronger_than_the_truth(story: Story, override: bool) -> None:
    if not story.flows:
        return
    given_offset = {"tables.json": round(story.offset * SECOND)} if override else {}
    result = story.findings(given_offset)
    for one, program, word in zip(story.flows, story.truth, words(result), strict=True):
        right = APISERV if one["rule"] == "shutdown" else RIGHT
        assert word != "confirmed" or program == right
        assert word != "contradicted" or program != right


def polled(step: float, *boots_at: tuple[float, float]) -> Story:
    """Three connections begin at once, and two boots, the second of them of another program. ``boots_at``: when each
    begins and how long it lasts."""
    near = [flow("", (SERVER, 51000 + place), (A1, 445), 1 + place / 10, lasts=90) for place in range(3)]
    boots = [flow("boot-agent", (A1, 56030), (SERVER, 56030), at, lasts=lasts) for at, lasts in boots_at]
    flows, truth = [*near, *boots], [APISERV] * 3 + [RIGHT, WRONG]
    held = [
        Held(socket_of(one, program), (one["ts"] - START) / SECOND, (one["end"] - START) / SECOND)
        for one, program in zip(flows, truth, strict=True)
    ]
    return Story(flows, truth, held, [number * step for number in range(1 + max(10, int(60 / step)))], 0)


@pytest.mark.parametrize("step", [5, 9, 30, 300])
def test_tables_that_are_taken_seldom_do_not_move_a_record_to_another_flow(step: float) -> None:
    """The first boot is between two tables; the table after it shows the second boot alone."""
    story = polled(step, (step + 1, 0.5), (2 * step - 1, 5))
    assert words(story.findings({}))[3] != "contradicted"
    assert words(story.findings({"tables.json": 0}))[4] == "contradicted"


def test_tables_that_are_taken_often_measure_the_clock() -> None:
    result = polled(0.5, (20, 5), (40, 5)).findings({})
    (clock,) = result.clocks
    assert (clock.basis, clock.coarse) == ("anchors", SECOND // 2)
    assert abs(clock.offset) <= SECOND // 2
    assert words(result)[3:] == ["confirmed", "contradicted"]


def test_tables_that_are_taken_too_seldom_measure_no_clock() -> None:
    (clock,) = polled(11, (20, 5), (40, 5)).findings({}).clocks
    assert clock.basis == "too-few-anchors"
