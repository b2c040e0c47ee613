"""Pipes that poll(2) waits for."""

import asyncio
import fcntl
import os
import select
import stat
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

assert sys.platform != "win32"

READING_IS_INTERRUPTED = True
"""Whether an interruption (Ctrl-C) ends a thread's waiting for octets of a pipe."""
_ROOM = 1 << 20


def wait_for(stream: BinaryIO) -> Callable[[int], object] | None:
    """What waits so many milliseconds for a stream that may keep its reader waiting, as a pipe does, and returns
    whether there is something to read, or the end; None for any other stream."""
    try:
        if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            return None
        poll = select.poll()
        poll.register(stream, select.POLLIN)
    except (OSError, AttributeError):
        return None
    return poll.poll


def widen(stream: BinaryIO) -> BinaryIO:
    """The same stream; a pipe with room for more, where the system allows that: the writer goes on meanwhile."""
    try:
        if stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode):
            fcntl.fcntl(stream.fileno(), fcntl.F_SETPIPE_SZ, _ROOM)
    except (OSError, AttributeError):
        pass  # no pipe, or one that stays as it is
    return stream


def event_loop() -> asyncio.AbstractEventLoop:
    """An event loop for ``stream_of``."""
    return asyncio.new_event_loop()


async def stream_of(pipe: Any) -> tuple[asyncio.StreamReader, asyncio.BaseTransport]:
    """The output of a process as a stream of the running loop, and the transport to close at the end."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
    return reader, transport
