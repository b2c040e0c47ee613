"""Judging: (flow table, rules, profile) -> verdicts, rows, boots. No I/O, and no port number of any product."""
