"""What each verdict of a flow says, beside its reason."""

from analyzer.messages.english.words import Template, Values

OUTCOMES = {
    "refused": "It was stopped: it was refused with a RST.",
    "no-reply": "It got no reply.",
    "admin-prohibited": "It was stopped: an ICMP error says that it is administratively prohibited.",
    "unreachable": "It was stopped: an ICMP error says that the destination is unreachable.",
}


def _stopped(values: Values) -> str:
    return OUTCOMES[values["outcome"]]


PLACES = {
    "same": "port {port}",
    "asked-by-group": "port {port} of {address}",
    "listed": "port {port} of {address}, another address of the DPM Server",
    "other": "port {port} of {address}",
}


def _answered_from(values: Values) -> str:
    by_broadcast = ", by broadcast" if values["to"] == "all" else ""
    came = f"The answer came from {PLACES[values['place']].format_map(values)}{by_broadcast}."
    if values["place"] != "other":
        return came
    return f"{came} The profile does not list {values['address']} as an address of the DPM Server."


SENTENCES: dict[str, Template] = {
    "row-covers": "Row `{rule}` covers it.",
    "transfer-of-request": "It is the file transfer that was requested from port {port}.",
    "answered-from": _answered_from,
    "answer-to-request": "It is the answer to the request to port {port} of {address}.",
    "answer-port": "The answer came from port {port}.",
    "address-check": "The sender offered this address by DHCP next. This looks like the check that the address is free "
    "(RFC 2131).",
    "beginning-not-captured": "The beginning of the flow was not captured.",
    "syn-not-captured": "The SYN was not captured, the SYN-ACK was.",
    "syn-ack-not-captured": "The SYN was captured, the SYN-ACK was not.",
    "no-service": "Row `{rule}` covers it, but it got no service.",
    "transfer-without-request": "Row `{rule}` may cover it. It looks like a TFTP transfer whose request was not "
    "captured, so it is not known what was requested and by which host.",
    "broadcast-not-known": "Row `{rule}` may cover it. No known segment has the broadcast address {resp_h}, so it "
    "is not known whether this is one.",
    "only-reset": "Row `{rule}` covers it, but only a RST was captured.",
    "only-acknowledged-and-reset": "Row `{rule}` covers it, but only ACKs without data and a RST were captured, so it "
    "is not known whether there was service before.",
    "answer-not-visible": "Row `{rule}` covers it, but an answer could not have been captured: {why}.",
    "waived": "Waived by {owner} until {expires}: {reason}. Without the waiver the verdict would be {verdict}.",
    "waiver-lapsed": "A waiver by {owner} applied until {expires} and has lapsed.",
    "stopped": _stopped,
    "outcome-not-visible": "It is not known whether it was answered, since an answer could not have been captured: "
    "{why}.",
    "opener-not-certain": "The beginning of the flow was not captured, so it is not certain which host opened it.",
    "opener-by-port": "The first captured packet is no beginning: it came from port {resp_p}, which is a service's. "
    "So {orig_h} probably opened the flow, but this is not certain.",
    "hint": "Only a hint, not a reason: {manual} names this port for {use}.",
    "out-of-scope": "Neither host has a DPM role, and the service is not a fixed port of the table.",
    "loopback": "It uses the loopback addresses of one machine only. Such a flow is never on the wire.",
    "background": "It is background traffic of the network. No row of the table covers it.",
}
