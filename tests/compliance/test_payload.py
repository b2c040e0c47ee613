"""What is read inside flows: which frames are looked into, what is kept of it, and what is not."""

import json
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.tftp import TFTP, TFTP_RRQ

from analyzer import pipeline as api
from analyzer.compliance.budget import Budget
from tests.cases.hosts import M1, M2, SERVER, STRANGER
from tests.packets import EVERYBODY, Wire
from tests.program import ROOT, run

SITE = ROOT / "tests" / "cases" / "site.yaml"
ASK = b"GET /status HTTP/1.1\r\nHost: dpm\r\n\r\n"


def site() -> Wire:
    """A busy site: a scan by a stranger, a power-on with a password, a file, a request to the web service."""
    wire = Wire()
    for port in range(40_000, 40_030):
        wire.tcp(STRANGER, port, M1, port, say=b"whatever it is")
    octets = bytes.fromhex(M1.mac.replace(":", ""))
    wire.udp(SERVER, 49_000, EVERYBODY, 5561, b"\xff" * 6 + octets * 16 + b"SECRET")
    wire.udp(M2, 2070, SERVER, 69, TFTP() / TFTP_RRQ(filename=b"boot.0"))
    wire.tcp(STRANGER, 50_000, SERVER, 80, say=ASK, hear=b"HTTP/1.1 200 OK\r\n\r\n")
    return wire


def analysed(tmp_path: Path, **options: Any) -> dict[str, Any]:
    site().save(tmp_path / "x.pcap")
    report = api.analyze(tmp_path / "x.pcap", site=SITE, **options)
    return {"report": report, "flows": report.flows.set_index(["orig_h", "orig_p"]), "meta": report.meta}


@pytest.mark.usefixtures("tshark")
def test_what_tshark_read_is_kept_with_the_flow(tmp_path: Path) -> None:
    found = analysed(tmp_path)
    flow = found["flows"].loc[(STRANGER.ip, 50_000)]
    read = found["meta"].observations[flow["flow"]]
    assert (read["http.method"], read["http.path"], read["http.host"]) == ("GET", "/status", "dpm")
    assert flow["application"] == "http"
    assert "http (method GET, host dpm, path /status, status 200)" in flow["detail"]


@pytest.mark.usefixtures("tshark")
def test_the_frames_that_matter_most_come_first(tmp_path: Path) -> None:
    found = analysed(tmp_path, budget=Budget(frames=3))
    flows = found["flows"]
    assert flows.loc[(SERVER.ip, 49_000), "application"] == "wake-on-lan"
    assert flows.loc[(M2.ip, 2070), "application"] == "tftp"
    looked = [name for name in flows["application"] if name]
    assert len(looked) <= 3
    notes = " ".join(note.text for note in found["meta"].notes)
    assert "dissected 3 frames" in notes
    assert "more frames, the least important, exceeded the limit (--dissect-frames)" in notes


@pytest.mark.usefixtures("tshark")
def test_a_password_goes_into_no_file(tmp_path: Path) -> None:
    site().save(tmp_path / "x.pcap")
    out = tmp_path / "report"
    run("analyze", tmp_path / "x.pcap", "--site", SITE, "--out", out)
    detail = [text for text in json.loads((out / "report.json").read_text())["flows"]["detail"] if "SecureOn" in text]
    assert len(detail) == 1
    assert "a SecureOn password of 6 octets" in detail[0]
    secrets = (b"SECRET", b"53:45:43:52:45:54", b"534543524554")
    for path in out.rglob("*"):
        assert path.is_dir() or not any(secret in path.read_bytes() for secret in secrets), path


def test_the_budget_is_the_users(tmp_path: Path) -> None:
    site().save(tmp_path / "x.pcap")
    wrong = run("analyze", tmp_path / "x.pcap", "--dissect-frames", "0", "--out", tmp_path / "r")
    assert wrong.exit_code == 2
    assert "--dissect-frames" in wrong.stderr


def test_the_story_of_a_boot_is_in_the_document(tmp_path: Path) -> None:
    wire = Wire()
    uuid, architecture = (97, b"\0" + bytes(range(16))), (93, b"\0\7")
    wire.lease(M1, SERVER, options=[uuid, architecture])
    wire.dhcp(STRANGER, EVERYBODY, "offer", M1, file=b"evil.0")
    wire.tftp(M1, SERVER, missing=True)
    wire.save(tmp_path / "x.pcap")
    report = api.analyze(tmp_path / "x.pcap", site=SITE, dissect=False)
    (story,) = report.meta.boots
    assert (story.uuid, story.architecture) == ("03020100-0504-0706-0809-0a0b0c0d0e0f", "x64 UEFI")
    assert [(answer.server, answer.listed, answer.boot_file) for answer in story.answers] == [
        (SERVER.ip, True, ""),
        (SERVER.ip, True, ""),
        (STRANGER.ip, False, "evil.0"),
    ]
    assert [(file.file, file.ending, file.error) for file in story.files] == [("boot.0", "error", "File not found")]
    assert story.files[0].flow in set(report.flows["flow"])
