from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from contact_pipeline.scoring.features import ATTRIBUTES, attribute_frame
from contact_pipeline.scoring.points import PointsTable, Rule, default_points

Maker = Callable[..., pl.DataFrame]


def _points(contacts: pl.DataFrame, as_of: datetime, *fields: str) -> np.ndarray:
    return default_points().apply(attribute_frame(contacts, as_of, 30), fields).effects


def test_every_rule_of_the_default_table_is_about_an_attribute_that_exists() -> None:
    assert set(default_points().fields) <= {attribute.name for attribute in ATTRIBUTES}


def test_of_the_rules_of_a_field_the_first_that_fits_counts(contacts_of: Maker, as_of: datetime) -> None:
    contacts = contacts_of(3, last_activity_at=[as_of - timedelta(days=d) for d in (3, 20, 400)])
    assert _points(contacts, as_of, "last_activity_at")[:, 0].tolist() == [0.5, 0.3, -0.5]


def test_words_are_compared_without_case_and_blanks_get_nothing(contacts_of: Maker, as_of: datetime) -> None:
    contacts = contacts_of(3, seniority=["DIRECTOR", None, "Staff"], lead_source=["Customer Referral", None, "Other"])
    assert _points(contacts, as_of, "seniority", "lead_source").tolist() == [[0.8, 0.8], [0, 0], [0, 0]]


def test_points_a_unit_grow_up_to_their_limit(contacts_of: Maker, as_of: datetime) -> None:
    contacts = contacts_of(4, website_visits=[0, 1, 5, 500])
    assert _points(contacts, as_of, "website_visits")[:, 0].tolist() == pytest.approx([0, 0.12, 0.6, 0.8])


def test_a_rule_can_be_about_a_missing_value() -> None:
    table = PointsTable(start=0, rules=(Rule(field="industry", words="No industry", log_odds=-0.2, missing=True),))
    found = table.apply(pl.DataFrame({"industry": ["Retail", None]}), ("industry",))
    assert found.effects[:, 0].tolist() == [0, -0.2]
    assert found.states[:, 0].tolist() == [0, 1]
