"""Leads, a model card and import facts as the pipeline hands them over, made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from contact_pipeline.fields import FIELDS, SCORE_FIELDS
from contact_pipeline.reporting.facts import ImportFacts, MappedColumn, ReportFacts
from contact_pipeline.scoring.card import (
    CalibrationBin,
    ExcludedColumn,
    FeatureSummary,
    GainPoint,
    Metrics,
    ModelCard,
)

_SCORE_TYPES = {"DOUBLE": pl.Float64, "TIMESTAMP": pl.Datetime("us")}
_LEAD_TYPES = {
    "contact_id": pl.String,
    **{field.name: field.polars_type for field in FIELDS},
    "custom_fields": pl.String,
    **{field.name: _SCORE_TYPES.get(field.sql_type, pl.String) for field in SCORE_FIELDS},
}
_INDUSTRIES = ("Software", "Software", "Healthcare", "Retail", "Manufacturing", "Education")
_SOURCES = ("Organic Search", "Referral", "Trade Show", "Paid Social")


LeadsOf = Callable[..., pl.DataFrame]


def make_leads(rows: list[dict[str, object]]) -> pl.DataFrame:
    """A frame of leads with every column of the contract; what a row leaves out is blank."""
    return pl.DataFrame(rows, schema=_LEAD_TYPES, orient="row")


def make_lead(number: int) -> dict[str, object]:
    """One scored lead; scores run over the whole scale."""
    score = round((number * 37 % 1000) / 10, 1)
    return {
        "contact_id": f"c{number:05}",
        "email": f"lead{number}@example.com",
        "first_name": "Ana",
        "last_name": f"Sample{number}",
        "full_name": f"Ana Sample{number}",
        "company": f"Example Works {number % 40}",
        "phone": f"+1202555{number:04}",
        "job_title": "Head of Sales",
        "industry": _INDUSTRIES[number % 6],
        "country": ("US", "DE", "FR")[number % 3],
        "lead_source": _SOURCES[number % 4],
        "company_size": ("11-50", "250", "10001+")[number % 3],
        "annual_revenue": 1_250_000.0 + number,
        "growth_rate": 0.12,
        "website_visits": number % 50,
        "created_at": datetime.fromisoformat("2026-01-05") + timedelta(days=number % 200),
        "last_activity_at": datetime.fromisoformat("2026-09-01 14:30") + timedelta(hours=number),
        "opted_out": False,
        "custom_fields": json.dumps({"Persona": "Champion", "Badge No": f"{number:05}"}),
        "lead_score": score,
        "lead_category": "Hot" if score >= 75 else "Warm" if score >= 40 else "Cold",
        "score_percentile": score,
        "conversion_probability": score / 200,
        "key_factors": "+ Lead Source = Referral: 41 % of 320 converted; - No phone number",
        "recommended_action": "Call within 24 hours: Referral",
        "engagement_propensity": 0.4,
        "confidence": "High",
        "score_method": "model",
        "model_version": "model-3",
        "scored_at": datetime.fromisoformat("2026-11-20 06:12"),
        "score_breakdown": make_breakdown(
            {"Lead Source": 0.9 if number % 4 == 1 else -0.3, "Job Title": 0.4, "Industry": -0.2}
        ),
    }


def make_breakdown(effects: dict[str, float]) -> str:
    """A score breakdown in the shape scoring writes."""
    factors = [
        {"field": label, "label": label, "group": "custom", "effect": effect} for label, effect in effects.items()
    ]
    rest = {"field": "other", "label": "All other columns together", "group": "other", "effect": 0.05}
    return json.dumps({"base": -1.2, "factors": [*factors, rest], "groups": {"custom": sum(effects.values())}})


@pytest.fixture(scope="session")
def leads_of() -> LeadsOf:
    """A function: so many leads, with these values in all of them (a function of the number gives each its own)."""

    def build(count: int, **values: object) -> pl.DataFrame:
        rows = [
            {**make_lead(n), **{name: value(n) if callable(value) else value for name, value in values.items()}}
            for n in range(count)
        ]
        return make_leads(rows)

    return build


@pytest.fixture
def leads(leads_of: LeadsOf) -> pl.DataFrame:
    """240 leads over all categories."""
    return leads_of(240)


@pytest.fixture
def card() -> ModelCard:
    """A model that works."""
    return make_card()


def make_card() -> ModelCard:
    """The card of a model that works."""
    candidates = (
        Metrics(
            name="points",
            roc_auc=0.71,
            pr_auc=0.22,
            log_loss=0.31,
            brier=0.085,
            ece=0.11,
            ece_floor=0.012,
            lift_top_decile=2.1,
        ),
        Metrics(
            name="regression",
            roc_auc=0.83,
            pr_auc=0.39,
            log_loss=0.24,
            brier=0.066,
            ece=0.016,
            ece_floor=0.012,
            lift_top_decile=3.6,
        ),
        Metrics(
            name="blend",
            roc_auc=0.86,
            pr_auc=0.44,
            log_loss=0.22,
            brier=0.061,
            ece=0.011,
            ece_floor=0.012,
            lift_top_decile=4.1,
        ),
    )
    gains = ((0, 0), (0.05, 0.24), (0.1, 0.41), (0.2, 0.63), (0.5, 0.91), (1, 1))
    bins = ((0.01, 0.012, 1200), (0.05, 0.04, 900), (0.12, 0.13, 600), (0.3, 0.27, 300), (0.6, 0.64, 120))
    return ModelCard(
        version="model-3",
        method="model",
        reason="Enough past conversions: 412 of 4,580 leads with a known outcome.",
        trained_at=datetime(2026, 11, 20, 6, 0, tzinfo=UTC),
        horizon_days=90,
        leads=4580,
        conversions=412,
        base_rate=0.09,
        chosen="blend",
        candidates=candidates,
        calibration=tuple(CalibrationBin(predicted=p, observed=o, leads=n) for p, o, n in bins),
        gains=tuple(GainPoint(leads_share=a, conversions_share=b) for a, b in gains),
        features=(
            FeatureSummary(name="lead_source", label="Lead Source", group="demographic", importance=0.52),
            FeatureSummary(name="job_title", label="Job Title", group="demographic", importance=0.4),
            FeatureSummary(name="industry", label="Industry", group="firmographic", importance=0.2),
        ),
        excluded=(ExcludedColumn(column="Lead Status", reason="It is written after the outcome is known."),),
    )


@pytest.fixture
def facts(card: ModelCard) -> ReportFacts:
    """One import of 250 rows."""
    one = ImportFacts(
        import_id="hubspot-export@0123456789ab",
        file="hubspot-export.csv",
        policy="update",
        rows={
            "total": 250,
            "created": 220,
            "updated": 15,
            "unchanged": 5,
            "skipped": 4,
            "failed": 4,
            "not_data": 2,
        },
        failures={"e-mail is not an address": 3, "row has more cells than the header": 1},
        skips={"duplicate in file": 4},
        issues={"phone: not a phone number": 12, "created_at: not a date": 2},
        mapping=[
            MappedColumn("E-Mail", "map", "Email (Primary)", 1.0, "a known spelling"),
            MappedColumn("Persona", "custom", "", 0.0, "no field fits"),
        ],
    )
    return ReportFacts(generated_at=datetime(2026, 11, 20, 6, 15, tzinfo=UTC), imports=[one], card=card)
