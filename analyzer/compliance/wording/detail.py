"""What a verdict says to a reader: one or two sentences, the citation, the executables. Same facts, same words."""

import ipaddress
from collections.abc import Callable
from functools import cache

import numpy as np

from analyzer import net
from analyzer.columns import Words, group_rows, texts_of
from analyzer.compliance.boots.stages import BootAttempt
from analyzer.compliance.identity.roles import CASTS, role_mask, roles_in
from analyzer.compliance.judgement import Judgement
from analyzer.compliance.matching.match import responder_port
from analyzer.compliance.verdict.decision import REASON_WORDS, VERDICTS
from analyzer.compliance.verdict.outcome import OUTCOMES
from analyzer.compliance.wording.block_cause import Stopped
from analyzer.compliance.wording.likeness import TOLD_WHERE, likeness
from analyzer.compliance.wording.payload import Contents
from analyzer.compliance.wording.vantage import whereabouts
from analyzer.rules import Rule, declared
from analyzer.values import Cast, Outcome, Reason, Role, Verdict

BLANKS = "\0", "\1"
"""Where the addresses of originator and responder belong in a sentence; nothing that is shown holds one of these."""

STOPPED = {
    Outcome.REFUSED: "It was stopped: refused.",
    Outcome.NO_REPLY: "It got no reply.",
    Outcome.ADMIN_PROHIBITED: "It was stopped: administratively prohibited.",
    Outcome.UNREACHABLE: "It was stopped: unreachable.",
}


class Teller:
    """Tells the flows of one judgement."""

    def __init__(self, judgement: Judgement, boots: list[BootAttempt]) -> None:
        self.judgement = judgement
        self.stopped = Stopped(judgement)
        self.contents = Contents(judgement, boots)
        self.served_by_transfer = frozenset(judgement.relations.transfers)
        self.told: dict[Verdict, Callable[[int], str]] = {
            Verdict.EXPECTED: self._expected,
            Verdict.BLOCKED: self._blocked,
            Verdict.UNEXPECTED: self._unexpected,
            Verdict.UNDETERMINED: self._undetermined,
            Verdict.WAIVED: self._waived,
            Verdict.OUT_OF_SCOPE: lambda flow: (
                "It stays inside one machine, on its loopback addresses: it is never on the wire."
                if judgement.facts.inside[flow] and judgement.matched.nearest[flow] >= 0
                else "Neither end holds a DPM role, and its service is no fixed port of the table."
            ),
            Verdict.BACKGROUND: lambda _: "What a network says to keep itself going; no row speaks of it.",
        }

    def rule(self, flow: int) -> Rule | None:
        number = int(self.judgement.verdicts.rule[flow])
        return self.judgement.rules.rules[number] if number >= 0 else None

    def citations(self) -> Words:
        """Where the row that each flow was judged by stands."""
        texts = [self._citation(number) for number in range(-1, len(self.judgement.rules.rules))]
        return texts_of(texts, self.judgement.verdicts.rule + 1)

    def _citation(self, number: int) -> str:
        rules = self.judgement.rules
        if number >= 0:
            return rules.citation(rules.rules[number])
        source = rules.packs[0].provenance
        pages = ", ".join(map(str, source.pages_seen))
        return (
            f"{source.source}, pp. {pages}: no row speaks of it" if pages else f"{source.source}: no row speaks of it"
        )

    def executables(self) -> Words:
        """What the table prints for every flow that a row covers; nothing for others."""
        hosts, kinds = self.judgement.hosts, self.judgement.host_facts.groups
        machines = [self.judgement.machine_at(hosts.names[host][0]) for host in kinds.first.tolist()]
        systems = [None, *sorted({machine.os for machine in machines if machine and machine.os})]
        system = np.array([systems.index(machine.os if machine else None) for machine in machines], dtype=np.int64)
        orig, resp = (system[kinds.codes[codes]] for codes in (hosts.orig, hosts.resp))
        covered = self.judgement.matched.covering >= 0
        rules, used = np.where(covered, self.judgement.verdicts.rule, -1), np.where(resp > 0, resp, orig)
        first, kind = group_rows([rules, used])
        texts = [
            declared(self.judgement.rules.rules[number], self.judgement.site, systems[place]) if number >= 0 else ""
            for number, place in zip(rules[first].tolist(), used[first].tolist(), strict=True)
        ]
        return texts_of(texts, kind)

    def roles(self, *, originator: bool) -> Words:
        """The role that an end of every flow is judged by: the row's where the end holds it, else its first one."""
        facts, rules = self.judgement.facts, self.judgement.verdicts.rule
        masks = facts.orig_roles if originator else facts.resp_roles
        first, kind = group_rows([rules, masks])
        return texts_of([self.role(flow, int(masks[flow]), originator=originator) for flow in first.tolist()], kind)

    def role(self, flow: int, mask: int, *, originator: bool) -> str:
        held, rule = roles_in(mask), self.rule(flow)
        wanted = (rule.originator if originator else rule.responder).roles if rule else ()
        chosen = next((role for role in wanted if role in held), None) or next(iter(held), Role.OTHER)
        return chosen.value

    def service(self, flow: int) -> str:
        table = self.judgement.table
        proto = net.protocol_name(int(table.proto[flow]))
        return net.service_name(proto, int(table.orig_p[flow]), int(table.resp_p[flow]))

    def details(self) -> Words:
        """Why every flow has its verdict: the words of ``detail``, told once for all flows alike."""
        hosts, (first, kind) = self.judgement.hosts, likeness(self.judgement, self.stopped, self.contents)
        texts = [self._with_blanks(flow) for flow in first.tolist()]
        told = texts_of(texts, kind)
        blanks = np.array([any(blank in text for blank in BLANKS) for text in texts], dtype=bool)
        flows = np.flatnonzero(blanks[kind])
        first, ends = group_rows([kind[flows], hosts.orig[flows], hosts.resp[flows]])
        told[flows] = texts_of([self._filled(told[flow], flow) for flow in flows[first].tolist()], ends)
        return told

    def detail(self, flow: int) -> str:
        """Why the flow has its verdict."""
        return self._filled(self._with_blanks(flow), flow)

    def _filled(self, text: str, flow: int) -> str:
        """The text with the addresses of the flow's ends in the blanks."""
        for blank, code in zip(BLANKS, self.judgement.hosts.names_of(flow), strict=True):
            text = text.replace(blank, self.judgement.hosts.names[code][0])
        return text

    def _with_blanks(self, flow: int) -> str:
        judgement = self.judgement
        verdict = VERDICTS[judgement.verdicts.verdict[flow]]
        parts = [self.told[verdict](flow), self.contents.told(flow), self._lapsed(flow)]
        if verdict in TOLD_WHERE and len(judgement.vantages) > 1:
            parts.append(whereabouts(judgement, flow))
        return " ".join(part for part in parts if part)

    def _expected(self, flow: int) -> str:
        rule = self.rule(flow)
        assert rule is not None  # expected means that a row covers it
        told = f"Row {rule.id} covers it."
        request = int(self.judgement.relations.request_of[flow])
        if request >= 0:
            told += f" It is the transfer that was asked for from port {self._asking_port(request)}."
        if flow in self.served_by_transfer:
            told += f" The answer came from port {self._answer_port(flow)}."
        elif rule.transfer and request < 0 and self.judgement.table.resp.pkts[flow]:
            told += f" The answer came from port {net.TFTP}."
        if self.judgement.relations.probe[flow]:
            told += PROBE
        if self.judgement.outcome[flow] == OUTCOMES.index(Outcome.PARTIAL):
            told += " Its beginning was not captured."
        return told

    def _answer_port(self, flow: int) -> int:
        transfer = self.judgement.relations.transfers[flow][0]
        facts = self.judgement.facts
        return int(facts.orig_p[transfer] if facts.resp_p[transfer] == facts.orig_p[flow] else facts.resp_p[transfer])

    def _asking_port(self, request: int) -> int:
        return int(self.judgement.facts.orig_p[request])

    def _blocked(self, flow: int) -> str:
        rule = self.rule(flow)
        assert rule is not None  # blocked means that a row covers it
        return f"Row {rule.id} covers it, and it got no service: {self.stopped.told(flow)}"

    def _undetermined(self, flow: int) -> str:
        rule = self.rule(flow)
        assert rule is not None  # undetermined means that a row may cover it
        if self.judgement.relations.under_way[flow]:
            return (
                f"Row {rule.id} may cover it: it looks like a TFTP transfer that was asked for before the capture "
                "began; what was asked, and by whom, could not be seen."
            )
        if self.judgement.matched.uncertain[flow]:
            unknown = "whether this is the broadcast address of a segment that the profile does not name"
            return f"Row {rule.id} may cover it: {unknown} is not known."
        if not self.judgement.unseen[flow]:
            return f"Row {rule.id} covers it, and nothing but a reset was seen of it."
        return f"Row {rule.id} covers it, and whether it was answered could not be seen: {self.judgement.unseen[flow]}."

    def _waived(self, flow: int) -> str:
        waiver = self.judgement.site.profile.waivers[int(self.judgement.waived.by[flow])]
        what = self._reason(flow) if self.judgement.matched.covering[flow] < 0 else self._blocked(flow)
        return f"Waived by {waiver.owner} until {waiver.expires}: {waiver.reason}. Without the waiver: {what}"

    def _lapsed(self, flow: int) -> str:
        number = int(self.judgement.waived.lapsed[flow])
        if number < 0 or VERDICTS[self.judgement.verdicts.verdict[flow]] not in (Verdict.UNEXPECTED, Verdict.BLOCKED):
            return ""
        waiver = self.judgement.site.profile.waivers[number]
        return f"A waiver by {waiver.owner} had lapsed on {waiver.expires}."

    def _unexpected(self, flow: int) -> str:
        parts = [self._reason(flow), self._stopping(flow), self._midstream(flow), self._hint(flow)]
        return " ".join(part for part in parts if part)

    def _midstream(self, flow: int) -> str:
        partial = self.judgement.outcome[flow] == OUTCOMES.index(Outcome.PARTIAL)
        return "Its beginning was not captured, so that who opened it is not certain." if partial else ""

    def _stopping(self, flow: int) -> str:
        if self.judgement.relations.probe[flow]:
            return PROBE.strip()
        return STOPPED.get(OUTCOMES[self.judgement.outcome[flow]], "")

    def _hint(self, flow: int) -> str:
        facts = self.judgement.facts
        proto, port = net.protocol_name(int(facts.proto[flow])), int(facts.resp_p[flow])
        hints = [hint for hint in self.judgement.rules.hints if (hint.protocol, hint.port) == (proto, port)]
        return " ".join(f"A hint, not a reason: {hint.manual} names this port for {hint.use}." for hint in hints)

    def _reason(self, flow: int) -> str:
        request = int(self.judgement.relations.request_of[flow])
        if request >= 0:
            return (
                f"It is the transfer that was asked for from port {self._asking_port(request)}. {self._reason(request)}"
            )
        reason = REASON_WORDS[self.judgement.verdicts.reason[flow]]
        rule = self.rule(flow)
        if rule is None:
            return f"No row of the table in use speaks of {self.service(flow)}."
        wanted = f"{words(rule.originator.roles)} to {words(rule.responder.roles)}"
        port = responder_port(rule, self.judgement.site)
        used = self.judgement.facts.orig_p[flow]
        told: dict[Reason, Callable[[], str]] = {
            Reason.INTERNAL_ONLY: lambda: (
                f"port {port} is for the DPM Server's own use, never reached from another machine"
            ),
            Reason.PROTOCOL: lambda: self._protocol(flow, rule),
            Reason.DIRECTION: lambda: f"it has this service from {wanted}; here it was opened the other way round",
            Reason.CLIENT_PORT: lambda: (
                f"it has the originator at port {rule.originator.port}; here it came from port {used}"
            ),
            Reason.BROADCAST_ADDRESS: lambda: f"it wants another address: {self._addressing(flow, rule)}",
            Reason.ROLE: lambda: f"it has this service from {wanted}; here {self._wrong_ends(flow, rule)}",
        }
        return f"Row {rule.id}: {told[reason]()}."

    def _protocol(self, flow: int, rule: Rule) -> str:
        found = self.judgement.facts.application[flow]
        if found and self.judgement.facts.proto[flow] == net.PROTOCOL_NUMBERS[rule.protocol]:
            return (
                f"its ports and ends fit, and its content is {found}, not {rule.application or 'a protocol of its own'}"
            )
        return f"it has this port and these ends over {rule.protocol}; here it was {self.service(flow)}"

    def _wrong_ends(self, flow: int, rule: Rule) -> str:
        """Which end does not hold the row's role."""
        facts = self.judgement.facts
        told = []
        if not int(facts.orig_roles[flow]) & role_mask(rule.originator.roles):
            opened = "opened it" if self.judgement.table.orig.pkts[flow] else "was spoken to without having asked"
            told.append(f"{BLANKS[0]}, {self._roles(facts.orig_roles, flow)}, {opened}")
        if facts.cast[flow] == CASTS.index(Cast.UNICAST) and not int(facts.resp_roles[flow]) & role_mask(
            rule.responder.roles
        ):
            told.append(f"it went to {BLANKS[1]}, {self._roles(facts.resp_roles, flow)}")
        return " and ".join(told)

    def _roles(self, masks: "np.ndarray[tuple[int], np.dtype[np.int64]]", flow: int) -> str:
        return held(int(masks[flow]))

    def _addressing(self, flow: int, rule: Rule) -> str:
        facts = self.judgement.facts
        used = CASTS[facts.cast[flow]].value
        if rule.addressing != "by-segment":
            return f"{' or '.join(cast.value for cast in rule.casts)}, not {used}"
        aimed, woken = int(facts.broadcast_segment[flow]), int(facts.woken_segment[flow])
        names = [segment.name for segment in self.judgement.site.profile.segments]
        address = f"{used} of {names[aimed]}" if aimed >= 0 else used
        network = self.judgement.site.network_address(self.judgement.hosts.names[self.judgement.hosts.resp[flow]][0])
        if network is not None:
            right = ipaddress.ip_network(network.cidr).broadcast_address
            address = f"the network address of {network.name}, whose broadcast address is {right}"
        machine = f", and the machine that it wakes is in {names[woken]}" if woken >= 0 else ""
        return (
            "footnote *3 has 255.255.255.255 for the DPM Server's own segment and a segment's directed broadcast for "
            f"others; this is {address}{machine}"
        )


PROBE = " Its sender offered this very address by DHCP next: it looks like the check that nobody has it (RFC 2131)."


@cache
def words(roles: tuple[Role, ...]) -> str:
    return " or ".join(role.value for role in roles)


@cache
def held(mask: int) -> str:
    """The roles of a mask."""
    return words(tuple(roles_in(mask))) or Role.OTHER.value
