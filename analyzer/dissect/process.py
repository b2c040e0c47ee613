"""One run of tshark through pyshark, in a thread and an event loop of its own; the caller that waits ends it.

pyshark builds the command, reads the stream and cuts it into packets. Four of its ways are replaced here:
it would ask tshark's version without a time limit; fetch a table of 20 MB for the types of all fields, into the user's
cache folder; start tshark under asyncio's child watcher, which waits on the main thread's loop; and stop at the first
line that is no UTF-8.
"""

import asyncio
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pyshark.capture.capture import Capture, StopCapture
from pyshark.tshark.output_parser.tshark_ek import TsharkEkJsonParser

from analyzer.dissect.layers import Layers, layers_of
from analyzer.operating_system import interruptions, pipes, processes

MOST_WRITTEN = 1 << 20
"""Octets of a file that tshark may write: its messages, never its product, which goes through a pipe."""
_GRACE = 5.0
"""Seconds until the thread must have noticed that its tshark has ended."""


class _Parser(TsharkEkJsonParser):  # type: ignore[misc]  # pyshark has no types
    """Returns an empty packet for a line that is no packet, never an exception."""

    def _parse_single_packet(self, packet: bytes) -> Layers:
        return layers_of(packet) or Layers(0, (), {})


@dataclass
class _Running:
    """The part of a process that pyshark uses: its standard output as a stream."""

    stdout: asyncio.StreamReader


class _Capture(Capture):  # type: ignore[misc]  # pyshark has no types
    """A capture of pyshark with the tshark of the caller."""

    def __init__(self, run: "TsharkRun", **words: Any) -> None:
        self._run = run
        super().__init__(**words)

    def _setup_tshark_output_parser(self) -> Any:
        return super()._setup_tshark_output_parser() if self._run.whole else _Parser()

    async def _get_tshark_process(self, packet_count: int | None = None, stdin: object = None) -> _Running:
        # Neither pyshark's search for tshark, which prefers a config.ini in the current directory, nor its question
        # for the version is wanted here.
        del packet_count, stdin
        reader, self._run.transport = await pipes.stream_of(self._run.output)
        return _Running(reader)


@dataclass
class TsharkRun:
    """One tshark and its result. Used as a context, it ends tshark at the end.

    ``environment``: the environment of tshark, without the user's settings. ``errors``: the file for its standard
    error. ``whole``: packets are pyshark's own, with every field, instead of Layers. After ``read``: ``seen`` packets
    were given to the consumer, ``expired``: whether time ran out, ``code`` is the exit code (negative: the signal),
    ``failure`` what went wrong on this side of the pipe.
    """

    tshark: str
    environment: Mapping[str, str]
    errors: Path
    whole: bool = False
    seen: int = 0
    expired: bool = False
    code: int = 0
    failure: str = ""
    transport: asyncio.BaseTransport | None = None
    _process: subprocess.Popen[bytes] | None = None
    _thread: threading.Thread | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _consume: Callable[[Any], None] = lambda _packet: None
    _octets: bytes = b""
    _asked: threading.Event = field(default_factory=threading.Event)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._asked.set()
        if self._thread is not None:
            self._thread.join(_GRACE / 2)

    @property
    def output(self) -> Any:
        """tshark's standard output."""
        assert self._process is not None  # it was begun
        return self._process.stdout

    def begin(self, words: Mapping[str, Any]) -> None:
        """Start a tshark of ``words`` (pyshark's, of a Capture). It gets ready, which takes it longer than a small
        capture, and waits for what it reads; where that is its standard input, for ``read``."""
        self._loop = pipes.event_loop()
        self._thread = threading.Thread(target=self._work, args=(self._loop, words), name="dissection", daemon=True)
        self._thread.start()

    def read(self, consume: Callable[[Any], None], seconds: float, octets: bytes = b"") -> None:
        """Dissect the capture that ``begin`` named, or ``octets``; returns in ``seconds`` and a little.

        Never raises for what tshark does; what interrupts the waiting (Ctrl-C) ends tshark first, and goes on.
        """
        thread, loop = self._thread, self._loop
        assert thread is not None  # it was begun
        assert loop is not None
        self._consume, self._octets = consume, octets
        self._asked.set()
        try:
            interruptions.join(thread, max(seconds, 0))
            self.expired = thread.is_alive()
        finally:
            self._end()
            thread.join(0 if not thread.is_alive() else _GRACE / 2)
            if thread.is_alive() and not loop.is_closed():
                # Something outside the process group still holds the pipe: leave without its end.
                loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
                thread.join(_GRACE / 2)

    def _start(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        """tshark, so that the programs that it starts end with it."""
        with self._lock, self.errors.open("wb") as errors:
            if self._stopped.is_set():
                raise StopCapture
            self._process = processes.start(
                arguments,
                most_written=MOST_WRITTEN,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=dict(self.environment),
                cwd=self.errors.parent,  # tshark reads files of the folder that it is started in
            )
            return self._process

    def _work(self, loop: asyncio.AbstractEventLoop, words: Mapping[str, Any]) -> None:
        def each(packet: Any) -> None:
            if self._stopped.is_set():
                raise StopCapture
            if self.whole or packet.place:
                self._consume(packet)
                self.seen += 1

        asyncio.set_event_loop(loop)
        try:
            capture = _Capture(self, eventloop=loop, use_ek=not self.whole, **words)
            form = "pdml" if self.whole else "ek"
            process = self._start([self.tshark, "-l", "-n", "-T", form, *capture.get_parameters()])
            self._asked.wait()
            threading.Thread(target=_feed, args=(process, self._octets), name="feeding", daemon=True).start()
            loop.run_until_complete(capture.packets_from_tshark(each))
            self.code = process.wait()
        except (asyncio.CancelledError, StopCapture):
            pass
        except Exception as error:
            # Whatever pyshark or the operating system makes of it, it is a sentence in the report.
            self.failure = f"{type(error).__name__}: {error}"
        finally:
            self._end()
            asyncio.set_event_loop(None)
            try:
                _close(loop, self.transport)
            finally:
                if self._process is not None and self._process.stdout is not None:
                    # pyshark leaves the pipe open where it gives up in the middle of it.
                    self._process.stdout.close()

    def _end(self) -> None:
        """End tshark and collect it, in any state. Harmless when repeated."""
        self._stopped.set()
        with self._lock:
            process = self._process
        if process is not None:
            processes.end(process)


def _feed(process: subprocess.Popen[bytes], octets: bytes) -> None:
    """Write the whole standard input of tshark; stops if tshark has ended."""
    assert process.stdin is not None
    with suppress(OSError), process.stdin as pipe:
        pipe.write(octets)


def _close(loop: asyncio.AbstractEventLoop, transport: asyncio.BaseTransport | None) -> None:
    """Close the pipe's transport before the loop, else the interpreter complains about it later."""
    if transport is not None:
        transport.close()
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
