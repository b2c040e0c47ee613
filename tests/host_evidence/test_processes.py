"""A process id is resolved to the program that had it at that time, or to none; nothing is guessed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.host_evidence import HostFindings, attribute, notes, read_host_evidence
from analyzer.host_evidence.model import (
    KINDS,
    NO_PORT,
    PROCESS_COLUMNS,
    SECOND,
    Attribution,
    Gap,
    HostEvidence,
    Log,
    Nature,
    ProcessChange,
    ProcessEvent,
    frame,
)
from analyzer.host_evidence.process_table import MOST_NEAR, NotNamed, Timeline, holder, periods_of
from analyzer.values import Status
from tests.host_evidence.made import (
    A1,
    DPM,
    RULES,
    SERVER,
    START,
    evidence,
    flow,
    listener,
    site,
    words,
)
from tests.host_evidence.test_readers import ENGLISH, JAPANESE, evtx_shape

RIGHT, WRONG, ELSEWHERE = DPM + "bkressvc.exe", "C:\\Temp\\nc.exe", "C:\\Temp\\bkressvc.exe"
SYSMON, SECURITY = "Microsoft-Windows-Sysmon/Operational", "Security"
PID = 2222


def event(program: str, at: float, change: ProcessChange = "start", **keys: Any) -> ProcessEvent:
    """An event of Security, or of Sysmon where ``kind`` says so."""
    kind = keys.pop("kind", "security-4688" if change == "start" else "security-4689")
    made = ProcessEvent(
        host="DPM01",
        pid=PID,
        program=program.rpartition("\\")[2],
        path=program,
        time=START + round(at * SECOND),
        event=change,
        clock="Sysmon UtcTime" if kind.startswith("sysmon") else "event time",
        kind=kind,
        channel=SYSMON if kind.startswith("sysmon") else SECURITY,
        source="processes.evtx",
        record=str(10 + round(at)),
    )
    return made._replace(**keys)


def stop(program: str, at: float, **keys: Any) -> ProcessEvent:
    return event(program, at, "stop", **keys)


def boot(at: float) -> ProcessEvent:
    return event("", at, "boot", pid=-1, kind="boot")


def agent(at: float = 30) -> dict[str, Any]:
    return flow("boot-agent", (A1, 56030), (SERVER, 56030), at)


def holds(since: float = 0, until: float = 60, name: str = "", **keys: Any) -> Attribution:
    """The port of the boot agent in the server's socket table, with a process id."""
    row = listener(name, 56030, "tcp", since, until, pid=PID, source="netstat.txt", record="7")
    return row._replace(program=name, **keys)


def log_of(events: list[ProcessEvent], since: float = -600, until: float = 600, **keys: Any) -> list[Log]:
    """The logs of the events; each lasts ten minutes to both sides."""
    channels = {(one.source, one.host, one.channel, one.clock) for one in events}
    made = [
        Log(*key, frozenset({Nature.PROCESS}), since=START + round(since * SECOND), until=START + round(until * SECOND))
        for key in sorted(channels)
    ]
    return [replace(one, **keys) for one in made]


def judged(rows: list[Attribution], events: list[ProcessEvent], **keys: Any) -> HostFindings:
    """One flow of the boot agent, sockets, and events of processes; the clocks are exact."""
    given_evidence = evidence(rows)
    logs = keys.pop("logs", None)
    held = HostEvidence(
        given_evidence.attributions,
        (*given_evidence.logs, *(log_of(events) if logs is None else logs)),
        given_evidence.files,
        processes=frame(events, PROCESS_COLUMNS),
    )
    flows = [*keys.pop("flows", [agent()])]
    overrides = keys.pop("overrides", {"DPM01": 0})
    where = site(hosts={"DPM01": "dpm-server", **keys.pop("hosts", {})})
    return attribute(frame_of(flows), held, where, RULES, overrides=overrides, **keys)


def frame_of(flows: list[dict[str, Any]]) -> Any:
    return pd.DataFrame(flows)


def reasons(findings: HostFindings) -> set[str]:
    return {reason for note in findings.notes if note.code == "process-not-named" for reason in note.values["reasons"]}


@pytest.mark.parametrize(
    ("program", "word"), [(RIGHT, "consistent"), (ELSEWHERE, "consistent"), (WRONG, "contradicted")]
)
@pytest.mark.parametrize("kind", ["security-4688", "sysmon-1"])
def test_the_program_that_had_the_process_id(program: str, word: str, kind: str) -> None:
    ended = stop(program, 100, kind="sysmon-5" if kind == "sysmon-1" else "security-4689")
    findings = judged([holds()], [event(program, -100, kind=kind), ended])
    assert words(findings) == [word]
    assert findings.flows["resp_program"][0] == program
    assert findings.flows["program_source"][0].endswith(f"netstat.txt #7 (netstat) with processes.evtx #-90 ({kind})")
    (line,) = findings.citations.to_dict("records")
    assert (line["record"], line["process_kind"], line["process_record"]) == ("7", kind, "-90")
    assert reasons(findings) == set()


@pytest.mark.parametrize(
    ("events", "word"),
    [
        ([event(WRONG, -100, kind="sysmon-1")], "unproven"),
        ([stop(WRONG, 100, kind="sysmon-5")], "unproven"),
        ([event(WRONG, -100, kind="sysmon-1"), event(RIGHT, 100, kind="sysmon-1")], "unproven"),
        ([event(WRONG, -100, kind="sysmon-1"), boot(100)], "unproven"),
        ([event(WRONG, -100, kind="sysmon-1"), stop(WRONG, 100, kind="sysmon-5")], "contradicted"),
        ([event(WRONG, -100, kind="sysmon-1"), stop(WRONG, 100)], "contradicted"),
        ([event(WRONG, -100, kind="sysmon-1"), event(WRONG, -99.5)], "contradicted"),
        ([event(WRONG, -100), event(WRONG, -99.5, kind="sysmon-1")], "contradicted"),
        ([stop(WRONG, 100, kind="sysmon-5"), stop(WRONG, 100.5)], "contradicted"),
        ([event(WRONG, -100)], "contradicted"),
        ([stop(WRONG, 100)], "contradicted"),
        ([event(RIGHT, -100, kind="sysmon-1")], "consistent"),
    ],
)
def test_a_log_that_can_leave_out_programs_contradicts_only_between_start_and_stop(
    events: list[ProcessEvent], word: str
) -> None:
    """Sysmon's configuration can leave out the stop of one process and the start of the next one with the same id."""
    findings = judged([holds()], events)
    assert words(findings) == [word]
    (check,) = [one for one in findings.listeners if one.port == 56030 and one.kind == "listener"]
    assert check.word == word
    notes_on_it = [one.values for one in findings.notes if one.code == "other-program-not-proven"]
    hidden = events[0].path == WRONG and word == "unproven"
    assert notes_on_it == ([{"host": "DPM01", "programs": [WRONG], "count": 1}] if hidden else [])


def test_a_name_in_the_record_itself_contradicts_with_any_log() -> None:
    findings = judged([holds(name="nc.exe")], [event(WRONG, -100, kind="sysmon-1")])
    assert words(findings) == ["contradicted"]


def test_without_events_of_processes_the_program_is_unknown() -> None:
    findings = judged([holds()], [])
    assert words(findings) == ["unproven"]
    assert findings.flows["resp_program"][0] == ""
    assert reasons(findings) == {"no-process-events"}
    (note,) = [one for one in findings.notes if one.code == "process-not-named"]
    assert notes.sentence(note) == (
        "DPM01: 1 record has only a process id. The program that had the id is not known "
        "(1: no event of a process of this host was given)."
    )


@pytest.mark.parametrize(
    ("events", "program"),
    [
        ([event(WRONG, -100), stop(WRONG, -50), event(RIGHT, -40)], RIGHT),
        ([event(WRONG, -100), event(RIGHT, -40)], RIGHT),
        ([event(RIGHT, -40), stop(RIGHT, 100), event(WRONG, 110)], RIGHT),
        ([event(RIGHT, -40), event(WRONG, 110)], RIGHT),
        ([stop(RIGHT, 100), event(WRONG, 110)], RIGHT),
        ([stop(WRONG, -50), event(RIGHT, -40)], RIGHT),
        ([event(WRONG, -100), boot(-60), event(RIGHT, -40)], RIGHT),
        ([event(WRONG, -100, pid=PID + 1), event(RIGHT, -100)], RIGHT),
        ([event(RIGHT, -100), event(RIGHT, -99.5, kind="sysmon-1"), stop(RIGHT, 100)], RIGHT),
        ([stop(RIGHT, 100), stop(RIGHT, 100.5, kind="sysmon-5")], RIGHT),
    ],
)
def test_a_process_id_that_is_used_again(events: list[ProcessEvent], program: str) -> None:
    assert judged([holds()], events).flows["resp_program"][0] == program


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([event(RIGHT, -100), stop(RIGHT, -50)], "no-process-with-this-id"),
        ([event(RIGHT, 100)], "no-process-with-this-id"),
        ([event(RIGHT, -100), boot(-50)], "no-process-with-this-id"),
        ([boot(100), stop(RIGHT, 200)], "no-process-with-this-id"),
        ([event(RIGHT, -100), stop(RIGHT, 20), event(WRONG, 40)], "used-again"),
        ([event(RIGHT, -100), stop(RIGHT, 20)], "used-again"),
        ([event(RIGHT, 20)], "used-again"),
        ([event(RIGHT, -100), event(WRONG, 30)], "used-again"),
        ([event(RIGHT, -100), boot(30)], "used-again"),
        ([event(RIGHT, -100), stop(WRONG, 100)], "no-process-with-this-id"),
        ([event(RIGHT, -100, pid=PID + 1)], "no-process-with-this-id"),
        ([event(RIGHT, -100, pid=PID + 1), boot(-200)], "no-process-with-this-id"),
    ],
)
def test_a_process_that_did_not_have_the_id_all_the_time_names_nothing(events: list[ProcessEvent], reason: str) -> None:
    """The socket table shows the id from 0 to 60 s."""
    findings = judged([holds()], events)
    assert words(findings) == ["unproven"]
    assert findings.flows["resp_program"][0] == ""
    assert reasons(findings) == {reason}


@pytest.mark.parametrize(
    ("changes", "resolved"),
    [
        ({}, True),
        ({"until": 30}, False),
        ({"until": -10}, False),
        ({"gaps": (Gap(START - 50 * SECOND, START - 40 * SECOND, 3),), "gap_count": 1}, False),
        ({"gaps": (Gap(START - 200 * SECOND, START - 190 * SECOND, 3),), "gap_count": 1}, True),
        ({"gaps": (Gap(START - 50 * SECOND, START - 40 * SECOND, 3),), "gap_count": 1001}, False),
        ({"cleared": (START - 50 * SECOND,)}, False),
        ({"cleared": (START + 100 * SECOND,)}, True),
    ],
)
def test_a_log_that_is_not_whole_names_nothing(changes: dict[str, Any], resolved: bool) -> None:
    events = [event(WRONG, -100)]
    findings = judged([holds()], events, logs=log_of(events, **changes))
    assert words(findings) == ["contradicted" if resolved else "unproven"]


@pytest.mark.parametrize(("first", "resolved"), [(101, True), (102, False), (None, False)])
def test_files_that_continue_each_other_are_one_log(first: int | None, resolved: bool) -> None:
    """An event log that was archived and went on in another file; one number is missing or not."""
    old, new = [event(WRONG, -100, source="old.evtx")], [event(RIGHT, 300, pid=9, source="new.evtx")]
    (one,) = log_of(old, since=-600, until=-50)
    (other,) = log_of(new, since=-20, until=600)
    numbers = (first, 200) if first else None
    logs = [replace(one, numbers=(1, 100)), replace(other, numbers=numbers)]
    findings = judged([holds()], old + new, logs=logs)
    assert words(findings) == ["contradicted" if resolved else "unproven"]


def test_a_record_without_a_time_is_not_resolved() -> None:
    row = holds()._replace(since=-(1 << 63), until=-(1 << 63))
    findings = judged([row], [event(RIGHT, -100)])
    assert (words(findings), reasons(findings)) == (["unproven"], {"no-time"})


def test_two_logs_that_name_different_programs_are_both_shown_and_prove_nothing() -> None:
    events = [event(WRONG, -100), event(RIGHT, -99.8, kind="sysmon-1")]
    findings = judged([holds()], events)
    assert words(findings) == ["unproven"]
    assert findings.flows["resp_program"][0] == f"{RIGHT} / {WRONG}"
    assert set(findings.citations["process_kind"]) == {"security-4688", "sysmon-1"}


@pytest.mark.parametrize(
    ("name", "program", "word", "shown"),
    [
        ("bkressvc.exe", RIGHT, "consistent", RIGHT),
        ("bkressvc.exe", ELSEWHERE, "consistent", ELSEWHERE),
        ("bkressvc.exe", WRONG, "unproven", f"bkressvc.exe / {WRONG}"),
        ("nc.exe", RIGHT, "unproven", f"{RIGHT} / nc.exe"),
        ("nc.exe", WRONG, "contradicted", WRONG),
    ],
)
def test_a_socket_table_with_names_and_the_events(name: str, program: str, word: str, shown: str) -> None:
    """netstat -b shows a name without a path: the event adds the path, or differs."""
    findings = judged([holds(name=name)], [event(program, -100)])
    assert (words(findings), findings.flows["resp_program"][0]) == ([word], shown)


def test_another_record_that_shows_the_id_with_another_program() -> None:
    """The stop of one process and the start of the next are missing, but a connection shows the second program."""
    other = flow("", (SERVER, 51000), (A1, 445), -50)
    row = holds(kind="sysmon-3", clock="Sysmon UtcTime", source="sysmon.evtx")._replace(
        a_h=SERVER, a_p=51000, b_h=A1, b_p=445, program="nc.exe", path=WRONG,
        since=other["ts"], until=other["ts"], first=True,
    )  # fmt: skip
    events = [event(RIGHT, -100, kind="sysmon-1")]
    assert words(judged([holds(), row], events)) == ["unproven"]
    same = row._replace(program="bkressvc.exe", path=RIGHT)
    assert words(judged([holds(), same], events)) == ["consistent"]


def test_an_event_of_a_connection_that_does_not_know_its_program() -> None:
    """Sysmon writes <unknown process>, with the process id: it shows the connection, and never proves the program."""
    one = agent()
    row = holds(kind="sysmon-3", clock="Sysmon UtcTime", source="sysmon.evtx")._replace(
        a_h=A1, a_p=56030, b_h=SERVER, b_p=56030, local="b", program="<unknown process>", path="<unknown process>",
        since=one["ts"], until=one["ts"], first=True,
    )  # fmt: skip
    assert words(judged([row], [])) == ["unproven"]
    assert words(judged([row], [event(RIGHT, -100, kind="sysmon-1")])) == ["consistent"]
    assert words(judged([row], [event(WRONG, -100, kind="sysmon-1")])) == ["unproven"]
    assert words(judged([row], [event(WRONG, -100)])) == ["contradicted"]


@pytest.mark.parametrize(
    ("clock", "ahead", "overrides", "resolved"),
    [
        ("event time", 0, {"DPM01": 0, "netstat.txt": 0}, True),
        ("event time", 32400, {"DPM01": 32400 * SECOND, "netstat.txt": 0}, True),
        ("event time", 0, {}, True),
        ("event time without zone", 32400, {"netstat.txt": 0}, False),
        ("event time without zone", 32400, {"DPM01": 32400 * SECOND, "netstat.txt": 0}, True),
    ],
)
def test_clocks_of_one_machine(clock: str, ahead: int, overrides: dict[str, int], resolved: bool) -> None:
    """A socket table and a log of the same machine: their clocks are one, or their offsets must be known."""
    events = [
        event(WRONG, -1000 + ahead, clock=clock), stop(WRONG, -500 + ahead, clock=clock),
        event(RIGHT, -100 + ahead, clock=clock),
    ]  # fmt: skip
    findings = judged(
        [holds(host="file:netstat.txt")],
        events,
        logs=log_of(events, since=-2000 + ahead, until=2000 + ahead),
        overrides=overrides,
        hosts={"netstat.txt": "dpm-server"},
    )
    assert findings.flows["resp_program"][0] == (RIGHT if resolved else "")
    if not resolved:
        assert reasons(findings) == {"clocks-not-comparable"}


def test_events_of_another_machine_name_nothing() -> None:
    findings = judged([holds()], [event(WRONG, -100, host="OTHER")], hosts={"OTHER": "a1"})
    assert (words(findings), reasons(findings)) == (["unproven"], {"no-process-events"})


def test_events_of_a_machine_that_is_in_doubt_name_nothing() -> None:
    """The address of the process log's computer is claimed by another computer."""
    given_flows = [agent(), *(flow("", (SERVER, 51000 + place), (A1, 445), place) for place in range(3))]
    row = holds(host="file:netstat.txt")
    claim = row._replace(
        a_h=SERVER, a_p=51000, b_h=A1, b_p=445, local="a", kind="security-5156", clock="event time", program="x",
        path="C:\\x", pid=1, source="s",
    )  # fmt: skip
    rows = [row, claim._replace(host="DPM01"), claim._replace(host="EVIL")]
    findings = judged(rows, [event(WRONG, -100, host="EVIL")], flows=given_flows, hosts={"netstat.txt": "dpm-server"})
    assert findings.flows["resp_program"][0] == ""


@pytest.mark.parametrize(("kind", "word"), [("comment-etl2pcapng", "unproven"), ("process-block", "contradicted")])
def test_a_process_id_beside_a_packet(kind: str, word: str) -> None:
    """The id of etl2pcapng is that of the process that ran when the packet was seen: it contradicts nothing."""
    one = agent()
    row = holds(host="file:cap.pcapng", kind=kind, clock="capture", source="cap.pcapng")._replace(
        a_h=A1, a_p=56030, b_h=SERVER, b_p=56030, local="b", since=one["ts"], until=one["ts"]
    )
    for program, expected in ((RIGHT, "consistent"), (WRONG, word)):
        findings = judged(
            [row], [event(program, -100)], captures={"sha of cap.pcapng"}, hosts={"cap.pcapng": "dpm-server"}
        )
        assert words(findings) == [expected]


@pytest.mark.parametrize(
    ("program", "state", "status"),
    [(RIGHT, "held", Status.SATISFIED), (WRONG, "held-by-other", Status.MISSING), ("", "program-unknown", None)],
)
def test_the_holder_of_a_port_by_its_process_id(program: str, state: str, status: Status | None) -> None:
    """No clock of the capture is needed: the socket table and the log are of one machine."""
    events = [event(program, -100)] if program else []
    findings = judged([holds()], events, overrides={})
    (check,) = [one for one in findings.listeners if (one.kind, one.port) == ("listener", 56030)]
    assert (check.state, check.status) == (state, status or Status.NOT_OBSERVABLE)
    if program:
        (owner,) = check.owners
        assert owner.process is not None
        assert (owner.path, owner.process.source) == (program, "processes.evtx")


@pytest.mark.parametrize("text", [ENGLISH, JAPANESE], ids=["english", "japanese"])
def test_netstat_without_names_from_files(tmp_path: Path, text: str) -> None:
    """netstat -ano, read from a file beside an event log, with the id of 56030's holder used by two programs."""
    lines = [line for line in text.splitlines() if line[:3] in {"", "  T", "  U", "  P", "  プ", "アクテ", "Act"}]
    table = "2026-03-02T09:00:00Z\n" + "\n".join(lines)
    assert "[" not in table.replace("[::]", "")
    (tmp_path / "netstat.txt").write_text(table, encoding="utf-8")
    begins = [("08:00:00", "C:\\Temp\\nc.exe", "0x8ae"), ("08:30:00", RIGHT, "0x8AE"), ("09:30:00", WRONG, "0x1")]
    events = []
    for number, (at, program, pid) in enumerate(begins, 1):
        shape = evtx_shape(4688, "Security", {"NewProcessId": pid, "NewProcessName": program}, number)
        shape["Event"]["System"]["TimeCreated"]["#attributes"]["SystemTime"] = f"2026-03-02T{at}Z"
        events.append(json.dumps(shape))
    (tmp_path / "security.json").write_text("\n".join(events), encoding="utf-8")
    hosts = {"netstat.txt": "dpm-server", "DPM01.example.local": "dpm-server"}
    read = read_host_evidence([tmp_path])
    findings = attribute(frame_of([agent()]), read, site(hosts=hosts), RULES)
    held = {one.port: one for one in findings.listeners if one.kind == "listener"}
    assert (held[56030].state, held[56030].owners[0].path) == ("held", RIGHT)
    assert held[56023].state == "program-unknown"
    without_events = attribute(
        frame_of([agent()]), read_host_evidence([tmp_path / "netstat.txt"]), site(hosts=hosts), RULES
    )
    held = {one.port: one for one in without_events.listeners if one.kind == "listener"}
    assert {held[56030].state, held[56023].state} == {"program-unknown"}


def test_kinds_of_processes_show_no_socket() -> None:
    of_processes = {kind for kind, what in KINDS.items() if what.nature is Nature.PROCESS}
    assert of_processes == {"sysmon-1", "sysmon-5", "security-4688", "security-4689"}
    assert NO_PORT < 0


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[float, float, str]]:
    """Processes that had one id, one after the other: from, to, program."""
    found, at = [], draw(st.floats(-300, -100))
    for _ in range(draw(st.integers(1, 6))):
        end = at + draw(st.floats(0.5, 120))
        found.append((at, end, draw(st.sampled_from([RIGHT, WRONG]))))
        at = end + draw(st.floats(0.01, 60))
    return found


@st.composite
def logged(draw: st.DrawFn, story: list[tuple[float, float, str]]) -> tuple[list[ProcessEvent], list[Log]]:
    """The log of a story. It may begin late, be written late, have a hole or no stops, and have boots."""
    late = draw(st.sampled_from([0.0, 1.5]))
    stops = draw(st.booleans())
    events = []
    for since, until, program in story:
        events.append(event(program, since + late))
        if draw(st.sampled_from([True, True, True, False])):
            events += [stop(program, until + late)] if stops else []
        else:
            events.append(boot(until))
    begin = draw(st.floats(-400, 100))
    hole = draw(st.none() | st.tuples(st.floats(-300, 300), st.floats(1, 200)))
    gaps: tuple[Gap, ...] = ()
    if hole:
        gaps = (Gap(START + round(hole[0] * SECOND), START + round(sum(hole) * SECOND), 1),)
        events = [one for one in events if not gaps[0].since < one.time < gaps[0].until]
    events = sorted((one for one in events if one.time >= START + begin * SECOND), key=lambda one: one.time)
    return events, log_of(events, since=begin, until=1000, gaps=gaps, gap_count=len(gaps))


@given(lives(), st.data(), st.floats(-280, 280), st.sampled_from([0.0, 30.0]))
@settings(max_examples=400, deadline=None)
def test_no_program_is_named_that_did_not_have_the_id(
    story: list[tuple[float, float, str]], data: st.DataObject, at: float, lasts: float
) -> None:
    """A socket is held by a process of the story."""
    inside = [one for one in story if one[0] <= at and at + lasts <= one[1]]
    events, logs = data.draw(logged(story))
    if not inside or not events:
        return
    findings = judged([holds(at, at + lasts)], events, logs=logs, flows=[agent(at)])
    assert findings.flows["resp_program"][0] in {"", inside[0][2]}


def test_a_start_and_a_stop_with_a_hole_between_name_nothing_in_the_hole() -> None:
    events = [event(WRONG, -100), stop(WRONG, 200)]
    for since, until, word in ((-50, -40, "contradicted"), (-50, 30, "unproven"), (50, 90, "unproven")):
        gaps = (Gap(START + since * SECOND, START + until * SECOND, 3),)
        findings = judged([holds()], events, logs=log_of(events, gaps=gaps, gap_count=1))
        assert words(findings) == [word]


def test_a_process_id_that_is_used_very_often_is_looked_at_near_its_time() -> None:
    events = [event(WRONG, -500 + number / 100) for number in range(50_000)]
    timeline = Timeline(events, periods_of(log_of(events)))
    assert len(timeline.holdings) == 50_000
    assert len(timeline.at(START - 400 * SECOND, START - 300 * SECOND, 2 * SECOND)) == MOST_NEAR
    found = holder(timeline, START - 400 * SECOND, START - 400 * SECOND, 2 * SECOND)
    assert found is NotNamed.CHANGED


APART = "Sysmon UtcTime apart from the event's time"


@pytest.mark.parametrize(
    ("table", "overrides", "resolved"),
    [
        ("table time", {}, False),
        ("table time", {"DPM01": 0}, False),
        ("table time", {"DPM01": 0, "netstat.txt": 0}, True),
        ("Sysmon UtcTime", {}, True),
    ],
)
def test_a_time_of_sysmon_that_is_not_the_hosts(table: str, overrides: dict[str, int], resolved: bool) -> None:
    """In published logs the two times of one record are up to 37 hours apart."""
    events = [event(RIGHT, -100, kind="sysmon-1", clock=APART)]
    logs = [replace(one, clock="Sysmon UtcTime") for one in log_of(events)]
    findings = judged(
        [holds(host="file:netstat.txt" if table == "table time" else "DPM01", clock=table)],
        events, logs=logs, overrides=overrides, hosts={"netstat.txt": "dpm-server"},
    )  # fmt: skip
    assert findings.flows["resp_program"][0] == (RIGHT if resolved else "")
    assert reasons(findings) == (set() if resolved else {"clocks-not-comparable"})
