"""Damaged files and hostile files: a result or a sentence, never a traceback."""

import bz2
import gzip
import io
import json
import lzma
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import IO, Any

import lz4.frame
import pytest
import zstandard
from click.testing import Result

from analyzer.text import visible
from tests import capfile as cap
from tests.capfile import SECOND, START, Ends, Record, datagram, ether_of, ip4, udp
from tests.dissect.test_dissect import hello
from tests.extract.test_extract import packets
from tests.packets import Host, Wire
from tests.program import ROOT, read_table, run
from tests.reports import HOSTILE
from tests.systems import WINDOWS, in_a_name, limits

if sys.platform != "win32":
    import resource

MADE = ROOT / "sample_pcaps" / "made"
SCRIPT = ROOT / "analyzer" / "render" / "templates" / "script.js"
TALK = [datagram(Ends(orig_p=20_000 + number, resp_p=53), b"", START + number * SECOND) for number in range(2)]
NEVER_RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Control and bidirectional characters, line feeds and tabs excepted."""


def ports(result: Result) -> list[str]:
    return list(read_table(io.StringIO(result.stdout))["orig_p"])


def only_sentences(result: Result) -> bool:
    return (
        result.exit_code in (0, 3)
        and "Traceback" not in result.output
        and bool(result.exit_code) <= bool(result.stderr)
    )


# Cut off anywhere

PCAP_ENDS = [24 + number * (16 + 42) for number in range(3)]
PCAPNG_ENDS = [28, *(48 + number * (32 + 44) for number in range(3))]


@pytest.mark.parametrize("ng", [False, True], ids=["pcap", "pcapng"])
def test_a_capture_cut_anywhere_is_read_up_to_the_cut(tmp_path: Path, ng: bool) -> None:
    content = (cap.pcapng if ng else cap.pcap)(TALK)
    whole = PCAPNG_ENDS if ng else PCAP_ENDS
    assert len(content) == whole[-1]
    path = tmp_path / "cut.pcap"
    for length in range(len(content) + 1):
        path.write_bytes(content[:length])
        result = run("flows", path)
        if length < whole[0]:  # its own header is not there: nothing could be read at all
            assert (result.exit_code, result.stdout) == (3, ""), length
            assert ("inside its own header" in result.stderr) == (length >= 4), length
            continue
        assert result.exit_code == 0, length
        frames = sum(length >= end for end in whole[2 if ng else 1 :])
        assert ports(result) == [str(20_000 + number) for number in range(frames)], length
        assert bool(result.stderr) == (length not in whole), length
        if length not in whole:
            assert result.stderr.startswith("cut.pcap: "), length
            assert result.stderr.count("\n") == 1, length


def variants(content: bytes, count: int, seed: int) -> Iterator[bytes]:
    """The content with a few octets changed, taken out, put in or doubled; the same ones every time."""
    chance = random.Random(seed)
    for _ in range(count):
        changed = bytearray(content)
        for _ in range(chance.choice((1, 1, 2, 5, 20))):
            at = chance.randrange(4, len(changed))
            size = chance.choice((1, 2, 4, 4, 16))
            kind = chance.randrange(4)
            if kind == 0:
                changed[at : at + size] = chance.choice((b"\0", b"\xff", b"\x7f", chance.randbytes(1))) * size
            elif kind == 1:
                del changed[at : at + size]
            elif kind == 2:
                changed[at:at] = chance.randbytes(size)
            else:
                changed[at:at] = changed[at : at + 64]
            if len(changed) <= 5:
                break
        yield bytes(changed)


@pytest.mark.parametrize("number", range(6))
def test_hundreds_of_damaged_captures_are_read_or_refused(tmp_path: Path, number: int) -> None:
    sample = ("boot_relayed.pcap", "link_qinq.pcap", "link_sll2.pcap", "ipv6.pcap", "two_interfaces.pcapng",
              "link_null.pcap")[number]  # fmt: skip
    path = tmp_path / sample
    for changed in variants((MADE / sample).read_bytes(), 60, number):
        path.write_bytes(changed)
        assert only_sentences(run("flows", path))


@pytest.mark.parametrize("number", range(3))
def test_damaged_captures_are_judged_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Up to the tables, without charts: drawing takes longer than everything else."""
    from analyzer.render import files_of  # noqa: PLC0415

    made = ("csv", "md", "json", "parquet")
    monkeypatch.setattr(
        "analyzer.render.everything",
        lambda report, *_rest: [file for name in made for file in files_of(name, report).items()],
    )
    sample = ("boot_complete.pcap", "boot_tftp_error.pcap", "two_interfaces.pcapng")[number]
    path = tmp_path / sample
    for changed in variants((MADE / sample).read_bytes(), 10, 100 + number):
        path.write_bytes(changed)
        result = run("analyze", path, "--no-dissect", "--out", tmp_path / "out", "--force")
        assert result.exit_code in (0, 1, 4)
        accounted = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
        assert "do not agree" not in accounted


# Compressed


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_damaged_compressed_capture_gives_what_came_before_the_damage(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    content = cap.pcap(
        datagram(Ends(orig_p=20_000 + n, resp_p=53), bytes(random.Random(n).randbytes(40))) for n in range(60)
    )
    packed, path = pack(content), tmp_path / "packed.cap"
    wanted = [str(20_000 + number) for number in range(60)]
    for length in range(4, len(packed), 97):
        for damaged in (packed[:length], packed[:length] + b"\0\xff" * 8 + packed[length + 16 :]):
            path.write_bytes(damaged)
            result = run("flows", path)
            assert only_sentences(result)
            if result.exit_code == 0 and damaged == packed[:length]:
                read = ports(result)
                assert read == wanted[: len(read)]
                assert result.stderr
    path.write_bytes(packed + pack(b""))
    assert ports(run("flows", path)) == wanted


@pytest.mark.parametrize(
    "head", [b"\x1f\x8b", b"\x1f\x8b\x08\0" + bytes(6), b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfd\0"]
)
def test_a_compressed_file_of_nothing_is_no_capture(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "x.pcap.gz"
    path.write_bytes(head)
    result = run("flows", path)
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1


PEAK = """
import resource, sys
from analyzer.cli import main
try:
    main(["flows", sys.argv[1]])
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def peak(path: Path) -> int:
    """Kilobytes that ``flows`` of a capture took at most."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(path)], cwd=ROOT, capture_output=True, text=True, check=True,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},  # the compiler's own memory is not what is measured
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30)),
    )  # fmt: skip
    return int(done.stderr.splitlines()[-1])


@limits
@pytest.mark.parametrize(
    "pack",
    [partial(gzip.open, compresslevel=1), bz2.open, partial(lzma.open, preset=0), zstandard.open, lz4.frame.open],
    ids=["gzip", "bzip2", "xz", "zstd", "lz4"],
)
def test_a_bomb_of_a_quarter_million_octets_does_not_go_off(tmp_path: Path, pack: Callable[..., IO[bytes]]) -> None:
    """A quarter of a gigabyte, packed a thousand times smaller, in large frames: memory is that of a small capture."""
    frame = cap.pcap_record(Record(START, ether_of(ip4("10.0.0.1", "10.0.0.2", 47, bytes(60_000)))))
    bomb, small = tmp_path / "bomb.pcap.packed", tmp_path / "small.pcap"
    with pack(bomb, "wb") as file:
        file.write(cap.pcap_header())
        for _ in range(40):
            file.write(frame * 110)
    small.write_bytes(cap.pcap(TALK))
    assert bomb.stat().st_size < 4 << 20
    assert peak(bomb) < peak(small) + 140_000  # a long capture loads numba


@limits
@pytest.mark.parametrize(
    "content",
    [
        cap.section() + cap.block(0xBAD, bytes(8), length=0xFFFF_FFFC),
        cap.section() + cap.interface() + cap.block(6, bytes(40), length=0x07FF_FFFC),
        cap.pcap_header(249) + b"\xff\xff\xff\x07" * 4,
    ],
    ids=["4 GB block", "128 MB block", "128 MB record"],
)
def test_a_length_that_is_claimed_takes_no_memory(tmp_path: Path, content: bytes) -> None:
    claimed, small = tmp_path / "claimed.cap", tmp_path / "small.pcap"
    claimed.write_bytes(content)
    small.write_bytes(cap.pcap(TALK))
    assert peak(claimed) < peak(small) + 40_000


# Text that came with the capture


SITE = """\
version: 1
name: lab
dpm_server: {addresses: [192.168.0.1]}
dhcp: {servers: [192.168.0.1]}
managed_machines: [{name: pool, range: 192.168.0.20-192.168.0.250}]
"""


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def strings(part: Any) -> Iterator[str]:
    """Every text of a JSON document, names included."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from (key, *strings(value))
    elif isinstance(part, list):
        for value in part:
            yield from strings(value)
    elif isinstance(part, str):
        yield part


def assert_harmless(out: Path, result: Result) -> None:
    """No text of a capture has an effect in any output."""
    said = json.loads((out / "report.sarif").read_text(encoding="ascii"))
    assert not [text for text in strings(said) if NEVER_RAW.search(text)]
    assert not NEVER_RAW.search(result.stdout)
    assert not NEVER_RAW.search(result.stderr)
    texts = {path.name: path.read_bytes().decode() for path in sorted(out.glob("report.*"))}
    texts |= {path.name: path.read_bytes().decode() for path in sorted(out.glob("*.csv"))}
    texts |= {path.name: path.read_bytes().decode() for path in sorted(out.glob("charts/*.svg"))}
    assert len(texts) == 16
    assert not [name for name, text in texts.items() if NEVER_RAW.search(text)]
    page = Page(texts["report.html"])
    assert not {"img", "iframe", "object"} & {tag for tag, _ in page.elements}
    # Only the page's own script: it contains no text of a capture, and the policy allows no other.
    assert [attrs for tag, attrs in page.elements if tag == "script"] == [{}]
    assert f"<script>{SCRIPT.read_text(encoding='utf-8')}</script>" in texts["report.html"]
    assert texts["report.html"].count("<script") == 1
    assert not [attrs for _, attrs in page.elements if any(name.startswith("on") for name in attrs)]
    assert "<script" not in texts["report.md"]
    for table in out.glob("*.csv"):
        for column in read_table(table).to_dict("list").values():
            assert not [cell for cell in column if re.match(r"[=@+]|-\D", cell)]


def file_name(octets: bytes) -> str:
    """A name of a file, as far as the system takes it: POSIX takes octets, Windows letters."""
    return in_a_name(octets.decode(errors="replace") if WINDOWS else os.fsdecode(octets))


def test_names_of_captures_are_only_text(tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    folder.mkdir()
    texts = (text.replace("/", "\u2044").replace("\0", "") for text in HOSTILE if "\ud800" not in text)
    names = [text.encode() for text in texts]
    names += [
        b"\xff\xfe\x80 no text",
        b"\xed\xa0\x80 lone",
        b"two\nlines",
        b"-rf",
        b"[bold]markup",
        b"a" * (100 if WINDOWS else 240),
    ]
    files = list(dict.fromkeys(file_name(name + b".pcap") for name in names))
    assert len(files) == len(names) - WINDOWS  # which takes neither the tab nor the carriage return before =1+1
    for number, name in enumerate(files):
        content = cap.pcap([datagram(Ends(orig_p=20_000 + number, resp_p=53), at=START + number * SECOND)])
        if number % 3 == 0:
            content += b"damage"
        (folder / name).write_bytes(content)
    (folder / file_name(b"\x1b[31mnone\xff.pcap")).write_bytes(b"this is none")
    result = run("analyze", folder, "--no-dissect", "--out", tmp_path / "out")
    assert result.exit_code in (0, 1, 4)
    assert_harmless(tmp_path / "out", result)
    assert len(set(read_table(tmp_path / "out" / "flows.csv")["capture"])) == len(files)
    for kind in ("html", "md", "json", "csv", "parquet"):
        assert run("render", tmp_path / "out", "--format", kind).exit_code == 0


def test_text_in_payloads_is_only_text(tmp_path: Path) -> None:
    """Judged with a profile, and dissected where tshark is there: both read the payloads."""
    site = tmp_path / "site.yaml"
    site.write_text(SITE, encoding="utf-8")
    wire, server = Wire(), Host("192.168.0.1")
    for number, text in enumerate((*HOSTILE, "\x1b]0;title\x07", "%n%s", "../../etc/passwd", "a" * 5000, "")):
        client = Host(f"192.168.0.{number + 20}")
        octets = text.encode("utf-8", "surrogatepass")
        wire.lease(client, server, vendor=b"PXEClient" + octets[:100])
        request = udp(2070, 69, b"\0\1" + octets.replace(b"\0", b"") + b"\0octet\0blksize\0" + octets[:9] + b"\0")
        wire.put(client.mac, server.mac, cap.IP4, ip4(client.ip, server.ip, cap.UDP, request))
        wire.wait(1)
    wire.wait(30)
    wire.ping(server, Host("192.168.0.20"))
    path, out = tmp_path / "boots.pcap", tmp_path / "out"
    wire.save(path)
    result = run("analyze", path, "--site", site, "--out", out)
    assert result.exit_code in (0, 1, 4)
    boots = read_table(out / "boots.csv")
    assert sum("(no answer)" in files for files in boots["files"]) == len(HOSTILE) + 5
    assert "<script>alert(1)</script> (no answer)" in set(boots["files"])
    assert_harmless(out, result)


def hostile_site(texts: list[str]) -> dict[str, Any]:
    """A profile with such texts in every field that accepts free text."""
    return {
        "version": 1,
        "name": texts[0],
        "segments": [{"name": text, "cidr": f"10.{number}.0.0/24"} for number, text in enumerate(texts)],
        "dpm_server": {"addresses": ["192.168.0.1"]},
        "managed_machines": [
            {"name": text, "address": f"192.168.0.{number + 20}"} for number, text in enumerate(texts)
        ],
        "waivers": [
            {
                "orig": f"192.168.0.{number + 20}", "resp": "192.168.0.1", "service": "tcp/9999", "reason": text,
                "owner": text, "expires": "2030-01-01",
            }
            for number, text in enumerate(texts)
        ],
    }  # fmt: skip


def test_text_of_names_profiles_and_payloads_is_only_text_everywhere(tmp_path: Path) -> None:
    """A DHCP host name, a TFTP file, a TLS server, the capture, the profile: in each output, the terminal, ``explain``
    and the comments of an extracted capture."""
    texts = [text for text in HOSTILE if "\ud800" not in text]
    site = tmp_path / "site.yaml"
    site.write_text(json.dumps(hostile_site([visible(text) for text in texts])), encoding="utf-8")
    wire, server = Wire(), Host("192.168.0.1")
    for number, text in enumerate(texts):
        client, octets = Host(f"192.168.0.{number + 20}"), text.encode()
        wire.lease(client, server, options=[("hostname", octets)])
        asked = b"\0\1" + octets.replace(b"\0", b"") + b"\0octet\0"
        wire.udp(client, 2070, server, 69, asked)
        wire.segment(client, 40_000, server, 443, "PA", seq=1, ack=1, data=hello(name=octets))
        wire.segment(client, 40_001, server, 9999, "PA", seq=1, ack=1, data=b"x")
        wire.wait(1)
    folder, out = tmp_path / "captures", tmp_path / "out"
    folder.mkdir()
    wire.save(folder / in_a_name("=1+1 \x1b[31m<b>|`x`@all\u202e.pcap"))
    result = run("analyze", folder, "--site", site, "--out", out)
    assert result.exit_code == 1, result.stderr
    assert_harmless(out, result)
    flows = read_table(out / "flows.csv")
    assert {"unexpected", "waived"} <= set(flows["verdict"])
    words = [part for word in sorted(set(flows["verdict"])) for part in ("--verdict", word)]
    made = run("extract", out, folder, *words, "-o", "-")
    assert made.exit_code == 0, made.stderr
    assert not NEVER_RAW.search(made.stderr)
    comments = [packet.comment for packet in packets(made.stdout_bytes) if packet.comment]
    assert len(comments) == len(flows)
    assert not [text for text in (*comments, *(packet.name for packet in packets(made.stdout_bytes))) if
                not text.isprintable()]  # fmt: skip
    for flow in flows["flow"][::7]:
        assert not NEVER_RAW.search(run("explain", out, flow).output)


def test_a_name_cannot_break_out_of_a_line_of_flows(tmp_path: Path) -> None:
    path = tmp_path / in_a_name('a,"b"\n=1+1.pcap')
    path.write_bytes(cap.pcap(TALK))
    table = read_table(io.StringIO(run("flows", path).stdout))
    assert list(table["capture"]) == [path.name.replace("\n", "\\n")] * 2


def test_a_foreign_file_in_a_folder_is_named_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    (tmp_path / "good.pcap").write_bytes(cap.pcap(TALK))
    (tmp_path / "bad.pcap").write_text("no capture")
    (tmp_path / "notes.txt").write_text("nor is this")
    (tmp_path / "nameless").write_bytes(cap.pcapng(TALK))
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "better.pcap").write_bytes(cap.pcap(TALK))
    result = run("analyze", tmp_path, "--no-dissect", "--out", tmp_path / "out")
    assert result.exit_code in (0, 1, 4)
    report = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "bad.pcap: this looks like a text file" in report
    assert "notes.txt" not in report
    captures = report.partition("## Captures")[2].partition("##")[0]
    assert [line.split("|")[1].strip() for line in captures.splitlines()[4:] if line] == [
        "deep/er/better.pcap", "good.pcap", "nameless",
    ]  # fmt: skip
