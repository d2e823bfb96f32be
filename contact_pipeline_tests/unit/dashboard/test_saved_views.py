"""Named views: kept for the link they were made with, never with a search, bounded in number and length."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipeline.dashboard.links import Links
from contact_pipeline.dashboard.query import LeadQuery, NotAsked
from contact_pipeline.dashboard.saved_views import MOST_VIEWS, NAME_LENGTH, SavedViews
from contact_pipeline.home import Home
from contact_pipeline_tests.unit.dashboard.opened import opened_client


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[SavedViews, str]:
    """The views of a home, and the id of a link in it."""
    home = Home(tmp_path_factory.mktemp("views") / "home")
    home.set_up()
    return SavedViews(home), Links(home).make("reps", 14, {})[0].link_id


QUERIES = st.builds(
    LeadQuery,
    chosen=st.dictionaries(st.sampled_from(["country", "owner", "custom.Plan"]), st.lists(st.text(), min_size=1, unique=True).map(tuple)),
    score_from=st.none() | st.integers(0, 100).map(float),
    search=st.text(max_size=20),
    page=st.integers(1, 9),
)  # fmt: skip


@settings(max_examples=40)
@given(QUERIES)
def test_a_view_asks_what_was_asked_without_search_and_page(kept: tuple[SavedViews, str], query: LeadQuery) -> None:
    views, link_id = kept
    views.save(link_id, "mine", query)
    (view,) = views.of(link_id)
    expected = LeadQuery.of_pairs(query.on_page(1).pairs())
    assert (view.name, view.query) == ("mine", expected)


def test_a_view_is_of_its_link_alone(home: Home) -> None:
    views, links = SavedViews(home), Links(home)
    first, second = (links.make(name, 1, {})[0].link_id for name in ("one", "two"))
    views.save(first, "Mine", LeadQuery())
    views.delete(second, "Mine")
    assert ([view.name for view in views.of(first)], views.of(second)) == (["Mine"], [])


def test_a_name_is_used_once_and_views_stand_by_name(home: Home) -> None:
    views, link_id = SavedViews(home), Links(home).make("reps", 1, {})[0].link_id
    for name, page in [("b", 1), ("A", 1), ("  b ", 2)]:
        views.save(link_id, name, LeadQuery(chosen={"country": (f"{page}",)}))
    assert [(view.name, view.query.chosen["country"]) for view in views.of(link_id)] == [("A", ("1",)), ("b", ("2",))]


@pytest.mark.parametrize("name", ["", "   ", "x" * (NAME_LENGTH + 1), "a\u202eb", "a\x00b"])
def test_a_name_that_cannot_be_shown_is_refused(home: Home, name: str) -> None:
    link_id = Links(home).make("reps", 1, {})[0].link_id
    with pytest.raises(NotAsked, match="printable"):
        SavedViews(home).save(link_id, name, LeadQuery())


def test_a_link_keeps_so_many_views_and_none_that_is_endless(home: Home) -> None:
    views, link_id = SavedViews(home), Links(home).make("reps", 1, {})[0].link_id
    for number in range(MOST_VIEWS):
        views.save(link_id, f"view {number}", LeadQuery())
    with pytest.raises(NotAsked, match="Delete one"):
        views.save(link_id, "one more", LeadQuery())
    views.save(link_id, "view 1", LeadQuery())
    with pytest.raises(NotAsked, match="too many filters"):
        views.save(link_id, "view 1", LeadQuery(chosen={"country": tuple("x" * 100 + str(n) for n in range(100))}))


def test_views_go_with_a_link_that_is_revoked(home: Home) -> None:
    views, links = SavedViews(home), Links(home)
    link_id = links.make("reps", 1, {})[0].link_id
    views.save(link_id, "Mine", LeadQuery())
    links.revoke([link_id])
    assert views.of(link_id) == []


def test_a_view_is_saved_opened_and_deleted_over_its_routes(home: Home) -> None:
    client = opened_client(home)
    saved = client.post("/views?country=DE&page=3", data={"name": "Germans <b>"})
    assert (saved.status_code, saved.headers["location"]) == (303, "/?country=DE")
    (link,) = Links(home).all()
    assert [view.name for view in SavedViews(home).of(link.link_id)] == ["Germans <b>"]
    assert client.post("/views", data={"name": ""}).status_code == 400
    assert client.post("/views/delete", data={"name": "Germans <b>"}).headers["location"] == "/"
    assert SavedViews(home).of(link.link_id) == []
