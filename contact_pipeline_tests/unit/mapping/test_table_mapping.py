"""The mapping of whole tables: headers, neighbours and values together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contact_pipeline.errors import SettingsError
from contact_pipeline.mapping.headers import has_email, plan_table
from contact_pipeline.mapping.plan import Action, TablePlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from contact_pipeline.intake.tables import TextTable

    TableMaker = Callable[..., TextTable]


def _fields(plan: TablePlan) -> list[str | None]:
    return [column.field for column in plan.columns]


def _addresses(count: int) -> list[str]:
    return [f"person{number}@example.org" for number in range(count)]


def test_a_title_of_salutations_is_the_salutation(table_of: TableMaker) -> None:
    plan = plan_table(table_of(["title", "firstname", "email"], ["Mrs.", "Ann", "a@example.org"]), {})
    assert _fields(plan) == ["salutation", "first_name", "email"]


def test_a_title_of_jobs_is_the_job_title(table_of: TableMaker) -> None:
    rows = [["Head of Sales", "Ann", "a@example.org"], ["Clerk", "Bo", "b@example.org"]]
    plan = plan_table(table_of(["Title", "First Name", "Email"], *rows), {})
    assert _fields(plan) == ["job_title", "first_name", "email"]


def test_without_values_a_title_beside_a_job_title_and_before_the_first_name_is_the_salutation(
    table_of: TableMaker,
) -> None:
    plan = plan_table(table_of(["Title", "First Name", "Job Title", "Email"]), {})
    assert _fields(plan) == ["salutation", "first_name", "job_title", "email"]


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        (["Nom", "Prénom", "E-mail"], ["last_name", "first_name", "email"]),
        (["Nombre", "Apellidos", "Correo"], ["first_name", "last_name", "email"]),
        (["Name", "Email"], ["full_name", "email"]),
        (["Vorname", "Name", "E-Mail"], ["first_name", "last_name", "email"]),
    ],
)
def test_a_name_is_the_part_that_its_neighbours_leave(
    table_of: TableMaker, headers: list[str], fields: list[str]
) -> None:
    assert _fields(plan_table(table_of(headers), {})) == fields


def test_a_name_column_of_companies_is_the_company(table_of: TableMaker) -> None:
    rows = [["Acme GmbH", "a@example.org"], ["Blue Ltd", "b@example.org"], ["Corner Shop", "c@example.org"]]
    assert _fields(plan_table(table_of(["Name", "Email"], *rows), {})) == ["company", "email"]


def test_a_deal_name_beside_the_parts_of_a_name_is_not_the_full_name(table_of: TableMaker) -> None:
    rows = [["Website project", "Ann", "Ray", "a@example.org"], ["Shop", "Bo", "Lund", "b@example.org"]]
    plan = plan_table(table_of(["Lead name", "First name", "Last name", "Email"], *rows), {})
    assert plan.column_of("full_name") is None
    assert "last names" in plan.columns[0].reason


def test_an_email_column_without_any_at_sign_is_refused_by_its_values(table_of: TableMaker) -> None:
    rows = [[f"campaign {number}", address] for number, address in enumerate(_addresses(6))]
    plan = plan_table(table_of(["Email", "Column 7"], *rows), {})
    assert _fields(plan) == [None, "email"]
    assert plan.columns[0].action is Action.ASK
    assert "@" in plan.columns[0].reason


def test_a_few_broken_addresses_do_not_take_the_email_column_away(table_of: TableMaker) -> None:
    assert has_email(plan_table(table_of(["Email"], ["nobody"], ["a@example.org"], ["n/a"]), {}))


def test_an_activity_column_of_words_is_no_date(table_of: TableMaker) -> None:
    rows = [["Called", "a@example.org"], ["Emailed", "b@example.org"]]
    assert _fields(plan_table(table_of(["Last Activity", "Email"], *rows), {})) == [None, "email"]


def test_a_phone_column_of_letters_is_asked_about(table_of: TableMaker) -> None:
    rows = [["yes", "a@example.org"], ["no", "b@example.org"], ["maybe", "c@example.org"]]
    plan = plan_table(table_of(["Phone", "Email"], *rows), {})
    assert plan.columns[0].action is Action.ASK


def test_a_blank_header_over_addresses_becomes_the_email(table_of: TableMaker) -> None:
    rows = [[name, address] for name, address in zip("abcd", _addresses(4), strict=True)]
    assert _fields(plan_table(table_of(["First Name", ""], *rows), {})) == ["first_name", "email"]


@pytest.mark.parametrize("header", ["Account Manager Email", "Referrer", "Created by"])
def test_addresses_of_somebody_else_never_become_the_email(table_of: TableMaker, header: str) -> None:
    plan = plan_table(table_of(["First Name", header], *[["x", address] for address in _addresses(5)]), {})
    assert not has_email(plan)
    assert plan.columns[1].action is Action.ASK


def test_a_second_email_column_becomes_the_secondary_email(table_of: TableMaker) -> None:
    plan = plan_table(table_of(["Work Email", "Email"], ["w@example.org", "p@example.org"]), {})
    assert _fields(plan) == ["secondary_email", "email"]


def test_two_email_columns_that_never_contradict_each_other_share_the_email(table_of: TableMaker) -> None:
    rows = [["a@example.org", None], [None, "b@example.org"], ["c@example.org", "c@example.org"]]
    assert _fields(plan_table(table_of(["Email", "E-mail Address"], *rows), {})) == ["email", "email"]


def test_a_home_phone_stands_in_only_where_no_other_phone_is(table_of: TableMaker) -> None:
    assert _fields(plan_table(table_of(["Email", "Home Phone"]), {})) == ["email", "phone"]
    plan = plan_table(table_of(["Email", "Home Phone", "Business Phone", "Mobile"]), {})
    assert _fields(plan) == ["email", None, "phone", "mobile_phone"]


def test_two_companies_that_contradict_each_other_are_asked_about(table_of: TableMaker) -> None:
    plan = plan_table(table_of(["Email", "Company", "Organisation"], ["a@example.org", "One", "Two"]), {})
    assert _fields(plan) == ["email", "company", None]
    assert plan.columns[2].action is Action.ASK
    assert "Company" in plan.columns[2].reason


def test_parts_of_two_addresses_are_never_mixed(table_of: TableMaker) -> None:
    plan = plan_table(table_of(["Email", "Business City", "Home City", "Home Street"]), {})
    assert _fields(plan) == ["email", "city", None, None]


def test_street_lines_go_together(table_of: TableMaker) -> None:
    plan = plan_table(table_of(["Email", "Street 1", "Street 2"], ["a@example.org", "1 High St", "Flat 2"]), {})
    assert _fields(plan) == ["email", "street_address", "street_address"]


def test_a_status_that_tells_who_unsubscribed_is_the_opt_out(table_of: TableMaker) -> None:
    rows = [["a@example.org", "active"], ["b@example.org", "unsubscribed"]]
    assert _fields(plan_table(table_of(["Email", "Status"], *rows), {})) == ["email", "opted_out"]
    rows = [["a@example.org", "new"], ["b@example.org", "unsubscribed"]]
    assert _fields(plan_table(table_of(["Email", "Status"], *rows), {})) == ["email", "lead_status"]


def test_a_date_of_change_dates_the_record_and_stays_a_custom_field(table_of: TableMaker) -> None:
    column = plan_table(table_of(["Email", "Last Modified Date"], ["a@example.org", "2024-01-02"]), {}).columns[1]
    assert (column.action, column.dates_the_record) == (Action.CUSTOM, True)


def test_sensitive_columns_are_excluded_with_the_reason(table_of: TableMaker) -> None:
    column = plan_table(table_of(["Email", "Password"], ["a@example.org", "pässword"]), {}).columns[1]
    assert column.action is Action.EXCLUDE
    assert "password" in column.reason


def test_settings_beat_the_header_and_free_its_field(table_of: TableMaker) -> None:
    overrides = {"WORK e-mail": "email", "Notes": "exclude", "Company": "custom"}
    plan = plan_table(
        table_of(["Email", "Work Email", "Notes", "Company"], ["a@example.org", "b@example.org", "", ""]), overrides
    )
    assert [(c.action, c.field) for c in plan.columns] == [
        (Action.MAP, "secondary_email"),
        (Action.MAP, "email"),
        (Action.EXCLUDE, None),
        (Action.CUSTOM, None),
    ]


def test_a_setting_that_names_no_field_is_an_error_that_says_so(table_of: TableMaker) -> None:
    with pytest.raises(SettingsError, match="mail_address"):
        plan_table(table_of(["Email"]), {"Email": "mail_address"})


def test_every_column_has_a_plan_in_its_place_with_a_reason(table_of: TableMaker) -> None:
    headers = ["Email", "email", "", "Favourite colour", "Password", "Title", "Account", "Phone", "Phone 2"]
    plan = plan_table(table_of(headers, ["a@example.org", "b@example.org", *["x"] * 7]), {})
    assert [(column.index, column.header) for column in plan.columns] == list(enumerate(headers))
    assert all(column.reason and 0 <= column.confidence <= 1 for column in plan.columns)
    assert all((column.field is not None) == (column.action is Action.MAP) for column in plan.columns)
