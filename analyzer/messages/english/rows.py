"""Sentences about the rows of the table: why each has its status, and why it was required."""

from itertools import pairwise

from analyzer.messages.english.words import Sentences, Values, counted, was

_BOOT_EVENTS = {
    "proxy": "received a file name from the boot server",
    "tftp": "received its boot file",
}
"""What a boot did at a stage whose rows require another row."""


def _expected(values: Values) -> str:
    begin, until, items = values["begin"], values["until"], values["items"]
    time = f"{f' from {begin}' if begin else ''}{f' until {until}' if until else ''}"
    first = f"--expect asks for {items[0]}" if values["source"] == "option" else f"The profile expects {items[0]}{time}"
    parts = [first, *(f"The footnotes of {one} require {two}" for one, two in pairwise(items))]
    return f"{'. '.join(parts)}."


def _hidden(values: Values) -> str:
    host = "the machine" if values["machine"] else " or ".join(values["roles"])
    return f"No capture shows that it was taken where the traffic of {host} for this row passes."


def _target(values: Values) -> str:
    machine = f" of {values['machine']}" if values["machine"] else ""
    return f"row {values['rule']}{machine}" if values["rule"] else f"item {values['item']}"


SENTENCES: Sentences = {
    # Why a row was required.
    "row-expected": _expected,
    "row-required-by-row": "Row {rule} was exercised, and its footnotes require {item}.",
    "row-required-by-boot": lambda values: (
        f"{values['client']} {_BOOT_EVENTS[values['stage']]}, but did not continue. {values['because']}"
    ),
    # Why it has its status.
    "row-not-captured": "No flow that meets this was captured.",
    "row-tried": "Its flows got no service.",
    "row-satisfied": "Captured, and it got service.",
    "row-satisfied-partly": "Captured: some flows got service, others did not.",
    "row-blocked": "Captured, but no flow got service.",
    "row-unclear": "Captured, but the captures do not show how it ended.",
    "row-required-unclear": "No captured flow meets this: the captures do not show how it ended.",
    "row-not-exercised": "Not captured, and not required.",
    "row-internal": "This row is used inside one machine only: it is never on the wire.",
    "row-no-dhcp": "The profile states that there is no DHCP server (footnote *8).",
    # Why the captures may not show it.
    "row-hidden": _hidden,
    "row-dhcp-cut": lambda values: (
        f"{counted(values['messages'], 'DHCP message')} {was(values['messages'])} cut short (snaplen): it is not "
        "known which machine has which address."
    ),
    "row-beyond-limit": "Flows beyond the limit were not kept; this row may be among them.",
    "row-no-capture": "The captures have no frame of that time.",
    "row-before-capture": "The captures begin too late to show it.",
    # Attestations.
    "row-attested": "Attested by {owner} until {expires}, not captured: {evidence}.",
    "row-attestation-lapsed": "An attestation by {owner} applied until {expires} and has lapsed.",
    "note-attestation-lapsed": lambda values: (
        f"An attestation by {values['owner']} ({_target(values)}) expired on {values['expires']}. It attests nothing "
        "after that day."
    ),
    "note-attestation-of-missing": lambda values: (
        f"An attestation by {values['owner']} ({_target(values)}) has no effect: the row is missing, and the captures "
        "could have shown it."
    ),
    "note-attestation-of-nothing": lambda values: (
        f"An attestation by {values['owner']} ({_target(values)}) has no effect: "
        + ("no line of rows.csv has this row and machine." if values["rule"] else "the table in use covers this item.")
    ),
    # Items without a row.
    "item-not-covered": "The table in use does not cover this item.",
    "item-expected-not-covered": "It is expected, but the table in use does not cover this item.",
    "item-required-not-covered": "The footnotes of exercised rows require it, but the table in use does not cover "
    "this item.",
}
