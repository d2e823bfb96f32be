"""All leads as files, written straight from the CRM: for people, for programs, and for another CRM.

Belongs here: which columns each file has, and writing it. Does not belong: the workbook and the report (`reporting`). DuckDB
writes while it reads, so the size of the CRM does not matter.

leads.csv has the columns of the sheet "All leads"; its Outcome is read when it comes back. leads.parquet has the names and
types of the CRM. crm_import.csv has what a CRM takes in, one row an address; taken in here it changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import duckdb

from contact_pipeline.atomic import atomic_path
from contact_pipeline.fields import FIELDS, SCORE_FIELDS, Survivorship
from contact_pipeline.mapping.outcomes import CONTACT_ID_HEADER, OUTCOME_HEADER
from contact_pipeline.safe_text import guarded_formula, guarded_formula_sql

LEADS_CSV, LEADS_PARQUET, CRM_CSV = "leads.csv", "leads.parquet", "crm_import.csv"

_MACHINES: Final = frozenset({"score_breakdown"})  # JSON that nobody reads in a table
_FOR_A_CRM: Final = ("lead_score", "lead_category", "recommended_action", "key_factors")
_BEST_FIRST: Final = "ORDER BY lead_score DESC NULLS LAST, contact_id"
_BYTE_ORDER_MARK: Final = "\ufeff"  # without it Excel takes UTF-8 for an old encoding


def write_lead_files(connection: duckdb.DuckDBPyConnection, folder: Path, *, best_first: bool) -> dict[str, Path]:
    """Write the three files into `folder`, each atomically. Gives name -> path.

    Without `best_first` leads stand in the order of the CRM: to sort very many takes ten times as long as to write them.
    """
    custom = _custom_names(connection)
    queries = {
        LEADS_CSV: (_rows(_for_people(custom), custom), _CSV),
        LEADS_PARQUET: (f"SELECT {_FOR_PROGRAMS} FROM contacts", "FORMAT parquet, COMPRESSION zstd"),
        CRM_CSV: (f"{_rows(_for_a_crm(), [])} WHERE NOT is_duplicate", _CSV),
    }
    order = _BEST_FIRST if best_first else ""
    for name, (query, form) in queries.items():
        with atomic_path(folder / name) as draft:
            target = str(draft).replace("'", "''")  # COPY takes no parameters
            connection.execute(f"COPY ({query} {order}) TO '{target}' ({form})")
    return {name: folder / name for name in queries}


_CSV: Final = "FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%d %H:%M:%S.%g'"
_FOR_PROGRAMS: Final = ", ".join(
    ("contact_id", *(field.name for field in FIELDS), "custom_fields", *(field.name for field in SCORE_FIELDS))
)


def _custom_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The names of the custom fields that any contact has."""
    rows = connection.execute("SELECT DISTINCT unnest(json_keys(custom_fields)) AS name FROM contacts ORDER BY name")
    return [name for (name,) in rows.fetchall()]


def _for_people(custom: list[str]) -> dict[str, str]:
    """Header -> SQL of the columns of leads.csv; `custom_values` is the list of the custom fields in order."""
    columns = {field.label: _text(field.name, field.sql_type) for field in FIELDS}
    scores = [field for field in SCORE_FIELDS if field.name not in _MACHINES]
    own = {*columns, *(field.label for field in scores), OUTCOME_HEADER, CONTACT_ID_HEADER}
    for place, name in enumerate(custom, start=1):
        header = f"{name} (custom)" if name in own else name
        columns[_free(header, columns)] = guarded_formula_sql(f"custom_values[{place}]")
    columns |= {field.label: _text(field.name, field.sql_type) for field in scores}
    return {**columns, OUTCOME_HEADER: "NULL", CONTACT_ID_HEADER: "contact_id"}


def _for_a_crm() -> dict[str, str]:
    """Header -> SQL of the columns of crm_import.csv. A field that unites texts of many records is of no use to a CRM."""
    columns = {
        field.label: _text(field.name, field.sql_type)
        for field in FIELDS
        if field.survivorship is not Survivorship.UNION
    }
    scores = [field for field in SCORE_FIELDS if field.name in _FOR_A_CRM]
    return columns | {field.label: _text(field.name, field.sql_type) for field in scores}


def _rows(columns: Mapping[str, str], custom: list[str]) -> str:
    """SQL of the rows of a CSV."""
    headers = [_quoted(_BYTE_ORDER_MARK * (place == 0) + guarded_formula(name)) for place, name in enumerate(columns)]
    shown = ", ".join(f"{sql} AS {header}" for sql, header in zip(columns.values(), headers, strict=True))
    paths = ", ".join("'" + _pointer(name).replace("'", "''") + "'" for name in custom)
    values = f", json_extract_string(custom_fields, [{paths}]) AS custom_values" if custom else ""
    return f"SELECT {shown} FROM (SELECT *{values} FROM contacts)"


def _text(name: str, sql_type: str) -> str:
    return guarded_formula_sql(name) if sql_type == "VARCHAR" else name


def _free(header: str, taken: Mapping[str, str]) -> str:
    """SQL knows no difference between upper and lower case in names, so one is told apart by a number."""
    known = {name.casefold() for name in taken}
    count, name = 1, header
    while name.casefold() in known:
        count += 1
        name = f"{header} ({count})"
    return name


def _pointer(name: str) -> str:
    """The place of a key in a JSON object, as RFC 6901 writes it."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
