"""Who holds the ports of the table on a host whose socket table is there; footnotes *6 and *9."""

from typing import Any

import pytest

from analyzer.host_evidence.listeners import ListenerCheck
from analyzer.host_evidence.model import NO_TIME, Attribution
from analyzer.host_evidence.notes import about_listener
from tests.host_evidence.made import A1, DPM, SERVER, anchored, found, listener, site

HOSTS = {"DPM01": "dpm-server"}


def checks(*rows: Attribution, **keys: Any) -> dict[tuple[str, int], ListenerCheck]:
    where = site(hosts=HOSTS, **keys)
    untimed = [row._replace(since=NO_TIME, until=NO_TIME) for row in rows]
    return {(check.kind, check.port): check for check in found(anchored(), untimed, site=where).listeners}


@pytest.mark.parametrize(
    ("program", "word", "status"),
    [
        ("bkressvc.exe", "consistent", "satisfied"),
        (DPM + "bkressvc.exe", "confirmed", "satisfied"),
        ("nc.exe", "contradicted", "missing"),
        ("", "unproven", "not-observable"),
    ],
)
def test_the_holder_of_a_port(program: str, word: str, status: str) -> None:
    check = checks(listener(program, 56030, "tcp", 0))["listener", 56030]
    assert (check.word, check.status) == (word, status)
    assert check.rules == ("boot-agent",)
    assert "p. 191" in check.citation
    assert [holder.program for holder in check.owners] == [program.rpartition("\\")[2]]


def test_two_holders_of_which_one_is_right() -> None:
    rows = listener("bkressvc.exe", 56030, "tcp", 0), listener("nc.exe", 56030, "tcp", 0, a_h=SERVER)
    check = checks(*rows)["listener", 56030]
    assert (check.state, check.word) == ("differs", "unproven")
    assert len(check.owners) == 2


def test_a_socket_of_another_protocol_or_address_is_no_holder() -> None:
    rows = listener("nc.exe", 56030, "udp", 0), listener("nc.exe", 56030, "tcp", 0, a_h="127.0.0.1")
    check = checks(*rows)["listener", 56030]
    assert (check.state, check.status) == ("free", "not-exercised")


@pytest.mark.parametrize(
    ("servers", "program", "word"),
    [
        ([SERVER], "svchost.exe", "consistent"),
        ([SERVER], "pxesvc.exe", "contradicted"),
        (["192.168.0.5"], "pxesvc.exe", "consistent"),
        (["192.168.0.5"], "svchost.exe", "contradicted"),
        (None, "pxesvc.exe", "consistent"),
        (None, "svchost.exe", "consistent"),
    ],
)
def test_footnote_6(servers: list[str] | None, program: str, word: str) -> None:
    check = checks(listener(program, 67, "udp", 0), dhcp={"servers": servers} if servers else {})["dhcp-holder", 67]
    assert check.word == word


@pytest.mark.parametrize(
    ("program", "pid", "word", "status"),
    [
        (None, 0, "declared", "satisfied"),
        ("System", 4, "consistent", "satisfied"),
        ("apiserv.exe", 99, "consistent", "satisfied"),
        (DPM + "other.exe", 99, "consistent", "satisfied"),
        ("nc.exe", 99, "contradicted", "missing"),
    ],
)
def test_footnote_9(program: str | None, pid: int, word: str, status: str) -> None:
    rows = [listener("bkressvc.exe", 56030, "tcp", 0)]
    if program is not None:
        rows.append(listener(program, 56050, "tcp", 0, pid=pid))
    check = checks(*rows)["internal-port", 56050]
    assert (check.word, check.status) == (word, status)


def test_the_web_port_is_the_profiles() -> None:
    server = {"addresses": [SERVER], "architecture": "x64", "web_port": 8080}
    held = checks(listener("System", 8080, "tcp", 0, pid=4), dpm_server=server)
    assert held["listener", 8080].word == "consistent"
    assert ("listener", 80) not in held


def test_a_host_without_a_role_of_the_row_is_not_checked() -> None:
    where = site(hosts={"DPM01": A1})
    rows = [listener("nc.exe", 56010, "tcp", 0, since=NO_TIME, until=NO_TIME)]
    result = found(anchored(), rows, site=where)
    assert {check.port for check in result.listeners} == {56010}
    assert result.listeners[0].expected == ("\\WINDOWS\\SysWOW64\\DepAgent.exe",)


def test_every_check_has_a_sentence() -> None:
    rows = (
        listener("nc.exe\x1b[31m", 56030, "tcp", 0),
        listener("ftsvc.exe", 56023, "tcp", 0),
        listener("", 69, "udp", 0),
    )
    for check in checks(*rows).values():
        text = about_listener(check)
        assert text.isprintable()
        assert str(check.port) in text
