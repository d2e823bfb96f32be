"""One lead with everything that is known of it.

Belongs here: its score taken apart, its history, its fields as text. Does not belong: its line in the list (`rows`) and where
each value comes from (`crm.provenance`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import duckdb

from contact_pipeline.cleaning.activity_words import ActivityKind
from contact_pipeline.cleaning.vocabulary import country_names
from contact_pipeline.crm.scores import PastScore, past_scores
from contact_pipeline.dashboard.answers import Contribution, LeadDetail, PastValue, RunFacts
from contact_pipeline.dashboard.rows import LineMaker
from contact_pipeline.fields import FIELDS, Kind
from contact_pipeline.reporting.factors import score_points
from contact_pipeline.reporting.playbook import Segment, can_be_opened_with
from contact_pipeline.scoring.policy import Play
from contact_pipeline.scoring.reasons import Reason

MOST_MOMENTS: Final = 200
_DID: Final = {
    ActivityKind.VISIT: "Visited the website",
    ActivityKind.DOWNLOAD: "Downloaded content",
    ActivityKind.OPEN: "Opened an e-mail",
    ActivityKind.CLICK: "Clicked a link",
    ActivityKind.REPLY: "Replied",
    ActivityKind.FORM: "Sent a form",
    ActivityKind.MEETING: "Meeting",
    ActivityKind.CALL: "Call",
    ActivityKind.EVENT: "Attended an event",
    ActivityKind.UNSUBSCRIBE: "Unsubscribed",
    ActivityKind.BOUNCE: "E-mail bounced",
    ActivityKind.OTHER: "Another activity",
}
_NO_BREAKDOWN: Final = '{"base": 0.0, "factors": [], "groups": {}}'


def lead_detail(
    connection: duckdb.DuckDBPyConnection, rank: int, run: RunFacts, maker: LineMaker, plays: Sequence[Play]
) -> LeadDetail:
    """All of the lead in that place of the call order."""
    lead = _lead(connection, rank)
    scored = _breakdown(connection, lead["contact_id"])
    reasons = maker.reasons(lead)
    scores = past_scores(connection, lead["contact_id"])
    return LeadDetail(
        run=run,
        row=maker.line(lead),
        percentile=lead["score_percentile"],
        reasons=reasons,
        base=scored["base"],
        groups=[_contribution(name.capitalize(), effect) for name, effect in scored["groups"].items()],
        factors=_factors(scored["factors"]),
        fields=list(_fields(lead)),
        play=_play_of(plays, maker.index.plays[lead["rank"]], reasons),
        history=_history(connection, lead, scores),
        scores=[(one.scored_at, one.score, one.category) for one in reversed(scores)],
        email=lead["email"],
        phone=lead["phone"],
        mobile_phone=lead["mobile_phone"],
        linkedin_url=lead["linkedin_url"],
        website=lead["website"],
        opted_out=bool(lead["opted_out"]),
        converted=lead["converted"],
    )


def value_as_text(value: object, kind: Kind | None = None) -> str:
    """A value as people read it: a day without its midnight, yes and no, thousands apart, a country by its name."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == datetime.min.time() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if kind is Kind.RATE and isinstance(value, int | float):
        return f"{100 * value:.3g} %"
    if isinstance(value, int | float):
        return f"{value:,.15g}"
    return country_names().get(str(value), str(value)) if kind is Kind.COUNTRY else str(value)


def _lead(connection: duckdb.DuckDBPyConnection, rank: int) -> dict[str, Any]:
    found = connection.execute(f"SELECT * FROM leads WHERE rowid IN ({rank})")  # by a constant, it is found at once
    names = [column[0] for column in found.description or ()]
    return dict(zip(names, found.fetchall()[0], strict=True))


def _breakdown(connection: duckdb.DuckDBPyConnection, contact_id: str) -> dict[str, Any]:
    """Base, factors and groups; nothing of each before the first scoring."""
    found = connection.execute("SELECT score_breakdown FROM breakdowns WHERE contact_id = ?", [contact_id]).fetchall()
    told: dict[str, Any] = json.loads(found[0][0] or _NO_BREAKDOWN)
    return told


def _contribution(label: str, effect: float) -> Contribution:
    return Contribution(label, effect, score_points(effect))


def _factors(factors: Sequence[Mapping[str, Any]]) -> list[Contribution]:
    """Strongest first; the sum of all small ones last."""
    ordered = sorted(factors, key=lambda one: (one["group"] == "other", -abs(one["effect"])))
    return [_contribution(one["label"], one["effect"]) for one in ordered]


def _fields(lead: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for field in FIELDS:
        if lead[field.name] is not None:
            yield field.name, field.label, value_as_text(lead[field.name], field.kind)
    for name, value in json.loads(lead["custom_fields"] or "{}").items():
        if value not in (None, ""):
            yield name, name, str(value)


def _play_of(plays: Sequence[Play], place: int, reasons: Sequence[Reason]) -> Play | None:
    """The play of a lead with its own strongest reason in the message."""
    if not place:
        return None
    play = plays[place - 1]
    said = (reason.short for reason in reasons if reason.raises)
    factor = next(filter(can_be_opened_with, said), None)
    return play.model_copy(update={"message": Segment(play, 1, factor).message})


def _history(
    connection: duckdb.DuckDBPyConnection, lead: Mapping[str, Any], scores: Sequence[PastScore]
) -> list[PastValue]:
    moments = [*_imports_of(connection, lead["contact_id"]), *_activities_of(connection, lead["contact_id"])]
    moments += [PastValue(one.scored_at, "Scored", f"{one.score:.1f}, {one.category}") for one in scores]
    if lead["converted_at"] is not None:
        moments.append(PastValue(lead["converted_at"], "Converted", ""))
    return sorted(moments, key=lambda one: one.at, reverse=True)[:MOST_MOMENTS]


def _imports_of(connection: duckdb.DuckDBPyConnection, contact_id: str) -> list[PastValue]:
    """The imports whose rows are about the lead; the first row of each tells what it did."""
    rows = connection.execute(
        """SELECT any_value(received_at), any_value(file_name), arg_min(state, records.sequence),
                  arg_min(records.reason, records.sequence)
        FROM records JOIN imports USING (import_id) WHERE contact_id = ? GROUP BY import_id""",
        [contact_id],
    ).fetchall()
    return [PastValue(at, f"Imported: {state}", _with_reason(file, reason)) for at, file, state, reason in rows]


def _with_reason(file: str, reason: str | None) -> str:
    return f"{file} ({reason})" if reason else file


def _activities_of(connection: duckdb.DuckDBPyConnection, contact_id: str) -> list[PastValue]:
    """What the lead did, by kind and day."""
    rows = connection.execute(
        """SELECT max("at"), kind, sum(times) FROM activities WHERE contact_id = ?
        GROUP BY kind, "at"::DATE ORDER BY 1 DESC LIMIT ?""",
        [contact_id, MOST_MOMENTS],
    ).fetchall()
    return [
        PastValue(at, _DID[ActivityKind(kind)], f"{times:g} times" if times != 1 else "") for at, kind, times in rows
    ]
