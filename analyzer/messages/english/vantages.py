"""Where a flow was captured and where it was not."""

from analyzer.messages.english.words import Template, Values, listed


def _vantage(values: Values) -> str:
    more = f" and {values['more']} more" if "more" in values else ""
    return f"{values['capture']}{more}"


def _placed(place: str) -> Template:
    return lambda values: f"{_vantage(values)} ({place.format_map(values)})"


def _captured(values: Values) -> str:
    return f"Captured in {listed(values['seen'])}; not in {' or '.join(values['missed'])}."


def _lost(values: Values) -> str:
    return (
        f"Captured in {listed(values['seen'])}; not in {' or '.join(values['missed'])}, where it has to pass. "
        "It was lost between these vantages."
    )


def _answer_lost(values: Values) -> str:
    return (
        f"The answer was captured in {listed(values['seen'])}; not in {' or '.join(values['missed'])}. "
        "It was lost between these vantages."
    )


SENTENCES: dict[str, Template] = {
    "captured-in": _captured,
    "lost-between": _lost,
    "answer-lost-between": _answer_lost,
    "vantage": _vantage,
    "vantage-segment": _placed("segment {segment}"),
    "vantage-dpm-server": _placed("the DPM Server's own interface"),
    "vantage-host": lambda values: f"{_vantage(values)} (host {listed(values['hosts'])})",
}
