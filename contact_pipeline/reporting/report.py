"""The report: one page of HTML that shows the whole and names nobody.

Belongs here: what the page says, as values and sentences for the template. Does not belong: counting (`aggregates`,
`factors`), drawing (`charts`), layout (`report.html.j2`, `report.css`). The page asks nothing of anybody: its own
security policy forbids every request. Imports are named by id, since a file name may hold a person's.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from contact_pipeline.atomic import write_text
from contact_pipeline.crm.scorings import Trend
from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.reporting import charts
from contact_pipeline.reporting.aggregates import (
    CategorySummary,
    Split,
    filled_shares,
    score_bins,
    segments,
    summarise_categories,
)
from contact_pipeline.reporting.facts import ROW_STATES, ImportFacts, ReportFacts
from contact_pipeline.reporting.model_section import model_section
from contact_pipeline.reporting.pictures import SEGMENT_FIELDS, factor_pictures, segment_picture
from contact_pipeline.reporting.playbook import first_steps, segments_of
from contact_pipeline.reporting.trend import movements, run_labels, standings, trend_in_words
from contact_pipeline.scoring.card import SMALLEST_GROUP
from contact_pipeline.scoring.policy import Play

_WIDE, _HALF, _THIRD, _PHONE = 780, 372, 244, 340
_SURE = 3.5  # standard errors; below it, one of a few dozen segments stands out by chance


def write_report(path: Path, leads: pl.DataFrame, facts: ReportFacts) -> None:
    """Write the page atomically; `leads` in any order, with what is counted of all; of the other fields only whether there
    is a value matters."""
    write_text(path, render_report(leads, facts))


def render_report(leads: pl.DataFrame, facts: ReportFacts) -> str:
    """The page as text: aggregates only, no script, no link to anything outside."""
    style = files("contact_pipeline.reporting").joinpath("report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return (
        _templates()
        .get_template("report.html.j2")
        .render(
            style=Markup(style),  # noqa: S704  (our own file)
            style_digest=digest,
            facts=facts,
            leads=leads.height,
            states=ROW_STATES,
            **_scores(leads),
            **_playbook(leads, facts.plays),
            **_imports(facts.imports),
            **_quality(leads, facts.imports),
            **_trend(facts.trend),
            **model_section(facts.card, width=_THIRD),
        )
    )


@cache
def _templates() -> Environment:
    loader = PackageLoader("contact_pipeline.reporting", "")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(count="{:,}".format, percent=_percent, words=lambda text: text.replace("_", " "))
    return environment


def _scores(leads: pl.DataFrame) -> dict[str, object]:
    categories = summarise_categories(leads)
    splits = {name: segments(leads, name) for name in SEGMENT_FIELDS}
    bins = score_bins(leads)
    return {
        "headline": headline(categories),
        "advice": _advice(categories, splits),
        "categories": categories,
        "distribution": _both(lambda width: charts.histogram(bins, width=width)),
        "factors": _factors(leads),
        "segments": [
            (FIELD_BY_NAME[name].label, _drawn(segment_picture(name, found, width=_HALF)))
            for name, found in splits.items()
            if found
        ],
        "withheld": any(split.by_category is None for found in splits.values() for split in found),
    }


def _factors(leads: pl.DataFrame) -> list[tuple[str, Markup]]:
    """What moves the score of the high-scoring leads, and that of all."""
    return [(title, _drawn(drawn)) for title, drawn in factor_pictures(leads, width=_HALF)]


def _playbook(leads: pl.DataFrame, plays: Sequence[Play]) -> dict[str, object]:
    found = segments_of(leads, plays)
    return {"plays": found, "first_steps": first_steps(found), "fewest": SMALLEST_GROUP}


def _imports(imports: Sequence[ImportFacts]) -> dict[str, object]:
    total: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    skips: Counter[str] = Counter()
    for one in imports:
        total.update(one.rows)
        failures.update(one.failures)
        skips.update(one.skips)
    return {
        "rows": total,
        "import_sentence": _import_sentence(total),
        "set_aside": [("failed", failures.most_common()), ("were skipped", skips.most_common())],
    }


def _quality(leads: pl.DataFrame, imports: Sequence[ImportFacts]) -> dict[str, object]:
    issues: Counter[str] = Counter()
    for one in imports:
        issues.update(one.issues)
    shares = [(field.label, share) for field, share in filled_shares(leads)]
    middle = (len(shares) + 1) // 2
    halves = [half for half in (shares[:middle], shares[middle:]) if half]
    title = "Share of contacts with a value, by field"
    return {
        "filled": [_drawn(charts.share_bars(half, width=_HALF, title=title)) for half in halves],
        "issues": issues.most_common(),
    }


def _trend(trend: Trend | None) -> dict[str, object]:
    if trend is None or not trend.runs:
        return {"trend": None}
    return {
        "trend": trend,
        "trend_words": trend_in_words(trend),
        "runs": [*zip(run_labels(trend), trend.runs, strict=True)][::-1],
        "movements": movements(trend),
        "trend_chart": _both(lambda width: charts.trend(standings(trend), width=width)),
    }


def headline(categories: Sequence[CategorySummary]) -> str:
    """The report in one sentence."""
    hot, warm, _ = categories
    if not any(one.leads for one in categories):
        return "No lead is scored yet."
    if not hot.leads:
        return (
            f"No lead is Hot: start with the best of the Warm ones ({warm.leads:,})."
            if warm.leads
            else "All leads are Cold."
        )
    start = f"{_percent(hot.share)} of the leads ({hot.leads:,}) are Hot"
    wins = sum(one.expected_wins or 0.0 for one in categories)
    if hot.expected_wins is None or not wins:
        return f"{start}."
    return f"{start} and carry {_percent(hot.expected_wins / wins)} of the expected wins."


def _advice(categories: Sequence[CategorySummary], splits: Mapping[str, Sequence[Split]]) -> str:
    """Where Hot leads are clearly more frequent than on the whole; empty where they are so nowhere."""
    overall = categories[0].share
    found = [
        (split.hot_share, split.label, FIELD_BY_NAME[name].label)
        for name, of_field in splits.items()
        for split in of_field
        if split.hot_share and split.hot_share - overall > _SURE * (overall * (1 - overall) / split.leads) ** 0.5
    ]
    if not found:
        return ""
    share, label, field = max(found)
    return f"They are most frequent under {field} {label}: {_percent(share)} are Hot there."


def _import_sentence(rows: Mapping[str, int]) -> str:
    if not rows:
        return ""
    taken = f"{rows['created']:,} new, {rows['updated']:,} updated, {rows['unchanged']:,} unchanged"
    no_data = f", {rows['not_data']:,} without data" if rows["not_data"] else ""
    return f"{rows['total']:,} rows read: {taken}; {rows['skipped'] + rows['failed']:,} not taken in{no_data}."


def _both(draw: Callable[[int], str]) -> Markup:
    """A picture twice, for the page and for a phone; the style sheet shows one of them."""
    wide, phone = _drawn(draw(_WIDE)), _drawn(draw(_PHONE))
    return Markup('<div class="wide">{}</div><div class="phone">{}</div>').format(wide, phone)


def _drawn(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704  (charts escapes every text)


def _percent(share: float | None) -> str:
    return "" if share is None else charts.percent(share)
