"""The evidence of hosts: the program at each end of a flow, by event logs, socket tables and annotated captures.

``read_host_evidence`` reads files, ``attribute`` compares them with flows, ``notes`` makes the sentences.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzer.host_evidence.attribution import HostFindings, attribute
    from analyzer.host_evidence.clocks import override
    from analyzer.host_evidence.model import HostEvidence
    from analyzer.host_evidence.process import Limits
    from analyzer.host_evidence.read import read_host_evidence
    from analyzer.host_evidence.readers.collect import HostEvidenceError

_HOMES = {
    "HostEvidence": "model",
    "HostEvidenceError": "readers.collect",
    "HostFindings": "attribution",
    "Limits": "process",
    "attribute": "attribution",
    "override": "clocks",
    "read_host_evidence": "read",
}
__all__ = [
    "HostEvidence",
    "HostEvidenceError",
    "HostFindings",
    "Limits",
    "attribute",
    "override",
    "read_host_evidence",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a name when it is first used: reading a file needs no judging, and judging no reader."""
    if name not in _HOMES:
        raise AttributeError(f"module 'analyzer.host_evidence' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - only where a name is used

    return getattr(import_module(f"analyzer.host_evidence.{_HOMES[name]}"), name)
