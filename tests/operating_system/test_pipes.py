"""Waiting for pipes, on each system."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from analyzer.operating_system import pipes, processes


def test_a_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    with (tmp_path / "a").open("rb", buffering=0) as file:
        assert pipes.wait_for(file) is None
        assert pipes.widen(file) is file


def test_a_pipe_has_octets_or_not_or_its_end() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as stream:
        pipes.widen(stream)
        has_octets = pipes.wait_for(stream)
        assert has_octets is not None
        assert not has_octets(0)
        assert not has_octets(50)
        os.write(writing, b"x")
        assert has_octets(50)
        assert stream.read(1) == b"x"
        assert not has_octets(0)
        os.close(writing)
        assert has_octets(50)
        assert stream.read(1) == b""


def test_a_loop_reads_everything_that_a_process_writes() -> None:
    """More than the stream holds at a time, and read more slowly than it is written."""
    lines = 40_000
    code = f"import sys\nfor number in range({lines}): sys.stdout.buffer.write(b'%07d and some more text\\n' % number)"
    process = processes.start([sys.executable, "-c", code], stdout=subprocess.PIPE)

    async def read() -> list[bytes]:
        stream, transport = await pipes.stream_of(process.stdout)
        found: list[bytes] = []
        while line := await stream.readline():
            if len(found) % 5_000 == 0:
                await asyncio.sleep(0.01)
            found.append(line)
        transport.close()
        return found

    loop = pipes.event_loop()
    try:
        found = loop.run_until_complete(asyncio.wait_for(read(), 60))
        loop.run_until_complete(asyncio.sleep(0))
    finally:
        loop.close()
        processes.end(process)
        assert process.stdout is not None
        process.stdout.close()
    assert found == [b"%07d and some more text\n" % number for number in range(lines)]
