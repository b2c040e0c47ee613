"""A drafted site profile as YAML, each line with its evidence."""

from collections.abc import Iterable, Iterator

from analyzer.compliance.role_inference import InferredProfile
from analyzer.messages.english import sentence
from analyzer.render.shared.escape import quoted
from analyzer.text import visible
from analyzer.values import Role


def text(inferred: InferredProfile) -> str:
    """A profile for ``--site``, if it has a DPM Server; every line is inferred and has to be checked."""
    return "".join(f"{line}\n" for line in lines(inferred))


def lines(inferred: InferredProfile) -> Iterator[str]:
    profile = inferred.profile
    yield "# Drafted from captures: every line is inferred. Check each one, and correct it, before you rely on it."
    yield "version: 1"
    yield "name: inferred"
    yield from segments(inferred)
    yield from server(inferred)
    servers, relays = profile.dhcp.servers, profile.dhcp.relays
    if isinstance(servers, tuple) or relays:
        yield "dhcp:"
    if isinstance(servers, tuple):
        yield from ("  servers:", *listed(inferred, servers, Role.DHCP_SERVER))
    if relays:
        yield "  relays:"
        yield from (f"    - {quoted(relay)}  # {visible(sentence(inferred.relays[relay]))}" for relay in relays)
    if profile.managed_machines:
        yield "managed_machines:"
        for machine in profile.managed_machines:
            address = machine.address or ""
            evidence = visible(sentence(inferred.evidence[address][Role.MANAGED_MACHINE]))
            yield f"  - {{name: {quoted(machine.name)}, address: {quoted(address)}}}  # {evidence}"
    for role, addresses in (
        (Role.IMAGE_BUILDER, profile.image_builder),
        (Role.COMMAND_LINE, profile.command_line),
    ):
        if addresses:
            yield from (f"{role.value.replace('-', '_')}:", *listed(inferred, addresses, role))


def segments(inferred: InferredProfile) -> Iterator[str]:
    if not inferred.profile.segments:
        yield "# segments: none is known; footnote *3 needs them, for example"
        yield "#   - {name: server-lan, cidr: 192.0.2.0/24}"
        return
    yield "segments:"
    for segment in inferred.profile.segments:
        evidence = visible(sentence(inferred.segments[segment.cidr]))
        yield f"  - {{name: {segment.name}, cidr: {segment.cidr}}}  # {evidence}"


def server(inferred: InferredProfile) -> Iterator[str]:
    if inferred.profile.dpm_server is None:
        yield "# dpm_server: no host acts as one; without it the profile cannot be used"
        yield "#   addresses: [192.0.2.1]"
        return
    yield from (
        "dpm_server:",
        "  addresses:",
        *listed(inferred, inferred.profile.dpm_server.addresses, Role.DPM_SERVER),
    )
    yield "  # architecture: x64  # cannot be seen; x86 unless you say so"


def listed(inferred: InferredProfile, addresses: Iterable[str], role: Role) -> Iterator[str]:
    """The items of a list, each with its evidence."""
    for address in addresses:
        yield f"    - {quoted(address)}  # {visible(sentence(inferred.evidence[address][role]))}"
