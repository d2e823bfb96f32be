"""Names of people do not stand in addresses; what stands there in their place means the same tomorrow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.dashboard.filters import BUILT_IN
from contact_pipeline.dashboard.link_file import address_key
from contact_pipeline.dashboard.pseudonyms import may_name_people, pseudonym
from contact_pipeline.fields import PERSONAL_FIELDS
from contact_pipeline.home import Home

KEY = bytes(32)


def test_filters_of_personal_fields_and_of_custom_columns_may_name_people() -> None:
    assert {one.name for one in BUILT_IN if may_name_people(one.name)} == {"owner"}
    assert "owner" in PERSONAL_FIELDS
    assert may_name_people("custom.Account manager")


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_values_have_different_pseudonyms_that_hold_nothing_of_them(one: str, other: str) -> None:
    assert (pseudonym(KEY, "owner", one) == pseudonym(KEY, "owner", other)) == (one == other)
    assert set(pseudonym(KEY, "owner", one)) <= set("0123456789abcdef")
    assert len(pseudonym(KEY, "owner", one)) == 16


def test_a_pseudonym_is_of_one_home_and_one_filter() -> None:
    assert pseudonym(KEY, "owner", "Toni") != pseudonym(b"x" * 32, "owner", "Toni")
    assert pseudonym(KEY, "owner", "Toni") != pseudonym(KEY, "custom.Rep", "Toni")


def test_no_value_stays_no_value() -> None:
    assert pseudonym(KEY, "owner", "") == ""


def test_the_key_of_a_home_stays_and_no_other_home_has_it(home: Home) -> None:
    key = address_key(home.links)
    assert len(key) == 32
    assert address_key(home.links) == key
    other = Home(home.root / "other")
    other.set_up()
    assert address_key(other.links) != key
