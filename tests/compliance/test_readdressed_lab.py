"""The lab's dirty captures at other addresses: no verdict may depend on a /24, on a host number or on a MAC of the lab.

Every frame is rewritten - Ethernet, ARP, IP, checksums, DHCP, ICMP quotations, magic packets - and the profile with it;
the thirty events of dirty_truth.tsv must come out as they are there.
"""

import csv
import ipaddress
import struct
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from analyzer.render import files_of
from tests.program import ROOT, read_table, run

LAB = ROOT / "sample_pcaps" / "lab"
PLACES = ("server", "segA", "segB")
SERVER, WEB = "192.168.0.1", 80
ICMP_QUOTES = {3, 4, 5, 11, 12}

Net = ipaddress.IPv4Network


@dataclass(frozen=True)
class Layout:
    """Where the lab is moved to: its two segments, and how a host's number (1 to 254) becomes one in each of them.

    ``web``: the web service's port. ``second``: an address of the DPM Server that it uses with the second segment.
    """

    lan: str
    floor: str
    in_lan: Callable[[int], int]
    in_floor: Callable[[int], int]
    web: int = WEB
    second: str = ""
    mac: Callable[[bytes], bytes] = field(default=lambda mac: b"\x0a\x3c" + bytes(part ^ 0x5A for part in mac[2:]))

    def address(self, octets: bytes) -> bytes:
        if octets[:3] not in (b"\xc0\xa8\x00", b"\xc0\xa8\x01"):
            return octets
        net, place = ((Net(self.lan), self.in_lan), (Net(self.floor), self.in_floor))[octets[2]]
        number = {0: 0, 255: net.num_addresses - 1}.get(octets[3], -1)
        return net[number if number >= 0 else place(octets[3])].packed

    def text(self, address: str) -> str:
        return str(ipaddress.IPv4Address(self.address(ipaddress.IPv4Address(address).packed)))

    def hardware(self, mac: bytes) -> bytes:
        return mac if mac[0] & 1 or not any(mac) else self.mac(mac)

    def port(self, number: int) -> int:
        return self.web if number == WEB else number

    def spread(self) -> None:
        """Fail where two of the lab's hosts would share an address, or one would have an edge of its segment."""
        for net, place, hosts in ((Net(self.lan), self.in_lan, NEAR), (Net(self.floor), self.in_floor, FAR)):
            numbers = [place(host) for host in hosts]
            assert len(set(numbers)) == len(numbers)
            assert 0 < min(numbers) <= max(numbers) < net.num_addresses - 1


NEAR = (1, 5, 21, 22, 50, 66, *range(100, 151), 254)
FAR = {21: 5, 22: 3, 99: 6, 254: 1}
"""The lab's hosts in its first segment; those in its second, with the numbers that a /29 has for them."""

ISSUE = Layout("10.20.4.0/23", "10.20.6.128/25", lambda n: 2 * n + 1, lambda n: n % 126 + 1)
LAYOUTS = {
    "a /23 and a /25": ISSUE,
    "the server's address ends in .255": Layout("172.16.8.0/22", "172.16.12.64/26", lambda n: n + 254, FAR.__getitem__),
    "two halves of a /24": Layout(
        "10.20.6.0/25", "10.20.6.128/25", lambda n: 75 if n == 254 else n - 24 * (n > 75), lambda n: n % 126 + 1
    ),
    "a /9 and a /29": Layout("10.0.0.0/9", "10.128.0.0/29", lambda n: n * 30_011, FAR.__getitem__),
}


@pytest.fixture(autouse=True)
def _tables_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests look at tables: drawing the charts takes longer than all the rest."""
    monkeypatch.setattr("analyzer.render.everything", lambda report, *_rest: files_of("csv", report).items())


def adjust(checksum: int, old: bytes, new: bytes) -> int:
    """An Internet checksum after some of what it covers was replaced (RFC 1624, equation 3)."""
    total = ~checksum & 0xFFFF
    for was, now in zip(words(old), words(new), strict=True):
        total += (~was & 0xFFFF) + now
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def words(octets: bytes) -> tuple[int, ...]:
    octets += bytes(len(octets) % 2)
    return struct.unpack(f">{len(octets) // 2}H", octets)


def put_checksum(layer: bytearray, at: int, old: bytes, new: bytes) -> None:
    before = int.from_bytes(layer[at : at + 2])
    layer[at : at + 2] = adjust(before, old, new).to_bytes(2)


def move_frame(frame: bytes, to: Layout) -> bytes:
    """An Ethernet frame as it would have been in the other network."""
    out = bytearray(frame)
    out[0:6], out[6:12] = to.hardware(frame[0:6]), to.hardware(frame[6:12])
    kind = int.from_bytes(frame[12:14])
    if kind == 0x0806:
        for at in (22, 32):
            out[at : at + 6] = to.hardware(frame[at : at + 6])
            out[at + 6 : at + 10] = to.address(frame[at + 6 : at + 10])
    elif kind == 0x0800:
        length = int.from_bytes(frame[16:18])
        out[14 : 14 + length] = move_packet(frame[14 : 14 + length], to)
    return bytes(out)


def move_packet(packet: bytes, to: Layout) -> bytes:
    """An IPv4 packet, or as much of one as an ICMP error quotes."""
    out, begin = bytearray(packet), (packet[0] & 15) * 4
    addresses = ends_of(packet, to)
    out[12:20] = addresses
    put_checksum(out, 10, packet[12:20], addresses)
    rest = bytearray(packet[begin:])
    proto = packet[9]
    if proto == 1:
        move_icmp(rest, to)
    elif proto in (6, 17) and not int.from_bytes(packet[6:8]) & 0x1FFF:
        move_segment(rest, proto, packet[12:20] + addresses, to)
    out[begin:] = rest
    return bytes(out)


def ends_of(packet: bytes, to: Layout) -> bytes:
    source, target = to.address(packet[12:16]), to.address(packet[16:20])
    if to.second:
        server, second = ipaddress.IPv4Address(SERVER).packed, ipaddress.IPv4Address(to.second).packed
        if packet[12:16] == server and packet[16:19] == b"\xc0\xa8\x01":
            source = second
        if packet[16:20] == server and packet[12:15] == b"\xc0\xa8\x01":
            target = second
    return source + target


def move_icmp(message: bytearray, to: Layout) -> None:
    if message[0] in ICMP_QUOTES:
        old = bytes(message[8:])
        message[8:] = move_packet(old, to)
        put_checksum(message, 2, old, bytes(message[8:]))


def move_segment(segment: bytearray, proto: int, ends: bytes, to: Layout) -> None:
    """A TCP segment or UDP datagram; ``ends``: the addresses before and after."""
    old = bytes(segment)
    ports = struct.unpack(">HH", old[:4])
    segment[:4] = struct.pack(">HH", *(to.port(port) if proto == 6 else port for port in ports))
    at = 16 if proto == 6 else 6
    if proto == 17:
        segment[8:] = move_data(old[8:], ports, to)
    if len(old) < at + 2 or (proto == 17 and old[6:8] == b"\0\0"):
        return
    new = bytes(segment)
    put_checksum(segment, at, ends[:8] + old, ends[8:] + new[:at] + old[at : at + 2] + new[at + 2 :])


def move_data(data: bytes, ports: Iterable[int], to: Layout) -> bytes:
    if {67, 68, 4011} & set(ports) and len(data) >= 240:
        return move_bootp(data, to)
    start = data.find(b"\xff" * 6)
    mac = data[start + 6 : start + 12]
    if start >= 0 and len(mac) == 6 and data[start + 6 : start + 102] == mac * 16:
        return data[: start + 6] + to.hardware(mac) * 16 + data[start + 102 :]
    return data


def move_bootp(data: bytes, to: Layout) -> bytes:
    out = bytearray(data)
    for at in range(12, 28, 4):
        out[at : at + 4] = to.address(data[at : at + 4])
    out[28:34] = to.hardware(data[28:34])
    at = 240
    while at + 1 < len(data) and data[at] != 255:
        if not data[at]:
            at += 1
            continue
        code, value = data[at], data[at + 2 : at + 2 + data[at + 1]]
        if code == 1:
            value = Net(to.lan).netmask.packed
        elif code in (3, 6, 28, 50, 54):
            value = b"".join(to.address(value[place : place + 4]) for place in range(0, len(value), 4))
        elif code == 61 and value[0] == 1:
            value = b"\1" + to.hardware(value[1:])
        out[at + 2 : at + 2 + len(value)] = value
        at += 2 + len(value)
    return bytes(out)


def frames(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """(record header, frame) of a little-endian pcap."""
    data = path.read_bytes()
    at = 24
    while at < len(data):
        length = int.from_bytes(data[at + 8 : at + 12], "little")
        yield data[at : at + 16], data[at + 16 : at + 16 + length]
        at += 16 + length


def move_captures(folder: Path, to: Layout, places: Iterable[str] = PLACES) -> list[Path]:
    to.spread()
    made = []
    for place in places:
        source = LAB / f"dirty_{place}.pcap"
        moved = [head + move_frame(frame, to) for head, frame in frames(source)]
        target = folder / f"{place}.pcap"
        target.write_bytes(source.read_bytes()[:24] + b"".join(moved))
        made.append(target)
    return made


def move_site(to: Layout) -> dict[str, Any]:
    """The lab's profile at the other addresses."""
    site: dict[str, Any] = YAML(typ="safe").load(LAB / "site.yaml")
    for segment, cidr in zip(site["segments"], (to.lan, to.floor), strict=True):
        segment["cidr"] = cidr
    server = site["dpm_server"]
    server["addresses"] = [to.text(SERVER), *([to.second] if to.second else [])]
    server["web_port"] = to.web
    site["dhcp"]["servers"] = [to.text(SERVER)]
    for machine in site["managed_machines"]:
        if "address" in machine:
            machine["address"] = to.text(machine["address"])
        if "mac" in machine:
            machine["mac"] = to.hardware(bytes.fromhex(machine["mac"].replace(":", ""))).hex(":")
        if "range" in machine:
            machine["range"] = "-".join(to.text(end) for end in machine["range"].split("-"))
    for role in ("image_builder", "command_line"):
        site[role] = [to.text(address) for address in site[role]]
    return site


def judge(folder: Path, captures: list[Path], site: dict[str, Any]) -> pd.DataFrame:
    profile, report = folder / "site.yaml", folder / "report"
    with profile.open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump(site, stream)
    result = run("analyze", *captures, "--site", profile, "--no-dissect", "--out", report, "--force")
    assert result.exit_code == 1, result.stderr
    return read_table(report / "flows.csv")


def truth(to: Layout) -> list[tuple[tuple[str, ...], str]]:
    """((protocol, originator, responder, port or ICMP type), verdict) of every event."""
    with (LAB / "dirty_truth.tsv").open(encoding="utf-8") as stream:
        events = list(csv.DictReader(stream, delimiter="\t"))
    assert len(events) == 30
    found: list[tuple[tuple[str, ...], str]] = []
    for event in events:
        source, target = to.text(event["src"]), to.text(event["dst"])
        if to.second and event["src"] == SERVER and event["dst"].startswith("192.168.1."):
            source = to.second
        if to.second and event["dst"] == SERVER and event["src"].startswith("192.168.1."):
            target = to.second
        port = to.port(int(event["dport"])) if event["proto"] == "tcp" else int(event["dport"])
        found.append(((event["proto"], source, target, str(port)), event["truth"]))
    return found


def observed(flows: pd.DataFrame) -> Counter[tuple[tuple[str, ...], str]]:
    """The verdicts of the flows, in the words of the truth file. There the client of a DISCOVER is 0.0.0.0 too."""
    lines: list[tuple[tuple[str, ...], str]] = []
    for flow in flows.to_dict("records"):
        kind = flow["orig_p"] if flow["proto"].startswith("icmp") else flow["resp_p"]
        verdict = f"{flow['verdict']}:{flow['reason']}" if flow["reason"] else str(flow["verdict"])
        lines.append(((flow["proto"], flow["orig_h"], flow["resp_h"], kind), verdict))
    return Counter(lines)


def differences(flows: pd.DataFrame, to: Layout) -> dict[str, list[str]]:
    """Event (as text) -> [true verdicts, reported verdicts], where they differ."""
    said: dict[tuple[str, ...], list[str]] = {}
    for (key, verdict), count in observed(flows).items():
        said.setdefault(key, []).extend([verdict] * count)
    wanted: dict[tuple[str, ...], list[str]] = {}
    for key, verdict in truth(to):
        wanted.setdefault(key, []).append(verdict)
    return {
        " ".join(key): [", ".join(sorted(verdicts)), ", ".join(sorted(said.get(key, [])))]
        for key, verdicts in wanted.items()
        if sorted(verdicts) != sorted(said.get(key, []))
    }


@pytest.mark.parametrize("name", LAYOUTS)
def test_all_thirty_events_elsewhere(name: str, tmp_path: Path) -> None:
    to = LAYOUTS[name]
    flows = judge(tmp_path, move_captures(tmp_path, to), move_site(to))
    assert differences(flows, to) == {}
    assert len(flows) == 56


def test_the_rewriting_keeps_every_checksum(tmp_path: Path, tshark: str) -> None:
    """What tshark complains of is what it complains of in the lab's own captures."""

    def bad(path: Path) -> int:
        checks = [f"-o{layer}.check_checksum:TRUE" for layer in ("ip", "tcp", "udp")]
        wrong = "ip.checksum.status==0 || tcp.checksum.status==0 || udp.checksum.status==0 || icmp.checksum.status==0"
        command = [
            tshark,
            "-r",
            str(path),
            *checks,
            "-Y",
            f"({wrong}) || _ws.malformed",
            "-T",
            "fields",
            "-e",
            "frame.number",
        ]
        return len(subprocess.run(command, capture_output=True, check=True, text=True).stdout.split())

    for place, moved in zip(PLACES, move_captures(tmp_path, ISSUE), strict=True):
        assert bad(moved) == bad(LAB / f"dirty_{place}.pcap")


def test_machines_given_by_their_network(tmp_path: Path) -> None:
    """No MAC is known then, so one of the thirty events cannot be judged: the broadcast that wakes a remote
    machine."""
    site = move_site(ISSUE)
    site["managed_machines"] = [
        {"name": "near", "cidr": "10.20.4.40/29"},
        {"name": "far", "cidr": "10.20.6.144/28"},
        {"name": "dead", "cidr": f"{ISSUE.text('192.168.1.99')}/32"},
    ]
    flows = judge(tmp_path, move_captures(tmp_path, ISSUE), site)
    server = ISSUE.text(SERVER)
    assert differences(flows, ISSUE) == {
        f"udp {server} 255.255.255.255 5561": [
            "expected, unexpected:broadcast-address",
            "expected, expected",
        ]
    }
    power_on = flows[(flows["orig_h"] == server) & (flows["resp_h"] == "255.255.255.255")]
    assert all("segment is not known" in detail for detail in power_on["detail"])


def test_remote_machines_by_address_and_near_ones_by_network(tmp_path: Path) -> None:
    site = move_site(ISSUE)
    far = [machine for machine in site["managed_machines"] if machine["name"] in {"b1", "b2", "dead"}]
    site["managed_machines"] = [{"name": "near", "cidr": "10.20.4.40/29"}, *far]
    assert differences(judge(tmp_path, move_captures(tmp_path, ISSUE), site), ISSUE) == {}


def test_the_web_service_on_another_port(tmp_path: Path) -> None:
    to = Layout(ISSUE.lan, ISSUE.floor, ISSUE.in_lan, ISSUE.in_floor, web=8080)
    captures = move_captures(tmp_path, to)
    assert differences(judge(tmp_path, captures, move_site(to)), to) == {}
    unsaid = move_site(to)
    del unsaid["dpm_server"]["web_port"]
    wrong = differences(judge(tmp_path, captures, unsaid), to)
    assert [said for _, said in wrong.values()] == ["unexpected:no-row"] * 2


def test_a_server_with_two_addresses(tmp_path: Path) -> None:
    to = Layout(ISSUE.lan, ISSUE.floor, ISSUE.in_lan, ISSUE.in_floor, second="10.20.5.200")
    captures = move_captures(tmp_path, to)
    assert differences(judge(tmp_path, captures, move_site(to)), to) == {}
    half = move_site(to)
    half["dpm_server"]["addresses"] = [to.text(SERVER)]
    assert len(differences(judge(tmp_path, captures, half), to)) == 7


@pytest.mark.parametrize(("architecture", "folder"), [("x86", "Program Files"), ("x64", "Program Files (x86)")])
def test_paths_by_architecture(architecture: str, folder: str, tmp_path: Path) -> None:
    site = move_site(ISSUE)
    site["dpm_server"]["architecture"] = architecture
    flows = judge(tmp_path, move_captures(tmp_path, ISSUE), site)
    shutdown = flows[(flows["rule"] == "shutdown") & (flows["verdict"] == "expected")].set_index("resp_h")
    near, far = (str(shutdown.loc[ISSUE.text(address), "executable"]) for address in ("192.168.0.21", "192.168.1.21"))
    assert all(f"\\{folder}\\NEC\\DeploymentManager\\apiserv.exe" in text for text in (near, far))
    assert "\\SysWOW64\\DepAgent.exe" in near
    assert "\\system32\\DepAgent.exe" in far
    assert "Depagtd" not in near + far


def test_a_single_capture_shows_nothing_of_the_others(tmp_path: Path) -> None:
    """A single capture reports its own events with the same verdicts, and nothing of the others."""
    for place in PLACES:
        folder = tmp_path / place
        folder.mkdir()
        flows = judge(folder, move_captures(folder, ISSUE, [place]), move_site(ISSUE))
        unlike = differences(flows, ISSUE)
        absent = {event for event, (_, said) in unlike.items() if not said}
        assert set(unlike) == absent
        assert len(absent) == {"server": 5, "segA": 1, "segB": 21}[place]
