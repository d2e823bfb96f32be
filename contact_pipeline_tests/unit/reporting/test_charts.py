"""Charts are well-formed pictures whose geometry follows the numbers."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.reporting import charts
from contact_pipeline.reporting.aggregates import ScoreBin, Split
from contact_pipeline.reporting.factors import Factor
from contact_pipeline.reporting.palette import CATEGORY_COLOURS, LOWERS, RAISES, WITHHELD

SVG = "{http://www.w3.org/2000/svg}"


def _rects(svg: str, colour: str) -> list[dict[str, str]]:
    return [dict(e.attrib) for e in ET.fromstring(svg).iter(f"{SVG}rect") if e.get("fill") == colour]  # noqa: S314


def _texts(svg: str) -> list[str]:
    return [e.text or "" for e in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


@given(st.text(max_size=40), st.sampled_from([340, 372, 780]))
def test_any_label_gives_well_formed_xml_without_markup_of_its_own(label: str, width: int) -> None:
    drawings = [
        charts.stacked_bars([Split(label, 10, (5, 5, 0), 0.5)], width=width, title=label),
        charts.stacked_bars([Split(label, 10, None, None)], width=width, title=label, links=[label]),
        charts.diverging_bars([Factor(label, 3.0, None)], width=width),
        charts.share_bars([(label, 0.5)], width=width),
    ]
    for svg in drawings:
        names = {element.tag.removeprefix(SVG) for element in ET.fromstring(svg).iter()}  # noqa: S314
        assert names <= {"svg", "rect", "text", "line", "title", "a"}


@pytest.mark.parametrize("width", [340, 780])
def test_nothing_to_draw_is_still_a_picture(width: int) -> None:
    empty = [
        charts.histogram([], width=width),
        charts.stacked_bars([], width=width),
        charts.diverging_bars([], width=width),
        charts.share_bars([], width=width),
        charts.trend([], width=width),
    ]
    assert all(ET.fromstring(svg).get("width") == str(width) for svg in empty)  # noqa: S314


def test_bars_of_the_histogram_are_as_tall_as_they_have_leads_and_rare_scores_can_be_seen() -> None:
    svg = charts.histogram([ScoreBin(0, (0, 0, 1000)), ScoreBin(5, (0, 500, 0)), ScoreBin(10, (1, 0, 0))])
    tall = {name: float(_rects(svg, CATEGORY_COLOURS[name])[-1]["height"]) for name in ("Warm", "Hot")}
    cold = max(float(rect["height"]) for rect in _rects(svg, CATEGORY_COLOURS["Cold"]))
    assert tall["Warm"] == pytest.approx(cold / 2, abs=0.2)
    assert tall["Hot"] >= 1.5


@given(st.integers(min_value=0, max_value=10**9))
def test_ticks_are_few_start_at_zero_and_cover_the_largest_value(most: int) -> None:
    ticks = charts._ticks(most)
    assert ticks[0] == 0
    assert ticks[-1] >= most
    assert 2 <= len(ticks) <= 6


def test_a_withheld_split_is_one_neutral_bar_without_a_share() -> None:
    svg = charts.stacked_bars([Split("Retail", 12, None, None), Split("Media", 20, (10, 5, 5), 0.5)])
    assert len(_rects(svg, WITHHELD)) == 1
    assert "12" in _texts(svg)
    assert "20 · 50% Hot" in _texts(svg)


def test_factors_go_right_where_they_raise_and_left_where_they_lower() -> None:
    svg = charts.diverging_bars([Factor("Source", 8.0, -4.0)])
    (up,), (down,) = _rects(svg, RAISES), _rects(svg, LOWERS)
    assert float(up["width"]) == pytest.approx(2 * float(down["width"]), abs=0.2)
    assert float(down["x"]) + float(down["width"]) == pytest.approx(float(up["x"]), abs=0.2)
    assert {"+8.0", "\u22124.0"} <= set(_texts(svg))


@given(st.lists(st.tuples(*[st.integers(0, 10**6)] * 3), max_size=12), st.sampled_from([340, 372, 780]))
def test_each_run_has_a_bar_in_each_category_and_the_last_one_says_its_change(
    counts: list[tuple[int, int, int]], width: int
) -> None:
    svg = charts.trend([charts.Standing(str(place), one) for place, one in enumerate(counts)], width=width)
    texts = _texts(svg)
    for place, (name, colour) in enumerate(CATEGORY_COLOURS.items()):
        bars = _rects(svg, colour)
        assert len(bars) == len(counts)
        assert name in texts
        tallest = max((one[place] for one in counts), default=0) or 1
        for bar, one in zip(bars, counts, strict=True):
            assert float(bar["height"]) == pytest.approx(one[place] / tallest * 76, abs=0.1)
        if len(counts) > 1:
            assert f"{counts[-1][place]:,} ({charts.signed(counts[-1][place] - counts[-2][place])})" in texts


def test_a_bar_with_an_address_is_a_link_that_says_what_it_stands_for() -> None:
    splits = [Split('A"<b>&', 12, None, None), Split("Media", 20, (10, 5, 5), 0.5)]
    root = ET.fromstring(charts.stacked_bars(splits, links=["/?industry=a%22&x=1", ""]))  # noqa: S314
    (found,) = root.iter(f"{SVG}a")
    assert (found.get("href"), found.get("aria-label")) == ("/?industry=a%22&x=1", 'A"<b>&: 12 leads')
    assert root.get("role") == "group"
    assert ET.fromstring(charts.stacked_bars(splits)).get("role") == "img"  # noqa: S314


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0, "0%"),
        (0.0001, "<0.1%"),
        (0.004, "0.4%"),
        (0.05, "5%"),
        (0.058, "5.8%"),
        (0.0999, "10%"),
        (0.5, "50%"),
        (0.999, ">99%"),
        (1, "100%"),
    ],
)
def test_a_share_is_shown_in_percent_and_never_rounds_to_nothing_or_all(share: float, shown: str) -> None:
    assert charts.percent(share) == shown
