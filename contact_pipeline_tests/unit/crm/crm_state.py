"""What is in a small CRM, in the words of the plain-Python model, so that both can be compared."""

from __future__ import annotations

import json
from typing import Any

from contact_pipeline_tests.unit.crm.fold_model import Model, Record, Row
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm

_FOUNDERS = """(SELECT contact_id, min_by(import_id, sequence) AS import_id, min_by(line, sequence) AS line
                FROM records WHERE contributes GROUP BY contact_id)"""


def contacts(crm: SmallCrm) -> list[tuple[str, bool, str]]:
    """Place of the founding record, flag and non-blank values of each contact."""
    frame = crm.connection.sql(
        f"SELECT c.*, r.import_id, r.line FROM contacts AS c JOIN {_FOUNDERS} AS r USING (contact_id)"
    ).pl()
    assert len(frame) == len(crm.rows("contacts"))
    return sorted(_plain(row) for row in frame.iter_rows(named=True))


def expected_contacts(model: Model) -> list[tuple[str, bool, str]]:
    """The same, of the model."""
    return sorted(
        (" ".join(map(str, _place(one.founder))), one.is_duplicate, _text(model.golden(one))) for one in model.contacts
    )


def records(crm: SmallCrm) -> list[tuple[Any, ...]]:
    """Place, contact's founder, contributes, state, reason of each record, in sequence."""
    return crm.connection.sql(
        f"""SELECT r.import_id, r.line, f.import_id, f.line, r.contributes, r.state, r.reason
        FROM records AS r LEFT JOIN {_FOUNDERS} AS f USING (contact_id) ORDER BY r.sequence"""
    ).fetchall()


def expected_records(model: Model) -> list[tuple[Any, ...]]:
    """The same, of the model."""
    return [
        (*_place(one), *(_place(one.contact.founder) if one.contact else (None, None)),
         one.contributes, one.state, one.reason)
        for one in model.records
    ]  # fmt: skip


def _plain(row: Row) -> tuple[str, bool, str]:
    place, is_duplicate = f"{row.pop('import_id')} {row.pop('line')}", row.pop("is_duplicate")
    custom = row.pop("custom_fields")
    del row["contact_id"], row["company_id"]
    values = {name: value for name, value in row.items() if value is not None}
    return place, is_duplicate, _text(values | ({"custom": json.loads(custom)} if custom else {}))


def _text(values: Row) -> str:
    return json.dumps(values, sort_keys=True, default=str)


def _place(record: Record) -> tuple[str, int]:
    return record.given.import_id, record.place[1] + 2
