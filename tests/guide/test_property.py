"""A table that is printed and read is the same table, with any rows."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.guide import child
from analyzer.guide.importing import import_guide
from analyzer.guide.process import GuideFile
from analyzer.guide.tables import Material
from analyzer.rules.draft import Draft
from tests.guide.judge import differences
from tests.guide.printed_tables import C, Flow, MadeTable
from tests.guide.test_tables import sheet
from tests.guide.typeset import html, text, values

WORDS = st.sampled_from(["Backup", "Restore", "Status", "Disk", "Check", "配布", "収集", "Update", "Agent", "Job"])
ITEMS = st.lists(WORDS, min_size=1, max_size=3, unique=True).map(" ".join)
PORTS = st.one_of(st.none(), st.integers(1, 65535))
NAMES = st.from_regex(r"[a-z]{3,8}\.exe", fullmatch=True)
PATHS = st.builds(
    "\\Program Files\\{}\\{}".format, st.sampled_from(["Acme", "Two Words", "NEC\\DeploymentManager"]), NAMES
)
PROGRAMS = st.lists(st.one_of(NAMES, PATHS), max_size=2, unique=True).map(tuple)
FLOWS = st.builds(
    Flow,
    item=ITEMS,
    protocol=st.sampled_from(["tcp", "udp"]),
    sign=st.sampled_from("<>"),
    ports=st.tuples(PORTS, PORTS),
    target=st.sampled_from(["Managed machine", "管理対象マシン", "DPM Command Line", "Edge node"]),
    programs=st.tuples(PROGRAMS, PROGRAMS),
    marks=st.lists(st.integers(1, 9), max_size=2, unique=True).map(sorted).map(tuple),
)
HEADINGS = ("Item", "Program", "Port No.", "Protocol", "Direction", "Connection Target", "Port No.", "Program")


def made(flows: Sequence[Flow]) -> MadeTable:
    def row(flow: Flow) -> tuple[C, ...]:
        marks = "".join(f" *{number}" for number in flow.marks)
        ports = ["Automatic" if port is None else str(port) for port in flow.ports]
        programs = ["\n".join(each) or "-" for each in flow.programs]
        cells = (
            flow.item + marks,
            programs[0],
            ports[0],
            str(flow.protocol).upper(),
            str(flow.sign),
            flow.target,
            ports[1],
            programs[1],
        )
        return tuple(map(C, cells))

    heading = tuple(map(C, HEADINGS))
    return MadeTable("made", "en", (20,) * 8, (heading, *map(row, flows)), 1, tuple(flows))


def here(guide: GuideFile, pages: Sequence[int] | None, seconds: float) -> Material:
    """What the process of its own does, in this one."""
    del seconds
    return child.material(guide.octets, guide.kind, None if pages is None else list(pages))


def imported(octets: bytes, name: str) -> Draft:
    with TemporaryDirectory() as folder, patch("analyzer.guide.importing.read_material", here):
        path = Path(folder) / name
        path.write_bytes(octets)
        return import_guide(path)


@pytest.mark.parametrize("kind", ["html", "csv", "md", "xlsx"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(flows=st.lists(FLOWS, min_size=1, max_size=6))
def test_a_printed_table_is_read_as_it_was(kind: str, flows: list[Flow]) -> None:
    table = made(flows)
    octets = {
        "html": lambda: html(table).encode("utf-8"),
        "csv": lambda: values(table).encode("utf-8"),
        "md": lambda: text(table).encode("utf-8"),
        "xlsx": lambda: sheet(table),
    }[kind]()
    assert not differences(imported(octets, f"guide.{kind}"), table)
