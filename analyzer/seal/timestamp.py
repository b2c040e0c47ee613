"""Checks the answer of a time-stamping authority (RFC 3161), without a network."""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import DocumentError, OutputError
from analyzer.seal.folder import read_small
from analyzer.seal.manifest import MOST_OCTETS, QUERY
from analyzer.seal.query import Query, read_query
from analyzer.text import clip

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

STATUS = ("granted", "granted with changes", "rejected", "waiting", "revocation warning", "revoked")
SHA256 = "2.16.840.1.101.3.4.2.1"


@dataclass(frozen=True)
class Stamp:
    """What an answer proves: the digest existed at ``time`` (ISO 8601, UTC), by the authority's ``policy``.
    ``problem``: why it proves nothing; then the rest is what it says of itself."""

    time: str = ""
    policy: str = ""
    problem: str = ""


def check_answer(place: str, digest: bytes, answer: Path, roots: Path) -> Stamp:
    """Check an answer for the manifest of a folder. ``digest``: its SHA-256. ``roots``: PEM with the certificates of
    the authority's root, and those between, which the reader trusts.

    Raises:
        OutputError: rfc3161-client is not installed.
        DocumentError: a file is missing or is no such file.
    """
    if find_spec("rfc3161_client") is None:
        raise OutputError("A time stamp is checked by the package rfc3161-client: install dpm-analyzer[seal]")
    query = read_query(read_small(Path(place) / QUERY), str(Path(place) / QUERY))
    response = read_answer(answer)
    trusted = read_roots(roots)
    if problem := problem_of_answer(response, query, digest):
        return Stamp(problem=problem)
    return verified(response, query, trusted)


def read_answer(path: Path) -> "TimeStampResponse":
    from rfc3161_client import decode_timestamp_response  # noqa: PLC0415 - belongs to the extra

    octets = read_small(path)
    try:
        if len(octets) > MOST_OCTETS:
            raise ValueError
        return decode_timestamp_response(octets)
    except ValueError:
        raise DocumentError(f"{path}: this is no answer to a time-stamp query (RFC 3161, DER)") from None


def read_roots(path: Path) -> "list[Certificate]":
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415 - belongs to the extra

    try:
        return load_pem_x509_certificates(read_small(path))
    except ValueError:
        raise DocumentError(f"{path}: this is no PEM file with certificates") from None


def problem_of_answer(response: "TimeStampResponse", query: Query, digest: bytes) -> str:
    """What is wrong with what the answer says, before its signature is looked at."""
    if response.status != 0:
        word = STATUS[response.status] if response.status < len(STATUS) else f"status {response.status}"
        said = clip("; ".join(response.status_string), 200)
        return f"the authority did not grant it: {word}{f' ({said})' if said else ''}"
    info = response.tst_info
    if info.message_imprint.hash_algorithm.dotted_string != SHA256 or info.message_imprint.message != query.digest:
        return "it is for another digest than the query's"
    if query.digest != digest:
        return "it is for another state of the folder: the manifest has changed since the query was made"
    if info.nonce != query.nonce:
        return "its nonce is not the query's: it answers another query"
    return ""


def verified(response: "TimeStampResponse", query: Query, trusted: "list[Certificate]") -> Stamp:
    """The stamp, if its signature leads to a trusted root."""
    from rfc3161_client import VerificationError, VerifierBuilder  # noqa: PLC0415 - belongs to the extra

    time, policy = moment_of(response), response.tst_info.policy.dotted_string
    builder = VerifierBuilder(nonce=query.nonce)
    for certificate in trusted:
        builder = builder.add_root_certificate(certificate)
    try:
        builder.build().verify(response, query.digest)
    except (VerificationError, ValueError) as error:
        return Stamp(time, policy, f"its signature does not lead to a given root at that time: {clip(str(error), 200)}")
    return Stamp(time, policy)


def moment_of(response: "TimeStampResponse") -> str:
    """When it was stamped, ISO 8601 in UTC."""
    found: datetime = response.tst_info.gen_time
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
