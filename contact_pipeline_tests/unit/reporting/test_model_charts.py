"""Pictures of a model follow its card, and show what chance alone would show."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.reporting import model_charts, svg
from contact_pipeline.reporting.chance import calibration_bands, gain_bands, lift_band, lift_by_tenth, outside
from contact_pipeline.reporting.model_section import pictures
from contact_pipeline.scoring.card import CalibrationBin, GainPoint, ModelCard

SVG = "{http://www.w3.org/2000/svg}"
_DRAWS = 4000
_ABOUT_19_OF_20 = pytest.approx(0.95, abs=0.03)


def _card(**parts: object) -> ModelCard:
    plain = {"version": "v", "method": "model", "reason": "", "leads": 1000, "conversions": 100, "chosen": "blend"}
    return ModelCard.model_validate(plain | parts)


def _bins(*bins: tuple[float, float, int]) -> tuple[CalibrationBin, ...]:
    return tuple(CalibrationBin(predicted=p, observed=o, leads=n) for p, o, n in bins)


def _gains(found: list[float]) -> tuple[GainPoint, ...]:
    return tuple(GainPoint(leads_share=n / (len(found) - 1), conversions_share=one) for n, one in enumerate(found))


def _texts(drawn: str) -> list[str]:
    return [e.text or "" for e in ET.fromstring(drawn).iter(f"{SVG}text")]  # noqa: S314


@pytest.mark.parametrize(("rate", "leads"), [(0.03, 400), (0.2, 100), (0.6, 1000)])
def test_an_honest_model_falls_into_the_band_19_times_of_20(rate: float, leads: int) -> None:
    card = _card(leads=leads, calibration=_bins((rate, rate, leads)))
    (band,) = calibration_bands(card)
    observed = np.random.default_rng(7).binomial(leads, rate, _DRAWS) / leads
    assert np.mean((band.low <= observed) & (observed <= band.high)) == _ABOUT_19_OF_20


def test_leads_looked_at_often_count_once() -> None:
    once = calibration_bands(_card(leads=200, calibration=_bins((0.1, 0.1, 100), (0.3, 0.3, 100))))
    often = calibration_bands(_card(leads=200, calibration=_bins((0.1, 0.1, 900), (0.3, 0.3, 900))))
    assert often == once


def test_bins_that_chance_does_not_explain_are_told_apart() -> None:
    card = _card(leads=2000, calibration=_bins((0.1, 0.11, 1000), (0.3, 0.5, 1000)))
    assert [one.predicted for one in outside(card)] == [0.3]


def test_a_tenth_drawn_at_random_falls_into_the_band_19_times_of_20() -> None:
    card = _card(leads=2000, conversions=300)
    drawn = np.random.default_rng(7).hypergeometric(300, 1700, 200, _DRAWS) / 300
    lift, gain = lift_band(card), gain_bands(_card(leads=2000, conversions=300, gains=_gains([0, *[0.5] * 9, 1])))[1]
    assert np.mean((lift.low <= drawn * 10) & (drawn * 10 <= lift.high)) == _ABOUT_19_OF_20
    assert np.mean((gain.low <= drawn) & (drawn <= gain.high)) == _ABOUT_19_OF_20


@given(st.lists(st.integers(0, 50), min_size=20, max_size=20).filter(any))
def test_lift_by_tenth_is_conversion_of_the_tenth_over_that_of_all(conversions: list[int]) -> None:
    found = [sum(conversions[:end]) / sum(conversions) for end in range(21)]
    lifts = lift_by_tenth(_card(gains=_gains(found)))
    each = [sum(conversions[2 * tenth : 2 * tenth + 2]) / (sum(conversions) / 10) for tenth in range(10)]
    assert lifts == pytest.approx(each)
    assert sum(lifts) == pytest.approx(10)


def test_gains_that_do_not_tell_tenths_tell_no_lift() -> None:
    card = _card(gains=_gains([0, 0.6, 1]))
    assert lift_by_tenth(card) == []
    assert [title for title, *_ in pictures(card, width=372)] == ["Conversions found"]


def test_the_gains_curve_starts_at_the_origin_and_ends_at_the_corner() -> None:
    drawn = model_charts.gains_curve(_card(gains=_gains([0, 0.6, 0.9, 1])))
    line = next(ET.fromstring(drawn).iter(f"{SVG}polyline")).attrib["points"].split()  # noqa: S314
    places = [tuple(map(float, place.split(","))) for place in line]
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True)


def test_the_calibration_plot_widens_its_axes_to_the_data_and_shades_what_chance_allows() -> None:
    low = model_charts.calibration_plot(_card(calibration=_bins((0.02, 0.03, 10))))
    high = model_charts.calibration_plot(_card(calibration=_bins((0.7, 0.9, 10))))
    assert "10%" in _texts(low)
    assert "100%" in _texts(high)
    assert "100%" not in _texts(low)
    assert len([*ET.fromstring(high).iter(f"{SVG}polygon")]) == 1  # noqa: S314


@pytest.mark.parametrize("width", [244, 372])
def test_nothing_to_draw_is_still_a_picture(width: int) -> None:
    for draw in (model_charts.gains_curve, model_charts.calibration_plot, model_charts.lift_bars):
        assert ET.fromstring(draw(_card(conversions=0), width=width)).get("width") == str(width)  # noqa: S314


def test_no_picture_needs_a_style_attribute(card: ModelCard) -> None:
    for _, drawn, _ in pictures(card, width=372):
        assert not [e for e in ET.fromstring(drawn).iter() if "style" in e.attrib]  # noqa: S314


def test_a_data_uri_holds_the_picture() -> None:
    drawn = svg.picture(10, 10, "Größe", [])
    head, _, body = svg.data_uri(drawn).partition(",")
    assert head == "data:image/svg+xml;base64"
    assert base64.b64decode(body).decode() == drawn
