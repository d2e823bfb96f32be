"""What is one click away from a view: headers, chips, bars, pages."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.dashboard import listing
from contact_pipeline.dashboard.answers import FilterCounts, FilterValue, LeadView, RunFacts
from contact_pipeline.dashboard.query import CALL_ORDER, LeadQuery
from contact_pipeline.reporting.aggregates import BIN_POINTS, CATEGORIES, ScoreBin

_COLUMNS = listing.columns(by_model=True)
_COUNTS = st.tuples(*(st.integers(0, 1_000_000) for _ in CATEGORIES))
_BINS = st.lists(_COUNTS, min_size=20, max_size=20).map(
    lambda counts: [ScoreBin(place * BIN_POINTS, cells) for place, cells in enumerate(counts)]
)


def _view(query: LeadQuery) -> LeadView:
    industry = FilterCounts("industry", "Industry", [FilterValue("retail", "Retail", 3, is_chosen=True)], 0)
    day = datetime.fromisoformat("2026-11-20")
    run = RunFacts("run", day, day, "model", "v1", 0.8, 10)
    return LeadView(run, query, 3, 10, (), {}, (), [industry], (), 1)


def test_clicks_on_a_header_go_through_both_directions_back_to_the_call_order() -> None:
    for column in _COLUMNS:
        query, said = LeadQuery(), []
        for _ in range(3):
            (heading,) = listing.headings(query, [column])
            if heading.query is None:
                assert column.sort is None
                break
            query = heading.query
            said.append(listing.headings(query, [column])[0].sorted)
        else:
            assert query.sort == CALL_ORDER
            assert {*said[:2]} == {"ascending", "descending"}
            assert said[2] == ""


def test_a_chip_says_the_filter_in_words_and_removes_it_alone() -> None:
    query = LeadQuery({"industry": ("retail", "gone"), "owner": ("",)}, 75, None, search="ann", page=3)
    chips = list(listing.chips(_view(query)))
    assert [(chip.label, chip.value) for chip in chips] == [
        ("Industry", "Retail"),
        ("Industry", "gone"),
        ("owner", "no value"),
        ("Score", "75 to 100"),
    ]
    assert chips[0].without == LeadQuery({"industry": ("gone",), "owner": ("",)}, 75, None, search="ann")
    assert chips[3].without == LeadQuery(query.chosen, search="ann")


@given(_BINS)
def test_bars_are_within_their_frame_stand_on_its_floor_and_none_of_a_few_leads_is_lost(bins: list[ScoreBin]) -> None:
    for bar, one in zip(listing.bars(LeadQuery(), bins), bins, strict=True):
        assert bar.leads == sum(one.by_category)
        assert len(bar.parts) == sum(leads > 0 for leads in one.by_category)
        floor = 100.0
        for _, top, height in bar.parts:
            assert height > 0
            assert abs(top + height - floor) < 0.2
            floor = top


def test_the_bars_are_filters_that_share_no_score_and_leave_none_out() -> None:
    bins = [ScoreBin(start, (0, 0, 1)) for start in range(0, 100, BIN_POINTS)]
    ranges = [(bar.query.score_from, bar.query.score_to) for bar in listing.bars(LeadQuery(), bins)]
    for tenths in range(1001):
        assert sum(low <= tenths / 10 <= high for low, high in ranges if low is not None and high is not None) == 1
    chosen = LeadQuery().with_score(*ranges[3])
    bars = listing.bars(chosen, bins)
    assert [bar.first for bar in bars if bar.is_chosen] == [15]
    assert bars[3].query == LeadQuery()
