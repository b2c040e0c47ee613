"""Answers of a time-stamping authority, which `openssl ts` plays here: only the right one is accepted."""

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from analyzer.seal import timestamp
from analyzer.seal.manifest import ANSWER, MANIFEST, QUERY
from analyzer.seal.query import Query, read_query
from tests.program import ROOT, run

pytest.importorskip("rfc3161_client", reason="rfc3161-client is not installed: pip install 'dpm-analyzer[seal]'")
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if shutil.which("openssl") is None:
    pytest.skip("openssl is not on PATH, which makes the answers", allow_module_level=True)

SETTINGS = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = {digests}
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""
NOW = datetime.now(UTC)


@dataclass
class Authority:
    """A certificate authority and a time-stamping authority below it, in a folder."""

    folder: Path
    until: datetime = NOW + timedelta(days=30)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"root {self.folder.name}")])
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "time stamps")])

        def certificate(subject: x509.Name, public: Any, until: datetime, more: x509.ExtensionType) -> x509.Certificate:
            return (
                x509.CertificateBuilder()
                .subject_name(subject)
                .issuer_name(root_name)
                .public_key(public)
                .serial_number(x509.random_serial_number())
                .not_valid_before(NOW - timedelta(days=60))
                .not_valid_after(until)
                .add_extension(more, critical=True)
                .sign(root_key, hashes.SHA256())
            )

        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        root = certificate(
            root_name, root_key.public_key(), NOW + timedelta(days=90), x509.BasicConstraints(ca=True, path_length=None)
        )
        signer = certificate(name, key.public_key(), self.until, usage)
        pem = serialization.Encoding.PEM
        self.roots.write_bytes(root.public_bytes(pem))
        (self.folder / "signer.pem").write_bytes(signer.public_bytes(pem))
        secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (self.folder / "signer.key").write_bytes(secret)
        (self.folder / "serial").write_text("01\n")

    @property
    def roots(self) -> Path:
        return self.folder / "root.pem"

    def answer(self, query: bytes, digests: str = "sha256") -> Path:
        asked, answered, settings = (self.folder / name for name in ("asked.tsq", "answered.tsr", "settings"))
        asked.write_bytes(query)
        settings.write_text(SETTINGS.format(folder=self.folder, digests=digests), encoding="utf-8")
        words = {"queryfile": asked, "config": settings, "signer": self.folder / "signer.pem", "out": answered}
        words |= {"inkey": self.folder / "signer.key"}
        given = [word for name, value in words.items() for word in (f"-{name}", str(value))]
        subprocess.run(["openssl", "ts", "-reply", *given], check=True, capture_output=True)
        return answered


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("stamp") / "report"
    capture = ROOT / "sample_pcaps" / "made" / "boot_complete.pcap"
    assert run("analyze", capture, "--no-dissect", "--out", out, "-q").exit_code in (0, 1)
    assert run("seal", out).exit_code == 0
    return out


@pytest.fixture
def sealed(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "report"))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


def check(folder: Path, answer: Path, roots: Path) -> tuple[int, str]:
    result = run("seal", "--check", folder, "--tsr", answer, "--roots", roots)
    return result.exit_code, result.stdout


def test_the_right_answer(sealed: Path, authority: Authority) -> None:
    answer = authority.answer((sealed / QUERY).read_bytes())
    code, shown = check(sealed, answer, authority.roots)
    assert code == 0
    assert shown.startswith(f"time stamp: {NOW.year}-")
    assert shown.endswith("Z, policy 1.2.3.4.1\n")
    # In its place in the folder it is no added file.
    shutil.copy(answer, sealed / ANSWER)
    assert check(sealed, sealed / ANSWER, authority.roots) == (0, shown)
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-data", sealed / MANIFEST, "-in", answer, "-CAfile", authority.roots],
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0


def test_answers_that_are_refused(sealed: Path, authority: Authority, tmp_path: Path) -> None:
    query = read_query((sealed / QUERY).read_bytes(), "")
    other = Authority(tmp_path / "other")
    expired = Authority(tmp_path / "expired", NOW - timedelta(days=10))

    def said(answer: Path, roots: Path) -> str:
        code, shown = check(sealed, answer, roots)
        assert code == 1
        assert shown.startswith("time stamp refused: ")
        return shown

    assert "another query" in said(authority.answer(Query(query.digest, query.nonce ^ 1).octets), authority.roots)
    assert "another digest" in said(authority.answer(Query(bytes(32), query.nonce).octets), authority.roots)
    right = authority.answer(query.octets)
    assert "does not lead to a given root" in said(right, other.roots)
    assert "does not lead to a given root" in said(expired.answer(query.octets), expired.roots)
    octets = right.read_bytes()
    right.write_bytes(octets[:-4] + bytes(one ^ 1 for one in octets[-4:]))
    assert "does not lead to a given root" in said(right, authority.roots)
    assert "did not grant it: rejected" in said(authority.answer(query.octets, "sha512"), authority.roots)


def test_a_changed_manifest_has_no_time_stamp(sealed: Path, authority: Authority) -> None:
    answer = authority.answer((sealed / QUERY).read_bytes())
    (sealed / "more").write_text("")
    lines = (sealed / MANIFEST).read_text(encoding="utf-8")
    (sealed / MANIFEST).write_text(f"{lines}{sha256(b'').hexdigest()}  more\n", encoding="utf-8")
    code, shown = check(sealed, answer, authority.roots)
    assert code == 1
    assert "another state of the folder" in shown


@pytest.mark.parametrize("content", [b"", b"text", b"\x30\x03\x02\x01\x00", b"\x30\x84\xff\xff\xff\xff"])
def test_what_is_no_answer(sealed: Path, authority: Authority, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "answer").write_bytes(content)
    code, shown = check(sealed, tmp_path / "answer", authority.roots)
    assert "time stamp:" not in shown
    assert code in (1, 2)


def test_what_are_no_roots(sealed: Path, authority: Authority, tmp_path: Path) -> None:
    answer = authority.answer((sealed / QUERY).read_bytes())
    for content in (b"", b"text", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        (tmp_path / "roots").write_bytes(content)
        assert check(sealed, answer, tmp_path / "roots") == (2, "")
    assert check(sealed, answer, tmp_path / "none") == (2, "")
    assert check(sealed, tmp_path / "none", authority.roots) == (2, "")


def test_without_the_extra(sealed: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamp, "find_spec", lambda _: None)
    answer = authority.answer((sealed / QUERY).read_bytes())
    result = run("seal", "--check", sealed, "--tsr", answer, "--roots", authority.roots)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "dpm-analyzer[seal]" in result.stderr
    assert run("seal", "--check", sealed).exit_code == 0
