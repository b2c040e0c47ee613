"""Why an answer could not have been captured: clauses that follow a colon."""

from analyzer.messages.english.words import Template, Values, counted, listed


def _host_view(values: Values) -> str:
    return (
        f"the capture was taken at {listed(values['hosts'])}, where the unicast answer of another server does not pass"
    )


SENTENCES: dict[str, Template] = {
    "blind-other-connection": "another connection of these two hosts shows one direction only, although both sent",
    "blind-flow-limit": "the answer is a flow of its own, and flows beyond the limit were not kept",
    "blind-dhcp-cut": "the DHCP messages were captured too short to find the answers to them",
    "blind-dhcp-limit": "its messages exceeded the limit of frames that are kept",
    "blind-dhcp-unread": "its messages could not be read as DHCP, so the answers to them cannot be found",
    "blind-check-cut": "the sender answered DHCP at that time, and its messages were captured too short to see whether "
    "it checked that the address is free",
    "blind-one-direction": "the capture shows one direction only of every conversation between two hosts",
    "blind-cut-headers": lambda values: (
        f"{counted(values['frames'], 'frame')} of the capture {'is' if values['frames'] == 1 else 'are'} cut inside "
        "their headers; the answer may be there"
    ),
    "blind-last-seconds": "it begins in the last three seconds of the capture, or of a part of it",
    "blind-host-view": _host_view,
    "blind-unicast": "the answer to a broadcast is unicast, and no unicast between other hosts is seen to pass this "
    "vantage",
}
