"""Keeping scores up to date: learning where it is due, and scoring the contacts that are.

Belongs here: the order of the steps over a home. Does not belong: the decisions (`scoring.life`), learning and scoring
(`scoring`), tables (`crm`). Scores are as of the start of the day in UTC, so that scoring twice in a day gives the same
scores. Reading and writing are short visits to the CRM; learning and scoring happen between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import polars as pl

from contact_pipeline.crm.activities import activities_frame
from contact_pipeline.crm.models import (
    InUse,
    in_use,
    keep_challenger,
    learned_from_last,
    model_in_use,
    promote,
    release,
)
from contact_pipeline.crm.outcomes import last_record, outcome_groups, teaching_fields
from contact_pipeline.crm.scores import (
    ANYBODY,
    DUE,
    EVERYBODY,
    LATELY,
    PAST_LEADS,
    all_are_due,
    contacts_frame,
    note_all_scored,
    others_scored,
    to_score,
    write_scores,
)
from contact_pipeline.crm.scorings import Trend, note_scoring, trend
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.errors import PipelineError
from contact_pipeline.handover import write_model_card
from contact_pipeline.home import Home
from contact_pipeline.scoring import life
from contact_pipeline.scoring.life import Decision, LearnedFrom, Situation
from contact_pipeline.scoring.model import LeadModel
from contact_pipeline.scoring.scores import Scores, score_contacts
from contact_pipeline.scoring.training import train
from contact_pipeline.settings import ScoringSettings

_MOST_COUNTED = 20_000
_UPDATED_AT_MOST = 100_000  # contacts


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of a look at the model: the one in use, whether it was learned anew, what was decided and why."""

    model: LeadModel
    learned_anew: bool
    reason: str
    drift: dict[str, float]


@dataclass(frozen=True, slots=True)
class Scored:
    """What was scored: the contacts looked at (without the reasons), how many changed, whether that was everybody, and how
    leads stand since the runs before.
    """

    scored: pl.DataFrame
    changed: int
    everybody: bool
    method: str
    trend: Trend


@dataclass(frozen=True, slots=True)
class _Found:
    """Scores that are not written yet; `scored_with` is what they depend on besides the contacts."""

    scores: Scores
    scored_with: str
    everybody: bool
    method: str


def learn_if_due(home: Home, now: datetime, *, retrain: bool = False) -> Learned:
    """Learn anew where the policy (or `retrain`) says so, and use what was learned where it is not worse.

    Writes the card of the model that is in use after that. Costs next to nothing where nothing is due.
    """
    settings = home.settings.scoring
    with read_crm(home) as connection:
        champion = in_use(connection)
        situation = _situation(connection, champion, settings, now)
        due = _whether_to_learn(connection, champion, situation, settings, retrain=retrain)
    if due.yes or champion is None:
        found = _learn(home, champion, situation, now, released=retrain)
    else:
        found = Learned(champion.model, False, due.reason, dict(situation.drift))
    write_model_card(home, found.model.card)
    return found


def score_due(home: Home, now: datetime, *, everybody: bool) -> Scored:
    """Score the contacts that are due, or `everybody`; everybody too where the model, the settings or the time say so.

    Raises PipelineError before the first model was learned.
    """
    found = _score(home, now, everybody=everybody)
    rewrite = found.scores.brief.height > _UPDATED_AT_MOST
    with open_crm(home) as connection:
        changed = write_scores(connection, found.scores.slices(), now, rewrite=rewrite)
        note_scoring(connection, now, changed)
        if found.everybody:
            note_all_scored(connection, found.scored_with, now)
        since = trend(connection)
    return Scored(found.scores.brief, changed, found.everybody, found.method, since)


def _score(home: Home, now: datetime, *, everybody: bool) -> _Found:
    """Read and score; what was read is let go before anything is written."""
    settings = home.settings.scoring
    with read_crm(home) as connection:
        model = model_in_use(connection)
        if model is None:
            raise PipelineError("There is no lead model yet: 'contact-pipeline score' learns one.")
        scored_with = f"{model.version} {life.terms_of_scoring(settings)}"
        everybody = everybody or all_are_due(connection, scored_with, now, _stale_after(settings))
        contacts = to_score(connection, EVERYBODY if everybody else DUE)
        activities = activities_frame(connection, EVERYBODY if everybody else DUE)
        others = None if everybody else others_scored(connection)
    as_of = _start_of_day(now)
    scores = score_contacts(contacts, model, settings, as_of, activities=activities, others=others)
    return _Found(scores, scored_with, everybody, model.method)


def drift_now(home: Home, now: datetime) -> dict[str, float]:
    """How far the contacts that came last differ from those that the model in use was learned from, by column."""
    with read_crm(home) as connection:
        return _drift(connection, in_use(connection), _start_of_day(now))


def _situation(
    connection: duckdb.DuckDBPyConnection, champion: InUse | None, settings: ScoringSettings, now: datetime
) -> Situation:
    outcomes = outcome_groups(connection)
    known = sum(won + lost for won, lost in outcomes.values())
    return Situation(
        terms=life.terms_of_learning(settings),
        outcomes=outcomes,
        fields=teaching_fields(connection, known),
        drift=_drift(connection, champion, _start_of_day(now)),
        at=now,
    )


def _drift(connection: duckdb.DuckDBPyConnection, champion: InUse | None, as_of: datetime) -> dict[str, float]:
    if champion is None or champion.learned_from is None:
        return {}
    lately, activities = to_score(connection, LATELY), activities_frame(connection, LATELY)
    return life.drift_by_column(champion.learned_from.states, life.states_of(champion.model, lately, as_of, activities))


def _whether_to_learn(
    connection: duckdb.DuckDBPyConnection,
    champion: InUse | None,
    situation: Situation,
    settings: ScoringSettings,
    *,
    retrain: bool,
) -> Decision:
    if retrain:
        return Decision(True, "asked for")
    if champion and champion.is_pinned:
        return Decision(False, "kept: pinned by 'models rollback' until 'models release' or 'score --retrain'")
    last = learned_from_last(connection) if champion and champion.learned_from else None
    return life.whether_to_learn(last, situation, settings)


def _learn(home: Home, champion: InUse | None, situation: Situation, now: datetime, *, released: bool) -> Learned:
    settings, as_of = home.settings.scoring, _start_of_day(now)
    with read_crm(home) as connection:
        past, lately = contacts_frame(connection, PAST_LEADS), to_score(connection, LATELY)
        anybody = contacts_frame(connection, ANYBODY)
        activities = activities_frame(connection, f"{PAST_LEADS} OR {LATELY} OR {ANYBODY}")
        told_up_to = last_record(connection)
    model = train(past, settings, as_of, activities, anybody)
    counted = past.sample(min(past.height, _MOST_COUNTED), seed=settings.seed)
    states = life.states_of(model, counted, as_of, activities)
    drift = life.drift_by_column(states, life.states_of(model, lately, as_of, activities))
    learned_from = LearnedFrom(
        learned_at=now,
        terms=situation.terms,
        outcomes=dict(situation.outcomes),
        told_up_to=told_up_to,
        fields=situation.fields,
        states=states,
        alarms=life.alarmed(drift),
    )
    decision = _whether_to_promote(champion, model, learned_from, settings, past, activities)
    with open_crm(home) as connection:
        if released:
            release(connection)
        if decision.yes:
            promote(connection, model, learned_from, now, decision.reason)
        else:
            keep_challenger(connection, model, learned_from, now, decision.reason)
    used = model if decision.yes or champion is None else champion.model
    return Learned(used, True, decision.reason, drift)


def _whether_to_promote(
    champion: InUse | None,
    model: LeadModel,
    learned_from: LearnedFrom,
    settings: ScoringSettings,
    past: pl.DataFrame,
    activities: pl.DataFrame,
) -> Decision:
    """Compared where there is something to compare: a champion of other terms would not be learned like that again."""
    if champion is None or champion.learned_from is None:
        return Decision(True, "the first one that this version of the program learned here")
    if champion.model.version == model.version:
        return Decision(True, "learned anew, and the same came out")
    if champion.learned_from.terms != learned_from.terms:
        return Decision(True, "learned with other settings, or another program, than the one before")
    held = life.held_now(champion.model, model)
    if held:
        return Decision(True, f"the one before used what is kept out now: {', '.join(held)}")
    as_of, told_up_to = _start_of_day(learned_from.learned_at), champion.learned_from.told_up_to
    found = life.compare(past, champion.model, model, told_up_to, settings, as_of, activities)
    return life.whether_to_promote(champion.model, model, found)


def _start_of_day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _stale_after(settings: ScoringSettings) -> timedelta:
    return timedelta(days=settings.life.stale_after_days)
