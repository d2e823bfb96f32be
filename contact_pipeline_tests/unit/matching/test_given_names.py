"""Given names that can be one person's."""

from __future__ import annotations

from contact_pipeline.matching import given_names
from contact_pipeline.matching.given_names import may_be_same


def test_asking_about_a_misspelt_name_does_not_make_it_a_known_one() -> None:
    """Two known names differ on purpose; a slip of the pen must not become known by being looked up first."""
    given_names._nicknames.cache_clear()
    given_names._known.cache_clear()
    assert not may_be_same(("ann",), ("robetr",))
    assert may_be_same(("robert",), ("robetr",))
