"""The only module through which these tests use the project's own flow table and verdicts."""

from pathlib import Path

import pandas as pd

from analyzer.api import analyze
from analyzer.pipeline import flow_table
from analyzer.report.flows import plain_frame


def flows_of(capture: Path) -> pd.DataFrame:
    """The TCP and UDP flows of a capture as ``attribute`` takes them, without rows."""
    evidence = flow_table([str(capture)])
    plain = plain_frame(evidence)
    begun = (plain["direction_basis"] == "syn") | (plain["proto"] == "udp")
    flows = pd.DataFrame(
        {
            "proto": plain["proto"],
            "orig_h": plain["orig_h"],
            "orig_p": plain["orig_p"].astype("int64"),
            "resp_h": plain["resp_h"],
            "resp_p": plain["resp_p"].astype("int64"),
            "ts": evidence.table.first_ns,
            "end": evidence.table.last_ns,
            "begun": begun,
            "rule": "",
        }
    )
    return flows[flows["proto"].isin(["tcp", "udp"])].reset_index(drop=True)


def judged_flows_of(capture: Path, site: Path) -> pd.DataFrame:
    """The same with the row that covers each flow."""
    run = analyze([str(capture)], site=str(site), dissect=False)
    rules = run.flows.set_index(["proto", "orig_h", "orig_p", "resp_h", "resp_p"])
    flows = flows_of(capture)
    expected = []
    for one in flows.itertuples():
        found = rules.loc[[(one.proto, one.orig_h, one.orig_p, one.resp_h, one.resp_p)]]
        expected.append(str(found["rule"].iloc[0]) if found["verdict"].iloc[0] in {"expected", "blocked"} else "")
    flows["rule"] = expected
    return flows
