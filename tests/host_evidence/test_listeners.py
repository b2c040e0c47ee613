"""The programs that use the ports of the table on a host with a socket table; footnotes *6 and *9."""

from dataclasses import replace
from typing import Any, get_args

import pandas as pd
import pytest

from analyzer.host_evidence.attribution import attribute
from analyzer.host_evidence.listeners import ListenerCheck, State
from analyzer.host_evidence.model import NO_TIME, Attribution, Log, Nature
from analyzer.messages.english import sentence
from analyzer.program_verdicts import listener_message
from analyzer.text import visible
from tests.host_evidence.made import A1, A2, DPM, RULES, SERVER, anchored, evidence, found, listener, record, site

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


def test_two_programs_of_which_one_is_right() -> None:
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


EMPTY = Log("netstat.txt", "DPM01", "netstat", "table time", frozenset({Nature.SOCKETS}), records=1)


def internal_port(*rows: Attribution, **keys: Any) -> ListenerCheck:
    """The check of footnote *9 on the server, whose socket table has these rows."""
    held = evidence([row._replace(since=NO_TIME, until=NO_TIME) for row in rows])
    held = replace(held, logs=(*held.logs, EMPTY))
    where = site(hosts={"DPM01": "dpm-server"} | keys.pop("hosts", {}))
    result = attribute(pd.DataFrame(anchored()), held, where, RULES)
    return next(check for check in result.listeners if check.kind == "internal-port" and check.host == "DPM01")


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ((), "not-listed"),
        ((record(anchored()[0], "a.exe", kind="netstat", clock="table time"),), "not-listed"),
        ((listener("pxemtftp.exe", 69, "udp", 0),), "not-listed"),
        ((listener("other.exe", 3389, "tcp", 0, a_h="127.0.0.1"),), "free"),
    ],
    ids=["empty", "connections only", "only udp", "another port"],
)
def test_a_table_without_listening_sockets_does_not_show_that_a_port_is_free(
    rows: tuple[Attribution, ...], state: str
) -> None:
    """``netstat -an`` without ``-o``, a filter, or a table of connections alone lists no listening socket."""
    check = internal_port(*rows)
    assert check.state == state
    assert (check.word, check.status) == (
        ("declared", "satisfied") if state == "free" else ("not-observable", "not-observable")
    )


def test_a_table_that_may_be_of_another_host_shows_no_free_port() -> None:
    rows = [listener("other.exe", 3389, "tcp", 0, a_h=A2)]
    check = internal_port(*rows)
    assert (check.doubtful, check.state) == (True, "doubtful")
    assert (check.word, check.status) == ("unproven", "not-observable")


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


def test_every_state_of_a_check_has_a_sentence() -> None:
    rows = (
        listener("nc.exe\x1b[31m", 56030, "tcp", 0),
        listener("ftsvc.exe", 56023, "tcp", 0),
        listener("", 69, "udp", 0),
        listener("pxesvc.exe", 4011, "udp", 0),
        listener("nc.exe", 4011, "udp", 0),
    )
    doubtful = internal_port(listener("other.exe", 3389, "tcp", 0, a_h=A2))
    found = [*checks(*rows).values(), internal_port(), doubtful]
    assert {check.state for check in found} == set(get_args(State))
    for check in found:
        text = visible(sentence(listener_message(check)))
        assert text.isprintable()
        assert str(check.port) in text
        assert text.endswith(".")
