"""A drafted site profile as YAML, each line with what it rests on."""

import json
from collections.abc import Iterator

from analyzer.compliance.infer import Inferred
from analyzer.text import visible


def text(inferred: Inferred) -> str:
    """A profile that ``--site`` takes, once a DPM Server is in it; everything in it is a guess to be checked."""
    return "".join(f"{line}\n" for line in lines(inferred))


def lines(inferred: Inferred) -> Iterator[str]:
    profile = inferred.profile
    yield "# Drafted from captures: every line is inferred. Check each one, and correct it, before you rely on it."
    yield "version: 1"
    yield "name: inferred"
    if profile.segments:
        yield "segments:"
        for segment in profile.segments:
            yield f"  - {{name: {segment.name}, cidr: {segment.cidr}}}  # {note(inferred.segments.get(segment.cidr, ''))}"
    else:
        yield "# segments: none could be told; footnote *3 needs them, for instance"
        yield "#   - {name: server-lan, cidr: 192.0.2.0/24}"
    if profile.dpm_server:
        yield "dpm_server:"
        yield "  addresses:"
        for address in profile.dpm_server.addresses:
            yield f"    - {quoted(address)}  # {note(inferred.evidence[address])}"
        yield "  # architecture: x64  # cannot be seen; x86 unless you say so"
    else:
        yield "# dpm_server: no host behaves like one; without it the profile cannot be used"
        yield "#   addresses: [192.0.2.1]"
    if isinstance(profile.dhcp.servers, tuple):
        yield "dhcp:"
        yield "  servers:"
        for address in profile.dhcp.servers:
            yield f"    - {quoted(address)}  # {note(inferred.evidence[address])}"
    if profile.managed_machines:
        yield "managed_machines:"
        for machine in profile.managed_machines:
            address = machine.address or ""
            yield f"  - {{name: {quoted(machine.name)}, address: {quoted(address)}}}  # {note(inferred.evidence[address])}"
    for name, addresses in (("image_builder", profile.image_builder), ("command_line", profile.command_line)):
        if addresses:
            yield f"{name}:"
            for address in addresses:
                yield f"  - {quoted(address)}  # {note(inferred.evidence[address])}"


def quoted(value: str) -> str:
    return json.dumps(value)


def note(evidence: str) -> str:
    """Evidence as a comment of one line."""
    return visible(evidence)
