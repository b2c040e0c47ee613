"""The benchmarks: made captures have the requested content, and everything is measured and reported at any speed."""

import csv
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import page
from benchmarks.__main__ import main
from benchmarks.charts import CHARTS
from benchmarks.generate import generate
from benchmarks.octets import Format
from benchmarks.plan import Plan
from benchmarks.results import load
from benchmarks.targets import targets
from tests.program import ROOT, flows, run

SMALL = Plan(packets=3000, flows=150, alive=30, boots=0)
PLANS = {
    "mix": (SMALL, Format()),
    "nanoseconds": (SMALL, Format(nano=True)),
    "pcapng": (replace(SMALL, seed=7), Format("pcapng")),
    "large": (replace(SMALL, sizes="large"), Format("pcapng", nano=True)),
    "of DPM alone": (replace(SMALL, dpm=1.0, sizes="small"), Format()),
    "one packet each": (replace(SMALL, flows=3000), Format()),
    "one by one": (replace(SMALL, alive=1), Format()),
    "in trains": (replace(SMALL, train=8), Format()),
    "boots": (replace(SMALL, boots=2), Format()),
}

REMARKS = (
    "Connection establish",
    "Connection finish",
    "Connection reset",
    "This frame initiates",
    "This frame undergo",
)
"""What tshark remarks on any connection that begins and ends."""


SCAN = {"scan": (replace(SMALL, scan=0.5), Format())}
"""Datagrams to DPM's ports, with no messages in them."""


@pytest.mark.parametrize("plan", PLANS | SCAN)
def test_a_made_capture_holds_what_was_asked_for(plan: str, tmp_path: Path) -> None:
    asked, form = (PLANS | SCAN)[plan]
    capture = tmp_path / "made.pcap"
    assert generate(capture, asked, form) == capture.stat().st_size
    table = flows([capture])
    assert len(table) == asked.flows
    assert table["orig_pkts"].astype(int).sum() + table["resp_pkts"].astype(int).sum() == asked.packets
    assert (table["ts"].str.len() == len("2026-03-02T09:00:00.000000000Z")).all() == form.nano


@pytest.mark.parametrize("plan", PLANS)
def test_tshark_finds_nothing_wrong_with_it(plan: str, tmp_path: Path, tshark: str) -> None:
    asked, form = PLANS[plan]
    capture = tmp_path / "made.pcap"
    generate(capture, asked, form)
    checks = [word for layer in ("ip", "tcp", "udp") for word in ("-o", f"{layer}.check_checksum:TRUE")]
    seen = subprocess.run(
        [tshark, "-n", "-r", str(capture), *checks, "-T", "fields", "-e", "tcp.stream", "-e", "udp.stream",
         "-e", "_ws.malformed", "-e", "_ws.expert.message"],
        capture_output=True, check=True, text=True,
    ).stdout.split("\n")[:-1]  # fmt: skip
    assert len(seen) == asked.packets
    rows = [line.split("\t") for line in seen]
    assert not [row for row in rows if row[2]]
    assert not [row[3] for row in rows if row[3] and not row[3].startswith(REMARKS)]
    if not asked.boots:  # of machines without an address, tshark makes one
        assert len({(row[0], row[1]) for row in rows}) == asked.flows


def test_the_same_seed_gives_the_same_octets(tmp_path: Path) -> None:
    made = []
    for number, seed in enumerate((1, 1, 2)):
        path = tmp_path / str(number)
        generate(path, replace(SMALL, boots=1, seed=seed))
        made.append(path.read_bytes())
    assert made[0] == made[1] != made[2]


def test_as_many_flows_are_under_way_as_was_asked(tmp_path: Path) -> None:
    def most_at_once(alive: int) -> int:
        capture = tmp_path / f"{alive}.pcap"
        generate(capture, replace(SMALL, alive=alive, dpm=0.0))
        table = flows([capture])
        begin = table["ts"].str.slice(17, 26).astype(float)
        end = begin + table["duration"].replace("", "0").astype(float)
        return max(int(((begin <= moment) & (end >= moment)).sum()) for moment in begin)

    assert most_at_once(1) == 1
    assert 25 <= most_at_once(30) <= 30


def test_boots_are_read_as_boots(tmp_path: Path) -> None:
    capture, report = tmp_path / "made.pcap", tmp_path / "report"
    generate(capture, replace(SMALL, boots=3))
    run("analyze", "--no-dissect", "--fail-on", "none", "--out", report, capture)
    with (report / "boots.csv").open(encoding="utf-8", newline="") as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["complete"] * 3


@pytest.mark.parametrize("wrong", [{"flows": 7, "boots": 1}, {"packets": 149}, {"flows": 2**24 + 1}])
def test_what_cannot_be_made_is_refused(wrong: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"flows|packets"):
        generate(tmp_path / "made.pcap", replace(SMALL, **wrong))  # type: ignore[arg-type]  # all of them are numbers


@pytest.mark.slow
def test_everything_is_measured_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # it is not speed that is tested
    docs = tmp_path / "docs"
    done = CliRunner().invoke(
        main, ["--scale", "tiny", "--no-install", "--work", str(tmp_path / "work"), "--docs", str(docs)]
    )
    assert done.exit_code == 0, done.output
    results = load(docs / "performance.json")
    made = results["compare"]["capture"]
    by_name = {subject["name"]: subject for subject in results["compare"]["subjects"]}
    failed = {name: run.get("error") for name, subject in by_name.items() for run in subject["runs"] if run["code"]}
    assert not failed
    for name in ("table1", "hashed2", "pipe"):
        assert [(run["packets"], run["flows"]) for run in by_name[name]["runs"]] == [(made["packets"], made["flows"])]
    for subject in by_name.values():  # those that report a number have read the whole capture
        assert {run["packets"] for run in subject["runs"] if "packets" in run} <= {subject["packets"]}
    assert by_name["flows"]["runs"][0]["flows"] == made["flows"]
    for step in results["growth"]["steps"]:
        assert [(run["packets"], run["flows"]) for run in step["runs"]] == [(step["packets"], step["flows"])]
    assert {step["series"] for step in results["growth"]["steps"]} == {"packets", "flows", "alive", "long"}

    text = (docs / "performance.md").read_text(encoding="utf-8")
    for part in page.parts(results).values():
        assert part in text
    assert sorted(path.name for path in (docs / "images").iterdir()) == sorted(
        f"performance-{name}.svg" for name in CHARTS
    )
    assert all(b"<svg" in path.read_bytes() for path in (docs / "images").iterdir())
    assert not list((tmp_path / "work").glob("captures*"))


def test_the_page_shows_what_was_measured(tmp_path: Path) -> None:
    page.write(tmp_path, load(ROOT / "docs" / "performance.json"), ROOT / "docs" / page.PAGE)
    kept = ROOT / "docs" / page.PAGE
    assert (tmp_path / page.PAGE).read_text(encoding="utf-8") == kept.read_text(encoding="utf-8")


def test_only_its_number_meets_a_target() -> None:
    def subject(name: str, seconds: float, packets: int = 1000, memory: int = 10**8) -> dict[str, object]:
        once = {"code": 0, "cpu": 1.0, "memory": memory, "seconds": seconds, "wall": 9.0}
        group = "ours" if name in {"table1", "hashed1", "hashed2"} else "peer"
        return {"name": name, "what": name, "group": group, "cores": 1, "packets": packets, "octets": 1, "runs": [once]}

    compared = [
        *[subject("table1", 1.0), subject("hashed1", 1.0), subject("hashed2", 0.5), subject("nfpcapd", 7.9)],
        *[subject("nfstream1", 31.0), subject("nfstream", 29.0), subject("dpkt", 51.0), subject("pyshark", 101.0, 100)],
    ]
    cores = "two cores against one, flow table and SHA-256"
    results = {"compare": {"capture": {"packets": 1000}, "subjects": compared}}
    observed = {line.what.removeprefix("capture to flow table, one core, against "): line for line in targets(results)}
    met = {what: observed[what].met for what in ("nfpcapd", "NFStream", "dpkt", "pyshark", cores)}
    assert met == {"nfpcapd": False, "NFStream": False, "dpkt": True, "pyshark": True, cores: True}
    assert observed["pyshark"].measured == "1,010 times"
    assert observed["`dpm-analyzer --help`"].met is None
    json.dumps([vars(line) for line in observed.values()])
