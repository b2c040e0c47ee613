"""Every kind of file to records: events of several shippers, socket tables of Windows and Linux, exports."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from analyzer.host_evidence.child import read_here
from analyzer.host_evidence.model import (
    NO_PID,
    NO_PORT,
    NO_TIME,
    SECOND,
    Attribution,
    Nature,
    processes_of,
    rows_of,
)
from analyzer.host_evidence.moments import epoch, nanoseconds
from analyzer.host_evidence.process import FileReading, Limits
from analyzer.host_evidence.readers.console import stamped
from analyzer.host_evidence.recognise import form_of

AT = 1_772_442_000 * SECOND
PATH = "\\device\\harddiskvolume2\\program files (x86)\\nec\\deploymentmanager\\apiserv.exe"
WFP = {
    "ProcessID": "1280", "Application": PATH, "Direction": "%%14593", "SourceAddress": "192.168.0.1",
    "SourcePort": "50000", "DestAddress": "192.168.0.21", "DestPort": "56010", "Protocol": "6",
}  # fmt: skip
SYSMON = {
    "UtcTime": "2026-03-02 09:13:00.250", "ProcessId": 1280, "Image": "C:\\x\\apiserv.exe", "Protocol": "tcp",
    "Initiated": "true", "SourceIp": "192.168.0.1", "SourcePort": 50000, "DestinationIp": "192.168.0.21",
    "DestinationPort": 56010,
}  # fmt: skip


def reading(folder: Path, content: str | bytes, name: str = "evidence") -> FileReading:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_here(path, name, Limits())


def rows(folder: Path, content: str | bytes) -> list[Attribution]:
    return rows_of(reading(folder, content).attributions)


def evtx_shape(event: int, channel: str, data: dict[str, Any], number: int = 7) -> dict[str, Any]:
    return {
        "Event": {
            "System": {
                "EventID": event, "Channel": channel, "Computer": "DPM01.example.local", "EventRecordID": number,
                "TimeCreated": {"#attributes": {"SystemTime": "2026-03-02T09:00:00.500000Z"}},
            },
            "EventData": data,
        }
    }  # fmt: skip


def winlogbeat(event: int, channel: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "@timestamp": "2026-03-02T09:00:00.500Z",
        "winlog": {
            "event_id": event, "channel": channel, "computer_name": "DPM01.example.local", "record_id": 7,
            "event_data": data,
        },
    }  # fmt: skip


def old_winlogbeat(event: int, channel: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "@timestamp": "2026-03-02T09:00:00.500Z", "event_id": event, "log_name": channel,
        "computer_name": "DPM01.example.local", "record_number": "7", "event_data": data,
    }  # fmt: skip


def nxlog(event: int, channel: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "EventTime": "2026-03-02 18:00:00", "@timestamp": "2026-03-02T09:00:03.000Z", "EventID": event,
        "Channel": channel, "Hostname": "DPM01.example.local", "RecordNumber": 7, **data,
    }  # fmt: skip


@pytest.mark.parametrize("shape", [evtx_shape, winlogbeat, old_winlogbeat, nxlog])
def test_a_connection_of_every_shipper(tmp_path: Path, shape: Any) -> None:
    found = rows(tmp_path, json.dumps(shape(5156, "Security", WFP)))
    assert len(found) == 1
    one = found[0]
    assert (one.host, one.kind, one.proto, one.local) == ("DPM01.example.local", "security-5156", "tcp", "a")
    assert (one.a_h, one.a_p, one.b_h, one.b_p) == ("192.168.0.1", 50000, "192.168.0.21", 56010)
    assert (one.program, one.path, one.pid, one.record) == ("apiserv.exe", PATH, 1280, "7")
    if shape is nxlog:  # the host's own time, whose zone the shipper lost
        assert (one.since, one.clock) == (AT + 9 * 3600 * SECOND, "event time without zone")
    else:
        assert (one.since, one.clock) == (AT + SECOND // 2, "event time")


@pytest.mark.parametrize("shape", [evtx_shape, winlogbeat, old_winlogbeat, nxlog])
def test_the_time_of_sysmons_events_is_their_own(tmp_path: Path, shape: Any) -> None:
    one = rows(tmp_path, json.dumps(shape(3, "Microsoft-Windows-Sysmon/Operational", SYSMON)))[0]
    assert (one.since - AT, one.clock) == (780 * SECOND + SECOND // 4, "Sysmon UtcTime")
    assert one.local == "a"


@pytest.mark.parametrize(
    ("changes", "local", "direction"),
    [
        ({}, "a", "out"),
        ({"Initiated": "false"}, "b", "in"),
        ({"Protocol": "udp"}, "", "out"),
        ({"Protocol": "udp", "Initiated": "false"}, "", "in"),
        ({"Initiated": True}, "a", "out"),
        ({"Initiated": None}, "", ""),
    ],
)
def test_direction_of_sysmon(tmp_path: Path, changes: dict[str, Any], local: str, direction: str) -> None:
    shape = evtx_shape(3, "Microsoft-Windows-Sysmon/Operational", {**SYSMON, **changes})
    one = rows(tmp_path, json.dumps(shape))[0]
    assert (one.local, one.direction) == (local, direction)


@pytest.mark.parametrize("event", [5156, 5157])
@pytest.mark.parametrize(("code", "local", "direction"), [("%%14593", "a", "out"), ("%%14592", "", "in"), ("", "", "")])
def test_of_an_inbound_connection_the_record_does_not_say_which_end_is_local(
    tmp_path: Path, event: int, code: str, local: str, direction: str
) -> None:
    one = rows(tmp_path, json.dumps(evtx_shape(event, "Security", {**WFP, "Direction": code})))[0]
    assert (one.local, one.direction) == (local, direction)


@pytest.mark.parametrize("event", [5154, 5158])
def test_listeners(tmp_path: Path, event: int) -> None:
    data = {"ProcessId": 99, "Application": PATH, "SourceAddress": "::", "SourcePort": "69", "Protocol": 17}
    one = rows(tmp_path, json.dumps(evtx_shape(event, "Security", data)))[0]
    assert (one.kind, one.a_h, one.a_p, one.b_p, one.proto) == (f"security-{event}", "", 69, NO_PORT, "udp")


def test_addresses_have_one_spelling(tmp_path: Path) -> None:
    data = {**WFP, "SourceAddress": "fe80:0:0:0:3b31:a8fa:5adc:7b9e%5", "DestAddress": "::ffff:192.168.0.21"}
    one = rows(tmp_path, json.dumps(evtx_shape(5156, "Security", data)))[0]
    assert (one.a_h, one.b_h) == ("fe80::3b31:a8fa:5adc:7b9e", "192.168.0.21")


PROCESSES = [
    ("Microsoft-Windows-Sysmon/Operational", 1, {"ProcessId": 500, "Image": "C:\\b.exe", "ParentProcessId": 4}),
    ("Microsoft-Windows-Sysmon/Operational", 5, {"ProcessId": "500", "Image": "C:\\b.exe"}),
    ("Security", 4688, {"NewProcessId": "0x1f4", "NewProcessName": "C:\\b.exe", "ProcessId": "0x4"}),
    ("Security", 4689, {"ProcessId": "0x1F4", "ProcessName": "C:\\b.exe"}),
]


@pytest.mark.parametrize("shape", [evtx_shape, winlogbeat, old_winlogbeat, nxlog])
@pytest.mark.parametrize(("channel", "number", "data"), PROCESSES, ids=["sysmon-1", "sysmon-5", "4688", "4689"])
def test_a_process_of_every_shipper(
    tmp_path: Path, shape: Any, channel: str, number: int, data: dict[str, Any]
) -> None:
    """Security writes process ids in hexadecimal digits, and Sysmon has a time of its own."""
    sysmon = channel != "Security"
    given = {**data, "UtcTime": "2026-03-02 09:13:00.250"} if sysmon else data
    result = reading(tmp_path, json.dumps(shape(number, channel, given)))
    (one,) = processes_of(result.processes)
    assert (one.host, one.pid, one.program, one.path) == ("DPM01.example.local", 500, "b.exe", "C:\\b.exe")
    assert one.event == ("start" if number in {1, 4688} else "stop")
    assert (one.kind, one.channel, one.record) == (f"{'sysmon' if sysmon else 'security'}-{number}", channel, "7")
    if sysmon:
        # 13 minutes lie between the two times of the record; of a record without a zone that is not known.
        clock = "Sysmon UtcTime" if shape is nxlog else "Sysmon UtcTime apart from the event's time"
        assert (one.time - AT, one.clock) == (780 * SECOND + SECOND // 4, clock)
    else:
        assert one.clock == ("event time without zone" if shape is nxlog else "event time")
    assert (len(result.attributions), result.unread) == (0, 0)
    assert {(log.natures, log.used) for log in result.logs} == {(frozenset({Nature.PROCESS}), 1)}


def moved(number: int, channel: str, **fields: Any) -> str:
    """As winlogbeat's modules ship an event: its values are in fields of the Elastic Common Schema."""
    shape = winlogbeat(number, channel, {})
    return json.dumps({**shape, "event": {"code": str(number)}, **fields})


def test_values_that_a_module_of_winlogbeat_moved(tmp_path: Path) -> None:
    sysmon = PROCESSES[0][0]
    process = {"pid": 500, "executable": "C:\\b.exe", "name": "b.exe", "parent": {"pid": 4}}
    ends = {"source": {"ip": "192.168.0.1", "port": 50000}, "destination": {"ip": "192.168.0.21", "port": 56010}}
    network = {"transport": "tcp", "direction": "egress"}
    (one,) = rows(tmp_path, moved(3, sysmon, process=process, network=network, **ends))
    assert (one.a_h, one.a_p, one.b_h, one.b_p, one.local) == ("192.168.0.1", 50000, "192.168.0.21", 56010, "a")
    assert (one.path, one.pid, one.proto) == ("C:\\b.exe", 500, "tcp")
    for channel, number in ((sysmon, 1), (sysmon, 5), ("Security", 4688), ("Security", 4689)):
        (event,) = processes_of(reading(tmp_path, moved(number, channel, process=process)).processes)
        assert (event.pid, event.path) == (500, "C:\\b.exe")


@pytest.mark.parametrize(("number", "data"), [(5156, WFP), (5158, WFP | {"ProcessId": 5})])
def test_an_event_without_its_protocol_could_not_be_read(tmp_path: Path, number: int, data: dict[str, Any]) -> None:
    """One of a protocol without ports, as ICMP, is nothing to read."""
    for protocol, unread in ((None, 1), ("", 1), ("1", 0)):
        result = reading(tmp_path, json.dumps(evtx_shape(number, "Security", {**data, "Protocol": protocol})))
        assert (len(result.attributions), result.unread) == (0, unread)


@pytest.mark.parametrize(
    ("channel", "number", "data"),
    [
        ("Security", 4608, {}),
        ("System", 6005, {}),
        ("System", 6009, {}),
        ("Security", 4688, {"NewProcessId": "0x1f4", "NewProcessName": "C:\\smss.exe", "ProcessId": "0x4"}),
        (PROCESSES[0][0], 1, {"ProcessId": 500, "Image": "C:\\SMSS.EXE", "ParentProcessId": 4}),
    ],
)
def test_events_that_show_a_boot(tmp_path: Path, channel: str, number: int, data: dict[str, Any]) -> None:
    result = reading(tmp_path, json.dumps(evtx_shape(number, channel, data)))
    assert next(one.event for one in processes_of(result.processes)) == "boot"


@pytest.mark.parametrize("parent", ["0x1f0", "", "4x"])
def test_a_session_that_begins_is_no_boot(tmp_path: Path, parent: str) -> None:
    data = {"NewProcessId": "0x1f4", "NewProcessName": "C:\\smss.exe", "ProcessId": parent}
    result = reading(tmp_path, json.dumps(evtx_shape(4688, "Security", data)))
    assert [one.event for one in processes_of(result.processes)] == ["start"]


@pytest.mark.parametrize("data", [{"NewProcessId": "x", "NewProcessName": "a"}, {"NewProcessId": "0x5"}, {}])
def test_a_process_without_an_id_or_a_program_could_not_be_read(tmp_path: Path, data: dict[str, Any]) -> None:
    result = reading(tmp_path, json.dumps(evtx_shape(4688, "Security", data)))
    assert (len(result.processes), result.unread) == (0, 1)


def test_what_a_log_covers(tmp_path: Path) -> None:
    lines = [evtx_shape(5156, "Security", WFP, number) for number in (5, 6, 9)]
    lines.append(evtx_shape(4624, "Security", {}, 10))
    lines.append(evtx_shape(1102, "Security", {}, 4))
    log = reading(tmp_path, "\n".join(map(json.dumps, lines))).logs[0]
    assert (log.records, log.used, log.rolled, log.gap_count) == (5, 3, True, 1)
    assert log.gaps[0].missing == 2
    assert log.cleared == (AT + SECOND // 2,)


def test_a_record_that_could_not_be_read_counts_once_in_its_own_log(tmp_path: Path) -> None:
    sysmon = "Microsoft-Windows-Sysmon/Operational"
    bad = {name: value for name, value in WFP.items() if name != "SourcePort"}
    lines = [evtx_shape(5156, "Security", WFP), evtx_shape(5156, "Security", bad), evtx_shape(3, sysmon, SYSMON)]
    result = reading(tmp_path, "\n".join([*map(json.dumps, lines), "no JSON"]))
    assert result.unread == 2
    assert {(log.channel, log.unread) for log in result.logs} == {("Security", 1), (sysmon, 0)}


def test_another_channels_clearing_is_in_the_system_log(tmp_path: Path) -> None:
    shape = evtx_shape(104, "System", {})
    shape["Event"]["EventData"] = None
    shape["Event"]["UserData"] = {"LogFileCleared": {"Channel": "Microsoft-Windows-Sysmon/Operational"}}
    found = reading(tmp_path, json.dumps(shape)).logs
    assert [log.channel for log in found if log.cleared] == ["Microsoft-Windows-Sysmon/Operational"]


ENGLISH = """
Active Connections

  Proto  Local Address          Foreign Address        State           PID
  TCP    0.0.0.0:56030          0.0.0.0:0              LISTENING       2222
 [bkressvc.exe]
  TCP    0.0.0.0:80             0.0.0.0:0              LISTENING       4
 Can not obtain ownership information
  TCP    192.168.0.1:56030      192.168.0.21:56030     ESTABLISHED     2222
 [bkressvc.exe]
  TCP    [::]:56023             [::]:0                 LISTENING       3333
  x: Windows Sockets initialization failed: 5
  UDP    0.0.0.0:67             *:*                                    4444
  DHCPServer
 [svchost.exe]
"""
JAPANESE = """
アクティブな接続

  プロトコル  ローカル アドレス      外部アドレス           状態            PID
  TCP         0.0.0.0:56030          0.0.0.0:0              LISTENING       2222
 [bkressvc.exe]
  TCP         0.0.0.0:80             0.0.0.0:0              LISTENING       4
 所有者情報を取得できません
  TCP         192.168.0.1:56030      192.168.0.21:56030     ESTABLISHED     2222
 [bkressvc.exe]
  TCP         [::]:56023             [::]:0                 LISTENING       3333
  UDP         0.0.0.0:67             *:*                                    4444
  DHCPServer
 [svchost.exe]
"""


@pytest.mark.parametrize(
    "octets",
    [
        ENGLISH.encode(), ENGLISH.replace("\n", "\r\n").encode("utf-16"), JAPANESE.encode("cp932"),
        JAPANESE.encode("utf-8-sig"), JAPANESE.encode("utf-16-le"),
    ],
    ids=["english", "english-utf16", "japanese-cp932", "japanese-utf8", "japanese-utf16"],
)  # fmt: skip
def test_netstat_in_both_languages(tmp_path: Path, octets: bytes) -> None:
    found = [(row.proto, row.a_p, row.b_h, row.b_p, row.program, row.pid) for row in rows(tmp_path, octets)]
    assert sorted(found) == [
        ("tcp", 80, "", NO_PORT, "System", 4),
        ("tcp", 56023, "", NO_PORT, "", 3333),
        ("tcp", 56030, "", NO_PORT, "bkressvc.exe", 2222),
        ("tcp", 56030, "192.168.0.21", 56030, "bkressvc.exe", 2222),
        ("udp", 67, "", NO_PORT, "svchost.exe", 4444),
    ]


def test_a_table_without_a_time_has_none(tmp_path: Path) -> None:
    assert {row.since for row in rows(tmp_path, ENGLISH)} == {NO_TIME}


def test_tables_of_many_reads_are_combined(tmp_path: Path) -> None:
    first = "2026-03-02T09:00:00Z\n" + ENGLISH
    second = "2026-03-02T09:00:05Z\n" + ENGLISH.replace("192.168.0.21:56030", "192.168.0.22:56030")
    found = {(row.a_p, row.b_h): row for row in rows(tmp_path, first + second)}
    assert (found[67, ""].since, found[67, ""].until) == (AT, AT + 5 * SECOND)
    assert not found[67, ""].first
    assert found[56030, "192.168.0.22"].first  # it was not in the table before
    assert found[56030, "192.168.0.21"].until == AT


def spans(rows_found: list[Attribution], port: int) -> list[tuple[int, int]]:
    """When a port was held, in seconds behind AT; NO_TIME where that is not known."""

    def second(time: int) -> int:
        return time if time == NO_TIME else (time - AT) // SECOND

    return sorted((second(row.since), second(row.until)) for row in rows_found if row.a_p == port)


def test_two_tables_of_one_time_are_one(tmp_path: Path) -> None:
    """As ``netstat -p tcp`` and ``netstat -p udp`` print them, one after the other."""
    head, *lines = ENGLISH.strip().splitlines()[2:]
    udp = lines.index("  UDP    0.0.0.0:67             *:*                                    4444")
    both = ["\n".join([head, *part]) for part in (lines[:udp], lines[udp:])]
    text = "".join(f"2026-03-02T09:00:0{second}Z\n{both[0]}\n{both[1]}\n" for second in (0, 1, 2))
    found = rows(tmp_path, text)
    assert spans(found, 56030) == [(0, 2), (0, 2)]
    assert spans(found, 67) == [(0, 2)]
    assert not any(row.first for row in found)


def test_a_table_that_comes_again_under_an_old_time_has_none(tmp_path: Path) -> None:
    """Who states the time once and takes tables again and again: only the first of them is of this time."""
    later = ENGLISH.replace("192.168.0.21:56030", "192.168.0.22:56030")
    found = rows(tmp_path, f"2026-03-02T09:00:00Z\n{ENGLISH}{later}{later}2026-03-02T09:00:09Z\n{ENGLISH}")
    assert spans(found, 67) == [(NO_TIME, NO_TIME), (NO_TIME, NO_TIME), (0, 9)]
    assert {row.since for row in found if row.b_h == "192.168.0.22"} == {NO_TIME}
    assert not any(row.first for row in found)


SS = """Netid State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess
udp   UNCONN 0      0            0.0.0.0:69         0.0.0.0:*    users:(("pxemtftp.exe",pid=77,fd=3))
udp   UNCONN 0      0      127.0.0.53%lo:53         0.0.0.0:*
tcp   LISTEN 0      128             [::]:56030         [::]:*    users:(("my prog",pid=2,fd=3),("my prog",pid=3,fd=3))
tcp   ESTAB  0      0        192.168.0.1:40000 192.168.0.21:56010 users:(("apiserv.exe",pid=5,fd=3))
u_str ESTAB  0      0                  * 16234             * 16235
"""


def test_ss(tmp_path: Path) -> None:
    found = [(row.proto, row.a_h, row.a_p, row.b_p, row.program, row.pid) for row in rows(tmp_path, SS)]
    assert sorted(found) == [
        ("tcp", "", 56030, NO_PORT, "my prog", 2),
        ("tcp", "", 56030, NO_PORT, "my prog", 3),
        ("tcp", "192.168.0.1", 40000, 56010, "apiserv.exe", 5),
        ("udp", "", 69, NO_PORT, "pxemtftp.exe", 77),
        ("udp", "127.0.0.53", 53, NO_PORT, "", NO_PID),
    ]


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("2026-03-02T09:00:00Z", AT),
        ("# 2026-03-02 18:00:00+09:00", AT),
        ("=== 1772442000 ===", AT),
        ("2026/03/02 09:00:00.50", AT + SECOND // 2),
        ("2026/03/02(月)  9:00:00.5", AT + SECOND // 2),
        ("Mon Mar  2 18:00:00 JST 2026", AT),
        ("Mon Mar  2 09:00:00 XYZ 2026", AT),
    ],
)
def test_lines_that_state_a_time(line: str, time: int) -> None:
    found = stamped(line)
    assert found is not None
    assert found[0] == time


@pytest.mark.parametrize("line", ["", "2026-13-02T09:00:00Z", "1234", "at 2026-03-02T09:00:00Z", "TCP 0.0.0.0:80"])
def test_lines_that_state_none(line: str) -> None:
    assert stamped(line) is None


OSQUERY = [
    {"pid": "77", "protocol": "17", "local_address": "0.0.0.0", "local_port": "69", "remote_address": "0.0.0.0",
     "remote_port": "0", "path": "C:\\NEC\\pxemtftp.exe", "name": "pxemtftp.exe", "state": ""},
    {"pid": "5", "protocol": "6", "local_address": "192.168.0.1", "local_port": "40000",
     "remote_address": "192.168.0.21", "remote_port": "56010",
     "path": "C:\\NEC\\apiserv.exe", "name": "apiserv.exe", "state": "ESTABLISHED"},
]  # fmt: skip


def csv_of(records: list[dict[str, Any]]) -> str:
    lines = [",".join(records[0]), *(",".join(str(value) for value in one.values()) for one in records)]
    return "\n".join(lines)


def snapshot_log(records: list[dict[str, Any]]) -> str:
    return json.dumps({"name": "sockets", "hostIdentifier": "DPM01", "unixTime": 1_772_442_000, "snapshot": records})


def osquery_csv_of(records: list[dict[str, Any]]) -> str:
    """As ``osqueryi --csv`` writes it."""
    return csv_of(records).replace(",", "|")


@pytest.mark.parametrize(
    "written", [json.dumps, csv_of, osquery_csv_of, snapshot_log], ids=["json", "csv", "osqueryi", "result log"]
)
def test_osquery(tmp_path: Path, written: Any) -> None:
    found = sorted(rows(tmp_path, written(OSQUERY)), key=lambda row: row.a_p)
    assert [(row.kind, row.a_p, row.b_p, row.path) for row in found] == [
        ("osquery", 69, NO_PORT, "C:\\NEC\\pxemtftp.exe"),
        ("osquery", 40000, 56010, "C:\\NEC\\apiserv.exe"),
    ]
    if written is snapshot_log:
        assert {(row.host, row.since) for row in found} == {("DPM01", AT)}


VELOCIRAPTOR = [
    {"Pid": 77, "Name": "pxemtftp.exe", "Family": "IPv4", "Type": "UDP", "Status": "",
     "Laddr": {"IP": "0.0.0.0", "Port": 69}, "Raddr": {"IP": "", "Port": 0},
     "Timestamp": "2026-03-02T09:00:00Z", "Fqdn": "dpm01"},
    {"Pid": 5, "Name": "apiserv.exe", "Family": "IPv4", "Type": "TCP", "Status": "ESTAB",
     "Laddr": {"IP": "192.168.0.1", "Port": 40000}, "Raddr": {"IP": "192.168.0.21", "Port": 56010},
     "Timestamp": "2026-03-02T09:00:00Z", "Fqdn": "dpm01"},
]  # fmt: skip
ENRICHED = """Pid,Name,Path,Type,Status,SrcIP,SrcPort,DestIP,DestPort,Timestamp,Fqdn
77,pxemtftp.exe,C:\\NEC\\pxemtftp.exe,UDP,,0.0.0.0,69,,0,2026-03-02T09:00:00Z,dpm01
5,apiserv.exe,C:\\NEC\\apiserv.exe,TCP,ESTAB,192.168.0.1,40000,192.168.0.21,56010,2026-03-02T09:00:00Z,dpm01
"""


NESTED = """Pid,Name,Type,Status,Laddr,Raddr,Timestamp,Fqdn
77,pxemtftp.exe,UDP,,"{""IP"":""0.0.0.0"",""Port"":69}","{""Port"":0}",2026-03-02T09:00:00Z,dpm01
5,apiserv.exe,TCP,ESTAB,"{""IP"":""192.168.0.1"",""Port"":40000}","{""IP"":""192.168.0.21"",""Port"":56010}",\
2026-03-02T09:00:00Z,dpm01
"""


@pytest.mark.parametrize(
    "text", ["\n".join(map(json.dumps, VELOCIRAPTOR)), json.dumps(VELOCIRAPTOR, indent=2), ENRICHED, NESTED],
    ids=["lines", "list", "csv", "csv with objects"],
)  # fmt: skip
def test_velociraptor(tmp_path: Path, text: str) -> None:
    found = sorted(rows(tmp_path, text), key=lambda row: row.a_p)
    assert [(row.kind, row.host, row.a_p, row.b_p, row.program, row.since) for row in found] == [
        ("velociraptor", "dpm01", 69, NO_PORT, "pxemtftp.exe", AT),
        ("velociraptor", "dpm01", 40000, 56010, "apiserv.exe", AT),
    ]


LINUX: list[dict[str, Any]] = [
    {"inode": "1", "State": "Listening", "uid": "0",
     "ProcessInfo": {"Pid": 77, "Command": "bkressvc.exe\n", "CommandLine": "x", "Type": "socket", "Inode": "1"},
     "LocalAddr": "0.0.0.0", "LocalPort": 56030, "RemoteAddr": "0.0.0.0", "RemotePort": 0},
    {"inode": "2", "State": "Established", "uid": "0", "ProcessInfo": {"Pid": 5, "Command": "depagent"},
     "LocalAddr": "192.168.0.22", "LocalPort": 40000, "RemoteAddr": "192.168.0.1", "RemotePort": 56030},
    {"inode": "0", "State": "Time Wait", "uid": "0", "ProcessInfo": None,
     "LocalAddr": "192.168.0.22", "LocalPort": 40001, "RemoteAddr": "192.168.0.1", "RemotePort": 56030},
]  # fmt: skip


@pytest.mark.parametrize("tcp6", [False, True])
@pytest.mark.parametrize("written", ["lines", "csv"])
def test_velociraptors_tables_of_linux(tmp_path: Path, written: str, tcp6: bool) -> None:
    """Its rows of /proc/net/tcp state no protocol, and those of /proc/net/tcp6 the type TCP6."""
    extra: dict[str, Any] = {"Type": "TCP6"} if tcp6 else {}
    held = [extra | one for one in LINUX]
    text = "\n".join(map(json.dumps, held))
    if written == "csv":
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(held[0])
        writer.writerows([json.dumps(v) if isinstance(v, dict) else v for v in one.values()] for one in held)
        text = out.getvalue()
    result = reading(tmp_path, text)
    found = [(row.kind, row.proto, row.a_p, row.b_p, row.program, row.pid) for row in rows_of(result.attributions)]
    assert found == [
        ("velociraptor-linux", "tcp", 56030, NO_PORT, "bkressvc.exe", 77),
        ("velociraptor-linux", "tcp", 40000, 56030, "depagent", 5),
        ("velociraptor-linux", "tcp", 40001, 56030, "", NO_PID),
    ]
    assert result.unread == 0


@pytest.mark.parametrize(
    ("keys", "proto", "unread"),
    [
        ({"Family": 2, "Type": 1}, "tcp", 0),
        ({"Family": 10, "Type": 2}, "udp", 0),
        ({"Family": 23, "Type": 2, "FamilyString": "IPv6", "TypeString": "UDP"}, "udp", 0),
        ({"Family": 2, "Type": 1, "TypeString": "TCP"}, "tcp", 0),
        ({"Family": "IPv4", "Type": "1"}, "tcp", 0),
        ({"Family": 1, "Type": 1}, "", 0),
        ({"Type": 1}, "", 1),
        ({"Family": 2, "Type": 3}, "", 0),
        ({"Family": 2}, "", 1),
        ({}, "", 1),
    ],
)
def test_a_row_with_the_numbers_of_a_socket(tmp_path: Path, keys: dict[str, Any], proto: str, unread: int) -> None:
    """As the plugin netstat() gives it on Linux. A row whose protocol nothing says is counted as not read."""
    one = {"Pid": 5, "Laddr": {"IP": "0.0.0.0", "Port": 69}, "Raddr": {"IP": "", "Port": 0}, "Status": "LISTEN"}
    result = reading(tmp_path, json.dumps(one | keys))
    assert [row.proto for row in rows_of(result.attributions)] == ([proto] if proto else [])
    assert result.unread == unread


@pytest.mark.parametrize("text", ["", "hello\n", "{}\n", "[1, 2]", "a,b,c,d\n1,2,3,4\n", "\x00" * 100, "<xml/>"])
def test_what_is_no_evidence_is_not_taken_for_any(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other"
    path.write_text(text)
    assert form_of(path) is None
    assert read_here(path, "other", Limits()).failed == "unknown-form"


@pytest.mark.parametrize("text", ["1601-01-01T00:00:00Z", "2300-01-01T00:00:00Z", "0001-01-01", "9999-12-31T23:59:59Z"])
def test_a_time_that_no_table_can_hold_is_none(text: str) -> None:
    assert nanoseconds(text) == (NO_TIME, False)


@pytest.mark.parametrize("value", ["1772442000.\u00b2", "1772442000.\u0664", "\u00b2" * 10, "1e5", "-1", "9" * 30])
def test_a_number_that_is_no_time(value: str) -> None:
    assert epoch(value) == NO_TIME


def test_a_record_with_a_time_that_no_table_can_hold_costs_nothing_else(tmp_path: Path) -> None:
    """Windows writes 1601-01-01 where it has no time."""
    early = evtx_shape(5156, "Security", WFP)
    early["Event"]["System"]["TimeCreated"]["#attributes"]["SystemTime"] = "1601-01-01T00:00:00Z"
    late = nxlog(5156, "Security", WFP) | {"EventTime": "2300-01-01 00:00:00", "@timestamp": ""}
    lines = [evtx_shape(5156, "Security", WFP), early, late]
    result = reading(tmp_path, "\n".join(map(json.dumps, lines)))
    assert result.failed == ""
    assert sorted(result.attributions["since"]) == [NO_TIME, NO_TIME, AT + SECOND // 2]


def test_times() -> None:
    assert nanoseconds("2026-03-02T09:00:00.123456789Z") == (AT + 123_456_789, True)
    assert nanoseconds("2026-02-30T09:00:00Z") == (NO_TIME, False)
    assert nanoseconds("0001-01-01T00:00:00+14:00") == (NO_TIME, False)
    assert epoch("1772442000.25") == AT + SECOND // 4
    assert epoch(1_772_442_000_000) == AT
    assert epoch("99999999999999999999") == NO_TIME
