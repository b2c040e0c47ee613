"""Clocks that were set to another time while the log was written: each period has its own offset, and where that is not
known nothing is confirmed or contradicted."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.host_evidence import HostFindings, attribute
from analyzer.host_evidence.child import read_here
from analyzer.host_evidence.clock_change import ClockChange
from analyzer.host_evidence.model import PROCESS_COLUMNS, SECOND, Attribution, HostEvidence, Log, Nature, frame
from analyzer.host_evidence.notes import sentence
from analyzer.host_evidence.process import Limits, log_as_data
from analyzer.host_evidence.process import _log as log_of_data
from analyzer.host_evidence.readers.collect import MOST_CHANGES, Collector
from tests.host_evidence.made import RULES, START, codes, evidence, shifted, site, words
from tests.host_evidence.test_processes import PID, event
from tests.host_evidence.test_readers import evtx_shape, nxlog, old_winlogbeat, winlogbeat
from tests.host_evidence.test_wrong_clocks import HOUR, RIGHT, WRONG, boot, near, of_server

CHANGED_AT = 3000
"""Seconds after START at which the clock is set to another time."""


def change(by: int, at: float = CHANGED_AT) -> ClockChange:
    """A clock that was right until then."""
    old = START + round(at * SECOND)
    new = old + by * SECOND
    return ClockChange(min(old, new), max(old, new), by * SECOND, zoned=True)


def with_change(held: HostEvidence, *changes: ClockChange, host: str = "DPM01") -> HostEvidence:
    """The evidence with a System log that shows the changes."""
    log = Log("system.evtx", host, "System", "event time", records=len(changes), changes=changes)
    return replace(held, logs=(*held.logs, log))


def judged(flows: Sequence[dict[str, Any]], held: HostEvidence, **keys: Any) -> HostFindings:
    where = keys.pop("site", None) or site()
    return attribute(pd.DataFrame(list(flows)), held, where, RULES, **keys)


def recorded(flows: Sequence[dict[str, Any]], by: int, names: Sequence[str], **keys: Any) -> list[Attribution]:
    """The log of a server whose clock was changed: it has the first flows; of the last of them it has ``names``."""
    every = [WRONG] * (len(flows) - len(names)) + list(names)
    rows = [of_server(one, name, **keys) for one, name in zip(flows, every, strict=True)]
    late = START + CHANGED_AT * SECOND
    return [shifted([row], by)[0] if row.since >= late else row for row in rows]


def two_boots(before: int, after: int, by: int) -> list[dict[str, Any]]:
    """Connections, a boot, the change, connections, a boot, and a boot that the log does not have: it begins when the
    clock of the host says that the one before does."""
    return [
        *near(before), boot(600), *near(after, CHANGED_AT + 600, 53000), boot(CHANGED_AT + 1200),
        boot(CHANGED_AT + 1200 + by),
    ]  # fmt: skip


@pytest.mark.parametrize("by", [HOUR, 60, -60, 9 * HOUR])
def test_each_period_is_judged_by_its_own_offset(by: int) -> None:
    flows = two_boots(3, 3, by)
    rows = recorded(flows[:-1], by, [RIGHT])
    rows[3] = rows[3]._replace(program="bkressvc.exe", path=RIGHT)
    rows[-1] = rows[-1]._replace(program="nc.exe", path=WRONG)
    result = judged(flows, with_change(evidence(rows, pad=20 * HOUR), change(by)))
    boots = [word for word, one in zip(words(result), flows, strict=True) if one["rule"]]
    assert boots == ["confirmed", "contradicted", "declared"]
    assert "clock-was-changed" in codes(result)


def test_the_times_that_a_clock_has_twice_prove_nothing() -> None:
    """Both boots have the same time by a clock that was set back, and the log has only the second one."""
    flows = two_boots(3, 0, -HOUR)[:-1]
    rows = recorded(flows, -HOUR, [WRONG])
    assert rows[3].since == rows[-1].since
    del rows[3]
    result = judged(flows, with_change(evidence(rows), change(-HOUR)))
    assert {word for word, one in zip(words(result), flows, strict=True) if one["rule"]} == {"unproven"}


@pytest.mark.parametrize("before", [0, 1, 2, 3, 50])
@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("by", [HOUR, -HOUR, 60, -60])
def test_a_period_with_too_few_connections_proves_nothing(before: int, after: int, by: int) -> None:
    """By the offset of the first period, the record of the second boot is that of the third."""
    flows = two_boots(before, after, by)
    for program in (RIGHT, WRONG):
        rows = recorded(flows[:-1], by, [program])
        rows[before] = rows[before]._replace(program="bkressvc.exe", path=RIGHT)
        result = judged(flows, with_change(evidence(rows), change(by)))
        assert not {"confirmed", "contradicted"} & set(words(result)[before + 1 :])
        assert "clock-was-changed" in codes(result)
        if before < 3:
            assert not {"confirmed", "contradicted"} & set(words(result))


@pytest.mark.parametrize("after", [1, 2])
@pytest.mark.parametrize("before", [3, 50])
def test_a_change_that_no_log_shows_is_doubted_where_a_connection_shows_it(before: int, after: int) -> None:
    flows = two_boots(before, after, HOUR)
    rows = recorded(flows[:-1], HOUR, [WRONG])
    result = judged(flows, evidence(rows))
    assert not {"confirmed", "contradicted"} & set(words(result)[before + 1 :])
    assert "clock-in-doubt" in codes(result)


def test_one_connection_between_others_that_disagree_is_chance() -> None:
    flows = [*near(10), boot(600), *near(10, 1200, 53000)]
    rows = [of_server(one, RIGHT if one["rule"] else WRONG) for one in flows]
    rows[5] = shifted(rows[5:6], 2)[0]._replace(since=rows[5].since + HOUR * SECOND)
    rows[5] = rows[5]._replace(since=START + 300 * SECOND)
    result = judged(flows, evidence(rows))
    assert words(result)[10] == "confirmed"
    assert "clock-in-doubt" not in codes(result)


def test_a_change_before_the_log_or_behind_it_divides_nothing() -> None:
    flows = [*near(3), boot(30)]
    rows = [of_server(one, RIGHT if one["rule"] else WRONG) for one in flows]
    for at in (-5 * HOUR, 5 * HOUR):
        result = judged(flows, with_change(evidence(rows), change(60, at)))
        assert words(result)[-1] == "confirmed"
        assert "clock-was-changed" not in codes(result)


def test_an_offset_that_was_given_is_of_the_period_that_has_the_capture() -> None:
    """The clock was set hours before the capture; it has no connection that shows its offset."""
    flows = [boot(30)]
    rows = shifted([of_server(boot(-6 * HOUR), WRONG), of_server(flows[0], RIGHT)], 60)
    held = with_change(evidence(rows), change(60, -5 * HOUR))
    assert words(judged(flows, held)) == ["unproven"]
    result = judged(flows, held, overrides={"DPM01": 60 * SECOND})
    assert words(result) == ["confirmed"]
    assert [one.basis for one in result.clocks if one.periods] == ["override-changed"]
    within = with_change(evidence(rows), change(60, 30.5))
    assert words(judged(flows, within, overrides={"DPM01": 60 * SECOND})) == ["unproven"]


def test_the_change_is_of_every_clock_of_the_machine() -> None:
    """The System log shows the change, and a table of sockets in local time has the connections. When the clock was
    changed by local time is not known."""
    flows = [*near(3), boot(600)]
    for clock, expected in (("Sysmon UtcTime", "confirmed"), ("event time without zone", "unproven")):
        rows = [of_server(one, RIGHT if one["rule"] else WRONG, clock=clock) for one in flows]
        held = with_change(evidence(rows, pad=20 * HOUR), change(HOUR), host="dpm01.example.local")
        result = judged(flows, held)
        assert words(result)[-1] == expected
    other = with_change(evidence(rows, pad=20 * HOUR), change(HOUR), host="OTHER")
    assert words(judged(flows, other))[-1] == "confirmed"


def test_the_sentence_says_which_periods_are_known() -> None:
    flows = two_boots(3, 1, HOUR)
    result = judged(flows, with_change(evidence(recorded(flows[:-1], HOUR, [WRONG])), change(HOUR)))
    (note,) = [one for one in result.notes if one.code == "clock-was-changed"]
    assert note.level == "warning"
    assert "The offset of 1 of 2 periods is known" in sentence(note)
    few = two_boots(1, 1, HOUR)
    result = judged(few, with_change(evidence(recorded(few[:-1], HOUR, [WRONG])), change(HOUR)))
    (note,) = [one for one in result.notes if one.code == "clock-was-changed"]
    assert "None of 2 periods has the three connections" in sentence(note)
    doubtful = judged(flows, evidence(recorded(flows[:-1], HOUR, [WRONG])))
    (note,) = [one for one in doubtful.notes if one.code == "clock-in-doubt"]
    assert "1 does not" in sentence(note)


OLD, NEW = "2026-03-02T08:00:00.500000Z", "2026-03-02T09:00:00.500000Z"


@pytest.mark.parametrize("shape", [evtx_shape, winlogbeat, old_winlogbeat, nxlog])
@pytest.mark.parametrize(
    ("event", "channel", "data"),
    [
        (4616, "Security", {"PreviousTime": OLD, "NewTime": NEW, "ProcessName": "C:\\Windows\\System32\\svchost.exe"}),
        (1, "System", {"OldTime": OLD, "NewTime": NEW, "Reason": 1}),
    ],
    ids=["security", "kernel"],
)
def test_changes_are_read(tmp_path: Path, shape: Any, event: int, channel: str, data: dict[str, Any]) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps(shape(event, channel, data)))
    result = read_here(path, path.name, Limits())
    (log,) = result.logs
    at = START + SECOND // 2
    zoned = ClockChange(at - HOUR * SECOND, at, HOUR * SECOND, zoned=True)
    local = START + 9 * HOUR * SECOND
    assert log.changes == (
        (zoned, ClockChange(local - HOUR * SECOND, local + HOUR * SECOND, HOUR * SECOND, zoned=False))
        if shape is nxlog
        else (zoned,)
    )
    assert result.unread == 0
    assert log_of_data(json.loads(json.dumps(log_as_data(log)))) == log


@pytest.mark.parametrize(
    ("data", "unread"),
    [
        ({"OldTime": OLD, "NewTime": "2026-03-02T08:00:00.900000Z"}, 0),  # Windows corrects its clock
        ({"SleepTime": OLD, "WakeTime": NEW}, 0),  # event 1 of Power-Troubleshooter
        ({"OldTime": "", "NewTime": "yesterday"}, 1),
        ({"OldTime": {"a": 1}, "NewTime": None}, 1),
        ({"OldTime": "1601-01-01T00:00:00Z", "NewTime": NEW}, 1),
    ],
)
def test_events_that_are_no_change(tmp_path: Path, data: dict[str, Any], unread: int) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps(evtx_shape(1, "System", data)))
    result = read_here(path, path.name, Limits())
    assert [log.changes for log in result.logs] == [()]
    assert result.unread == unread


def test_a_log_with_too_many_changes_is_bounded() -> None:
    into = Collector("log", 10)
    for second in range(MOST_CHANGES + 50):
        into.clock_changed("H", "System", "event time", [change(5, second * 60)])
    (log,) = into.logs()
    assert len(log.changes) == MOST_CHANGES
    assert log.changes[-1].until == change(5, (MOST_CHANGES + 49) * 60).until


boots = st.lists(
    st.tuples(st.integers(1, 10), st.sampled_from([RIGHT, WRONG]), st.booleans()),
    max_size=8,
    unique_by=lambda one: one[0],
)
"""Minutes at which a machine boots, with the program that has the port, and whether the log has the connection."""
steps = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from([60, -60, 120, -120, 3600])), max_size=2, unique_by=lambda one: one[0]
)
"""Minutes before which the clock is set, and by how many seconds: then a boot has the time of another one."""


@given(boots, steps, st.integers(0, 3), st.integers(0, 3))
@settings(deadline=None, max_examples=100)
def test_no_word_is_stronger_than_the_truth(
    booted: list[tuple[int, str, bool]], changed: list[tuple[int, int]], first: int, last: int
) -> None:
    """A machine boots again and again by the same ports, and the server sets its clock."""
    flows = [*near(first), *(boot(60 * minute) for minute, _, _ in booted), *near(last, 660, 53000)]
    truth = ["", "", ""][:first] + [program for _, program, _ in booted] + [""] * last
    kept = [True] * first + [has for _, _, has in booted] + [True] * last
    changes, rows, ahead = [], [], 0
    for minute, by in sorted(changed):
        old = START + (60 * minute - 20 + ahead) * SECOND
        new = old + by * SECOND
        changes.append(ClockChange(min(old, new), max(old, new), by * SECOND, zoned=True))
        ahead += by
    for one, program, has in zip(flows, truth, kept, strict=True):
        shift = sum(by for minute, by in changed if one["ts"] >= START + (60 * minute - 20) * SECOND)
        rows += shifted([of_server(one, program or WRONG)], shift) if has else []
    if not flows:
        return
    result = judged(flows, with_change(evidence(rows), *changes))
    for program, word in zip(truth, words(result), strict=True):
        assert word != "confirmed" or program == RIGHT
        assert word != "contradicted" or program == WRONG


def test_a_clock_that_was_set_back_resolves_no_process_id() -> None:
    """The id was that of two programs at the same time by this clock."""
    flows = [*near(3), boot(600), *near(3, CHANGED_AT + 600, 53000), boot(CHANGED_AT + 1200)]
    rows = [of_server(one, WRONG) for one in flows]
    late = START + CHANGED_AT * SECOND
    rows = [shifted([row], -HOUR)[0] if row.since >= late else row for row in rows]
    rows = [
        row._replace(program="", path="", pid=PID) if one["rule"] else row for one, row in zip(flows, rows, strict=True)
    ]
    programs = [event(RIGHT, 500), event(WRONG, CHANGED_AT + 1100 - HOUR)]
    security = Log(
        "processes.evtx", "DPM01", "Security", "event time", frozenset({Nature.PROCESS}), since=START - HOUR * SECOND,
        until=START + 2 * HOUR * SECOND,
    )  # fmt: skip
    held = evidence(rows, pad=2 * HOUR)
    held = replace(held, logs=(*held.logs, security), processes=frame(programs, PROCESS_COLUMNS))
    result = judged(flows, with_change(held, change(-HOUR)))
    assert {word for word, one in zip(words(result), flows, strict=True) if one["rule"]} == {"unproven"}
    (note,) = [one for one in result.notes if one.code == "process-not-named"]
    assert note.values["reasons"] == {"clocks-not-comparable": 2}
