"""TFTP messages, as octets. Sources: RFC 1350 (operations, errors), RFC 2347 and 2348 (options, block size)."""

from typing import NamedTuple

from analyzer import net

READ, WRITE, DATA, ACKNOWLEDGE, ERROR, OPTIONS = range(1, 7)
"""Operations."""

HEADER = 4

DEFAULT_BLOCK = 512


class Asked(NamedTuple):
    """A request: the file's name, mode and options as sent (text from the network), the block size asked for, and
    whether the file is to be written to the server."""

    file: str = ""
    block: int = DEFAULT_BLOCK
    mode: str = ""
    options: str = ""
    writes: bool = False


def read_request(data: bytes) -> Asked | None:
    """The request in a datagram to port 69; None for anything else."""
    if len(data) < HEADER or data[0] or data[1] not in (READ, WRITE):
        return None
    words = [word.decode("utf-8", "replace") for word in data[2:].split(b"\0")]
    options = dict(zip(words[2:-1:2], words[3:-1:2], strict=False))
    return Asked(
        file=words[0],
        block=block_size(options),
        mode=words[1].lower() if len(words) > 1 else "",
        options=", ".join(f"{key}={value}" for key, value in options.items()),
        writes=data[1] == WRITE,
    )


def block_size(options: dict[str, str]) -> int:
    """The block size that options state, else the one that holds without any."""
    size = next((value for key, value in options.items() if key.lower() == "blksize"), "")
    return int(size) if size.isascii() and size.isdigit() and len(size) <= 5 else DEFAULT_BLOCK


def error_name(code: int) -> str:
    return net.TFTP_ERRORS.get(code, f"code {code}")
