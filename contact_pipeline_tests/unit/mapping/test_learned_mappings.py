"""What a completed import teaches the next table of its kind."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from contact_pipeline.mapping.apply import apply_plan
from contact_pipeline.mapping.headers import plan_table
from contact_pipeline.mapping.learned import learn
from contact_pipeline.mapping.plan import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from contact_pipeline.intake.tables import TextTable

    TableMaker = Callable[..., TextTable]

_HEADERS = ["Email", "First Name", "Wer", "Geheim", "Team", "Rang"]
_LEARNED_AT = datetime.fromisoformat("2026-11-21")
_TOLD = {"Wer": "owner", "Geheim": "exclude", "Team": "custom"}


def test_the_next_file_of_the_kind_is_mapped_as_the_last_one_was(table_of: TableMaker) -> None:
    first = plan_table(table_of(_HEADERS), _TOLD)
    learned = learn(first, "leads@1", _LEARNED_AT)
    again = plan_table(table_of(list(reversed(_HEADERS))), {}, [learned])
    outcomes = {column.header: (column.action, column.field) for column in again.columns}
    assert outcomes == {column.header: (column.action, column.field) for column in first.columns}
    assert next(c for c in again.columns if c.header == "Wer").reason == "as in the import of 21 Nov 2026"
    assert again.warnings == ()


def test_a_setting_beats_what_was_learned(table_of: TableMaker) -> None:
    learned = learn(plan_table(table_of(_HEADERS), _TOLD), "leads@1", _LEARNED_AT)
    assert plan_table(table_of(_HEADERS), {"Wer": "notes"}, [learned]).columns[2].field == "notes"


def test_values_that_contradict_beat_what_was_learned(table_of: TableMaker) -> None:
    learned = learn(plan_table(table_of(_HEADERS), {"Rang": "phone"}), "leads@1", _LEARNED_AT)
    rows = [["a@x.org", "Ann", "me", None, None, rank] for rank in ("first", "second", "third")]
    assert plan_table(table_of(_HEADERS, *rows), {}, [learned]).columns[5].field is None


def test_a_permission_stays_turned_whoever_maps_it(table_of: TableMaker) -> None:
    headers = ["Email", "City", "Subscribed"]
    plain = plan_table(table_of(headers, ["a@x.org", "Rom", "yes"]), {})
    learned = learn(plain, "leads@1", _LEARNED_AT)
    unclear = table_of(headers, ["a@x.org", "Rom", "no"], ["b@x.org", "Rom", "who knows"], ["c@x.org", "Rom", "yes"])
    for plan in (plan_table(unclear, {}, [learned]), plan_table(unclear, {"Subscribed": "opted_out"})):
        assert apply_plan(unclear, plan)["opted_out"].to_list() == ["yes", "who knows", "no"]


def test_columns_that_were_left_alone_stay_open(table_of: TableMaker) -> None:
    learned = learn(plan_table(table_of(["Email", "Title", "Salutation", "Job Title"]), {}), "leads@1", _LEARNED_AT)
    assert "title" not in learned.targets


def test_a_table_nearly_alike_is_mapped_alike_and_its_changes_are_told(table_of: TableMaker) -> None:
    learned = learn(plan_table(table_of(_HEADERS), _TOLD), "leads@1", _LEARNED_AT)
    plan = plan_table(table_of([*_HEADERS[:5], "Neu"]), {}, [learned])
    assert plan.columns[2].field == "owner"
    (warning,) = plan.warnings
    assert "gone: 'Rang'" in warning
    assert "new: 'Neu'" in warning
    assert "21 Nov 2026" in warning


def test_another_kind_of_table_learns_nothing_from_it(table_of: TableMaker) -> None:
    learned = learn(plan_table(table_of(_HEADERS), _TOLD), "leads@1", _LEARNED_AT)
    plan = plan_table(table_of(["Email", "Wer", "City"]), {}, [learned])
    assert plan.columns[1].action is Action.CUSTOM
    assert plan.warnings == ()
