"""Two reports compared: the answer, what the reports rest on, and what one of them may not have been able to show."""

from collections.abc import Iterable

from analyzer.messages.english.words import Sentences, Values
from analyzer.units import plural


def _headline(values: Values) -> str:
    text = "; ".join(values["clauses"])
    return f"{text[:1].upper()}{text[1:]}."


def _findings(values: Values) -> str:
    new = "new" + _doubtful(values["doubtful_new"], "A")
    gone = "gone" + _doubtful(values["doubtful_gone"], "B")
    counts = [(values["new"], f"@ {new}"), (values["gone"], f"@ {gone}"), (values["changed"], "ended differently")]
    return _counted("finding", counts, values["same"])


def _rows(values: Values) -> str:
    worse = "@ no longer satisfied, but missing or blocked"
    return _counted("row", [(values["worse"], worse), (values["others"], "@ of another status")])


def _boots(values: Values) -> str:
    return _counted("machine", [(values["stalled"], "@ no longer booting")])


def _conversations(values: Values) -> str:
    counts = [(values["new"], "@ new"), (values["gone"], "@ gone"), (values["changed"], "@ judged differently")]
    return _counted("conversation", counts)


def _hosts(values: Values) -> str:
    counts = [(values["new"], "@ new"), (values["gone"], "@ gone"), (values["changed"], "@ of another role")]
    return _counted("host", counts)


def _nothing(values: Values) -> str:
    findings, conversations = plural(values["findings"], "finding"), plural(values["conversations"], "conversation")
    return f"nothing differs: {findings} and {conversations} in both"


def _doubtful(count: int, letter: str) -> str:
    return f" ({count:,} of them perhaps not observable in {letter})" if count else ""


def _counted(noun: str, counts: Iterable[tuple[int, str]], stay: int = 0) -> str:
    """``3 findings are new, 1 is gone, 12 stay``; nothing if there is none. ``@`` in a word: is or are."""
    parts: list[str] = []
    for count, word in counts:
        if count:
            verb = word.replace("@", "is" if count == 1 else "are")
            parts.append(f"{count:,} {verb}" if parts else f"{plural(count, noun)} {verb}")
    if stay:
        parts.append(f"{f'{stay:,}' if parts else plural(stay, noun)} {'stays' if stay == 1 else 'stay'}")
    return ", ".join(parts)


def _same_captures(values: Values) -> str:
    others = ", ".join(values["others"])
    return f"The captures are the same: the differences come from what they were judged by ({others})."


def _basis(values: Values) -> str:
    a, b, detail = values["a"] or "none", values["b"] or "none", values["detail"]
    return f"{values['what']}: {a} -> {b}" + (f" ({detail})" if detail else "")


def _row_hidden(values: Values) -> str:
    machine = f" of {values['machine']}" if values["machine"] else ""
    return f"not observable: row {values['rule']}{machine}. {values['why']}"


def _span(values: Values) -> str:
    lasted = f", from {values['begin']} for {values['lasted']}" if values["begin"] else ""
    return plural(values["captures"], "capture") + lasted


def _vantages(values: Values) -> str:
    one_sided = values["one_sided"]
    return plural(values["vantages"], "vantage") + (f", {one_sided:,} one-sided" if one_sided else "")


def _flaw(words: str) -> str:
    return f"{{count:,}} {words}"


def _quality(values: Values) -> str:
    return ", ".join(values["flaws"]) or "no loss reported"


def _hidden_rows(values: Values) -> str:
    return f"{values['hidden']:,} of {plural(values['rows'], 'row')}"


def _changed_names(values: Values) -> str:
    names, more = values["names"], values["more"]
    several = "s" * (len(names) + more > 1)
    left = f" and {more:,} more" if more else ""
    return f"{values['noun']}{several} {', '.join(names)}{left} {values['change']}"


def _more(values: Values) -> str:
    return plural(values["left"], f"more {values['noun']}")


def _some(values: Values) -> str:
    more = values["more"]
    return ", ".join(values["names"]) + (f" and {more:,} more" if more else "")


def _became(values: Values) -> str:
    a, b = values["a"], values["b"]
    return plural(b, "flow") if a in (0, b) else plural(a, "flow") if not b else f"{a:,} -> {b:,} flows"


SENTENCES: Sentences = {
    "difference-headline": _headline,
    "difference-none": _nothing,
    "difference-findings": _findings,
    "difference-rows": _rows,
    "difference-boots": _boots,
    "difference-conversations": _conversations,
    "difference-hosts": _hosts,
    "difference-same-basis": "Both reports rest on the same captures, profile, rules and version.",
    "difference-same-captures": _same_captures,
    "difference-judged-apart": "The two reports were judged differently: a difference may come from that, and not from "
    "the network.",
    "difference-basis": _basis,
    "difference-no-flow": "not observable: there is no flow at all.",
    "difference-perhaps-hidden": "perhaps not observable: no capture shows that it was taken where the traffic of "
    "these hosts passes.",
    "difference-row-hidden": _row_hidden,
    "difference-doubt": "in {report} {doubt}",
    "difference-was": "was {judged}",
    "difference-now": "now {judged}",
    "difference-several": lambda values: plural(values["count"], values["noun"]),
    "difference-became": _became,
    "difference-stopped": "{judged} (stopped)",
    "difference-stalled": "{status} at {stage}",
    "difference-no-row": "not listed",
    "difference-no-boot": "no boot",
    "difference-more": _more,
    "difference-more-in-json": "and {more}: --format json lists all",
    "difference-more-by-command": "And {more}: `{command}` lists all.",
    "difference-listed": _some,
    "basis-packs": lambda values: ", ".join(values["packs"]),
    "basis-site": lambda values: f"{values['name']} {values['digest']}".rstrip(),
    "basis-site-inferred": "inferred from the traffic",
    "basis-changes": lambda values: "; ".join(values["parts"]),
    "basis-names": lambda values: ", ".join(values["parts"]),
    "basis-changed-names": _changed_names,
    "basis-headers-only": "headers only",
    "basis-dissected": "{tool} {version}",
    "basis-nothing-dissected": "nothing dissected",
    "basis-no-payload": "no payload",
    "basis-captures": _span,
    "basis-vantages": _vantages,
    "basis-quality": _quality,
    "basis-left-out": _flaw("left out"),
    "basis-damaged": _flaw("damaged"),
    "basis-dropped": _flaw("with packets dropped"),
    "basis-cut-short": _flaw("with frames cut short"),
    "basis-filtered": _flaw("captured with a filter"),
    "basis-gap": _flaw("after a gap"),
    "basis-over-limit": _flaw("with more flows than were kept"),
    "basis-empty": _flaw("without a frame"),
    "basis-hidden-rows": _hidden_rows,
}
