"""The host that evidence belongs to, and the offset of its clock from the capture's."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.host_evidence.clocks import LEAST_ANCHORS, NARROWEST, measured
from analyzer.host_evidence.coverage import Why, cover_of
from analyzer.host_evidence.hosts import identify, mapped
from analyzer.host_evidence.model import SECOND, Attribution, Gap, Log, Nature
from analyzer.host_evidence.moments import offset
from tests.host_evidence.made import A1, A2, SERVER, anchored, codes, evidence, found, record, shutdown, site, words

HOUR = 3600 * SECOND


def sender_name(*rows: Attribution, **keys: Any) -> dict[str, tuple[list[str], str, str, bool]]:
    held = evidence(rows)
    identities = identify(held.attributions, held.logs, site(**keys))
    return {
        host: (sorted(one.addresses), one.machine, one.basis, one.doubtful) for host, one in identities.by_host.items()
    }


def test_own_records_show_the_addresses() -> None:
    assert sender_name(record(shutdown(0), "C:\\a.exe")) == {"DPM01": ([SERVER], "dpm-server", "own-records", False)}


def test_of_inbound_connections_the_shared_address_is_the_hosts() -> None:
    one, two = (record(shutdown(at, machine=machine), "C:\\a.exe", local="") for at, machine in ((0, A1), (1, A2)))
    assert sender_name(one, two)["DPM01"][0] == [SERVER]
    assert sender_name(one)["DPM01"] == ([], "", "none", False)  # either of the two


def test_loopback_and_groups_are_nobodys_own() -> None:
    row = record(shutdown(0), "C:\\a.exe")
    rows = [row._replace(a_h="127.0.0.1", b_h="127.0.0.1"), row._replace(a_h="224.0.0.1"), row._replace(a_h="")]
    assert sender_name(*rows)["DPM01"] == ([], "", "none", False)


def test_the_profile_names_its_host() -> None:
    row = record(shutdown(0), "C:\\a.exe", local="", a_h="", host="file:x/console.csv")
    assert sender_name(row, hosts={"console.csv": "a2"})["file:x/console.csv"] == ([A2], "a2", "profile", False)
    assert sender_name(row, hosts={"x/console.csv": "192.168.0.77"})["file:x/console.csv"][0] == ["192.168.0.77"]
    assert sender_name(row)["file:x/console.csv"][2] == "none"


@pytest.mark.parametrize("key", ["dpm01", "DPM01.example.local", "dpm01.example.local"])
def test_a_computers_name_with_or_without_its_domain(key: str) -> None:
    assert mapped("DPM01.example.local", {key: "dpm-server"}) == "dpm-server"
    assert mapped("DPM01", {key: "dpm-server"}) == "dpm-server"
    assert mapped("DPM02", {key: "dpm-server"}) is None
    assert mapped("DPM01.other.local", {"dpm01.example.local": "dpm-server"}) is None


def test_a_host_that_nobody_knows_is_named_and_not_used() -> None:
    flows = [shutdown(10)]
    result = found(
        flows, [record(flows[0], "C:\\a.exe", local="", host="file:x.pcapng", kind="process-block", clock="capture")]
    )
    assert words(result) == ["not-observable"]
    assert "unknown-host" in codes(result)


def deltas(*seconds: float) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array([round(value * SECOND) for value in seconds], dtype=np.int64)


@pytest.mark.parametrize(
    ("values", "basis"),
    [
        ((), "too-few-anchors"),
        ((5, 5), "too-few-anchors"),
        ((5, 500, 50_000), "too-few-anchors"),
        ((5, 5.1, 4.9), "anchors"),
        ((5, 5.1, 4.9, 70_000), "anchors"),
        ((5, 5.1, 4.9, 600, 600.1, 600.2), "anchors-disagree"),
        ((5, 5.1, 4.9, 100, 200, 300), "anchors-disagree"),
    ],
)
def test_how_anchors_make_an_offset(values: tuple[float, ...], basis: str) -> None:
    clock = measured("h", "c", deltas(*values))
    assert clock.basis == basis
    assert clock.known == (basis == "anchors")
    if clock.known:
        assert clock.offset == 5 * SECOND
        assert clock.window == NARROWEST


@given(st.lists(st.integers(-(10**15), 10**15), max_size=30))
def test_an_offset_lies_among_its_anchors(values: list[int]) -> None:
    clock = measured("h", "c", np.array(values, dtype=np.int64))
    if clock.known:
        assert clock.anchors >= LEAST_ANCHORS
        assert sum(abs(value - clock.offset) <= 10 * SECOND for value in values) >= LEAST_ANCHORS


def test_a_wide_spread_widens_the_window() -> None:
    clock = measured("h", "c", deltas(0, 1, 5, 8, 9, 9.5))
    assert clock.window == 6 * clock.spread > NARROWEST


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("+9h", 9 * HOUR),
        ("-30s", -30 * SECOND),
        ("+1h30m", 3 * HOUR // 2),
        ("+250ms", SECOND // 4),
        ("+0.5h", HOUR // 2),
    ],
)
def test_offsets(text: str, value: int) -> None:
    assert offset(text) == value


@pytest.mark.parametrize(
    "text", ["", "+", "9h", "+9", "+h", "+1h 30m", "+1h30", "+1.h", "+.5h", "+1h-30m", "+9H", "+" + "1h" * 20]
)
def test_texts_that_are_no_offset(text: str) -> None:
    assert offset(text) is None


def test_what_a_log_could_have_shown() -> None:
    gap = Gap(40 * SECOND, 50 * SECOND, 3)
    log = Log(
        "f", "H", "Security", "c", frozenset({Nature.CONNECTION}), since=10 * SECOND, until=90 * SECOND, gaps=(gap,)
    )
    known = measured("H", "c", deltas(1, 1, 1))
    cover = cover_of([log], {("H", "c"): known})
    answers = {at: cover.why("H", at * SECOND) for at in (5, 20, 45, 95)}
    assert answers == {5: Why.BEFORE_LOG, 20: Why.NO_RECORD, 45: Why.GAP, 95: Why.AFTER_LOG}
    assert cover.why("OTHER", 0) is Why.NO_LOG
    assert cover_of([log], {}).why("H", 20 * SECOND) is Why.CLOCK


def test_a_cleared_log_shows_nothing_of_before() -> None:
    flows = [*anchored(), shutdown(2)]
    held = evidence([record(one, "C:\\a.exe") for one in anchored()])
    cleared = [log.__class__(**{**log.__dict__, "cleared": (flows[-1]["ts"] + SECOND,)}) for log in held.logs]
    cover = cover_of(cleared, {("DPM01", "event time"): measured("DPM01", "event time", deltas(0, 0, 0))})
    assert cover.why("DPM01", flows[-1]["ts"]) is Why.GAP
