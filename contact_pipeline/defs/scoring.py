"""Assets of the group scoring: what was learned from past conversions, and a score for every contact.

Belongs here: which function an asset calls and what it tells the UI. Does not belong: learning and scoring (`scoring`).
Time enters here: scores are as of the start of the day in UTC, so that scoring twice in a day gives the same scores.
"""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from contact_pipeline.crm.models import model_in_use, put_in_use
from contact_pipeline.crm.scores import contacts_frame, write_scores
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.defs import metadata
from contact_pipeline.defs.crm import crm_companies, crm_contacts
from contact_pipeline.defs.home import HomeResource
from contact_pipeline.scoring.scores import score_contacts
from contact_pipeline.scoring.training import train

_SHARED: dict[str, Any] = {"group_name": "scoring", "owners": ["team:sales-operations"]}


@dg.asset(
    **_SHARED,
    deps=[crm_contacts],
    kinds={"xgboost", "duckdb"},
    description="Learned from past conversions: XGBoost and regression, calibrated, compared on held-out contacts and used "
    "only where they beat the points; points where there is too little history.",
)
def lead_model(home: HomeResource) -> dg.MaterializeResult[None]:
    opened, now = home.open(), datetime.now(UTC).replace(tzinfo=None)
    with read_crm(opened) as connection:
        contacts = contacts_frame(connection)
    model = train(contacts, opened.settings.scoring, _start_of_day(now))
    with open_crm(opened) as connection:
        put_in_use(connection, model, now)
    return dg.MaterializeResult(metadata=metadata.model_card(model.card))


@dg.asset(
    **_SHARED,
    deps=[lead_model, crm_companies],
    kinds={"xgboost", "duckdb"},
    description="Score 0-100, category, key factors in words, next action, propensity and confidence on every contact.",
)
def scored_leads(home: HomeResource) -> dg.MaterializeResult[None]:
    opened, now = home.open(), datetime.now(UTC).replace(tzinfo=None)
    with read_crm(opened) as connection:
        contacts, model = contacts_frame(connection), model_in_use(connection)
    if model is None:
        raise dg.Failure("There is no lead model yet: materialize lead_model first.", allow_retries=False)
    scored = score_contacts(contacts, model, opened.settings.scoring, _start_of_day(now))
    with open_crm(opened) as connection:
        changed = write_scores(connection, scored, now)
    return dg.MaterializeResult(
        metadata=metadata.rows(
            scored.height,
            **metadata.category_counts(scored),
            changed=changed,
            method=model.card.method,
            **{"dagster/column_schema": metadata.SCORE_SCHEMA, "dagster/table_name": "contacts"},
        )
    )


def _start_of_day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
