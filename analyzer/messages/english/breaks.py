"""Where an exchange broke off."""

from analyzer.messages.english.words import Template, Values, counted, how_often


def _opened(values: Values) -> str:
    return "The connection was established. Then the" if values["opened"] == "yes" else "The"


def _sent_again(values: Values) -> str:
    what = counted(values["octets"], "octet") if values["octets"] else "FIN"
    return f"{_opened(values)} {values['side']} sent {what} and repeated this {counted(values['times'], 'time')}"


def _not_acknowledged(values: Values) -> str:
    return f"{_sent_again(values)}, but nothing of it was acknowledged."


def _acknowledged(values: Values) -> str:
    return f"{_sent_again(values)}, although it was acknowledged. So the acknowledgement did not arrive."


def _syn_not_acknowledged(values: Values) -> str:
    one = values["count"] == 1
    begin = (
        "1 answer came to the SYN, but it does" if one else f"{values['count']} answers came to the SYN, but they do"
    )
    belongs = "It belongs" if one else "They belong"
    return f"{begin} not acknowledge it. {belongs} to another connection on the same ports. No handshake took place."


def _syn_ack_repeated(values: Values) -> str:
    end = (
        "although an ACK was captured. So the ACK did not arrive."
        if values["confirmed"] == "yes"
        else "and no ACK was captured. So the handshake was not completed."
    )
    return f"The responder sent the SYN-ACK {counted(values['count'], 'time')} and nothing else, {end}"


def _reset_after_handshake(values: Values) -> str:
    first = (
        f"The connection was established. Then a RST with TTL {values['ttl']} from the address of the "
        f"{values['side']} ended it, before any data was acknowledged."
    )
    return f"{first} {_other_ttl(values)}" if values["differs"] == "yes" else first


def _other_ttl(values: Values) -> str:
    return (
        f"The first packet of the {values['side']} has TTL {values['other']}, so another device on the path may have "
        "sent the RST."
    )


def _reset_with_other_ttl(values: Values) -> str:
    return f"A RST with TTL {values['ttl']} from the address of the {values['side']} ended it. {_other_ttl(values)}"


def _tftp_answer_lost(values: Values) -> str:
    return (
        f"The client sent the request {how_often(values['count'])}. The server answered with "
        f"{counted(values['answers'], 'packet')}, and the client sent nothing after them. So the answer did not arrive."
    )


def _broke_off(values: Values) -> str:
    last = "octet was" if values["octets"] == 1 else f"{counted(values['octets'], 'octet')} were"
    return (
        f"The connection broke off: the {values['side']} repeated data {counted(values['times'], 'time')}, and the "
        f"last {last} not acknowledged."
    )


SENTENCES: dict[str, Template] = {
    "syn-not-acknowledged": _syn_not_acknowledged,
    "syn-ack-repeated": _syn_ack_repeated,
    "data-not-acknowledged": _not_acknowledged,
    "answer-not-acknowledged": _not_acknowledged,
    "data-repeated": _acknowledged,
    "answer-repeated": _acknowledged,
    "reset-after-handshake": _reset_after_handshake,
    "tftp-answer-lost": _tftp_answer_lost,
    "tftp-no-progress": "The file transfer did not get on at block {block}: the same packet was sent {times} times.",
    "dhcp-answer-lost": "The request was repeated although an ACK answered it. So the ACK did not arrive.",
    "transfer-icmp-error": "The server answered, but an ICMP error came back: its answer did not reach the client.",
    "broke-off": _broke_off,
    "reset-with-other-ttl": _reset_with_other_ttl,
    "nothing-acknowledged": "No data was acknowledged in it, so the captures do not show that it got service.",
    "answer-not-confirmed": "It was answered, but the captures do not show that the answer arrived.",
}
