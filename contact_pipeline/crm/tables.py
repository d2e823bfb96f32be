"""The tables of the CRM, derived from the field catalogue, and the version of their layout.

Belongs here: DDL and migrations. Does not belong: what is written into the tables.
"""

from __future__ import annotations

import duckdb

from contact_pipeline.errors import PipelineError
from contact_pipeline.fields import FIELDS, SCORE_FIELDS

SCHEMA_VERSION = 7

# Texts of which hardly two are the same: compressing them takes as long as writing all other columns, to save half of
# their room. Homes made by older versions have them compressed; nothing else depends on it.
_AS_THEY_ARE = "USING COMPRESSION uncompressed"
_OF_THEIR_OWN = frozenset({"email", "full_name", "phone", "mobile_phone"})

_FIELD_COLUMNS = ", ".join(
    f"{field.name} {field.sql_type} {_AS_THEY_ARE if field.name in _OF_THEIR_OWN else ''}" for field in FIELDS
)
_SCORE_COLUMNS = ", ".join(f"{field.name} {field.sql_type}" for field in SCORE_FIELDS)

CONTACT_COLUMNS = f"""
        contact_id VARCHAR {_AS_THEY_ARE}, is_duplicate BOOLEAN, company_id VARCHAR, {_FIELD_COLUMNS}, custom_fields JSON,
        {_SCORE_COLUMNS}, is_scored BOOLEAN"""

_LEARNED_MAPPINGS = """learned_mappings (
        signature VARCHAR, tool VARCHAR, headers JSON, targets JSON, import_id VARCHAR, learned_at TIMESTAMP)"""

# What people decided about a row and what it met; both sides by address and name, so that it holds for later files too.
_DECISIONS = """decisions (
        import_id VARCHAR, sequence BIGINT, sheet VARCHAR, line BIGINT, of_import VARCHAR, rule VARCHAR,
        email VARCHAR, person VARCHAR, met_email VARCHAR, met_person VARCHAR, decision VARCHAR)"""

# Addresses that opted out in any import ever taken in: undoing the import does not lift it.
_OPT_OUTS = "opt_outs (match_key VARCHAR, since TIMESTAMP, import_id VARCHAR)"

# Keyed digests of the addresses of people who were erased; the key is made with the first of them.
_SUPPRESSIONS = "suppressions (digest VARCHAR, since TIMESTAMP)"

# What people did and when, from activity files; whose address it is now is looked up whenever activities are read.
_ACTIVITIES = """activities (
        import_id VARCHAR, sequence BIGINT, sheet VARCHAR, line BIGINT, email VARCHAR, kind VARCHAR,
        happened_at TIMESTAMP, times DOUBLE, state VARCHAR, reason VARCHAR)"""

# How all leads stood after each scoring, in totals.
_SCORINGS = """scorings (
        scored_at TIMESTAMP, method VARCHAR, model_version VARCHAR, leads BIGINT, hot BIGINT, warm BIGINT, cold BIGINT,
        mean_score DOUBLE, expected_wins DOUBLE)"""

# A line of it, of the contacts as they stand. Who is a customer cannot be won again, who opted out is not approached.
STANDING = """SELECT max(scored_at), arg_max(score_method, scored_at), arg_max(model_version, scored_at), count(*),
        count(*) FILTER (lead_category = 'Hot'), count(*) FILTER (lead_category = 'Warm'),
        count(*) FILTER (lead_category = 'Cold'), avg(lead_score),
        sum(conversion_probability) FILTER (NOT coalesce(opted_out, false) AND NOT coalesce(converted, false))
    FROM contacts WHERE lead_score IS NOT NULL"""

# One row of what holds for the whole CRM.
_META = """meta (
        schema_version INTEGER, suppression_key BLOB, scored_all_at TIMESTAMP, scored_with VARCHAR, folded_with JSON,
        restored_at TIMESTAMP)"""

# No primary keys: uniqueness is the merge's job and its index would cost more than the merge.
_TABLES = (
    """imports (
        import_id VARCHAR, sequence INTEGER, attempt INTEGER, file_name VARCHAR, sha256 VARCHAR, bytes BIGINT,
        who VARCHAR, received_at TIMESTAMP, finished_at TIMESTAMP, seconds DOUBLE, status VARCHAR, reason VARCHAR,
        policy VARCHAR, options JSON, mapping JSON,
        total BIGINT, created BIGINT, updated BIGINT, unchanged BIGINT, skipped BIGINT, failed BIGINT, not_data BIGINT,
        failures JSON, skips JSON, issues JSON, kind VARCHAR, sample_check JSON, terms JSON)""",
    f"""records (
        import_id VARCHAR, sequence BIGINT, sheet VARCHAR, line BIGINT, match_key VARCHAR {_AS_THEY_ARE},
        policy VARCHAR, as_of TIMESTAMP, state VARCHAR, reason VARCHAR, contact_id VARCHAR {_AS_THEY_ARE},
        contributes BOOLEAN,
        {_FIELD_COLUMNS}, custom_fields JSON, issues JSON, cleared VARCHAR[], told_of VARCHAR)""",
    f"contacts ({CONTACT_COLUMNS})",
    """companies (
        company_id VARCHAR, name VARCHAR, domain VARCHAR, industry VARCHAR, country VARCHAR, company_size VARCHAR,
        annual_revenue DOUBLE, contacts BIGINT)""",
    "custom_fields (import_id VARCHAR, name VARCHAR, filled BIGINT, type VARCHAR)",
    _LEARNED_MAPPINGS,
    _DECISIONS,
    _OPT_OUTS,
    _SUPPRESSIONS,
    _ACTIVITIES,
    """model_versions (
        version VARCHAR, created_at TIMESTAMP, method VARCHAR, in_use BOOLEAN, card JSON, model BLOB, learned_from JSON,
        decision VARCHAR, reason VARCHAR, used_since TIMESTAMP, is_pinned BOOLEAN)""",
    "score_history (scored_at TIMESTAMP, contact_id VARCHAR, lead_score DOUBLE, lead_category VARCHAR, model_version VARCHAR)",
    _SCORINGS,
)

# What brings a layout to the next one.
_MIGRATIONS: dict[int, tuple[str, ...]] = {
    1: (f"CREATE TABLE {_LEARNED_MAPPINGS}", "ALTER TABLE custom_fields ADD COLUMN type VARCHAR"),
    2: (
        "ALTER TABLE meta ADD COLUMN suppression_key BLOB",
        "ALTER TABLE imports ADD COLUMN kind VARCHAR",
        "UPDATE imports SET kind = CASE WHEN options->>'mends' IS NULL THEN 'contacts' ELSE 'mended' END",
        "ALTER TABLE imports ADD COLUMN sample_check JSON",
        "ALTER TABLE records ADD COLUMN cleared VARCHAR[]",
        *(f"CREATE TABLE {table}" for table in (_DECISIONS, _OPT_OUTS, _SUPPRESSIONS)),
        "INSERT INTO opt_outs SELECT match_key, min(as_of), arg_min(import_id, sequence) FROM records WHERE opted_out GROUP BY 1",
    ),
    3: (
        f"CREATE TABLE {_ACTIVITIES}",
        "ALTER TABLE meta ADD COLUMN scored_all_at TIMESTAMP",
        "ALTER TABLE meta ADD COLUMN scored_with VARCHAR",
        "ALTER TABLE contacts ADD COLUMN score_change DOUBLE",
        "ALTER TABLE contacts ADD COLUMN is_scored BOOLEAN",
        *(
            f"ALTER TABLE model_versions ADD COLUMN {column}"
            for column in (
                "learned_from JSON",
                "decision VARCHAR",
                "reason VARCHAR",
                "used_since TIMESTAMP",
                "is_pinned BOOLEAN",
            )
        ),
        "UPDATE model_versions SET decision = 'promoted', used_since = created_at, is_pinned = false",
    ),
    # What was noted of earlier scorings is each change of a score, but not who was undone since: so none can be told.
    4: (f"CREATE TABLE {_SCORINGS}", f"INSERT INTO scorings FROM ({STANDING} HAVING count(*) > 0)"),
    5: ("ALTER TABLE records ADD COLUMN told_of VARCHAR",),
    # What older imports were decided by beside their options was not written down; nothing is known of it.
    6: (
        "ALTER TABLE imports ADD COLUMN terms JSON",
        "ALTER TABLE meta ADD COLUMN folded_with JSON",
        "ALTER TABLE meta ADD COLUMN restored_at TIMESTAMP",
    ),
}


def ensure_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables where there are none, and bring older ones up to date. Raises PipelineError for a newer file."""
    connection.execute(f"CREATE TABLE IF NOT EXISTS {_META}")
    version = layout(connection)
    if version is not None:
        _migrate(connection, version)
        return
    for table in _TABLES:
        connection.execute(f"CREATE TABLE {table}")
    connection.execute("INSERT INTO meta (schema_version) VALUES (?)", [SCHEMA_VERSION])


def layout(connection: duckdb.DuckDBPyConnection) -> int | None:
    """The version of the tables; None where there are none yet. Raises PipelineError for a file made by a newer version.

    Asks for what is in `meta`, which is much quicker than to ask whether there is such a table; but where there is none, hearing so
    ends a transaction.
    """
    try:
        found = connection.execute("SELECT schema_version FROM meta").fetchall()
    except duckdb.CatalogException:
        return None
    if not found:
        return None
    version = int(found[0][0])
    if version > SCHEMA_VERSION:
        raise PipelineError(
            f"crm.duckdb has layout {version}, this version of contact_pipeline knows {SCHEMA_VERSION}. "
            "Install the version that wrote it, or a newer one."
        )
    return version


def _migrate(connection: duckdb.DuckDBPyConnection, since: int) -> None:
    for version in range(since, SCHEMA_VERSION):
        for statement in _MIGRATIONS[version]:
            connection.execute(statement)
        connection.execute("UPDATE meta SET schema_version = ?", [version + 1])
