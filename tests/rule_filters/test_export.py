"""What an export contains beside its filters: losses, sources, refusals; exports of unusual and hostile profiles."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from analyzer.cli.rules.export import TARGET_NAMES
from analyzer.errors import ExportError
from analyzer.rule_filters.export import TARGETS, Export, export
from analyzer.rule_filters.losses import SENTENCES, ExportLoss, LossCode, sentence, summary
from analyzer.rules import RuleTable, load_table, table_from_packs
from analyzer.site import Profile, Site, load_site
from tests.program import ROOT, run
from tests.rule_filters.tools import SITE, expressions, program

LAB = ROOT / "sample_pcaps" / "lab" / "site.yaml"
PACKET_TARGETS = ("bpf", "wireshark", "nftables")
every_target = pytest.mark.parametrize("target", TARGET_NAMES)

MULTILINE = "x\nNew-NetFirewallRule\r\n\u2028accept\u2029 }\x1b[31m' \" \\"
HOSTILE_ITEM = "Item\nudp or tcp\n\x00\u2019\u2018\u201a\u201b' \\"


def site(**parts: Any) -> Site:
    data = {"version": 1, "name": "x", "dpm_server": {"addresses": ["10.0.0.5"]}, **parts}
    return Site.from_profile(Profile.model_validate(data))


def table_with(**changes: Any) -> RuleTable:
    """The row image-builder alone, with those fields, from a pack of the user's."""
    pack = load_table().packs[0].model_dump(mode="json")
    (row,) = [rule for rule in pack["rules"] if rule["id"] == "image-builder"]
    pack["rules"] = [{**row, **changes}]
    return table_from_packs([pack], load_table().sources)


def codes(made: Export, row: str = "") -> set[LossCode]:
    return {loss.code for loss in made.losses if not row or loss.row == row}


def written(target: str, at: Site, row: str = "image-builder", table: RuleTable | None = None) -> Export:
    return export(table or load_table(), at, target, [row])


def statements(text: str) -> list[str]:
    """Lines that are no comment and not empty."""
    return [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]


def test_the_command_knows_every_target() -> None:
    assert tuple(TARGETS) == TARGET_NAMES


def test_every_code_has_a_sentence() -> None:
    assert set(SENTENCES) == set(LossCode)
    assert all(text.endswith((".", "{}.")) for text in SENTENCES.values())


@every_target
def test_every_row_has_its_citation_its_footnotes_and_its_losses(target: str) -> None:
    table = load_table()
    made = export(table, load_site(SITE), target)
    lines = [line.strip() for line in made.text.splitlines()]
    for rule in table.rules:
        assert f"# {rule.id}" in lines
        assert f"# {table.citation(rule)}" in lines
        assert all(any(line.startswith(f"# *{note}: ") for line in lines) for note in rule.footnotes)
    for loss in made.losses:
        assert f"# {'Not expressed' if loss.row else 'Every row'}: {sentence(loss)}" in lines


@every_target
def test_the_same_input_gives_the_same_bytes(target: str) -> None:
    assert export(load_table(), load_site(SITE), target) == export(load_table(), load_site(SITE), target)


@every_target
def test_rows_come_in_the_tables_order_whatever_was_asked_first(target: str) -> None:
    ids = ["existence-check", "shutdown", "shutdown"]
    made = export(load_table(), load_site(SITE), target, ids)
    known = {f"# {rule.id}" for rule in load_table().rules}
    headings = [line for line in map(str.strip, made.text.splitlines()) if line in known]
    assert headings == ["# shutdown", "# existence-check"]


@every_target
def test_a_role_without_an_address_is_named_and_not_widened(target: str) -> None:
    made = written(target, site())
    assert ExportLoss("image-builder", LossCode.ROLE_WITHOUT_ADDRESS, ("image-builder",)) in made.losses
    assert "56023" not in "".join(statements(made.text))
    assert "The profile has no address for image-builder." in made.text


@every_target
def test_what_is_never_on_the_wire_has_no_line(target: str) -> None:
    made = written(target, load_site(SITE), "server-internal")
    assert codes(made, "server-internal") == {LossCode.NEVER_ON_WIRE}
    assert "56050" not in "".join(statements(made.text))


def test_a_dhcp_server_that_does_not_exist_is_no_loss() -> None:
    machines = [{"name": "m", "address": "10.0.0.9"}]
    none = site(dhcp={"servers": "none"}, managed_machines=machines)
    assert LossCode.ROLE_WITHOUT_ADDRESS not in codes(written("bpf", none, "boot-dhcp-request"))
    unknown = site(managed_machines=machines)
    assert LossCode.ROLE_WITHOUT_ADDRESS in codes(written("bpf", unknown, "boot-dhcp-request"))


@pytest.mark.parametrize("target", PACKET_TARGETS)
def test_a_machine_that_asks_is_known_by_its_mac_where_every_machine_has_one(target: str) -> None:
    machines = [{"name": "m", "address": "10.0.0.9", "mac": "02:00:00:00:00:09"}]
    made = written(target, site(managed_machines=machines, dhcp={"servers": "none"}), "boot-dhcp-request")
    assert LossCode.ANY_HARDWARE_ADDRESS not in codes(made)
    terms = [term for line in statements(made.text) for term in re.split(r" or \(| \|\| ", line)]
    (asks,) = [term for term in terms if "0.0.0.0" in term]
    assert "02:00:00:00:00:09" in asks


@pytest.mark.parametrize("target", PACKET_TARGETS)
def test_a_machine_that_asks_is_not_known_by_its_mac_where_one_machine_has_none(target: str) -> None:
    machines = [{"name": "m", "address": "10.0.0.9", "mac": "02:00:00:00:00:09"}, {"name": "n", "address": "10.0.0.8"}]
    made = written(target, site(managed_machines=machines, dhcp={"servers": "none"}), "boot-dhcp-request")
    assert LossCode.ANY_HARDWARE_ADDRESS in codes(made)
    assert "02:00:00:00:00:09" not in "".join(statements(made.text))


def test_segments_that_the_profile_has_not_are_named() -> None:
    made = written("bpf", site(managed_machines=[{"name": "far", "address": "10.9.9.9"}]), "power-on")
    assert ExportLoss("power-on", LossCode.MACHINE_OUTSIDE_SEGMENTS, ("far",)) in made.losses
    assert LossCode.SERVER_SEGMENT_UNKNOWN in codes(made)
    assert expressions(made.text) == [
        "(ip and udp and src host 10.0.0.5 and dst host 255.255.255.255 and dst port 5561)"
    ]


@pytest.mark.parametrize("cidr", ["10.0.9.0/31", "10.0.9.1/32", "2001:db8:9::/64"])
def test_segments_without_a_broadcast_address_are_named(cidr: str) -> None:
    segments = [{"name": "own", "cidr": "10.0.0.0/24"}, {"name": "other", "cidr": cidr}]
    made = written("bpf", site(segments=segments), "power-on")
    assert ExportLoss("power-on", LossCode.NO_DIRECTED_BROADCAST, ("other",)) in made.losses


def test_ends_of_different_ip_versions_are_named() -> None:
    made = written("bpf", site(image_builder=["2001:db8::50"]))
    assert LossCode.NO_COMMON_VERSION in codes(made)
    assert expressions(made.text) == []


def test_needed_items_are_named() -> None:
    table = table_with(footnotes=[7])
    made = written("bpf", site(image_builder=["10.0.0.50"]), table=table)
    assert ExportLoss("image-builder", LossCode.NEEDED_ITEMS, ("Restore",)) in made.losses


def test_machines_without_a_dpm_role_are_named_and_not_written() -> None:
    table = table_with(originator={"roles": ["other"]})
    made = written("nftables", site(), table=table)
    assert LossCode.ROLE_OTHER in codes(made)
    assert not any("56023" in line for line in statements(made.text))


def test_a_pool_has_neither_the_servers_nor_the_segments_edges() -> None:
    at = site(
        segments=[{"name": "s", "cidr": "10.0.0.0/29"}],
        managed_machines=[{"name": "pool", "cidr": "10.0.0.0/28"}],
        dhcp={"servers": ["10.0.0.3"]},
    )
    (expression,) = expressions(written("wireshark", at, "shutdown").text)
    taken = "10.0.0.1 .. 10.0.0.2, 10.0.0.4, 10.0.0.6, 10.0.0.8 .. 10.0.0.15"
    assert f"ip.dst in {{{taken}}}" in expression


@pytest.mark.parametrize("target", ["bpf", "wireshark"])
def test_joined_is_one_expression_without_comments(target: str) -> None:
    single = export(load_table(), load_site(SITE), target)
    made = export(load_table(), load_site(SITE), target, join=True)
    word = " or " if target == "bpf" else " || "
    assert made.text == word.join(expressions(single.text)) + "\n"
    assert made.losses == single.losses


@pytest.mark.parametrize("target", ["bpf", "wireshark"])
def test_nothing_to_join_is_refused_since_it_would_take_everything(target: str) -> None:
    with pytest.raises(ExportError, match="no row has an expression"):
        export(load_table(), site(), target, ["image-builder", "server-internal"], join=True)


@pytest.mark.parametrize("target", ["nftables", "windows-firewall"])
def test_rulesets_cannot_be_joined(target: str) -> None:
    with pytest.raises(ExportError, match="--joined"):
        export(load_table(), load_site(SITE), target, join=True)


def test_unknown_rows_and_targets_are_refused() -> None:
    with pytest.raises(ExportError, match="there is no row 'nothing'"):
        export(load_table(), load_site(SITE), "bpf", ["shutdown", "nothing"])
    with pytest.raises(ExportError, match="'iptables' is not a target"):
        export(load_table(), load_site(SITE), "iptables")


def hostile() -> tuple[RuleTable, Site]:
    table = table_with(
        item=HOSTILE_ITEM,
        responder={
            "roles": ["dpm-server"], "port": 56_023,
            "executables": [
                {"name": HOSTILE_ITEM, "path": "\\a'; Remove-Item C:\\ #\n.exe"},
                {"name": "smart", "path": "\\a\u2019; Remove-Item C:\\ #.exe"},
                {"name": "Ñ", "path": "\\Ñ.exe"},
                {"name": "quoted", "path": "\\it's here; $(calc)`\\b.exe"},
            ],
        },
        originator={"roles": ["image-builder", "managed-machine"]},
    )  # fmt: skip
    machines = [{"name": MULTILINE, "mac": "02:00:00:00:00:09"}, {"name": "日本", "os": "linux", "address": "10.0.0.7"}]
    return table, site(name=MULTILINE, image_builder=["10.0.0.50"], managed_machines=machines)


@every_target
def test_hostile_names_stay_in_their_comments(target: str) -> None:
    table, at = hostile()
    text = export(table, at, target).text
    plain = export(table_with(originator={"roles": ["image-builder", "managed-machine"]}), at, target).text
    lines = text.split("\n")
    assert all(line.isprintable() for line in lines if not line.startswith("\t"))
    assert "\r" not in text
    if target != "windows-firewall":
        assert statements(text) == statements(plain)


def test_hostile_paths_are_refused_or_quoted_in_powershell() -> None:
    table, at = hostile()
    made = export(table, at, "windows-firewall")
    assert made.text.isascii()
    refused = [loss for loss in made.losses if loss.code is LossCode.PROGRAM_NO_PATH]
    assert len(refused) == 3
    programs = {line.partition("-Program ")[2] for line in statements(made.text) if "-Direction Inbound" in line}
    assert programs == {"'%SystemDrive%\\it''s here; $(calc)`\\b.exe'"}


def test_hostile_names_leave_a_ruleset_that_nft_accepts(namespaces: None) -> None:
    table, at = hostile()
    assert namespaces is None
    check_ruleset(export(table, at, "nftables").text)


def check_ruleset(text: str) -> None:
    done = subprocess.run(
        ["unshare", "--net", program("nft", "nftables"), "-c", "-f", "-"], input=text, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("namespaces")
def test_nft_accepts_the_whole_ruleset_and_loads_it_twice(tmp_path: Path) -> None:
    path = tmp_path / "rules.nft"
    path.write_text(export(load_table(), load_site(SITE), "nftables").text, encoding="utf-8")
    check_ruleset(path.read_text(encoding="utf-8"))
    nft = program("nft", "nftables")
    shell = f'set -e; {nft} -f "$1"; {nft} -f "$1"; {nft} list ruleset'
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", shell, "sh", str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("table inet") == 1
    assert "policy drop" not in done.stdout


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize("at", [site(), load_site(LAB)], ids=["no addresses", "lab"])
def test_nft_accepts_what_other_profiles_give(at: Site) -> None:
    check_ruleset(export(load_table(), at, "nftables").text)


def test_a_long_row_id_does_not_pass_the_length_of_a_comment(namespaces: None) -> None:
    assert namespaces is None
    table = table_with(id="a" * 500)
    check_ruleset(export(table, site(image_builder=["10.0.0.50"]), "nftables").text)


def test_many_machines_are_merged() -> None:
    machines = [{"name": f"m{number}", "address": f"10.1.{number // 256}.{number % 256}"} for number in range(1024)]
    (expression,) = expressions(written("bpf", site(managed_machines=machines), "shutdown").text)
    assert "dst net 10.1.0.0/22" in expression
    assert len(expression) < 300


def test_a_sentence_lists_few_names_and_counts_the_others() -> None:
    names = tuple(f"m{number}" for number in range(9))
    assert "m4 and 4 more" in sentence(ExportLoss("r", LossCode.NOT_WINDOWS, names))
    losses = [
        ExportLoss("one", LossCode.SERIES),
        ExportLoss("two", LossCode.SERIES),
        ExportLoss("", LossCode.FRAGMENTS),
    ]
    assert [line.partition(":")[0] for line in summary(losses)] == ["one, two", "every row"]


def test_the_command_prints_the_filters_and_the_losses_apart() -> None:
    done = run("rules", "export", "--site", SITE, "--to", "bpf", "--row", "shutdown")
    made = export(load_table(), load_site(SITE), "bpf", ["shutdown"])
    assert done.exit_code == 0
    assert done.stdout == made.text
    assert done.stderr == "".join(f"{line}\n" for line in made.sentences())


def test_the_command_prints_the_warnings_of_the_profile_as_sentences(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(
        "version: 1\nname: x\ndpm_server: {addresses: [10.9.0.5]}\nimage_builder: [10.0.0.50]\n"
        "segments: [{name: a, cidr: 10.0.0.0/24}]\n"
    )
    done = run("rules", "export", "--site", site, "--to", "bpf", "--row", "image-builder")
    assert done.exit_code == 0
    assert done.stderr.startswith("No segment of the profile contains the DPM Server (10.9.0.5).")


def test_the_command_joins() -> None:
    done = run("rules", "export", "--site", SITE, "--to", "wireshark", "--joined", "--row", "existence-check")
    assert done.stdout.count("\n") == 1
    assert done.stdout.startswith("(icmp && ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--to", "bpf"], "--site"),
        (["--site", str(SITE), "--to", "iptables"], "iptables"),
        (["--site", str(SITE), "--to", "bpf", "--row", "nothing"], "there is no row 'nothing'"),
        (["--site", "no-such-site.yaml", "--to", "bpf"], "no-such-site.yaml"),
        (["--site", str(SITE), "--to", "nftables", "--joined"], "leave --joined out"),
        (["--site", str(SITE), "--to", "bpf", "--rules", "no-such-pack.yaml"], "no-such-pack.yaml"),
    ],
)
def test_what_cannot_be_exported_is_an_error(options: list[str], message: str) -> None:
    done = run("rules", "export", *options)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_the_command_takes_packs(tmp_path: Path) -> None:
    pack = tmp_path / "own.yaml"
    pack.write_text(
        "version: 1\nid: own\nkind: overlay\n"
        'provenance: {title: ours, source: "our guide", pages_seen: [192]}\n'
        "rules:\n  - id: restore\n    item: Restore\n    page: 192\n    protocol: tcp\n"
        '    printed: "<"\n    originator: {roles: [image-builder]}\n'
        "    responder: {roles: [dpm-server], port: 50000}\n",
        encoding="utf-8",
    )
    done = run("rules", "export", "--site", SITE, "--to", "bpf", "--rules", pack, "--row", "restore")
    assert done.exit_code == 0
    assert "# our guide, p. 192, Restore\n" in done.stdout
    assert "dst port 50000" in done.stdout
