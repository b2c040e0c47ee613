"""The fields of a draft that a question may ask for, and the form that an answer on each of them has."""

import re
from collections.abc import Mapping, Sequence

from analyzer.rules.draft import Question
from analyzer.values import Role

ANY = "any"
NONE = "none"
"""The answer that there is nothing: no program, no footnote."""
MAX_ANSWER = 2000
"""Characters of an answer."""
MAX_PORTS = 16
"""Ports of an answer, and of a printed range or list that becomes rows of its own."""
ROLES = tuple(role.value for role in Role)
CASTS = {
    "unicast": ("unicast",),
    "broadcast by segment": ("limited-broadcast", "directed-broadcast"),
    "limited broadcast": ("limited-broadcast",),
    "unicast and limited broadcast": ("unicast", "limited-broadcast"),
    "multicast": ("multicast",),
}
"""Answers on how the responder is addressed, as the casts of the rules."""
_SIDES = r"(?:server|target|source|destination)"
_FIELD = re.compile(
    rf"item|page|protocol|direction|casts|keep|port-side|ports-side|programs-side|{_SIDES}\.(?:port|executables|name|roles)"
    r"|connected\.port|(?:originator|responder)\.roles|roles:.+|same:[a-z][a-z0-9-]*|footnote:[1-9]\d{0,3}",
    re.DOTALL,
)
_CHOICES: Mapping[str, Sequence[str]] = {
    "protocol": ("tcp", "udp", "tcp and udp", "icmp"),
    "direction": ("<", ">", "both"),
    "casts": tuple(CASTS),
    "port-side": ("connected", "server", "target"),
    "keep": ("yes", "no"),
    "same": ("yes", "no"),
}


def is_field(name: str) -> bool:
    """Whether a question may ask for this."""
    return _FIELD.fullmatch(name) is not None


def choices_of(name: str) -> tuple[str, ...]:
    """The answers on a field that has a list of them; none for a field with a text."""
    return ROLES if _asks_roles(name) else tuple(_CHOICES.get(name.partition(":")[0], ()))


def wrong_answer(question: Question, answer: str) -> str | None:
    """Why ``answer`` is none to ``question``; None where it is one."""
    name = question.field
    if not answer.strip() or len(answer) > MAX_ANSWER:
        return f"write an answer of at most {MAX_ANSWER} characters"
    if _asks_roles(name):
        known = set(answer.split(", ")) <= set(ROLES)
        advice = f"is not a list of roles: use {', '.join(ROLES)}, with commas between several"
        return None if known else f"{answer!r} {advice}"
    for choices in (choices_of(name), question.choices):
        if choices and answer not in choices:
            return f"{answer!r} is not one of the choices: use {', '.join(choices)}"
    if name.endswith(".port") and ports_of(answer) is None:
        return f"{answer!r}: write a port, at most {MAX_PORTS} with commas, or {ANY}"
    if name == "page" and not re.fullmatch(r"[1-9]\d{0,5}", answer):
        return f"{answer!r}: write the number of a page"
    return None


def ports_of(answer: str) -> tuple[int | None, ...] | None:
    """The ports of an answer in its stored form (``80``, ``80, 443``, ``any``); None where it has another form."""
    if answer == ANY:
        return (None,)
    parts = answer.split(", ")
    if len(parts) > MAX_PORTS or not all(re.fullmatch(r"[0-9]{1,5}", part) and int(part) <= 65535 for part in parts):
        return None
    return tuple(int(part) for part in parts)


def _asks_roles(name: str) -> bool:
    return name.endswith(".roles") or name.startswith("roles:")
