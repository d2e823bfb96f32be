from __future__ import annotations

import json
import re
from datetime import datetime

import polars as pl

from contact_pipeline.scoring.columns import Column
from contact_pipeline.scoring.explanation import _state_pair
from contact_pipeline.scoring.training import LeadModel, train
from contact_pipeline.settings import ScoringSettings
from contact_pipeline_tests.unit.scoring.whole_scores import score_contacts

_REASON = re.compile(r"([+-]) Lead Source (.+?): (\d+(?:\.\d)?) % of (\d+) past leads converted, (\d+) % on average")


def test_reasons_quote_the_rates_that_were_observed(
    past: pl.DataFrame, learned: LeadModel, settings: ScoringSettings, as_of: datetime
) -> None:
    reasons = score_contacts(past, learned, settings, as_of)["key_factors"].str.split("; ").explode().unique()
    found = [match for reason in reasons.drop_nulls() if (match := _REASON.fullmatch(reason))]
    assert {match[2] for match in found} >= {"Referral", "Cold list"}
    for sign, source, rate, leads, average in (match.groups() for match in found):
        observed = past.filter(pl.col("lead_source") == source)["converted"]
        assert (int(leads), round(float(rate))) == (observed.len(), round(100 * float(observed.mean() or 0)))
        assert int(average) == round(100 * float(past["converted"].mean() or 0))
        assert (sign == "+") == (float(rate) > float(average))


def test_at_most_three_reasons_each_way_ups_first_and_each_at_least_a_tenth(
    past: pl.DataFrame, learned: LeadModel, settings: ScoringSettings, as_of: datetime
) -> None:
    scored = score_contacts(past.head(200), learned, settings, as_of)
    for text, breakdown in zip(scored["key_factors"], scored["score_breakdown"], strict=True):
        signs = [part[0] for part in text.split("; ")] if text else []
        effects = [f["effect"] for f in json.loads(breakdown)["factors"]]
        assert signs == sorted(signs)
        assert signs.count("+") <= min(3, sum(e >= 0.0999 for e in effects))
        assert signs.count("-") <= min(3, sum(e <= -0.0999 for e in effects))


def test_points_speak_in_the_words_of_their_rules(
    past: pl.DataFrame, pointed: LeadModel, settings: ScoringSettings, as_of: datetime
) -> None:
    directors = past.filter(pl.col("seniority") == "Director", pl.col("lead_source") == "Referral")
    texts = score_contacts(directors, pointed, settings, as_of)["key_factors"]
    assert texts.str.contains("+ Director or above", literal=True).all()
    assert texts.str.contains("+ Came by referral or partner", literal=True).all()


def test_a_direction_against_the_observed_rate_shows_no_rate_and_few_leads_no_reason() -> None:
    column = Column(
        name="a",
        label="A",
        group="custom",
        words=True,
        direction=0,
        levels=("x",),
        leads=(100, 4, 96),
        conversions=(60, 1, 9),
    )
    up, down = _state_pair(column, 0, 0.35, decayed=False)
    assert up == "+ A x: 60 % of 100 past leads converted, 35 % on average"
    assert down == "- A x"
    assert _state_pair(column, 1, 0.35, decayed=False) == (None, None)
    assert (
        _state_pair(column, 2, 0.35, decayed=False)[1]
        == "- A not known: 9.4 % of 96 past leads converted, 35 % on average"
    )


def test_a_decayed_count_is_told_by_its_place_among_past_leads() -> None:
    column = Column(
        name="email_opens",
        label="Email Opens",
        group="engagement",
        words=False,
        direction=1,
        edges=(0.07, 2.5),
        leads=(40, 40, 20, 100),
        conversions=(4, 10, 11, 20),
    )
    ups = [_state_pair(column, state, 0.225, decayed=True)[0] for state in (1, 2)]
    assert ups == [
        (
            "+ Email Opens (older ones count less) higher than for 40 % of past leads:"
            " 25 % of 40 past leads converted, 22 % on average"
        ),
        (
            "+ Email Opens (older ones count less) higher than for 80 % of past leads:"
            " 55 % of 20 past leads converted, 22 % on average"
        ),
    ]
    low = _state_pair(column, 0, 0.225, decayed=True)[1] or ""
    assert low.startswith("- Email Opens (older ones count less) among the lowest 40 %: 10 % of 40")


def test_all_that_is_made_from_one_column_is_told_as_one_reason(
    past: pl.DataFrame, settings: ScoringSettings, as_of: datetime
) -> None:
    titled = past.with_columns(
        job_title=pl.concat_str("seniority", pl.lit(" of things")),
        department=pl.when(pl.col("seniority") == "Owner").then(pl.lit("Board")).otherwise(pl.lit("Sales")),
    )
    model = train(titled, settings, as_of)
    assert {"seniority", "department", "job_title"} <= {feature.name for feature in model.card.features}
    scored = score_contacts(titled.head(300), model, settings, as_of)
    for text, breakdown in zip(scored["key_factors"], scored["score_breakdown"], strict=True):
        fields = [factor["field"] for factor in json.loads(breakdown)["factors"]]
        assert len(fields) == len(set(fields))
        assert not {"seniority", "department"} & set(fields)
        told = [part for part in text.split("; ") if re.match(r"[+-] (Seniority|Department|Job Title) ", part)]
        assert len(told) <= 1
    assert scored["key_factors"].str.contains("Seniority|Job Title|Department").any()
