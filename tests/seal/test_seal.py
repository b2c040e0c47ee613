"""seal: changed, added and removed files are found, hostile manifests are refused, other tools read the seal."""

import os
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from analyzer.errors import DocumentError
from analyzer.report.folder import MARKER
from analyzer.seal.manifest import ANSWER, CAPTURES, MANIFEST, MOST_FILES, MOST_OCTETS, QUERY, octets_of, read_manifest
from analyzer.seal.query import NONCE_OCTETS, Query, read_query
from tests.program import ROOT, run
from tests.systems import make_fifo, make_link, needs_sha256sum

LAB = ROOT / "sample_pcaps" / "lab"
CAPTURE = LAB / "dirty_segB.pcap"
ZERO = "0" * 64


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("seal") / "report"
    assert run("analyze", CAPTURE, "--site", LAB / "site.yaml", "--no-dissect", "--out", out, "-q").exit_code == 1
    return out


@pytest.fixture
def report(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "report"))


@pytest.fixture
def sealed(report: Path) -> Path:
    assert run("seal", report).exit_code == 0
    return report


def checked(folder: Path, *words: str | Path) -> tuple[int, list[str]]:
    result = run("seal", "--check", folder, *words)
    return result.exit_code, result.stdout.splitlines()


# Sealing


def test_a_seal_has_every_file_and_the_captures(made: Path, sealed: Path) -> None:
    listed = read_manifest((sealed / MANIFEST).read_bytes(), "")
    before = {path.relative_to(made).as_posix(): path for path in made.rglob("*") if path.is_file()}
    assert {path: digest for path, digest in listed.items() if path != CAPTURES} == {
        name: sha256(path.read_bytes()).hexdigest() for name, path in before.items()
    }
    assert listed[CAPTURES] == sha256((sealed / CAPTURES).read_bytes()).hexdigest()
    digest = sha256(CAPTURE.read_bytes()).hexdigest()
    assert (sealed / CAPTURES).read_text(encoding="utf-8") == f"{digest}  {CAPTURE.name}\n"
    assert read_query((sealed / QUERY).read_bytes(), "").digest == sha256((sealed / MANIFEST).read_bytes()).digest()
    assert {path.relative_to(sealed).as_posix() for path in sealed.rglob("*") if path.is_file()} == {
        *before, MANIFEST, CAPTURES, QUERY,
    }  # fmt: skip


@needs_sha256sum
def test_other_tools_read_it(sealed: Path) -> None:
    for words, place in ((["--strict", MANIFEST], sealed), (["--strict", str(sealed / CAPTURES)], LAB)):
        done = subprocess.run(
            ["sha256sum", "--check", "--quiet", *words], cwd=place, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    if shutil.which("openssl"):
        shown = subprocess.run(
            ["openssl", "ts", "-query", "-in", str(sealed / QUERY), "-text"], capture_output=True, text=True, check=True
        )
        assert "Hash Algorithm: sha256" in shown.stdout
        assert "Certificate required: yes" in shown.stdout
        assert f"Nonce: 0x{read_query((sealed / QUERY).read_bytes(), '').nonce:016X}" in shown.stdout


def test_sealing_twice_changes_nothing(sealed: Path) -> None:
    before = {path: path.read_bytes() for path in sealed.rglob("*") if path.is_file()}
    result = run("seal", sealed)
    assert result.exit_code == 0
    assert "already sealed, and nothing changed" in result.stderr
    assert {path: path.read_bytes() for path in sealed.rglob("*") if path.is_file()} == before


def test_a_changed_folder_is_sealed_again_with_force_only(sealed: Path) -> None:
    query = (sealed / QUERY).read_bytes()
    (sealed / "notes.txt").write_text("mine")
    result = run("seal", sealed)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "notes.txt added" in result.stderr
    assert "--force" in result.stderr
    assert (sealed / QUERY).read_bytes() == query
    assert run("seal", sealed, "--force").exit_code == 0
    assert (sealed / QUERY).read_bytes() != query
    assert checked(sealed) == (0, [])


def test_the_seal_of_an_answer_is_not_replaced(sealed: Path) -> None:
    (sealed / ANSWER).write_bytes(b"answer")
    assert run("seal", sealed).exit_code == 0
    (sealed / "report.md").write_text("other")
    before = (sealed / MANIFEST).read_bytes()
    result = run("seal", sealed, "--force")
    assert result.exit_code == 2
    assert f"{ANSWER} proves the earlier state" in result.stderr
    assert (sealed / MANIFEST).read_bytes() == before


def test_an_interrupted_seal_is_made_again(sealed: Path) -> None:
    (sealed / QUERY).write_bytes(Query(bytes(32), 1 << 62).octets)
    assert run("seal", sealed).exit_code == 0
    assert read_query((sealed / QUERY).read_bytes(), "").digest == sha256((sealed / MANIFEST).read_bytes()).digest()


def test_files_that_the_report_did_not_write_so_are_named(report: Path) -> None:
    (report / "report.md").write_text("edited")
    result = run("seal", report)
    assert result.exit_code == 0
    assert "report.md: sealed as it is now; the report wrote another one" in result.stderr


def test_what_cannot_be_sealed(report: Path, tmp_path: Path) -> None:
    assert run("seal", tmp_path / "none").exit_code == 2
    (report / MARKER).write_text("")
    assert run("seal", report).exit_code == 2
    (report / MARKER).unlink()
    make_link(report / "link", tmp_path)
    result = run("seal", report)
    assert result.exit_code == 2
    assert "a link or a special file cannot be sealed" in result.stderr
    (report / "link").unlink()
    (report / "a\nb").write_text("")
    assert run("seal", report).exit_code == 2
    (report / "a\nb").unlink()
    make_fifo(report / "pipe")
    assert run("seal", report).exit_code == 2
    (report / "pipe").unlink()
    assert not (report / "seal").exists()
    make_link(report / "seal", tmp_path)
    result = run("seal", report)
    assert result.exit_code == 2
    assert not (tmp_path / "manifest.sha256").exists()


# Checking


def test_nothing_changed(sealed: Path) -> None:
    result = run("seal", "--check", sealed, LAB)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "1 capture: everything is as it was sealed" in result.stderr


def test_every_changed_octet_is_found(sealed: Path) -> None:
    for path in sorted(path for path in sealed.rglob("*") if path.is_file()):
        name = path.relative_to(sealed).as_posix()
        if name in (MANIFEST, QUERY):
            continue
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes((before[-1] ^ 1,)))
        code, lines = checked(sealed)
        assert code == 1
        assert [line.partition(" (")[0] for line in lines] == [f"changed: {name}"]
        path.write_bytes(before)
    assert checked(sealed) == (0, [])


def test_added_and_removed_files_are_found(sealed: Path) -> None:
    (sealed / "seal" / "more").write_text("")
    (sealed / "charts" / "new.svg").write_text("")
    (sealed / "report.md").unlink()
    assert checked(sealed) == (1, ["added: charts/new.svg", "removed: report.md", "added: seal/more"])


def test_a_line_taken_out_of_the_manifest_is_found(sealed: Path) -> None:
    lines = (sealed / MANIFEST).read_text(encoding="utf-8").splitlines(keepends=True)
    (sealed / MANIFEST).write_bytes("".join(lines[1:]).encode())
    code, found = checked(sealed)
    assert (code, found[0]) == (1, f"added: {lines[0].split()[1]}")
    assert [line.partition(" (")[0] for line in found[1:]] == [f"changed: {QUERY}"]


def test_every_changed_octet_of_the_query_but_the_nonce_is_found(sealed: Path) -> None:
    before = (sealed / QUERY).read_bytes()
    number = before[-3 - NONCE_OCTETS : -3]
    assert int.from_bytes(number, "big") == read_query(before, "").nonce
    for place in [*range(len(before) - 3 - NONCE_OCTETS), *range(len(before) - 3, len(before))]:
        (sealed / QUERY).write_bytes(before[:place] + bytes((before[place] ^ 1,)) + before[place + 1 :])
        code, lines = checked(sealed)
        assert (code, [line.partition(" (")[0] for line in lines]) == (1, [f"changed: {QUERY}"]), place
    (sealed / QUERY).unlink()
    assert checked(sealed) == (1, [f"removed: {QUERY}"])


def test_a_link_in_a_sealed_folder_is_refused(sealed: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes((sealed / "report.md").read_bytes())
    (sealed / "report.md").unlink()
    make_link(sealed / "report.md", tmp_path / "copy")
    assert checked(sealed)[0] == 2


def test_captures_are_compared(sealed: Path, tmp_path: Path) -> None:
    other = tmp_path / "captures"
    other.mkdir()
    code, lines = checked(sealed, other)
    assert (code, [line.partition(" (")[0] for line in lines]) == (3, [f"not found: {CAPTURE.name}"])
    (other / "renamed.pcap").write_bytes(CAPTURE.read_bytes())
    assert checked(sealed, other) == (0, [])
    (other / "renamed.pcap").unlink()
    (other / CAPTURE.name).write_bytes(CAPTURE.read_bytes()[:-1] + b"\0")
    code, lines = checked(sealed, other)
    assert (code, [line.partition(" (")[0] for line in lines]) == (1, [f"changed: {CAPTURE.name}"])
    stranger = tmp_path / "stranger.pcap"
    stranger.write_bytes(b"x")
    code, lines = checked(sealed, CAPTURE, stranger)
    assert (code, lines) == (1, [f"added: {stranger} (no capture of this seal)"])


def test_without_a_seal(report: Path) -> None:
    result = run("seal", "--check", report)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "seal it first" in result.stderr


@pytest.mark.parametrize(
    "words",
    [("--tsr", "a"), ("--roots", "a"), ("--check", "--tsr", "a"), ("--check", "--force"), (CAPTURE,)],
)
def test_options_that_do_not_fit(sealed: Path, words: tuple[str | Path, ...]) -> None:
    result = run("seal", sealed, *words)
    assert (result.exit_code, result.stdout) == (2, "")


# Hostile manifests


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "../secret", "a/../../b", "./a", "a//b", "a/", "~/x", "C:/x", "a\\b", "a\x1b[31m", "a\u202eb"),
        *("x" * 2000, "seal/manifest.sha256", "seal/manifest.tsr", "a/..", "\ta"),
    ],
)
def test_paths_that_a_manifest_cannot_have(path: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_manifest(f"{ZERO}  {path}\n".encode(), "m")
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\n", b"x", f"{ZERO}  a".encode(), f"{ZERO} a\n".encode(), f"{ZERO.replace('0', 'G')}  a\n".encode()),
        *(f"{ZERO}  a\n{ZERO}  a\n".encode(), f"{'1' * 64}  a\n{ZERO}  a\n".encode(), f"\\{ZERO}  a\\nb\n".encode()),
        *(f"{ZERO}  a\r\n".encode(), b"\xff" * 70 + b"\n", b"a" * (MOST_OCTETS + 1), f"{ZERO}  \n".encode()),
        b"".join(f"{ZERO}  {number}\n".encode() for number in range(MOST_FILES + 1)),
    ],
    ids=range(14),
)
def test_what_is_no_manifest(content: bytes) -> None:
    with pytest.raises(DocumentError):
        read_manifest(content, "m")


@pytest.mark.parametrize("path", ["../outside", "/outside", "link"])
def test_a_hostile_manifest_reads_nothing_outside(sealed: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real: Callable[..., int] = os.open

    def watched(name: str | Path, *more: int) -> int:
        opened.append(os.path.realpath(name))
        return real(name, *more)

    monkeypatch.setattr("analyzer.seal.folder.os.open", watched)
    (sealed.parent / "outside").write_text("secret")
    lines = (sealed / MANIFEST).read_text(encoding="utf-8")
    (sealed / MANIFEST).write_bytes(f"{lines}{ZERO}  {path}\n".encode())
    assert checked(sealed)[0] == (1 if path == "link" else 2)
    assert opened
    assert all(sealed.resolve() in Path(name).parents for name in opened)


def test_the_manifest_itself_is_no_link(sealed: Path, tmp_path: Path) -> None:
    (sealed / MANIFEST).rename(tmp_path / "manifest")
    make_link(sealed / MANIFEST, tmp_path / "manifest")
    assert checked(sealed)[0] == 2


def test_order_of_a_manifest_and_what_is_read_back() -> None:
    sums = {"b": ZERO, "a/日本語.svg": "1" * 64, "a b": "2" * 64}
    content = octets_of(sums)
    assert read_manifest(content, "m") == sums
    assert content.splitlines() == sorted(content.splitlines(), key=lambda line: line[66:])


# The query


@pytest.mark.parametrize("nonce", [1, 127, 128, 255, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_a_query_is_read_back(nonce: int) -> None:
    query = Query(bytes(range(32)), nonce)
    assert read_query(query.octets, "") == query


def test_a_damaged_query_is_refused() -> None:
    octets = Query(bytes(range(32)), (1 << 62) + 5).octets
    for place in (*range(24), 56, 57, *range(66, len(octets))):
        with pytest.raises(DocumentError):
            read_query(octets[:place] + bytes((octets[place] ^ 0xFF,)) + octets[place + 1 :], "q")
    for other in (b"", octets[:-1], octets + b"\0", b"\x30\x80" + octets[2:]):
        with pytest.raises(DocumentError):
            read_query(other, "q")
