"""The dissection of single frames: what is recognised, what must not be, and a tshark that misbehaves."""

import asyncio
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from scapy.utils import RawPcapReader

from analyzer.dissect import Cut, Dissection, Observation, dissect, find_tshark
from analyzer.dissect.write import pcapng
from analyzer.messages.english import sentence
from tests.packets import EVERYBODY, RAW, Framing, Host, Wire
from tests.program import ROOT

CLIENT, SERVER = Host("192.168.0.21"), Host("192.168.0.1")


def problem(done: Dissection) -> str:
    """Why not every frame was dissected, as the report says it."""
    assert done.problem is not None
    return sentence(done.problem)


def hello(padding: int = 0, name: bytes = b"deploy.example.org") -> bytes:
    """A TLS ClientHello for a server of that name, as long as ``padding`` makes it."""
    names = struct.pack(">HHHBH", 0, len(name) + 5, len(name) + 3, 0, len(name)) + name
    extensions = names + struct.pack(">HH", 21, padding) + bytes(padding)
    body = b"\x03\x03" + bytes(range(32)) + b"\0" + b"\0\x02\xc0\x2f" + b"\x01\0"
    body += struct.pack(">H", len(extensions)) + extensions
    return struct.pack(">BHHI", 22, 0x0301, len(body) + 4, 1 << 24 | len(body)) + body


HELLO = hello()
GET = b"GET /a HTTP/1.1\r\nHost: deploy\r\n\r\n"


def cuts_of(wire: Wire, framing: Framing | None = None) -> list[Cut]:
    framing = framing or Framing()
    frames = [(packet.ts, framing.frame(packet)) for packet in wire.packets]
    return [Cut(i * 10 + 7, ts, framing.link, len(f), f, f"a.pcap frame {i + 1}") for i, (ts, f) in enumerate(frames)]


def applications(done: Dissection) -> list[str]:
    assert done.problem is None
    return [each.application for each in done.observations]


def one(payload: bytes, port: int, *, udp: bool = False) -> Observation:
    wire = Wire()
    if udp:
        wire.udp(CLIENT, 40_000, SERVER, port, payload)
    else:
        wire.segment(CLIENT, 40_000, SERVER, port, "PA", seq=1, ack=1, data=payload)
    done = dissect(cuts_of(wire))
    assert done.problem is None
    return done.observations[0]


@pytest.fixture
def fake(tmp_path: Path) -> Callable[[str], str]:
    """A script in tshark's place; it answers --version, then does ``body``."""

    def write(
        body: str, version: str = 'if [ "$1" = --version ]; then echo "TShark (Wireshark) 4.0.17"; exit; fi'
    ) -> str:
        path = tmp_path / "tshark"
        path.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/pids\n{version}\n{body}\n")
        path.chmod(0o755)
        return str(path)

    return write


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No temporary folder and no process may be left behind."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert not list(folder.iterdir())
    pids = tmp_path / "pids"
    for pid in pids.read_text().split() if pids.exists() else ():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)
    # No child of ours is waiting to be collected.
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_program_is_asked_for_its_version_once(fake: Callable[..., str], tmp_path: Path) -> None:
    """Each question costs as much as the dissection of a small capture. A changed program is asked again."""
    answer = f'if [ "$1" = --version ]; then echo asked >> {tmp_path}/asked; echo "TShark (Wireshark) %s"; exit; fi'
    path = fake("", version=answer % "4.0.17")
    found = [dissect(some(), tshark=path).version for _ in range(3)]
    found.append(dissect(some(), tshark=fake("true", version=answer % "4.2.10")).version)
    assert found == ["4.0.17"] * 3 + ["4.2.10"]
    assert (tmp_path / "asked").read_text().split() == ["asked"] * 2


@pytest.mark.parametrize(
    ("reply", "starts", "application"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", 1, "http"),
        (b"ok\n", 1, ""),
        (b"\0", 1, ""),
        (b"220", 2, ""),
        (b"no words of HTTP", 2, ""),
    ],
    ids=["proof", "short reply", "one octet", "as long as a reply of FTP", "other text"],
)
def test_tshark_starts_again_only_for_frames_that_may_have_a_proof(
    tshark: str, fake: Callable[..., str], tmp_path: Path, reply: bytes, starts: int, application: str
) -> None:
    """Each start costs as much CPU time as the dissection of a small capture."""
    wire = Wire()
    wire.segment(CLIENT, 40_000, SERVER, 80, "PA", seq=1, ack=1, data=GET)
    wire.segment(SERVER, 80, CLIENT, 40_000, "PA", seq=1, ack=1 + len(GET), data=reply)
    version = 'if [ "$1" = --version ]; then echo "TShark (Wireshark) 4.0.17"; exit; fi'
    done = dissect(cuts_of(wire), tshark=fake(f'exec {tshark} "$@"', version=version))
    assert applications(done) == ["http", application]
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == starts + 1  # one prints its version


@pytest.mark.usefixtures("tshark")
def test_a_boot_is_reported() -> None:
    wire = Wire()
    wire.boot(CLIENT, SERVER)
    wire.tftp(CLIENT, SERVER, missing=True, port=2080)
    done = dissect(cuts_of(wire))
    assert done.problem is None
    assert done.version.count(".") == 2
    assert [each.number for each in done.observations] == [7 + 10 * i for i in range(len(wire.packets))]
    facts = [dict(each.facts) for each in done.observations]
    assert [each.get("message_type") for each in facts[:6]] == [
        "discover", "offer", "request", "ack", "request", "ack",
    ]  # fmt: skip
    assert facts[1] == {
        "message_type": "offer", "client_mac": CLIENT.mac, "xid": "0x20260302", "offered_address": CLIENT.ip,
        "vendor_class": "PXEClient:Arch:00000", "architecture": "x86 BIOS", "server_id": SERVER.ip,
        "boot_server": SERVER.ip,
    }  # fmt: skip
    assert facts[6] == {"operation": "read", "file": "boot.0", "mode": "octet"}
    assert facts[7] == {"operation": "data", "block": "1"}
    assert facts[-1] == {"operation": "error", "error_code": "1", "error": "File not found"}


@pytest.mark.usefixtures("tshark")
@pytest.mark.parametrize("port", [7, 9, 67, 69, 5561, 12_345])
def test_a_magic_packet_on_any_port(port: int) -> None:
    magic = b"\xff" * 6 + bytes.fromhex("020000000a21") * 16
    plain = one(magic, port, udp=True)
    assert (plain.application, dict(plain.facts)) == ("wake-on-lan", {"target_mac": "02:00:00:00:0a:21"})
    secured = one(magic + bytes.fromhex("010203040506"), port, udp=True)
    assert secured.facts["password"] == "01:02:03:04:05:06"
    assert one(magic[:-6] + b"abcdef", port, udp=True).application == ""


@pytest.mark.usefixtures("tshark")
@pytest.mark.parametrize("port", [22, 53, 80, 443, 445, 3389, 56_010, 56_030])
def test_http_and_tls_by_content(port: int) -> None:
    web, sealed = one(GET, port), one(HELLO, port)
    assert (web.application, dict(web.facts)) == ("http", {"method": "GET", "host": "deploy", "path": "/a"})
    assert (sealed.application, dict(sealed.facts)) == (
        "tls", {"server_name": "deploy.example.org", "version": "TLS 1.2"},
    )  # fmt: skip


@pytest.mark.usefixtures("tshark")
def test_a_handshake_longer_than_its_segment() -> None:
    assert one(hello(3000)[:1400], 80).application == "tls"


@pytest.mark.usefixtures("tshark")
def test_connections_that_share_a_tuple_are_distinguished() -> None:
    wire = Wire()
    for data in (GET, HELLO, b"\x01\x02meaningless", GET):
        wire.segment(CLIENT, 56_030, SERVER, 56_030, "PA", seq=1, ack=1, data=data)
    assert applications(dissect(cuts_of(wire))) == ["http", "tls", "", "http"]


@pytest.mark.usefixtures("tshark")
def test_random_octets_are_nothing() -> None:
    dice, wire = random.Random(20260302), Wire()
    for n in range(3000):
        data = dice.randbytes(dice.choice((1, 4, 12, 48, 120, 512, 1200)))
        port = dice.choice((22, 53, 67, 69, 80, 123, 389, 443, 445, 3389, 56_010, 56_030))
        if n % 2:
            wire.segment(CLIENT, 1024 + n, SERVER, port, "PA", seq=1, ack=1, data=data)
        else:
            wire.udp(CLIENT, 1024 + n, SERVER, port, data)
    named = [(each.number, each.application) for each in dissect(cuts_of(wire)).observations if each.application]
    assert named == []


QUERY = bytes.fromhex("1234010000010000000000000361626303636f6d0000010001")
"""A DNS query for abc.com, class IN."""


@pytest.mark.usefixtures("tshark")
@pytest.mark.parametrize(
    ("payload", "port", "application"),
    [
        (QUERY, 53, "dns"),
        # A guess of tshark, on a port that another protocol has, proves nothing.
        (QUERY, 5246, ""),
        (QUERY[:-2] + b"\x80\x01", 5353, "mdns"),
        # A record of class 0, and octets behind the records: other protocols that a heuristic takes for DNS.
        (QUERY[:-2] + b"\0\0", 5246, ""),
        (QUERY + bytes(40), 5246, ""),
        (
            bytes.fromhex("00108200000000000000000100014d0000250060000007db07d9000400000002139b0020") + bytes(64),
            5246,
            "",
        ),
    ],
)
def test_dns_has_known_classes_and_nothing_behind_its_records(payload: bytes, port: int, application: str) -> None:
    assert one(payload, port, udp=True).application == application


@pytest.mark.usefixtures("tshark")
@pytest.mark.parametrize("name", ["clean_server", "clean_segB", "dirty_server", "dirty_segA", "dirty_segB"])
def test_stand_in_listeners_are_nothing(lab: Path, name: str) -> None:
    with RawPcapReader(str(lab / f"{name}.pcap")) as reader:
        frames = list(reader)
    cuts = [Cut(i, m.sec * 10**9, 1, m.wirelen, octets) for i, (octets, m) in enumerate(frames)]
    done = dissect(cuts)
    assert done.problem is None
    assert len(done.observations) == len(cuts)
    for each in done.observations:
        ports = {int.from_bytes(frames[each.number][0][at : at + 2]) for at in (34, 36)}
        if each.application:
            assert each.application in {"dhcp", "tftp", "wake-on-lan", "http"}
            assert not ports & {56_010, 56_023, 56_030}


@pytest.mark.usefixtures("tshark")
def test_tftp_on_ports_of_its_own() -> None:
    wire = Wire()
    wire.udp(SERVER, 50_100, CLIENT, 2070, b"\0\3\0\1" + b"x" * 512)
    assert applications(dissect(cuts_of(wire), tftp_ports=frozenset({2070}))) == ["tftp"]
    many = frozenset(range(1000, 3000))
    assert applications(dissect(cuts_of(wire), tftp_ports=many)) in (["tftp"], [""])


@pytest.mark.usefixtures("tshark")
def test_malformed_and_odd_frames() -> None:
    wire, dice = Wire(), random.Random(1)
    wire.boot(CLIENT, SERVER)
    whole = cuts_of(wire)
    broken = [
        replace(cut, octets=bytes(o ^ (dice.random() < 0.05) * dice.randrange(256) for o in cut.octets))
        for cut in whole * 5
    ]
    odd = [
        Cut(1, -5, 1, 0, b""), Cut(2, 1 << 70, 1 << 20, 9, b"abc"), Cut(3, 0, 1, 10**12, bytes(300_000)),
        Cut(4, 0, 1, 60, whole[0].octets[:50], "\ud800 " + "x" * 100_000),
    ]  # fmt: skip
    done = dissect([*broken, *odd, *whole])
    assert done.problem is None
    assert len(done.observations) == len(broken) + len(odd) + len(whole)
    assert done.observations[-len(whole)].application == "dhcp"
    # A DHCP message whose last option says more than there is.
    cut = whole[0]
    assert dissect([Cut(0, 0, 1, 290, cut.octets[:290])]).observations[0].application == "dhcp"


@pytest.mark.usefixtures("tshark")
def test_raw_ip_beside_ethernet() -> None:
    wire = Wire()
    wire.magic(SERVER, EVERYBODY, CLIENT.mac)
    assert applications(dissect(cuts_of(wire) + cuts_of(wire, Framing(link=RAW)))) == ["wake-on-lan"] * 2


def test_the_cut_capture_keeps_time_and_origin(tshark: str, tmp_path: Path) -> None:
    path = tmp_path / "cuts.pcapng"
    path.write_bytes(pcapng([Cut(3, 1_772_442_000_123_456_789, 1, 99, b"abcdefghijklmnop", "b.pcap frame 17")]))
    fields = ["frame.time_epoch", "frame.len", "frame.comment"]
    command = [tshark, "-r", str(path), "-T", "fields", *(word for name in fields for word in ("-e", name))]
    observed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().split("\t")
    assert observed == ["1772442000.123456789", "99", "b.pcap frame 17"]


@pytest.mark.usefixtures("tshark")
def test_inside_a_running_loop() -> None:
    wire = Wire()
    wire.lease(CLIENT, SERVER)

    async def notebook() -> Dissection:
        return dissect(cuts_of(wire))

    assert applications(asyncio.run(notebook())) == ["dhcp"] * 4


@pytest.mark.usefixtures("tshark")
def test_the_users_settings_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "disabled_protos").write_text("dhcp\n")
    monkeypatch.setenv("WIRESHARK_CONFIG_DIR", str(tmp_path))
    wire = Wire()
    wire.lease(CLIENT, SERVER)
    assert applications(dissect(cuts_of(wire))) == ["dhcp"] * 4


@pytest.mark.usefixtures("tshark")
def test_200_boots_stay_far_below_the_limit() -> None:
    wire = Wire()
    for n in range(200):
        client = Host(f"192.168.1.{n + 1}")
        wire.boot(client, SERVER)
        wire.tftp(client, SERVER, missing=True, port=2080)
    began = time.monotonic()
    assert applications(dissect(cuts_of(wire))).count("dhcp") == 1200
    assert time.monotonic() - began < 15


def some() -> list[Cut]:
    wire = Wire()
    wire.lease(CLIENT, SERVER)
    return cuts_of(wire)


def test_no_tshark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    if not find_tshark():
        assert "not found" in problem(dissect(some()))
    done = dissect(some(), tshark="/nowhere/tshark")
    assert (done.observations, done.version) == ((), "")
    assert "not found" in problem(done)
    assert dissect([], tshark="/nowhere/tshark") == Dissection(())


def test_a_tshark_that_hangs(fake: Callable[..., str]) -> None:
    began = time.monotonic()
    done = dissect(some(), tshark=fake("sleep 300"), seconds=1)
    assert problem(done) == "The time limit was reached after 0 of 4 frames; the others were not dissected."
    done = dissect(some(), tshark=fake("", version="sleep 300"), seconds=0.5)
    assert "time limit" in problem(done)
    assert time.monotonic() - began < 10


def test_a_tshark_that_prints_garbage(fake: Callable[..., str]) -> None:
    garbage = r"""printf 'no json\n{"layers":[]}\n\377\376\n{"layers":{"frame":{"frame_frame_number":"x"}}}\n[[[[\n'"""
    done = dissect(some(), tshark=fake(garbage), seconds=20)
    assert (done.observations, done.version) == ((), "4.0.17")
    assert problem(done) == "tshark ended after 0 of 4 frames: the rest of its output was no dissection."


def test_a_tshark_that_talks_without_end(fake: Callable[..., str]) -> None:
    began = time.monotonic()
    done = dissect(some(), tshark=fake("while :; do echo nonsense nonsense nonsense; done"), seconds=1)
    assert "time limit" in problem(done)
    assert time.monotonic() - began < 10


def test_a_tshark_that_writes_errors_without_end(fake: Callable[..., str]) -> None:
    """Its messages and its version are files: each is bounded, and a larger one ends it."""
    for done in (
        dissect(some(), tshark=fake("yes nonsense >&2"), seconds=60),
        dissect(some(), tshark=fake("", version="exec yes nonsense"), seconds=60),
    ):
        assert problem(done)
        assert "time limit" not in problem(done)


def test_a_tshark_that_fails(fake: Callable[..., str]) -> None:
    done = dissect(some(), tshark=fake("echo 'it is broken' >&2; exit 2"))
    assert problem(done) == "tshark failed with exit code 2 after 0 of 4 frames (it is broken)."
    assert "SIGSEGV" in problem(dissect(some(), tshark=fake("kill -SEGV $$")))
    done = dissect(some(), tshark=fake("", version="exit 2"))
    assert "exit code 2" in problem(done)


def test_an_interrupt_ends_tshark(fake: Callable[..., str], tmp_path: Path) -> None:
    code = (
        "import signal, sys, threading, os\n"
        "from analyzer.dissect import Cut, dissect\n"
        "threading.Timer(1.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "try:\n    dissect([Cut(0, 0, 1, 60, bytes(60))], tshark=sys.argv[1])\n"
        "except KeyboardInterrupt:\n    print('interrupted')\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, fake("sleep 300")],
        capture_output=True, text=True, timeout=30, env=environment, cwd=ROOT, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("interrupted\n", "")
