"""The model card as a page of Markdown: for a file, the UI and the terminal.

Belongs here: laying the card out. Does not belong: measuring (`scoring`) and what figures mean in a sentence
(`model_quality`). Aggregates only: groups of fewer than five leads are not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from contact_pipeline.reporting.model_quality import (
    candidate_name,
    horizon_in_words,
    kept_out,
    level,
    model_findings,
    told_of_drift,
)
from contact_pipeline.scoring.card import SMALLEST_GROUP, CalibrationBin, Metrics, ModelCard, counted

_FEATURES_SHOWN = 30
_MEASURES = ("AUC", "PR AUC", "log loss", "Brier", "ECE", "ECE by chance", "lift, top 10 %")
_USE = (
    "For ranking leads and planning whom to call first. It tells associations in past leads, not causes, and holds for "
    "leads like them. It must not decide alone about a person."
)


def card_in_markdown(card: ModelCard) -> str:
    """The whole card; sections without content are left out."""
    parts = [f"# Model card {card.version}", card.reason, _table(("", ""), card_facts(card)), *_sections(card)]
    return "\n\n".join([*parts, f"## Use\n\n{_USE}", "Anonymised: no person is named.\n"])


def candidates_in_markdown(card: ModelCard) -> str:
    """How each candidate did on leads it had not seen, in folds and forward in time."""
    return "\n\n".join(_measured(card)) or "Nothing was measured."


def _sections(card: ModelCard) -> Iterator[str]:
    yield from _measured(card)
    yield from _section("What it means", "\n".join(f"- {one}" for one in model_findings(card)))
    yield from _section("Warnings", "\n".join(f"- {one}" for one in card.warnings))
    bins = _table(("predicted", "observed", "looks"), map(_bin, card.calibration))
    yield from _section("Predicted and observed conversion", bins if card.calibration else "")
    yield from _section("Drift of the latest leads", _drift(card))
    used = [(one.label, one.group, f"{one.importance:.3f}") for one in card.features[:_FEATURES_SHOWN]]
    title = f"Columns used, the {_FEATURES_SHOWN} strongest" if len(card.features) > _FEATURES_SHOWN else "Columns used"
    yield from _section(title, _table(("column", "kind", "mean effect (log-odds)"), used) if used else "")
    yield from _section("Columns kept out", _table(("columns", "why"), kept_out(card)) if card.excluded else "")
    made_by = [f"{name} {number}" for name, number in card.versions.items()]
    yield from _section("Made by", ", ".join(made_by))


def _section(title: str, text: str) -> Iterator[str]:
    if text:
        yield f"## {title}\n\n{text}"


def card_facts(card: ModelCard) -> Iterator[tuple[str, str]]:
    """What a model was learned from, as pairs of a name and a value."""
    yield "scores come from", card.method
    yield "in use", candidate_name(card.chosen)
    if card.trained_at:
        yield "learned", f"{card.trained_at:%Y-%m-%d}"
    if card.first_lead and card.last_lead:
        yield "past leads from", f"{card.first_lead:%Y-%m-%d} to {card.last_lead:%Y-%m-%d}"
    yield "past leads", counted(card.leads)
    looks = sum(one.leads for one in card.calibration)
    if looks > card.leads:
        yield "looks at them while they were open", counted(looks)
    yield "conversions", counted(card.conversions)
    if card.base_rate is not None and card.conversions >= SMALLEST_GROUP:
        yield "base rate, the chance at a score of 50", f"{card.base_rate:.1%}"
    if card.candidates:
        yield "horizon", horizon_in_words(card)
    if card.weight_half_life_days is not None:
        yield "a past lead counts half after", f"{card.weight_half_life_days:g} days"
    if card.seed is not None:
        yield "seed", str(card.seed)


def _measured(card: ModelCard) -> Iterator[str]:
    for title, measured in (
        ("On held-out leads, in folds", card.candidates),
        ("Forward in time: learned from the earlier leads, measured on the latest", card.forward),
        ("Engagement propensity, on held-out contacts", [card.engagement] if card.engagement else []),
    ):
        rows = [_measures(one, is_chosen=one.name == card.chosen) for one in measured]
        yield from _section(title, _table(("candidate", *_MEASURES), rows) if rows else "")


def _measures(one: Metrics, *, is_chosen: bool) -> tuple[str, ...]:
    figures = (one.roc_auc, one.pr_auc, one.log_loss, one.brier, one.ece, one.ece_floor)
    name = f"**{candidate_name(one.name)}**" if is_chosen else candidate_name(one.name)
    return (name, *(f"{figure:.4f}" for figure in figures), f"{one.lift_top_decile:.2f}")


def _bin(one: CalibrationBin) -> tuple[str, ...]:
    observed = f"{one.observed:.1%}" if one.leads >= SMALLEST_GROUP else "not shown"
    return f"{one.predicted:.1%}", observed, counted(one.leads)


def _drift(card: ModelCard) -> str:
    told = told_of_drift(card)
    table = _table(("column", "PSI", ""), [(one.column, f"{one.psi:.2f}", level(one.psi)) for one in told])
    quiet = len(card.drift) - len(told)
    return "\n\n".join([table, *[f"{quiet:,} more columns are quiet."] * bool(quiet)]) if card.drift else ""


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", r"\|").replace("\n", " ") for cell in line) + " |" for line in lines
    )
