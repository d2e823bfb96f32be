"""Mappings learned from imports, one for each kind of table: stored, read, forgotten.

Belongs here: the table `learned_mappings`. Does not belong: what is worth remembering and which mapping fits a table
(`mapping.learned`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import duckdb

from contact_pipeline.crm.history import IMPORTED
from contact_pipeline.errors import UsageError
from contact_pipeline.mapping.learned import LearnedMapping
from contact_pipeline.mapping.plan import TablePlan, plan_of_json


def remember(connection: duckdb.DuckDBPyConnection, mappings: Sequence[LearnedMapping]) -> None:
    """Store mappings; each takes the place of one learned before for its signature, unless that is of a later import."""
    for one in mappings:
        connection.execute(
            "DELETE FROM learned_mappings WHERE signature = ? AND learned_at <= ?", [one.signature, one.learned_at]
        )
        connection.execute(
            """INSERT INTO learned_mappings BY NAME
            SELECT $signature AS signature, $tool AS tool, $headers AS headers, $targets AS targets,
                   $import_id AS import_id, $learned_at AS learned_at
            WHERE NOT EXISTS (FROM learned_mappings WHERE signature = $signature)""",
            {**asdict(one), "headers": json.dumps(one.headers), "targets": json.dumps(one.targets)},
        )


def learned_mappings(connection: duckdb.DuckDBPyConnection) -> list[LearnedMapping]:
    """All mappings learned, the newest first."""
    rows = connection.execute(
        """SELECT signature, tool, headers::VARCHAR, targets::VARCHAR, import_id, learned_at
        FROM learned_mappings ORDER BY learned_at DESC, signature"""
    ).fetchall()
    return [
        LearnedMapping(signature, tool, tuple(json.loads(headers)), json.loads(targets), import_id, learned_at)
        for signature, tool, headers, targets, import_id, learned_at in rows
    ]


def mapping_of_import(connection: duckdb.DuckDBPyConnection, import_id: str, mapped_anew: int) -> dict[str, TablePlan]:
    """The mapping by sheet that an import in the CRM was carried out with; empty where there is none.

    `mapped_anew` tells how often the mapping was asked for anew; one stored before the last time counts no more.
    """
    rows = connection.execute(
        "SELECT mapping::VARCHAR FROM imports WHERE import_id = ? AND status = ?", [import_id, IMPORTED]
    ).fetchall()
    tables = json.loads(rows[0][0]) if rows else []
    return {one["sheet"]: plan_of_json(one) for one in tables if one.get("mapped_anew", 0) == mapped_anew}


def forget(connection: duckdb.DuckDBPyConnection, signature: str) -> None:
    """Forget the mapping of a signature. Raises UsageError where none was learned."""
    gone = connection.execute("DELETE FROM learned_mappings WHERE signature = ? RETURNING signature", [signature])
    if not gone.fetchall():
        raise UsageError(f"No mapping of '{signature}' was learned. 'contact-pipeline mappings' lists them.")


def note_custom_fields(connection: duckdb.DuckDBPyConnection, import_id: str, types: Mapping[str, str]) -> None:
    """Count the custom fields of an import anew; `types` are those its mapping found, by name."""
    connection.execute("DELETE FROM custom_fields WHERE import_id = ?", [import_id])
    connection.execute(
        """INSERT INTO custom_fields BY NAME
        SELECT $import_id AS import_id, name, count(*) AS filled, coalesce(any_value(found.type), 'text') AS type
        FROM (SELECT unnest(json_keys(custom_fields)) AS name FROM records WHERE import_id = $import_id) AS used
        LEFT JOIN (SELECT unnest($names::VARCHAR[]) AS name, unnest($types::VARCHAR[]) AS type) AS found USING (name)
        GROUP BY name""",
        {"import_id": import_id, "names": list(types), "types": list(types.values())},
    )
