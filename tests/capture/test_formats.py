"""What is read and what is not: every variant of pcap, compressed streams, other formats by their names."""

import bz2
import gzip
import io
import lzma
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import pytest
import zstandard

from analyzer.messages.english import sentence
from tests import capfile as cap
from tests.capfile import SECOND, START, Endian, Ends, Record, datagram
from tests.program import ROOT, read_table, run
from tests.systems import make_fifo

TALK = [datagram(Ends(orig_p=20_000 + number, resp_p=53), at=START + number * SECOND + 7000) for number in range(4)]
PORTS = ["20000", "20001", "20002", "20003"]
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress, "zst": zstandard.compress, "xz": lzma.compress, "bz2": bz2.compress, "lz4": lz4.frame.compress,
}  # fmt: skip


def ports(path: Path) -> list[str]:
    result = run("flows", path)
    assert result.exit_code == 0, result.stderr
    return list(read_table(io.StringIO(result.stdout))["orig_p"])


def header(magic: int, version: tuple[int, int], endian: Endian, link: int = cap.ETHERNET) -> bytes:
    return struct.pack(endian + "IHHiIII", magic, *version, 0, 0, 262_144, link)


def records(endian: Endian, *, extra: bytes = b"", nano: bool = False, exchanged: bool = False) -> bytes:
    """The talk as records; ``extra``: the octets behind the sixteen octets of a header."""
    content = b""
    for ts, frame, *_ in TALK:
        lengths = (len(frame), len(frame) + 9)
        first, second = reversed(lengths) if exchanged else lengths
        fraction = ts % SECOND // (1 if nano else 1000)
        content += struct.pack(endian + "IIII", ts // SECOND, fraction, first, second) + extra + frame
    return content


# Variants of pcap


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize(
    ("magic", "more", "extra", "nano", "kind"),
    [
        (0xA1B2CD34, b"", bytes(8), False, "modified pcap"),
        (0x1C0001AC, b"\0\0\1\0", b"", True, "IXIA pcap"),
        (0x1C0001AB, b"\0\0\1\0", b"", False, "IXIA pcap"),
    ],
    ids=["modified", "IXIA hardware", "IXIA software"],
)
@pytest.mark.parametrize("interpreted", [True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))])
def test_variants_of_pcap(
    tmp_path: Path, endian: Endian, magic: int, more: bytes, extra: bytes, nano: bool, kind: str, interpreted: bool
) -> None:
    content = header(magic, (2, 4), endian) + more + records(endian, extra=extra, nano=nano)
    evidence = cap.read(tmp_path, content, interpreted=interpreted)
    facts = evidence.captures[0]
    assert (facts.frames, facts.damage, facts.nanoseconds) == (4, (), nano)
    assert (
        facts.format == f"{kind}, {'little' if endian == '<' else 'big'}-endian, {'nano' if nano else 'micro'}seconds"
    )
    assert [line["ts"][:26] for line in cap.lines(evidence)] == [
        f"2026-03-02T09:00:0{number}.000007" for number in range(4)
    ]


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize(
    ("version", "exchanged"),
    [((2, 0), True), ((2, 2), True), ((2, 3), True), ((2, 3), False), ((543, 0), True), ((2, 4), False)],
)
@pytest.mark.parametrize("interpreted", [True, pytest.param(False, marks=pytest.mark.xdist_group("compiled"))])
def test_older_versions_have_the_two_lengths_the_other_way_round(
    tmp_path: Path, endian: Endian, version: tuple[int, int], exchanged: bool, interpreted: bool
) -> None:
    content = header(0xA1B2C3D4, version, endian) + records(endian, exchanged=exchanged)
    facts = cap.read(tmp_path, content, interpreted=interpreted).captures[0]
    assert (facts.frames, facts.damage, facts.overlong, facts.snapped) == (4, (), 0, 4)
    assert ("version" in facts.format) == (version != (2, 4))
    cut = cap.read(tmp_path, content[:-10], interpreted=interpreted).captures[0]
    assert cut.frames == 3
    assert "cut short" in sentence(cut.damage[0])


@pytest.mark.parametrize("version", [(0, 0), (1, 4), (2, 5), (3, 0), (543, 1)])
def test_versions_that_nobody_knows_are_refused(tmp_path: Path, version: tuple[int, int]) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(header(0xA1B2C3D4, version, "<") + records("<"))
    result = run("flows", path)
    assert (result.exit_code, result.stdout) == (3, "")
    assert f"pcap version {version[0]}.{version[1]}" in result.stderr


def test_bits_of_the_link_type_that_mean_nothing_are_reported(tmp_path: Path) -> None:
    content = header(0xA1B2C3D4, (2, 4), "<", 0x0030_0001) + records("<")
    facts = cap.read(tmp_path, content).captures[0]
    assert (facts.frames, facts.link_types) == (4, ("ethernet",))
    assert "0x00300001" in sentence(facts.damage[0])
    checked = cap.read(tmp_path, header(0xA1B2C3D4, (2, 4), "<", 0x2400_0001) + records("<")).captures[0]
    assert checked.damage == ()


# Compressed


@pytest.mark.parametrize("ending", PACKERS)
def test_streams_of_several_members_are_one_capture(tmp_path: Path, ending: str) -> None:
    pack, content = PACKERS[ending], cap.pcap(TALK)
    path = tmp_path / f"x.pcap.{ending}"
    for packed in (
        pack(content),
        pack(content[:30]) + pack(content[30:100]) + pack(b"") + pack(content[100:]),
        pack(content[:3]) + pack(content[3:]) + bytes(8),
    ):
        path.write_bytes(packed)
        assert ports(path) == PORTS


@pytest.mark.parametrize("ending", PACKERS)
def test_what_can_be_read_of_a_cut_stream_is_read_and_the_loss_is_reported(tmp_path: Path, ending: str) -> None:
    path, content = tmp_path / f"x.pcap.{ending}", cap.pcap(TALK)
    whole = PACKERS[ending](content[:100]) + PACKERS[ending](content[100:])
    path.write_bytes(whole[:-6])
    result = run("flows", path)
    assert result.exit_code == 0
    assert list(read_table(io.StringIO(result.stdout))["orig_p"]) == PORTS[: result.stdout.count("\n") - 1]
    assert result.stdout.count("\n") >= 2
    assert "stream is cut short at octet" in result.stderr


def test_a_damaged_gzip_member_loses_little(tmp_path: Path) -> None:
    """A wrong checksum at its end loses no frame."""
    packed = bytearray(gzip.compress(cap.pcap(TALK)))
    packed[-6] ^= 0xFF
    path = tmp_path / "x.pcap.gz"
    path.write_bytes(bytes(packed))
    result = run("flows", path)
    assert "the gzip stream is damaged at octet" in result.stderr
    assert list(read_table(io.StringIO(result.stdout))["orig_p"]) == PORTS


def test_parallel_zstd_begins_with_a_frame_that_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap.zst"
    path.write_bytes(b"\x50\x2a\x4d\x18\4\0\0\0size" + zstandard.compress(cap.pcap(TALK)))
    assert ports(path) == PORTS


@pytest.mark.parametrize("ending", ["", *PACKERS])
def test_a_pipe_that_is_written_octet_by_octet(tmp_path: Path, ending: str) -> None:
    pipe = tmp_path / "pipe"
    make_fifo(pipe)
    content = PACKERS[ending](cap.pcap(TALK)) if ending else cap.pcap(TALK)

    def write() -> None:
        with pipe.open("wb", buffering=0) as file:
            for octet in content:
                file.write(bytes((octet,)))

    threading.Thread(target=write, daemon=True).start()
    code = "from analyzer.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "flows", str(pipe)], cwd=ROOT, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert list(read_table(io.StringIO(done.stdout))["orig_p"]) == PORTS


# Other formats


ERF = b"".join(struct.pack("<QBBHHH", (1_700_000_000 + n) << 32, 2, 4, 0x4000, 0, 0x3000) + bytes(48) for n in range(4))
TAR = bytes(257) + b"ustar\0" + bytes(300)
OTHERS = {
    "x.snoop": (b"snoop\0\0\0\0\0\0\2\0\0\0\4", "a snoop capture", "tshark -r"),
    "y.cap": (b"GMBU\0\2", "Network Monitor 2", "tshark -r"),
    "x.cap": (b"RTSS\1\1", "Network Monitor 1", "tshark -r"),
    "x.iptrace": (b"iptrace 2.0\0\0", "iptrace", "tshark -r"),
    "one.trc": (b"iptrace 1.0\0\0", "iptrace", "tshark -r"),
    "x.etl": (b"\0\0\1\0" + bytes(60), "Windows event trace", "etl2pcapng"),
    "x.erf": (ERF, "an ERF capture", "tshark -r"),
    "nameless": (ERF, "an ERF capture", "tshark -r"),
    "x.zip": (b"PK\3\4" + bytes(40), "a zip archive", "unzip"),
    "x.7z": (b"7z\xbc\xaf\x27\x1c" + bytes(40), "a 7z archive", "7z x"),
    "x.tar": (TAR, "a tar archive", "tar -xf"),
    "x.tar.gz": (gzip.compress(TAR), "a tar archive", "tar -xf"),
    "x.pcap.Z": (b"\x1f\x9d\x90" + bytes(40), "compress", "uncompress"),
    "x.json": (b'[\n  {"_index": "packets"}]', "a text file: JSON", "give the capture"),
    "x.csv": (b'"No.","Time","CaptureSource"\n', "a packet list", "as pcapng"),
    "x.pdml": (b"<?xml version='1.0'?><pdml>", "XML", "give the capture"),
    "x.txt": (b"0000  ff ff ff ff ff ff 02 00  00 00 00 0a 08 00\n", "a hex dump", "text2pcap"),
    "y.txt": (b"09:00:01.000000 IP 10.0.0.1.53 > 10.0.0.2.53: UDP\n", "tcpdump printed", "tcpdump -w"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_formats_are_refused_by_name_with_the_remedy(tmp_path: Path, name: str) -> None:
    content, called, remedy = OTHERS[name]
    path = tmp_path / name
    path.write_bytes(content)
    result = run("flows", path)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.count("\n") == 1
    assert called in result.stderr
    assert remedy in result.stderr


def test_the_command_that_converts_can_be_pasted(tmp_path: Path) -> None:
    path = tmp_path / "two words.snoop"
    path.write_bytes(b"snoop\0\0\0")
    assert f"tshark -r '{path}' -w '{path}'.pcapng" in run("flows", path).stderr


def test_the_command_for_windows_has_its_quotes(tmp_path: Path) -> None:
    path = tmp_path / "two words & more.etl"
    path.write_bytes(b"\0\0\1\0" + bytes(60))
    assert f'pktmon etl2pcap "{path}" --out "{path}.pcapng"' in run("flows", path).stderr
    odd = tmp_path / "100%.etl"
    odd.write_bytes(b"\0\0\1\0" + bytes(60))
    assert "pktmon etl2pcap FILE --out FILE.pcapng" in run("flows", odd).stderr


def test_a_capture_that_is_not_read_is_named_without_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    folder.mkdir()
    (folder / "good.pcap").write_bytes(cap.pcap(TALK))
    (folder / "other.snoop").write_bytes(b"snoop\0\0\0")
    (folder / "cut.pcap").write_bytes(cap.pcap(TALK)[:20])
    result = run("flows", folder)
    assert result.exit_code == 0
    assert "left out: cut.pcap: the file ends inside its own header" in result.stderr
    assert "left out: other.snoop: this is a snoop capture" in result.stderr
    assert str(tmp_path) not in result.stderr
    assert run("flows", folder, "--strict").exit_code == 3


def test_a_record_that_is_longer_than_it_was(tmp_path: Path) -> None:
    facts = cap.read(tmp_path, cap.pcap([Record(START, TALK[0].frame, 10), TALK[1]])).captures[0]
    assert (facts.frames, facts.overlong) == (2, 1)
