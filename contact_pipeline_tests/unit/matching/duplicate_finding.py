"""The duplicate report of an import that a test writes down, made in a small CRM."""

from __future__ import annotations

from contact_pipeline.crm.history import sequence_of
from contact_pipeline.matching.duplicates import Duplicates, find_duplicates
from contact_pipeline_tests.unit.crm.fold_model import Given, Row, write_stages
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm


def person(email: str, first: str | None = None, last: str = "Lee", **more: str) -> Row:
    """A row with a name and what else is given."""
    full = f"{first} {last}" if first else last
    return {"email": email, "first_name": first, "last_name": last, "full_name": full, **more}


def found_in(crm: SmallCrm, one: Given) -> Duplicates:
    """What the report says of an import that is not in the CRM, or again of one that is."""
    write_stages(crm.home, one)
    rows = crm.home.stage("validated_contacts", one.import_id)
    place = sequence_of(crm.connection, one.import_id)
    return find_duplicates(crm.connection, rows, import_id=one.import_id, sequence=place, policy=one.policy)
