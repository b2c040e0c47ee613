"""Clocks that are wrong, changed or given wrongly: programs are found where the offset is known, and nothing is
confirmed or contradicted where it is not."""

from typing import Any

import pytest

from analyzer.host_evidence.model import SECOND, Attribution
from tests.host_evidence.made import A1, A2, DPM, SERVER, codes, flow, found, record, shifted, words

RIGHT, WRONG = DPM + "bkressvc.exe", "C:\\Temp\\nc.exe"
AGENT = "C:\\Program Files\\NEC\\DeploymentManager Agent\\DepAgent.exe"
HOUR = 3600


def boot(at: float, machine: str = A1) -> dict[str, Any]:
    """A boot to the fixed port: every boot of a machine has the same tuple."""
    return flow("boot-agent", (machine, 56030), (SERVER, 56030), at)


def near(count: int, since: float = 0, port: int = 51000) -> list[dict[str, Any]]:
    """Connections of the server that show its clock."""
    return [flow("", (SERVER, port + place), (A1, 445), since + place) for place in range(count)]


def of_server(one: dict[str, Any], program: str, **keys: Any) -> Attribution:
    return record(one, program, local="a" if one["orig_h"] == SERVER else "b", **keys)


def log_of(flows: list[dict[str, Any]], *programs: str, ahead: float = 0, **keys: Any) -> list[Attribution]:
    """The server's log: of the last flows it has ``programs``, of the others any."""
    names = [WRONG] * (len(flows) - len(programs)) + list(programs)
    return shifted([of_server(one, name, **keys) for one, name in zip(flows, names, strict=True)], ahead)


@pytest.mark.parametrize("ahead", [0, 9 * HOUR, -5 * HOUR, 19 * HOUR, 0.5 * HOUR, 45])
@pytest.mark.parametrize("clock", ["event time", "event time without zone", "Sysmon UtcTime"])
def test_a_log_in_local_time_is_compared_by_its_offset(ahead: float, clock: str) -> None:
    flows = [*near(3), boot(30), boot(30 + abs(ahead), A2)]
    rows = log_of(flows, RIGHT, WRONG, ahead=ahead, clock=clock)
    assert words(found(flows, rows, pad=20 * HOUR))[-2:] == ["confirmed", "contradicted"]


@pytest.mark.parametrize("apart", [HOUR, 9 * HOUR])
def test_a_wrong_override_is_refused_where_connections_show_the_clock(apart: float) -> None:
    """By the given offset the record of the second boot is that of the first one."""
    flows = [*near(3), boot(30), boot(30 + apart)]
    rows = log_of(flows, RIGHT, WRONG)
    for wrong in (apart, -apart):
        result = found(flows, rows, overrides={"DPM01": round(wrong * SECOND)}, pad=2 * apart)
        assert not {"confirmed", "contradicted"} & set(words(result))
        assert "clock-override-disagrees" in codes(result)
        assert [one.basis for one in result.clocks] == ["override-disagrees"]
    result = found(flows, rows, overrides={"DPM01": 4 * SECOND}, pad=2 * apart)
    assert words(result)[-2:] == ["confirmed", "contradicted"]


def two_hosts() -> tuple[list[dict[str, Any]], list[Attribution]]:
    """The server is 9 h ahead and the machine 9 h behind; each has a log of the same connections."""
    flows = [
        *near(3),
        flow("shutdown", (SERVER, 50000), (A1, 56010), 30),
        flow("shutdown", (SERVER, 50001), (A1, 56010), 60),
    ]
    server = log_of(flows, DPM + "apiserv.exe", WRONG, ahead=9 * HOUR)
    machine = log_of(flows, AGENT, AGENT, ahead=-9 * HOUR, host="A1", source="a1.evtx")
    return flows, [*server, *(row._replace(local="b") for row in machine)]


def test_two_hosts_with_opposite_clocks() -> None:
    flows, rows = two_hosts()
    result = found(flows, rows, pad=20 * HOUR)
    assert {(one.host, one.offset // SECOND) for one in result.clocks} == {("DPM01", 9 * HOUR), ("A1", -9 * HOUR)}
    assert list(result.flows["orig_evidence"])[-2:] == ["confirmed", "contradicted"]


def test_the_clocks_of_two_hosts_that_were_swapped() -> None:
    flows, rows = two_hosts()
    swapped = {"DPM01": -9 * HOUR * SECOND, "A1": 9 * HOUR * SECOND}
    result = found(flows, rows, overrides=swapped, pad=40 * HOUR)
    assert not {"confirmed", "contradicted"} & set(words(result))


@pytest.mark.parametrize(("before", "after"), [(3, 3), (3, 60), (60, 3), (100, 3), (250, 3)])
def test_a_clock_that_changes_within_the_log_proves_nothing(before: int, after: int) -> None:
    """Summer time begins: an hour between the records is missing, and every hour a machine boots."""
    flows = [*near(before), boot(600), *near(after, 4000, 53000), boot(4200), boot(4200 + HOUR)]
    late = 4000 * SECOND + flows[0]["ts"]
    rows = [of_server(one, RIGHT if one["rule"] else WRONG) for one in flows[:-1]]
    moved = [shifted([row], HOUR)[0] if row.since >= late else row for row in rows]
    moved[-1] = moved[-1]._replace(path=WRONG, program="nc.exe")
    result = found(flows, moved)
    assert "clock-changed" in codes(result)
    assert not {"confirmed", "contradicted"} & set(words(result))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_connections_show_no_clock(count: int) -> None:
    flows = [*near(count), boot(30)]
    result = found(flows, log_of(flows, WRONG, ahead=HOUR))
    assert words(result)[-1:] == ["unproven"]


def test_tuples_that_recur_show_no_clock() -> None:
    """Ten boots of machines from port 56030 to port 56030 are no anchor, whatever they agree on."""
    flows = [boot(60 * place, f"192.168.0.{100 + place}") for place in range(10)]
    result = found(flows, log_of(flows, *[WRONG] * 10))
    assert set(words(result)) == {"unproven"}
