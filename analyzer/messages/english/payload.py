"""What was read inside a flow, beyond its headers."""

from analyzer.messages.english.words import Template, Values, counted


def _tunnel(values: Values) -> str:
    return f"It was captured inside a tunnel ({', '.join(values['tunnels'])})."


def _wakes(values: Values) -> str:
    if "machine" in values:
        return f"It wakes {values['mac']} ({values['machine']})."
    return f"It wakes {values['mac']}."


def _wakes_more(values: Values) -> str:
    return f"It wakes {counted(values['count'], 'more machine')}."


def _malformed(values: Values) -> str:
    times = counted(values["times"], "time")
    return (
        f"A magic packet in it is malformed and wakes no machine: it contains {values['mac']} {times}, not "
        f"{values['needed']} times."
    )


def _dhcp_answer(values: Values) -> str:
    parts = [
        f"{label} {values[name]}"
        for name, label in (("address", "address"), ("boot_server", "boot server"), ("boot_file", "boot file"))
        if name in values
    ]
    given = f" ({', '.join(parts)})" if parts else ""
    return f"It answers DHCP: the first {values['kind']} is for {values['mac']}{given}."


def _content(values: Values) -> str:
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values["facts"])
    content = f"{values['application']} ({facts})" if facts else values["application"]
    return f"Its content, read by tshark: {content}."


SENTENCES: dict[str, Template] = {
    "inside-tunnel": _tunnel,
    "wakes": _wakes,
    "wakes-not-of-profile": "It wakes {mac}. The profile has no machine with this MAC.",
    "wakes-more": _wakes_more,
    "secureon-password": "The magic packet contains a SecureOn password of {octets} octets, which is readable in a "
    "capture.",
    "magic-cut": "A magic packet in it was not captured completely. It begins with {mac}.",
    "magic-malformed": _malformed,
    "magic-not-read": "No magic packet was read in it, so footnote *3 is judged by the address only.",
    "segment-of-machine-unknown": "The machine's segment is not known, so footnote *3 is judged by the address only.",
    "boot-began": "Its boot began {seconds} s later.",
    "on-before": "It was already on: packets from it were captured just before.",
    "on-at-once": "It was already on: it sent packets {seconds} s later.",
    "first-packet-later": "Its first packet was captured {seconds} s later, without a network boot.",
    "capture-ends-soon": "The capture ends {seconds} s later, too soon to see the machine start.",
    "no-packet-after": "No packet from it was captured in the {seconds} s until the capture ends.",
    "unicast-in-broadcast-frame": "The frame was sent to the broadcast MAC, although {address} is the address of one "
    "host.",
    "mac-not-of-profile": "The frames from {address} have the MAC {seen}. The profile gives {mac} to {machine}.",
    "writes-file": "It requests to write the file {file} to the responder. The table does not say in which direction "
    "files go.",
    "boot-over-ipv6": "It is part of a network boot over IPv6. The table has no row for it.",
    "relay-elsewhere": "Its messages name the DHCP relay {relay} (giaddr), so {address} is taken for another "
    "address of it.",
    "unlisted-client": "It answers {client}, which is no machine of the profile.",
    "unlisted-client-too": "It also answers {client}, which is no machine of the profile.",
    "answer-elsewhere": "A DHCP answer in it was sent to {address}, not to the address of the relay that it names, "
    "{relay} (giaddr).",
    "dhcp-declined": "{client} declined the address {address} (DECLINE): another host already uses it.",
    "dhcp-answer": _dhcp_answer,
    "content": _content,
}
