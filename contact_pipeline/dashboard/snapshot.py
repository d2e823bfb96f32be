"""The snapshot that readers look at: published after each scoring run, under a new name.

Belongs here: what is copied from the CRM, publishing it whole, and which snapshots are kept. Does not belong: the leads as
numbers (`codes`) and what a reader asks (`reader`). Whoever looks opens a snapshot and never crm.duckdb, which one process
at a time can open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from contact_pipeline.atomic import atomic_path, write_text
from contact_pipeline.crm.activities import activities_query
from contact_pipeline.crm.model_versions import versions
from contact_pipeline.crm.models import model_in_use
from contact_pipeline.crm.scores import last_scored_all
from contact_pipeline.crm.session import attached_crm, read_crm
from contact_pipeline.dashboard.answers import RunFacts
from contact_pipeline.dashboard.codes import folded, make_codes
from contact_pipeline.dashboard.filters import MOVED_DOWN, MOVED_UP, NEW, SAME
from contact_pipeline.dashboard.layout import LAYOUT, POINTER, facts_as_json
from contact_pipeline.home import Home
from contact_pipeline.reporting.aggregates import CATEGORIES
from contact_pipeline.reporting.playbook import load_playbook
from contact_pipeline.scoring.actions import action_table
from contact_pipeline.scoring.explanation import phrases
from contact_pipeline.settings import Settings
from contact_pipeline.warehouse import allow_memory, new_file

_AS_THEY_ARE = ("imports", "records", "opt_outs", "custom_fields", "companies", "score_history", "scorings")
# What a page of the list reads of rows that lie apart, and the search of all: a quarter of the time without compression.
_READ_BY_ROW = ("contact_id", "full_name", "email", "company", "search")
_BREAKDOWNS = "SELECT contact_id, score_breakdown::VARCHAR AS score_breakdown FROM crm.contacts"
_CALLED_LATER = "coalesce(opted_out, false) OR coalesce(converted, false)"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A published snapshot; `size` in bytes."""

    path: Path
    leads: int
    size: int


def publish_snapshot(home: Home) -> Snapshot:
    """dashboard/<moment>.duckdb and the pointer `current` to it; the last few are kept. Raises HomeBusy, StorageFailed.

    A new name each time: a process that has the old file open goes on reading it undisturbed.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    path = home.dashboard / f"{now:%Y%m%dT%H%M%S%f}.duckdb"
    with read_crm(home) as crm:
        model, all_scored_at = model_in_use(crm), last_scored_all(crm)
    with atomic_path(path) as draft, new_file(draft, home.root) as connection:
        with attached_crm(home, connection):
            allow_memory(connection, connection.execute("SELECT count(*) FROM crm.contacts").fetchall()[0][0])
            _copy_crm(connection)
        _complete(connection, home.settings)
        _fill(connection, "phrases (phrase VARCHAR)", [(one,) for one in sorted(phrases(model) if model else ())])
        facts = _facts(connection, path.stem, now, all_scored_at)
        connection.execute("CREATE TABLE meta AS SELECT ? AS layout, ? AS run", [LAYOUT, facts_as_json(facts)])
    write_text(home.dashboard / POINTER, path.name)
    for old in sorted(home.dashboard.glob("*.duckdb"))[: -home.settings.reports.snapshots_kept]:
        old.unlink(missing_ok=True)
    return Snapshot(path, facts.leads, path.stat().st_size)


def _copy_crm(connection: duckdb.DuckDBPyConnection) -> None:
    """All that is asked of the CRM; nobody can write to it meanwhile."""
    for name in _AS_THEY_ARE:
        connection.execute(f"CREATE TABLE {name} AS FROM crm.{name}")
    connection.execute("CREATE TABLE model_versions AS SELECT * EXCLUDE (model) FROM crm.model_versions")
    _store(connection, "breakdowns", _BREAKDOWNS, {"score_breakdown": "zstd"})
    _store(connection, "leads", _LEADS, dict.fromkeys(_READ_BY_ROW, "uncompressed"))
    # Rows keep the order they came in; numbering them on the way would leave one processor with all the work.
    connection.execute("ALTER TABLE leads ADD COLUMN rank BIGINT")
    connection.execute("UPDATE leads SET rank = rowid")
    connection.execute("CREATE VIEW contacts AS FROM leads")
    connection.execute("CREATE TEMP TABLE activities AS FROM crm.activities")


# `movement` compares categories with those that stood before the day of the latest scoring, as `score_change` compares
# scores: so a small import that is scored in the afternoon does not hide who moved in the morning.
_BETTER = f"list_position({[*reversed(CATEGORIES)]!r}, {{}})"
_LEADS = f"""
    WITH today AS (SELECT max(scored_at)::DATE AS day FROM crm.contacts),
    moved AS (SELECT DISTINCT contact_id FROM crm.score_history, today WHERE scored_at >= day),
    before AS (
        SELECT contact_id, arg_max(lead_category, scored_at) AS category_before
        FROM crm.score_history SEMI JOIN moved USING (contact_id), today WHERE scored_at < day GROUP BY contact_id)
    SELECT contacts.* EXCLUDE (score_breakdown, is_scored) REPLACE (custom_fields::VARCHAR AS custom_fields),
        CASE WHEN lead_category IS NULL THEN NULL
             WHEN moved.contact_id IS NULL THEN '{SAME}'
             WHEN category_before IS NULL THEN '{NEW}'
             WHEN {_BETTER.format("lead_category")} > {_BETTER.format("category_before")} THEN '{MOVED_UP}'
             WHEN {_BETTER.format("lead_category")} < {_BETTER.format("category_before")} THEN '{MOVED_DOWN}'
             ELSE '{SAME}' END AS movement,
        {folded("concat_ws(' ', full_name, company, email)")} AS search
    FROM crm.contacts LEFT JOIN moved USING (contact_id) LEFT JOIN before USING (contact_id)
    ORDER BY {_CALLED_LATER}, coalesce({_BETTER.format("lead_category")}, 0) DESC, lead_score DESC NULLS LAST, contact_id"""


def _store(connection: duckdb.DuckDBPyConnection, table: str, query: str, compressed: Mapping[str, str]) -> None:
    """Make a table of what a query gives, in its order; `compressed` says how columns are, where DuckDB is not to choose."""
    columns = connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE {query})").fetchall()
    named = [
        f"{name} {kind}" + (f" USING COMPRESSION {compressed[name]}" if name in compressed else "")
        for name, kind in columns
    ]
    connection.execute(f"CREATE TABLE {table} ({', '.join(named)})")
    connection.execute(f"INSERT INTO {table} {query}")


def _complete(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """What follows from the copies and the settings."""
    connection.execute(f"CREATE TABLE main.activities AS {activities_query()}")
    connection.execute("DROP TABLE temp.activities")
    plays = load_playbook(settings.reports.playbook)
    placed = [(place, play.model_dump_json()) for place, play in enumerate(plays, start=1)]
    _fill(connection, "plays (place USMALLINT, play VARCHAR)", placed)
    make_codes(connection, action_table(settings.scoring.actions), plays, settings.dashboard.filter_values)


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Make a small table."""
    connection.execute(f"CREATE TABLE {table}")
    if rows:
        places = ", ".join("?" for _ in rows[0])
        connection.executemany(f"INSERT INTO {table.split()[0]} VALUES ({places})", rows)


def _facts(connection: duckdb.DuckDBPyConnection, name: str, now: datetime, all_scored_at: datetime | None) -> RunFacts:
    """A score that comes out the same keeps the moment it was written; so all may be newer than the newest of them."""
    leads, scored_at, method, version = connection.execute(
        "SELECT count(*), max(scored_at), arg_max(score_method, scored_at), arg_max(model_version, scored_at) FROM leads"
    ).fetchall()[0]
    if scored_at and all_scored_at:
        scored_at = max(scored_at, all_scored_at)
    facts = RunFacts(name, now, scored_at, method or "", version or "", None, leads, all_scored_at)
    card = next((one.card for one in versions(connection) if one.version == version), None)
    if card is None or method != "model":
        return facts
    chosen = next((one for one in card.candidates if one.name == card.chosen), None)
    return replace(facts, roc_auc=chosen.roc_auc if chosen else None)
