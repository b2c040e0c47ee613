"""Records that are read without a JSON parser give what the parser gives, or are left to it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.host_evidence.model import processes_of, rows_of
from analyzer.host_evidence.readers.collect import Collector
from analyzer.host_evidence.readers.event_shapes import event_of
from analyzer.host_evidence.readers.evtx_text import read_text
from analyzer.host_evidence.readers.windows_events import SECURITY, SYSMON, take
from tests.host_evidence.test_readers import SYSMON as SYSMON_FIELDS
from tests.host_evidence.test_readers import WFP

LISTENER = {
    "ProcessId": "1280", "Application": WFP["Application"], "SourceAddress": "0.0.0.0", "SourcePort": "67",
    "Protocol": 17, "FilterRTID": 0, "LayerName": "%%14608", "LayerRTID": 36,
}  # fmt: skip
NEW_SYSMON = {
    "RuleName": "-", "UtcTime": "2026-03-02 09:13:00.250", "ProcessGuid": "{1-2}", "ProcessId": 1280,
    "Image": "C:\\x\\apiserv.exe", "User": "NT AUTHORITY\\SYSTEM", "Protocol": "tcp", "Initiated": True,
    "SourceIsIpv6": False, "SourceIp": "192.168.0.1", "SourceHostname": "a", "SourcePort": 50000,
    "SourcePortName": "-", "DestinationIsIpv6": False, "DestinationIp": "192.168.0.21", "DestinationHostname": "b",
    "DestinationPort": 56010, "DestinationPortName": "-",
}  # fmt: skip
BEGUN = {
    "RuleName": "-", "UtcTime": "2026-03-02 09:13:00.250", "ProcessGuid": "{1}", "ProcessId": 1280,
    "Image": "C:\\a.exe",
}  # fmt: skip
SUBJECT = {
    "SubjectUserSid": "S-1-5-18", "SubjectUserName": "DPM01$", "SubjectDomainName": "E", "SubjectLogonId": "0x3e7",
}  # fmt: skip
RECORDS: list[tuple[str, int, dict[str, Any]]] = [
    (SECURITY, 5156, WFP | {"FilterRTID": 1}),
    (SECURITY, 5157, WFP | {"ProcessID": 1280, "Protocol": 6}),
    (SECURITY, 5158, LISTENER),
    (SECURITY, 5154, LISTENER | {"ProcessId": "0x500"}),
    (SYSMON, 3, NEW_SYSMON),
    (SYSMON, 1, BEGUN | {"CommandLine": 'a "b"', "ParentProcessId": 4, "ParentImage": "System"}),
    (SYSMON, 5, BEGUN | {"User": "x"}),
    (SECURITY, 4688, SUBJECT | {"NewProcessId": "0x500", "NewProcessName": "C:\\a.exe", "ProcessId": "0x4"}),
    (SECURITY, 4689, SUBJECT | {"Status": "0x0", "ProcessId": "0x500", "ProcessName": "C:\\a.exe"}),
]


def text_of(channel: str, event: object, data: dict[str, Any], **system: Any) -> str:
    """A record as the package writes it."""
    held = {
        "Provider": {"#attributes": {"Name": "P", "Guid": "{1}"}}, "EventID": event, "Version": 1, "Keywords": "0x80",
        "TimeCreated": {"#attributes": {"SystemTime": "2026-03-02T09:00:00.500000Z"}}, "EventRecordID": 7,
        "Correlation": None, "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 5}}, "Channel": channel,
        "Computer": "DPM01.example.local", "Security": None,
    }  # fmt: skip
    body = {"#attributes": {"xmlns": "x"}, "System": held | system, "EventData": data}
    return json.dumps({"Event": body}, separators=(",", ":"), ensure_ascii=False)


def taken(into: Collector) -> tuple[Any, ...]:
    return rows_of(into.attributions()), processes_of(into.processes()), into.logs(), into.unread


def by_parser(text: str) -> tuple[Any, ...]:
    into = Collector("f", 100)
    event = event_of(json.loads(text))
    assert event is not None
    take(event, into)
    return taken(into)


def by_text(text: str) -> tuple[Any, ...] | None:
    into = Collector("f", 100)
    if read_text(text, into):
        return taken(into)
    assert taken(into) == ([], [], [], 0)
    return None


@pytest.mark.parametrize(("channel", "event", "data"), RECORDS)
def test_the_usual_form_needs_no_parser(channel: str, event: int, data: dict[str, Any]) -> None:
    text = text_of(channel, event, data)
    assert by_text(text) == by_parser(text)
    qualified = text_of(channel, {"#attributes": {"Qualifiers": 0}, "#text": event}, data)
    assert by_text(qualified) == by_parser(text)


@pytest.mark.parametrize(
    ("channel", "event", "data"),
    [
        (SECURITY, 1102, {}),
        (SYSMON, 3, SYSMON_FIELDS),
        (SYSMON, 1, {"Image": "x"}),
        (SECURITY, 5156, dict(reversed(WFP.items()))),
        (SECURITY, 5156, WFP | {"Protocol": 1}),
        (SECURITY, 5156, WFP | {"DestPort": "99999"}),
        (SECURITY, 5156, {}),
    ],
)
def test_another_form_is_left_to_the_parser(channel: str, event: int, data: dict[str, Any]) -> None:
    assert by_text(text_of(channel, event, data)) is None


HOSTILE = st.one_of(
    st.text('ab09"\\,:{}%. \x1b日', max_size=12),
    st.sampled_from(
        ['","Direction":"%%14592', "\\", '\\"', '"', "C:\\a\\", "\x1b[2J", "\ud800", "日本.exe", "-", "0x1f", "::1", "",
         '"EventData":{', '"Channel":"Security","Computer":"x"', "1601-01-01T00:00:00.0Z", "9" * 30, "x" * 2000]
    ),
    st.integers(-(10**20), 10**20), st.booleans(), st.none(),
)  # fmt: skip
SYSTEM_KEYS = ("EventID", "EventRecordID", "Channel", "Computer", "Version", "Keywords", "Correlation")


@given(st.sampled_from(RECORDS), st.data())
@settings(max_examples=200, deadline=None)
def test_any_record_is_read_as_the_parser_reads_it(
    record: tuple[str, int, dict[str, Any]], choice: st.DataObject
) -> None:
    channel, event, data = record
    changed = choice.draw(st.dictionaries(st.sampled_from(sorted(data)), HOSTILE, max_size=2))
    system = choice.draw(st.dictionaries(st.sampled_from(SYSTEM_KEYS), HOSTILE, max_size=1))
    text = text_of(channel, event, data | changed, **system)
    found = by_text(text)
    assert found is None or found == by_parser(text)
