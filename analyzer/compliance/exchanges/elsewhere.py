"""Answers that came from somewhere else than the request went to: another port, another address, or after a request
to a group.

Sources: the PXE specification 2.1 (boot servers, 4011, 224.0.1.2), RFC 2131 (transaction id).
"""

from bisect import bisect_left
from collections import defaultdict

import numpy as np

from analyzer.columns import Integers
from analyzer.compliance.exchanges.dhcp import ANSWERED_WITHIN, DhcpMessage, proxy_port
from analyzer.flows.table import FlowTable


def find_answers_elsewhere(table: FlowTable, messages: tuple[DhcpMessage, ...]) -> Integers:
    """For every flow the flow with a request to the boot server's port that it answers, -1 for none.

    An answer belongs to the latest request of the same transaction and client before it. The answers in the request's
    own flow are no answers from elsewhere.
    """
    found = np.full(len(table), -1, dtype=np.int64)
    requests: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
    for mark, bootp in messages:
        if bootp.request:
            requests[bootp.xid, bootp.client_mac].append((mark.time, mark.flow))
    for mark, bootp in messages:
        if bootp.request:
            continue
        asked = requests.get((bootp.xid, bootp.client_mac), [])
        place = bisect_left(asked, (mark.time, -1))
        if not place:
            continue
        time, flow = asked[place - 1]
        if proxy_port(table, flow) and flow != mark.flow and mark.time - time <= ANSWERED_WITHIN:
            found[mark.flow] = flow
    return found
