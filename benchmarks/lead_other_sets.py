"""Sets of conversions the product has no rule for, through `contact-pipeline run` alone: what becomes of their signal.

Belongs here: dropping a look-alike with a quarter of its outcomes left blank, and comparing what the scores make of that
quarter with XGBoost on the raw table and with the truth. Does not belong: the look-alikes. Run as
`python -m benchmarks.lead_other_sets [name ...] [--columns]`; `--columns` shows what became of each column.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.lead_lookalikes import LOOKALIKES, Lookalike
from benchmarks.lead_peers import odoo, xgboost_tuned
from contact_pipeline.crm.models import model_in_use
from contact_pipeline.crm.session import read_crm
from contact_pipeline.home import Home
from contact_pipeline.scoring.metrics import roc_auc
from contact_pipeline.scoring.model import LeadModel

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_BLANK_SHARE = 0.25
_WITHIN = 0.01
_COMMAND = Path(sys.executable).with_name("contact-pipeline")


def measure(leads: Lookalike, *, columns: bool) -> bool:
    """Print a line of figures; whether the product is within .01 AUC of XGBoost on the raw table."""
    blank = np.random.default_rng(0).random(len(leads.won)) < _BLANK_SHARE
    with tempfile.TemporaryDirectory() as folder:
        path, home = Path(folder) / f"{leads.name}.csv", Path(folder) / "home"
        _contact_file(leads, blank).write_csv(path)
        plan = _plan(path, home)
        _command("run", str(path), home=home)
        scores, model = _scores(Home(home))
    if columns:
        _show_columns(plan, model)
    truth = leads.won[blank].astype(np.float64)
    raw = leads.table.drop(leads.outcome).with_columns(pl.all().str.strip_chars().replace("", None))
    past, known = raw.filter(~blank), leads.won[~blank].astype(np.float64)
    figures = {
        "product": roc_auc(truth, scores[blank]),
        "XGBoost": roc_auc(truth, xgboost_tuned(past, known, raw.filter(blank))),
        "Odoo": roc_auc(truth, odoo(past, known, raw.filter(blank))),
        "truth": roc_auc(truth, leads.chance[blank]),
    }
    good = figures["product"] >= figures["XGBoost"] - _WITHIN
    shown = "  ".join(f"{name} {figure:.4f}" for name, figure in figures.items())
    print(f"{leads.name:<12}{shown}  {model.card.chosen:<11}{'met' if good else 'MISSED'}", flush=True)
    return good


def _contact_file(leads: Lookalike, blank: BoolArray) -> pl.DataFrame:
    number = pl.int_range(pl.len())
    hidden = pl.when(pl.Series(~blank)).then(pl.col(leads.outcome)).otherwise(pl.lit(""))
    return leads.table.select(
        pl.format("lead{}@employer{}.example", number, number % 997).alias("Email"),
        pl.exclude(leads.outcome),
        hidden.alias(leads.outcome),
    )


def _plan(path: Path, home: Path) -> list[dict[str, Any]]:
    """What `inspect` says of each column."""
    columns: list[dict[str, Any]] = json.loads(_command("inspect", "--json", str(path), home=home))[0]["tables"][0][
        "columns"
    ]
    return columns


def _command(*arguments: str, home: Path) -> str:
    done = subprocess.run(
        [_COMMAND, *arguments],
        env=os.environ | {"CONTACT_PIPELINE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"contact-pipeline {arguments[0]} failed: {done.stderr[-1000:]}")
    return done.stdout


def _scores(home: Home) -> tuple[FloatArray, LeadModel]:
    """Lead scores in the order of the file (by chance, which ties less), and the model behind them."""
    with read_crm(home) as connection:
        model = model_in_use(connection)
        rows = connection.sql(
            """SELECT coalesce(conversion_probability, lead_score / 100) AS score FROM contacts
            ORDER BY regexp_extract(email, 'lead([0-9]+)@', 1)::BIGINT"""
        ).pl()
    if model is None:
        sys.exit("nothing was learned and nothing scored")
    return rows["score"].to_numpy(), model


def _show_columns(plan: list[dict[str, Any]], model: LeadModel) -> None:
    """Each column of the file: what it was mapped to, its issues, and whether the model uses it."""
    used = {summary.name: summary.importance for summary in model.card.features}
    for column in plan:
        target = column["field"] or f"custom.{column['header']}"
        note = f"importance {used[target]:.3f}" if target in used else "NOT AN ATTRIBUTE OF THIS NAME"
        print(
            f"    {column['header']:<26}{column['action']:<8}{target:<34}{column['type']:<9}{note}  {column['issues'] or ''}"
        )
    for excluded in model.card.excluded:
        print(f"    left out: {excluded.column}: {excluded.reason}")
    print(f"    used: { {name: round(value, 3) for name, value in used.items()} }")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(LOOKALIKES))
    parser.add_argument("--columns", action="store_true")
    asked = parser.parse_args()
    print(f"ROC AUC on the quarter without an outcome; the product within {_WITHIN} of XGBoost on the raw table")
    for name in asked.names or LOOKALIKES:
        measure(LOOKALIKES[name](), columns=asked.columns)


if __name__ == "__main__":
    main()
