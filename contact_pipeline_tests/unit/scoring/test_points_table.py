from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.errors import SettingsError
from contact_pipeline.scoring.features import ATTRIBUTES, attribute_frame
from contact_pipeline.scoring.points import PointsTable, default_points, points_table
from contact_pipeline.scoring.policy import PointsRule
from contact_pipeline.scoring.training import train
from contact_pipeline.settings import ScoringSettings, load_settings
from contact_pipeline_tests.unit.scoring.whole_scores import score_contacts

Maker = Callable[..., pl.DataFrame]
DOUBLED = math.log(2)


def _effects(table: PointsTable, contacts: pl.DataFrame, as_of: datetime, *fields: str) -> np.ndarray:
    return table.apply(attribute_frame(contacts, as_of, 30), fields).effects


def _odds(contacts: pl.DataFrame, as_of: datetime, *fields: str) -> list[list[float]]:
    return [[round(math.exp(x), 6) for x in row] for row in _effects(default_points(), contacts, as_of, *fields)]


def _settings(**given: object) -> ScoringSettings:
    return ScoringSettings.model_validate(given)


def _started(**given: object) -> dict[str, object]:
    return {"field": "Trial Started", "any_of": ["yes"], "odds": 2, "words": "Started a trial"} | given


def test_every_rule_of_the_default_table_is_about_an_attribute_that_exists() -> None:
    assert set(default_points().fields) <= {attribute.name for attribute in ATTRIBUTES}


def test_of_the_rules_of_a_field_the_first_that_fits_counts(contacts_of: Maker, as_of: datetime) -> None:
    contacts = contacts_of(3, last_activity_at=[as_of - timedelta(days=d) for d in (3, 20, 400)])
    assert _odds(contacts, as_of, "last_activity_at") == [[1.65], [1.35], [0.6]]


def test_words_are_compared_without_case_and_blanks_get_nothing(contacts_of: Maker, as_of: datetime) -> None:
    contacts = contacts_of(3, seniority=["DIRECTOR", None, "Staff"], lead_source=["Customer Referral", None, "Other"])
    assert _odds(contacts, as_of, "seniority", "lead_source") == [[2.2, 2.2], [1, 1], [1, 1]]


def test_odds_a_unit_multiply_up_to_their_limit(contacts_of: Maker, as_of: datetime) -> None:
    contacts = contacts_of(4, website_visits=[0, 1, 5, 500])
    assert _odds(contacts, as_of, "website_visits") == [[1], [1.13], [round(1.13**5, 6)], [2.2]]


def test_bounces_lower_the_odds_down_to_a_limit() -> None:
    frame = pl.DataFrame({"activity.bounce": [0.0, 1.0, 9.0, None]})
    effects = default_points().apply(frame, ("activity.bounce",)).effects[:, 0]
    assert np.exp(effects).tolist() == pytest.approx([1, 0.5, 0.25, 1])


def test_a_rule_can_be_about_a_missing_value() -> None:
    rule = PointsRule(field="industry", words="No industry", log_odds=-0.2, missing=True)
    found = PointsTable(start=0, rules=(rule,)).apply(pl.DataFrame({"industry": ["Retail", None]}), ("industry",))
    assert found.effects[:, 0].tolist() == [0, -0.2]
    assert found.states[:, 0].tolist() == [0, 1]


def test_a_field_that_no_contact_has_is_worth_nothing() -> None:
    found = default_points().apply(
        pl.DataFrame({"seniority": ["Owner"]}), ("activity.visit", "custom.Tier", "seniority")
    )
    assert found.effects[0, :2].tolist() == [0, 0]
    assert found.effects[0, 2] > 0


def test_the_default_settings_give_the_table_of_the_package() -> None:
    assert points_table(ScoringSettings()) == default_points()


@given(field=st.sampled_from(default_points().fields), odds=st.floats(0.01, 100))
def test_rules_of_the_settings_replace_those_of_the_package_for_their_field_alone(field: str, odds: float) -> None:
    own = PointsRule(field=field, odds=odds, missing=True, words="Not known")
    table, default = points_table(ScoringSettings(points=(own,))), default_points()
    assert table.rules_of(field) == (own,)
    assert all(table.rules_of(other) == default.rules_of(other) for other in default.fields if other != field)


def test_a_field_is_found_by_name_or_label_in_any_case() -> None:
    given = [
        {"field": name, "missing": True, "odds": 0.5, "words": "blank"}
        for name in ("lead source", "Company Size", "Phone Number (Work)", "TRIAL started", "Activity.Visit")
    ]
    table = points_table(_settings(points=given))
    own = [rule.field for rule in table.rules if rule.words == "blank"]
    assert own == ["lead_source", "company_size", "phone", "custom.TRIAL started", "activity.visit"]


def test_countries_and_industries_may_be_written_as_an_import_knows_them(contacts_of: Maker, as_of: datetime) -> None:
    given = [
        {"field": "country", "any_of": ["Germany", "CH"], "odds": 2, "words": "Home market"},
        {"field": "industry", "any_of": ["healthcare"], "odds": 2, "words": "Health"},
    ]
    contacts = contacts_of(3, country=["DE", "CH", "FR"], industry=["Healthcare", None, "Retail"])
    effects = _effects(points_table(_settings(points=given)), contacts, as_of, "country", "industry")
    assert effects[:, 0].tolist() == pytest.approx([DOUBLED, DOUBLED, 0])


def test_numbers_of_custom_fields_can_be_compared() -> None:
    rule = PointsRule(field="custom.Seats", at_least=50, odds=2, words="50 seats")
    frame = pl.DataFrame({"custom.Seats": ["49", "50", "many", None]})
    assert PointsTable(start=0, rules=(rule,)).apply(frame, ("custom.Seats",)).states[:, 0].tolist() == [0, 1, 0, 0]


def test_a_setting_switches_the_rules_of_a_field_off_and_excluding_a_field_does_so_too() -> None:
    for settings in (_settings(points_without=["Phone"]), _settings(exclude=["phone"])):
        assert "phone" not in points_table(settings).fields
    assert points_table(_settings(points=[_started()], exclude=["trial started"])).custom == ()


def test_the_start_is_a_lead_score(contacts_of: Maker, as_of: datetime) -> None:
    settings = _settings(points_start=60, points_without=list(default_points().fields))
    model = train(contacts_of(3), settings, as_of)
    assert score_contacts(contacts_of(3), model, settings, as_of)["lead_score"].to_list() == [60, 60, 60]


def test_the_card_warns_of_rules_for_custom_fields_that_nobody_has(contacts_of: Maker, as_of: datetime) -> None:
    contacts = contacts_of(2, custom_fields=['{"Tier": "A"}', None], converted=[True, None])
    for header, named in (("Trial Started", True), ("TIER", False)):
        settings = _settings(points=[_started(field=header)])
        warnings = train(contacts, settings, as_of).card.warnings
        assert any("rules for Trial Started" in warning for warning in warnings) is named


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('odds = 2\nany_off = ["yes"]', "Extra inputs"),
        ('odds = 0\nany_of = ["yes"]', "greater than 0"),
        ("odds = 2", "no condition"),
        ('any_of = ["yes"]', "say what the rule is worth"),
        ('odds = 2\nlog_odds = 0.7\nany_of = ["yes"]', "one of the two"),
        ("odds = 2\nper_unit = 0.1", "together"),
        ("odds = 2\nodds_per_unit = 0.9", "both raise"),
        ("odds = 2\nat_least = 9\nat_most = 3", "never holds"),
        ("odds = 2\nat_least = 9\nmissing = true", "missing alone"),
    ],
)
def test_a_rule_that_cannot_mean_anything_is_refused_with_its_place(line: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f'[[scoring.points]]\nfield = "Trial Started"\nwords = "Started a trial"\n{line}\n')
    with pytest.raises(SettingsError, match=r"scoring\.points\.0") as refusal:
        load_settings(path)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("field", "test", "said"),
    [
        ("Seniority", "at_least = 3", "holds words"),
        ("activity.visit", 'any_of = ["3"]', "is a number"),
        ("website_visits", 'contains = ["3"]', "is a number"),
        ("Notes", 'contains = ["urgent"]', "no input of scoring"),
        ("activity.golf", "at_least = 1", "no input of scoring"),
    ],
)
def test_a_rule_must_fit_its_field(field: str, test: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f'[[scoring.points]]\nfield = "{field}"\nwords = "x"\nodds = 2\n{test}\n')
    with pytest.raises(SettingsError, match=said):
        load_settings(path)


def test_a_rule_about_a_custom_field_moves_the_score_and_is_named_as_a_reason(
    contacts_of: Maker, as_of: datetime
) -> None:
    settings = _settings(points=[_started(field="trial started")])
    contacts = contacts_of(2, custom_fields=['{"Trial Started": "Yes"}', None])
    model = train(contacts, settings, as_of)
    scored = score_contacts(contacts, model, settings, as_of)
    first, second = (score / (100 - score) for score in scored["lead_score"])
    assert first / second == pytest.approx(2, abs=0.05)
    assert "+ Started a trial" in scored["key_factors"][0]


def test_a_rule_meets_the_column_of_a_model_in_any_case_of_letters() -> None:
    table = points_table(_settings(points=[_started(field="TRIAL started")]))
    frame = pl.DataFrame({"custom.Trial Started": ["Yes", None]})
    assert table.apply(frame, ("custom.Trial Started",)).effects[:, 0].tolist() == [DOUBLED, 0]
