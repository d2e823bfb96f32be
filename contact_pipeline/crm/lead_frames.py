"""The contacts as leads, for what is handed over: of each product the columns that it shows, and no more.

Belongs here: reading them. Does not belong: what a product shows (`reporting`) and writing files straight from the CRM
(`lead_files`). A million contacts of all columns do not fit into memory: texts that are only counted, or shown of a few, are
not read of all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import duckdb
import polars as pl

from contact_pipeline.fields import FIELD_NAMES, SCORE_FIELD_NAMES

_BREAKDOWNS_READ: Final = 60_000  # enough for averages; a breakdown is as long as all else of a lead
_TEXT: Final = {"custom_fields": "custom_fields::VARCHAR"}
_OF_IMPORT: Final = "WHERE contact_id IN (SELECT contact_id FROM records WHERE import_id = $import_id)"


def lead_count(connection: duckdb.DuckDBPyConnection, import_id: str | None = None) -> int:
    """How many contacts there are, or how many an import has a record of."""
    chosen, parameters = _chosen(import_id)
    return int(connection.execute(f"SELECT count(*) FROM contacts {chosen}", parameters).fetchall()[0][0])


def leads_in_full(connection: duckdb.DuckDBPyConnection, import_id: str | None = None) -> pl.DataFrame:
    """Every field, custom_fields (JSON as text) and score of the contacts, or of those of an import, in no order.

    score_breakdown (JSON as text) is there for an even sample where they are many.
    """
    names = [name for name in ("contact_id", *FIELD_NAMES, "custom_fields", *SCORE_FIELD_NAMES) if name != _SAMPLED]
    return _read(connection, {name: _TEXT.get(name, name) for name in names}, import_id)


def leads_in_brief(
    connection: duckdb.DuckDBPyConnection,
    whole: Iterable[str],
    *,
    of_hot: Iterable[str] = (),
    filled: Iterable[str] = (),
    import_id: str | None = None,
) -> pl.DataFrame:
    """The columns `whole` of all contacts, or of those of an import; `of_hot` only where a lead is Hot, null elsewhere; of the
    columns `filled` whether there is a value (true or null).

    contact_id and a sample of score_breakdown are always there, of key_factors the first where it is not asked for of all.
    """
    columns = {name: f"CASE WHEN {name} IS NOT NULL THEN true END" for name in filled}
    columns |= {name: f"CASE WHEN lead_category = 'Hot' THEN {name} END" for name in of_hot}
    first = "split_part(key_factors, '; ', 1)"
    columns["key_factors"] = (
        f"CASE WHEN lead_category = 'Hot' THEN key_factors ELSE {first} END" if "key_factors" in columns else first
    )
    columns |= {name: _TEXT.get(name, name) for name in ("contact_id", *whole)}
    return _read(connection, columns, import_id)


_SAMPLED: Final = "score_breakdown"


def _read(connection: duckdb.DuckDBPyConnection, columns: dict[str, str], import_id: str | None) -> pl.DataFrame:
    every = 1 + lead_count(connection, import_id) // _BREAKDOWNS_READ
    sampled = f"CASE WHEN hash(contact_id) % {every} = 0 THEN {_SAMPLED}::VARCHAR END"
    taken = ", ".join(f"{sql} AS {name}" for name, sql in {**columns, _SAMPLED: sampled}.items())
    chosen, parameters = _chosen(import_id)
    leads: pl.DataFrame = connection.sql(f"SELECT {taken} FROM contacts {chosen}", params=parameters).pl()
    return leads


def _chosen(import_id: str | None) -> tuple[str, dict[str, str]]:
    return (_OF_IMPORT, {"import_id": import_id}) if import_id else ("", {})
