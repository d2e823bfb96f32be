"""Scores kept up to date in a real CRM: who is scored, what is learned when, going back, and coming from an older version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from contact_pipeline import turning_back
from contact_pipeline.crm.model_versions import versions
from contact_pipeline.crm.models import in_use, release, roll_back
from contact_pipeline.crm.scores import contacts_frame, not_fresh, past_scores
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.errors import UsageError
from contact_pipeline.fields import SCORE_FIELD_NAMES
from contact_pipeline.home import Home
from contact_pipeline.rescoring import Learned, Scored, learn_if_due, score_due
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows

NOON = datetime.fromisoformat("2026-03-01T12:00")
CAMPAIGNS = {"Alpha": 0.7, "Beta": 0.5, "Gamma": 0.3, "Delta": 0.15}  # and how often their leads convert
TITLES = ("CEO", "Sales Manager", "Clerk", "Head of IT")
# What depends on the way a contact came to its score, not on the contact and the model.
OF_THE_WAY = ("scored_at", "score_percentile", "score_change")

Leads = Callable[..., str]


@pytest.fixture
def bring(home: Home, tmp_path: Path) -> Leads:
    """Imports leads made up from a seed, with outcomes or without; gives the id of the import."""

    def made(name: str, rows: int, seed: int, *, known: bool = True, start: int = 0, turned: bool = False) -> str:
        draw = np.random.default_rng(seed)
        leads = []
        for number in range(start, start + rows):
            campaign = list(CAMPAIGNS)[draw.integers(0, 4)]
            won = (draw.random() < CAMPAIGNS[campaign]) != turned
            leads.append(
                {
                    "Email": f"p{number}@firm{number % 40}.example",
                    "Job Title": TITLES[draw.integers(0, 4)],
                    "Campaign Code": campaign,
                    "Website Visits": str(draw.poisson(4)),
                    "Last Activity Date": f"2026-02-{draw.integers(1, 28):02d}",
                    "Converted": ("won" if won else "lost") if known else "",
                }
            )
        return bring_file(home, write_rows(tmp_path / f"{name}.csv", leads))[0].import_id

    return made


_seconds = count()


def _learn(home: Home, day: int = 0, *, retrain: bool = False) -> Learned:
    return learn_if_due(home, _moment(day), retrain=retrain)


def _run(home: Home, day: int = 0, *, everybody: bool = False) -> Scored:
    _learn(home, day)
    return score_due(home, _moment(day), everybody=everybody)


def _moment(day: int) -> datetime:
    """Later at each call."""
    return NOON + timedelta(days=day, seconds=next(_seconds))


def _scores(home: Home) -> pl.DataFrame:
    with read_crm(home) as connection:
        kept = [name for name in SCORE_FIELD_NAMES if name not in OF_THE_WAY]
        return contacts_frame(connection).select("contact_id", *kept)


def _version_in_use(home: Home) -> str:
    with read_crm(home) as connection:
        found = in_use(connection)
    assert found is not None
    return found.model.version


def test_an_import_scores_only_the_contacts_it_touched_and_all_scores_are_as_if_all_had_been_scored(
    home: Home, bring: Leads
) -> None:
    bring("past", 300, 1)
    bring("open", 200, 2, known=False, start=1000)
    assert _run(home).everybody
    bring("more", 30, 3, known=False, start=1190)
    touched = _run(home)
    assert (touched.everybody, touched.scored.height) == (False, 30)
    before = _scores(home)
    everybody = _run(home, everybody=True)
    assert everybody.scored.height == 520
    assert _scores(home).equals(before)


def test_undo_and_rebuild_leave_no_contact_with_a_score_of_what_it_was_before(home: Home, bring: Leads) -> None:
    bring("past", 300, 1)
    bring("open", 100, 2, known=False, start=1000)
    changed = bring("changed", 40, 9, known=False, start=1000)
    _run(home)
    turning_back.undo(home, changed)
    undone = _run(home)
    assert not undone.everybody
    assert 0 < undone.scored.height <= 40
    turning_back.rebuild(home)
    _run(home)
    before = _scores(home)
    _run(home, everybody=True)
    assert _scores(home).equals(before)
    with read_crm(home) as connection:
        assert not_fresh(connection) == 0


def test_contacts_touched_are_ranked_among_all_contacts(home: Home, bring: Leads) -> None:
    bring("past", 300, 1)
    _run(home)
    bring("one", 1, 5, known=False, start=5000)
    _run(home)
    with read_crm(home) as connection:
        contacts = contacts_frame(connection)
    newest = contacts.filter(email="p5000@firm0.example")
    share = (contacts["lead_score"] <= newest["lead_score"].item()).mean()
    assert newest["score_percentile"].item() == pytest.approx(100 * float(str(share)), abs=0.06)


def test_running_again_with_nothing_new_learns_nothing_scores_nobody_and_changes_no_score(
    home: Home, bring: Leads
) -> None:
    bring("past", 300, 1)
    _run(home)
    before = _scores(home)
    again = _learn(home)
    assert not again.learned_anew
    assert again.reason.startswith("kept: 0 new outcomes")
    assert score_due(home, _moment(0), everybody=False).scored.height == 0
    assert score_due(home, _moment(0), everybody=True).changed == 0
    assert _scores(home).equals(before)


def test_all_are_scored_again_when_a_setting_of_scoring_changes_or_the_last_time_is_long_ago(
    home: Home, bring: Leads
) -> None:
    bring("past", 300, 1)
    _run(home)
    assert not _run(home, 6).everybody
    assert _run(home, 8).everybody
    (home.root / "settings.toml").write_text("[scoring]\nhot_from = 80\n")
    changed = Home(home.root)
    assert not _learn(changed, 8).learned_anew
    assert _run(changed, 8).everybody


def test_a_few_new_outcomes_keep_the_model_and_many_replace_it(home: Home, bring: Leads) -> None:
    bring("past", 300, 1)
    first = _learn(home)
    bring("few", 12, 2, start=2000)
    kept = _learn(home)
    assert (kept.learned_anew, kept.model.version) == (False, first.model.version)
    assert "12 new outcomes" in kept.reason
    bring("many", 60, 3, start=3000)
    replaced = _learn(home)
    assert replaced.learned_anew
    assert _version_in_use(home) == replaced.model.version != first.model.version
    with read_crm(home) as connection:
        assert [one.in_use for one in versions(connection)].count(True) == 1


def test_undoing_many_outcomes_makes_it_learn_anew_without_them(home: Home, bring: Leads) -> None:
    bring("past", 300, 1)
    without = _learn(home).model
    more = bring("more", 100, 2, start=2000)
    assert _learn(home).model.card.leads == 400
    turning_back.undo(home, more)
    again = _learn(home)
    assert again.learned_anew
    assert again.model.card.leads == without.card.leads


def test_a_challenger_that_is_worse_on_the_latest_leads_is_kept_on_record_and_not_used(
    home: Home, bring: Leads
) -> None:
    bring("past", 600, 1)
    champion = _learn(home).model.version
    bring("mistaken", 500, 2, start=2000, turned=True)
    bring("right", 500, 3, start=3000)
    found = _learn(home)
    assert found.learned_anew
    assert _version_in_use(home) == champion, found.reason
    assert "worse than the one in use: log loss" in found.reason
    with read_crm(home) as connection:
        by_decision = {one.decision: one for one in versions(connection)}
    assert by_decision["challenger"].reason == found.reason
    assert not _learn(home).learned_anew


def test_rolling_back_uses_and_pins_the_version_before_until_it_is_released(home: Home, bring: Leads) -> None:
    bring("past", 300, 1)
    first = _learn(home).model.version
    bring("many", 60, 3, start=3000)
    second = _learn(home).model.version
    _run(home)
    with open_crm(home) as connection:
        assert roll_back(connection, None, "1 Mar 2026").version == first
    assert _run(home).everybody
    assert _scores(home)["model_version"].unique().to_list() == [first]
    bring("many more", 90, 4, start=4000)
    pinned = _learn(home)
    assert not pinned.learned_anew
    assert "pinned" in pinned.reason
    with open_crm(home) as connection:
        assert release(connection)
    assert _learn(home).learned_anew
    with read_crm(home) as connection:
        assert {first, second} < {one.version for one in versions(connection)}


def test_retraining_when_asked_for_lifts_a_pin(home: Home, bring: Leads) -> None:
    bring("past", 300, 1)
    first = _learn(home).model.version
    bring("many", 60, 3, start=3000)
    second = _learn(home).model.version
    with open_crm(home) as connection:
        roll_back(connection, first[:6], "1 Mar 2026")
    assert _learn(home, retrain=True).learned_anew
    assert _version_in_use(home) == second
    with read_crm(home) as connection:
        assert not any(one.is_pinned for one in versions(connection))


@pytest.mark.parametrize("name", [None, "ffff", ""])
def test_rolling_back_to_nothing_says_so(home: Home, bring: Leads, name: str | None) -> None:
    bring("past", 20, 1)
    _learn(home)
    with pytest.raises(UsageError, match="contact-pipeline models"), open_crm(home) as connection:
        roll_back(connection, name, "1 Mar 2026")


@pytest.fixture(
    params=[
        "UPDATE model_versions SET model = '{}'::BLOB, card = '{}'",
        "UPDATE model_versions SET learned_from = NULL",
    ]
)
def of_an_older_version(request: pytest.FixtureRequest, home: Home, bring: Leads) -> Iterator[Home]:
    """A home whose model this program cannot open, or of which it does not know what it was learned from."""
    bring("past", 300, 1)
    _run(home)
    with open_crm(home) as connection:
        connection.execute(request.param)
        connection.execute("UPDATE model_versions SET version = 'older'")
    yield home


def test_the_model_of_an_older_version_is_learned_anew_and_stays_on_record(of_an_older_version: Home) -> None:
    found = _learn(of_an_older_version)
    assert found.learned_anew
    score_due(of_an_older_version, _moment(0), everybody=False)
    with read_crm(of_an_older_version) as connection:
        assert [one.version for one in versions(connection) if one.in_use] == [found.model.version]
        assert len(versions(connection)) == 2
        assert not_fresh(connection) == 0


def test_a_contact_without_news_cools_day_by_day_and_its_history_tells(home: Home, bring: Leads) -> None:
    bring("open", 40, 2, known=False)
    _run(home)
    _run(home, 30, everybody=True)
    with read_crm(home) as connection:
        contacts = contacts_frame(connection)
        lead = contacts.filter(pl.col("score_change") < 0).row(0, named=True)
        history = past_scores(connection, lead["contact_id"])
    assert contacts["score_change"].max() <= 0  # type: ignore[operator]
    assert [one.scored_at.date().isoformat() for one in history] == ["2026-03-31", "2026-03-01"]
    assert round(history[0].score - history[1].score, 1) == lead["score_change"]


def test_the_model_card_is_written_and_names_nobody(home: Home, bring: Leads) -> None:
    bring("past", 300, 1)
    found = _learn(home)
    card = (home.reports / "latest" / "model_card.md").read_text(encoding="utf-8")
    assert found.model.version in card
    assert "firm1.example" not in card


def test_an_empty_crm_has_a_model_and_nobody_to_score(home: Home) -> None:
    assert _learn(home).model.method == "points"
    assert score_due(home, _moment(0), everybody=True).scored.height == 0
