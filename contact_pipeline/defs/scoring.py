"""Assets of the group scoring: what was learned from past conversions, and a score for every contact.

Belongs here: which function an asset calls and what it tells the UI. Does not belong: learning and scoring (`rescoring`).
Time enters here.
"""

from datetime import UTC, datetime
from typing import Any

import dagster as dg
from pydantic import Field

from contact_pipeline.defs import metadata
from contact_pipeline.defs.crm import crm_companies, crm_contacts
from contact_pipeline.defs.home import HomeResource
from contact_pipeline.errors import PipelineError
from contact_pipeline.reporting.pictures import scoring_pictures
from contact_pipeline.reporting.trend import trend_in_words
from contact_pipeline.rescoring import learn_if_due, score_due

_SHARED: dict[str, Any] = {"group_name": "scoring", "owners": ["team:sales-operations"]}


class Learning(dg.Config):
    """What a run may ask of `lead_model`."""

    retrain: bool = Field(
        default=False, description="Learn anew now, also in place of a version that was rolled back to."
    )


class Scoring(dg.Config):
    """What a run may ask of `scored_leads`."""

    due_only: bool | None = Field(
        default=None,
        description="Only the contacts that are due; left open, so in the run of an import, else everybody.",
    )


@dg.asset(
    **_SHARED,
    deps=[crm_contacts],
    kinds={"xgboost", "duckdb"},
    description="Learned from past conversions: XGBoost and regression, calibrated, compared on held-out contacts and used "
    "only where they beat the points; points where there is too little history. Learned anew when enough outcomes are new or "
    "the contacts changed, and used only where not worse on the latest leads.",
)
def lead_model(config: Learning, home: HomeResource) -> dg.MaterializeResult[None]:
    found = learn_if_due(home.open(), _now(), retrain=config.retrain)
    return dg.MaterializeResult(
        metadata={
            "learned_anew": found.learned_anew,
            "decision": found.reason,
            **metadata.model_card(found.model.card),
            "drift": metadata.drift(found.drift),
        }
    )


@dg.asset(
    **_SHARED,
    deps=[lead_model, crm_companies],
    kinds={"xgboost", "duckdb"},
    description="Score 0-100, category, key factors in words, next action, propensity and confidence on every contact. The run "
    "of an import scores the contacts it touched; all are scored where the model or a setting changed, and daily.",
)
def scored_leads(context: dg.AssetExecutionContext, config: Scoring, home: HomeResource) -> dg.MaterializeResult[None]:
    due_only = context.has_partition_key if config.due_only is None else config.due_only
    try:
        found = score_due(home.open(), _now(), everybody=not due_only)
    except PipelineError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    return dg.MaterializeResult(
        metadata=metadata.rows(
            found.scored.height,
            **metadata.category_counts(found.scored),
            changed=found.changed,
            everybody=found.everybody,
            method=found.method,
            **metadata.pictures(scoring_pictures(found.scored, found.trend)),
            since_the_run_before=trend_in_words(found.trend),
            **{"dagster/column_schema": metadata.SCORE_SCHEMA, "dagster/table_name": "contacts"},
        )
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
