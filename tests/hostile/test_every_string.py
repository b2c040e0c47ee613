"""Controls in every string of every input: none of them reaches a terminal or a text file.

Captures (their names, comments and filters, files of TFTP and DHCP), evidence of hosts, a rule pack, a profile, a draft
and a saved report. Whatever may have controls has them at once; every other string has them once, for its error.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pydantic import BaseModel, ValidationError

from analyzer import analyze, load, pipeline
from analyzer.api.tables import COLUMNS as RUN_TABLES
from analyzer.cli import main
from analyzer.difference import difference
from analyzer.difference.columns import COLUMNS as DIFFERENCE_TABLES
from analyzer.errors import AnalyzerError, RulesError, SiteError
from analyzer.guide.importing import Import, import_guide
from analyzer.rules import load_table
from analyzer.rules.draft import Draft
from analyzer.rules.draft_lint import draft_at
from analyzer.rules.model import Pack
from analyzer.site import load_site
from analyzer.site.profile import Profile
from tests import capfile as cap
from tests.cases.hosts import CONSOLE, M1, M2, OTHER_DHCP, SERVER, STRANGER
from tests.guide.page_like_the_guide import FIRST
from tests.hostile.controls import (
    EVIL,
    EVIL_NAME,
    as_many,
    everywhere,
    leaves,
    raw,
    require_inert,
    require_inert_files,
    with_evil,
    with_evil_keys,
)
from tests.packets import Wire
from tests.program import ROOT

PROFILE: dict[str, Any] = {
    "version": 1,
    "name": "site",
    "segments": [{"name": "lan", "cidr": "10.20.0.0/23"}],
    "dpm_server": {"addresses": ["10.20.0.10"], "architecture": "x64"},
    "dhcp": {"servers": ["10.20.0.10"], "relays": ["10.20.2.1"]},
    "managed_machines": [
        {"name": "m1", "address": "10.20.0.31", "os": "linux"},
        {"name": "m2", "address": "10.20.1.32", "mac": "02:00:00:00:0b:21"},
        {"name": "pool", "range": "10.20.0.200-10.20.0.210"},
    ],
    "image_builder": ["10.20.0.50"],
    "command_line": ["10.20.0.51"],
    "expect": ["Shutdown", {"item": "power-on", "machines": ["m1"], "from": "2026-03-01"}],
    "waivers": [
        {"orig": "10.20.0.66", "resp": "m1", "service": "tcp/445", "reason": "r", "owner": "o", "expires": "2030-01-01"}
    ],
    "hosts": {"srv.example": "dpm-server", "pc1.example": "m1"},
}
Says = Callable[..., Result]


@dataclass(frozen=True)
class Inputs:
    """A folder with hostile captures and evidence, a hostile pack and profile, and their report in ``out``."""

    captures: Path
    hosts: Path
    pack: Path
    site: Path
    out: Path
    flow: str
    finding: str
    refused: dict[str, list[Any]]


def accepts(model: type[BaseModel], load: Callable[[Path], object], path: Path) -> Callable[[Any], bool]:
    """Whether the model admits plain data, and the loader its file."""

    def accepted(data: Any) -> bool:
        path.write_text(json.dumps(data), encoding="utf-8")
        try:
            model.model_validate(data)
            load(path)
        except (AnalyzerError, ValidationError):
            return False
        return True

    return accepted


def say(*words: str | Path, codes: tuple[int, ...] = (0, 1), given: str = "", coloured: bool = False) -> Result:
    """Run a command; nothing that it prints contains a control. No line is wrapped."""
    done = CliRunner(env={"COLUMNS": "5000"}).invoke(main, [str(word) for word in words], input=given)
    assert done.exit_code in codes, (words, done.exit_code, done.output[:2000], done.exception)
    require_inert(done.stdout, coloured=coloured)
    require_inert(done.stderr)
    return done


def require_draft(path: Path) -> None:
    if draft_at(path) is None:
        raise RulesError([])


def require_profile(path: Path, pack: Path) -> None:
    """A profile that can be judged with: what it expects is in the pack, too."""
    items = {rule.item for rule in load_table([str(pack)]).rules} | {"power-on"}
    expected = load_site(path).profile.expect
    if not {one if isinstance(one, str) else one.item for one in expected} <= items:
        raise SiteError([])


def hostile_captures(folder: Path) -> None:
    """A boot with hostile file names, a rogue server, a scan and a web request; a pcapng with comments and filters."""
    folder.mkdir()
    evil = EVIL.encode()
    wire = Wire()
    more = [("hostname", evil), ("client_id", evil)]
    wire.lease(M1, SERVER, file=b"boot" + evil[:100], options=more)
    wire.dhcp(OTHER_DHCP, M1, "offer", M1, file=b"rogue" + evil[:100], options=more, vendor=b"PXEClient" + evil)
    wire.tftp(M1, SERVER, file=f"pxe{EVIL}")
    wire.tftp(M2, SERVER, file=f"none{EVIL}", missing=True, port=2071)
    wire.tftp(STRANGER, SERVER, file=f"../..{EVIL}", port=2072)
    wire.tcp(SERVER, 50_001, M1, 56010, say=evil, hear=evil)
    wire.tcp(M1, 50_002, SERVER, 56050, say=evil, hear=evil)
    wire.tcp(CONSOLE, 50_003, SERVER, 80, say=b"GET /" + evil + b" HTTP/1.1\r\nHost: x" + evil + b"\r\n\r\n")
    wire.tcp(STRANGER, 50_004, M1, 445, say=evil)
    wire.tcp(STRANGER, 50_005, SERVER, 3389, say=evil)
    wire.udp(M1, 50_006, SERVER, 53, b"\0\1\1\0\0\1\0\0\0\0\0\0" + bytes((len(evil[:60]),)) + evil[:60] + b"\0\0\1\0\1")
    wire.syn(SERVER, 50_007, M2, 56010, tries=3)
    wire.save(folder / f"first{EVIL_NAME}.pcap", cut=3)
    facts = cap.option(1, b"comment" + evil) + cap.option(2, b"eth" + evil) + cap.option(3, b"about" + evil)
    facts += cap.option(11, b"\0filter" + evil) + cap.option(12, b"os" + evil) + cap.option(0, b"")
    head = cap.block(0x0A0D0D0A, b"\x4d\x3c\x2b\x1a\1\0\0\0" + b"\xff" * 8 + facts)
    device = cap.block(1, b"\1\0\0\0\0\0\0\0" + facts)
    frames = [cap.packet(record) for record in cap.converse("ShADdFfa", cap.Ends("10.20.0.66", 4, "10.20.0.10", 22))]
    (folder / f"second{EVIL_NAME}.pcapng").write_bytes(head + device + b"".join(frames) + cap.block(0xBAD, evil))
    (folder / f"third{EVIL_NAME}.pcap").write_bytes(b"no capture at all")


def hostile_evidence(folder: Path, captures: Path) -> None:
    """Records of programs for both ends of every TCP flow of the captures."""
    flows = analyze([path for path in captures.iterdir() if "third" not in path.name], dissect=False).flows
    events: list[Any] = []
    lines: list[Any] = list(flows[flows["proto"] == "tcp"].itertuples())
    for flow in lines:
        for name, address in (("srv.example", "10.20.0.10"), ("pc1.example", "10.20.0.31")):
            if address not in (flow.orig_h, flow.resp_h):
                continue
            data = {
                "ProcessID": "1280", "Application": f"\\device\\harddiskvolume2\\x\\psexec{EVIL}.exe",
                "Direction": "%%14593" if flow.orig_h == address else "%%14592", "Protocol": "6",
                "SourceAddress": flow.orig_h, "SourcePort": str(flow.orig_p),
                "DestAddress": flow.resp_h, "DestPort": str(flow.resp_p), "UserID": EVIL,
            }  # fmt: skip
            system = {
                "EventID": 5156, "Channel": "Security", "Computer": f"{name}{EVIL}", "EventRecordID": len(events) + 1,
                "TimeCreated": {"#attributes": {"SystemTime": flow.ts.isoformat().replace("+00:00", "Z")}},
            }  # fmt: skip
            events.append({"Event": {"System": system, "EventData": data}})
    assert len(events) > 4
    stray = json.loads(json.dumps(events[0]))
    stray["Event"]["System"]["Computer"] = f"nobody{EVIL}"
    folder.mkdir()
    written = "".join(json.dumps(event) + "\n" for event in [*events, stray])
    (folder / f"log{EVIL_NAME}.json").write_text(written, encoding="utf-8")
    (folder / f"odd{EVIL_NAME}.txt").write_text(f"something else{EVIL}", encoding="utf-8")
    (folder / f"table{EVIL_NAME}.csv").write_text(f"pid,protocol,local_port,state,{EVIL}\n", encoding="utf-8")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    folder = tmp_path_factory.mktemp("hostile") / f"a{EVIL_NAME}"
    folder.mkdir()
    captures, hosts, pack, site = (
        folder / "captures",
        folder / "hosts",
        folder / f"p{EVIL_NAME}.yaml",
        folder / "s.yaml",
    )
    hostile_captures(captures)
    hostile_evidence(hosts, captures)
    plain = json.loads(load_table().packs[0].model_dump_json(exclude_defaults=True))
    table, refused_packs = everywhere(plain, accepts(Pack, lambda path: load_table([str(path)]), pack))
    pack.write_text(json.dumps(table), encoding="utf-8")
    profile, refused_sites = everywhere(
        with_evil(PROFILE, [("expect", 0)]), accepts(Profile, lambda path: require_profile(path, pack), site)
    )
    profile["hosts"] = {f"{name}{EVIL}": machine for name, machine in profile["hosts"].items()}
    site.write_text(json.dumps(profile), encoding="utf-8")
    assert sum(EVIL in text for _, text in leaves(table)) > 50
    assert sum(EVIL in text for _, text in leaves(profile)) > 10
    out = folder / f"out{EVIL_NAME}"
    given = ("--site", site, "--rules", pack, "--host", hosts, "--out", out)
    say("analyze", captures, *given, "-v", "--color", "always", codes=(1,), coloured=True)
    document = json.loads((out / "report.json").read_text(encoding="utf-8"))
    flow, finding = document["flows"]["flow"][0], document["findings"]["finding"][0]
    return Inputs(captures, hosts, pack, site, out, flow, finding, {"pack": refused_packs, "site": refused_sites})


def test_the_controls_come_from_every_input(inputs: Inputs) -> None:
    """Otherwise the tests below look at nothing: each kind of foreign text is in the document."""
    text = (inputs.out / "report.json").read_text(encoding="utf-8")
    evil, evil_name = json.dumps(EVIL)[1:-1], json.dumps(EVIL_NAME)[1:-1]
    for before in ("first", "second"):
        assert f"{before}{evil_name}" in text, before
    for before in ("pxe", "psexec", "srv.example", "m1", "lan", "Shutdown", "comment", "filter"):
        assert f"{before}{evil}" in text, before


def test_files_of_a_report(inputs: Inputs) -> None:
    assert require_inert_files(inputs.out) > 10


def test_commands_that_read_captures(inputs: Inputs, tmp_path: Path) -> None:
    given = ("--site", inputs.site, "--rules", inputs.pack, "--host", inputs.hosts)
    for number, options in enumerate((["--json-lines"], ["-v"], ["--color", "never"])):
        say("analyze", inputs.captures, *given, "--no-dissect", "--out", tmp_path / f"{number}", *options, codes=(1,))
    say("flows", inputs.captures, "-v")
    drafted = say("site", "infer", inputs.captures, "-v")
    say("site", "infer", inputs.captures, "--rules", inputs.pack, "--server", "10.20.0.10")
    assert "managed_machines" in drafted.stdout
    say("analyze", inputs.captures / f"third{EVIL_NAME}.pcap", "--out", tmp_path / "none", codes=(3,))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of another network, in a folder with a hostile name."""
    out = tmp_path_factory.mktemp("other") / f"b{EVIL_NAME}"
    say("analyze", ROOT / "sample_pcaps" / "lab" / "dirty_segA.pcap", "--no-dissect", "--out", out, "-q")
    return out


def test_commands_that_read_a_report(inputs: Inputs, other: Path, tmp_path: Path) -> None:
    commands_over_report(inputs.out, other)
    say("verify", inputs.out, inputs.captures, "--host", inputs.hosts, "-v", codes=(0,))
    written = tmp_path / f"x{EVIL_NAME}.pcapng"
    say("extract", inputs.out, inputs.captures, "--finding", inputs.finding, "-o", written, codes=(0,))
    say("flows", written, codes=(0,))
    say("verify", inputs.out, tmp_path, "--host", inputs.hosts, codes=(3,))
    say("verify", inputs.out, inputs.captures, codes=(2,))
    say("extract", inputs.out, tmp_path, "--finding", inputs.finding, "-o", tmp_path / "y.pcapng", codes=(3,))


def commands_over_report(out: Path, other: Path) -> None:
    """Every command that needs only documents."""
    document = json.loads((out / "report.json").read_text(encoding="utf-8"))
    flows = dict(zip(document["flows"]["verdict"], document["flows"]["flow"], strict=True))
    for name in [*flows.values(), *document["findings"]["finding"][:6], "none"]:
        say("explain", out, name, codes=(0, 2))
    for rule, machine in dict(zip(document["rows"]["rule"], document["rows"]["machine"], strict=True)).items():
        say("explain", out, "--row", rule, *(["--machine", machine] if machine else []))
    for a, b, form in ((out, other, "text"), (other, out, "text"), (out, other, "md"), (out, other, "json")):
        say("diff", a, b, "--format", form, "--color", "always", codes=(1,), coloured=form == "text")
    for form in ("csv", "md", "sarif", "html", "json"):
        say("render", out, "--format", form, codes=(0,))
    assert require_inert_files(out) > 5


def test_tables_of_the_python_interface(inputs: Inputs, other: Path) -> None:
    """A printed table, and a printed cell, contains no control; a line still names its row of the document."""
    terms: Any = {"site": inputs.site, "rules": inputs.pack, "hosts": inputs.hosts, "dissect": False}
    run = analyze(inputs.captures, **terms)
    tables = {name: getattr(run, name) for name in (*RUN_TABLES, "attributions")}
    compared = run.diff(load(other))
    tables |= {f"diff {name}": getattr(compared, name) for name in DIFFERENCE_TABLES}
    assert sum("FORGED" in table.to_string() for table in tables.values()) > 8
    for name, table in tables.items():
        require_inert(table.to_string())
        for column in table:
            for value in table[column].astype(object):
                assert not isinstance(value, str) or not raw(value), (name, column, value)
    for shown in (repr(run), run._repr_html_(), repr(compared), compared._repr_html_()):
        require_inert(shown)
    for _, line in run.rows[run.rows["machine"].str.contains("FORGED")].iterrows():
        require_inert(str(run.explain_row(line)))
    require_inert(str(run.explain(run.flows.iloc[0])))


def test_commands_about_packs(inputs: Inputs) -> None:
    say("rules", "show", "--rules", inputs.pack, codes=(0,))
    say("rules", "check", inputs.pack, codes=(0, 2))
    for form in ("text", "json"):
        say("rules", "diff", "dpm", inputs.pack, "--format", form, codes=(1,))
        say("rules", "diff", inputs.pack, "dpm", "--format", form, codes=(1,))
    from analyzer.cli.rules.export import TARGET_NAMES  # noqa: PLC0415 - the command's own list

    for target in TARGET_NAMES:
        say("rules", "export", "--site", inputs.site, "--rules", inputs.pack, "--to", target, codes=(0,))


def test_mistakes_of_packs(inputs: Inputs, tmp_path: Path) -> None:
    path = tmp_path / f"p{EVIL_NAME}.yaml"
    whole = json.loads(load_table().packs[0].model_dump_json(exclude_defaults=True))
    for data in [*inputs.refused["pack"][:: 1 + len(inputs.refused["pack"]) // 30], *with_evil_keys(whole)]:
        path.write_text(json.dumps(data), encoding="utf-8")
        say("rules", "check", path, codes=(0, 2))


def test_mistakes_of_profiles(inputs: Inputs, tmp_path: Path) -> None:
    path = tmp_path / f"s{EVIL_NAME}.yaml"
    for data in [*inputs.refused["site"], *with_evil_keys(PROFILE)]:
        path.write_text(json.dumps(data), encoding="utf-8")
        say("rules", "export", "--site", path, "--to", "nftables", codes=(0, 2))


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    folder = tmp_path_factory.mktemp("draft")
    guide = folder / "guide.txt"
    guide.write_text(FIRST.replace("5561", "about 5561"), encoding="utf-8")
    plain = import_guide(guide, [191], Import()).model_dump(mode="json", exclude_defaults=True)
    path = folder / f"d{EVIL_NAME}.yaml"
    changed, refused = everywhere(plain, accepts(Draft, require_draft, path))
    assert sum(EVIL in text for _, text in leaves(changed)) > 10
    path.write_text(json.dumps(changed), encoding="utf-8")
    return path, refused


def test_drafts(draft: tuple[Path, list[Any]], tmp_path: Path) -> None:
    path, refused = draft
    text = path.read_text(encoding="utf-8")
    say("rules", "show", "--rules", path, codes=(0,))
    say("rules", "check", path, codes=(0, 2))
    say("rules", "confirm", path, "--text", given="no answer\nlater\nstop\n", codes=(1, 2))
    say("rules", "confirm", path, "--answer", f"q1=x{EVIL}", codes=(2,))
    path.write_text(text, encoding="utf-8")
    broken = tmp_path / f"d{EVIL_NAME}.yaml"
    for data in [*refused[:: 1 + len(refused) // 12], *with_evil_keys(json.loads(text))]:
        broken.write_text(json.dumps(data), encoding="utf-8")
        say("rules", "show", "--rules", broken, codes=(0, 2))


def columns_first(data: Any) -> Iterator[tuple[Any, ...]]:
    """The places of a document's strings, of a list only the first element's."""
    seen = set()
    for place, _ in leaves(data):
        kind = tuple("#" if isinstance(step, int) else step for step in place)
        if kind not in seen:
            seen.add(kind)
            yield place


def test_strings_of_a_saved_report(other: Path, tmp_path: Path) -> None:
    """Each string by itself: the document is refused in a sentence, or every command can show it."""
    plain = tmp_path / "plain"
    lab = ROOT / "sample_pcaps" / "hosts"
    evidence = [word for path in sorted((lab / "recorded").glob("wrong-*.txt")) for word in ("--host", path)]
    given = ("--site", lab / "site.yaml", "--no-dissect", *evidence)
    say("analyze", lab / "recorded" / "wrong.pcap", *given, "--out", plain, "-q")
    document = json.loads((plain / "report.json").read_text(encoding="utf-8"))
    hostile, unlike = tmp_path / "hostile", pipeline.load(other)
    hostile.mkdir()

    def accepted(data: Any) -> bool:
        (hostile / "report.json").write_text(json.dumps(data), encoding="utf-8")
        try:
            difference(pipeline.load(hostile), unlike)
        except AnalyzerError:
            return False
        return True

    taken, refused = as_many(document, [[place] for place in columns_first(document)], accepted)
    for place in refused:
        (hostile / "report.json").write_text(json.dumps(with_evil(document, place)), encoding="utf-8")
        say("explain", hostile, "none", codes=(2,))
    assert sum(EVIL in text for _, text in leaves(taken)) > 20
    for changed in with_evil_keys(document):
        (hostile / "report.json").write_text(json.dumps(changed), encoding="utf-8")
        say("explain", hostile, "none", codes=(2,))
    (hostile / "report.json").write_text(json.dumps(taken), encoding="utf-8")
    commands_over_report(hostile, other)
    say("verify", hostile, lab / "recorded", *evidence, codes=(1, 2, 3))
