"""A small sample of the campaign of damaged files; `make campaign` runs all of it."""

from __future__ import annotations

import pytest

from benchmarks.mutations import Seed, mutation, outcome, outcome_of, seeds


@pytest.mark.parametrize("number", range(40))
def test_a_damaged_file_is_refused_or_every_record_of_it_accounted_for(number: int) -> None:
    assert outcome(number).split(" ")[0] in {"imported", "refused:"}


@pytest.mark.parametrize("seed", seeds(), ids=lambda seed: seed.name)
def test_each_file_is_sound_before_it_is_damaged(seed: Seed) -> None:
    assert outcome_of(seed, fold=False) == "imported"


def test_a_mutation_is_the_same_whenever_it_is_made() -> None:
    assert [mutation(number) for number in range(40)] == [mutation(number) for number in range(40)]
