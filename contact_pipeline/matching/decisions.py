"""What people decided about a row and what it met.

Belongs here: who a decision is about, and reading a duplicate report that comes back filled in. Does not belong: writing
the report (`duplicates`, `reporting.duplicates_workbook`), keeping decisions (`crm.decisions`) and obeying them (`links`).
A decision is about two sides, each an e-mail and a person, so that it holds for later files too.
"""

from __future__ import annotations


def name_of(row: str) -> str:
    """SQL for the whole name of a record, `row` being the alias of its table; NULL where it has none."""
    return f"coalesce({row}.full_name, nullif(concat_ws(' ', {row}.first_name, {row}.last_name), ''))"


def person_of(name_sql: str) -> str:
    """SQL for the person behind a name, `name_sql` being SQL for the name: no case, accents or spare white space.

    '' where there is no name: never NULL.
    """
    return rf"trim(regexp_replace(strip_accents(lower(coalesce({name_sql}, ''))), '[\s\pZ]+', ' ', 'g'))"
