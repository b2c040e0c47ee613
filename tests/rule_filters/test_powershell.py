"""The commands for Windows Firewall, parsed by a grammar of PowerShell. They are never run: no Windows is here."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from analyzer.rule_filters.export import export
from analyzer.rules import RuleTable, load_table
from analyzer.site import Profile, Site, load_site
from tests.rule_filters.tools import SITE

grammar = pytest.importorskip("tree_sitter_powershell", reason="tree-sitter-powershell is not installed")
tree_sitter = pytest.importorskip("tree_sitter", reason="tree-sitter is not installed")

PARAMETERS = {
    "-Name", "-DisplayName", "-Group", "-Direction", "-Action", "-Protocol", "-LocalPort", "-RemotePort", "-IcmpType",
    "-RemoteAddress", "-Program",
}  # fmt: skip
FOLDER = "%SystemDrive%\\Program Files (x86)\\NEC\\DeploymentManager\\"


def parsed(text: str) -> Any:
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    return parser.parse(text.encode()).root_node


def nodes(node: Any, kind: str) -> Iterator[Any]:
    if node.type == kind:
        yield node
    for child in node.children:
        yield from nodes(child, kind)


def value(node: Any) -> str | list[str]:
    """A literal, or the literals of an array."""
    texts = [part.text.decode()[1:-1].replace("''", "'") for part in nodes(node, "verbatim_string_characters")]
    if next(nodes(node, "array_expression"), None) is not None:
        return texts
    return texts[0] if texts else str(node.text.decode())


def arguments(command: Any) -> dict[str, str | list[str]]:
    (elements,) = [child for child in command.children if child.type == "command_elements"]
    parts = [child for child in elements.children if child.type != "command_argument_sep"]
    names, values = parts[::2], parts[1::2]
    return {name.text.decode(): value(given) for name, given in zip(names, values, strict=True)}


Rules = dict[str, list[dict[str, str | list[str]]]]


def rules_of(text: str) -> Rules:
    """Kind of computer -> its rules, as the grammar reads the script."""
    root = parsed(text)
    assert not root.has_error
    found: Rules = {}
    for clause in nodes(root, "switch_clause"):
        commands = list(nodes(clause, "command"))
        assert {command.child_by_field_name("command_name").text for command in commands} == {b"New-NetFirewallRule"}
        found[str(value(clause.children[0]))] = [arguments(command) for command in commands]
    return found


@cache
def table() -> RuleTable:
    return load_table()


@cache
def script() -> str:
    return export(table(), load_site(SITE), "windows-firewall").text


def named(computer: str, row: str, text: str = "") -> list[dict[str, str | list[str]]]:
    rules = rules_of(text or script())[computer]
    return [rule for rule in rules if str(rule["-Name"]).rpartition("-")[0] == f"dpm-analyzer-{row}"]


def site(**parts: Any) -> Site:
    data = {"version": 1, "name": "x", "dpm_server": {"addresses": ["10.0.0.5"]}, **parts}
    return Site.from_profile(Profile.model_validate(data))


def test_the_grammar_finds_mistakes() -> None:
    assert parsed("New-NetFirewallRule -Name 'a'b'\n").has_error
    assert not parsed("New-NetFirewallRule -Name 'a''b'\n").has_error


def test_the_script_is_powershell_of_one_command() -> None:
    rules = rules_of(script())
    assert list(rules) == [
        "dpm-server", "managed-machine-windows-x86", "managed-machine-windows-x64", "dhcp-server", "image-builder",
        "command-line",
    ]  # fmt: skip
    for given in rules.values():
        assert len({str(rule["-Name"]) for rule in given}) == len(given)
        assert all(set(rule) <= PARAMETERS for rule in given)
    (block,) = nodes(parsed(script()), "param_block")
    assert all(f"'{computer}'" in block.text.decode() for computer in rules)
    assert not list(nodes(parsed(script()), "expandable_string_literal"))


def test_it_says_that_it_was_not_run() -> None:
    assert "# Every row: These commands were not run on Windows." in script()


def test_each_command_has_its_row_above_it() -> None:
    lines = [line.strip() for line in script().splitlines()]
    for number, line in enumerate(lines):
        if line.startswith("New-NetFirewallRule"):
            row = line.split("'")[1].removeprefix("dpm-analyzer-").rpartition("-")[0]
            rule = table().rule(row)
            notes = "".join(f" *{note}" for note in rule.footnotes)
            assert lines[number - 1] == f"# {row}, p. {rule.page}{notes}"


def test_a_row_with_two_programs_has_two_rules() -> None:
    rules = named("dpm-server", "shutdown")
    assert [rule["-Program"] for rule in rules] == [FOLDER + "apiserv.exe", FOLDER + "schwatch.exe"]
    for rule in rules:
        assert (rule["-Direction"], rule["-Protocol"], rule["-LocalPort"], rule["-RemotePort"]) == (
            "Outbound", "TCP", "Any", "56010",
        )  # fmt: skip
        assert rule["-RemoteAddress"] == [
            "10.0.0.21", "10.0.2.10-10.0.2.13", "10.0.4.1-10.0.4.15", "2001:db8:0:6::21",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("computer", "path"),
    [("managed-machine-windows-x86", "system32"), ("managed-machine-windows-x64", "SysWOW64")],
)
def test_footnote_2_is_in_the_machines_paths(computer: str, path: str) -> None:
    (rule,) = named(computer, "shutdown")
    assert rule["-Program"] == f"%SystemDrive%\\WINDOWS\\{path}\\DepAgent.exe"
    assert (rule["-Direction"], rule["-LocalPort"], rule["-RemoteAddress"]) == (
        "Inbound", "56010", ["10.0.0.5", "2001:db8::5"],
    )  # fmt: skip


def test_footnote_1_is_in_the_servers_paths() -> None:
    text = export(table(), site(image_builder=["10.0.0.50"]), "windows-firewall", ["image-builder"]).text
    (rule,) = named("dpm-server", "image-builder", text)
    assert rule["-Program"] == "%SystemDrive%\\Program Files\\NEC\\DeploymentManager\\ftsvc.exe"
    assert named("dpm-server", "image-builder")[0]["-Program"] == FOLDER + "ftsvc.exe"


def test_footnote_3_is_in_the_addresses() -> None:
    (rule,) = named("dpm-server", "power-on")
    assert rule["-RemoteAddress"] == ["10.0.2.63", "10.0.4.255", "255.255.255.255"]
    assert named("managed-machine-windows-x64", "power-on") == []


@pytest.mark.parametrize(
    ("dhcp", "programs"),
    [
        ({"servers": ["10.0.0.5"]}, [None]),
        ({"servers": ["10.0.0.6"]}, ["pxesvc.exe"]),
        ({"servers": "none"}, ["pxesvc.exe"]),
        ({}, [None, "pxesvc.exe"]),
    ],
)
def test_footnote_6_says_which_program_has_port_67(dhcp: dict[str, Any], programs: list[str | None]) -> None:
    machines = [{"name": "m", "address": "10.0.0.21"}]
    text = export(table(), site(dhcp=dhcp, managed_machines=machines), "windows-firewall", ["boot-dhcp-request"]).text
    rules = named("dpm-server", "boot-dhcp-request", text)
    assert [str(rule["-Program"]).rpartition("\\")[2] if "-Program" in rule else None for rule in rules] == programs
    assert {(rule["-LocalPort"], rule["-RemotePort"], rule["-RemoteAddress"]) for rule in rules} == {
        ("67", "68", "Any")
    }


def test_the_web_service_is_system_on_the_profiles_port() -> None:
    (rule,) = named("dpm-server", "command-line")
    assert (rule["-Program"], rule["-LocalPort"], rule["-Direction"]) == ("System", "8080", "Inbound")
    (client,) = named("command-line", "command-line")
    assert str(client["-Program"]).endswith("\\dpmcmd.exe")


def test_a_transfer_belongs_to_its_program() -> None:
    request, transfer = named("dpm-server", "boot-tftp-request")
    assert (request["-Direction"], request["-LocalPort"], request["-RemotePort"]) == ("Inbound", "69", "Any")
    assert (transfer["-Direction"], transfer["-LocalPort"]) == ("Outbound", "1024-65535")
    assert transfer["-Program"] == request["-Program"] == FOLDER + "pxemtftp.exe"


def test_a_machine_that_boots_gets_no_rule() -> None:
    assert {str(rule["-Name"]) for rule in rules_of(script())["managed-machine-windows-x64"]} == {
        "dpm-analyzer-shutdown-1", "dpm-analyzer-existence-check-1",
    }  # fmt: skip


def test_ping_is_an_icmp_type() -> None:
    (rule,) = named("managed-machine-windows-x64", "existence-check")
    assert (rule["-Protocol"], rule["-IcmpType"], rule["-Direction"]) == ("ICMPv4", "8", "Inbound")
    assert {"-LocalPort", "-RemotePort", "-Program"}.isdisjoint(rule)


def test_no_rule_opens_every_port() -> None:
    for rules in rules_of(script()).values():
        for rule in rules:
            wide = rule.get("-LocalPort") == "Any" and "-Program" not in rule
            assert not (wide and rule["-Direction"] == "Inbound")
