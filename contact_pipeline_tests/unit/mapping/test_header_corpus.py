"""How many real headers are mapped right by `inspect`: of tools that are known, and with their family forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.header_mapping import GIVEN, UNSEEN, UNSEEN_SECOND, Figures, measure, measure_held_out, read_lists

# The tool's own Italian labels call the name of a person "Azienda": no rule can know that.
_MISLABELLED = {("EspoCRM export labels (it_IT)", "Azienda")}

_given = [pytest.mark.corpus, pytest.mark.skipif(not GIVEN.exists(), reason="../shared/data is not here")]


def _assert_reaches(figures: Figures, *, recall: float, precision: float) -> None:
    assert figures.right / figures.mappable >= recall
    assert 1 - len(figures.wrong) / figures.mapped >= precision
    assert {(miss.tool, miss.header.text) for miss in figures.wrong_identity} <= _MISLABELLED


@pytest.mark.parametrize("path", [pytest.param(GIVEN, marks=_given), UNSEEN, UNSEEN_SECOND], ids=lambda path: path.stem)
def test_headers_of_known_tools_are_mapped(path: Path) -> None:
    _assert_reaches(measure(read_lists(path)), recall=0.98, precision=0.99)


@pytest.mark.parametrize("path", [pytest.param(GIVEN, marks=_given), UNSEEN, UNSEEN_SECOND], ids=lambda path: path.stem)
def test_headers_of_tools_whose_family_is_unknown_are_mapped(path: Path) -> None:
    _assert_reaches(measure_held_out(read_lists(path)), recall=0.90, precision=0.99)
