"""The JSON Schema of ``report.json``: what is in the document, in which units, made from the model itself.

``python -m analyzer.report.schema`` prints it; docs/report.schema.json is what it printed.
"""

import json
import sys
from itertools import chain
from typing import Any, Literal

from analyzer.messages import english
from analyzer.report.column_forms import TIMES, form_of_values
from analyzer.report.messages import PARTS as MESSAGE_PARTS
from analyzer.report.meta import CAPTURE_MEANINGS, MOST, SCHEMA, Meta
from analyzer.report.model import ADDED_COLUMNS, FLOW_COLUMNS, INTEGERS, TABLES

Json = dict[str, Any]

MEANINGS = {
    "flow": "Identifier, the same every time the same captures are analysed.",
    "ts": "Time of the first packet.",
    "duration": "Time from the first packet to the last.",
    "proto": "tcp, udp, icmp, icmp6, or the IP protocol's number.",
    "orig_h": "Address of the originator, which begins the flow; of a missing row, the machine that would begin it.",
    "orig_p": "Port of the originator; ICMP: the type; none where the protocol has no ports.",
    "resp_h": "Address of the responder; of a missing row, the machine that would answer.",
    "resp_p": "Port of the responder; ICMP: the code; none where the protocol has no ports.",
    "orig_role": "What the originator is to DPM.",
    "resp_role": "What the responder is to DPM.",
    "cast": "How the responder is addressed.",
    "service": "Protocol and responder's port (ICMP: the type), with the number's usual name: a label, never evidence.",
    "orig_pkts": "Packets that the originator sent.",
    "resp_pkts": "Packets that the responder sent.",
    "orig_bytes": "Octets of payload that the originator sent.",
    "resp_bytes": "Octets of payload that the responder sent.",
    "orig_ip_bytes": "Octets of the originator's packets from the IP header on, as sent, not as captured.",
    "resp_ip_bytes": "Octets of the responder's packets from the IP header on, as sent, not as captured.",
    "conn_state": "Zeek's word for how the connection went.",
    "history": "Zeek's letters for what was seen, the originator's upper case, the responder's lower; ^ is a flip.",
    "direction_basis": "What shows which end is the originator.",
    "outcome": "What became of the flow; of a finding of several flows, each outcome with its count.",
    "verdict": "The verdict.",
    "reason": "Why it is unexpected or blocked; none for other verdicts.",
    "rule": "Identifier of the row of the table that it was judged by; empty where none comes near.",
    "item": "The guide's name for what the row is for.",
    "executable": "The programs that the row declares: originator's -> responder's.",
    "citation": "Where the row is printed: guide, page, item, footnotes.",
    "detail": "Why the flow has its verdict, in sentences.",
    "application": "The application protocol that dissection proved; empty where it proved none.",
    "orig_mac": "Hardware address of the originator's packets; empty where the link layer has none.",
    "resp_mac": "Hardware address of the responder's packets; empty where the link layer has none.",
    "vlan": "VLAN number, outer.inner where a tag lies inside another; empty for none.",
    "capture": "Name of the capture that has the first frame.",
    "first_frame": "Wireshark's frame.number of the first frame; none where no frame is behind it.",
    "community_id": "Community ID, version 1.",
    "program": "The programs that evidence of hosts shows: originator's -> responder's; empty where it shows none.",
    "program_evidence": "How the evidence compares with the programs that the row declares; empty where it declares "
    "none.",
    "program_source": "Of each end, the word and the records that it comes from, or why there is none.",
    "orig_name": "Name of the originator in the profile: of the machine, or of the range of addresses; empty for none.",
    "resp_name": "Name of the responder in the profile: of the machine, or of the range of addresses; empty for none.",
    "finding": "Identifier, the same for the same finding in every analysis.",
    "flows": "How many flows.",
    "pkts": "Packets of all its flows, both directions.",
    "bytes": "Octets of all its flows from the IP header on, both directions.",
    "first_seen": "Time of its first flow; none where none was seen.",
    "last_seen": "Time of its last flow; none where none was seen.",
    "why": "Why, in sentences.",
    "example_flow": "Identifier of its first flow; empty for a missing row.",
    "machine": "Name of the managed machine; empty where the row is reported for the whole site.",
    "status": "What became of the row, or of the boot.",
    "client_mac": "Hardware address of the machine that boots, else its client identifier (DHCP option 61).",
    "client_ip": "The address that it was given or used; empty where none was seen.",
    "started": "Time of the attempt's first frame.",
    "ended": "Time of the attempt's last frame.",
    "discover": "Time of the stage; none where it was not seen.",
    "offer": "Time of the stage; none where it was not seen.",
    "request": "Time of the stage; none where it was not seen.",
    "ack": "Time of the stage; none where it was not seen.",
    "proxy": "Time of the boot server's answer; none where it was not seen.",
    "tftp": "Time of the first request for a file; none where it was not seen.",
    "agent": "Time of the agent's connection; none where it was not seen.",
    "furthest": "The last stage that was reached.",
    "stalled_at": "The stage that did not come; empty where it did not stall.",
    "servers": "The servers that answered, separated by semicolons.",
    "proxy_offer": "Time of a boot server's offer without an address (ProxyDHCP); none where it was not seen.",
    "files": "The files that were asked for, each with how that ended, separated by semicolons.",
}
"""Every column of the document's tables: what it means. ``written`` adds how the values are written."""

PARTS = {
    "schema_version": "The version of this form.",
    "tool": "The program that made it.",
    "version": "The program's version.",
    "answer": "COMPLIANT, NOT COMPLIANT or NOT JUDGED; none in documents of earlier versions.",
    "not_judged": "Why too little could be judged, whatever was found; empty if enough was.",
    "headline": "The answer in one sentence.",
    "scope": "How much of the table could be judged, in one sentence.",
    "verdicts": "How many flows have each verdict.",
    "notes": "What has to be known before reading on, in this order: what was inferred, not verified, lost, left out.",
    "captures": "The captures that were analysed, in the order in which they were read.",
    "hosts": "Every host that holds a role, by address.",
    "site": "The site profile that was judged by.",
    "timezone": "The time zone in which times are shown beside UTC; empty for none.",
    "known_server": "The DPM Server's address, if it was given without a profile; else empty.",
    "rules": "The rule packs in use: the table first.",
    "packs": "The same packs as plain data, enough to load them again.",
    "not_covered": "Items of the guide that the table in use does not cover.",
    "waivers": "The waivers of the profile and what each did.",
    "attestations": "The attestations of the profile and what each did.",
    "expect": "Items that had to be seen.",
    "observations": "What was read inside flows: flow, then name, then value.",
    "machines": "Machines that a flow's messages name: flow, then their names.",
    "boots": "What the table of boots has no column for, an entry for each of its lines.",
    "sightings": "How many flows of each verdict the same vantages saw in the same way; empty for a single vantage.",
    "left_out": "Captures of a folder that could not be read, and why.",
    "reading": "How the captures were read.",
    "dissection": "What tshark dissected; none where only headers were judged.",
    "expectations": "The items that had to be seen, as facts.",
    "outcomes": "For each finding: outcome, then number of its flows.",
    "host_evidence": "The evidence of hosts; absent without it.",
}
"""Every part of ``meta``."""

TABLE_MEANINGS = {
    "flows": "The flow table: in every column, one value for each flow.",
    "findings": "What there is to report, most serious first: unexpected and blocked flows of one kind between "
    "the same two hosts, and missing rows.",
    "rows": "A value for each row of the table and machine: was it exercised?",
    "boots": "A value for each attempt to boot over PXE.",
}


def schema(*, mode: Literal["serialization", "validation"] = "serialization") -> Json:
    """The schema, draft 2020-12. Tables are written column by column; all columns of a table have one length.

    ``mode``: ``validation`` admits what documents of earlier versions do not have.
    """
    meta = Meta.model_json_schema(mode=mode, ref_template="#/$defs/{model}")
    defs = {name: compact(part) for name, part in meta.pop("$defs").items()}
    for model, meanings in ((meta, PARTS), (defs["Capture"], CAPTURE_MEANINGS)):
        for name, part in model["properties"].items():
            part["description"] = meanings.get(name, "")
    optional = frozenset(chain.from_iterable(ADDED_COLUMNS.values())) if mode == "validation" else frozenset()
    tables = {name: table_schema(name, columns, optional) for name, columns in TABLES.items()}
    properties: Json = {"schema": {"const": SCHEMA, "description": "The version of this form."}}
    properties |= {"meta": {"$ref": "#/$defs/Meta"}, **tables}
    required = list(properties)
    properties["messages"] = messages_schema()
    for name in ("Note", "MessageData"):
        defs[name]["properties"]["values"] |= {"additionalProperties": {"$ref": "#/$defs/MessageValue"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": "report.json of DPM Analyzer",
        "description": "The whole document of an analysis. Times are UTC, sizes are octets; whole numbers of "
        "nanoseconds since 1970 where a name ends in _ts.",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        "$defs": defs | {"Meta": compact(meta)} | message_definitions(),
    }


def messages_schema() -> Json:
    """What the text columns are made of, a part for each table that has messages."""
    group = {"type": "array", "items": {"$ref": "#/$defs/Message"}}
    flows = {
        "type": "object",
        "description": "The messages of the flow table's lines; flows with the same messages are one group.",
        "properties": {
            "groups": {
                "type": "array",
                "description": "The messages of each group, in the order in which they are read.",
                "items": group,
            },
            "codes": {
                "type": "array",
                "description": "The group of each flow: its place in groups, from 0.",
                "items": {"type": "integer", "minimum": 0, "maximum": MOST},
            },
        },
        "required": ["groups", "codes"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "description": "The facts that the texts of the document are made of, as codes with values. Documents of "
        "earlier versions have none.",
        "properties": {"flows": flows}
        | {name: {"type": "array", "description": meaning, "items": group} for name, meaning in MESSAGE_PARTS.items()},
        "required": ["flows"],
        "additionalProperties": False,
    }


def message_definitions() -> Json:
    """A message and its values."""
    column = {
        "type": "object",
        "description": "The value that each flow has in a column of the flow table.",
        "properties": {"column": {"enum": list(FLOW_COLUMNS)}},
        "required": ["column"],
        "additionalProperties": False,
    }
    values = [
        {"type": "string"},
        {"type": "integer", "minimum": -MOST - 1, "maximum": MOST},
        {"$ref": "#/$defs/FlowColumn"},
        {"$ref": "#/$defs/Message"},
        {"type": "array", "items": {"$ref": "#/$defs/MessageValue"}},
    ]
    message = {
        "type": "object",
        "description": "A fact for a reader: its code, and its values by name.",
        "properties": {
            "code": {"enum": sorted(english.SENTENCES)},
            "values": {"type": "object", "additionalProperties": {"$ref": "#/$defs/MessageValue"}},
        },
        "required": ["code", "values"],
        "additionalProperties": False,
    }
    value = {"description": "A text, a number, a column, another message, or several of these.", "anyOf": values}
    return {"FlowColumn": column, "Message": message, "MessageValue": value}


def compact(part: Json) -> Json:
    """A model's schema with its docstring on one line, and without the titles, which repeat the names."""
    part = {key: value for key, value in part.items() if key != "title"}
    if "description" in part:
        part["description"] = " ".join(part["description"].replace("``", "").split())
    part["properties"] = {
        name: {key: value for key, value in field.items() if key != "title"}
        for name, field in part.get("properties", {}).items()
    }
    return part


def table_schema(table: str, columns: tuple[str, ...], optional: frozenset[str]) -> Json:
    return {
        "type": "object",
        "description": TABLE_MEANINGS[table],
        "properties": {
            name: {
                "type": "array",
                "description": f"{MEANINGS[name]}{written(name)}",
                "items": form_of_values(table, name),
            }
            for name in columns
        },
        "required": [name for name in columns if name not in optional],
        "additionalProperties": False,
    }


def written(name: str) -> str:
    """How the values of a column are written in JSON, unless that is obvious."""
    if name in INTEGERS:
        return " -1 means none."
    if name in TIMES:
        return " UTC, ISO 8601, nanoseconds where the capture has them; an empty text means none."
    return " Seconds, as decimal text." if name == "duration" else ""


def text() -> str:
    """The schema as it is published."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
