"""The attempts of a client to boot: its DHCP messages, files and connections to the agent's port, by attempt.

Sources: the PXE specification 2.1 (PXEClient, port 4011), RFC 2131 (renewal: a request that names an address in use).
"""

from collections.abc import Iterable

from analyzer.compliance.boots.attempt import AgentConnection, BootAttempt, DhcpAnswer
from analyzer.compliance.boots.downloads import STOPPED_BY_ICMP, Ending, Transfer
from analyzer.compliance.exchanges.dhcp import EARLIER, DhcpMessage, asks_again, client_address, proxy_port, sender_of
from analyzer.compliance.identity.roles import DHCP_ANSWERERS
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.verdict.outcome import OUTCOMES
from analyzer.protocols.dhcp import ACK, DECLINE, DISCOVER, GIVE_BACK, INFORM, NAK, NO_ADDRESS, OFFER, REQUEST

STAGE_OF = {
    (True, DISCOVER): "discover",
    (False, OFFER): "offer",
    (True, REQUEST): "request",
    (False, ACK): "ack",
}
"""The stage that a DHCP message is, by (asked by the client, message type)."""
ANSWERS = {OFFER: "offer", ACK: "ack", NAK: "nak"}
NO_BOOT = GIVE_BACK | {INFORM}
"""DhcpMessage types that are no step of a boot, except on the boot server's own port."""
NEW_ATTEMPT_AFTER = 60_000_000_000
CHAINED_WITHIN = 10_000_000_000
"""A loader asks for its own lease sooner after it was loaded than a machine restarts."""
LONGEST_PAUSE = 600_000_000_000
"""Later packets of the machine are not part of the boot."""


def attempts_of(
    judgement: Judgement,
    mac: str,
    messages: Iterable[DhcpMessage],
    files: Iterable[Transfer],
    connections: Iterable[AgentConnection],
) -> list[BootAttempt]:
    """The attempts of one client, in order of time."""
    # The clocks of two vantages are never quite the same: what a lease allowed does not come before it.
    slack = EARLIER if len(judgement.vantages) > 1 else 0
    events: list[tuple[int, int, DhcpMessage | Transfer | AgentConnection]] = [
        *((message.mark.time, 0, message) for message in messages),
        *((transfer.began + slack, 1, transfer) for transfer in files),
        *((connection.began + slack, 2, connection) for connection in connections),
    ]
    attempts: list[BootAttempt] = []
    skipped: dict[int, bool] = {}
    for time, _, event in sorted(events, key=lambda event: event[:2]):
        current = attempts[-1] if attempts else None
        if isinstance(event, DhcpMessage):
            request, xid = event.bootp.request, event.bootp.xid
            if request:
                skipped[xid] = is_no_step(judgement, current, event)
            if skipped.get(xid):
                add_decline(current, event)
                continue
            if request and begins_attempt(judgement, current, event):
                current = BootAttempt(mac, time, time)
                attempts.append(current)
            if current:
                add_message(judgement, current, event)
        elif current and is_part_of(current, event):
            add_transfer(current, event)
    return attempts


def is_no_step(judgement: Judgement, current: BootAttempt | None, message: DhcpMessage) -> bool:
    """Whether a request is no step of a boot, nor are its answers: because of its type, or because it is no ROM's but a
    system's - one that the boot loaded, or the disk's own - which renews a lease, or asks without PXEClient soon after
    a ROM did."""
    mark, bootp = message
    if proxy_port(judgement.table, mark.flow):
        return False
    soon = current is not None and current.pxe and mark.time - current.ended <= LONGEST_PAUSE
    return bootp.kind in NO_BOOT or (not bootp.pxe and (soon or bootp.client_ip != NO_ADDRESS))


def begins_attempt(judgement: Judgement, current: BootAttempt | None, message: DhcpMessage) -> bool:
    """Whether a request is the first message of an attempt. ``current``: the one before it."""
    return current is None or (
        begins_new_attempt(current, message) and not is_repeated_discover(judgement, current, message)
    )


def begins_new_attempt(current: BootAttempt, message: DhcpMessage) -> bool:
    """Whether a request starts another attempt: after a pause of a minute, or because it requests an address although
    the client has one. A loader that was a boot file (iPXE) does this too, like a ROM, and continues the attempt."""
    silence = message.mark.time - current.ended
    if message.bootp.kind != DISCOVER:
        # A boot server may show a menu and wait for a key.
        return silence > (LONGEST_PAUSE if current.leased else NEW_ATTEMPT_AFTER)
    if current.last_ending is Ending.COMPLETE and silence <= CHAINED_WITHIN and current.agent_flow < 0:
        return False
    return silence > NEW_ATTEMPT_AFTER or current.leased or message.bootp.pxe is not current.pxe


def is_repeated_discover(judgement: Judgement, current: BootAttempt, message: DhcpMessage) -> bool:
    """Whether another vantage captured this discover with its own clock: then the attempt began with it."""
    mark, bootp = message
    known = bootp.kind == DISCOVER and bootp.xid in current.xids and mark.time - current.started <= EARLIER
    return known and vantage_of(judgement, message) not in current.vantages


def vantage_of(judgement: Judgement, message: DhcpMessage) -> int:
    return judgement.evidence.captures[message.mark.capture].vantage


def is_part_of(current: BootAttempt, event: Transfer | AgentConnection) -> bool:
    """Whether a file or a connection is a step of the latest attempt. A system that came whole may take its time."""
    started = isinstance(event, AgentConnection) and current.last_ending is Ending.COMPLETE
    return started or event.began - current.ended <= LONGEST_PAUSE


def add_transfer(boot: BootAttempt, event: Transfer | AgentConnection) -> None:
    """Add a file or a connection to the agent's port to an attempt. Of several connections the first with service
    counts."""
    if isinstance(event, Transfer):
        boot.transfers.append(event)
        boot.leased = True
        boot.reach("tftp", event.began)
        boot.ended = max(boot.ended, event.ended)
        return
    boot.reach("agent", event.began)
    if boot.agent_flow < 0 or (event.served and not boot.agent_served):
        boot.agent_flow, boot.agent_served = event.flow, event.served


def add_decline(boot: BootAttempt | None, message: DhcpMessage) -> None:
    """Note that a client gave back what an attempt was assigned. It names the address as the one that it asks for."""
    declines = message.bootp.request and message.bootp.kind == DECLINE
    if boot and declines and boot.leased and message.bootp.requested_ip in (NO_ADDRESS, *boot.addresses):
        boot.declined = True
        boot.ended = max(boot.ended, message.mark.time)


def add_message(judgement: Judgement, boot: BootAttempt, message: DhcpMessage) -> None:
    """Add one DHCP message to an attempt."""
    mark, bootp = message
    boot.xids.setdefault(bootp.xid)
    boot.dhcp_flows.add(mark.flow)
    if bootp.kind == DISCOVER:
        boot.vantages.add(vantage_of(judgement, message))
    boot.ended = max(boot.ended, mark.time)
    if proxy_port(judgement.table, mark.flow):
        add_proxy_message(judgement, boot, message)
    elif not bootp.request and bootp.kind == OFFER and bootp.your_ip == NO_ADDRESS:
        # It names a boot server (proxyDHCP): an offer, but of nothing to ask for until an address is offered as well.
        boot.boot_server_offered = mark.time if boot.boot_server_offered < 0 else boot.boot_server_offered
    elif stage := STAGE_OF.get((bootp.request, bootp.kind)):
        boot.request_repeated |= stage == "request" and asks_again(message, boot.acknowledged.get(bootp.xid, mark.time))
        earlier = boot.boot_server_offered if stage == "offer" else -1
        boot.reach(stage, mark.time if earlier < 0 else min(mark.time, earlier))
        boot.leased = stage == "ack" or (boot.leased and stage != "discover")
    if (address := client_address(bootp)) != NO_ADDRESS:
        boot.addresses.setdefault(address)
    if bootp.request:
        boot.pxe |= bootp.pxe
        boot.requests.add(mark.flow)
        boot.uuid = boot.uuid or bootp.uuid
        boot.architecture = bootp.architecture if boot.architecture < 0 else boot.architecture
    else:
        add_answer(judgement, boot, message)


def add_proxy_message(judgement: Judgement, boot: BootAttempt, message: DhcpMessage) -> None:
    """Add a message on the boot server's own port."""
    mark, bootp = message
    boot.leased = True
    boot.reach("proxy", mark.time)
    boot.proxy_unreachable |= OUTCOMES[judgement.outcome[mark.flow]] in STOPPED_BY_ICMP
    if bootp.request:
        boot.proxy_asked.add(bootp.xid)
        boot.proxy_answered |= bool(judgement.relations.answered[mark.flow])
    elif answers_on_proxy_port(boot, message):
        boot.proxy_answered = True
        boot.proxy_file = boot.proxy_file or bootp.boot_file


def answers_on_proxy_port(boot: BootAttempt, message: DhcpMessage) -> bool:
    """Whether a message of the boot server's port answers a request of the attempt: it is in the flow of one or has its
    transaction; or no request was captured."""
    in_flow = message.mark.flow in boot.requests
    return in_flow or not boot.proxy_asked or message.bootp.xid in boot.proxy_asked


def add_answer(judgement: Judgement, boot: BootAttempt, message: DhcpMessage) -> None:
    """Add an answer of a server."""
    mark, bootp = message
    boot.refused_lease |= bootp.kind == NAK
    if bootp.kind == ACK and not proxy_port(judgement.table, mark.flow):
        boot.acknowledged.setdefault(bootp.xid, mark.time)
        boot.acknowledged_elsewhere = boot.acknowledged_elsewhere or judgement.payload.dhcp.elsewhere.get(message.mark)
    boot.boot_named |= bool(bootp.boot_file) or bootp.pxe
    code = sender_of(judgement.hosts, mark)
    server = judgement.hosts.names[code][0]
    boot.servers.setdefault(server)
    listed = bool(judgement.host_facts.roles[code] & DHCP_ANSWERERS) or bool(judgement.host_facts.relay[code])
    boot.answers.append(
        DhcpAnswer(
            time=mark.time,
            server=server,
            server_id=bootp.server_id,
            kind=ANSWERS.get(bootp.kind, "reply"),
            address="" if bootp.your_ip == NO_ADDRESS else bootp.your_ip,
            boot_server=bootp.boot_server,
            boot_file=bootp.boot_file,
            listed=listed,
        )
    )
