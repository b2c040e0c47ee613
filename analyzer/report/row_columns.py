"""Columns of the flow table that come from the row of the table by which each flow is judged."""

import numpy as np

from analyzer.columns import Words, group_rows, shared_texts_of
from analyzer.compliance.identity.roles import roles_in
from analyzer.compliance.judgement import Judgement
from analyzer.rules import RuleTable, declared
from analyzer.rules.executables import NONE_PRINTED
from analyzer.values import Role

NO_PROGRAM = f"{NONE_PRINTED} -> {NONE_PRINTED}"
"""The text of a row that declares no program."""


def citations(judgement: Judgement) -> Words:
    """Where the row of each flow is in the guide."""
    texts = [citation_of(judgement.rules, number) for number in range(-1, len(judgement.rules.rules))]
    return shared_texts_of(texts, judgement.verdicts.rule + 1)


def citation_of(rules: RuleTable, number: int) -> str:
    """Where a row is in the guide, by its number; of -1, that no row covers the flow."""
    if number >= 0:
        return rules.citation(rules.rules[number])
    source = rules.packs[0].provenance
    pages = ", ".join(map(str, source.pages_seen))
    return f"{source.source}, pp. {pages}: no row covers it" if pages else f"{source.source}: no row covers it"


def executables(judgement: Judgement) -> Words:
    """The programs that the table prints for every flow that a row covers; empty for others."""
    hosts, kinds = judgement.hosts, judgement.host_facts.groups
    machines = [judgement.machine_at(hosts.names[host][0]) for host in kinds.first.tolist()]
    systems = [None, *sorted({machine.os for machine in machines if machine and machine.os})]
    system = np.array([systems.index(machine.os if machine else None) for machine in machines], dtype=np.int64)
    orig, resp = (system[kinds.codes[codes]] for codes in (hosts.orig, hosts.resp))
    covered = judgement.matched.covering >= 0
    rules, used = np.where(covered, judgement.verdicts.rule, -1), np.where(resp > 0, resp, orig)
    first, kind = group_rows([rules, used])
    texts = [
        declared(judgement.rules.rules[number], judgement.site, systems[place]) if number >= 0 else ""
        for number, place in zip(rules[first].tolist(), used[first].tolist(), strict=True)
    ]
    return shared_texts_of(texts, kind)


def roles(judgement: Judgement, *, originator: bool) -> Words:
    """The role by which an end of every flow is judged: the row's where the end holds it, else its first one."""
    facts, rules = judgement.facts, judgement.verdicts.rule
    masks = facts.orig_roles if originator else facts.resp_roles
    first, kind = group_rows([rules, masks])
    wanted = [
        (rule.originator if originator else rule.responder).roles if number >= 0 else ()
        for number in rules[first].tolist()
        for rule in (judgement.rules.rules[number],)
    ]
    texts = [_role(mask, row) for mask, row in zip(masks[first].tolist(), wanted, strict=True)]
    return shared_texts_of(texts, kind)


def _role(mask: int, wanted: tuple[Role, ...]) -> str:
    held = roles_in(mask)
    chosen = next((role for role in wanted if role in held), None) or next(iter(held), Role.OTHER)
    return chosen.value
