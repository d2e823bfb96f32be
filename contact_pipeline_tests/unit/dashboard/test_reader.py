"""What the reader answers is what looking at every lead, one by one, would answer: for any question, and any link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipeline.dashboard.access import Access
from contact_pipeline.dashboard.filters import NO_VALUE_LABEL
from contact_pipeline.dashboard.query import LEADS_A_PAGE, LeadQuery, NotAsked
from contact_pipeline.dashboard.reader import LeadReader, Snapshots
from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline_tests.unit.dashboard import wild_crm
from contact_pipeline_tests.unit.dashboard.wild_crm import FILTERS, SORTS, Lead, Oracle, home_of, value_of, wild_leads

EVERYBODY = Access("all", "All")
SCOPE = {"owner": ("Toni", ""), "country": ("DE", "US")}
SCOPED = Access("some", "Some", SCOPE)
LEADS = wild_leads(seed=6, leads=200)
VALUES = {name: sorted({value_of(lead, name) for lead in LEADS} | {"nobody has this"}) for name in FILTERS}


def label_of(value: str) -> str:
    """What a value is shown as."""
    return {"": NO_VALUE_LABEL, "DE": "Germany", "US": "United States", "XK": "Kosovo"}.get(value, value)


class Published(NamedTuple):
    """A published CRM and the oracle over the same leads."""

    reader: LeadReader
    oracle: Oracle


def published(folder: Path, leads: Sequence[Lead]) -> Published:
    home = home_of(folder, leads)
    publish_snapshot(home)
    return Published(Snapshots(home).current(), Oracle(leads))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return published(tmp_path_factory.mktemp("whole"), LEADS)


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The leads of SCOPE, in a CRM of their own."""
    own = [lead for lead in LEADS if all(value_of(lead, name) in values for name, values in SCOPE.items())]
    return published(tmp_path_factory.mktemp("part"), own)


scores = st.none() | st.sampled_from([0, 5, 39.9, 40, 74.9, 75, 75.05, 99.95, 100]) | st.floats(0, 100)
queries = st.builds(
    LeadQuery,
    chosen=st.dictionaries(st.sampled_from(FILTERS), st.none(), max_size=3).flatmap(
        lambda names: st.fixed_dictionaries(
            {
                name: st.lists(st.sampled_from(VALUES[name]), min_size=1, max_size=3, unique=True).map(tuple)
                for name in names
            }
        )
    ),
    score_from=scores,
    score_to=scores,
    search=st.sampled_from(["", "", "ann", "ÄCME", "acme ann", "gr", "<script>", "'", "%", "person1 firm"]),
    sort=st.sampled_from(SORTS),
    descending=st.booleans(),
)


@given(query=queries)
@settings(max_examples=80)
def test_rows_and_their_order_are_those_of_a_look_at_every_lead(whole: Published, query: LeadQuery) -> None:
    expected = whole.oracle.in_order(query)
    view = whole.reader.view(query, EVERYBODY)
    assert (view.found, view.of) == (len(expected), len(LEADS))
    assert view.pages == max(1, -(-len(expected) // LEADS_A_PAGE))
    pages = [whole.reader.view(query.on_page(page), EVERYBODY).rows for page in range(1, view.pages + 1)]
    assert [row.contact_id for rows in pages for row in rows] == expected
    assert whole.reader.leads_frame(query, EVERYBODY, ["contact_id"])["contact_id"].to_list() == expected


@given(query=queries)
@settings(max_examples=25)
def test_counts_of_every_filter_leave_that_filter_aside_and_no_other(whole: Published, query: LeadQuery) -> None:
    for name in FILTERS:
        told = whole.reader.values(name, query, EVERYBODY).values
        expected = {label_of(value): leads for value, leads in whole.oracle.counts(query, name).items()}
        if set(expected) - {NO_VALUE_LABEL}:
            assert {one.label: one.leads for one in told if one.leads} == expected
        assert {one.label for one in told if one.is_chosen} == {label_of(v) for v in query.chosen.get(name, ())}


@given(query=queries)
@settings(max_examples=40)
def test_cards_and_bins_add_up_to_the_leads(whole: Published, query: LeadQuery) -> None:
    view = whole.reader.view(query, EVERYBODY)
    scored = [lead for lead in whole.oracle.found(query, without="category") if lead["lead_score"] is not None]
    for card in view.categories:
        own = [lead for lead in scored if lead["lead_category"] == card.category]
        open_to_us = [lead for lead in own if not lead["opted_out"] and not lead["converted"]]
        chances = [lead["conversion_probability"] for lead in open_to_us if lead["conversion_probability"] is not None]
        assert (card.leads, card.share) == (len(own), pytest.approx(len(own) / len(scored) if scored else 0))
        assert card.mean_score == (pytest.approx(sum(lead["lead_score"] for lead in own) / len(own)) if own else None)
        assert card.expected_wins == (pytest.approx(sum(chances), abs=1e-6) if chances else None)
        assert card.mean_probability == (pytest.approx(sum(chances) / len(chances), abs=1e-6) if chances else None)
    ranged = whole.oracle.found(query, without="score")
    for one in view.bins:
        fits = [lead["lead_category"] for lead in ranged if lead["lead_score"] is not None
                and one.start == min(95, int(lead["lead_score"] // 5) * 5)]  # fmt: skip
        assert one.by_category == tuple(fits.count(category) for category in ("Hot", "Warm", "Cold"))


@given(query=queries)
@settings(max_examples=30)
def test_a_scoped_view_is_the_view_over_the_scoped_leads_alone(
    whole: Published, part: Published, query: LeadQuery
) -> None:
    scoped, alone = whole.reader.view(query, SCOPED), part.reader.view(query, EVERYBODY)
    assert scoped.of == alone.of == len(part.oracle.leads)
    assert scoped.found == alone.found
    assert [row.contact_id for row in scoped.rows] == [row.contact_id for row in alone.rows]
    assert (scoped.categories, scoped.bins, scoped.plays) == (alone.categories, alone.bins, alone.plays)
    for name in FILTERS:
        told = [
            {(one.label, one.leads, one.is_chosen) for one in reader.values(name, query, access).values if one.leads}
            for reader, access in ((whole.reader, SCOPED), (part.reader, EVERYBODY))
        ]
        assert told[0] == told[1]


def test_a_link_sees_the_leads_of_its_scope_and_no_other(whole: Published) -> None:
    for lead in LEADS:
        is_within = all(value_of(lead, name) in values for name, values in SCOPE.items())
        assert (whole.reader.lead(lead["contact_id"], SCOPED) is not None) == is_within
    outside = next(one for one in LEADS if value_of(one, "country") == "XK")
    assert whole.reader.sources(outside["contact_id"], SCOPED) is None
    assert whole.reader.lead("c0", EVERYBODY) is None


def test_an_address_of_somebody_else_tells_a_scoped_link_no_name(whole: Published) -> None:
    others = LeadQuery(chosen={"owner": ("Ünal",)})
    address = whole.reader.view(others, EVERYBODY).query
    told = whole.reader.values("owner", address, SCOPED).values
    assert [one.leads for one in told if one.is_chosen] == [0]
    assert not any("Ünal" in one.label for one in told)
    assert "Ünal" in [one.label for one in whole.reader.values("owner", address, EVERYBODY).values]


def test_an_address_names_nobody_whether_or_not_the_question_did(whole: Published) -> None:
    query = LeadQuery(chosen={"owner": ("Toni",), "custom.Trial": ("Yes", "")})
    view = whole.reader.view(query, EVERYBODY)
    assert "Toni" not in view.query.address()
    again = LeadQuery.of_pairs(view.query.pairs())
    assert (again, view.found) == (view.query, len(whole.oracle.found(query)))
    assert whole.reader.view(again, EVERYBODY).rows == view.rows


def test_a_scope_by_a_filter_that_is_gone_shows_nobody(whole: Published) -> None:
    view = whole.reader.view(LeadQuery(), Access("old", "Old", {"custom.Gone": ("Yes",)}))
    assert (view.found, view.of, view.rows) == (0, 0, [])


@pytest.mark.parametrize(
    "query", [LeadQuery(chosen={"email": ("a@b.example",)}), LeadQuery(sort="email"), LeadQuery(page=99)], ids=str
)
def test_what_there_is_not_cannot_be_asked_for(whole: Published, query: LeadQuery) -> None:
    with pytest.raises(NotAsked, match=r"email|page 99"):
        whole.reader.view(query, EVERYBODY)


def test_a_frame_has_no_column_but_those_of_leads(whole: Published) -> None:
    with pytest.raises(NotAsked, match="no column"):
        whole.reader.leads_frame(LeadQuery(), EVERYBODY, ['rank" FROM leads; --'])


@given(query=queries)
def test_a_question_comes_back_from_its_address(query: LeadQuery) -> None:
    rounded = replace(query, score_from=None, score_to=None) if query.has_score_range else query
    assert LeadQuery.of_pairs(rounded.pairs(), rounded.search) == rounded


def test_custom_fields_with_few_values_are_filters_and_nothing_that_names_somebody_is(whole: Published) -> None:
    names = [one.name for one in whole.reader.view(LeadQuery(), EVERYBODY).filters]
    assert set(wild_crm.CUSTOM_FILTERS) <= set(names)
    assert sorted(names) == sorted(FILTERS)


def test_chosen_values_are_listed_first_and_no_value_last(whole: Published) -> None:
    query = LeadQuery(chosen={"industry": ("retail", "nobody has this")})
    industry = next(one for one in whole.reader.view(query, EVERYBODY).filters if one.name == "industry")
    assert [one.value for one in industry.values if one.is_chosen] == [one.value for one in industry.values[:2]]
    assert (industry.values[-1].value, industry.values[-1].label) == ("", "No value")
    assert "Kosovo" in [one.label for one in whole.reader.values("country", query, EVERYBODY).values]
