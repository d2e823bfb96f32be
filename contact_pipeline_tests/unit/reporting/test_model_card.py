"""The model card as a page: everything that was measured, and no small group."""

from __future__ import annotations

from datetime import datetime

from contact_pipeline.reporting.model_card import candidates_in_markdown, card_in_markdown
from contact_pipeline.scoring.card import CalibrationBin, Drift, ExcludedColumn, FeatureSummary, Metrics, ModelCard

CHOSEN = Metrics(
    name="blend",
    roc_auc=0.9012,
    pr_auc=0.8,
    log_loss=0.38,
    brier=0.12,
    ece=0.0101,
    ece_floor=0.009,
    lift_top_decile=2.5,
)
CARD = ModelCard(
    version="abc123",
    method="model",
    reason="The blend predicted best.",
    trained_at=datetime.fromisoformat("2026-03-01"),
    leads=1200,
    conversions=300,
    base_rate=0.25,
    chosen="blend",
    candidates=(CHOSEN,),
    forward=(CHOSEN.model_copy(update={"roc_auc": 0.8765}),),
    drift=(Drift(column="Industry", psi=0.31),),
    calibration=(
        CalibrationBin(predicted=0.1, observed=0.12, leads=50),
        CalibrationBin(predicted=0.9, observed=1.0, leads=3),
    ),
    features=(FeatureSummary(name="industry", label="Industry", group="firmographic", importance=0.4),),
    excluded=(ExcludedColumn(column="Tags | all", reason="tells the outcome"),),
    warnings=("Look at Industry.",),
    seed=7,
    versions={"xgboost": "3.2.0"},
)


def test_everything_that_was_measured_is_on_the_page() -> None:
    page = card_in_markdown(CARD)
    for shown in ("abc123", "0.9012", "0.8765", "0.0101", "0.0090", "Industry", "0.31", "alarm", "tells the outcome",
                  "Look at Industry.", "xgboost 3.2.0", "1,200", "25.0%", "2026-03-01"):  # fmt: skip
        assert shown in page


def test_groups_of_fewer_than_five_are_not_shown() -> None:
    page = card_in_markdown(CARD)
    assert "| 90.0% | not shown | fewer than 5 |" in page
    few = card_in_markdown(CARD.model_copy(update={"conversions": 2}))
    assert "| conversions | fewer than 5 |" in few
    assert "base rate" not in few


def test_a_table_cell_cannot_break_the_table() -> None:
    assert r"| Tags \| all | tells the outcome |" in card_in_markdown(CARD)


def test_columns_that_are_kept_out_for_the_same_reason_share_a_line() -> None:
    excluded = tuple(ExcludedColumn(column=name, reason="a calendar date") for name in ("Start", "End"))
    assert "| Start, End | a calendar date |" in card_in_markdown(CARD.model_copy(update={"excluded": excluded}))


def test_quiet_columns_are_counted_and_drifting_ones_named() -> None:
    quiet = tuple(Drift(column=f"Quiet {number}", psi=0.01) for number in range(3))
    page = card_in_markdown(CARD.model_copy(update={"drift": (Drift(column="score", psi=0.02), *CARD.drift, *quiet)}))
    assert "| score | 0.02 | quiet |" in page
    assert "| Industry | 0.31 | alarm |" in page
    assert "3 more columns are quiet." in page
    assert "Quiet 1" not in page


def test_the_horizon_says_so_where_dates_are_not_known() -> None:
    assert "| horizon | none: a conversion counts whenever it was |" in card_in_markdown(CARD)
    assert "| horizon | 90 days |" in card_in_markdown(CARD.model_copy(update={"horizon_days": 90}))


def test_points_without_history_have_a_card_too() -> None:
    bare = ModelCard(version="p", method="points", reason="Too little.", leads=0, conversions=0, chosen="points")
    assert "Too little." in card_in_markdown(bare)
    assert candidates_in_markdown(bare) == "Nothing was measured."
