"""Hostile evidence: only this evidence is lost, and its text has no effect in outputs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.host_evidence import HostEvidenceError, notes, read_host_evidence
from analyzer.host_evidence.child import read_here
from analyzer.host_evidence.model import HostNote, rows_of
from analyzer.host_evidence.process import FileReading, Limits
from analyzer.host_evidence.readers import collect, evtx_file, json_lines, netstat, windows_events
from analyzer.host_evidence.readers.collect import Collector, TooMuch
from analyzer.host_evidence.recognise import form_of
from tests.host_evidence.made import anchored, found, record, site
from tests.host_evidence.test_readers import ENGLISH, JAPANESE, SS, WFP, evtx_shape, nxlog, reading
from tests.systems import make_link

GOOD = json.dumps(evtx_shape(5156, "Security", WFP))


@pytest.mark.parametrize(
    "line",
    [
        "[" * 100_000,
        '{"a":' * 50_000 + "1" + "}" * 50_000,
        '{"EventID": ' + "9" * 10_000 + "}",
        '{"EventID": 1e999}',
        '{"EventID": NaN, "Channel": "Security"}',
        '{"Event": {"System": {"EventID": 5156, "Channel": ["Security"]}}}',
        '{"Event": []}',
        '{"winlog": {"event_id": {"x": 1}, "channel": 3}}',
        '{"EventID": 5156, "Channel": "Security", "SourcePort": "' + "1" * 5000 + '"}',
        '"' + "\\u0000" * 1000 + '"',
        "\x00\xff",
    ],
)
def test_one_bad_line_hides_no_other(tmp_path: Path, line: str) -> None:
    result = reading(tmp_path, f"{GOOD}\n{line}\n{GOOD}\n".encode("utf-8", "surrogateescape"))
    assert len(result.attributions) == 2
    assert not result.failed


def system(**changes: Any) -> str:
    shape = evtx_shape(5156, "Security", WFP)
    shape["Event"]["System"].update(changes)
    return json.dumps(shape)


@pytest.mark.parametrize(
    "line",
    [
        system(EventRecordID=1 << 70),
        system(EventRecordID=-(1 << 70)),
        system(EventRecordID=-5),
        system(Computer="host\ud800"),
        system(Computer={"#text": "host\udfff"}),
        json.dumps(evtx_shape(5156, "Security", {**WFP, "Application": "C:\\a\ud800.exe"})),
        json.dumps({**nxlog(5156, "Security", WFP), "EventTime": "1772442000.\u00b2"}),
        json.dumps({**nxlog(5156, "Security", WFP), "RecordNumber": 1 << 70}),
    ],
)
def test_a_record_that_has_one_bad_value_is_kept(tmp_path: Path, line: str) -> None:
    result = reading(tmp_path, f"{GOOD}\n{line}\n{GOOD}\n")
    assert (len(result.attributions), result.failed, result.unread) == (3, "", 0)
    shown = [*result.attributions["host"], *result.attributions["path"]]
    assert all("\ud800" not in text and "\udfff" not in text for text in shown)


@pytest.mark.parametrize("text", ["pid,protocol,local_port,state\r1\n2,tcp,3,x\n", '"pid\rx",a,b,c\n', "a,b,c,d\rx\n"])
def test_a_bare_carriage_return_in_a_heading_is_no_error(tmp_path: Path, text: str) -> None:
    result = reading(tmp_path, text)
    assert result.failed in {"", "unknown-form"}
    assert not len(result.attributions)


def test_a_heading_that_is_too_long_is_no_error(tmp_path: Path) -> None:
    names = "pid,protocol,local_address,local_port,name,path,"
    assert reading(tmp_path, f"{names}{'x' * 200_000}\n77,17,0.0.0.0,69,a.exe,C:\\a.exe,\n").failed in {
        "",
        "unknown-form",
    }


def test_a_process_id_of_ss_with_digits_that_are_not_ascii(tmp_path: Path) -> None:
    result = reading(tmp_path, SS.replace("pid=77", "pid=\u0664"))
    assert 4 not in set(result.attributions["pid"])


def test_a_fault_of_one_record_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even with a fault in the reader, one record must not hide the others."""

    def faulty(_event: Any, _into: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(windows_events, "_take", faulty)
    result = reading(tmp_path, f"{GOOD}\n{GOOD}\n")
    assert (result.unread, result.failed) == (2, "")


def test_a_limit_inside_a_record_still_ends_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    path.write_text("\n".join([GOOD] * 3))
    assert read_here(path, "many.json", Limits(records=2)).failed == "too-many-records"


def test_a_fault_of_a_reader_keeps_what_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faultless = json_lines.parsed
    lines = iter([GOOD, GOOD])

    def faulty(text: str) -> Any:
        if next(lines, None) is None:
            raise ZeroDivisionError
        return faultless(text)

    path = tmp_path / "faulty.json"
    path.write_text("\n".join([GOOD] * 3))
    form = form_of(path)
    assert form is not None
    monkeypatch.setattr("analyzer.host_evidence.child.form_of", lambda _path: form)
    monkeypatch.setattr(json_lines, "parsed", faulty)
    result = read_here(path, "faulty.json", Limits())
    assert (len(result.attributions), result.failed) == (2, "ended")
    assert result.logs[0].stopped == "ended"


def test_octets_that_are_no_utf8_are_replaced(tmp_path: Path) -> None:
    shape = GOOD.replace("apiserv.exe", "api\udcffserv.exe")
    text = json.dumps(evtx_shape(5156, "Security", {**WFP, "Application": "C:\\api.exe"})).encode()
    broken = text.replace(b"api.exe", b"api\xff.exe")
    assert shape
    one = rows_of(reading(tmp_path, broken).attributions)[0]
    assert one.program == "api\ufffd.exe"


def test_a_line_without_end_is_counted_and_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "LONGEST_LINE", 10_000)
    monkeypatch.setattr(json_lines, "_PIECE", 1000)
    result = reading(tmp_path, f"{GOOD}\n{'x' * 50_000}\n{GOOD}\n")
    assert (len(result.attributions), result.unread) == (2, 1)


def test_a_million_hosts_end_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "MOST_LOGS", 50)
    lines = [json.dumps({**nxlog(5156, "Security", WFP), "Hostname": f"host{place}"}) for place in range(200)]
    result = reading(tmp_path, "\n".join(lines))
    assert result.failed == "too-many-logs"
    assert len(result.attributions) == 50


def test_more_records_than_the_limit_are_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    path.write_text("\n".join([GOOD] * 30))
    result = read_here(path, "many.json", Limits(records=10))
    assert (len(result.attributions), result.failed) == (10, "too-many-records")
    assert result.logs[0].stopped == "too-many-records"


def test_text_of_a_log_is_cut_and_inert(tmp_path: Path) -> None:
    evil = "C:\\\x1b]0;owned\x07\u202e" + "x" * 100_000 + ".exe"
    data = {**WFP, "Application": evil}
    shape = evtx_shape(5156, "Security", data)
    shape["Event"]["System"]["Computer"] = "host\x1b[31m\n"
    one = rows_of(reading(tmp_path, json.dumps(shape)).attributions)[0]
    assert len(one.path) <= collect.LONGEST
    for code in sorted(notes.CODES):
        text = notes.sentence(HostNote(code, "warning", ANY))
        assert text.isprintable(), code
        assert text.endswith("."), code


ANY: dict[str, Any] = {
    "source": "a\x1bb", "host": "\u202eh", "why": "x\n", "count": 2, "most": 1, "form": "\x07", "machine": "m\x1b",
    "own": ["\x1b"], "profile": ["p"], "others": ["o\x1b"], "addresses": ["1.2.3.4"], "clock": "c\x1b", "offset": -5,
    "spread": 1, "anchors": 2, "apart": 3, "channel": "\x1b[0m", "time": 0, "gaps": 1, "missing": 2,
    "address": "a\x1b", "mac": "\x1b", "reasons": {"used-again": 2}, "programs": ["\x1b]0;p\x07"],
    "periods": 3, "offsets": [-5], "known": 1,
}  # fmt: skip


def test_every_note_of_every_module_has_a_sentence() -> None:
    folder = Path(notes.__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py")))
    used = {part.split('"')[1] for part in source.split("HostNote(")[1:] if part.lstrip().startswith('"')}
    assert used
    assert used <= notes.CODES


@pytest.mark.parametrize("octets", [b"", b"\x00" * 4096, b"x" * 200_000, os.urandom(70_000)])
def test_an_event_log_that_is_none_is_an_empty_one(tmp_path: Path, octets: bytes) -> None:
    pytest.importorskip("evtx")
    path = tmp_path / "bad.evtx"
    path.write_bytes(evtx_file.MAGIC + octets)
    result = read_here(path, "bad.evtx", Limits())
    assert not len(result.attributions)


def test_an_xml_bomb_is_no_evidence(tmp_path: Path) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY b{place} "{"&a;" * 100}">' for place in range(100)
    )
    assert reading(tmp_path, bomb + "]><Events>&b9;</Events>").failed == "unknown-form"


@given(st.sampled_from([ENGLISH, JAPANESE, SS, GOOD]), st.data())
@settings(deadline=None, max_examples=150)
def test_damaged_text_breaks_no_reader(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    octets = bytearray(text.encode())
    changes = st.lists(st.tuples(st.integers(0, len(octets) - 1), st.integers(0, 255)), max_size=8)
    for at, value in data.draw(changes):
        octets[at] = value
    result = reading(tmp_path_factory.mktemp("damaged"), bytes(octets))
    assert result.failed in {"", "unknown-form"}


def test_a_child_that_takes_too_much_memory_costs_its_own_file(tmp_path: Path) -> None:
    small = tmp_path / "a-small.json"
    small.write_text(GOOD)
    large = tmp_path / "b-large.json"
    large.write_text("[" + ",".join([GOOD] * 60_000) + "]")
    last = tmp_path / "c-last.json"
    last.write_text(GOOD)
    evidence = read_host_evidence([tmp_path], Limits(memory=1_500_000_000))
    assert set(evidence.attributions["source"]) >= {"a-small.json", "c-last.json"}
    assert len(evidence.files) == 3


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    fifo = tmp_path / "slow.json"
    fifo.write_text(GOOD)
    evidence = read_host_evidence([fifo], Limits(seconds=0.001))
    assert [note.values["why"] for note in evidence.notes if note.code == "reading-stopped"] == ["too-slow"]
    assert not len(evidence.attributions)


def test_nothing_is_imported_from_the_folder_of_the_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("json", "pandas", "evtx", "jc", "analyzer"):
        (tmp_path / f"{module}.py").write_text(f"open({str(tmp_path / 'owned')!r}, 'w')\n")
    (tmp_path / "log.json").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    assert len(read_host_evidence(["log.json"]).attributions) == 1
    assert not (tmp_path / "owned").exists()


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HostEvidenceError, match="no such file or folder"):
        read_host_evidence([tmp_path / "nothing"])


def test_files_of_one_name_are_distinguished_by_their_folders(tmp_path: Path) -> None:
    for host in ("one", "two"):
        folder = tmp_path / host
        folder.mkdir()
        (folder / "Security.json").write_text(GOOD)
    evidence = read_host_evidence([tmp_path])
    assert sorted(set(evidence.attributions["source"])) == ["one/Security.json", "two/Security.json"]


def test_a_folder_may_hold_other_files(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "log.json").write_text(GOOD)
    evidence = read_host_evidence([tmp_path])
    assert [(note.code, note.level) for note in evidence.notes] == [("not-evidence", "info")]
    assert [file.name for file in evidence.files] == ["log.json"]


def with_form_of(folder: Path, monkeypatch: pytest.MonkeyPatch, statement: str) -> None:
    """The reading process does ``statement`` before it finds the form of a file that is called evil.json."""
    script = folder / "changed_child.py"
    script.write_text(
        "import os\nimport analyzer.host_evidence.child as child\nform_of = child.form_of\n"
        f"def changed(path):\n    if path.name == 'evil.json':\n        {statement}\n    return form_of(path)\n"
        "child.form_of = changed\nchild.main()\n"
    )
    popen = subprocess.Popen
    monkeypatch.setattr(
        "analyzer.host_evidence.process.subprocess.Popen",
        lambda words, **keys: popen([words[0], "-P", str(script)], **keys),
    )


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good file and evil.json, which no user may read, not even root."""
    with_form_of(tmp_path, monkeypatch, "raise PermissionError(13, 'Permission denied')")
    opened = Path.open

    def refusing(path: Path, *words: Any, **keys: Any) -> Any:
        if path.name == "evil.json":
            raise PermissionError(13, "Permission denied")
        return opened(path, *words, **keys)

    folder = tmp_path / "locked"
    folder.mkdir()
    for name in ("evil.json", "good.json"):
        (folder / name).write_text(GOOD)
    monkeypatch.setattr(Path, "open", refusing)
    return folder / "evil.json"


def test_a_file_of_a_folder_that_may_not_be_read_is_named(locked: Path) -> None:
    evidence = read_host_evidence([locked.parent])
    assert set(evidence.attributions["source"]) == {"good.json"}
    assert [(note.code, note.level, note.values["source"]) for note in evidence.notes] == [
        ("unreadable", "warning", "evil.json")
    ]
    assert [file.name for file in evidence.files] == ["good.json"]


def test_a_file_that_the_user_named_and_that_may_not_be_read_is_an_error(locked: Path) -> None:
    with pytest.raises(HostEvidenceError, match=r"evil\.json: Permission denied"):
        read_host_evidence([locked])


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "good.json").write_text(GOOD)
    (tmp_path / "secret").mkdir()
    listed = os.scandir

    def refusing(path: Any) -> Any:
        if Path(path).name == "secret":
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", refusing)
    evidence = read_host_evidence([tmp_path])
    assert [(note.code, note.values["source"]) for note in evidence.notes] == [("unreadable", "secret")]
    assert set(evidence.attributions["source"]) == {"good.json"}


def test_links_and_hidden_files_of_a_folder_are_left_out(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "log.json").write_text(GOOD)
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "log.json").write_text(GOOD)
    (folder / ".hidden.json").write_text(GOOD)
    make_link(folder / "link.json", other / "log.json")
    make_link(folder / "linked", other)
    assert [file.name for file in read_host_evidence([folder]).files] == ["log.json"]


def test_a_file_that_is_gone_when_it_was_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_path: Path) -> str:
        raise FileNotFoundError(2, "No such file or directory")

    (tmp_path / "log.json").write_text(GOOD)
    monkeypatch.setattr("analyzer.host_evidence.read._sha256", gone)
    evidence = read_host_evidence([tmp_path])
    assert [note.code for note in evidence.notes] == ["unreadable"]
    assert (len(evidence.attributions), evidence.files) == (0, ())


def test_no_content_is_looked_at_outside_the_reading_process(tmp_path: Path) -> None:
    """The form of a file is found in a process where its content can do no harm."""
    (tmp_path / "log.json").write_text(GOOD)
    words = [
        sys.executable, "-c",
        "import sys\nfrom analyzer.host_evidence import read_host_evidence\nread_host_evidence(sys.argv[1:])\n"
        "print(*(name for name in sys.modules if 'host_evidence.rec' in name or 'readers.s' in name))",
        str(tmp_path),
    ]  # fmt: skip
    assert subprocess.run(words, check=True, capture_output=True, text=True).stdout.split() == []


def test_what_ends_the_reading_process_while_it_recognises_costs_its_own_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_form_of(tmp_path, monkeypatch, "os._exit(9)")
    evidence_folder = tmp_path / "evidence"
    evidence_folder.mkdir()
    for name in ("a.json", "evil.json", "z.json"):
        (evidence_folder / name).write_text(GOOD)
    evidence = read_host_evidence([evidence_folder])
    assert sorted(evidence.attributions["source"]) == ["a.json", "z.json"]
    assert [note.values["why"] for note in evidence.notes if note.code == "reading-stopped"] == ["ended"]
    assert [(file.name, file.kind) for file in evidence.files] == [
        ("a.json", "Windows events as JSON"), ("evil.json", ""), ("z.json", "Windows events as JSON"),
    ]  # fmt: skip


NOT_UTF8 = os.fsdecode("\u8a18\u9332".encode("cp932"))
"""A file name of Japanese Windows, as unpacking a ZIP archive writes it."""


def test_a_file_name_that_is_no_utf8_is_cited_by_its_octets(tmp_path: Path) -> None:
    (tmp_path / f"{NOT_UTF8}.json").write_text(GOOD)
    (tmp_path / f"{NOT_UTF8}.txt").write_text("hello")
    evidence = read_host_evidence([tmp_path])
    name = "\\x8bL\\x98^"
    assert set(evidence.attributions["source"]) == {f"{name}.json"}
    assert [file.name for file in evidence.files] == [f"{name}.json"]
    assert [note.values["source"] for note in evidence.notes] == [f"{name}.txt"]
    assert notes.sentence(evidence.notes[0]).isprintable()


def test_an_event_log_may_have_such_a_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Parser:
        """Takes what the package takes: a path that is UTF-8, or an open file."""

        def __init__(self, source: Any) -> None:
            content = Path(source.encode().decode()).read_bytes() if isinstance(source, str) else source.read()
            assert content.startswith(evtx_file.MAGIC)

        def records_json(self) -> Any:
            return iter([{"data": GOOD}])

    monkeypatch.setattr(evtx_file, "_parser", lambda: Parser)
    for name in ("plain", NOT_UTF8):
        path = tmp_path / f"{name}.evtx"
        path.write_bytes(evtx_file.MAGIC)
        result = read_here(path, "name.evtx", Limits())
        assert (len(result.attributions), result.failed) == (1, "")


def test_a_missing_package_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("analyzer.host_evidence.readers.console.import_module", nothing)
    result: FileReading = reading(tmp_path, SS)
    assert result.missing == "Output of netstat and ss needs the package jc: install dpm-analyzer[hosts]"


@pytest.mark.parametrize("fault", ["raises", "drops", "doubles"])
def test_a_line_that_the_parser_cannot_take_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """jc reads a whole table; one socket of it must not hide the others, nor get the program of another."""
    jc = pytest.importorskip("jc")

    class Parser:
        @staticmethod
        def parse(name: str, text: str, *, quiet: bool) -> list[dict[str, Any]]:
            entries: list[dict[str, Any]] = jc.parse(name, text, quiet=quiet)
            evil = [entry for entry in entries if entry["local_port"] == "56023"]
            if evil and fault == "raises":
                raise ZeroDivisionError
            return [one for one in entries if one not in evil] if fault == "drops" else [*entries, *evil]

    monkeypatch.setattr(netstat, "parser", lambda: Parser)
    result = reading(tmp_path, ENGLISH)
    shown = {(row.a_p, row.program, row.record) for row in rows_of(result.attributions)}
    assert shown == {
        (56030, "bkressvc.exe", "5"), (80, "System", "7"), (56030, "bkressvc.exe", "9"), (67, "svchost.exe", "13"),
    }  # fmt: skip
    assert (result.failed, result.unread) == ("", 1)


def test_limits_of_a_collector() -> None:
    into = Collector("x", 1)
    one = record(anchored()[0], "C:\\a.exe")
    into.add(one, "Security")
    with pytest.raises(TooMuch, match="too-many-records"):
        into.add(one, "Security")


def test_many_records_of_one_tuple_are_bounded() -> None:
    """A tuple that recurs a thousand times in the capture and in the log is no million pairs."""
    flows = [dict(anchored()[0], ts=anchored()[0]["ts"] + place * 10**9, rule="") for place in range(1000)]
    rows = [record(one, "C:\\a.exe") for one in flows]
    result = found([*anchored(), *flows], [*(record(one, "C:\\a.exe") for one in anchored()), *rows], site=site())
    assert len(result.citations) < 10_000
