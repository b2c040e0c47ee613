"""One word for each flow: what records show, and what they do not show because of a clock, a port or a claim."""

from typing import Any

import pytest

from analyzer.host_evidence.addresses import WILDCARD
from analyzer.host_evidence.clocks import override
from analyzer.host_evidence.model import NO_TIME, SECOND, Attribution
from analyzer.host_evidence.readers.collect import HostEvidenceError
from tests.host_evidence.made import (
    A1,
    A2,
    CONSOLE,
    DPM,
    SERVER,
    START,
    anchored,
    codes,
    flow,
    found,
    listener,
    record,
    shifted,
    shutdown,
    site,
    words,
)

APISERV = DPM + "apiserv.exe"
EVIL = "C:\\Users\\Public\\apiserv_.exe"
OTHER = "C:\\Windows\\System32\\svchost.exe"


def log_of(flows: list[dict[str, Any]], program: str, **keys: Any) -> list[Attribution]:
    return [*(record(one, OTHER, **keys) for one in anchored()), *(record(one, program, **keys) for one in flows)]


def test_right_program_at_the_right_path_is_confirmed() -> None:
    flows = [shutdown(10)]
    result = found([*anchored(), *flows], log_of(flows, APISERV))
    assert words(result) == ["", "", "", "confirmed"]
    line = result.flows.iloc[3]
    assert line["program"] == f"{APISERV} -> not known"
    assert line["program_source"] == (
        "originator confirmed: server.evtx #1 (security-5156); responder not-observable: no-evidence-of-host"
    )
    assert (line["orig_evidence"], line["resp_evidence"]) == ("confirmed", "not-observable")


@pytest.mark.parametrize(
    ("program", "word"),
    [
        (APISERV, "confirmed"),
        ("\\device\\harddiskvolume3\\program files (x86)\\nec\\deploymentmanager\\APISERV.EXE", "confirmed"),
        (DPM + "schwatch.exe", "confirmed"),
        ("C:\\Program Files\\NEC\\DeploymentManager\\apiserv.exe", "consistent"),  # the path of x86, on x64
        ("C:\\Temp\\apiserv.exe", "consistent"),
        ("C:\\PROGRA~2\\NEC\\DEPLOY~1\\apiserv.exe", "consistent"),
        ("apiserv.exe", "consistent"),
        (EVIL, "contradicted"),
        ("System", "contradicted"),
        ("<unknown process>", "unproven"),
        ("", "unproven"),
    ],
)
def test_words_of_programs(program: str, word: str) -> None:
    flows = [shutdown(10)]
    assert words(found([*anchored(), *flows], log_of(flows, program)))[-1] == word


@pytest.mark.parametrize("hours", [0, 9, -5, 19])
def test_a_clock_that_is_off_is_measured(hours: float) -> None:
    flows = [shutdown(10), shutdown(20, 50001)]
    rows = [*log_of(flows[:1], APISERV), record(flows[1], EVIL)]
    result = found([*anchored(), *flows], shifted(rows, hours * 3600))
    assert words(result)[-2:] == ["confirmed", "contradicted"]
    assert [clock.offset for clock in result.clocks] == [hours * 3600 * SECOND]
    assert ("clock-offset" in codes(result)) == (hours != 0)


@pytest.mark.parametrize("program", [APISERV, EVIL])
def test_without_three_anchors_nothing_is_proven(program: str) -> None:
    flows = [shutdown(10)]
    rows = [record(one, OTHER) for one in anchored(1)]
    result = found([*anchored(1), *flows], [*rows, record(flows[0], program)])
    assert words(result)[-1] == "unproven"
    assert "clock-unknown" in codes(result)


def test_an_override_takes_the_place_of_anchors() -> None:
    flows = [shutdown(10), shutdown(20, 50001)]
    rows = shifted([record(flows[0], APISERV), record(flows[1], EVIL)], 9 * 3600)
    assert words(found(flows, rows)) == ["unproven", "unproven"]
    given = dict([override("dpm01=+9h")])
    assert words(found(flows, rows, overrides=given)) == ["confirmed", "contradicted"]
    wrong = dict([override("dpm01=+8h")])
    result = found(flows, rows, overrides=wrong, pad=7200)
    assert words(result) == ["declared", "declared"]
    assert result.rejected == 2
    assert "clock-of-nobody" in codes(found(flows, rows, overrides={"nobody": 0}))


@pytest.mark.parametrize("text", ["dpm01", "dpm01=9h", "=+9h", "dpm01=+9", "dpm01=+9h9x", "dpm01=later"])
def test_an_override_that_says_nothing_is_an_error(text: str) -> None:
    with pytest.raises(HostEvidenceError, match="write the host"):
        override(text)


def test_anchors_that_disagree_prove_nothing() -> None:
    flows = [shutdown(30)]
    early, late = anchored(3), [dict(one, orig_p=52000 + place) for place, one in enumerate(anchored(3, since=10))]
    rows = [*(record(one, OTHER) for one in early), *shifted([record(one, OTHER) for one in late], 600)]
    result = found([*early, *late, *flows], [*rows, record(flows[0], EVIL)])
    assert words(result)[-1] == "unproven"
    assert "clock-changed" in codes(result)


def agent(at: float, **keys: Any) -> dict[str, Any]:
    return flow("boot-agent", (A1, 56030), (SERVER, 56030), at, **keys)


def test_a_tuple_that_recurs_needs_its_own_time() -> None:
    """56030 to 56030 is one tuple for every connection: a record of an hour before is no evidence for this one."""
    flows = [agent(100), agent(3000)]
    rows = [*log_of([], ""), record(flows[0], DPM + "bkressvc.exe", local="b"), record(flows[1], EVIL, local="b")]
    assert words(found([*anchored(), *flows], rows))[-2:] == ["confirmed", "contradicted"]
    # With one record, the other flow has none.
    assert words(found([*anchored(), *flows], rows[:-1]))[-2:] == ["confirmed", "declared"]
    assert words(found([*anchored(), flows[1]], rows[:-1]))[-1] == "declared"


@pytest.mark.parametrize("begun", [True, False])
def test_a_record_of_a_flow_that_ran_before_is_not_of_the_next_one(begun: bool) -> None:
    """The first datagrams of a capture may be of a flow that began before it. Their record is not of a later flow."""
    first = flow("boot-agent", (A1, 56030), (SERVER, 56030), 50, begun=begun)
    second = flow("boot-agent", (A1, 56030), (SERVER, 56030), 58)
    near = anchored()
    rows = [*(record(one, APISERV) for one in near), record(first, EVIL, local="b")]
    result = found([*near, first, second], rows)
    assert words(result)[-2:] == (["contradicted", "declared"] if begun else ["not-observable", "declared"])


def test_two_connections_at_nearly_the_same_time_may_exchange_their_records() -> None:
    flows = [agent(100), agent(100.5)]
    rows = [*log_of([], ""), record(flows[0], DPM + "bkressvc.exe", local="b"), record(flows[1], EVIL, local="b")]
    assert words(found([*anchored(), *flows], rows))[-2:] == ["unproven", "unproven"]


def test_two_sources_that_differ_are_both_shown_and_prove_nothing() -> None:
    flows = [shutdown(10)]
    other = [
        *(record(one, OTHER, kind="sysmon-3", clock="Sysmon UtcTime", record="7") for one in anchored()),
        record(flows[0], EVIL, kind="sysmon-3", clock="Sysmon UtcTime", record="8"),
    ]
    result = found([*anchored(), *flows], [*log_of(flows, APISERV), *other])
    line = result.flows.iloc[-1]
    assert line["program_evidence"] == "unproven"
    assert line["orig_program"] == f"{APISERV} / {EVIL}"
    assert "#8 (sysmon-3)" in line["program_source"]
    assert "#1 (security-5156)" in line["program_source"]
    agreeing = [row._replace(path=row.path, program="") if row.record == "8" else row for row in other]
    agreeing = [row._replace(path="", program="<unknown process>") if row.record == "8" else row for row in agreeing]
    result = found([*anchored(), *flows], [*log_of(flows, APISERV), *agreeing])
    assert words(result)[-1] == "confirmed"  # a record without the program does not contradict it
    result = found([*anchored(), *flows], [*log_of(flows, EVIL), *other])
    assert words(result)[-1] == "contradicted"


def test_a_path_that_a_second_source_shows_elsewhere_is_not_confirmed() -> None:
    flows = [shutdown(10)]
    other = [
        *(record(one, OTHER, kind="sysmon-3", clock="Sysmon UtcTime") for one in anchored()),
        record(flows[0], "C:\\Temp\\apiserv.exe", kind="sysmon-3", clock="Sysmon UtcTime"),
    ]
    assert words(found([*anchored(), *flows], [*log_of(flows, APISERV), *other]))[-1] == "consistent"


def test_the_weaker_end_is_the_flows() -> None:
    flows = [shutdown(10)]
    machine = [
        *(record(one, OTHER, host="A1", local="b", source="a1.evtx") for one in anchored()),
        record(flows[0], EVIL, host="A1", local="b", source="a1.evtx"),
    ]
    result = found([*anchored(), *flows], [*log_of(flows, APISERV), *machine])
    line = result.flows.iloc[-1]
    assert (line["orig_evidence"], line["resp_evidence"], line["program_evidence"]) == (
        "confirmed", "contradicted", "contradicted",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("machine", "path", "word"),
    [
        (A1, "C:\\Windows\\SysWOW64\\DepAgent.exe", "confirmed"),
        (A1, "C:\\Windows\\System32\\DepAgent.exe", "consistent"),
        (A2, "/opt/dpmclient/agent/bin/Depagtd", "confirmed"),
        (A2, "/tmp/Depagtd", "consistent"),
        (A2, "/opt/dpmclient/agent/bin/depagtd", "contradicted"),
        (A2, "C:\\Windows\\SysWOW64\\DepAgent.exe", "contradicted"),
    ],
)
def test_the_machines_own_system_decides_its_path(machine: str, path: str, word: str) -> None:
    flows = [shutdown(10, machine=machine)]
    near = anchored(machine=machine)
    rows = [*(record(one, OTHER, host="M", local="b") for one in near), record(flows[0], path, host="M", local="b")]
    assert found([*near, *flows], rows).flows["resp_evidence"].iloc[-1] == word


def test_the_web_service_is_seen_as_the_kernel() -> None:
    flows = [
        flow("command-line", (CONSOLE, 50000), (SERVER, 80), 10),
        flow("command-line", (CONSOLE, 50001), (SERVER, 80), 20),
    ]
    rows = [
        *log_of([], ""),
        record(flows[0], "System", pid=4, local="b"),
        record(flows[1], "C:\\nginx\\nginx.exe", local="b"),
    ]
    assert words(found([*anchored(), *flows], rows))[-2:] == ["consistent", "contradicted"]


def test_what_began_before_the_capture_or_outside_the_log_cannot_be_seen() -> None:
    middle = dict(shutdown(10), begun=False)
    late = shutdown(20_000, 50001)
    rows = log_of([], "")
    result = found([*anchored(), middle, late], rows, pad=600)
    assert words(result)[-2:] == ["not-observable", "not-observable"]
    assert result.flows["orig_why"].tolist()[-2:] == ["began-before-capture", "after-log"]


def test_a_log_that_covers_the_time_and_has_no_record_leaves_what_the_table_declares() -> None:
    result = found([*anchored(), shutdown(10)], log_of([], ""))
    assert words(result)[-1] == "declared"
    assert result.flows["orig_why"].iloc[-1] == "no-record"


@pytest.mark.parametrize(
    ("kinds", "word", "why"),
    [
        ({"security-5157"}, "not-observable", "no-log-of-connections"),
        ({"security-5156"}, "declared", "no-record"),
        ({"security-5156", "security-5157"}, "declared", "no-record"),
    ],
    ids=["blocked", "permitted", "both"],
)
def test_a_log_of_blocked_connections_does_not_cover_those_that_were_permitted(
    kinds: set[str], word: str, why: str
) -> None:
    """Windows audits success and failure apart; the offset of the clock is given."""
    rows = [record(anchored()[0], OTHER, kind=kind) for kind in sorted(kinds)]
    result = found([*anchored(), shutdown(10)], rows, overrides={"dpm01": 0})
    assert (words(result)[-1], result.flows["orig_why"].iloc[-1]) == (word, why)


def test_a_record_of_a_blocked_connection_is_still_of_it() -> None:
    flows = [shutdown(10)]
    rows = [*log_of([], ""), record(flows[0], EVIL, kind="security-5157")]
    assert words(found([*anchored(), *flows], rows))[-1] == "contradicted"


def test_a_flow_without_a_row_shows_its_program_and_gets_no_word() -> None:
    result = found(anchored(), log_of([], ""))
    assert words(result) == ["", "", ""]
    assert result.flows["orig_program"].iloc[0] == OTHER
    assert result.flows["program_source"].iloc[0] == "originator: server.evtx #1 (security-5156)"


def test_a_host_that_is_not_where_the_profile_has_it_proves_nothing() -> None:
    flows = [shutdown(10)]
    where = site(hosts={"DPM01": "a2"})
    result = found([*anchored(), *flows], log_of(flows, APISERV), site=where)
    assert words(result)[-1] == "unproven"
    assert "host-disagrees-with-profile" in codes(result)
    assert words(found([*anchored(), *flows], log_of(flows, EVIL), site=where))[-1] == "unproven"


def test_two_computers_that_claim_one_address_prove_nothing() -> None:
    flows = [shutdown(10)]
    rows = log_of(flows, APISERV)
    rows += [row._replace(host="OTHER", source="other.evtx") for row in rows]
    result = found([*anchored(), *flows], rows)
    assert words(result)[-1] == "unproven"
    assert "address-claimed-twice" in codes(result)


def tftp(at: float, machine: str = A1) -> dict[str, Any]:
    return flow("boot-tftp-request", (machine, 2070), (SERVER, 69), at, proto="udp")


SS = {"kind": "ss", "source": "ss.txt", "host": "file:ss.txt"}


def polled(program: str, **keys: Any) -> list[Attribution]:
    """Three connections that appear in one table after the other, and a port that is held all the time."""
    sockets = [
        record(
            one, OTHER, kind="ss", clock="table time", source="ss.txt", host="file:ss.txt", until=one["ts"] + 5 * SECOND
        )
        for one in anchored()
    ]
    return [*sockets, listener(program, 69, "udp", -60, 60, kind="ss", source="ss.txt", host="file:ss.txt", **keys)]


@pytest.mark.parametrize(
    ("program", "word"),
    [("pxemtftp.exe", "consistent"), ("tftpd64.exe", "contradicted"), ("", "unproven")],
)
def test_a_program_that_holds_the_port_all_the_time_has_the_flow(program: str, word: str) -> None:
    assert words(found([*anchored(), tftp(10)], polled(program)))[-1] == word


def test_a_program_that_holds_the_port_at_another_time_contradicts_nothing() -> None:
    assert words(found([*anchored(), tftp(1000)], polled("tftpd64.exe")))[-1] == "unproven"
    assert words(found([*anchored(), tftp(1000)], polled("pxemtftp.exe")))[-1] == "consistent"
    unknown = [listener("tftpd64.exe", 69, "udp", 0, since=NO_TIME, until=NO_TIME)]
    assert words(found([tftp(10)], unknown, site=site(hosts={"DPM01": "dpm-server"})))[-1] == "unproven"


def test_a_socket_that_has_no_process_any_more_contradicts_nothing() -> None:
    flows = [shutdown(10)]
    rows = log_of(flows, "[System Process]", kind="velociraptor", pid=0)
    assert words(found([*anchored(), *flows], rows))[-1] == "unproven"


def test_several_programs_of_which_one_fits_contradict_nothing() -> None:
    rows = [
        *polled("pxemtftp.exe"),
        listener("tftpd64.exe", 69, "udp", -60, 60, kind="ss", source="ss.txt", host="file:ss.txt"),
    ]
    assert words(found([*anchored(), tftp(10)], rows))[-1] == "unproven"


def test_a_binding_before_the_flow_is_no_proof_against_it() -> None:
    bound = [
        *log_of([], ""),
        listener(EVIL, 69, "udp", 1, kind="security-5158", clock="event time", source="server.evtx"),
    ]
    assert words(found([*anchored(), tftp(10)], bound))[-1] == "unproven"
    after = [
        *bound,
        listener(DPM + "pxemtftp.exe", 69, "udp", 5, kind="security-5158", clock="event time", source="server.evtx"),
    ]
    assert words(found([*anchored(), tftp(10)], after))[-1] == "consistent"  # the last binding before the flow


def test_notes_beside_packets_need_no_clock() -> None:
    flows = [shutdown(10), shutdown(20, 50001, A2)]
    keys = {
        "clock": "capture", "kind": "process-block", "source": "server.pcapng", "host": "file:server.pcapng",
        "local": "",
    }  # fmt: skip
    rows = [record(flows[0], APISERV, **keys), record(flows[1], EVIL, **keys)]
    assert words(found(flows, rows)) == ["confirmed", "contradicted"]
    # Whose capture it is shows only where one address is in all of its packets.
    result = found(flows[:1], rows[:1])
    assert words(result) == ["not-observable"]
    assert "unknown-host" in codes(result)
    assert words(found(flows[:1], rows[:1], site=site(hosts={"server.pcapng": "dpm-server"}))) == ["confirmed"]
    comments = [row._replace(kind="comment-ptcpdump") for row in rows]
    assert words(found(flows, comments)) == ["consistent", "contradicted"]
    fuzzy = [row._replace(kind="comment-etl2pcapng") for row in rows]
    assert words(found(flows, fuzzy)) == ["consistent", "unproven"]


def noted(flows: list[dict[str, Any]], program: str) -> list[Attribution]:
    """Notes of a capture of the server beside the packets of these flows."""
    keys = {"clock": "capture", "kind": "process-block", "source": "server.pcapng", "host": "file:server.pcapng"}
    return [record(one, program, **keys) for one in flows]


@pytest.mark.parametrize("judged", [True, False])
def test_only_a_judged_capture_has_the_clock_of_the_flows(judged: bool) -> None:
    """A capture of the host itself, taken beside the judged one, has the host's clock."""
    flows = [shutdown(10), shutdown(40, 50001)]
    rows = shifted([*noted(anchored(), OTHER), *noted(flows[:1], APISERV), *noted(flows[1:], EVIL)], 30)
    result = found([*anchored(), *flows], rows, captures={"sha of server.pcapng"} if judged else {"sha of other.pcap"})
    assert [clock.basis for clock in result.clocks] == ["capture" if judged else "anchors"]
    assert words(result)[-2:] == (["not-observable"] * 2 if judged else ["confirmed", "contradicted"])


def test_the_clock_of_another_capture_is_unknown_without_anchors() -> None:
    flows = [shutdown(10)]
    result = found(flows, noted(flows, EVIL), captures=set())
    assert words(result) == ["unproven"]
    assert "clock-unknown" in codes(result)


@pytest.mark.parametrize("judged", [True, False])
def test_an_override_is_of_the_notes_of_a_capture_too(judged: bool) -> None:
    flows = [shutdown(10)]
    rows = shifted(noted(flows, EVIL), 9 * 3600)
    captures = {"sha of server.pcapng"} if judged else set()
    given = dict([override("server.pcapng=+9h")])
    result = found(flows, rows, overrides=given, captures=captures)
    assert [clock.basis for clock in result.clocks] == ["override"]
    assert words(result) == ["contradicted"]


def test_footnote_6_decides_which_program_may_hold_the_dhcp_port() -> None:
    reply = flow("boot-dhcp-reply", (SERVER, 67), (A1, 68), 10, proto="udp")
    elsewhere = site(dhcp={"servers": ["192.168.0.5"]})
    for program, here, there in (
        (DPM + "pxesvc.exe", "contradicted", "confirmed"),
        (OTHER, "consistent", "contradicted"),
        ("C:\\other\\dhcp.exe", "unproven", "contradicted"),
    ):
        rows = [*log_of([], ""), record(reply, program)]
        assert words(found([*anchored(), reply], rows))[-1] == here, program
        assert words(found([*anchored(), reply], rows, site=elsewhere))[-1] == there, program


def test_the_dhcp_servers_own_machine_runs_a_dhcp_server() -> None:
    dhcp = "192.168.0.5"
    reply = flow("boot-dhcp-reply", (dhcp, 67), (A1, 68), 10, proto="udp")
    near = [dict(one, orig_h=dhcp) for one in anchored()]
    rows = [*(record(one, OTHER, host="DHCP") for one in near), record(reply, "/usr/sbin/dnsmasq", host="DHCP")]
    assert words(found([*near, reply], rows, site=site(dhcp={"servers": [dhcp]})))[-1] == "consistent"


EVERYBODY, NO_ADDRESS = "255.255.255.255", "0.0.0.0"


@pytest.mark.parametrize(
    ("host", "direction", "ends"),
    [
        (A1, "out", ("", "")),
        (A1, "", ("", "")),
        (SERVER, "in", ("", OTHER)),
        (SERVER, "", ("", "")),
    ],
)
def test_only_a_record_of_an_inbound_datagram_is_of_its_receiver(
    host: str, direction: str, ends: tuple[str, str]
) -> None:
    """A DHCP client has no address yet, so its own record does not show that it is the sender."""
    near = [dict(one, orig_h=host, resp_h="192.168.0.99") for one in anchored()]
    request = flow("boot-dhcp-request", (NO_ADDRESS, 68), (EVERYBODY, 67), 10, proto="udp")
    rows = [
        *(record(one, OTHER) for one in near),
        record(request, OTHER, a_h=WILDCARD, local="", kind="sysmon-3", direction=direction),
    ]
    line = found([*near, request], rows).flows.iloc[-1]
    assert (line["orig_program"], line["resp_program"]) == ends


def test_a_sender_on_an_unknown_address_is_not_the_receiver() -> None:
    """A second network card, of which no other record shows the address."""
    sent = flow("", ("192.168.7.1", 5000), ("239.1.2.3", 5001), 10, proto="udp")
    rows = [*log_of([], ""), record(sent, EVIL, local="", kind="sysmon-3", direction="out")]
    line = found([*anchored(), sent], rows).flows.iloc[-1]
    assert (line["orig_program"], line["resp_program"]) == ("", "")


def test_a_host_that_receives_its_own_broadcast_is_its_receiver() -> None:
    reply = flow("boot-dhcp-reply", (SERVER, 67), (EVERYBODY, 68), 10, proto="udp")
    rows = [*log_of([], ""), record(reply, EVIL, local="", direction="in")]
    line = found([*anchored(), reply], rows).flows.iloc[-1]
    assert (line["orig_program"], line["resp_program"]) == ("", EVIL)


def test_equal_octets_out_for_equal_input() -> None:
    flows = [*anchored(), shutdown(10), agent(20), tftp(30)]
    rows = [*log_of(flows[3:4], APISERV), *polled("pxemtftp.exe")]
    one, two = found(flows, rows), found(flows, list(reversed(rows)))
    assert one.flows.to_csv() == found(flows, rows).flows.to_csv()
    assert one.flows["program_evidence"].tolist() == two.flows["program_evidence"].tolist()
    assert START
