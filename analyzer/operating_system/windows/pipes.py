"""Pipes that are asked again and again whether they hold octets: Windows waits for no anonymous pipe."""

import asyncio
import msvcrt
import os
import sys
import time
from collections.abc import Callable
from ctypes import byref, wintypes
from threading import Event, Thread
from typing import Any, BinaryIO

from analyzer.operating_system.windows import api

assert sys.platform == "win32"

READING_IS_INTERRUPTED = False
"""Whether an interruption (Ctrl-C) ends a thread's waiting for octets of a pipe."""
_PAUSE = 0.005
_PIECE = 1 << 16


def wait_for(stream: BinaryIO) -> Callable[[int], object] | None:
    """What waits so many milliseconds for a stream that may keep its reader waiting, as a pipe does, and returns
    whether there is something to read, or the end; None for any other stream."""
    try:
        handle = msvcrt.get_osfhandle(stream.fileno())
    except (OSError, AttributeError):
        return None
    if api.kernel32.GetFileType(handle) != api.FILE_TYPE_PIPE:
        return None

    def has_octets(milliseconds: int) -> bool:
        until = time.monotonic() + milliseconds / 1000
        there = wintypes.DWORD()
        # Where the pipe cannot be asked, its writer is gone: reading gives its end.
        while api.kernel32.PeekNamedPipe(handle, None, 0, None, byref(there), None):
            if there.value:
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(_PAUSE)
        return True

    return has_octets


def widen(stream: BinaryIO) -> BinaryIO:
    """The same stream: the room of a pipe is set by who makes it."""
    return stream


def event_loop() -> asyncio.AbstractEventLoop:
    """An event loop for ``stream_of``: it waits for nothing but what threads give it."""
    return asyncio.SelectorEventLoop()


async def stream_of(pipe: Any) -> tuple[asyncio.StreamReader, asyncio.BaseTransport]:
    """The output of a process as a stream of the running loop, and the transport to close at the end."""
    reader = asyncio.StreamReader()
    return reader, _ThreadTransport(asyncio.get_running_loop(), pipe, reader)


class _ThreadTransport(asyncio.ReadTransport):
    """A thread reads a pipe for an event loop; it waits while the loop has enough to do."""

    def __init__(self, loop: asyncio.AbstractEventLoop, pipe: Any, reader: asyncio.StreamReader) -> None:
        super().__init__()
        self.loop, self.pipe, self.reader = loop, pipe, reader
        self.flowing = Event()
        self.flowing.set()
        self.closed = False
        reader.set_transport(self)
        Thread(target=self._read, name="reading", daemon=True).start()

    def _read(self) -> None:
        try:
            while not self.closed and (octets := os.read(self.pipe.fileno(), _PIECE)):
                self.flowing.clear()
                self.loop.call_soon_threadsafe(self._feed, octets)
                self.flowing.wait()
        except (OSError, ValueError):
            pass  # the pipe was closed, which ends it
        except RuntimeError:
            return  # the loop was closed
        try:
            self.loop.call_soon_threadsafe(self.reader.feed_eof)
        except RuntimeError:
            return

    def _feed(self, octets: bytes) -> None:
        self.flowing.set()
        self.reader.feed_data(octets)  # pauses where the loop has enough

    def pause_reading(self) -> None:
        self.flowing.clear()

    def resume_reading(self) -> None:
        self.flowing.set()

    def close(self) -> None:
        self.closed = True
        self.flowing.set()

    def is_closing(self) -> bool:
        return self.closed
