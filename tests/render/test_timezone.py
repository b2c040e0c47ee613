"""Times of a zone beside UTC, in what people read."""

import json
import re
from pathlib import Path

import pytest

from analyzer.site import load_site
from analyzer.timezone import local_time, zone_name
from tests.program import read_table, run

LAB = Path("sample_pcaps/lab")


@pytest.mark.parametrize(
    ("utc", "name", "shown"),
    [
        ("2026-11-22T10:10:53+00:00", "Asia/Tokyo", "19:10:53 +09:00"),
        ("2026-11-22T20:10:53+00:00", "Asia/Tokyo", "2026-11-23 05:10:53 +09:00"),
        ("2026-07-01T10:00:00+00:00", "Europe/Berlin", "12:00:00 +02:00"),
        ("2026-12-01T10:00:00+00:00", "Europe/Berlin", "11:00:00 +01:00"),
        ("9999-12-31T23:59:59+00:00", "Asia/Tokyo", ""),
        ("2026-13-01T10:00:00+00:00", "Asia/Tokyo", ""),
    ],
)
def test_local_time(utc: str, name: str, shown: str) -> None:
    assert local_time(utc, name) == shown


@pytest.mark.parametrize("name", ["Asia/Nowhere", "../../etc/passwd", "/etc/localtime", "Asia/\x1b[31m", "A" * 9])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no time zone"):
        zone_name(name)


def test_people_see_both_times_and_programs_utc(tmp_path: Path) -> None:
    capture, site = LAB / "dirty_segA.pcap", LAB / "site.yaml"
    plain, local = tmp_path / "plain", tmp_path / "local"
    run("analyze", "--no-dissect", capture, "--site", site, "--out", plain)
    run("analyze", "--no-dissect", capture, "--site", site, "--out", local, "--timezone", "Asia/Tokyo")
    for name in ("report.html", "report.md"):
        assert "(19:10:59 +09:00)" in (local / name).read_text(encoding="utf-8")
        assert "+09:00" not in (plain / name).read_text(encoding="utf-8")
    brackets = r'"All\20 times\20 are\20 UTC\2c \20 in\20 brackets\20 those\20 of\20 Asia\2f Tokyo"'
    assert brackets in (local / "report.html").read_text(encoding="utf-8")
    assert r'"All\20 times\20 are\20 UTC"' in (plain / "report.html").read_text(encoding="utf-8")
    for name in ("flows.csv", "findings.csv", "rows.csv", "boots.csv", "report.sarif"):
        assert (local / name).read_bytes() == (plain / name).read_bytes()
    assert run("render", local, "--format", "html").exit_code == 0
    assert "(19:10:59 +09:00)" in (local / "report.html").read_text(encoding="utf-8")


def test_explain_has_both_times(tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("--no-dissect", LAB / "dirty_segA.pcap", "--site", LAB / "site.yaml", "--out", out)
    for zone, shown in (("Asia/Tokyo", ["2026-11-22T10:10:59.178891Z (19:10:59 +09:00)"]), ("", [])):
        run("analyze", *words, "--force", *(("--timezone", zone) if zone else ()))
        flows = read_table(out / "flows.csv")
        flow = flows["flow"][flows["ts"] == "2026-11-22T10:10:59.178891Z"].iloc[0]
        text = run("explain", out, flow).stdout
        assert re.findall(r"2026-11-22T10:10:59.178891Z \(.*?\)", text) == shown
        row = run("explain", out, "--row", "shutdown").stdout
        times = re.findall(r"2026-\S+Z(?: \(\d\d:\d\d:\d\d \+09:00\))?", row)
        assert len(times) > 3
        assert {time.endswith(" +09:00)") for time in times} == {bool(zone)}


def test_the_profile_has_a_zone(tmp_path: Path) -> None:
    profile = tmp_path / "site.yaml"
    profile.write_text((LAB / "site.yaml").read_text(encoding="utf-8") + "timezone: Asia/Tokyo\n", encoding="utf-8")
    assert load_site(profile).profile.timezone == "Asia/Tokyo"
    run("analyze", "--no-dissect", LAB / "dirty_segA.pcap", "--site", profile, "--out", tmp_path / "out")
    assert json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))["meta"]["timezone"] == "Asia/Tokyo"
    assert not [ts for ts in read_table(tmp_path / "out/flows.csv")["ts"] if not ts.endswith("Z")]


def test_an_unknown_zone_is_named_with_its_place(tmp_path: Path) -> None:
    profile = tmp_path / "site.yaml"
    profile.write_text((LAB / "site.yaml").read_text(encoding="utf-8") + "timezone: Asia/Nowhere\n", encoding="utf-8")
    result = run("analyze", LAB / "dirty_segA.pcap", "--site", profile, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "timezone" in result.stderr
    assert "Asia/Nowhere" in result.stderr
