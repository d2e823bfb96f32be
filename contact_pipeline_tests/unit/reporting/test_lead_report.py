"""The report: complete, self-contained, and nobody in it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from contact_pipeline.crm.scorings import Move, Scoring, Trend
from contact_pipeline.fields import FIELD_BY_NAME, PERSONAL_FIELDS
from contact_pipeline.reporting.aggregates import COUNTED, summarise_categories
from contact_pipeline.reporting.facts import ImportFacts, MappedColumn, ReportFacts
from contact_pipeline.reporting.pictures import SEGMENT_FIELDS
from contact_pipeline.reporting.playbook import asked_fields
from contact_pipeline.reporting.report import headline, render_report, write_report
from contact_pipeline.scoring.card import Drift, ModelCard
from contact_pipeline_tests.unit.reporting.conftest import make_breakdown

LeadsOf = Callable[..., pl.DataFrame]
_EMPTY_ELEMENTS = {"meta", "link", "br", "hr", "img", "input"}


class _Page(HTMLParser):
    """Collects tags, attributes and text, and fails on tags that do not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in _EMPTY_ELEMENTS:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def test_the_page_loads_nothing_and_runs_nothing(leads: pl.DataFrame, facts: ReportFacts) -> None:
    html = render_report(leads, facts)
    page = _Page(html)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(page.tags)
    assert {value for name, value in page.attributes if name in ("src", "href", "action")} == {"#imported"}
    assert not [name for name, _ in page.attributes if name == "style" or name.startswith("on")]
    assert "url(" not in html
    assert "@import" not in html


def test_its_own_policy_forbids_requests_and_names_its_style_by_hash(leads: pl.DataFrame, facts: ReportFacts) -> None:
    html = render_report(leads, facts)
    found = re.search(r"<style>(.*)</style>", html, re.DOTALL)
    assert found
    digest = base64.b64encode(hashlib.sha256(found.group(1).encode()).digest()).decode()
    policy = next(value for _, value in _Page(html).attributes if value.startswith("default-src"))
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")


def test_no_person_is_on_the_page(leads: pl.DataFrame, facts: ReportFacts) -> None:
    html = render_report(leads, facts)
    personal = leads.select(name for name in leads.columns if name in PERSONAL_FIELDS).cast(pl.String)
    values = {value for name in personal.columns for value in personal[name].drop_nulls()} - {"Ana"}
    assert len(values) > 600
    assert not [value for value in values if value in html]
    assert not [value for value in leads["contact_id"] if value in html]
    assert "Ana Sample" not in html
    assert facts.imports[0].file not in html


def test_it_says_what_was_imported_and_what_was_not(leads: pl.DataFrame, facts: ReportFacts) -> None:
    text = _Page(render_report(leads, facts)).text
    assert "250 rows read: 220 new, 15 updated, 5 unchanged; 8 not taken in, 2 without data." in text
    assert "e-mail is not an address 3" in text
    assert "duplicate in file 4" in text
    assert "phone: not a phone number 12" in text


def test_several_imports_are_summed(leads: pl.DataFrame, facts: ReportFacts) -> None:
    twice = replace(facts, imports=[facts.imports[0], replace(facts.imports[0], import_id="second@ba9876543210")])
    text = _Page(render_report(leads, twice)).text
    assert "500 rows read: 440 new" in text
    assert "e-mail is not an address 6" in text
    assert "second@ba9876543210" in text
    assert "2 imports" in text


def test_a_model_is_shown_with_all_candidates_and_what_was_kept_out(leads: pl.DataFrame, facts: ReportFacts) -> None:
    text = _Page(render_report(leads, facts)).text
    for part in ("Points", "Regression", "Blend in use", "0.860", "4.1×", "Guessing the average", "Lead Status"):
        assert part in text
    assert "Calling the best 20% of the leads finds 63% of the conversions." in text
    assert "off by 1.1 points on average; by chance alone the best possible predictions would be off by 1.2." in text


def test_a_model_tells_what_to_know_before_betting_on_it(
    leads: pl.DataFrame, facts: ReportFacts, card: ModelCard
) -> None:
    later = card.candidates[-1].model_copy(update={"roc_auc": 0.777})
    told = card.model_copy(
        update={
            "horizon_days": None,
            "forward": (later,),
            "warnings": ("Look at Rating.",),
            "drift": (Drift(column="score", psi=0.03), Drift(column="City", psi=0.31)),
            "versions": {"xgboost": "3.2.0"},
        }
    )
    text = _Page(render_report(leads, replace(facts, card=told))).text
    assert "Of 4,580 past leads 9% converted." in text
    assert "Horizon: none: a conversion counts whenever it was." in text
    for part in (
        "Look at Rating.",
        "measured on the latest",
        "0.777",
        "0.03 (quiet)",
        "City 0.31 (alarm)",
        "xgboost 3.2.0",
    ):
        assert part in text


def test_it_shows_what_moved_since_the_run_before(leads: pl.DataFrame, facts: ReportFacts) -> None:
    run = Scoring(datetime.fromisoformat("2026-11-13 06:12"), "model", "v2", 230, 41, 90, 99, 31.4, 12.0)
    later = replace(run, scored_at=datetime.fromisoformat("2026-11-20 06:12"), leads=240, hot=43)
    trend = Trend([run, later], [Move("Warm", "Hot", 2), Move(None, "Cold", 10)])
    text = _Page(render_report(leads, replace(facts, trend=trend))).text
    assert "2 leads moved up a category and 0 down; 10 came new. Hot gained 2 and lost 0." in text
    assert "20 Nov 240 43 90 99 31.4 12 v2" in text
    assert "43 (+2)" in text
    alone = _Page(render_report(leads, replace(facts, trend=Trend([run])))).text
    assert "the first scoring on record" in alone
    assert "All leads after each run" not in alone
    assert "earlier runs" not in _Page(render_report(leads, facts)).text


def test_factors_of_hot_leads_stand_beside_those_of_all(leads_of: LeadsOf, facts: ReportFacts) -> None:
    hot = {"lead_category": lambda n: "Hot" if n < 20 else "Cold", "lead_score": lambda n: 90.0 if n < 20 else 10.0}
    own = {"score_breakdown": lambda n: make_breakdown({"Only of Hot": 0.5} if n < 20 else {"Only of the rest": 0.5})}
    page = render_report(leads_of(100, **hot, **own), facts)
    of_hot, of_all = page.index("<figcaption>Hot leads"), page.index("<figcaption>All leads")
    assert "Only of Hot" in page[of_hot:of_all]
    assert "Only of the rest" not in page[of_hot:of_all]
    assert "Only of the rest" in page[of_all:]


def test_where_nobody_is_hot_the_best_tenth_stands_for_them(leads_of: LeadsOf, facts: ReportFacts) -> None:
    text = _Page(render_report(leads_of(200, lead_category="Cold"), facts)).text
    assert "The best tenth of the leads" in text


def test_the_engagement_model_is_measured_on_the_page(leads: pl.DataFrame, facts: ReportFacts, card: ModelCard) -> None:
    engagement = card.candidates[0].model_copy(update={"name": "engagement", "roc_auc": 0.912})
    told = card.model_copy(update={"engagement": engagement})
    text = _Page(render_report(leads, replace(facts, card=told))).text
    assert "Engagement propensity, on contacts it had not seen" in text
    assert "0.912" in text


def test_points_are_explained_and_show_no_chances(leads_of: LeadsOf, facts: ReportFacts) -> None:
    card = ModelCard(
        version="points-1",
        method="points",
        reason="Only 3 of 40 past leads converted; a model needs 10.",
        horizon_days=90,
        leads=40,
        conversions=3,
        chosen="points",
    )
    html = render_report(leads_of(60, conversion_probability=None), replace(facts, card=card))
    text = _Page(html).text
    assert "These scores come from points, not from a model." in text
    assert "Only 3 of 40 past leads converted; a model needs 10." in text
    assert "expected wins" not in text
    assert "mean chance" not in text
    assert "ROC AUC" not in text


def test_hostile_words_in_data_are_shown_as_words(leads_of: LeadsOf, facts: ReportFacts) -> None:
    hostile = "<script>alert('x')</script>\"&"
    one = replace(
        facts.imports[0],
        import_id=hostile,
        failures={hostile: 2},
        mapping=[MappedColumn(hostile, "map", hostile, 0.5, hostile)],
    )
    html = render_report(leads_of(40, industry=hostile, lead_source=hostile), replace(facts, imports=[one]))
    assert "<script" not in html
    assert hostile in _Page(html).text


def test_the_page_says_when_all_were_scored(leads: pl.DataFrame, facts: ReportFacts) -> None:
    at = datetime.fromisoformat("2026-11-13 05:00")
    assert "all of them on 13 Nov 2026" in _Page(render_report(leads, replace(facts, all_scored_at=at))).text
    assert "all of them on" not in _Page(render_report(leads, facts)).text


def test_nothing_at_all_still_makes_a_page(leads_of: LeadsOf) -> None:
    empty = ReportFacts(generated_at=datetime.fromisoformat("2026-11-20 06:15"))
    text = _Page(render_report(leads_of(0), empty)).text
    assert "No lead is scored yet." in text
    assert "These contacts are not scored yet." in text
    assert "What was imported" not in text


def test_an_import_without_any_row_counts_is_still_a_page(leads: pl.DataFrame) -> None:
    rows = dict.fromkeys(("total", "created", "updated", "unchanged", "skipped", "failed", "not_data"), 0)
    one = ImportFacts(import_id="a@000000000000", file="a.csv", policy="skip", rows=rows)
    facts = ReportFacts(generated_at=datetime.fromisoformat("2026-11-20 06:15"), imports=[one])
    assert "0 rows read" in _Page(render_report(leads, facts)).text


@pytest.mark.parametrize(
    ("categories", "chance", "said"),
    [
        (["Hot", "Warm", "Warm", "Cold"], None, "25% of the leads (1) are Hot."),
        (["Hot", "Hot", "Warm", "Cold"], 0.5, "50% of the leads (2) are Hot and carry 50% of the expected wins."),
        (["Warm", "Cold"], None, "No lead is Hot: start with the best of the Warm ones (1)."),
        (["Cold"], None, "All leads are Cold."),
    ],
)
def test_the_headline_says_what_matters_most(
    leads_of: LeadsOf, categories: list[str], chance: float | None, said: str
) -> None:
    leads = leads_of(len(categories), lead_category=lambda n: categories[n], conversion_probability=chance)
    assert headline(summarise_categories(leads)) == said


def test_a_segment_is_recommended_only_where_it_stands_out(leads_of: LeadsOf, facts: ReportFacts) -> None:
    clear = leads_of(
        400, industry=lambda n: "Software" if n < 100 else "Retail", lead_category=lambda n: "Hot" if n < 60 else "Cold"
    )
    assert "most frequent under Industry Software: 60% are Hot there." in _Page(render_report(clear, facts)).text
    even = clear.with_columns(industry=pl.Series(["Software", "Retail"] * 200))
    assert "most frequent under Industry" not in _Page(render_report(even, facts)).text


def test_of_a_field_that_nothing_is_counted_by_it_matters_only_whether_it_is_filled(
    leads: pl.DataFrame, facts: ReportFacts
) -> None:
    counted = {*COUNTED, *SEGMENT_FIELDS, *asked_fields(facts.plays)}
    plain = [name for name in FIELD_BY_NAME if name not in counted]
    brief = leads.with_columns(
        pl.when(pl.col(name).is_not_null()).then(pl.lit(value=True)).alias(name) for name in plain
    )
    assert render_report(brief, facts) == render_report(leads, facts)


def test_the_file_is_written_whole(tmp_path: Path, leads: pl.DataFrame, facts: ReportFacts) -> None:
    write_report(tmp_path / "reports" / "report.html", leads, facts)
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["report.html"]
    assert (tmp_path / "reports" / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
