"""Sentences about captures: what a file lost, why one was not read, and how it was taken."""

from analyzer.messages.english.words import Sentences, Values, counted, was

_TSHARK = "convert it with: tshark -r {file} -w {file}.pcapng"
_ON_WINDOWS = "on Windows"
_ORIGINAL = "give the capture that it was made from"
_FORMATS = {
    "snoop": ("a snoop capture (Solaris)", _TSHARK),
    "netmon-2": ("a Microsoft Network Monitor 2 capture", _TSHARK),
    "netmon-1": ("a Microsoft Network Monitor 1 capture", _TSHARK),
    "iptrace": ("an iptrace capture (AIX)", _TSHARK),
    "sniffer-dos": ("a Sniffer capture (DOS)", _TSHARK),
    "sniffer-windows": ("a NetXRay or Windows Sniffer capture", _TSHARK),
    "visual-networks": ("a Visual Networks capture", _TSHARK),
    "peek": ("an EtherPeek or OmniPeek capture", _TSHARK),
    "erf": ("an ERF capture (Endace)", _TSHARK),
    "etl": ("a Windows event trace (ETL, as netsh and pktmon write it)", _ON_WINDOWS),
    "btsnoop": ("a Bluetooth capture (btsnoop)", "it has no DPM traffic"),
    "tar": ("a tar archive", "unpack it first: tar -xf {file}, and give the captures in it"),
    "zip": ("a zip archive", "unpack it first: unzip {file}, and give the captures in it"),
    "7z": ("a 7z archive", "unpack it first: 7z x {file}, and give the captures in it"),
    "rar": ("a RAR archive", "unpack it first: unrar x {file}, and give the captures in it"),
    "compress": ("a file packed by compress", "unpack it first: uncompress {file}"),
    "lz4-legacy": ("a legacy lz4 stream", "unpack it first: lz4 -d {file}"),
}
"""Formats that are not read: (what it is, what to do)."""
_TEXT_FORMATS = {
    "hex-dump": ("a hex dump", "convert it with: text2pcap FILE FILE.pcapng"),
    "json": ("JSON, perhaps a list of packets", _ORIGINAL),
    "xml": ("XML, perhaps a list of packets", _ORIGINAL),
    "packet-list": ("a packet list exported as text", "export the packets themselves, as pcapng"),
    "tcpdump-output": ("what tcpdump printed", "let tcpdump write the packets: tcpdump -w FILE.pcap"),
}
_NEEDED = "a capture in pcap or pcapng format is needed"
_CONVERT = "convert it with the program that wrote it, or the header is damaged"


def _place(values: Values) -> str:
    return f"at octet {values['octet']}{_inside(values)}, after frame {values['frame']}"


def _inside(values: Values) -> str:
    return " of the uncompressed stream" if values["compression"] else ""


def _resumed(values: Values) -> str:
    frames = values["frames"]
    return (
        f"{values['problem']} {_place(values)}; {values['skipped']} octets were skipped, and reading continued at "
        f"octet {values['resumed']}{_inside(values)}: {counted(frames, 'frame')} {was(frames)} found after it"
    )


def _foreign(values: Values) -> str:
    name, fix = _FORMATS[values["format"]]
    # The name of a file is text from outside: it is put in last, and never read as a template.
    if fix == _ON_WINDOWS:
        file = values.get("windows_file", values["file"])
        out = f'{file[:-1]}.pcapng"' if file.endswith('"') else f"{file}.pcapng"
        commands = f"etl2pcapng {file} {out}, or: pktmon etl2pcap {file} --out {out}"
        return f"this is {name}; convert it on Windows with: {commands}"
    return f"this is {name}; {fix.replace('{file}', values['file'])}"


def _foreign_text(values: Values) -> str:
    name, fix = _TEXT_FORMATS[values["format"]]
    return f"this looks like a text file: {name}; {fix}"


def _dropped(values: Values) -> str:
    count = values["packets"]
    return f"{values['capture']}: the capture program reports {counted(count, 'dropped packet')}"


def _beyond(values: Values) -> str:
    frames = values["frames"]
    return (
        f"the first {values['limit']} flows were kept, and {counted(frames, 'frame')} of later flows "
        f"{was(frames)} set aside; --max-flows raises the limit, if there is memory for more"
    )


def _on_disk(values: Values) -> str:
    return (
        f"a vantage has {counted(values['flows'], 'flow')}: while captures are read, flows beyond the first "
        f"{values['limit']:,} are kept in a temporary file, if the folder for temporary files is on a disk with room"
    )


SENTENCES: Sentences = {
    # What is wrong at a place of a file.
    "record-length": "a record of impossible length",
    "record-zeros": "a record of nothing but zeros (a file that was not written to its end)",
    "record-cut": "cut short",
    "block-length": "a block of impossible length",
    "block-lengths-differ": "a block whose two lengths disagree",
    "packet-without-interface": "a packet of an interface that no block describes",
    "section-without-magic": "a section without its byte-order magic",
    "section-too-short": "a section header that is too short",
    "section-version": "a section of the unsupported pcapng version {major}.{minor}",
    "interface-too-short": "an interface block that is too short",
    "interfaces-too-many": "more than {limit} interfaces in one section",
    "headers-too-many": "more than {limit} sections and interfaces",
    "options-too-many": "more than {limit} options of sections and interfaces",
    "stream-damaged": "the {compression} stream is damaged",
    "stream-cut-short": "the {compression} stream is cut short",
    "reading-failed": "reading failed ({error})",
    # What was lost there.
    "damage-to-end": lambda values: f"{values['problem']} {_place(values)}; nothing after it was read",
    "damage-unread": lambda values: f"{values['problem']} {_place(values)}; nothing that follows could be read",
    "damage-skipped": _resumed,
    "damage-cut-short": lambda values: (
        f"cut short {_place(values)}: the last {values['left']} octets are no whole record"
    ),
    "damage-stream": lambda values: f"{values['problem']} {_place(values)}; what came before it was read",
    "damage-link-type": "a link type ({field}) with undefined bits; {link} was used",
    "damage-time-offset": lambda values: f"an interface with an impossible time offset {_place(values)}; 0 was used",
    "damage-more": "{count} more losses of this capture are not listed",
    # Why a file is not read.
    "capture-unread": "{capture}: {problem}",
    "captures-beyond": lambda values: (
        f"{counted(values['captures'], 'capture')} ({values['first']} and those after it): more than {values['limit']} "
        f"captures have the same time; analyse fewer at once"
    ),
    "file-empty": f"the file is empty; {_NEEDED}",
    "file-header-cut": "the file ends inside its own header: it has no frame; copy it again, or give another capture",
    "file-format": _foreign,
    "file-text-format": _foreign_text,
    "file-text": f"this looks like a text file; {_NEEDED}",
    "file-unknown": f"this is no capture (it begins with {{octets}}); {_NEEDED}",
    "pcap-version-old": "its header states pcap version {major}.{minor}, which is older than any that is read (2.0 to "
    f"2.4 are read): {_CONVERT}",
    "pcap-version-unknown": "its header states pcap version {major}.{minor}, which is unknown (2.0 to 2.4 are read): "
    f"{_CONVERT}",
    "pcapng-version": "its header states pcapng version {major}.{minor}, which is unknown (1.0 is read): "
    f"{_CONVERT}",
    "pcapng-magic": "it begins as pcapng does, but its first section has no byte-order magic: the header is damaged",
    "stream-unreadable": "a damaged {compression} stream: nothing can be read of it",
    "file-missing": "no such file or folder",
    "file-outside": "a link to a file outside the folder, which is not followed; name the file itself",
    "file-denied": "permission denied",
    "file-folder": "this is a folder",
    "file-error": "{error}",
    # Lines on standard error.
    "capture-left-out": "left out: {unread}",
    "capture-dropped": _dropped,
    "capture-damaged": "{capture}: {damage}",
    "flows-beyond-limit": _beyond,
    "flows-on-disk": _on_disk,
    "encapsulations-not-read": lambda values: (
        f"frames with packets that were not read, by encapsulation: {', '.join(values['names'])}"
    ),
}
