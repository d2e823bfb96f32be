from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from contact_pipeline.scoring.attribute import Attribute
from contact_pipeline.scoring.columns import custom_attribute, encode, learn_column
from contact_pipeline.scoring.features import ATTRIBUTES, attribute_frame, custom_field_names

Maker = Callable[..., pl.DataFrame]


@pytest.mark.parametrize(
    ("written", "band"),
    [
        ("7", "1-10"),
        ("11-50", "11-50"),
        ("1-49", "11-50"),
        ("250", "201-500"),
        ("1,200", "1001-5000"),
        ("10,001+", "5001+"),
        ("big", None),
        (None, None),
    ],
)
def test_company_sizes_fall_into_bands(
    written: str | None, band: str | None, contacts_of: Maker, as_of: datetime
) -> None:
    assert attribute_frame(contacts_of(1, company_size=[written]), as_of, 30)["company_size"].item() == band


def test_a_count_halves_with_every_half_life_since_the_last_activity(contacts_of: Maker, as_of: datetime) -> None:
    ages = (0, 30, 60, -10)
    contacts = contacts_of(4, email_opens=[8] * 4, last_activity_at=[as_of - timedelta(days=d) for d in ages])
    assert attribute_frame(contacts, as_of, 30)["email_opens"].to_list() == pytest.approx([8, 4, 2, 8])


def test_a_count_without_any_date_stays_and_one_with_only_a_creation_date_decays(
    contacts_of: Maker, as_of: datetime
) -> None:
    contacts = contacts_of(2, email_opens=[8, 8], created_at=[None, as_of - timedelta(days=30)])
    assert attribute_frame(contacts, as_of, 30)["email_opens"].to_list() == pytest.approx([8, 4])


@pytest.mark.parametrize(
    ("email", "kind"),
    [("a@gmail.com", "free mail"), ("a@yahoo.co.uk", "free mail"), ("a@me.example", "business"), (None, None)],
)
def test_free_mail_addresses_are_told_from_business_ones(
    email: str | None, kind: str | None, contacts_of: Maker, as_of: datetime
) -> None:
    assert attribute_frame(contacts_of(1, email=[email]), as_of, 30)["email_domain"].item() == kind


def test_custom_fields_are_found_and_read_whatever_their_json_type(contacts_of: Maker, as_of: datetime) -> None:
    contacts = contacts_of(3, custom_fields=['{"Plan \\"B\\"": "x", "n": 1}', '{"n": " "}', None])
    names = custom_field_names(contacts)
    assert names == ('Plan "B"', "n")
    frame = attribute_frame(contacts, as_of, 30, names)
    assert frame["custom.n"].to_list() == ["1", None, None]
    assert frame['custom.Plan "B"'].to_list() == ["x", None, None]
    assert frame.height == 3


OUTCOME = np.tile([1.0, 0.0], 100)


def test_scattered_whole_numbers_are_an_identifier_only_under_such_a_name() -> None:
    values = [str(v) for v in np.random.default_rng(1).integers(0, 10**9, 200)]
    for name, refused in (("Record ID", True), ("leadId", True), ("Budget", False), ("Paid", False)):
        series = pl.Series("custom.a", values)
        learned = learn_column(custom_attribute(name, series), series.alias(f"custom.{name}"), OUTCOME, 30)
        assert isinstance(learned, str) is refused


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([f"word {i}" for i in range(200)], "repeats"),
        ([f"2024-01-{i % 28 + 1:02d}" for i in range(200)], "calendar"),
        ([str(5000 + 3 * i) for i in range(200)], "identifier"),
        (["same"] * 200, "same for all"),
        (["x"] * 5 + [None] * 195, "less than 5 %"),
    ],
)
def test_columns_that_cannot_teach_are_refused_with_a_reason(values: list[str | None], reason: str) -> None:
    series = pl.Series("custom.a", values, dtype=pl.String)
    refused = learn_column(custom_attribute("a", series), series, OUTCOME, 30)
    assert isinstance(refused, str)
    assert reason in refused


def test_levels_bands_and_missing_values_each_get_their_state_and_their_counts() -> None:
    words = pl.Series("a", (["x"] * 60 + ["y"] * 60 + ["rare"] * 2 + [None] * 78), dtype=pl.String)
    column = learn_column(Attribute("a", "A", "custom"), words, OUTCOME, 30)
    assert not isinstance(column, str)
    assert (column.levels, column.leads) == (("x", "y"), (60, 60, 2, 78))
    assert encode((column,), pl.DataFrame({"a": ["y", "never seen", None]})).states[:, 0].tolist() == [1, 2, 3]


def test_a_number_that_is_nearly_always_zero_still_has_two_bands() -> None:
    numbers = pl.Series("n", [0.0] * 190 + [3.0] * 10)
    column = learn_column(Attribute("n", "N", "custom", words=False), numbers, OUTCOME, 30)
    assert not isinstance(column, str)
    assert (column.edges, column.leads) == ((3.0,), (190, 10, 0))


def test_attribute_names_are_unique() -> None:
    names = [attribute.name for attribute in ATTRIBUTES]
    assert len(names) == len(set(names))
