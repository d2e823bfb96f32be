"""The pictures for the Dagster UI: those of the report, and nobody in them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from contact_pipeline.crm.scorings import Scoring, Trend
from contact_pipeline.fields import PERSONAL_FIELDS
from contact_pipeline.reporting.facts import ReportFacts
from contact_pipeline.reporting.pictures import report_pictures, scoring_pictures

RUN = Scoring(datetime.fromisoformat("2026-11-20 06:12"), "model", "v3", 240, 60, 84, 96, 50.0, 12.5)
TREND = Trend([RUN, replace(RUN, scored_at=RUN.scored_at + timedelta(days=1))])


def test_a_report_has_a_picture_of_each_part_and_nobody_in_it(leads: pl.DataFrame, facts: ReportFacts) -> None:
    pictures = report_pictures(leads, replace(facts, trend=TREND))
    assert list(pictures) == [
        *("Score distribution", "Factors of Hot leads", "Factors of All leads"),
        *("By Industry", "By Lead Source", "By Country", "By Company Size"),
        *("Trend", "Predicted and real", "Conversions found"),
    ]
    parts = [part for svg in pictures.values() for part in ET.fromstring(svg).iter()]  # noqa: S314
    texts = {text for part in parts for text in (part.text, part.get("aria-label"))}
    personal = leads.select(name for name in leads.columns if name in PERSONAL_FIELDS or name == "contact_id")
    values = {value for name in personal.columns for value in personal[name].cast(pl.String).drop_nulls()}
    assert len(values) > 600
    assert not texts & values


def test_a_scoring_shows_the_trend_from_its_second_run_on(leads: pl.DataFrame) -> None:
    assert list(scoring_pictures(leads, TREND)) == ["Score distribution", "Trend"]
    assert list(scoring_pictures(leads, Trend([RUN]))) == ["Score distribution"]
