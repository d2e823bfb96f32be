"""One lead with everything that is known of it: taken from imports of real files and scored by points."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest

from contact_pipeline.crm.provenance import trace
from contact_pipeline.crm.session import read_crm
from contact_pipeline.dashboard.access import Access
from contact_pipeline.dashboard.answers import LeadDetail
from contact_pipeline.dashboard.query import LeadQuery
from contact_pipeline.dashboard.reader import LeadReader, Snapshots
from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline.home import Home
from contact_pipeline.rescoring import learn_if_due, score_due
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows

EVERYBODY = Access("all", "All")
MONDAY, TUESDAY = datetime.fromisoformat("2026-05-04T06:00"), datetime.fromisoformat("2026-05-05T06:00")
EVIL = '<b>"x"; + y</b>'
ANN = {
    "Email": "ann@firm.example", "Full Name": "Ann Example", "Company": "Firm", "Job Title": "CEO", "Country": "Germany",
    "Phone": "+49 30 901820", "Created Date": "2026-01-02", "Annual Revenue": "1250000", EVIL: EVIL, "Unsubscribed": "no",
}  # fmt: skip
BOB = {**ANN, "Email": "bob@firm.example", "Full Name": "", "Phone": "", "Unsubscribed": "yes", "Annual Revenue": ""}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("details")
    made = Home(folder / "home")
    made.set_up()
    bring_file(made, write_rows(folder / "first.csv", [ANN, BOB]))
    learn_if_due(made, MONDAY)
    score_due(made, MONDAY, everybody=True)
    bring_file(made, write_rows(folder / "second.csv", [{**ANN, "Job Title": "Trainee"}]))
    moments = ("2026-05-03 08:00:00", "2026-05-03 17:30:00", "2026-04-01 09:00:00")
    did = [{"Email": "ann@firm.example", "Activity": "Email opened", "Date": moment} for moment in moments]
    bring_file(made, write_rows(folder / "activities.csv", did))
    score_due(made, TUESDAY, everybody=True)
    publish_snapshot(made)
    return made


@pytest.fixture(scope="module")
def reader(home: Home) -> LeadReader:
    return Snapshots(home).current()


def detail(reader: LeadReader, email: str) -> LeadDetail:
    leads = reader.leads_frame(LeadQuery(), EVERYBODY, ["contact_id", "email"])
    found = reader.lead(leads.filter(email=email)["contact_id"][0], EVERYBODY)
    assert found is not None
    return found


def test_the_breakdown_adds_up_to_the_score(reader: LeadReader) -> None:
    ann = detail(reader, "ann@firm.example")
    assert ann.factors
    for parts in (ann.factors, ann.groups):
        log_odds = ann.base + sum(part.effect for part in parts)
        assert ann.row.score == pytest.approx(100 / (1 + 2.718281828459045**-log_odds), abs=0.1)
    assert all(abs(one.effect) >= abs(other.effect) for one, other in pairwise(ann.factors[:-1]))
    assert all((part.points > 0) == (part.effect > 0) for part in ann.factors if part.effect)


def test_history_tells_imports_scores_and_activities_the_newest_first(reader: LeadReader) -> None:
    history = detail(reader, "ann@firm.example").history
    assert [one.at for one in history] == sorted((one.at for one in history), reverse=True)
    told = [(one.what, one.detail) for one in history]
    assert ("Imported: created", "first.csv") in told
    assert ("Imported: updated", "second.csv") in told
    assert [detail for what, detail in told if what == "Opened an e-mail"] == ["2 times", ""]
    assert [what for what, _ in told].count("Scored") == 2


def test_scores_go_from_the_oldest_to_the_one_that_is_shown(reader: LeadReader) -> None:
    ann = detail(reader, "ann@firm.example")
    assert [at for at, _, _ in ann.scores] == [MONDAY, TUESDAY]
    assert ann.scores[-1][1:] == (ann.row.score, ann.row.category)
    assert ann.row.change == pytest.approx(ann.scores[1][1] - ann.scores[0][1], abs=0.05)


def test_fields_are_told_as_people_read_them_with_custom_ones_last(reader: LeadReader) -> None:
    fields = detail(reader, "ann@firm.example").fields
    told = {label: value for _, label, value in fields}
    assert (told["Country"], told["Create Date"], told["Annual Revenue"]) == ("Germany", "2026-01-02", "1,250,000")
    assert fields[-1] == (EVIL, EVIL, EVIL)


def test_who_has_no_name_goes_by_the_address_and_who_opted_out_has_no_play(reader: LeadReader) -> None:
    ann, bob = detail(reader, "ann@firm.example"), detail(reader, "bob@firm.example")
    assert (bob.row.name, bob.opted_out, bob.play) == ("bob@firm.example", True, None)
    assert (bob.row.action, bob.row.trigger) == ("Do not contact", "opted out of marketing, so never shown as Hot")
    assert ann.play is not None
    assert ann.play.category == ann.row.category
    strongest = next((one.short for one in ann.reasons if one.raises), None)
    assert "{factor}" not in ann.play.message
    assert strongest is None or "factor" not in ann.play.message or strongest in ann.play.message


def test_a_line_shows_two_reasons_that_raise_and_one_that_lowers_at_most(reader: LeadReader) -> None:
    for row in reader.view(LeadQuery(), EVERYBODY).rows:
        raising = [one.raises for one in row.reasons]
        assert raising == sorted(raising, reverse=True)
        assert raising.count(True) <= 2
        assert raising.count(False) <= 1


def test_sources_are_those_that_the_crm_itself_tells(home: Home, reader: LeadReader) -> None:
    with read_crm(home) as connection:
        (expected,) = trace(home, connection, "ann@firm.example")
    told = reader.sources(expected.contact_id, EVERYBODY)
    assert told == expected
    title = next(one for one in expected.values if one.field == "job_title")
    assert [source.file for source in title.sources] == ["second.csv"]
