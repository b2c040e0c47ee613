"""Questions in SQL: they read the tables of the last reports and nothing else."""

import io
import json
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

import analyzer
from analyzer.errors import OutputError, StoreError
from analyzer.render.command import answer as answers
from analyzer.store import questions
from tests.documents import DOCUMENTS, blocks
from tests.program import run
from tests.stores import LAB

duckdb = pytest.importorskip("duckdb", reason="questions need DuckDB (extra sql)")

CAPTURES = tuple(LAB / f"{name}.pcap" for name in ("dirty_server", "dirty_segA", "dirty_segB"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> analyzer.Store:
    """Two sites, both judged."""
    made = analyzer.Store(tmp_path_factory.mktemp("made") / "store")
    made.add(CAPTURES, site_name="osaka")
    made.add(LAB / "clean_server.pcap", site_name="tokyo")
    for site in made.sites:
        made.report(site, site=LAB / "site.yaml", dissect=False)
    return made


def test_the_views_are_the_tables_of_both_sites(store: analyzer.Store) -> None:
    whole = analyzer.analyze(CAPTURES, site=LAB / "site.yaml", dissect=False)
    for name in ("flows", "findings", "rows", "boots", "captures"):
        asked = store.ask(f"SELECT * FROM {name} WHERE site = 'osaka'")
        table = getattr(whole, name)
        assert list(asked.columns) == ["site", *table.columns]
        assert len(asked) == len(table)
        for column in table.columns:
            if table[column].dtype == "string":
                assert asked[column].tolist() == table[column].tolist()
            if str(table[column].dtype) == "datetime64[ns, UTC]":
                assert asked[column].astype("int64").tolist() == table[column].astype("int64").tolist()
    hosts = store.ask("SELECT * FROM hosts WHERE site = 'osaka'")
    assert hosts["address"].tolist() == [host.address for host in whole.report.meta.hosts]
    assert hosts["roles"].tolist() == ["; ".join(host.roles) for host in whole.report.meta.hosts]
    counts = store.ask("SELECT verdict, count(*) AS n FROM flows WHERE site = 'osaka' GROUP BY verdict")
    assert (
        dict(zip(counts["verdict"], counts["n"], strict=True))
        == whole.flows["verdict"].astype(str).value_counts().to_dict()
    )
    assert store.ask("SELECT sum(duration) AS s FROM flows WHERE site = 'osaka'")["s"][0] == pytest.approx(
        whole.flows["duration"].dt.total_seconds().sum()
    )


FORBIDDEN = (
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM read_parquet('https://192.0.2.1/x.parquet')",
    "COPY flows TO '{folder}/copied.csv'",
    "SELECT 1; COPY flows TO '{folder}/copied.csv'",
    "EXPORT DATABASE '{folder}/copied'",
    "ATTACH '{folder}/other.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "CREATE TABLE other AS SELECT 1",
    "DROP VIEW flows",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "SELECT * FROM root",
    "SELECT * FROM tables",
    "SELECT getenv('HOME')",
    "",
    "-- nothing",
    "SELECT",
    "no question at all",
)


@pytest.mark.parametrize("question", FORBIDDEN)
def test_a_question_reads_and_writes_nothing_else(question: str, store: analyzer.Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        store.ask(question.format(folder=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_formats_on_standard_output_and_in_files(store: analyzer.Store, tmp_path: Path) -> None:
    question = "SELECT site, count(*) AS n, min(ts) AS first, max(orig_p) AS p FROM flows GROUP BY site ORDER BY site"
    lines = run("store", "ask", store.root, question).stdout.splitlines()
    assert lines[0].split() == ["site", "n", "first", "p"]
    assert [line.split()[0] for line in lines[2:]] == ["osaka", "tokyo"]
    listed = json.loads(run("store", "ask", store.root, "--format", "json", question).stdout)
    asked = store.ask(question)
    assert [line["n"] for line in listed] == asked["n"].tolist()
    assert listed[0]["first"].endswith("Z")
    csv = run("store", "ask", store.root, "--format", "csv", question).stdout
    assert csv.splitlines()[0] == "site,n,first,p"
    assert csv.splitlines()[1] == f"osaka,{asked['n'][0]},{listed[0]['first']},{asked['p'][0]}"
    place = tmp_path / "answer.parquet"
    assert run("store", "ask", store.root, "--format", "parquet", question).exit_code == 2
    assert run("store", "ask", store.root, "--format", "parquet", "-o", place, question).exit_code == 0
    assert parquet.read_table(place).column("n").to_pylist() == asked["n"].tolist()
    assert run("store", "ask", store.root, "--format", "csv", "-o", place, question).exit_code == 2
    assert run("store", "ask", store.root, "--format", "csv", "-o", place, "--force", question).exit_code == 0
    assert place.read_text() == csv


def test_text_of_strangers_is_escaped() -> None:
    hostile = '=cmd()\x1b[31m\u202e,"x\ny'
    table = pa.table({"a\x1b": [hostile, None], "n": [1, None], "f": [float("nan"), 0.5], "b": [b"\0\xff", b""]})
    shown = answers.as_table(table).decode()
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert len(shown.splitlines()) == 4
    csv = answers.as_csv(table).decode()
    assert csv.splitlines()[1].startswith('"\'=cmd()\\x1b[31m\\u202e,""x\\ny",1,')
    listed = json.loads(answers.as_json(table))
    assert listed[0] == {"a\x1b": hostile, "n": 1, "f": None, "b": "00ff"}
    assert "\x1b" not in answers.as_json(table).decode()
    assert parquet.read_table(io.BytesIO(answers.as_parquet(table))).column("b").equals(table.column("b"))


def test_values_of_every_type() -> None:
    table = questions.answer(
        {"flows": pa.table({"n": [1, 2]})},
        "SELECT sum(n) AS whole, avg(n) AS part, list(n) AS both, {'a': 1} AS struct, DATE '2026-03-02' AS day, "
        "TIMESTAMP '2026-03-02 09:00:00' AS time, INTERVAL 1 HOUR AS span, NULL AS nothing, true AS yes FROM flows",
    )
    assert json.loads(answers.as_json(table)) == [
        {
            "whole": 3, "part": 1.5, "both": [1, 2], "struct": {"a": 1}, "day": "2026-03-02",
            "time": "2026-03-02T09:00:00.000000", "span": json.loads(answers.as_json(table))[0]["span"],
            "nothing": None, "yes": True,
        }
    ]  # fmt: skip
    for form in (answers.as_table, answers.as_csv):
        assert form(table)
    with pytest.raises(OutputError, match="cast the column in the question"):
        answers.as_parquet(table)


def test_times_are_subtracted_as_the_documentation_says(store: analyzer.Store) -> None:
    seconds = store.ask("SELECT epoch(max(ts)) - epoch(min(ts)) AS seconds FROM flows")["seconds"][0]
    times = store.flows()["ts"]
    assert seconds == pytest.approx((times.max() - times.min()).total_seconds(), abs=1e-5)


def test_two_columns_of_one_name(store: analyzer.Store) -> None:
    result = run("store", "ask", store.root, "--format", "json", "SELECT 1 AS a, 2 AS a")
    assert json.loads(result.stdout) == [{"a": 1, "a_2": 2}]


def test_captures_that_no_report_is_about(tmp_path: Path) -> None:
    store = analyzer.Store(tmp_path / "store")
    store.add(CAPTURES[0])
    result = run("store", "ask", store.root, "SELECT 1 AS one")
    assert (result.exit_code, "no site was judged yet" in result.stderr) == (2, True)
    store.report(dissect=False)
    assert run("store", "ask", store.root, "SELECT 1 AS one").stderr == ""
    store.add(CAPTURES[1])
    result = run("store", "ask", store.root, "SELECT 1 AS one")
    assert result.exit_code == 0
    assert "captures were added since the last report, or there is none yet: site" in result.stderr


def test_tables_that_were_changed(tmp_path: Path) -> None:
    store = analyzer.Store(tmp_path / "store")
    store.add(CAPTURES[0])
    store.report(dissect=False)
    path = next(store.root.rglob("tables/*/*/flows.parquet"))
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(StoreError, match=r"flows\.parquet: damaged"):
        store.ask("SELECT 1")


def test_the_store_is_read_from_outside(store: analyzer.Store) -> None:
    """By DuckDB and by pandas, without this program."""
    found = duckdb.connect(":memory:").execute(
        "SELECT site, count(*) FROM read_parquet(?, hive_partitioning = true) GROUP BY site ORDER BY site",
        [str(store.root / "tables" / "*" / "*" / "flows.parquet")],
    )
    counts = store.ask("SELECT site, count(*) AS n FROM flows GROUP BY site ORDER BY site")
    assert found.fetchall() == list(zip(counts["site"], counts["n"], strict=True))
    parts = [pd.read_parquet(path, partitioning=None) for path in sorted(store.root.rglob("tables/*/*/flows.parquet"))]
    assert sum(map(len, parts)) == counts["n"].sum()


def test_without_duckdb(store: analyzer.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(StoreError, match="not installed: pip install"):
        store.ask("SELECT 1")


DOCUMENTED = [
    block.text for path in DOCUMENTS if path.name == "store.md" for block in blocks(path) if block.language == "sql"
]


@pytest.mark.parametrize("question", DOCUMENTED, ids=lambda text: text.splitlines()[0][:40])
def test_every_question_of_the_documentation_has_an_answer(question: str, store: analyzer.Store) -> None:
    assert len(store.ask(question)) > 0


def test_there_are_ten_documented_questions() -> None:
    assert len(DOCUMENTED) >= 10
