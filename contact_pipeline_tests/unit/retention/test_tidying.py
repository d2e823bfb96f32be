"""What was kept long enough goes, and nothing that the CRM says of contacts goes with it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipeline import stages, turning_back
from contact_pipeline.crm.history import IMPORTED, past_imports, statuses
from contact_pipeline.crm.provenance import trace
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.dashboard.links import Links
from contact_pipeline.erasure.erasing import erase
from contact_pipeline.errors import NotKept
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt, read_receipt, receive
from contact_pipeline.reruns import still_kept
from contact_pipeline.retention.files import STAGES
from contact_pipeline.retention.tidying import tidy
from contact_pipeline.settings import RetentionSettings, Settings
from contact_pipeline.validation.mended import parent_plans
from contact_pipeline_tests.effort import examples
from contact_pipeline_tests.unit.whole_way import bring_file

DAYS = RetentionSettings(
    inbox_days=1, refused_days=1, done_days=1, stage_days=1, report_days=1, score_days=1, link_days=1
)
WITHOUT_FILES = RetentionSettings(stage_days=1, report_days=1)
LATER = timedelta(days=3)
FILES = {
    "a.csv": "Email,First Name,Phone\nann@acme.example,Ann,+44 20 7946 0001\nbob@acme.example,Bob,\nnobody,Cy,\n",
    "b.csv": "Email,First Name,Company\nann@acme.example,Anna,Acme Ltd\ndan@beta.example,Dan,Beta\n",
    "c.csv": "Email,Company,Shoe size\nbob@acme.example,Gamma,44\nann@acme.example,<clear>,37\n",
}


def _home(folder: Path, kept: RetentionSettings = DAYS) -> Home:
    home = Home(folder, Settings(retention=kept))
    home.set_up()
    return home


def _bring(home: Home, name: str) -> Receipt:
    path = home.root.parent / name
    path.write_text(FILES[name], encoding="utf-8")
    receipt, _ = bring_file(home, path)
    return receipt


def _tidy(home: Home, *, dry_run: bool = False) -> dict[str, int]:
    return {one.what: one.count for one in tidy(home, datetime.now(UTC) + LATER, dry_run=dry_run)}


def _contacts(home: Home) -> list[Any]:
    with read_crm(home) as connection:
        return connection.sql("SELECT * EXCLUDE (company_id) FROM contacts ORDER BY ALL").fetchall()


def test_stages_and_received_files_go_once_they_are_old_enough(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    receipt = _bring(home, "a.csv")
    before = _contacts(home)
    assert tidy(home, datetime.now(UTC) + timedelta(hours=23), dry_run=False) == []
    told = _tidy(home, dry_run=True)
    assert told == {"stages": 3, "received files": 1}
    assert receipt.is_kept(home)
    assert _tidy(home) == told
    assert [path.name for path in (home.inbox / receipt.import_id).iterdir()] == ["receipt.json"]
    assert not list((home.root / "stages").rglob("*.parquet"))
    assert (_tidy(home), _contacts(home)) == ({}, before)


def test_by_default_only_what_is_there_again_elsewhere_goes(tmp_path: Path) -> None:
    home = _home(tmp_path / "home", RetentionSettings())
    receipt = _bring(home, "a.csv")
    for name in ("done", "refused"):
        (home.drop / name).mkdir()
        (home.drop / name / "a.csv").write_text("Email\n")
    gone = tidy(home, datetime.now(UTC) + timedelta(days=30_000), dry_run=False)
    assert {one.what for one in gone} == {"stages", "files in drop/done/"}
    assert receipt.is_kept(home)


@pytest.mark.parametrize("status", [None, "waiting"])
def test_what_an_import_still_needs_stays(tmp_path: Path, status: str | None) -> None:
    home = _home(tmp_path / "home")
    receipt = _bring(home, "a.csv")
    with open_crm(home) as connection:
        connection.execute(
            "UPDATE imports SET status = ?" if status else "DELETE FROM imports", [status] * bool(status)
        )
    assert _tidy(home) == {}
    assert all(home.stage(asset, receipt.import_id).exists() for asset in STAGES)


def test_a_file_that_lies_in_the_drop_folder_again_stays_in_the_inbox(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    receipt = _bring(home, "a.csv")
    turning_back.undo(home, receipt.import_id)
    again = home.drop / "a.csv"
    again.write_text(FILES["a.csv"])
    receive(home, again, receipt.options, dropped=True)
    assert "received files" not in _tidy(home)
    again.unlink()
    assert _tidy(home)["received files"] == 1


def test_put_away_files_go_by_when_they_were_put_away_and_not_by_when_they_were_written(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    folder = home.drop / "done"
    folder.mkdir()
    (folder / "old.csv").write_text("Email\n")
    os.utime(folder / "old.csv", (0, 0))
    assert tidy(home, datetime.now(UTC), dry_run=False) == []
    assert _tidy(home) == {"files in drop/done/": 1}


def test_reports_of_an_import_go_and_those_over_the_whole_crm_stay(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    receipt = _bring(home, "a.csv")
    stages.set_aside_rows(home, receipt)
    (home.reports / "latest").mkdir()
    (home.reports / "latest" / "leads.xlsx").touch()
    assert _tidy(home)["reports of imports"] == 1
    assert [path.name for path in home.reports.iterdir()] == ["latest"]


def test_a_stage_that_went_is_made_again_when_it_is_needed(tmp_path: Path) -> None:
    home = _home(tmp_path / "home", WITHOUT_FILES)
    receipt, before = _bring(home, "a.csv"), None
    before = _contacts(home)
    assert _tidy(home) == {"stages": 3}
    ledger = stages.take_into_crm(home, receipt)
    assert ledger is not None
    assert (ledger.created, ledger.failed, _contacts(home)) == (2, 1, before)
    _tidy(home)
    path, reasons, _ = stages.set_aside_rows(home, receipt)
    assert path is not None
    assert reasons == {"e-mail address cannot be used": 1}


def test_a_file_that_went_is_named_with_what_to_do_and_comes_back_with_the_same_bytes(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    receipt, before = _bring(home, "a.csv"), None
    before = _contacts(home)
    _tidy(home)
    with pytest.raises(NotKept, match=r"a\.csv is no longer kept.*Run or drop the same file"):
        stages.take_into_crm(home, receipt)
    receive(home, tmp_path / "a.csv", receipt.options)
    stages.take_into_crm(home, receipt)
    assert _contacts(home) == before


def test_of_many_that_are_to_be_run_again_those_without_a_file_are_left_out(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    gone = _bring(home, "a.csv")
    _tidy(home)
    kept = _bring(home, "b.csv")
    assert still_kept(home, [gone.import_id, kept.import_id]) == [kept.import_id]


def test_trace_says_of_raw_text_whether_it_can_be_read_again(tmp_path: Path) -> None:
    home = _home(tmp_path / "home", WITHOUT_FILES)
    receipt = _bring(home, "a.csv")
    _tidy(home)

    def told() -> tuple[str | None, bool]:
        with read_crm(home) as connection:
            (contact,) = trace(home, connection, "ann@acme.example", "first_name")
        source = contact.values[0].sources[0]
        return source.missing, bool(source.cells)

    assert told() == (
        f"raw text not at hand: 'contact-pipeline rerun raw_file {receipt.import_id} --only' reads the file again",
        False,
    )
    stages.stage_raw_file(home, receipt)
    assert told() == (None, True)
    _tidy(_home(home.root))
    assert told() == ("raw text no longer kept", False)


def test_mended_rows_find_the_mapping_of_an_import_whose_stages_went(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    receipt = _bring(home, "a.csv")
    before = parent_plans(home, receipt.import_id)
    _tidy(home)
    assert parent_plans(home, receipt.import_id) == before


def test_who_is_erased_from_an_import_whose_file_went_never_comes_back_with_it(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    receipt = _bring(home, "a.csv")
    _tidy(home)
    erased = erase(home, "ann@acme.example", lambda _: None)
    assert (erased.contacts, erased.imports) == (1, 1)
    receive(home, tmp_path / "a.csv", receipt.options)
    assert not read_receipt(home, receipt.import_id).is_kept(home)
    with pytest.raises(NotKept, match="undo the import and run the file again"):
        stages.take_into_crm(home, read_receipt(home, receipt.import_id))
    turning_back.undo(home, receipt.import_id)
    _bring(home, "a.csv")
    assert [row[0] for row in _emails(home)] == ["bob@acme.example"]
    for path in home.root.rglob("*"):
        assert not path.is_file() or b"ann@acme" not in path.read_bytes()


def _emails(home: Home) -> list[tuple[str]]:
    with read_crm(home) as connection:
        return connection.execute("SELECT email FROM contacts ORDER BY 1").fetchall()


def test_of_earlier_scores_the_one_that_stood_at_the_time_stays(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    _bring(home, "a.csv")
    now = datetime.now(UTC).replace(tzinfo=None)
    days = [now - timedelta(days=days) for days in (30, 20, 10, 5, 4)]
    with open_crm(home) as connection:
        ((one,), (two,)) = connection.execute("SELECT contact_id FROM contacts ORDER BY 1").fetchall()
        noted = [(day, one) for day in days] + [(days[0], two), (days[0], "gone")]
        connection.executemany("INSERT INTO score_history VALUES (?, ?, 50, 'Warm', 'v1')", noted)
        connection.execute("UPDATE contacts SET scored_at = ?", [days[4]])
        connection.executemany(
            "INSERT INTO scorings VALUES (?, 'model', 'v1', 2, 0, 2, 0, 50, 1)", [[day] for day in days[-2:]]
        )
    gone = {one.what: one.count for one in tidy(home, datetime.now(UTC), dry_run=False)}
    assert gone == {"earlier scores": 3}
    with read_crm(home) as connection:
        left = connection.execute(
            "SELECT scored_at FROM score_history WHERE contact_id = ? ORDER BY 1", [one]
        ).fetchall()
    assert [at for (at,) in left] == days[2:]  # what moved since the scoring before can still be told


def test_links_that_open_nothing_any_more_go(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    ended = Links(home, lambda: datetime.now(UTC) - timedelta(days=9)).make("ended", 2, {})[0]
    kept = Links(home).make("kept", 9, {})[0]
    assert _tidy(home, dry_run=True) == {"dead links": 1}
    assert _tidy(home) == {"dead links": 1}
    assert [link.link_id for link in Links(home).all()] == [kept.link_id]
    assert ended.link_id != kept.link_id


def test_killed_between_two_removals_the_rest_goes_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each removal, what is there is enough to make again what is not."""
    home = _home(tmp_path / "home")
    receipt = _bring(home, "a.csv")
    before, unlink = _contacts(home), Path.unlink

    def killed(path: Path, missing_ok: bool = False) -> None:
        unlink(path, missing_ok=missing_ok)
        raise KeyboardInterrupt

    for _ in (*STAGES, "the file"):
        with monkeypatch.context() as dying:
            dying.setattr(Path, "unlink", killed)
            with pytest.raises(KeyboardInterrupt):
                _tidy(home)
        if receipt.is_kept(home):
            lasting = [home.stage(asset, receipt.import_id).exists() for asset in reversed(STAGES)]
            assert lasting == sorted(lasting, reverse=True)
    assert not receipt.is_kept(home)
    assert (_tidy(home), _contacts(home)) == ({}, before)


STEPS = st.lists(
    st.tuples(st.sampled_from(["import", "undo", "rerun", "rebuild"]), st.sampled_from(sorted(FILES))),
    min_size=3,
    max_size=4,
)


@settings(max_examples=examples(2))
@given(STEPS)
def test_tidying_between_any_steps_changes_no_contact(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("steps")
    kept, tidied = _home(folder / "kept", RetentionSettings()), _home(folder / "tidied")
    for step, name in steps:
        for home in (kept, tidied):
            _do(home, step, name)
        _tidy(tidied)
    assert _contacts(tidied) == _contacts(kept)
    assert _history(tidied) == _history(kept)
    for home in (kept, tidied):
        turning_back.rebuild(home)
    assert _contacts(tidied) == _contacts(kept)


def _do(home: Home, step: str, name: str) -> None:
    with read_crm(home) as connection:
        live = {past.file_name: past.import_id for past in past_imports(connection) if past.status == IMPORTED}
    if step == "import" and name not in live:
        _bring(home, name)
    elif step == "undo" and name in live:
        turning_back.undo(home, live[name])
    elif step == "rerun" and name in live:
        receipt = receive(home, home.root.parent / name, read_receipt(home, live[name]).options)
        stages.take_into_crm(home, receipt)
    elif step == "rebuild":
        turning_back.rebuild(home)


def _history(home: Home) -> Any:
    with read_crm(home) as connection:
        return sorted((name, *told) for name, told in statuses(connection).items())
