"""What stopped a flow: the evidence, and what else it may mean."""

from analyzer.messages.english.words import Template, Values, counted, listed

CAUSES = "The host is off or does not listen, a device on the path drops the packets, or the answer took another path."


def _other_ttls(values: Values) -> str:
    return f"A RST with TTL {values['ttl']} answered the SYN. Other packets of the responder have TTL " + (
        f"{listed(values['others'])}."
    )


def _reset_ttl_of_system(values: Values) -> str:
    return f"{_other_ttls(values)} The responder may send RST with another TTL, or another device sent the RST."


def _reset_by_another(values: Values) -> str:
    return f"{_other_ttls(values)} Another device on the path may have sent the RST."


def _no_answer(values: Values) -> str:
    return f"{_sent(values)} got no answer. {CAUSES}"


def _sent(values: Values) -> str:
    within = f" within {values['seconds']} s" if "seconds" in values else ""
    return f"{counted(values['count'], values['unit'])}{within}"


def _answered_by_others(values: Values) -> str:
    others = values["others"]
    are = "is not one of them" if len(others) == 1 else "are not among them"
    return f"{_sent(values)} got no answer from the servers of the table. {listed(others)} answered, but {are}."


def _icmp_error(values: Values) -> str:
    source = values["source"]
    sender = (
        "the responder itself" if values["by"] == "responder" else "a device on the path or in the responder's place"
    )
    return (
        f"An ICMP error stopped it: type {values['type']} code {values['icmp_code']} ({values['meaning']}) from "
        f"{source}, {sender}. See frame {values['frame']} of {values['capture']}."
    )


SENTENCES: dict[str, Template] = {
    "reset-only": "A RST with TTL {ttl} answered the SYN. No other packet of the responder was captured, so another "
    "device may have sent the RST.",
    "reset-same-ttl": "A RST with TTL {ttl} answered the SYN. Other packets of the responder have the same TTL.",
    "reset-ttl-of-system": _reset_ttl_of_system,
    "reset-ttl-differs": _reset_by_another,
    "answer-lost": "It was answered, but the answer did not arrive.",
    "answer-lost-syn-repeated": "The SYN was repeated although it was answered, so the answer did not arrive.",
    "no-answer": _no_answer,
    "answered-by-others": _answered_by_others,
    "icmp-error": _icmp_error,
}
