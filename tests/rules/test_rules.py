"""Rule packs: the shipped table, the footnotes as rules, overlays, and a lint that gives the place of each mistake."""

from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import DocumentError, LocatedError, RulesError
from analyzer.rules import RuleTable, check, declared, files, load_table, needed_items, table_from_packs
from analyzer.rules.files import shipped
from analyzer.site import Profile, Site
from analyzer.values import Cast, Role
from analyzer.yaml_source import Document, read_octets

IDS = (
    "power-on", "shutdown", "boot-dhcp-request", "boot-dhcp-reply", "boot-pxe-68", "boot-pxe-4011", "boot-tftp-request",
    "boot-tftp-reply", "boot-agent", "image-builder", "command-line", "server-internal", "existence-check", "multicast",
)  # fmt: skip

FOLDER = "\\Program Files\\NEC\\DeploymentManager\\"
FOLDER_X64 = "\\Program Files (x86)\\NEC\\DeploymentManager\\"

OVERLAY = """\
version: 1
id: own-guide
kind: overlay
provenance: {title: our copy, source: "our guide, Appendix A", pages_seen: [192]}
rules:
  - id: restore
    item: Restore
    page: 192
    footnotes: [8]
    protocol: tcp
    printed: "<"
    originator: {roles: [managed-machine]}
    responder: {roles: [dpm-server], port: 50000}
    demands: [{rule: boot-agent, because: the machine has booted first}]
"""


@pytest.fixture(scope="module")
def table() -> RuleTable:
    return load_table()


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(OVERLAY, encoding="utf-8")
    return path


def site(**parts: Any) -> Site:
    server = {"addresses": ["10.0.0.1"], "architecture": parts.pop("architecture", "x86")}
    return Site.from_profile(Profile.model_validate({"version": 1, "name": "x", "dpm_server": server, **parts}))


def dhcp(servers: list[str] | str) -> Site:
    return site(dhcp={"servers": servers})


def test_the_rows_are_those_of_the_guide(table: RuleTable) -> None:
    assert tuple(rule.id for rule in table.rules) == IDS
    server = [rule.originator if rule.printed == ">" else rule.responder for rule in table.rules[:11]]
    target = [rule.responder if rule.printed == ">" else rule.originator for rule in table.rules[:11]]
    assert [side.port for side in server] == [None, None, 67, 67, 4011, 4011, 69, 69, 56030, 56023, 80]
    assert [side.port for side in target] == [5561, 56010, 68, 68, 68, 4011, None, None, 56030, None, None]
    assert [rule.protocol for rule in table.rules[:11]] == ["udp", "tcp", *["udp"] * 6, *["tcp"] * 3]
    assert [rule.printed for rule in table.rules] == [*">><><<<><<<", "none", "none", "none"]
    assert [rule.page for rule in table.rules] == [191] * 9 + [194] * 5


def test_the_originator_opens_the_flow(table: RuleTable) -> None:
    for rule in table.rules[:11]:
        opener = rule.originator if rule.printed == ">" else rule.responder
        assert Role.DPM_SERVER in opener.roles, rule.id


def test_what_stands_beyond_the_table(table: RuleTable) -> None:
    internal, ping, multicast = (table.rule(one) for one in ("server-internal", "existence-check", "multicast"))
    assert (internal.wire, internal.responder.port, internal.footnotes) == ("never", 56050, (9,))
    assert (ping.protocol, ping.icmp_type) == ("icmp", 8)
    assert (multicast.casts, multicast.responder.port) == ((Cast.MULTICAST,), None)


def test_a_boot_has_its_stages_and_goes_on_to_the_agent(table: RuleTable) -> None:
    stages = [rule.stage for rule in table.rules if rule.stage]
    assert stages == ["dhcp-request", "dhcp-reply", "proxy", "proxy", "tftp", "tftp", "agent"]
    assert [demand.rule for demand in table.rule("boot-tftp-request").demands] == ["boot-agent"]


def test_the_table_says_where_it_comes_from_and_what_it_lacks(table: RuleTable) -> None:
    source = table.packs[0].provenance
    assert (source.edition, source.pages_seen, source.pages_missing) == (None, (191, 194), (192, 193))
    assert sorted(table.footnotes) == list(range(1, 11))
    assert {note.page for note in table.footnotes.values()} == {194}
    assert {"Restore", "Operation without a DHCP Server"} <= {one.item for one in table.not_covered}
    power_on = table.rule("power-on")
    assert table.citation(power_on) == "DeploymentManager Installation Guide, Appendix A, p. 191, Power ON *3"


def test_every_row_stands_on_the_line_that_is_said_of_it(table: RuleTable) -> None:
    lines = shipped()["dpm"].read_text(encoding="utf-8").splitlines()
    for rule_id, line in table.sources[0].lines.items():
        assert lines[line - 1] == f"  - id: {rule_id}"
    assert set(table.sources[0].lines) == set(IDS)


def test_an_unknown_row_is_a_key_error(table: RuleTable) -> None:
    with pytest.raises(KeyError):
        table.rule("no-such-row")


def test_footnote_1_follows_the_servers_architecture(table: RuleTable) -> None:
    rule = table.rule("image-builder")
    assert declared(rule, site()) == f"{FOLDER}DIBuilde.exe -> {FOLDER}ftsvc.exe"
    # The console's architecture is not the server's.
    assert declared(rule, site(architecture="x64")) == f"{FOLDER}DIBuilde.exe -> {FOLDER_X64}ftsvc.exe"


@pytest.mark.parametrize(
    ("machine_os", "client"),
    [
        ("windows-x86", "\\WINDOWS\\system32\\DepAgent.exe"),
        ("windows-x64", "\\WINDOWS\\SysWOW64\\DepAgent.exe"),
        ("linux", "/opt/dpmclient/agent/bin/Depagtd"),
        (None, "\\WINDOWS\\system32\\DepAgent.exe or /opt/dpmclient/agent/bin/Depagtd"),
    ],
)
def test_footnote_2_follows_the_machines_system(table: RuleTable, machine_os: str | None, client: str) -> None:
    programs = declared(table.rule("shutdown"), site(), machine_os)
    assert programs == f"{FOLDER}apiserv.exe or {FOLDER}schwatch.exe -> {client}"


def test_footnote_3_is_judged_by_segment(table: RuleTable) -> None:
    rule = table.rule("power-on")
    assert (rule.addressing, set(rule.casts)) == ("by-segment", {Cast.LIMITED_BROADCAST, Cast.DIRECTED_BROADCAST})
    assert 3 in rule.footnotes
    assert [one.id for one in table.rules if one.addressing] == ["power-on"]


def test_footnote_6_gives_the_holder_of_the_dhcp_port(table: RuleTable) -> None:
    request, reply = table.rule("boot-dhcp-request"), table.rule("boot-dhcp-reply")
    assert declared(request, dhcp(["10.0.0.1"])) == "none printed -> DHCP server"
    assert declared(request, dhcp(["10.0.0.2"])) == f"none printed -> {FOLDER}pxesvc.exe"
    assert declared(reply, site()) == f"DHCP server or {FOLDER}pxesvc.exe -> none printed"


def test_footnote_8_needs_one_item_or_the_other(overlay: Path) -> None:
    with_overlay = load_table([str(overlay)])
    restore = with_overlay.rule("restore")
    assert needed_items(restore, with_overlay, dhcp(["10.0.0.2"])) == ("Network boot",)
    assert needed_items(restore, with_overlay, dhcp("none")) == ("Operation without a DHCP Server",)
    assert needed_items(restore, with_overlay, site()) == ()


def test_footnote_7_needs_restore(table: RuleTable) -> None:
    backup = table.rule("shutdown").model_copy(update={"footnotes": (7,)})
    assert needed_items(backup, table, site()) == ("Restore",)
    assert needed_items(table.rule("shutdown"), table, site()) == ()


def test_footnote_10_makes_the_web_port_a_setting(table: RuleTable) -> None:
    side = table.rule("command-line").responder
    assert (side.port, side.port_setting) == (80, "web_port")
    assert table.rule("command-line").footnotes == (10,)
    assert [rule.id for rule in table.rules if rule.responder.port_setting] == ["command-line"]


def test_rows_without_programs_say_so(table: RuleTable) -> None:
    assert declared(table.rule("existence-check"), site()) == "none printed -> none printed"


def test_an_overlay_adds_rows_and_what_it_covers_is_no_longer_missing(overlay: Path, table: RuleTable) -> None:
    both = load_table([str(overlay)])
    assert tuple(rule.id for rule in both.rules) == (*IDS, "restore")
    assert {one.item for one in table.not_covered} - {one.item for one in both.not_covered} == {"Restore"}
    assert both.citation(both.rule("restore")) == "our guide, Appendix A, p. 192, Restore *8"
    assert [source.name for source in both.sources] == ["dpm.yaml", "own.yaml"]
    assert both.sources[1].lines == {"restore": 6}


def test_a_row_of_the_same_id_takes_the_others_place(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OVERLAY.replace("id: restore", "id: shutdown"), encoding="utf-8")
    both = load_table([str(path)])
    assert tuple(rule.id for rule in both.rules) == IDS
    assert both.rule("shutdown").responder.port == 50000


def test_a_table_takes_the_built_in_ones_place(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    content = OVERLAY.replace("kind: overlay", "kind: table").replace("footnotes: [8]", "footnotes: []")
    path.write_text(content.replace("boot-agent", "restore"), encoding="utf-8")
    assert [rule.id for rule in load_table([str(path)]).rules] == ["restore"]


def test_hints_are_there_only_when_asked_for_and_bring_no_row(table: RuleTable) -> None:
    hinted = load_table(["oem-hitachi"])
    assert (hinted.rules, hinted.not_covered) == (table.rules, table.not_covered)
    assert table.hints == ()
    assert {26501, 56020, 56070} <= {hint.port for hint in hinted.hints}


def test_a_folder_called_like_a_shipped_pack_does_not_hide_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("oem-hitachi").mkdir()
    assert load_table(["oem-hitachi"]).hints


def test_the_table_can_be_made_again_from_plain_data(overlay: Path) -> None:
    both = load_table([str(overlay), "oem-hitachi"])
    plain = [pack.model_dump(mode="json") for pack in both.packs]
    assert table_from_packs(plain, both.sources) == both
    with pytest.raises(DocumentError):
        table_from_packs([{"version": 2}])


def test_the_shipped_packs_are_clean() -> None:
    assert check() == []
    assert sorted(shipped()) == ["dpm", "oem-hitachi"]


@pytest.mark.parametrize(
    ("change", "line", "severity", "part"),
    [
        (("footnotes: [8]", "footnotes: [8, 44]"), 9, "error", "footnote *44 is not defined"),
        (("rule: boot-agent", "rule: boot-agnt"), 14, "error", "no row is called 'boot-agnt'"),
        (("rule: boot-agent", "rule: server-internal"), 14, "error", "never on the wire"),
        (("protocol: tcp", "protocol: tcp\n    icmp_type: 8"), 11, "error", "only ICMP has types"),
        (("protocol: tcp", "protocol: icmp\n    icmp_type: 8"), 14, "error", "ICMP has no ports"),
        (("protocol: tcp", "protocol: tcp\n    executables: required"), 11, "error", "none can be required"),
        (("protocol: tcp", "protocol: tcp\n    casts: [multicast]"), 11, "error", "TCP is unicast only"),
        (("protocol: tcp", "protocol: udp\n    addressing: by-segment"), 6, "error", "needs the casts"),
        (("protocol: tcp", "protocol: tcp\n    wire: never"), 11, "error", "same roles"),
        (("protocol: tcp", "protocol: tcp\n    transfer: true"), 11, "error", "TFTP"),
        (("protocol: tcp", "protocol: tcp\n    relayed_from: 67"), 11, "error", "relayed"),
        (("port: 50000", "port_setting: web_port"), 12, "error", "add the default"),
        (('printed: "<"', 'printed: ">"'), 11, "error", "exchange the sides"),
        (("page: 192", "page: 0"), 8, "error", "cites no page"),
        (("page: 192", "page: 193"), 8, "warning", "not among pages_seen"),
        (("pages_seen: [192]", "pages_missing: [192]"), 8, "error", "listed as missing"),
        (("item: Restore", "itme: Restore"), 7, "error", "did you mean 'item'"),
        (("protocol: tcp", "protocol: sctp"), 10, "error", "use 'tcp', 'udp' or 'icmp'"),
    ],
)
def test_lint_finds_and_locates(tmp_path: Path, change: tuple[str, str], line: int, severity: str, part: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OVERLAY.replace(*change), encoding="utf-8")
    found = [issue for issue in check([str(path)]) if part in issue.issue.message]
    assert [(issue.issue.line, issue.severity) for issue in found] == [(line, severity)]
    if severity == "error":
        with pytest.raises(RulesError, match=f"{path}:{line}:"):
            load_table([str(path)])
    else:
        load_table([str(path)])


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ("responder: {roles: [dpm-server], port: 50000}", "'copy' says what 'restore' says"),
        ("responder: {roles: [dpm-server], port: 50000}\n    application: http", "'restore' before it covers"),
    ],
)
def test_lint_warns_of_rows_in_the_shadow_of_others(tmp_path: Path, row: str, part: str) -> None:
    copy = f"""\
  - id: copy
    item: Copy
    page: 192
    protocol: tcp
    printed: "<"
    originator: {{roles: [managed-machine]}}
    {row}
"""
    path = tmp_path / "own.yaml"
    path.write_text(OVERLAY + copy, encoding="utf-8")
    issues = check([str(path)])
    assert [(issue.severity, issue.issue.line) for issue in issues] == [("warning", 15)]
    assert part in str(issues[0])


def test_lint_finds_ids_that_stand_twice(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OVERLAY + OVERLAY.partition("rules:\n")[2], encoding="utf-8")
    assert [(issue.severity, issue.issue.line) for issue in check([str(path)])] == [("error", 15)]


def test_every_pack_that_is_wrong_is_reported_at_once(tmp_path: Path, overlay: Path) -> None:
    table_copy = tmp_path / "two.yaml"
    table_copy.write_text(shipped()["dpm"].read_text(encoding="utf-8"), encoding="utf-8")
    overlay.write_text(OVERLAY.replace("page: 192", "page: x"), encoding="utf-8")
    with pytest.raises(RulesError) as caught:
        load_table([str(overlay), "dpm", str(table_copy), "no-such-pack"])
    assert sorted({issue.path for issue in caught.value.issues}) == sorted(
        [str(overlay), str(table_copy), "no-such-pack"]
    )


def test_lint_goes_on_after_a_file_that_cannot_be_read(overlay: Path) -> None:
    assert [issue.severity for issue in check(["no-such-pack", str(overlay)])] == ["error"]


@pytest.mark.parametrize("old", ["our copy", "our guide, Appendix A", "Restore", "the machine has booted first"])
@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_a_value_that_a_draft_left_open_keeps_the_pack_from_being_used(tmp_path: Path, old: str, case: Any) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OVERLAY.replace(old, case("fill in this")), encoding="utf-8")
    found = [issue for issue in check([str(path)]) if "replace it with what your copy" in issue.issue.message]
    assert [issue.severity for issue in found] == ["error"]
    with pytest.raises(RulesError, match="is still here"):
        load_table([str(path)])


@pytest.mark.parametrize("side", ["originator", "responder"])
def test_a_row_for_any_host_is_a_warning(tmp_path: Path, side: str) -> None:
    role = "managed-machine" if side == "originator" else "dpm-server"
    path = tmp_path / "own.yaml"
    content = OVERLAY.replace(f"{side}: {{roles: [{role}]", f"{side}: {{roles: [{role}, other]")
    assert content != OVERLAY
    path.write_text(content, encoding="utf-8")
    found = [issue for issue in check([str(path)]) if "any host without a DPM role" in issue.issue.message]
    assert [issue.severity for issue in found] == ["warning"]


def test_faulty_rows_are_not_called_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OVERLAY.replace("protocol: tcp", "protocol: quic"), encoding="utf-8")
    messages = [issue.issue.message for issue in check([str(path)])]
    assert messages
    assert not [message for message in messages if "no rules" in message]


def test_the_same_pack_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that judges a thousand captures reads the table a thousand times. A changed file is parsed again."""
    parsed: list[str] = []

    def count(name: str, raw: bytes, error: type[LocatedError]) -> Document:
        parsed.append(name)
        return read_octets(name, raw, error)

    monkeypatch.setattr(files, "read_octets", count)
    path = tmp_path / "mine.yaml"
    for content in (OVERLAY, OVERLAY, OVERLAY + "# changed\n"):
        path.write_text(content, encoding="utf-8")
        load_table([str(path)])
    assert parsed.count(str(path)) == 2


@pytest.mark.parametrize("name", ["dpm", "oem-hitachi"])
def test_a_file_with_the_name_of_a_built_in_pack_is_read_only_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The current folder often has files of strangers."""
    (tmp_path / name).write_text(OVERLAY)
    monkeypatch.chdir(tmp_path)
    assert [source.name for source in load_table([name]).sources][-1] == f"{name}.yaml"
    assert [source.name for source in load_table([f"./{name}"]).sources] == ["dpm.yaml", name]
