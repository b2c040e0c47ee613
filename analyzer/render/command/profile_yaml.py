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
    yield from dhcp(inferred)
    yield from machines(inferred)
    for role, addresses in (
        (Role.IMAGE_BUILDER, profile.image_builder),
        (Role.COMMAND_LINE, profile.command_line),
    ):
        if addresses:
            yield from (f"{role.value.replace('-', '_')}:", *listed(inferred, addresses, role))
    yield from WAIVERS


WAIVERS = (
    "# waivers: findings that somebody is responsible for until a day, that day included. All six keys are needed.",
    "# waivers:",
    '#   - {orig: "192.0.2.66", resp: any, service: "tcp/3389", reason: "...", owner: "...", expires: YYYY-MM-DD}',
)


def segments(inferred: InferredProfile) -> Iterator[str]:
    """Those with a known mask; the likely ones as comments, since footnote *3 is judged by the segments."""
    known = inferred.profile.segments
    if known:
        yield "segments:"
    else:
        yield "# segments: no mask was captured. Footnote *3 needs them: correct each, and remove its mark."
        yield "# segments:"
    for segment in known:
        evidence = visible(sentence(inferred.segments[segment.cidr]))
        yield f"  - {{name: {segment.name}, cidr: {segment.cidr}}}  # {evidence}"
    for number, (cidr, reason) in enumerate(inferred.likely.items(), len(known) + 1):
        yield f"#   - {{name: segment-{number}, cidr: {cidr}}}  # {visible(sentence(reason))}"
    if not known and not inferred.likely:
        yield "#   - {name: segment-1, cidr: 192.0.2.0/24}  # an example: no capture shows a segment"


def dhcp(inferred: InferredProfile) -> Iterator[str]:
    servers, relays = inferred.profile.dhcp.servers, inferred.profile.dhcp.relays
    if not servers and not relays:
        yield "# dhcp: no DHCP server was captured; if there is none, write"
        yield "# dhcp: {servers: none}"
        return
    yield "dhcp:"
    if isinstance(servers, tuple):
        yield from ("  servers:", *listed(inferred, servers, Role.DHCP_SERVER))
    if relays:
        yield "  relays:"
        yield from (f"    - {quoted(relay)}  # {visible(sentence(inferred.relays[relay]))}" for relay in relays)


def machines(inferred: InferredProfile) -> Iterator[str]:
    """Each machine with its MAC, if it is known."""
    if not inferred.profile.managed_machines:
        return
    yield "# A MAC that is not listed here counts as a machine only if some machine of the list has no MAC."
    yield "managed_machines:"
    for machine in inferred.profile.managed_machines:
        address = machine.address or ""
        evidence = sentence(inferred.evidence[address][Role.MANAGED_MACHINE])
        mac, reason = inferred.macs.get(address, ("", None))
        own = f", mac: {quoted(mac)}" if mac else ""
        shown = visible("; ".join([evidence, sentence(reason)] if reason else [evidence]))
        yield f"  - {{name: {quoted(machine.name)}, address: {quoted(address)}{own}}}  # {shown}"


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
