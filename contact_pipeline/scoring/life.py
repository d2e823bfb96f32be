"""The life of the lead model: when it is learned anew, and whether what was learned replaces what is in use.

Belongs here: these decisions and what they look at, as values. Does not belong: counting in the CRM (`crm.outcomes`), keeping
versions (`crm.models`), the steps themselves (`rescoring`). Each decision carries its reason in words.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict

from contact_pipeline.scoring.calibration import sigmoid
from contact_pipeline.scoring.categories import lead_score
from contact_pipeline.scoring.drift import ALARM_FROM, SCORE, psi_beyond_chance
from contact_pipeline.scoring.model import Effects, LeadModel
from contact_pipeline.scoring.training import train
from contact_pipeline.settings import ScoringSettings

FloatArray = npt.NDArray[np.float64]

FEWEST_NEWS = 5
_SHARE_OF_KNOWN = 10
_SHARE_THAT_TELLS = 100
_SCORE_BINS = 10
_FEWEST_LATELY = 200
_MOST_NAMED = 3
_MOST_IN_BLOCK = 2_000
_FEWEST_IN_BLOCK = 20
_FEWEST_OF_EACH = 3
_CERTAIN = 1e-6
_WITHIN_95_PERCENT = 1.96
_HOT_OVER_WARM = 1.5
_FEWEST_IN_BAND = 20
# What scores are shown as, and when they are made: changing these teaches nothing else.
_NOT_LEARNED = {
    "life",
    "hot_from",
    "warm_from",
    "hysteresis",
    "hot_capacity",
    "bounced_fields",
    "bounced_words",
    "never_hot",
    "actions",
}


class LearnedFrom(BaseModel):
    """What a version was learned from, in aggregates, so that later it can be told how far the CRM has moved on.

    outcomes: leads won and lost in each of 256 groups of contacts (by a hash, so that what one import adds and another
    takes away is not mistaken for nothing). told_up_to: the last record in the CRM. fields: custom fields, and kinds
    of activities, that were filled often enough to teach. states: contacts learned from in each state of each column, and of
    the score. alarms: columns in which the contacts that came last differed already.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    learned_at: datetime
    terms: str
    outcomes: dict[str, tuple[int, int]]
    told_up_to: int
    fields: tuple[str, ...]
    states: dict[str, tuple[int, ...]] = {}
    alarms: tuple[str, ...] = ()

    @property
    def known(self) -> int:
        """Leads with a known outcome."""
        return sum(won + lost for won, lost in self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Situation:
    """The CRM as it is now, as far as learning is concerned; `drift` by column, empty where nothing can be said."""

    terms: str
    outcomes: Mapping[str, tuple[int, int]]
    fields: tuple[str, ...]
    drift: Mapping[str, float]
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, and why."""

    yes: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Log loss of both on leads that neither had learned from; `noise` is how much they may differ by chance."""

    champion: float
    challenger: float
    noise: float
    leads: int


def terms_of_learning(settings: ScoringSettings) -> str:
    """A digest of every setting that what is learned depends on, the points table among them, and of this product's version."""
    return _digest(settings, _NOT_LEARNED)


def terms_of_scoring(settings: ScoringSettings) -> str:
    """A digest of every setting that a score as shown depends on."""
    return _digest(settings, {"life"})


def _digest(settings: ScoringSettings, left_out: set[str]) -> str:
    text = version("contact-pipeline") + settings.model_dump_json(exclude=left_out)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def news(before: Mapping[str, tuple[int, int]], now: Mapping[str, tuple[int, int]]) -> int:
    """How many outcomes are new, changed or gone: at least; a change within a group may cancel out."""
    none = (0, 0)
    pairs = [(before.get(group, none), now.get(group, none)) for group in {*before, *now}]
    differences = [(won - had_won, lost - had_lost) for (had_won, had_lost), (won, lost) in pairs]
    return sum(max(abs(won), abs(lost), abs(won + lost)) for won, lost in differences)


def news_needed(settings: ScoringSettings, known: int) -> int:
    """How many of them make it worth learning anew, where `known` were learned from: a hundredth at least, a tenth surely."""
    enough = min(settings.life.retrain_after_outcomes, math.ceil(known / _SHARE_OF_KNOWN))
    return max(FEWEST_NEWS, enough, known // _SHARE_THAT_TELLS)


def whether_to_learn(last: LearnedFrom | None, now: Situation, settings: ScoringSettings) -> Decision:
    """`last` is what was learned from most lately; None where nothing usable is in use."""
    if last is None:
        return Decision(True, "there is no model that this version can use")
    if last.terms != now.terms:
        return Decision(True, "the settings of scoring, or the program, changed")
    fresh = news(last.outcomes, now.outcomes)
    needed = news_needed(settings, last.known)
    if fresh >= needed:
        return Decision(True, f"{fresh:,} outcomes are new, changed or gone, {needed:,} needed")
    if _can_learn(now.outcomes, settings) and not _can_learn(last.outcomes, settings):
        return Decision(True, "there are enough outcomes for a model now")
    changed = sorted({*now.fields} ^ {*last.fields})
    if changed and _can_learn(now.outcomes, settings):
        return Decision(True, f"columns that may tell something came or went: {', '.join(changed)}")
    alarms = [name for name in alarmed(now.drift) if name not in last.alarms]
    if fresh and alarms:
        return Decision(True, f"the contacts that came last differ: {', '.join(alarms)}")
    if fresh and now.at - last.learned_at >= timedelta(days=settings.horizon_days):
        return Decision(True, f"it is {settings.horizon_days} days old, and leads have grown up since")
    return Decision(
        False, f"kept: {fresh:,} new outcomes since it was learned, {needed:,} needed; {_drift_in_words(now)}"
    )


def _can_learn(outcomes: Mapping[str, tuple[int, int]], settings: ScoringSettings) -> bool:
    fewest = min(sum(counts) for counts in zip(*outcomes.values(), strict=True)) if outcomes else 0
    return fewest >= max(settings.minimum_conversions, FEWEST_NEWS)


def _drift_in_words(now: Situation) -> str:
    alarms = alarmed(now.drift)
    return f"drift as when it was learned: {', '.join(alarms)}" if alarms else "drift quiet"


def states_of(
    model: LeadModel, contacts: pl.DataFrame, as_of: datetime, activities: pl.DataFrame | None = None
) -> dict[str, tuple[int, ...]]:
    """Contacts in each state of each column that `model` looks at, and in ten bins of the score."""
    found = model.effects(contacts, as_of, activities)
    counted = {attribute.label: np.bincount(found.states[:, index]) for index, attribute in enumerate(model.attributes)}
    bins = np.minimum(lead_score(found.log_odds) // (100 / _SCORE_BINS), _SCORE_BINS - 1).astype(np.intp)
    counted[SCORE] = np.bincount(bins, minlength=_SCORE_BINS)
    return {name: tuple(counts.tolist()) for name, counts in counted.items()}


def drift_by_column(then: Mapping[str, Sequence[int]], lately: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Population stability index of each column beyond what chance alone shows, the greatest first.

    Empty where fewer than 200 contacts came lately: their spread would be chance.
    """
    if sum(lately.get(SCORE, ())) < _FEWEST_LATELY:
        return {}
    found = {name: _psi(then[name], lately[name]) for name in then if name in lately}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def alarmed(drift: Mapping[str, float]) -> tuple[str, ...]:
    """Columns that differ so much that a model should not be trusted unseen."""
    return tuple(name for name, index in drift.items() if index >= ALARM_FROM)


def alarm_in_words(columns: Sequence[str]) -> str | None:
    """What an alarm means, naming the columns that differ most; None where there is none."""
    if not columns:
        return None
    more = len(columns) - _MOST_NAMED
    named = ", ".join(columns[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"the contacts that came last differ from those learned from in {named}"


def _psi(then: Sequence[int], lately: Sequence[int]) -> float:
    cells = max(len(then), len(lately))
    before, now = (np.pad(np.array(counts, dtype=np.intp), (0, cells - len(counts))) for counts in (then, lately))
    return psi_beyond_chance(np.repeat(np.arange(cells), before), np.repeat(np.arange(cells), now), cells)


def compare(
    known: pl.DataFrame,
    champion: LeadModel,
    challenger: LeadModel,
    told_up_to: int,
    settings: ScoringSettings,
    as_of: datetime,
    activities: pl.DataFrame | None = None,
) -> Comparison | None:
    """Champion and challenger on the latest leads; None where there is nothing to compare on.

    known: contacts with an outcome, with `told`, the sequence number of the record that first told it. Only leads that
    were told after the champion had learned (`told_up_to`) are new to it: on any other it would be judged by heart. Of them
    the later half is the block, at most 2,000 leads; what stands in for the challenger learns from all the others, so from
    the earlier half of the news. So the question is whether the news help with what came after them. That costs one more
    training, and only when a model is learned. One without signal is the average of the others: a model that still
    beats it is worth keeping. Fewer than 20 leads in the block, or fewer than 3 of either outcome, tell nothing.
    """
    block = _latest_unseen(known, told_up_to)
    outcome = block["converted"].cast(pl.Float64).to_numpy()
    if champion.learned is None or not _tells(outcome):
        return None
    others = known.join(block, on="contact_id", how="anti")
    rate = float(others["converted"].cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]
    chances = np.full(len(outcome), rate)
    if challenger.learned:
        stand_in = train(others, settings, as_of, activities)
        if stand_in.learned:
            chances = _chances(stand_in, stand_in.effects(block, as_of, activities))
    before = _log_losses(_chances(champion, champion.effects(block, as_of, activities)), outcome)
    after = _log_losses(chances, outcome)
    noise = _WITHIN_95_PERCENT * float((after - before).std(ddof=1)) / math.sqrt(len(outcome))
    return Comparison(float(before.mean()), float(after.mean()), noise, len(outcome))


def _latest_unseen(known: pl.DataFrame, told_up_to: int) -> pl.DataFrame:
    unseen = known.filter(pl.col("told") > told_up_to).sort("told", "contact_id")
    return unseen.tail(min(unseen.height // 2, _MOST_IN_BLOCK))


def _tells(outcome: FloatArray) -> bool:
    return len(outcome) >= _FEWEST_IN_BLOCK and min(outcome.sum(), (1 - outcome).sum()) >= _FEWEST_OF_EACH


def _chances(model: LeadModel, found: Effects) -> FloatArray:
    base = model.learned.base_log_odds if model.learned else 0.0
    return sigmoid(found.log_odds + base)


def _log_losses(chances: FloatArray, outcome: FloatArray) -> FloatArray:
    chance = np.clip(chances, _CERTAIN, 1 - _CERTAIN)
    return np.asarray(-(outcome * np.log(chance) + (1 - outcome) * np.log1p(-chance)))


def held_now(champion: LeadModel, challenger: LeadModel) -> tuple[str, ...]:
    """Columns that the champion uses and the challenger keeps out: a leak would win every comparison."""
    used = {column.label for column in champion.learned.columns} if champion.learned else set()
    return tuple(one.column for one in challenger.card.excluded if one.column in used)


def whether_to_promote(champion: LeadModel, challenger: LeadModel, found: Comparison | None) -> Decision:
    """Between a champion learned under the same terms and what was learned anew.

    Worse means: by more than chance explains (95 %). On the few leads of a block the better of two equals is a throw of a
    coin, and the leads that came since are worth more than that.
    """
    if champion.method == "points" and challenger.method == "model":
        return Decision(True, "a model is to be had now")
    if not challenger.card.candidates:
        return Decision(True, "too little history is left for a model")
    if found is None:
        return Decision(True, "too few leads that neither had learned from to compare on")
    losses = (
        f"log loss {found.challenger:.4f} against {found.champion:.4f} on the {found.leads:,} latest leads, "
        f"differences up to {found.noise:.4f} being chance"
    )
    if found.challenger - found.champion <= found.noise:
        return Decision(True, f"not worse than the one before: {losses}")
    return Decision(False, f"worse than the one in use: {losses}")


def hot_is_worth_it(bands: Mapping[str, tuple[int, int]]) -> bool:
    """Did past leads with a Hot score convert 1.5 times as often as Warm ones? `bands`: leads and conversions of either.

    True where fewer than 20 leads in either tell nothing.
    """
    hot, warm = bands.get("Hot", (0, 0)), bands.get("Warm", (0, 0))
    if min(hot[0], warm[0]) < _FEWEST_IN_BAND:
        return True
    return hot[1] / hot[0] >= _HOT_OVER_WARM * warm[1] / warm[0]
