"""Sentences about network boots: how each attempt ended, and what else is to be known of it."""

from analyzer.messages.english.words import Sentences, listed

SENTENCES: Sentences = {
    "boot-complete": "The connection to the agent's port was established.",
    "boot-agent-no-service": "The connection to the agent's port got no service: {outcome}.",
    "boot-no-agent": "The last file was received completely, but no connection to the agent's port followed.",
    # How the last file ended.
    "boot-file-error": lambda values: (
        f"The last file ended with a TFTP error{': ' + values['error'] if values['error'] else ''}."
    ),
    "boot-file-stopped": "The transfer of the last file stopped before its end.",
    "boot-file-no-answer": "The request for the last file was not answered.",
    "boot-file-unreachable": "The request for the last file was answered by ICMP unreachable.",
    "boot-file-unclear": "It is not known whether the last file was received completely.",
    "boot-file-unlisted-source": "The last file came from a host that no row allows.",
    # Which message did not come.
    "boot-no-file-request": "The boot server answered on port 4011, but no file was requested.",
    "boot-proxy-unreachable": "The request on port 4011 was answered by ICMP unreachable.",
    "boot-proxy-no-answer": "The request on port 4011 was not answered.",
    "boot-address-without-server": "An address was assigned, but no answer named a boot file.",
    "boot-address-no-request": "An address was assigned, but no file was requested.",
    "boot-declined": "The client declined the assigned address (DECLINE): another host already uses it.",
    "boot-request-repeated": "The client repeated its request although it was answered (ACK): the answer did not reach "
    "it.",
    "boot-refused": "The server refused the address (NAK).",
    "boot-request-no-answer": "The request for the offered address was not answered.",
    "boot-offer-without-server": "An offer came, but it named no boot file, and the client requested no address.",
    "boot-offer-no-request": "An offer came, but the client requested no address.",
    "boot-server-only": "The boot server answered, but no server offered an address.",
    "boot-no-offer": "No offer came.",
    # Why it is not known.
    "boot-block-size-unknown": "The agreed block size was not captured.",
    "boot-answer-not-visible": "An answer would not be in the captures: {unseen}.",
    "boot-capture-ends": "The capture, or a part of it, ends too soon after that to know.",
    # What else is to be known.
    "boot-ack-elsewhere": "An ACK was sent to {address}, not to the address of the relay that it names, {relay} "
    "(giaddr).",
    "boot-other-file": lambda values: (
        f"The answers named {listed(values['named'])}, but the first file that was requested is {values['asked']}."
    ),
    "boot-unlisted-servers": lambda values: (
        f"{', '.join(values['servers'])} answered. It is neither a DHCP server nor the DPM Server."
        if len(values["servers"]) == 1
        else f"{', '.join(values['servers'])} answered. They are neither DHCP servers nor the DPM Server."
    ),
    "boot-attempt": "This is attempt {number} of {attempts} of this client.",
}
