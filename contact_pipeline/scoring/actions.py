"""The recommended next action: a table of category, engagement and what is missing, each line naming its trigger.

Belongs here: the table in force, from the settings and from the package (`actions.toml`), and applying it. Does not belong:
what a line may say (`policy`) and the category.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files

import polars as pl

from contact_pipeline.scoring.categories import OVER_CAPACITY
from contact_pipeline.scoring.conditions import fits_lead
from contact_pipeline.scoring.features import has_phone
from contact_pipeline.scoring.policy import ActionRule

_NOT_HOT = "; not Hot: "
_STATES = {
    "opted_out": pl.col("opted_out"),
    "customer": pl.col("converted"),
    "bounced": pl.col("bounced"),
    "duplicate": pl.col("is_duplicate"),
    "over_capacity": pl.col("held_back") == OVER_CAPACITY,
}


def action_table(own: tuple[ActionRule, ...] = ()) -> tuple[ActionRule, ...]:
    """The lines in force: those given, then those of the package, whose last ones leave no contact without an action.

    Lines for contacts who opted out come first of all: no other line may send somebody to them.
    """
    text = files("contact_pipeline.scoring").joinpath("actions.toml").read_text(encoding="utf-8")
    default = (ActionRule.model_validate(line) for line in tomllib.loads(text)["actions"])
    return tuple(sorted((*own, *default), key=lambda rule: rule.is_ != "opted_out"))


def recommended_action(table: tuple[ActionRule, ...]) -> pl.Expr:
    """Expression over contacts with scores, `held_back`, `bounced`, `is_duplicate` and the asked fields.

    Null where no line fits. Why a contact is not Hot though its score is, is always said.
    """
    action = pl.lit(None, dtype=pl.String)
    for rule in reversed(table):
        action = pl.when(_fits(rule)).then(_words(rule)).otherwise(action)
    return action


def action_and_trigger(text: str, table: tuple[ActionRule, ...]) -> tuple[str, str]:
    """A recommended_action in its two parts: what to do, and why.

    Both may have brackets of their own, so the line of the table that it comes from says where one ends. Where that line is
    gone, the trigger is what the last bracket closes; "" where there is none.
    """
    for rule in table:
        if text == rule.words or text.startswith(f"{rule.action} ({rule.trigger}{_NOT_HOT}"):
            return rule.action, text[len(rule.action) + 2 : -1]
    open_brackets = 0
    for place in range(len(text) - 1, 0, -1):
        open_brackets += {")": 1, "(": -1}.get(text[place], 0)
        if not open_brackets:
            return (text[:place].rstrip(), text[place + 1 : -1]) if text.endswith(")") else (text, "")
    return text, ""


def _fits(rule: ActionRule) -> pl.Expr:
    tests = [fits_lead(rule)]
    if rule.confidence:
        tests.append(pl.col("confidence") == rule.confidence)
    if rule.lacks:
        tests.append(has_phone().not_() if rule.lacks == "phone" else pl.col(rule.lacks).is_null())
    if rule.is_:
        tests.append(_STATES[rule.is_])
    return pl.all_horizontal(tests).fill_null(value=False)


def _words(rule: ActionRule) -> pl.Expr:
    """A line about a state gives its own reason."""
    if rule.is_:
        return pl.lit(rule.words)
    why = pl.concat_str(pl.lit(f"{rule.action} ({rule.trigger}{_NOT_HOT}"), pl.col("held_back"), pl.lit(")"))
    return pl.when(pl.col("held_back").is_null()).then(pl.lit(rule.words)).otherwise(why)
