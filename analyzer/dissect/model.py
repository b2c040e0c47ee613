"""The frames that are dissected, and what is observed in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from analyzer.messages import Message


@dataclass(frozen=True)
class Cut:
    """One frame cut out of a capture.

    ``number``: the caller's own, returned unchanged. ``time``: nanoseconds since the epoch, UTC. ``link``: the link
    type as the tcpdump group numbers it. ``original``: octets on the wire; ``octets``: those that were captured.
    ``label`` becomes the packet's comment (``a.pcapng frame 17``), so that the cut capture shows where each came from.
    """

    number: int
    time: int
    link: int
    original: int
    octets: bytes
    label: str = ""


@dataclass(frozen=True)
class Observation:
    """What one frame is, by its content.

    ``application``: one lower-case word, ``""`` where the content proves nothing. ``malformed``: tshark stopped at
    contents that break the protocol's own rules. ``facts``: fit to be shown; only those that the frame states:

    dhcp: message_type, client_mac, xid, client_uuid, vendor_class, architecture, server_id, offered_address, boot_file,
    boot_server · tftp: operation, file, mode, options, block, error_code, error · wake-on-lan: target_mac, password ·
    http: method, host, path, status · tls: server_name, version · dns: query · dhcpv6: message_type.
    """

    number: int
    application: str = ""
    malformed: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Dissection:
    """The observations, in the order of the cuts; one for each frame that tshark came to.

    ``problem``: why not every frame was dissected, or None. ``version``: tshark's, ``""`` if it reported none.
    """

    observations: tuple[Observation, ...]
    problem: Message | None = None
    version: str = ""
