"""A capture that kept only the beginning of each packet: missing content stays open, nothing is invented."""

import struct
from pathlib import Path

import pandas as pd
import pytest

from analyzer import Run, analyze
from tests.program import ROOT

LAB = ROOT / "sample_pcaps" / "lab"


def snapped(capture: Path, kept: int, folder: Path) -> Run:
    """The analysis of a little-endian pcap of which ``kept`` octets of each packet are left."""
    content, at = capture.read_bytes(), 24
    out = bytearray(content[:24])
    while at < len(content):
        seconds, fraction, captured, sent = struct.unpack_from("<4I", content, at)
        out += struct.pack("<4I", seconds, fraction, min(captured, kept), sent)
        out += content[at + 16 : at + 16 + min(captured, kept)]
        at += 16 + captured
    path = folder / capture.name
    path.write_bytes(out)
    return analyze(path, site=LAB / "site.yaml", dissect=False)


def found(run: Run, *verdicts: str) -> pd.DataFrame:
    return run.flows[run.flows["verdict"].isin(verdicts)]


@pytest.mark.parametrize(("kept", "verdict"), [(60, "undetermined"), (96, "expected"), (256, "expected")])
def test_no_service_is_called_blocked_that_was_not(kept: int, verdict: str, tmp_path: Path) -> None:
    """A ping without an answer checked that an address is free. The DHCP answer after it shows this, if the address in
    it was kept."""
    run = snapped(LAB / "clean_server.pcap", kept, tmp_path)
    assert found(run, "blocked").empty
    pings = run.flows[(run.flows["service"] == "icmp/8 (echo)") & (run.flows["resp_pkts"] == 0)]
    assert pings["verdict"].tolist() == [verdict]
    doubt = "captured too short to see whether it checked that the address is free"
    assert pings["detail"].str.contains(doubt).tolist() == [verdict == "undetermined"]


@pytest.mark.parametrize("kept", [60, 96, 128])
def test_a_magic_packet_names_its_machine_as_far_as_it_goes(kept: int, tmp_path: Path) -> None:
    whole = analyze(LAB / "dirty_server.pcap", site=LAB / "site.yaml", dissect=False)
    cut = snapped(LAB / "dirty_server.pcap", kept, tmp_path)
    assert (found(whole, "unexpected")["reason"] == "broadcast-address").sum() > 1
    woken = [run.flows[run.flows["service"] == "udp/5561"].reset_index() for run in (whole, cut)]
    assert woken[0][["ts", "verdict", "reason", "rule"]].equals(woken[1][["ts", "verdict", "reason", "rule"]])
    assert woken[1]["detail"].str.contains("was not captured completely. It begins with").all()
