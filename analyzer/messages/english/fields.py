"""What rows and flows state for the fields of a row, and what a reason means."""

from collections.abc import Callable, Mapping
from typing import Any


def _alternatives(values: Mapping[str, Any]) -> str:
    return " or ".join(values["roles"])


def _or_relay(values: Mapping[str, Any]) -> str:
    *ports, last = map(str, values["ports"])
    return f"{values['own']}, or a DHCP relay at port {', '.join(ports)} or {last}"


SENTENCES: dict[str, str | Callable[[Mapping[str, Any]], str]] = {
    "field-any": "any",
    "field-none": "none",
    "field-word": "{word}",
    "field-roles": _alternatives,
    "field-icmp-type": "type {number}",
    "field-port": "port {number}",
    "field-from-port": "from port {number}",
    "field-own-group": "a multicast group without another service",
    "field-other-group": "a multicast group of another service",
    "field-link-service": "a protocol of one link, to a multicast group of the link",
    "field-wire-never": "inside one machine only, never from another machine",
    "field-inside-machine": "inside one machine",
    "field-between-machines": "between machines",
    "field-from-another-machine": "from another machine",
    "field-to-another-machine": "to another machine",
    "field-or-relay": _or_relay,
    "field-of-relay": "{own} of a DHCP relay",
    "field-unlisted-clients": "clients that the profile does not list",
    "field-relay-at-port": "{own}, a DHCP relay at port {port}",
    "field-everybody": "everybody",
    "field-everybody-for": "everybody (for {own})",
    "field-direction": "printed {printed}",
    "field-same-direction": "{orig} to {resp}",
    "field-reverse": "{orig} to {resp}, the opposite direction",
    "field-other-ends": "{orig} to {resp}, neither this direction nor the opposite one",
    "field-by-segment": "limited-broadcast in the DPM Server's own segment, directed-broadcast to another segment "
    "(footnote *3)",
    "field-of-segment": "{cast} of segment {segment}",
    "field-own-segment": "{cast} of segment {segment}, which is the DPM Server's own",
    "field-of-unknown-segment": "{cast} of a segment that the profile does not name",
    "field-maybe-broadcast": "{cast}, or the broadcast address of a segment that the profile does not name",
    "field-wakes-segment": "{address}, for a machine in segment {segment}",
    "field-wakes-own-segment": "{address}, for a machine in the DPM Server's own segment {segment}",
    "field-no-known-application": "no application that the analyzer knows",
    "field-nothing-recognised": "nothing recognised",
    "reason-field": "Row `{rule}` does not cover it: {field} of the row: {row}; of the flow: {flow}.",
    "own-row-no-internal-only": "No row can allow it: the table allows this port only inside the DPM Server, but "
    "another machine connected to it.",
    "own-row-no-broadcast-address": "No row should allow it: the table has this service, and what is wrong is the "
    "address that it was sent to. The sender has to use another address, or the profile's segments have to be "
    "corrected.",
    "own-row-widens-direction": "The row would widen the table: the table has this service only in the opposite "
    "direction.",
    "own-row-widens-role": "The row would widen the table: the table has this service between other roles.",
    "own-row-widens-client-port": "The row would widen the table: the table has this service from a fixed port of the "
    "originator, and the new row allows any port.",
    "own-row-widens-protocol": "The row would widen the table: the table has this port with another transport or "
    "content.",
    "satisfies-satisfied": "It is satisfied; nothing more is needed.",
    "satisfies-blocked": (
        "It was tried, but something stopped the flows listed here. Remove the cause, and capture again."
    ),
    "satisfies-missing": "Such a flow has to be in the captures.",
    "satisfies-not-exercised": "It was not required. Such a flow would satisfy it.",
    "satisfies-not-observable": "A capture has to be taken where such a flow and its answer pass: at one of the two "
    "ends, or at a mirror port that shows their traffic. It has to last until the answer can have come.",
    "satisfies-attested": "These captures do not show it: somebody attests it, until the day that is named. Capture it "
    "where such a flow passes, or renew the attestation in the site profile before that day.",
    "satisfies-not-applicable": "Nothing is needed: it does not concern this site.",
    "wanted-never-on-wire": "Nothing on the wire: the row exists inside one machine only.",
    "wanted-flow": "A {protocol} flow from {orig}{at} to {resp}{service} sent by {cast}{reply}.",
    "wanted-part": ", {part},",
    "wanted-reply": ", and it has to be answered",
    "wanted-nothing": "",
}
