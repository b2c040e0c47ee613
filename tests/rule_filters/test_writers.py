"""Each writer against the neutral list that it writes: every field of every match, IPv6 and MACs too."""

import subprocess
from functools import cache
from pathlib import Path

import pytest

from analyzer.rule_filters.matches import PacketMatch, RowMatches, Way, row_matches
from analyzer.rules import load_table
from analyzer.site import Site, load_site
from tests.packets import Framing, Wire, pcap
from tests.rule_filters.probes import Probe, holds, probes
from tests.rule_filters.tools import SITE, exported, expressions, in_namespaces, program

IDS = [rule.id for rule in load_table().rules if rule.wire == "always"]
every_row = pytest.mark.parametrize("row", IDS)


@cache
def site() -> Site:
    return load_site(SITE)


@cache
def at_site(row: str) -> RowMatches:
    table = load_table()
    return row_matches(table.rule(row), table, site())


@cache
def sent(row: str) -> tuple[dict[int, Probe], bytes]:
    """Time in nanoseconds -> packet, and the capture of all of them."""
    wire = Wire()
    by_time = {probe.put(wire).ts: probe for probe in probes(at_site(row))}
    return by_time, pcap(wire.packets, Framing())


def wrong(row: str, taken: set[int]) -> list[Probe]:
    matches = at_site(row).matches
    return [
        probe for ts, probe in sent(row)[0].items() if (ts in taken) != any(holds(match, probe) for match in matches)
    ]


def saved(row: str, folder: Path) -> Path:
    path = folder / "probes.pcap"
    path.write_bytes(sent(row)[1])
    return path


@every_row
def test_the_packets_are_on_both_sides_of_each_field(row: str) -> None:
    for match in at_site(row).matches:
        fitting = [probe for probe in sent(row)[0].values() if holds(match, probe)]
        assert fitting
        assert len(fitting) < len(sent(row)[0])


@every_row
def test_bpf_says_what_the_list_says(row: str, tmp_path: Path) -> None:
    (expression,) = expressions(exported("bpf", row).text)
    done = subprocess.run(
        [program("tcpdump", "tcpdump"), "-ttnr", saved(row, tmp_path), expression],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    stamps = [line.split()[0] for line in done.stdout.splitlines() if line[:1].isdigit()]
    assert wrong(row, {int(stamp.replace(".", "")) * 1000 for stamp in stamps}) == []


@every_row
def test_wireshark_says_what_the_list_says(row: str, tmp_path: Path, tshark: str) -> None:
    (expression,) = expressions(exported("wireshark", row).text)
    done = subprocess.run(
        [tshark, "-n", "-r", saved(row, tmp_path), "-Y", expression, "-T", "fields", "-e", "frame.time_epoch"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert wrong(row, {int(stamp.replace(".", "")) for stamp in done.stdout.split()}) == []


def opens(match: PacketMatch) -> bool:
    """Whether nftables can judge the match by one packet, with fields that it has."""
    return match.way is Way.OPENS and match.target.macs is None


@pytest.mark.usefixtures("namespaces")
def test_nftables_says_what_the_list_says() -> None:
    asked, wanted = [], []
    for row in IDS:
        matches = [match for match in at_site(row).matches if opens(match)]
        wire = Wire()
        # Only first packets: for later packets of a flow, connection tracking decides too.
        chosen = [probe for probe in sent(row)[0].values() if probe.flags == "S" and reaches_rules(probe)]
        taken = [probe for probe in chosen if any(holds(match, probe) for match in matches)]
        for group in (taken, [probe for probe in chosen if probe not in taken]):
            frames = [Framing().frame(probe.put(wire)) for probe in group]
            asked.append((exported("nftables", row).text, frames))
            wanted.append((row, len(frames) if group is taken else 0))
    counts = in_namespaces(asked)
    assert [(row, accepted) for (row, _), (_, accepted) in zip(wanted, counts, strict=True)] == wanted


def reaches_rules(probe: Probe) -> bool:
    """Whether Linux hands the packet to the filter: from 0.0.0.0 it accepts only broadcasts, and no socket has joined
    most groups."""
    from_nobody = probe.source.ip == "0.0.0.0" and probe.target.ip != "255.255.255.255"
    to_group = probe.target.mac.startswith(("01:00:5e", "33:33"))
    return not (from_nobody or to_group)
