"""Sentences about programs that the evidence of hosts shows, at flows and at listening ports."""

from analyzer.messages.english.words import Sentences, Values


def _listener(values: Values) -> str:
    place = f"{values['service']} of {values['host']}"
    wanted, held = " or ".join(values["wanted"]), ", ".join(values["owners"])
    if values["state"] == "free":
        if values["kind"] == "internal-port":
            return f"The socket table shows that {place} is free."
        return f"The socket table shows no program that holds {place}; the table expects {wanted}."
    if values["state"] == "not-listed":
        protocol = values["service"].partition("/")[0]
        return (
            f"The socket table of {values['host']} lists no listening socket of {protocol}, so it does not show which "
            f"program holds {place}; the table expects {wanted}."
        )
    if values["state"] == "doubtful" and not held:
        return f"It is in doubt whether the socket table is of {values['host']}, so it does not show who holds {place}."
    if values["state"] == "held":
        proved = "as the table states" if values["proved"] else "which fits the table; its path is not proven"
        return f"{place} is held by {held}, {proved}."
    ends = {
        "held-by-other": f"{held}; the table expects {wanted}",
        "doubtful": f"{held}, but it is in doubt whether the socket table is of this host",
        "program-unknown": f"{held}; it is not known whether this is {wanted}",
        "differs": f"several programs: {held}; the table expects {wanted}",
    }
    return f"{place} is held by {ends[values['state']]}."


def _holder(values: Values) -> str:
    program = values["program"] or "a program without a name"
    return f"{program} (process {values['pid']}, {values['source']} #{values['record']})"


def _holder_by_process(values: Values) -> str:
    process = f"process {values['pid']}, {values['source']} #{values['record']}"
    return f"{values['program']} ({process} with {values['process_source']} #{values['process_record']})"


SENTENCES: Sentences = {
    "program-contradicted": "The evidence of its hosts shows another program than the row declares: {program} instead "
    "of {executable} ({program_source}).",
    "reason-executable": "Its row requires the programs that it declares, {executable}, and the evidence of the hosts "
    "shows {program} ({program_source}).",
    "listener-check": _listener,
    "listener-holder": _holder,
    "listener-holder-by-process": _holder_by_process,
}
