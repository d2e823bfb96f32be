"""The master law: importing and rerunning in any order ends in the fold of what is live, as plain Python works it out."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_pipeline.crm import fold
from contact_pipeline.crm.history import past_import
from contact_pipeline_tests.effort import examples
from contact_pipeline_tests.unit.crm.crm_state import contacts, expected_contacts, expected_records, records
from contact_pipeline_tests.unit.crm.fold_model import ROLE_EMAIL, STAGES, Given, Model, Row
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm

LAWS = settings(max_examples=examples(8), deadline=None, suppress_health_check=list(HealthCheck))

# The fold goes one way with few records, and another with many.
FEW = st.sampled_from([1, fold.FEW_RECORDS])

MOMENTS = st.sampled_from(
    [datetime.fromisoformat(day) for day in ("1969-07-20", "2024-05-01", "2025-05-01", "2030-01-01")]
)


def _mostly(*values: Any) -> st.SearchStrategy[Any]:
    """One of the values, or blank."""
    return st.sampled_from([*values, *values, None])


EMAILS = ("a@acme.example", "c@gmail.com", ROLE_EMAIL)
FIRST_NAMES = ("Ann", "Anna", "A.", "Ann", "Anna", "Bob", "Robert", "Robetr", None)
LAST_NAMES = ("Lee", "Lee", "Ray", None)

GOOD_ROWS = st.fixed_dictionaries(
    {
        "email": st.sampled_from(EMAILS),
        "first_name": _mostly(*FIRST_NAMES),
        "last_name": _mostly(*LAST_NAMES),
        "company": _mostly("Acme", "Acme Ltd", "ACME"),
        "annual_revenue": _mostly(1.5, 2e6),
        "lead_source": _mostly("Web", "Event"),
        "lifecycle_stage": _mostly(*STAGES),
        "created_at": st.none() | MOMENTS,
        "last_activity_at": st.none() | MOMENTS,
        "notes": _mostly("called", "met", "two\nlines"),
        "converted": _mostly(True, False),
        "opted_out": _mostly(True, False),
        "source_date": st.none() | MOMENTS,
        "custom": _mostly(
            {"Size": "1"}, {"Size": "1", "Farbe/ü": "\x1f"}, {"Size": None}, {"Zone": "1", "Farbe/ü": None}
        ),
        "cleared": _mostly(["company"], ["notes", "created_at", "lead_source"], ["lifecycle_stage", "opted_out"]),
    }
)
NOT_FOR_THE_CRM: list[Row] = [
    {"kind": "blank"},
    {"kind": "broken", "failures": ["broken row: it is short", "no e-mail address"]},
    {"failures": ["no e-mail address"]},
]
ROWS = st.lists(GOOD_ROWS, max_size=6) | st.lists(GOOD_ROWS | st.sampled_from(NOT_FOR_THE_CRM), max_size=6)
POLICIES = st.sampled_from(["update", "update", "update", "skip", "create"])
RECEIVED = st.sampled_from([datetime.fromisoformat(day) for day in ("2026-01-01", "2026-02-01")])


@st.composite
def _histories(draw: st.DrawFn) -> list[tuple[int, Given]]:
    """Steps (place of the import, what comes in): new files, the same again, and older ones with other rows."""
    steps: list[tuple[int, Given]] = []
    count = 0
    for _ in range(draw(st.integers(2, 5))):
        place = draw(st.integers(0, count))
        latest = next((step for at, step in reversed(steps) if at == place), None)
        if latest is None:
            count += 1
            steps.append((place, Given(f"file{place}", draw(ROWS), draw(POLICIES), draw(RECEIVED))))
        else:
            steps.append((place, replace(latest, rows=draw(st.just(latest.rows) | ROWS))))
    return steps


@LAWS
@given(_histories(), FEW)
def test_any_order_of_imports_and_reruns_ends_in_the_fold_of_what_is_live(
    steps: list[tuple[int, Given]], few: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, patch.object(fold, "FEW_RECORDS", few):
        crm, live, opted_out = SmallCrm(Path(folder)), {}, frozenset[str]()
        for place, one in steps:
            crm.bring_in(one)
            live[place] = one
            opted_out = Model([live[at] for at in sorted(live)], opted_out=opted_out).addresses_opted_out()
        model = Model([live[place] for place in sorted(live)], opted_out=opted_out)
        assert contacts(crm) == expected_contacts(model)
        assert records(crm) == expected_records(model)
        for one in model.live:
            ledger = past_import(crm.connection, one.import_id).ledger
            ledger.check()
            assert ledger.rows == model.counts(one)


@LAWS
@given(_histories(), st.integers(0, 4))
def test_importing_again_with_nothing_changed_changes_no_row(steps: list[tuple[int, Given]], chosen: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        crm, live = SmallCrm(Path(folder)), {}
        for place, one in steps:
            crm.bring_in(one)
            live[place] = one
        tables = ("records", "contacts", "imports", "custom_fields")
        before = {table: crm.rows(table) for table in tables}
        crm.bring_in(live[chosen % len(live)])
        assert {table: crm.rows(table) for table in tables} == before
