from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from contact_pipeline.scoring.training import LeadModel, train
from contact_pipeline.settings import ScoringSettings

pytestmark = pytest.mark.corpus

_CORPUS = Path(__file__).parents[4] / "shared" / "data" / "lead_scoring"
_LEAKS = ("Tags", "Lead Quality", "Lead Profile", "Last Notable Activity", "Asymmetrique")


def _learn(
    table: pl.DataFrame, outcome: pl.Series, contacts_of: Callable[..., pl.DataFrame], as_of: datetime
) -> LeadModel:
    """A model of a table whose columns all are custom fields."""
    rows = table.iter_rows(named=True)
    custom = [json.dumps({name: value for name, value in row.items() if value}) for row in rows]
    contacts = contacts_of(table.height, custom_fields=custom, converted=outcome.to_list())
    return train(contacts, ScoringSettings(), as_of)


def _read(name: str, separator: str = ",") -> pl.DataFrame:
    path = _CORPUS / name
    if not path.exists():
        pytest.skip(f"needs {path.name} of the corpus in ../shared/data")
    return pl.read_csv(path, infer_schema=False, separator=separator)


def test_x_education_is_ranked_and_calibrated_from_honest_columns(
    contacts_of: Callable[..., pl.DataFrame], as_of: datetime
) -> None:
    table = _read("x_education_Leads.csv")
    honest = table.drop("Converted", *(c for c in table.columns if c.startswith(_LEAKS) or not c))
    card = _learn(honest, table["Converted"] == "1", contacts_of, as_of).card
    chosen = next(metrics for metrics in card.candidates if metrics.name == card.chosen)
    assert chosen.roc_auc > 0.9
    assert chosen.brier < 0.122
    assert chosen.ece < 0.016
    assert {entry.column for entry in card.excluded} >= {"Prospect ID", "Lead Number"}


@pytest.mark.parametrize(
    ("name", "separator", "outcome", "won", "leaks"),
    [
        ("x_education_Leads.csv", ",", "Converted", "1", {"Tags", "Lead Quality"}),
        ("bank-additional-full.csv", ";", "y", "yes", {"duration"}),
    ],
)
def test_leaks_are_held_and_honest_columns_are_not(
    name: str,
    separator: str,
    outcome: str,
    won: str,
    leaks: set[str],
    contacts_of: Callable[..., pl.DataFrame],
    as_of: datetime,
) -> None:
    table = _read(name, separator).sample(6000, seed=1)
    card = _learn(table.drop(outcome), table[outcome] == won, contacts_of, as_of).card
    assert {entry.column for entry in card.excluded if "held" in entry.reason} == leaks


def test_fictional_deals_hold_no_signal(contacts_of: Callable[..., pl.DataFrame], as_of: datetime) -> None:
    deals = _read("maven_crm_sales/sales_pipeline.csv").filter(pl.col("deal_stage").is_in(["Won", "Lost"]))
    card = _learn(deals.drop("deal_stage"), deals["deal_stage"] == "Won", contacts_of, as_of).card
    assert card.method == "points"
    assert "No signal" in card.reason
    assert "close_value" in {entry.column for entry in card.excluded}
