"""Tools known by their headers; labels, units and permissions of columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.mapping.apply import apply_plan, custom_types
from contact_pipeline.mapping.headers import plan_table
from contact_pipeline.mapping.labels import Rank, rank_of
from contact_pipeline.mapping.normalise import normalise_header
from contact_pipeline.mapping.plan import Action, plan_of_json
from contact_pipeline.mapping.tools import _tools, recognise_tool, signature_of
from contact_pipeline.mapping.units import unit_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from contact_pipeline.intake.tables import TextTable

    TableMaker = Callable[..., TextTable]

_CONNECTIONS = ["First Name", "Last Name", "URL", "Email Address", "Company", "Position", "Connected On"]
_GOOGLE = [
    *("E-mail 1 - Label", "E-mail 1 - Value", "E-mail 2 - Label", "E-mail 2 - Value"),
    *("Phone 1 - Label", "Phone 1 - Value", "Phone 2 - Label", "Phone 2 - Value"),
]


def test_every_signature_is_in_plain_form_and_names_fields_of_the_catalogue() -> None:
    for tool in _tools():
        headers = [*tool.required, *tool.typical, *tool.fields]
        assert [header for header in headers if normalise_header(header) != header] == []
        assert set(tool.fields.values()) - {""} <= set(FIELD_BY_NAME)


def test_the_tool_decides_what_an_ambiguous_header_means_and_is_named_in_the_reason(table_of: TableMaker) -> None:
    plan = plan_table(table_of(_CONNECTIONS), {})
    assert plan.tool == "LinkedIn Connections"
    assert plan.columns[2].field == "linkedin_url"
    assert plan.columns[2].reason.startswith("LinkedIn Connections: ")


def test_values_veto_what_a_tool_means(table_of: TableMaker) -> None:
    rows = [["Ann", "Lee", f"person{n}@x.org", f"a{n}@x.org", "Acme", "CEO", "1 Jan 2024"] for n in range(5)]
    assert plan_table(table_of(_CONNECTIONS, *rows), {}).columns[2].field is None


def test_a_changed_export_of_fixed_shape_is_told(table_of: TableMaker) -> None:
    assert plan_table(table_of(_CONNECTIONS), {}).warnings == ()
    (warning,) = plan_table(table_of([*_CONNECTIONS[:2], *_CONNECTIONS[3:], "Pronouns"]), {}).warnings
    assert "gone: 'url'" in warning
    assert "new: 'Pronouns'" in warning


@given(st.lists(st.text("abc", max_size=3), max_size=6), st.randoms(use_true_random=False))
def test_the_signature_of_an_unknown_tool_does_not_depend_on_the_order_of_columns(
    headers: list[str], random: object
) -> None:
    shuffled = sorted(headers, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert signature_of(headers, None) == signature_of(shuffled, None)
    assert signature_of([*headers, "another"], None) != signature_of(headers, None)


def test_a_few_common_headers_are_no_signature() -> None:
    assert recognise_tool(["email", "first name", "last name", "company", "title", "status"]) is None


def test_the_label_of_each_row_tells_which_phone_and_email_it_is(table_of: TableMaker) -> None:
    table = table_of(
        _GOOGLE,
        ["Home", "h@x.org", "* Work", "w@x.org", "Mobile", "+49151", "Work", "+4930"],
        [None, "a@x.org", None, None, "Work", "+4940 ::: +4941", "Home Fax", "+4999"],
        [None, None, "Other", "o@x.org", "Privat", "+4950", None, None],
    )
    frame = apply_plan(table, plan_table(table, {}))
    assert frame["email"].to_list() == ["w@x.org", "a@x.org", "o@x.org"]
    assert frame["secondary_email"].to_list() == ["h@x.org", None, None]
    assert frame["phone"].to_list() == ["+4930", "+4940 ::: +4941", "+4950"]
    assert frame["mobile_phone"].to_list() == ["+49151", None, None]
    assert json.loads(frame["custom_fields"][1])["Phone 2 - Value"] == "+4999"


@given(
    st.lists(
        st.tuples(
            *[st.sampled_from([None, "Work", "Mobile", "Fax", "* Home", "?"]), st.sampled_from([None, "1", "2"])] * 2
        ),
        max_size=5,
    )
)
def test_sorting_by_labels_loses_no_phone(table_of: TableMaker, rows: list[tuple[str | None, ...]]) -> None:
    table = table_of(_GOOGLE[4:], *rows)
    frame = apply_plan(table, plan_table(table, {}))
    for row, out in zip(rows, frame.iter_rows(named=True), strict=True):
        custom = json.loads(out["custom_fields"] or "{}")
        kept = {out["phone"], out["mobile_phone"], custom.get("Phone 1 - Value"), custom.get("Phone 2 - Value")}
        assert {row[1], row[3]} - {None} <= kept


def test_a_type_column_beside_one_value_column_labels_it(table_of: TableMaker) -> None:
    table = table_of(["Email", "Phone", "Phone Type"], ["a@x.org", "123456", "mobile"], ["b@x.org", "654321", "work"])
    frame = apply_plan(table, plan_table(table, {}))
    assert frame["mobile_phone"].to_list() == ["123456", None]
    assert frame["phone"].to_list() == [None, "654321"]


@pytest.mark.parametrize(
    ("label", "rank"),
    [
        ("Handy", Rank.MOBILE),
        ("Work Fax", Rank.NOT_A_PHONE),
        ("* ", Rank.PRIMARY),
        ("Büro", Rank.WORK),
        (None, Rank.UNNAMED),
    ],
)
def test_labels_are_understood_in_several_languages(label: str | None, rank: Rank) -> None:
    assert rank_of(label) is rank


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Revenue (in 000s USD)", "k"),
        ("Umsatz in Mio. EUR", "m"),
        ("Chiffre d'affaires (k€)", "k"),
        ("Revenue ($M)", ""),
        ("Umsatz (Mrd. €)", "bn"),
        ("Growth (%)", "%"),
        ("Annual Revenue", ""),
        ("Est. 1000 employees", ""),
    ],
)
def test_units_are_read_from_headers(header: str, unit: str) -> None:
    assert unit_of(header) == unit


def test_the_unit_of_a_header_goes_to_every_bare_number(table_of: TableMaker) -> None:
    table = table_of(["Email", "Revenue (in 000s USD)"], ["a@x.org", "1,500"], ["b@x.org", "5M"], ["c@x.org", None])
    assert apply_plan(table, plan_table(table, {}))["annual_revenue"].to_list() == ["1,500k", "5M", None]


def test_a_share_is_no_count(table_of: TableMaker) -> None:
    assert plan_table(table_of(["Email", "Clicks (%)"]), {}).columns[1].field is None


def test_a_permission_is_turned_into_an_opt_out_where_its_values_speak_plainly(table_of: TableMaker) -> None:
    table = table_of(["Email", "Accepts Email Marketing"], ["a@x.org", "yes"], ["b@x.org", "NO"], ["c@x.org", None])
    plan = plan_table(table, {})
    assert (plan.columns[1].field, plan.columns[1].inverted) == ("opted_out", True)
    assert apply_plan(table, plan)["opted_out"].to_list() == ["no", "yes", None]


@pytest.mark.parametrize("values", [[], ["maybe", "yes"], ["no", "no"], ["2024-01-02"]])
def test_a_permission_that_does_not_speak_plainly_is_asked_about(table_of: TableMaker, values: list[str]) -> None:
    rows = [[f"a{number}@x.org", value] for number, value in enumerate(values)]
    column = plan_table(table_of(["Email", "Marketing consent"], *rows), {}).columns[1]
    assert (column.action, column.field) == (Action.ASK, None)


def test_a_second_email_without_a_first_is_the_email_only_by_its_values(table_of: TableMaker) -> None:
    assert plan_table(table_of(["E-mail 2 Address", "City"]), {}).columns[0].field == "secondary_email"
    assert plan_table(table_of(["E-mail 2 Address", "City"], ["a@x.org", "Rom"]), {}).columns[0].field == "email"


@pytest.mark.parametrize("header", ["Name (Last, First)", "Last Name, First Name", "Nachname, Vorname", "Nom, Prénom"])
def test_last_and_first_name_in_one_header_are_the_full_name(table_of: TableMaker, header: str) -> None:
    assert plan_table(table_of([header, "Email"]), {}).columns[0].field == "full_name"


def test_custom_fields_have_the_type_of_their_values(table_of: TableMaker) -> None:
    headers = ["Email", "Seats", "Renewal", "Trial?", "Badge", "Mood"]
    rows = [
        ["a@x.org", "12", "2024-01-02", "yes", "007", "good"],
        ["b@x.org", "1,200", "2024-02-03", "no", "008", "12"],
    ]
    plan = plan_table(table_of(headers, *rows), {})
    types = {"Seats": "number", "Renewal": "date", "Trial?": "boolean", "Badge": "text", "Mood": "text"}
    assert custom_types([plan]) == types


def test_a_stored_plan_comes_back_as_it_was(table_of: TableMaker) -> None:
    plan = plan_table(table_of([*_GOOGLE, "Password", "Revenue (in 000s USD)"]), {})
    assert plan_of_json(json.loads(json.dumps(plan.as_json()))) == plan
