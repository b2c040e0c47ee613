"""Bugs that a hostile tester found, each kept from coming back."""

import gzip
import hashlib
import io
import itertools
import os
import random
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import zstandard

from analyzer import pipeline as api
from analyzer.capture.sources.find import find_captures
from analyzer.capture.sources.window import Window
from analyzer.flows.assembler import Watch
from analyzer.flows.read import read_captures
from analyzer.kernel import loading
from tests import capfile as cap
from tests.capfile import (
    SECOND,
    START,
    Ends,
    Record,
    converse,
    datagram,
    ether_of,
    icmp,
    ip4,
    udp,
)
from tests.packets import Host, Wire
from tests.program import ROOT, read_table, run
from tests.systems import in_a_name, make_fifo, posix, users

A, B, EVERYBODY = "10.0.0.1", "10.0.0.2", "255.255.255.255"
FIXED = Ends(A, 56_030, B, 56_030)
TALK = [datagram(Ends(orig_p=20_000 + number, resp_p=53), at=START + number * SECOND) for number in range(3)]
START_UP = "from analyzer.cli import main; main()"


def process(*arguments: str | Path, **words: Any) -> "subprocess.Popen[bytes]":
    pipe = subprocess.PIPE
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", START_UP, *map(str, arguments)]
    chosen: dict[str, Any] = {"stdin": pipe, "stdout": pipe, "stderr": pipe, "env": env} | words
    return subprocess.Popen(command, **chosen)


def ends(line: dict[str, Any]) -> tuple[str, int, str, int]:
    return line["orig_h"], line["orig_p"], line["resp_h"], line["resp_p"]


def wire(begin: bytes) -> Record:
    return datagram(Ends(orig_p=9), begin)


def test_pcapng_is_read_by_the_compiled_kernels(tmp_path: Path) -> None:
    plain = cap.read(tmp_path, cap.pcapng(TALK))
    assert cap.lines(cap.read(tmp_path, cap.pcapng(TALK), interpreted=False)) == cap.lines(plain)


def test_a_large_pcapng_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.pcapng"
    path.write_bytes(cap.pcapng([datagram(Ends(), bytes(60_000), START + number) for number in range(40)]))
    assert run("flows", path).exit_code == 0


def test_vantages_that_saw_a_flow_from_different_sides(tmp_path: Path) -> None:
    talk = [*converse("ShADadFfA"), datagram(Ends(), at=START + 20 * SECOND)]
    evidence = cap.read(tmp_path, cap.pcap(talk), cap.pcap(talk[1:2] * 0 + talk[4:]))
    (first, _) = cap.lines(evidence)
    assert (ends(first), first["history"]) == ((A, 40_000, B, 80), "ShADadFf")


def test_the_second_vantage_begins_with_an_answer(tmp_path: Path) -> None:
    talk = [*converse("ShADadadFfA", step=SECOND), datagram(Ends(), at=START + 20 * SECOND)]
    evidence = cap.read(tmp_path, cap.pcap(talk), cap.pcap(talk[7:]))
    assert [line["orig_pkts"] + line["resp_pkts"] for line in cap.lines(evidence)] == [11, 1]


@pytest.mark.parametrize("machines", [30, 40, 100])
def test_many_machines_boot_at_once(tmp_path: Path, machines: int) -> None:
    wire, server, path = Wire(), Host("192.168.0.1"), tmp_path / "storm.pcap"
    clients = [Host(f"192.168.0.{number + 20}") for number in range(machines)]
    for number, client in enumerate(clients):
        wire.lease(client, server, xid=number)
    for client in clients:
        wire.proxy(client, server)
        wire.tftp(client, server)
    for client in clients:
        wire.tcp(client, 56_030, server, 56_030)
    wire.wait(30)
    wire.ping(server, clients[0])
    wire.save(path)
    report = api.analyze(path)
    assert all(report.boots["offer"]), report.meta.headline
    assert not (report.flows["outcome"] == "no-reply").any()


def test_many_machines_boot_through_one_relay(tmp_path: Path) -> None:
    wire, server, relay, path = Wire(), Host("192.168.0.1"), Host("192.168.1.254"), tmp_path / "relay.pcap"
    clients = [Host(f"192.168.1.{number + 20}") for number in range(40)]
    for number, client in enumerate(clients):
        for kind in ("discover", "offer", "request", "ack"):
            way = (server, relay) if kind in ("offer", "ack") else (relay, server)
            wire.dhcp(*way, kind, client, sport=67, dport=67, giaddr=relay.ip, xid=number)
    wire.wait(30)
    wire.ping(server, clients[0])
    wire.save(path)
    boots = api.analyze(path).boots
    assert len(boots) == 40
    assert all(boots["ack"])


def test_a_capture_comes_through_a_named_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    make_fifo(pipe)
    content = cap.pcap(TALK)
    threading.Thread(target=lambda: pipe.write_bytes(content), daemon=True).start()
    running = process("flows", pipe)
    try:
        stdout, stderr = running.communicate(timeout=20)
    finally:
        running.kill()
    assert (running.returncode, stderr) == (0, b"")
    assert list(read_table(io.StringIO(stdout.decode()))["orig_p"]) == ["20000", "20001", "20002"]


@posix("Windows has no /dev/fd")
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_capture_comes_by_process_substitution(pack: Callable[[bytes], bytes]) -> None:
    read_end, write_end = os.pipe()
    os.write(write_end, pack(cap.pcap(TALK)))
    os.close(write_end)
    running = process("flows", f"/dev/fd/{read_end}", pass_fds=(read_end,))
    stdout, stderr = running.communicate(timeout=60)
    os.close(read_end)
    assert (running.returncode, stderr) == (0, b"")
    assert stdout.count(b"\n") == 4


@pytest.mark.parametrize("resolution", [10, 0x80 | 32, 0x80 | 33])
def test_fine_resolutions_are_times_too(tmp_path: Path, resolution: int) -> None:
    stamp = cap.ticks(START, resolution)
    assert stamp < 1 << 64
    content = cap.section() + cap.interface(resolution=resolution) + cap.packet(TALK[0], stamp=stamp)
    (line,) = cap.lines(cap.read(tmp_path, content))
    assert line["ts"] == "2026-03-02T09:00:00.000000000Z"


@pytest.mark.parametrize("interpreted", [True, False])
@pytest.mark.parametrize(("offset", "stamp"), [((1 << 33) - 1, (1 << 62) - 1), (-(1 << 33), 0), (1 << 33, 5), (-1, 0)])
def test_a_time_that_no_date_has_is_none(tmp_path: Path, interpreted: bool, offset: int, stamp: int) -> None:
    content = cap.section() + cap.interface(resolution=9, offset=offset) + cap.packet(TALK[0], stamp=stamp)
    facts = cap.read(tmp_path, content, interpreted=interpreted).captures[0]
    assert 0 <= facts.first == facts.last <= 1 << 62


def test_far_apart_times_are_judged_the_same_and_drawn(tmp_path: Path) -> None:
    content = b"".join([
        cap.section(), cap.interface(resolution=9, offset=-(1 << 33)), cap.interface(resolution=9, offset=1 << 33),
        cap.packet(wire(b"x"), stamp=0), cap.packet(wire(b"x")._replace(interface=1), stamp=5),
    ])  # fmt: skip
    plain, fast = (cap.read(tmp_path, content, interpreted=mode) for mode in (True, False))
    assert cap.lines(plain) == cap.lines(fast)
    path = tmp_path / "far.pcapng"
    path.write_bytes(content)
    assert run("analyze", path, "--out", tmp_path / "out").exit_code in (0, 1, 4)


@pytest.mark.parametrize("size", range(24, 300, 2))
def test_a_section_of_the_other_byte_order_may_begin_at_the_end_of_a_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    content = cap.pcapng(TALK[:2]) + cap.pcapng(TALK, endian=">") + cap.block(0xBAD, b"", length=0xFFFF_FFFC)
    whole = cap.read(tmp_path, content)
    monkeypatch.setattr("analyzer.capture.sources.window.CHUNK", 0)
    monkeypatch.setattr("analyzer.flows.reading.reader.Window", partial(Window, size=size))
    assert cap.read(tmp_path, content).captures == whole.captures


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_what_came_before_the_damage_of_a_compressed_capture_is_read(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    noise = random.Random(1)
    asked = [datagram(Ends(orig_p=20_000 + number, resp_p=53), noise.randbytes(400)) for number in range(1000)]
    packed, path = pack(cap.pcap(asked)), tmp_path / "packed.cap"
    path.write_bytes(packed[: len(packed) * 9 // 10])
    result = run("flows", path)
    assert result.exit_code == 0
    assert result.stdout.count("\n") > 600
    path.write_bytes(packed + b"something behind it")
    result = run("flows", path)
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1001)


def test_connections_with_the_same_number_at_two_vantages(tmp_path: Path) -> None:
    talk = [*converse("ShADadFfA", FIXED), *converse("ShADadFfA", FIXED, at=START + 10 * SECOND)]
    content = cap.pcap(talk)
    assert len(cap.read(tmp_path, content).table) == len(cap.read(tmp_path, content, content).table) == 2


def test_the_end_of_one_connection_and_the_next_at_two_vantages(tmp_path: Path) -> None:
    talk = [
        *converse("DdFfA", FIXED), *converse("ShADadFfA", FIXED, isn=(500_000, 700_000), at=START + SECOND),
        datagram(Ends(), at=START + 20 * SECOND),
    ]  # fmt: skip
    content = cap.pcap(talk)
    assert len(cap.read(tmp_path, content).table) == len(cap.read(tmp_path, content, content).table) == 3


def test_a_tuple_that_is_used_again_and_again_at_two_vantages(tmp_path: Path) -> None:
    """Counted, not timed: two thousand NTP polls at two vantages, and every one was compared with every other."""
    count, calls = 2000, itertools.count()
    content = cap.pcap([datagram(Ends(A, 123, B, 123), at=START + number * 64 * SECOND) for number in range(count)])

    def watch(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.endswith("merge.py"):
            next(calls)

    sys.setprofile(watch)
    try:
        evidence = cap.read(tmp_path, content, content)
    finally:
        sys.setprofile(None)
    assert len(evidence.table) == count
    assert next(calls) < 100 * count


def test_an_attempt_and_an_hour_later_a_connection_the_other_way(tmp_path: Path) -> None:
    later = converse("ShADadFfA", FIXED.back, isn=(7000, 9000), at=START + 3600 * SECOND)
    lines = cap.lines(cap.read(tmp_path, cap.pcap([*converse("S", FIXED), *later])))
    assert [(ends(line), line["conn_state"]) for line in lines] == [
        ((A, 56_030, B, 56_030), "S0"), ((B, 56_030, A, 56_030), "SF"),
    ]  # fmt: skip


def test_answers_of_several_connections_where_only_answers_are_seen(tmp_path: Path) -> None:
    both = [converse("ShADadFfA", FIXED, isn=(n * 9000, n * 7000), at=START + n * 100 * SECOND) for n in (1, 2, 3)]
    answers = [record for talk in both for record in talk if record.frame[26:30] == cap.packed(B)]
    assert len(cap.lines(cap.read(tmp_path, cap.pcap(answers)))) == 3


@posix("cmd.exe cannot close standard input")
def test_without_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(cap.pcap(TALK))
    for arguments, code in (((path,), 0), (("-",), 3)):
        shell = 'exec "$0" -c "$1" flows "$2" <&-'
        done = subprocess.run(
            ["sh", "-c", shell, sys.executable, START_UP, *map(str, arguments)],
            cwd=ROOT, capture_output=True, text=True, check=False,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert (done.returncode, "Traceback" in done.stderr) == (code, False)


def test_a_name_that_is_too_long() -> None:
    result = run("flows", "a" * 5000)
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)


@users
@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_a_folder_that_may_not_be_searched(mode: int) -> None:
    me = os.geteuid()
    with tempfile.TemporaryDirectory() as base:
        Path(base).chmod(0o755)
        locked = Path(base) / "locked"
        locked.mkdir()
        (locked / "x.pcap").write_bytes(cap.pcap(TALK))
        run("flows", locked)
        locked.chmod(mode)
        try:
            os.seteuid(me or 65534)
            results = [run("flows", path) for path in (locked, locked / "x.pcap")]
        finally:
            os.seteuid(me)
            locked.chmod(stat.S_IRWXU)
    assert [(result.exit_code, result.stderr.count("\n")) for result in results] == [(3, 1), (3, 1)]
    assert "permission denied" in results[0].stderr


def test_a_name_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / in_a_name("\x1b]0;owned\x07\x1b[31m\x9b31m.pcap")
    path.write_bytes(cap.pcap(TALK)[:-1])
    result = run("flows", path)
    assert not {"\x1b", "\x9b"} & {*result.stderr}
    assert "\\x9b" in result.stderr


def test_without_a_home_the_decoder_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    # A run keeps its answer; this process may have one of an earlier test.
    monkeypatch.setattr(loading, "_trusted_folder", loading._trusted_folder.__wrapped__)
    with loading._cache_folder(type("Config", (), {"CACHE_DIR": ""})) as keep:
        assert keep is False


def test_size_and_digest_are_of_the_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = cap.pcap(TALK) + b"\xff" * 200_000
    monkeypatch.setattr("analyzer.flows.reading.reader.Window", partial(Window, size=1 << 12))
    path = tmp_path / "a.pcap"
    path.write_bytes(content)
    facts = read_captures([str(path)], watch=Watch(), hashed=True).captures[0]
    assert facts.damage
    assert (facts.size, facts.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_captures_of_one_name_in_any_order(tmp_path: Path) -> None:
    paths = []
    for number, folder in enumerate(("server", "client")):
        (tmp_path / folder).mkdir()
        paths.append(tmp_path / folder / "x.pcap")
        paths[-1].write_bytes(cap.pcap([record._replace(ts=record.ts + number * 1000 * SECOND) for record in TALK]))
    one, other = (read_captures([str(path) for path in some], watch=Watch()) for some in (paths, paths[::-1]))
    assert [capture.name for capture in one.captures] == [capture.name for capture in other.captures]
    assert "server" in one.captures[0].name


def test_a_frame_that_was_short_on_the_wire_was_not_cut(tmp_path: Path) -> None:
    """A runt is malformed. If it counts as cut, a single one makes every missing answer undetermined."""
    runt = Record(START, ether_of(ip4(A, B, cap.UDP, b"abc")[:18]).ljust(30, b"\0"))
    assert cap.words(cap.read(tmp_path, cap.pcap([runt]))) == {"malformed headers": 1}


def test_a_forged_request_does_not_make_a_broadcast_address_an_originator(tmp_path: Path) -> None:
    answer = Record(START, ether_of(ip4(A, EVERYBODY, cap.UDP, udp(67, 68, b"\2\1\6"))))
    forged = Record(START + 1, ether_of(ip4(EVERYBODY, A, cap.UDP, udp(68, 67, b"\1\1\6"))))
    (line,) = cap.lines(cap.read(tmp_path, cap.pcap([answer, forged])))
    assert line["orig_h"] == A


@pytest.mark.parametrize("reply", [0, 14, 16, 18])
def test_an_icmp_error_about_a_reply_belongs_to_its_flow(tmp_path: Path, reply: int) -> None:
    asked = ip4(A, B, cap.ICMP, icmp({0: 8}.get(reply, reply - 1), 0, b"hello"))
    answered = ip4(B, A, cap.ICMP, icmp(reply, 0, b"hello"))
    error = ip4(A, B, cap.ICMP, icmp(3, 1, answered[:28]))
    packets = [Record(START + number, ether_of(packet)) for number, packet in enumerate((asked, answered, error))]
    assert len(cap.lines(cap.read(tmp_path, cap.pcap(packets)))) == 1


def test_damage_is_reported_a_bounded_number_of_times(tmp_path: Path) -> None:
    content = cap.section() + cap.interface(offset=1 << 40) * 3000 + cap.packet(TALK[0])
    assert len(cap.read(tmp_path, content).captures[0].damage) < 100


def test_options_without_end_are_not_walked_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: four octets of an interface block cost two calls of Python each."""
    body = (1).to_bytes(2, "little") + bytes(6) + b"\1\0\0\0" * 200_000
    calls = itertools.count()
    plain = Window.peek

    def counted(self: Window, at: int, size: int) -> bytes:
        return plain(self, at, size) if next(calls) < 100_000 else pytest.fail("walked")

    monkeypatch.setattr(Window, "peek", counted)
    assert cap.read(tmp_path, cap.section() + cap.block(1, body) + cap.packet(TALK[0])).captures[0].frames in (0, 1)


def test_a_folder_that_cannot_take_every_file_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "x.pcap").write_bytes(cap.pcap(TALK))
    out = tmp_path / "out"
    out.mkdir()
    (out / "charts").write_text("a file of mine")
    (out / "report.html").write_text("of yesterday")
    result = run("analyze", tmp_path / "x.pcap", "--out", out, "--force")
    assert result.exit_code == 2
    assert {path.name for path in out.iterdir()} == {"charts", "report.html"}
    assert (out / "report.html").read_text() == "of yesterday"


def test_a_folder_in_a_files_place_is_reported(tmp_path: Path) -> None:
    (tmp_path / "x.pcap").write_bytes(cap.pcap(TALK))
    (tmp_path / "out" / "report.html").mkdir(parents=True)
    result = run("analyze", tmp_path / "x.pcap", "--out", tmp_path / "out", "--force")
    assert result.exit_code == 2
    assert not list((tmp_path / "out" / "report.html").iterdir())


def test_the_side_of_a_kept_frame_when_ports_are_equal(tmp_path: Path) -> None:
    """Relayed DHCP: both ports are 67, so ports do not show that a vantage captured the opposite direction."""
    relay, server = "192.168.1.254", "192.168.0.1"
    asked = Record(START, ether_of(ip4(relay, server, cap.UDP, udp(67, 67, b"\1\1\6\0"))))
    answered = [
        Record(START + n * SECOND, ether_of(ip4(server, relay, cap.UDP, udp(67, 67, b"\7\1\6\0"))))
        for n in (1, 2, 3, 30)
    ]
    evidence = cap.read(tmp_path, cap.pcap(answered), cap.pcap([asked, answered[-1]]))
    (line,) = cap.lines(evidence)
    assert line["orig_h"] == relay
    assert {mark.data[:1]: mark.from_orig for mark in evidence.table.marks}[b"\7"] is False


@pytest.mark.parametrize("kinds", ["", ",", " "])
def test_no_kind_at_all_is_no_answer(tmp_path: Path, kinds: str) -> None:
    (tmp_path / "x.pcap").write_bytes(cap.pcap(TALK))
    assert run("analyze", tmp_path / "x.pcap", "--fail-on", kinds, "--out", tmp_path / "out").exit_code == 2


@pytest.mark.parametrize("wrong", ["no capture", "no profile"])
def test_what_fails_before_it_writes_leaves_no_folder(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "x.pcap").write_bytes(cap.pcap(TALK) if wrong == "no profile" else b"text")
    site: list[str | Path] = ["--site", tmp_path / "none.yaml"] if wrong == "no profile" else []
    assert run("analyze", tmp_path / "x.pcap", *site, "--out", tmp_path / "out").exit_code in (2, 3)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("how", ["gzip", "pipe"])
def test_a_long_capture_is_read_by_the_compiled_kernels_however_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    content = cap.pcap([datagram(Ends(), bytes(60_000), START + number) for number in range(300)])
    used = []
    for name in ("interpreted", "compiled"):
        load = getattr(loading, name)

        def noting(module: str, name: str = name, load: Callable[..., Any] = load, **how: bool) -> Any:
            used.append((name, module))
            return load(module, **how)

        monkeypatch.setattr(loading, name, noting)
    path = tmp_path / "long.pcap.gz"
    path.write_bytes(gzip.compress(content, 1))
    assert path.stat().st_size < 2 << 20 < len(content)
    if how == "gzip":
        read_captures([str(path)], watch=Watch())
    else:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        read_captures(["-"], watch=Watch())
    assert ("compiled", "analyzer.flows.kernel.assemble") in used


def test_unanswered_attempts_the_other_way_stay_apart_at_two_vantages(tmp_path: Path) -> None:
    """Such a SYN had no number, so the two were joined by their times."""
    talk = [
        *converse("S", FIXED),
        *converse("S", FIXED.back, isn=(7000, 1), at=START + 70 * SECOND),
        *converse("S", FIXED.back, isn=(8000, 1), at=START + 71 * SECOND),
    ]
    content = cap.pcap(talk)
    assert len(cap.read(tmp_path, content).table) == len(cap.read(tmp_path, content, content).table) == 3


def test_a_capture_given_twice_is_named_without_its_folder(tmp_path: Path) -> None:
    """Folders up to the root give no information, and they name the machine."""
    path = tmp_path / "x.pcap"
    path.write_bytes(cap.pcap(converse("S")))
    again = tmp_path / "deep" / ".." / "x.pcap"
    again.parent.parent.mkdir()
    for two in (path, again):
        assert not [found.name for found in find_captures([str(path), str(two)]) if tmp_path.parent.name in found.name]
