"""What the text of one cell says: ports, protocols, directions, programs, marks, broken words."""

import pytest

from analyzer.guide.columns import Column, column_of, is_heading, with_sides
from analyzer.guide.facts import direction_fact, port_fact, protocol_fact
from analyzer.guide.joining import CellLine, join
from analyzer.guide.marks import leading_mark, split_marks
from analyzer.guide.programs import PrintedProgram, program_fact
from analyzer.guide.words import load_words

WORDS = load_words()


@pytest.mark.parametrize(
    ("text", "ports", "sure"),
    [
        ("5561", (5561,), "certain"),
        ("８０", (80,), "certain"),
        ("80 *10", (80,), "certain"),
        ("Automatic", (None,), "certain"),
        ("自動", (None,), "certain"),
        ("*5", (None,), "likely"),
        ("137, 138", (137, 138), "certain"),
        ("67 and 68", (67, 68), "certain"),
        ("443～445", (443, 444, 445), "certain"),
        ("5000 to 5002", (5000, 5001, 5002), "certain"),
        ("443/TCP", (443,), "certain"),
        ("560 10", (560, 10), "likely"),
        ("49152-65535", (), "open"),
        ("70000", (), "open"),
        ("56,010", (), "open"),
        ("1024 or later", (), "open"),
        ("about 80", (), "open"),
        ("80 (443 for SSL)", (), "open"),
        ("80\uff08SSL の場合 443\uff09", (), "open"),
        ("80 (SSL: 443)", (), "open"),
        ("80 [443 for SSL]", (), "open"),
        ("80 (443)", (), "open"),
        ("80 (IIS)", (80,), "likely"),
        ("80 (IIS 7 only)", (80,), "likely"),
        ("Automatic (1024 or later)", (None,), "open"),
    ],
)
def test_ports(text: str, ports: tuple[int | None, ...], sure: str) -> None:
    fact = port_fact(text, WORDS)
    assert (fact.ports, fact.sure) == (ports, sure)


@pytest.mark.parametrize(
    ("text", "protocols", "application", "sure"),
    [
        ("TCP", ("tcp",), None, "certain"),
        ("UDP( DHCP )", ("udp",), "dhcp", "certain"),
        ("UDP(DH CP)", ("udp",), "dhcp", "certain"),
        ("HTTP", ("tcp",), "http", "likely"),
        ("TCP/UDP", ("tcp", "udp"), None, "certain"),
        ("TCP (HTTPS)", ("tcp",), None, "certain"),
        ("QUIC", (), None, "open"),
        ("TCP, SCTP", ("tcp",), None, "open"),
        ("TCP or DCCP", ("tcp",), None, "open"),
        ("TCP (Foo)", ("tcp",), None, "open"),
        ("HTTP, SCTP", ("tcp",), None, "open"),
        ("ICMPv6", ("icmp",), None, "open"),
        ("TCP\uff08ユニキャスト\uff09", ("tcp",), None, "certain"),
        ("DNS", (), None, "open"),
        ("-", (), None, "open"),
    ],
)
def test_protocols(text: str, protocols: tuple[str, ...], application: str | None, sure: str) -> None:
    fact = protocol_fact(text, WORDS)
    assert (fact.protocols, fact.application, fact.sure) == (protocols, application, sure)


@pytest.mark.parametrize(
    ("text", "to"),
    [("<", "left"), ("->", "right"), ("→", "right"), ("＜－", "left"), ("↔", "both"), ("< - >", "both"), ("双方向", "both"),
     ("Inbound", "in"), ("送信", "out"), ("sideways", ""), ("", "")],
)  # fmt: skip
def test_directions(text: str, to: str) -> None:
    assert direction_fact(text, WORDS).to == to


@pytest.mark.parametrize(
    ("text", "programs"),
    [
        ("-", ()),
        ("Web service (IIS)", (PrintedProgram("Web service (IIS)"),)),
        ("a.exe, b.exe", (PrintedProgram("a.exe"), PrintedProgram("b.exe"))),
        ("rcon.exeまたはrconsvc.exe", (PrintedProgram("rcon.exe"), PrintedProgram("rconsvc.exe"))),
        ("DHCP server or\n\\P\\x.exe *6", (PrintedProgram("DHCP server"), PrintedProgram("x.exe", "\\P\\x.exe"))),
        ("Windowsの場合\\W\\a.exe Linuxの場合 /opt/x/b", (PrintedProgram("a.exe", "\\W\\a.exe", "windows"), PrintedProgram("b", "/opt/x/b", "linux"))),
        ("a.exe (Windows)\nacmed (Linux)", (PrintedProgram("a.exe", None, "windows"), PrintedProgram("acmed", None, "linux"))),
        ("%ProgramFiles%\\A\\s.exe", (PrintedProgram("s.exe", "%ProgramFiles%\\A\\s.exe"),)),
    ],
)  # fmt: skip
def test_programs(text: str, programs: tuple[PrintedProgram, ...]) -> None:
    assert program_fact(text, WORDS).programs == programs


@pytest.mark.parametrize(
    ("text", "bare", "marks"),
    [("machine *3", "machine", (3,)), ("資産収集 ※1", "資産収集", (1,)), ("80²", "80", (2,)), ("Name (*1) *2", "Name", (1, 2)),
     ("Port *1, 2", "Port", (1, 2)), ("5 * 3", "5", (3,)), ("plain", "plain", ())],
)  # fmt: skip
def test_marks(text: str, bare: str, marks: tuple[int, ...]) -> None:
    assert split_marks(text) == (bare, marks)


def test_a_footnote_begins_with_its_mark() -> None:
    assert leading_mark("*12 The port can be changed.") == (12, "The port can be changed.")
    assert leading_mark("注1) 変更できます。") == (1, "変更できます。")
    assert leading_mark("The port *1 can be changed.") is None


@pytest.mark.parametrize(
    ("lines", "text", "sure"),
    [
        ([("Auto", True), ("matic", None)], "Automatic", "certain"),
        ([("\\Program", False), ("Files\\NEC\\Depl", True), ("oymentManager", True), ("\\ftsvc.exe", None)],
         "\\Program Files\\NEC\\DeploymentManager\\ftsvc.exe", "certain"),
        ([("Managed", True), ("machine", None)], "Managed machine", "certain"),
        ([("管理対象", True), ("マシン", None)], "管理対象マシン", "certain"),
        ([("\\A\\Tide", True), ("Labs\\x.exe", None)], "\\A\\TideLabs\\x.exe", "open"),
        ([("5901", False), ("5902", None)], "5901 5902", "certain"),
        ([("590", True), ("1", None)], "5901", "likely"),
        ([("a.exe", True), ("\\P\\b.exe", None)], "a.exe\n\\P\\b.exe", "certain"),
    ],
)  # fmt: skip
def test_broken_words_are_joined(lines: list[tuple[str, bool | None]], text: str, sure: str) -> None:
    assert join([CellLine(part, full) for part, full in lines], WORDS.lexicon) == (text, sure)


def columns(*headings: str) -> tuple[Column, ...]:
    return with_sides([column_of([heading], WORDS) for heading in headings])


def test_columns_belong_to_a_side_by_their_place() -> None:
    found = columns(
        "項目", "実行ファイル名", "ポート番号", "プロトコル", "方向", "接続対象", "ポート番号", "実行ファイル名"
    )
    assert [(one.kind, one.side) for one in found if one.side] == [
        ("executable", "server"), ("port", "server"), ("port", "target"), ("executable", "target"),
    ]  # fmt: skip
    mirrored = columns("Item", "Target", "Port", "Direction", "Port", "Program", "Protocol")
    assert [one.side for one in mirrored if one.kind == "port"] == ["target", "server"]


def test_one_column_of_ports_is_asked_about() -> None:
    (port,) = [one for one in columns("Item", "Port", "Protocol", "Direction", "Target") if one.kind == "port"]
    assert (port.side, port.asked) == ("connected", True)


def test_headings_of_something_else_are_none() -> None:
    assert not is_heading(columns("Name", "Address", "Report", "Support"))
    assert not is_heading(columns("Item", "Port"))
