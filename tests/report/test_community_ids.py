"""Community ids made by columns equal those made one by one."""

from itertools import product

import numpy as np
import pytest

from analyzer import net
from analyzer.flows.kernel import record as r
from analyzer.flows.packed import pack
from analyzer.flows.table import FlowTable
from analyzer.report.community import community_ids

PORTS = ((0, 0), (8, 0), (0, 8), (13, 14), (135, 0), (136, 255), (80, 40_000), (40_000, 80), (65_535, 65_535))
FOUR = (0x0A000001, 0x0A000002, 0xC0A80001)
SIX = (1, 2, 0x80000000)


def made(version: int, addresses: tuple[int, ...]) -> FlowTable:
    """Flows between all of these, of every kind."""
    lines = list(product((net.ICMP, net.TCP, net.UDP, net.ICMP6, net.SCTP, 47), addresses, addresses, PORTS))
    raw = np.zeros((len(lines), r.WIDTH), dtype=np.int64)
    raw[:, r.F_VERSION] = version
    for line, (proto, one, two, ports) in enumerate(lines):
        raw[line, [r.F_PROTO, r.F_ADDR0 + 3, r.F_ADDR1 + 3, r.F_PORT0, r.F_PORT1]] = proto, one, two, *ports
    raw[raw[:, r.F_PROTO] == net.ICMP, r.F_PORT0] %= 256
    raw[raw[:, r.F_PROTO] == net.ICMP6, r.F_PORT0] %= 256
    return FlowTable(pack([raw]), np.zeros((len(lines), 1), dtype=np.uint8))


@pytest.mark.parametrize(("version", "addresses"), [(4, FOUR), (6, SIX)])
def test_all_at_once_and_one_by_one(version: int, addresses: tuple[int, ...]) -> None:
    table = made(version, addresses)
    hosts = table.hosts
    expected = [
        net.community_id(
            *(line[r.F_PROTO], hosts.names[orig][0], hosts.names[resp][0], line[r.F_PORT0], line[r.F_PORT1])
        )
        for line, orig, resp in zip(
            np.asarray(table.records).tolist(), hosts.orig.tolist(), hosts.resp.tolist(), strict=True
        )
    ]
    assert community_ids(table, hosts) == expected
    assert len(set(expected)) > 100


def test_of_no_flow_there_is_none() -> None:
    table = FlowTable(pack([np.zeros((0, r.WIDTH), dtype=np.int64)]), np.zeros((0, 1), dtype=np.uint8))
    assert community_ids(table, table.hosts) == []
