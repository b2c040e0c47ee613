"""What stopped a flow: the evidence, and what else it may mean."""

from collections import defaultdict
from functools import cached_property

import numpy as np

from analyzer import net
from analyzer.columns import group_rows
from analyzer.compliance.exchanges.dhcp import ANSWERED_WITHIN, Message, proxy_port, sender_of
from analyzer.compliance.identity.roles import DHCP_ANSWERERS
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.verdict.outcome import OUTCOMES
from analyzer.flows.senders import FIRST_TTLS
from analyzer.values import Outcome

SILENCES = "the host is off or does not listen, something on the way drops it, or the answer took another way"


class Stopped:
    """Tells how the flows of one judgement were stopped."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement
        captures = np.array([capture.vantage for capture in judgement.evidence.captures], dtype=np.int64)
        self.vantage = captures[judgement.table.capture]

    def told(self, flow: int) -> str:
        """The evidence that a flow got no service, as the end of a sentence."""
        outcome = OUTCOMES[self.judgement.outcome[flow]]
        if outcome is Outcome.REFUSED:
            return self._refusal(flow)
        if outcome is Outcome.NO_REPLY:
            return self._silence(flow)
        return self._error(flow, outcome)

    @cached_property
    def hops(self) -> dict[tuple[int, int], set[int]]:
        """(vantage, host) -> the times to live of what it sent there, other than resets alone; of hosts that refuse."""
        table, hosts = self.judgement.table, self.judgement.hosts
        refused = np.zeros(len(hosts.names), dtype=bool)
        refused[hosts.resp[self.judgement.outcome == OUTCOMES.index(Outcome.REFUSED)]] = True
        found: dict[tuple[int, int], set[int]] = defaultdict(set)
        for ends, ttls, packets, resets in (
            (hosts.orig, table.orig.ttl, table.orig.pkts, table.orig.rst_ttl),
            (hosts.resp, table.resp.ttl, table.resp.pkts, table.resp.rst_ttl),
        ):
            spoke = (packets > 0) & ((resets < 0) | (packets > 1)) & refused[ends]
            columns = [column[spoke] for column in (self.vantage, ends, ttls)]
            first = group_rows(columns).first
            for vantage, code, ttl in zip(*(column[first].tolist() for column in columns), strict=True):
                found[vantage, code].add(ttl)
        return found

    def _refusal(self, flow: int) -> str:
        """A RST comes from the responder or from something nearer that speaks in its name; the time to live tells."""
        ttl = int(self.judgement.table.resp.rst_ttl[flow])
        known = self.hops.get((int(self.vantage[flow]), int(self.judgement.hosts.resp[flow])), set())
        told = f"a RST answered the SYN, with time to live {ttl}"
        if not known:
            return f"{told}. Nothing else of the responder was seen, so that something nearer may have sent it."
        if ttl in known:
            return f"{told}, as other packets of the responder have."
        others = ", ".join(map(str, sorted(known)))
        if ttl in FIRST_TTLS and min(known) in FIRST_TTLS:
            return (
                f"{told}; other packets of the responder have {others}: its system may start resets differently, or "
                "something nearer may have sent it in its name."
            )
        return f"{told}; other packets of the responder have {others}: something nearer may have sent it in its name."

    def _silence(self, flow: int) -> str:
        table = self.judgement.table
        tcp = self.judgement.facts.proto[flow] == net.TCP
        if table.resp.pkts[flow]:
            repeated = tcp and int(table.orig.syns[flow]) > 1
            said = "the SYN was repeated although it was answered" if repeated else "it was answered"
            return f"{said}, and the answer did not arrive."
        sent = int(table.orig.syns[flow] if tcp else table.orig.pkts[flow] - table.orig.copies[flow])
        lasted = (int(table.last_ns[flow]) - int(table.first_ns[flow])) / 1e9
        within = f" within {lasted:.1f} s" if sent > 1 else ""
        count = f"{sent} {'SYN' if tcp else 'packet'}{'s' * (sent > 1)}{within}"
        if others := self._strangers(flow):
            return f"{count} went unanswered by the table's servers; {', '.join(others)}, none of them, answered."
        return f"{count} went unanswered: {SILENCES}."

    def _strangers(self, flow: int) -> list[str]:
        """Who answered a DHCP request although no row has them answer."""
        if proxy_port(self.judgement.table, flow):
            return []
        return sorted(
            {
                server
                for mark, bootp in self.requests.get(flow, [])
                for time, server in self.answerers.get((bootp.xid, bootp.client_mac), ())
                if 0 <= time - mark.time <= ANSWERED_WITHIN
            }
        )

    @cached_property
    def requests(self) -> dict[int, list[Message]]:
        """Flow -> the DHCP requests in it."""
        found: dict[int, list[Message]] = defaultdict(list)
        for message in self.judgement.relations.messages:
            if message.bootp.request:
                found[message.mark.flow].append(message)
        return found

    @cached_property
    def answerers(self) -> dict[tuple[int, str], list[tuple[int, str]]]:
        """(transaction, client) -> (time, address) of the answers by hosts of which no row has any."""
        found: dict[tuple[int, str], list[tuple[int, str]]] = defaultdict(list)
        known, hosts = self.judgement.host_facts, self.judgement.hosts
        for mark, bootp in self.judgement.relations.messages:
            code = sender_of(hosts, mark)
            if not bootp.request and not known.roles[code] & DHCP_ANSWERERS and not known.relay[code]:
                found[bootp.xid, bootp.client_mac].append((mark.time, hosts.names[code][0]))
        return found

    def _error(self, flow: int, outcome: Outcome) -> str:
        error, version = self.judgement.table.icmp_error, int(self.judgement.table.ip_version[flow])
        kind, code = int(error.type[flow]), int(error.code[flow])
        source = net.address_text(version, error.source_words(flow))
        name = net.ICMP_NAMES.get(("icmp" if version == 4 else "icmp6", kind), "error").replace("-", " ")
        what = "administratively prohibited" if outcome is Outcome.ADMIN_PROHIBITED else name
        responder = self.judgement.hosts.names[self.judgement.hosts.resp[flow]][0]
        who = "the responder itself" if source == responder else "on the way, or in the responder's place"
        capture = self.judgement.evidence.captures[int(error.capture[flow])].name
        where = f"frame {error.frame[flow]} of {capture}"
        return f"ICMP type {kind} code {code} ({what}) from {source}, {who}; {where}."
