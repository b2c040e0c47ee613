"""Answers questions in SQL. DuckDB gets tables in memory, and may read and write nothing else."""

from collections.abc import Mapping
from typing import Any

from analyzer.errors import StoreError

INSTALL = "pip install 'dpm-analyzer[sql]'"
_SETTINGS = {
    # Applied last, since they are locked by it: no file, no network, no extension, whatever a question says.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "enable_external_access": False,
    "lock_configuration": True,
}
MEMORY = "2GB"


def answer(tables: Mapping[str, Any], question: str) -> Any:
    """The answer as an Arrow table. ``tables``: Arrow tables or datasets by the names of the
    views.

    Raises:
        StoreError: DuckDB is not installed, or the question is wrong, is no SELECT, or needs too much memory.
    """
    duckdb = loaded()
    connection = duckdb.connect(":memory:")
    try:
        for name, table in tables.items():
            connection.register(name, table)
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET temp_directory = ''")
        for name, value in _SETTINGS.items():
            connection.execute(f"SET {name} = {str(value).lower()}")
        statements = connection.extract_statements(question)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise StoreError("a question is one SELECT statement")
        return connection.sql(question).to_arrow_table()
    except duckdb.Error as error:
        raise StoreError(*str(error).splitlines()) from error
    finally:
        connection.close()


def loaded() -> Any:
    """DuckDB. Raises StoreError if it is not installed."""
    try:
        import duckdb  # noqa: PLC0415 - an optional package
    except ModuleNotFoundError as error:
        raise StoreError(f"questions need DuckDB, which is not installed: {INSTALL}") from error
    return duckdb
