"""Sentences about what to do next: what a kind of finding usually means, and what to check."""

from analyzer.messages.english.words import Sentences, Values, counted


def _not_observable(values: Values) -> str:
    rows = values["rows"]
    owner = "its" if rows == 1 else "their"
    return (
        f"{counted(rows, 'row')} could not be observed. Capture where {owner} traffic passes, "
        "best at the DPM Server's own port, or let somebody attest what the captures cannot show."
    )


SENTENCES: Sentences = {
    "advice-executable": "The host's own records show another program than the table declares: other software "
    "uses this port, or the program was replaced. Compare path and version on the host; keep the host as evidence "
    "until you know.",
    "advice-no-row": "No row of the table covers this service: another application on the host, an attack, or an "
    "item of the guide that the table in use does not cover. Ask the owners of both hosts which program uses the "
    "port. If another page of the guide lists it, import that page (`dpm-analyzer rules import`).",
    "advice-internal-only": "The guide allows this service only inside the DPM Server, but here it crossed the "
    "network. Check which interfaces the service listens on, and close the port in the server's firewall.",
    "advice-direction": "The hosts are those of the row, but the other one opened the connection. Check which "
    "program on the originator opened it: DPM's own programs do not. If its request was not captured, start the "
    "capture earlier.",
    "advice-role": "The service is in the table, but for hosts of other roles. Either the site profile is "
    "incomplete (add the host with its role), or a host uses a DPM service that it should not use: find out who "
    "runs it.",
    "advice-client-port": "The row prescribes the originator's port, and another one was used. Usually a NAT, a "
    "proxy or another program is between the hosts. Check the path, then the program on the originator.",
    "advice-broadcast-address": "The packet went to another address than footnote *3 requires, so machines of the "
    "segment may not get it. Check the segments and prefix lengths in the site profile and in DPM's settings.",
    "advice-protocol": "The port is that of a row, but the transport or the content is another one: another "
    "program uses the port, or a tunnel is hidden in it. Extract the packets and look at the payload.",
    "advice-refused": "A reset ended it: nothing listens on the responder, or a firewall sent the reset. If the "
    "reset has another TTL than other packets of the responder, another device sent it. Check that the service runs "
    "on the responder and on which port, then the firewalls.",
    "advice-no-reply": "An answer, or what followed it, did not arrive, although it could have been captured. If "
    "nothing came at all, the host is off or a firewall drops the packets. If an answer came and was repeated, one "
    "direction is blocked. Check that the host is up, then each firewall between the two, in both directions.",
    "advice-admin-prohibited": "A router or firewall reported that it prohibits the packets. The finding names "
    "it: check its rules for this service.",
    "advice-unreachable": "A router or host reported that the packets did not reach the responder, or that they "
    "are too big for the path. The finding names it: check addresses, routes and the MTU, and "
    "whether the service listens.",
    "advice-missing": "The row had to be captured and was not. Check that the action took place during the "
    "capture and that the capture point lies on its path; then check the machine.",
    "advice-boot-offer": "No address was offered. Check that the DHCP server runs, has free addresses for this segment "
    "and does not ignore the MAC; then the relay and the VLAN between them.",
    "advice-boot-proxy-offer": "The boot server did not answer. Check DPM's PXE service on the server, and that the "
    "broadcast or the relay reaches it.",
    "advice-boot-request": "The machine did not take what was offered. Check that the offer names a boot file or a "
    "boot server for the machine's architecture, and whether another DHCP server answers too.",
    "advice-boot-ack": "The address was not confirmed. Check the leases of the DHCP server, whether another host "
    "uses the address, and whether several DHCP servers answer.",
    "advice-boot-proxy": "The boot server did not answer on port 4011. Check DPM's PXE service on the server, and the "
    "firewalls for UDP 4011 in both directions.",
    "advice-boot-tftp": "The boot file did not arrive. Check that the server has the file that the machine asks for, "
    "that the TFTP service runs, and that firewalls let the transfer's ephemeral UDP ports pass.",
    "advice-boot-ack-unused": "The DHCP server confirmed the address, but the machine did not use it. Check whether "
    "another host has the address, and whether the answer reaches the machine: the relay's address, the VLAN, and "
    "firewalls for UDP 67 and 68.",
    "advice-boot-no-file-request": "The machine has an address, but it did not ask for a boot file. Check that the "
    "DHCP server or the boot server names a file for the architecture of the machine; then look at its screen.",
    "advice-boot-agent": "The file arrived, and the booted program did not connect to the server. Look at the "
    "machine's screen; then check TCP 56030 from the machine to the server on every firewall "
    "between.",
    "next-not-observable": _not_observable,
    "next-not-captured": "The rows that were not captured were not required. To judge them too, capture while their "
    "actions run.",
}
