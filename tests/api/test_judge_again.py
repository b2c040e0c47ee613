"""Judging again: the result equals a new analysis of the same captures, without reading them."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from analyzer import AnalyzerError, RulesError, Run, SiteError, analyze, load
from analyzer import pipeline as api
from analyzer.dissect import Dissection
from analyzer.report import to_json
from analyzer.site import Waiver
from tests.program import ROOT
from tests.test_cases import CASES, captures_of

LAB = ROOT / "sample_pcaps" / "lab"
MADE = ROOT / "sample_pcaps" / "made"
DIRTY = sorted(LAB.glob("dirty_*.pcap"))
SITE = LAB / "site.yaml"
RDP = {
    "orig": "192.168.0.66", "resp": "192.168.0.1", "service": "tcp/3389",
    "reason": "remote hands", "owner": "Facilities", "expires": "2026-12-31",
}  # fmt: skip
ENDLESS: dict[str, Any] = {}
ENDLESS["site"] = ENDLESS
OVERLAY = """
version: 1
id: mine
kind: overlay
provenance: {title: mine, source: mine}
rules:
  - id: mine-rdp
    item: Remote hands
    page: 1
    protocol: tcp
    originator: {roles: [other]}
    responder: {roles: [dpm-server], port: 3389}
    printed: none
"""


@pytest.fixture(scope="module")
def first() -> Run:
    return analyze(DIRTY, site=SITE, expect=["Power ON"], dissect=False)


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no capture can be read."""
    monkeypatch.setattr(api, "read_captures", None)


def profile() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(SITE)
    return found


@pytest.mark.parametrize("case", sorted(path.parent for path in CASES.glob("*/expect.yaml"))[::4], ids=lambda c: c.name)
def test_a_case_judged_again_is_the_case(case: Path, tmp_path: Path) -> None:
    """From roles that were inferred and the built-in table, to the case's profile, rules and expectations, and back."""
    wanted = YAML(typ="safe").load(case / "expect.yaml")
    captures = captures_of(case, wanted.get("captures"), tmp_path)
    options = wanted.get("options", ())
    expect = [options[place + 1] for place, word in enumerate(options) if word == "--expect"]
    site = (case / wanted["site"]).resolve() if "site" in wanted else None
    terms: dict[str, Any] = {
        "site": site,
        "rules": [str(case / name) for name in wanted.get("rules", ())],
        "expect": expect,
    }
    anew, plain = analyze(captures, dissect=False, **terms), analyze(captures, dissect=False)
    again = plain.judge(**terms)
    assert to_json(again.report) == to_json(anew.report)
    assert to_json(again.judge(site=None, rules=(), expect=()).report) == to_json(plain.report)


@pytest.mark.usefixtures("tshark")
@pytest.mark.parametrize(
    ("captures", "site"),
    [
        (DIRTY, SITE),
        (sorted(LAB.glob("pxeproxy_*.pcap")), LAB / "site_pxeproxy.yaml"),
        (sorted(MADE.glob("vantage_*.pcap")), MADE / "site.yaml"),
        ([MADE / "boot_complete.pcap"], MADE / "site.yaml"),
        ([MADE / "waivers.pcap"], MADE / "site_waivers.yaml"),
    ],
    ids=["dirty", "pxeproxy", "vantages", "boot", "waivers"],
)
def test_what_was_dissected_is_used_again(captures: list[Path], site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, anew = analyze(captures, rules="oem-hitachi"), analyze(captures, site=site, expect="Network boot")
    assert "tshark" in " ".join(note.text for note in first.report.meta.notes)
    monkeypatch.setattr(api, "read_captures", None)
    monkeypatch.setattr(api, "dissect_frames", None)
    assert to_json(first.judge(site=site, rules=(), expect="Network boot").report) == to_json(anew.report)


@pytest.mark.usefixtures("tshark")
def test_other_frames_are_dissected_where_they_matter_more(monkeypatch: pytest.MonkeyPatch) -> None:
    first = analyze(DIRTY, site=SITE, dissect_frames=12)
    other = {"version": 1, "name": "other", "dpm_server": {"addresses": ["192.168.0.66"]}}
    anew = analyze(DIRTY, site=other, dissect_frames=12)
    monkeypatch.setattr(api, "read_captures", None)
    assert to_json(first.judge(site=other).report) == to_json(anew.report)
    looked: list[int] = []

    def dissect(cuts: Any, **_words: Any) -> Dissection:
        looked.append(len(cuts))
        return Dissection(())

    monkeypatch.setattr(api, "dissect_frames", dissect)
    first.judge(site=other)
    first.judge(expect="Network boot")
    assert looked == [12]


@pytest.mark.usefixtures("read_once")
class TestTerms:
    """A given argument replaces the earlier value, and an omitted one keeps it."""

    def test_nothing_given_changes_nothing(self, first: Run) -> None:
        again = first.judge()
        assert again is not first
        assert to_json(again.report) == to_json(first.report)

    def test_each_stays_until_it_is_given(self, first: Run, tmp_path: Path) -> None:
        (tmp_path / "mine.yaml").write_text(OVERLAY)
        again = first.judge(rules=tmp_path / "mine.yaml").judge(waivers=[RDP]).judge(expect="Network boot")
        meta = again.report.meta
        assert [source.id for source in meta.rules] == ["dpm", "mine"]
        assert [waiver.owner for waiver in meta.waivers] == ["Facilities"]
        assert meta.site.name == first.report.meta.site.name
        assert any("Network boot" in because for because in meta.expect)
        assert to_json(first.judge().report) == to_json(first.report)

    def test_a_row_of_ones_own_explains_a_flow(self, first: Run, tmp_path: Path) -> None:
        (tmp_path / "mine.yaml").write_text(OVERLAY)
        flow = first.findings.loc[first.findings["service"] == "tcp/3389 (rdp)", "example_flow"].iloc[0]
        again = first.judge(rules=[str(tmp_path / "mine.yaml")])
        for run, verdict, rule in ((first, "unexpected", ""), (again, "expected", "mine-rdp")):
            line = run.flows[run.flows["flow"] == flow].iloc[0]
            assert (line["verdict"], line["rule"] if rule else "") == (verdict, rule)

    def test_a_waiver_is_a_mapping_or_a_waiver(self, first: Run) -> None:
        made = Waiver(**{**RDP, "expires": date(2026, 12, 31)})
        for waivers in ([RDP], [made], (RDP,), [{**RDP, "expires": date(2026, 12, 31)}]):
            again = first.judge(waivers=waivers)
            assert again.flows["verdict"].value_counts()["waived"] == 1
            assert again.report.meta.waivers[0].state == "in-force"
        assert first.judge(waivers=[RDP]).judge(waivers=()).report.meta.waivers == ()

    def test_a_waiver_is_one_of_an_inferred_profile_too(self, first: Run) -> None:
        again = first.judge(site=None, waivers=[RDP])
        assert not again.report.meta.site.given
        assert again.flows["verdict"].value_counts()["waived"] == 1
        assert again.judge(expect=()).flows["verdict"].value_counts()["waived"] == 1
        assert again.judge(site=None).flows["verdict"].value_counts()["waived"] == 0
        assert again.judge(site=SITE).flows["verdict"].value_counts()["waived"] == 0

    def test_a_profile_that_was_changed_is_called_by_its_name(self, first: Run) -> None:
        given, changed = first.report.meta.site, first.judge(waivers=[RDP]).report.meta.site
        assert (given.source, changed.source, changed.name) == ("site.yaml", "", given.name)
        assert len(changed.sha256) == 64
        assert changed.sha256 != given.sha256

    def test_a_profile_may_be_a_mapping(self, first: Run) -> None:
        again = first.judge(site=profile())
        assert again.flows.equals(first.flows)
        assert again.report.meta.site.profile == first.report.meta.site.profile
        assert again.report.meta.site.given

    @pytest.mark.parametrize(
        ("words", "error", "complaint"),
        [
            ({"waivers": [{**RDP, "expires": "soon"}]}, SiteError, r"site: waivers\[0\]\.expires: .*YYYY-MM-DD"),
            ({"waivers": [{**RDP, "resp": "nobody"}]}, SiteError, r"site: waivers\[0\]\.resp: 'nobody' is no address"),
            ({"waivers": RDP}, SiteError, r"^site: waivers\[0\]: 'orig' must be a mapping"),
            ({"waivers": [{"orig": "any"}]}, SiteError, r"site: waivers\[0\]\.resp: this key is missing"),
            ({"waivers": [{**RDP, "resp": "nobody"}], "site": None}, SiteError, r"site: waivers\[0\]\.resp: 'nobody'"),
            ({"site": {"version": 1, "name": "x"}}, SiteError, r"^site: dpm_server: this key is missing"),
            (
                {"site": {**profile(), "segment": []}},
                SiteError,
                r"^site: segment: unknown key: did you mean 'segments'",
            ),
            (
                {"site": {**profile(), "managed_machines": [{"name": "a", "address": "10.0.0.1"}] * 2}},
                SiteError,
                r"\nsite: managed_machines\[1\]\.name: 'a' occurs twice: keep one$",
            ),
            ({"site": ENDLESS}, SiteError, "^site: this is not plain data"),
            ({"rules": "nowhere"}, RulesError, "nowhere:1:1: cannot be read"),
            ({"expect": "Teleport"}, AnalyzerError, "expect: 'Teleport' is neither an item nor a rule"),
        ],
    )
    def test_what_is_wrong_is_reported(self, first: Run, words: Any, error: Any, complaint: str) -> None:
        with pytest.raises(error, match=complaint):
            first.judge(**words)

    def test_every_mistake_is_reported_at_once(self, first: Run) -> None:
        with pytest.raises(SiteError) as raised:
            first.judge(waivers=[{**RDP, "expires": "soon"}, {**RDP, "resp": "nobody"}])
        assert len(raised.value.issues) == 2


def test_a_port_that_nobody_watched_is_reported(tmp_path: Path) -> None:
    pack = (ROOT / "rules" / "dpm.yaml").read_text().replace("port: 5561", "port: 5562")
    (tmp_path / "other.yaml").write_text(pack)
    run = analyze(DIRTY[0], dissect=False)
    notes = [note.text for note in run.judge(rules=tmp_path / "other.yaml").report.meta.notes]
    assert sum("reads frames of UDP port 5562" in text for text in notes) == 1
    assert not any(note.code == "note-watch" for note in run.judge().report.meta.notes)
    again = analyze(DIRTY[0], rules=tmp_path / "other.yaml").report.meta.notes
    assert not any(note.code == "note-watch" for note in again)


def test_a_loaded_run_says_that_it_cannot(tmp_path: Path) -> None:
    run = analyze(DIRTY[0], dissect=False)
    (tmp_path / "report.json").write_text(to_json(run.report))
    with pytest.raises(AnalyzerError, match="analyse the captures again"):
        load(tmp_path).judge(expect="Power ON")
