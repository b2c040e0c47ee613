"""Sentences of the document's first screen: its headline, its notes, and what inferred roles rest on."""

from analyzer.messages.english.words import Sentences, Values, counted, listed, was


def _unverified(values: Values) -> str:
    programs = " and programs" if values["programs"] == "none" else ""
    return f"Application protocols{programs} were not verified"


def _headline(values: Values) -> str:
    parts = _found(values)
    if parts:
        return f"{listed(parts)}."
    flows = values["flows"]
    return f"Nothing to report in {counted(flows, 'flow')}." if flows else "There is no flow to judge."


def _headline_with_programs(values: Values) -> str:
    parts = []
    if count := values["contradicted"]:
        parts.append(f"{counted(count, 'flow')} {was(count)} made with another program than the table declares")
    if count := values["held"]:
        parts.append(f"{counted(count, 'port')} of the table {was(count)} held by another program")
    parts += _found(values)
    if parts:
        return f"{listed(parts)}."
    return _headline(values)


def _found(values: Values) -> list[str]:
    parts = []
    if count := values["unexpected"]:
        parts.append(f"{counted(count, 'flow')} should not exist")
    if count := values["blocked"]:
        parts.append(f"{counted(count, 'expected flow')} got no service")
    if count := values["missing"]:
        parts.append(f"{counted(count, 'required row')} of the table {was(count)} not captured")
    if count := values["stalled"]:
        parts.append(f"{counted(count, 'boot')} did not finish")
    return parts


NOT_JUDGED = {
    "no-flow": "The captures have no flow to judge.",
    "no-server": "No flow of a DPM Server was captured, so nothing shows how DPM works here.",
    "no-verdict": "No flow could be judged: the captures do not show what became of the flows of the table.",
    "unread": "Some frames were not read (encapsulation, encryption, cut headers or the limit of flows): they may "
    "contain flows of the table. Nothing was found in the other frames.",
}


def _headline_not_judged(values: Values) -> str:
    return NOT_JUDGED[values["because"]]


def _scope(values: Values) -> str:
    rows, shown, hidden = values["rows"], values["shown"], values["not_observable"]
    parts = [f"The captures show {shown} of the {counted(rows, 'row')} of the table"]
    attested = values.get("attested", 0)
    if hidden:
        parts.append(f"{hidden} could not be observed")
    if attested:
        parts.append(f"{attested} {was(attested)} attested by somebody, not captured")
    if rest := rows - shown - hidden - attested:
        parts.append(f"{rest} {was(rest)} not captured and not required")
    stated = values.get("items_attested", 0)
    some = f", {stated} of them attested by somebody" if stated else ""
    items = counted(values["items"], "item")
    covered = f" The table does not cover {items} of the guide{some}." if values["items"] else ""
    return f"{'; '.join(parts)}.{covered}"


def _segment_of_senders(values: Values) -> str:
    more = f" and {values['more']} more" if values["more"] else ""
    hosts = ", ".join(values["hosts"])
    return f"{hosts}{more} sent with no router between; no mask was captured, /{values['prefix']} is a guess"


def _server_silent(values: Values) -> str:
    other = values["other"]
    acts = f" {other} acts as a DPM Server: check dpm_server.addresses of the profile." if other else ""
    return f"The DPM Server of the profile ({', '.join(values['addresses'])}) sent nothing in these captures.{acts}"


def _one(values: Values) -> bool:
    return bool(len(values["others"]) + values["more"] == 1)


def _addresses(values: Values) -> str:
    return ", ".join(values["others"]) + (f" and {counted(values['more'], 'more address')}" if values["more"] else "")


def _roles_inferred(values: Values) -> str:
    server = values["server"]
    found = f"{server} is taken for the DPM Server" if server else "no host acts as a DPM Server"
    roles = f"All roles are inferred from the traffic: {found}"
    if values["basis"] == "given":
        roles = f"The DPM Server was given ({server}), all other roles are inferred from the traffic"
    return (
        f"No site profile was given. {roles}. A host that acts as a managed "
        "machine is taken for one, even an intruder. `dpm-analyzer site infer` drafts a profile; correct it and "
        "analyse again."
    )


def _dissected(values: Values) -> str:
    problem, frames, left = values["problem"], values["frames"], values["left"]
    parts = [problem] if problem else []
    if frames:
        flows = counted(values["flows"], "flow")
        parts.append(f"tshark {values['version']} dissected {counted(frames, 'frame')} of {flows}.")
    elif not problem:
        parts.append("No captured frame has a payload to dissect.")
    if left:
        parts.append(f"{counted(left, 'more frame')}, the least important, exceeded the limit (--dissect-frames).")
    others = "The application protocols of other flows" + (
        ", and the programs," if values["programs"] == "none" else ""
    )
    rest = f"{others} were not verified" if frames else _unverified(values)
    return f"{' '.join(parts)} {rest}."


def _watch(values: Values) -> str:
    ports = values["ports"]
    return (
        f"The table in use reads frames of UDP port{'s' * (len(ports) > 1)} {', '.join(map(str, ports))}. The captures "
        "were read for another table, which did not: only magic packets and the first frames of flows were kept. "
        "Analyse the captures again to be sure."
    )


def _dropped(values: Values) -> str:
    packets = values["packets"]
    return (
        f"{values['capture']} reports {counted(packets, 'dropped packet')}: what is missing in it may have been sent."
    )


def _tunnels(values: Values) -> str:
    flows = values["flows"]
    return (
        f"{counted(flows, 'flow')} {was(flows)} captured inside tunnels ({', '.join(values['tunnels'])}). "
        "With --outer, the flows between the tunnel ends are judged instead."
    )


def _ethernet_wake(values: Values) -> str:
    packets = values["packets"]
    they, are = ("it", "is") if packets == 1 else ("they", "are")
    return (
        f"{counted(packets, 'magic packet')} {was(packets)} sent directly over Ethernet, not over UDP as the table "
        f"states: {they} {are} in no flow and {was(packets)} not judged."
    )


def _boots6(values: Values) -> str:
    messages = values["messages"]
    unexpected = values.get("unexpected", messages)
    belong = "belongs" if messages == 1 else "belong"
    every = "It is" if messages == 1 else "They are"
    some = f"{unexpected} of them {'is' if unexpected == 1 else 'are'}"
    which = every if unexpected == messages else some
    reported = f" {which} reported as unexpected." if unexpected else ""
    return (
        f"{counted(messages, 'DHCPv6 message')} {belong} to network boots over IPv6. The table has no row for them, "
        f"and these boots are not followed.{reported}"
    )


def _span(nanoseconds: int) -> str:
    """Days, or years if there are many."""
    days = nanoseconds // 86_400_000_000_000
    return counted(days, "day") if days < 1000 else f"{days / 365.25:.1f} years"


def _duplicates(values: Values) -> str:
    return (
        f"{values['capture']} has {values['frames']} copies of frames captured just before. They count as packets, but "
        "not as retransmissions, requests or flows."
    )


def _beyond(values: Values) -> str:
    beyond = values["beyond"]
    return f"{beyond[:1].upper()}{beyond[1:]}. Rows or answers reported as missing may be among them."


SENTENCES: Sentences = {
    "headline": _headline,
    "headline-with-programs": _headline_with_programs,
    "headline-not-judged": _headline_not_judged,
    "scope": _scope,
    # Notes.
    "note-server-segment": lambda values: (
        f"No segment of the profile contains the DPM Server ({', '.join(values['addresses'])}). So it is not known "
        "whether a machine is in the server's segment (footnote *3). Add the server's segment to the profile."
    ),
    "note-roles-inferred": _roles_inferred,
    "note-server-silent": _server_silent,
    "note-no-machine": "The profile lists no managed machine: every flow of a machine with the DPM Server is "
    "unexpected. Add the machines or their address ranges (managed_machines).",
    "note-unlisted-machines": lambda values: (
        f"{_addresses(values)} {'behaves like a machine and has' if _one(values) else 'behave like machines and have'} "
        "no role in the profile. If they belong to the site, add them to the profile; if not, they are unknown hosts."
    ),
    "note-dhcp-silent": lambda values: (
        f"The DHCP server of the profile ({', '.join(values['listed'])}) sent nothing, but {_addresses(values)} "
        f"{'assigns' if _one(values) else 'assign'} addresses. Check dhcp.servers of the profile."
    ),
    "note-no-segment": "No segment is known. So a directed broadcast (footnote *3) cannot be distinguished from "
    "another address.",
    "note-headers-only": lambda values: (
        f"Only headers were judged (--no-dissect). {_unverified(values)}; of the payloads only DHCP, TFTP and magic "
        "packets were read."
    ),
    "note-dissected": _dissected,
    "note-dhcp-cut": lambda values: (
        f"{counted(values['messages'], 'DHCP message')} cannot be read: cut short (snaplen). "
        "Rows of network boots may be not observable, and stalled boots may be left out. "
        f"Capture whole packets (snaplen 0). {counted(values['frames'], 'frame')} {was(values['frames'])} cut short."
    ),
    "note-cut": lambda values: (
        f"{counted(values['frames'], 'frame')} {was(values['frames'])} cut short (snaplen): the headers were read, the "
        "payloads only in part."
    ),
    "note-unread": "Not read: {unread}.",
    "note-damaged": "{capture} is damaged: {damage}.",
    "note-dropped": _dropped,
    "note-filter": "{capture} was captured with the filter {filter!r}: packets that it excludes are not in the "
    "capture.",
    "note-clock": lambda values: (
        f"The clock of {values['capture']} went back by up to {values['nanoseconds'] / 1e9:.3f} s: durations and the "
        "order of events are uncertain."
    ),
    "note-clock-forward": lambda values: (
        f"The times of {values['capture']} go forward by {_span(values['nanoseconds'])} from one frame to the next: "
        "its clock was set, or nothing was captured meanwhile. Times and durations across this step are uncertain."
    ),
    "note-undated": lambda values: (
        f"{values['capture']} has {counted(values['frames'], 'frame')} without a time stamp."
    ),
    "note-duplicates": _duplicates,
    "note-empty": "{capture} has no frame.",
    "note-aside": lambda values: f"Frames that were not read, by reason: {', '.join(values['reasons'])}.",
    "frames-aside": "{frames} {reason}",
    "note-encapsulations": lambda values: (
        f"{values['unread'][:1].upper()}{values['unread'][1:]}. These packets were not judged."
    ),
    "note-marks-dropped": lambda values: (
        f"{counted(values['frames'], 'DHCP or TFTP frame')} exceeded the limit and {was(values['frames'])} not kept: "
        "boots may lack stages."
    ),
    "note-beyond-limit": _beyond,
    "note-flows-on-disk": lambda values: f"{values['moved'][:1].upper()}{values['moved'][1:]}.",
    "note-vantages": "The captures overlap in time: {vantages} vantages. A flow that several vantages captured is "
    "counted once.",
    "note-tunnels": _tunnels,
    "note-ethernet-wake": _ethernet_wake,
    "note-boots-ipv6": _boots6,
    "note-not-covered": lambda values: (
        f"The table in use does not cover: {', '.join(values['items'])}. Their traffic is reported as unexpected."
    ),
    "note-waiver-lapsed": "A waiver by {owner} ({orig} to {resp}, {service}) expired on {expires}. It waives nothing "
    "after that day.",
    "note-watch": _watch,
    # Problems of dissection.
    "tshark-missing": "Nothing was dissected: tshark was not found (install Wireshark's tshark).",
    "tshark-not-started": "Nothing was dissected: tshark could not be started ({error}).",
    "tshark-without-version": "Nothing was dissected: tshark failed with exit code {exit_code} and reported no "
    "version.",
    "tshark-silent": "The time limit was reached after 0 of {frames} frames: tshark did not answer.",
    "tshark-failed": lambda values: (
        f"tshark failed with {values['how']} after {values['done']} of {values['frames']} frames"
        f"{' (' + values['error'] + ')' if values['error'] else ''}."
    ),
    "tshark-ended": "tshark ended after {done} of {frames} frames: the rest of its output was no dissection.",
    "dissection-failed": "Nothing was dissected: {error}.",
    "dissection-time-limit": "The time limit was reached after {done} of {frames} frames; the others were not "
    "dissected.",
    "dissection-stopped": "Dissection stopped after {done} of {frames} frames: {error}.",
    # What an inferred role or segment rests on.
    "role-dpm-server": lambda values: f"acts as the DPM Server: {', '.join(values['rows'])}",
    "role-given-server": lambda values: f"given as the DPM Server: {', '.join(values['rows']) or 'no flow of a row'}",
    "role-of-rows": lambda values: f"{values['role']}: {', '.join(values['rows'])}",
    "role-dhcp-server": lambda values: f"sent {counted(values['answers'], 'DHCP answer')}",
    "dhcp-relay-seen": lambda values: f"relayed {counted(values['messages'], 'DHCP message')}",
    "flows-of-row": lambda values: f"row {values['rule']}: {counted(values['flows'], 'flow')}",
    "segment-of-mask": "a DHCP server gave {address} the mask {mask}",
    "segment-of-senders": _segment_of_senders,
    "mac-of-frames": "MAC of its own frames",
    "mac-of-lease": "MAC of its DHCP lease",
}
