"""A time-stamp query (RFC 3161, section 2.4.1) for the SHA-256 of a file, as DER.

Of all that a query may have, it has the digest, a nonce and the wish for the certificate.
"""

import re
from dataclasses import dataclass

from analyzer.errors import DocumentError

_SHA256 = bytes.fromhex("300d06096086480165030402010500")
"""AlgorithmIdentifier: SHA-256 with the parameters NULL."""
_VERSION, _CERTIFICATE_WANTED = bytes.fromhex("020101"), bytes.fromhex("0101ff")
NONCE_OCTETS = 8
_FORM = re.compile(
    rb"\x30.\x02\x01\x01\x30\x31" + re.escape(_SHA256) + rb"\x04\x20(?P<digest>.{32})"
    rb"\x02(?P<length>[\x01-\x09])(?P<nonce>.{1,9})\x01\x01\xff",
    re.DOTALL,
)


@dataclass(frozen=True)
class Query:
    """``digest``: the SHA-256 that is time-stamped; ``nonce``: a number that the answer has to repeat."""

    digest: bytes
    nonce: int

    @property
    def octets(self) -> bytes:
        """The query as DER."""
        imprint = _element(0x30, _SHA256 + _element(0x04, self.digest))
        # One bit more than the number: the first bit of an INTEGER is its sign.
        number = self.nonce.to_bytes(self.nonce.bit_length() // 8 + 1, "big")
        return _element(0x30, _VERSION + imprint + _element(0x02, number) + _CERTIFICATE_WANTED)


def _element(tag: int, content: bytes) -> bytes:
    assert len(content) < 128  # one octet has its length
    return bytes((tag, len(content))) + content


def read_query(octets: bytes, name: str) -> Query:
    """The query that this program wrote. ``name``: its path, for messages.

    Raises:
        DocumentError: it is another one.
    """
    found = _FORM.fullmatch(octets)
    if found and found["length"][0] == len(found["nonce"]):
        query = Query(found["digest"], int.from_bytes(found["nonce"], "big"))
        if query.octets == octets:
            return query
    raise DocumentError(f"{name}: this is no time-stamp query of this program: restore it, or seal again")
