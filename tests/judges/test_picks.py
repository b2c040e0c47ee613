"""The known facts of the chosen public captures, compared with the results of ``analyze``; both are in picks.yaml."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from ruamel.yaml import YAML

from analyzer.render import files_of
from analyzer.report import Report
from tests.judges import tshark as judge
from tests.program import read_table, run
from tests.test_cases import complaint

Pick = dict[str, Any]
PICKS: list[Pick] = YAML(typ="safe").load(Path(__file__).with_name("picks.yaml"))
OF_THE_CAPTURE = {"exit", "frames", "set_aside", "damage", "links", "ways"}
OF_THE_TABLES = {"rows", "more", "headers", "dissected", "unsaid"}
KEYS = {"pick", "site", "unsaid"} | OF_THE_CAPTURE | OF_THE_TABLES
TABLES = ("flows", "findings", "rows", "boots")
ELSEWHERE = {"dpm_server": {"addresses": ["203.0.113.1"]}}
"""A site that has nothing to do with the capture."""
NOT_COMPARED = {
    "24-zeek-radiotap.pcap": "tshark's tuples are compared behind wired links only",
    "30-suricata-verify-tls_DER-incomplete-header.pcap": "tshark ends with an error",
    "31-suricata-verify-input.pcap": "tshark ends with an error",
    "32-libpcap-pcapng-invalid-vers-1.pcapng": "tshark ends with an error",
}


class Analysed(NamedTuple):
    """``capture``: its entry in the document; without a document the message on standard error is its damage."""

    exit_code: int
    tables: dict[str, pd.DataFrame]
    capture: dict[str, Any]


Analyse = Callable[..., Analysed]


def name_of(pick: Pick) -> str:
    return str(pick["pick"])


def tables_and_document(report: Report, *_rest: object) -> list[tuple[str, bytes]]:
    """All that is looked at here: drawing the charts takes longer than all the rest."""
    return [*files_of("csv", report).items(), *files_of("json", report).items()]


@pytest.fixture(scope="module")
def analyse(public: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Analyse]:
    """Analyses a pick as its users do, with its site's profile; each is analysed once."""
    done: dict[tuple[str, bool], Analysed] = {}

    def analysed(pick: Pick, *, dissect: bool = False) -> Analysed:
        key = name_of(pick), dissect
        if key not in done:
            done[key] = run_analysis(public / "picks" / name_of(pick), pick, dissect, tmp_path_factory.mktemp("pick"))
        return done[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analyzer.render.everything", tables_and_document)
        yield analysed


def run_analysis(capture: Path, pick: Pick, dissect: bool, folder: Path) -> Analysed:
    site, report = folder / "site.yaml", folder / "report"
    YAML().dump({"version": 1, "name": "pick", **pick.get("site", ELSEWHERE)}, site)
    result = run("analyze", capture, "--site", site, *([] if dissect else ["--no-dissect"]), "--out", report)
    if not (report / "report.json").is_file():
        return Analysed(result.exit_code, {}, {"frames": 0, "in_flows": 0, "accounted": {}, "damage": [result.stderr]})
    (observed,) = json.loads((report / "report.json").read_text(encoding="utf-8"))["meta"]["captures"]
    return Analysed(result.exit_code, {name: read_table(report / f"{name}.csv") for name in TABLES}, observed)


def sums(analysed: Analysed) -> dict[str, list[int]]:
    tally = judge.ours(analysed.tables["flows"])
    return {" ".join(map(str, way)): [seen.packets, seen.ip_bytes] for way, seen in tally.items()}


def capture_complaints(wanted: Pick, analysed: Analysed) -> list[str]:
    """What is wrong in the exit code and in the entry of the capture."""
    capture = analysed.capture
    found: dict[str, Any] = {
        "exit": analysed.exit_code,
        "frames": capture["frames"],
        "set_aside": capture["accounted"],
        "links": sorted(capture.get("link_types", ())),
        "ways": sums(analysed) if "ways" in wanted else {},
    }
    complaints = [
        f"{key}: {wanted[key]} expected, {found[key]} found"
        for key in found
        if wanted.get(key, found[key]) != found[key]
    ]
    text = wanted.get("damage")
    if text is not None and not (len(capture["damage"]) == 1 and text in capture["damage"][0]):
        complaints.append(f"damage: {text!r} expected, {capture['damage']} found")
    return complaints


def table_complaints(rows: list[dict[str, Any]], analysed: Analysed) -> list[str]:
    return [wrong for row in rows if (wrong := complaint(row, analysed.tables[row["table"]]))]


def said(text: str, analysed: Analysed) -> list[str]:
    """A complaint for each table that contains the text, although it should not."""
    tables = analysed.tables.items()
    return [f"{name} say {text!r}" for name, table in tables if text in table.to_csv()]


def unmet(wanted: Pick, analysed: Analysed, *, dissected: bool = False) -> list[str]:
    keys = ("rows", "more", "dissected" if dissected else "headers")
    rows = [row for key in keys for row in wanted.get(key, ())]
    unsaid = [wrong for text in wanted.get("unsaid", ()) for wrong in said(text, analysed)]
    return capture_complaints(wanted, analysed) + table_complaints(rows, analysed) + unsaid


@pytest.mark.parametrize("pick", PICKS, ids=name_of)
def test_from_headers(pick: Pick, analyse: Analyse) -> None:
    analysed = analyse(pick)
    complaints = unmet(pick, analysed)
    assert not complaints, "\n\n".join(complaints)


@pytest.mark.parametrize("pick", PICKS, ids=name_of)
def test_every_frame_is_accounted_for(pick: Pick, analyse: Analyse) -> None:
    capture = analyse(pick).capture
    assert capture["frames"] == pick["frames"]
    assert capture["accounted"] == pick.get("set_aside", {})
    assert capture["in_flows"] == capture["frames"] - sum(capture["accounted"].values())
    assert bool(capture["damage"]) == ("damage" in pick)


@pytest.mark.parametrize("pick", [pick for pick in PICKS if "dissected" in pick], ids=name_of)
@pytest.mark.usefixtures("tshark")
def test_dissected(pick: Pick, analyse: Analyse) -> None:
    complaints = unmet(pick, analyse(pick, dissect=True), dissected=True)
    assert not complaints, "\n\n".join(complaints)


def test_the_ends_are_those_of_tshark(tshark: str, public: Path, tmp_path: Path, analyse: Analyse) -> None:
    picks = {public / "picks" / name_of(pick): pick for pick in PICKS if name_of(pick) not in NOT_COMPARED}
    answers = judge.judge(tshark, list(picks), tmp_path)
    differences = {
        name_of(picks[path]): found
        for path, answer in answers.items()
        if (found := judge.differences(judge.ours(analyse(picks[path]).tables["flows"]), answer.inner))
    }
    assert not differences


def test_every_pick_is_here(public: Path) -> None:
    assert [name_of(pick) for pick in PICKS] == sorted(path.name for path in (public / "picks").iterdir())


@pytest.mark.parametrize("pick", PICKS, ids=name_of)
def test_the_words_are_known(pick: Pick) -> None:
    assert set(pick) <= KEYS
    assert {"frames", "rows"} <= set(pick) or {"frames", "damage"} <= set(pick)
