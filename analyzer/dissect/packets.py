"""Reads a small capture into pyshark's packets, with every field that tshark knows."""

import tempfile
from pathlib import Path
from typing import Any

from analyzer.dissect.run import environment, find_tshark, problem_of
from analyzer.messages import Message, message


def packets(
    capture: Path, count: int, *, seconds: float, tftp_ports: frozenset[int] = frozenset()
) -> tuple[list[Any], Message | None]:
    """(pyshark's packets of the ``count`` frames that a capture holds, what went wrong or None).

    They stay what they are when the capture is gone. ``tftp_ports``: UDP ports to read as TFTP. May be called from
    anywhere, a running event loop included; its tshark has ended when it returns.
    """
    tshark = find_tshark()
    if not tshark:
        return [], message("tshark-missing")
    from analyzer.dissect.process import TsharkRun  # noqa: PLC0415 - pyshark takes a while to import

    found: list[Any] = []
    words = {
        "custom_parameters": ["-r", str(capture)],
        "decode_as": {f"udp.port=={port}": "tftp" for port in sorted(tftp_ports)},
    }
    with (
        tempfile.TemporaryDirectory(prefix="packets-", ignore_cleanup_errors=True) as folder,
        TsharkRun(tshark, environment(Path(folder)), Path(folder) / "errors", whole=True) as run,
    ):
        run.begin(words)
        run.read(found.append, seconds)
        return found, problem_of(run, count)
