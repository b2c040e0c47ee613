"""Why a flow is unexpected: one sentence for each reason."""

from analyzer.messages.english.words import CASTS, Template, Values, host, role_names, subject, with_row

EVENTS = {
    "connected": "{orig} connected to {resp}",
    "sent": "{orig} sent packets to {resp}",
    "received": "no packet from {orig} was captured, but {resp} sent packets to it",
}
RECEIVERS = {
    "limited-broadcast": "limited broadcast",
    "directed-broadcast": "directed broadcast",
    "multicast": "multicast",
}


def _between_roles(values: Values) -> str:
    """The roles that the row allows, and the two hosts of this flow."""
    cast = values["cast"]
    resp = f"{values['resp_h']} ({RECEIVERS[cast]})" if cast in RECEIVERS else host(values["resp_h"], values["resp"])
    here = EVENTS[values["event"]].format(orig=subject(values["orig_h"], values["orig"]), resp=resp)
    return (
        f"The table allows {with_row(values['service'], values['rule'])} only from {role_names(values['from'])} to "
        f"{role_names(values['to'])}. Here {here}"
    )


def _role(values: Values) -> str:
    return f"{_between_roles(values)}."


def _direction(values: Values) -> str:
    return f"{_between_roles(values)}, which is the opposite direction."


def _client_port(values: Values) -> str:
    service = with_row(values["service"], values["rule"])
    return f"The table allows {service} only from port {values['port']}. Here it came from port {values['used']}."


def _content(values: Values) -> str:
    wanted = values["wanted"] or "a protocol of DPM"
    return f"Row `{values['rule']}` covers the ports and the hosts, but the content is {values['found']}, not {wanted}."


def _addressing(values: Values) -> str:
    service = with_row(values["service"], values["rule"])
    allowed = " or ".join(CASTS[cast] for cast in values["casts"])
    return f"The table allows {service} only to {allowed}. Here it was sent to {CASTS[values['cast']]}."


def _sent_to(values: Values) -> str:
    return CASTS[values["cast"]]


SENTENCES: dict[str, Template] = {
    "reason-no-row": "No row of the table covers {service}.",
    "reason-internal-only": "Port {port} (row `{rule}`) is only for connections inside the DPM Server. No other "
    "machine may connect to it.",
    "reason-role": _role,
    "reason-direction": _direction,
    "reason-client-port": _client_port,
    "reason-protocol": "The table allows this port between these hosts only over {protocol} (row `{rule}`). Here it is "
    "{service}.",
    "reason-content": _content,
    "reason-addressing": _addressing,
    "reason-footnote-3": "Footnote *3 (row `{rule}`): the DPM Server wakes a machine in its own segment through "
    "255.255.255.255, and a machine in another segment through the broadcast address of that segment. Here the packet "
    "was sent to {sent_to}.",
    "segment-broadcast": "the broadcast address of segment {segment}",
    "segment-network-address": "the network address of segment {segment}, whose broadcast address is {broadcast}",
    "cast-address": _sent_to,
    "segment-of-machine": "The machine that it wakes is in segment {segment}.",
    "service-from-port": "{protocol} from port {port}",
    "service-any-port": "{protocol}",
}
