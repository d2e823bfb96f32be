"""A home that an older version made is brought up to date by looking at it, and keeps what is in it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from contact_pipeline.crm.session import read_crm
from contact_pipeline.crm.tables import SCHEMA_VERSION, ensure_tables
from contact_pipeline.home import Home

# What each layout added to the one before, taken away again.
_TAKEN_BACK: dict[int, tuple[str, ...]] = {
    2: ("DROP TABLE learned_mappings", "ALTER TABLE custom_fields DROP COLUMN type"),
    3: (
        "ALTER TABLE meta DROP COLUMN suppression_key",
        "ALTER TABLE imports DROP COLUMN kind",
        "ALTER TABLE imports DROP COLUMN sample_check",
        "ALTER TABLE records DROP COLUMN cleared",
        *(f"DROP TABLE {table}" for table in ("decisions", "opt_outs", "suppressions")),
    ),
    4: (
        "DROP TABLE activities",
        *(f"ALTER TABLE meta DROP COLUMN {column}" for column in ("scored_all_at", "scored_with")),
        *(f"ALTER TABLE contacts DROP COLUMN {column}" for column in ("score_change", "is_scored")),
        *(
            f"ALTER TABLE model_versions DROP COLUMN {column}"
            for column in ("learned_from", "decision", "reason", "used_since", "is_pinned")
        ),
    ),
    5: ("DROP TABLE scorings",),
    6: ("ALTER TABLE records DROP COLUMN told_of",),
    7: (
        "ALTER TABLE imports DROP COLUMN terms",
        *(f"ALTER TABLE meta DROP COLUMN {column}" for column in ("folded_with", "restored_at")),
    ),
}


def _layout(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    query = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
    return connection.execute(query).fetchall()


def _made_by(home: Home, version: int) -> None:
    with duckdb.connect(str(home.crm)) as connection:
        ensure_tables(connection)
        for newer in range(SCHEMA_VERSION, version, -1):
            for statement in _TAKEN_BACK[newer]:
                connection.execute(statement)
        connection.execute("UPDATE meta SET schema_version = ?", [version])
        connection.execute(
            """INSERT INTO records BY NAME SELECT 'a@1' AS import_id, 1 AS sequence, 'ann@acme.example' AS match_key,
            true AS opted_out, TIMESTAMP '2026-01-01' AS as_of"""
        )
        connection.execute("INSERT INTO imports BY NAME SELECT 'a@1' AS import_id, '{}'::JSON AS options")


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_a_crm_of_an_older_layout_is_brought_up_to_date_by_looking_at_it(home: Home, version: int) -> None:
    _made_by(home, version)
    with duckdb.connect(":memory:") as fresh, read_crm(home) as connection:
        ensure_tables(fresh)
        assert _layout(connection) == _layout(fresh)
        assert connection.execute("SELECT schema_version FROM meta").fetchall() == [(SCHEMA_VERSION,)]


def test_who_opted_out_in_an_older_home_stays_opted_out(home: Home) -> None:
    _made_by(home, 2)
    with read_crm(home) as connection:
        assert connection.execute("SELECT match_key FROM opt_outs").fetchall() == [("ann@acme.example",)]
        assert connection.execute("SELECT kind FROM imports").fetchall() == [("contacts",)]


def test_many_may_look_at_an_older_home_at_the_same_time(home: Home) -> None:
    """As the sensors of a code server do, each in a thread of its own."""
    _made_by(home, 1)

    def look(_: int) -> int:
        with read_crm(home) as connection:
            return int(connection.execute("SELECT schema_version FROM meta").fetchall()[0][0])

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(look, range(4))) == {SCHEMA_VERSION}
