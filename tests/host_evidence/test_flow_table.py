"""The flows as evidence is compared with them: which of them begin in the capture, and which MAC is an end's own."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analyzer.compliance.judge import judge
from analyzer.flows.assembler import Watch
from analyzer.flows.read import read_captures
from analyzer.program_verdicts import flow_table_of
from analyzer.rules import load_table
from analyzer.site import Site, site_from
from tests.packets import Host, Wire

SERVER, CONSOLE = Host("10.20.0.10"), Host("10.20.0.50")
SITE: Site = site_from({"version": 1, "name": "made", "dpm_server": {"addresses": [SERVER.ip]}})


def flow_table(folder: Path, *wires: Wire) -> pd.DataFrame:
    """The flows of captures, in the order of time."""
    for number, wire in enumerate(wires):
        wire.save(folder / f"place{number}.pcap")
    paths = [str(folder / f"place{number}.pcap") for number in range(len(wires))]
    judgement = judge(read_captures(paths, watch=Watch()), load_table(()), SITE)
    return flow_table_of(judgement, np.arange(len(judgement.table)))


def begun(folder: Path, *wires: Wire) -> list[tuple[str, bool]]:
    """The protocol of each flow, and whether it begins in the captures."""
    found = flow_table(folder, *wires)
    return list(zip(found["proto"], found["begun"].tolist(), strict=True))


@pytest.mark.parametrize(("seconds", "begins"), [(0, False), (1, False), (10, False), (11, True), (300, True)])
def test_a_datagram_flow_that_may_have_run_before_the_capture_has_no_known_beginning(
    tmp_path: Path, seconds: float, begins: bool
) -> None:
    wire = Wire()
    wire.tcp(CONSOLE, 50000, SERVER, 80)
    start = wire.packets[0].ts
    wire.now = start + round(seconds * 1_000_000_000)
    wire.udp(CONSOLE, 5000, SERVER, 5001, b"hello")
    wire.packets.sort(key=lambda packet: packet.ts)
    assert set(begun(tmp_path, wire)) == {("tcp", True), ("udp", begins)}


def test_the_capture_with_the_flow_counts(tmp_path: Path) -> None:
    """Another place may have begun much earlier, and it did not see the flow."""
    early, late = Wire(), Wire()
    early.tcp(CONSOLE, 50000, SERVER, 80)
    early.wait(600)
    early.tcp(CONSOLE, 50001, SERVER, 80)
    late.wait(300)
    late.udp(CONSOLE, 5000, SERVER, 5001, b"hello")
    late.wait(300)
    late.udp(CONSOLE, 5002, SERVER, 5001, b"hello")
    assert [found for proto, found in begun(tmp_path, early, late) if proto == "udp"] == [False, True]


def test_the_mac_of_a_router_is_of_no_host_behind_it(tmp_path: Path) -> None:
    """A machine of the profile may route; its operating system is not that of every host behind it."""
    router, behind = Host("10.20.0.31"), Host("10.20.9.9", Host("10.20.0.31").mac)
    wire = Wire()
    wire.tcp(behind, 50000, SERVER, 80)
    wire.tcp(router, 50001, SERVER, 80)
    wire.tcp(CONSOLE, 50002, SERVER, 80)
    wire.udp(CONSOLE, 5000, router, 5001, b"hello")
    found = flow_table(tmp_path, wire)
    assert list(zip(found["orig_h"], found["orig_mac"], found["resp_mac"], strict=True)) == [
        (behind.ip, "", SERVER.mac), (router.ip, "", SERVER.mac), (CONSOLE.ip, CONSOLE.mac, SERVER.mac),
        (CONSOLE.ip, CONSOLE.mac, ""),
    ]  # fmt: skip
