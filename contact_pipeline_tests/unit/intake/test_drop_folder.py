"""The drop folder: what is ready, and where files go afterwards."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.home import Home
from contact_pipeline.intake import drop_folder
from contact_pipeline.intake.drop_folder import Seen
from contact_pipeline.intake.receipt import Receipt, receive
from contact_pipeline.settings import ImportOptions

NOW, SETTLE = 1_000_000.0, 30.0


def _drop(home: Home, name: str = "list.csv", content: str = "Email\nann@acme.example\n") -> Path:
    path = home.drop / name
    path.write_text(content, encoding="utf-8")
    return path


def _received(home: Home, path: Path) -> Receipt:
    return receive(home, path, ImportOptions(), dropped=True)


def _settled(file: Seen, before: Seen | None) -> bool:
    return drop_folder.settled([file], {before.name: before} if before else {}, NOW, SETTLE) == [file]


def _seen(size: int, age: float, changed_age: float | None = None) -> Seen:
    return Seen("list.csv", size, NOW - age, NOW - (age if changed_age is None else changed_age))


def test_a_file_that_stood_still_between_two_looks_is_ready() -> None:
    assert _settled(_seen(10, SETTLE), _seen(10, SETTLE))


def test_a_file_seen_for_the_first_time_is_not_ready() -> None:
    assert not _settled(_seen(10, 999), None)


def test_a_file_that_still_grows_is_not_ready() -> None:
    assert not _settled(_seen(11, 999), _seen(10, 999))


def test_a_file_touched_a_moment_ago_is_not_ready() -> None:
    assert not _settled(_seen(10, SETTLE - 1), _seen(10, SETTLE - 1))


def test_a_copy_that_keeps_the_old_time_of_the_file_is_not_ready_before_it_has_lain_there() -> None:
    assert not _settled(_seen(10, 99_999, 1), _seen(10, 99_999, 1))
    assert _settled(_seen(10, 99_999, SETTLE), _seen(10, 99_999, SETTLE))


def test_a_file_that_was_moved_onto_the_name_is_another_though_size_and_time_are_the_same() -> None:
    assert not _settled(_seen(10, 999, 40), _seen(10, 999, 999))


def test_a_time_in_the_future_counts_only_until_the_next_look_finds_it_the_same() -> None:
    assert not _settled(_seen(10, -3600), _seen(10, -3599))
    assert _settled(_seen(10, -3600), _seen(10, -3600))


class _Writer(NamedTuple):
    """What a writer does to a file, one step a look: None pauses, a number makes it that long, keeping an old time or not."""

    steps: list[int | None]
    keeps_old_time: bool


_WRITERS = st.builds(_Writer, st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=30), st.booleans())


@given(_WRITERS, st.floats(1, 12), st.floats(0, 60))
def test_whatever_a_writer_does_a_file_is_ready_only_after_lying_untouched(
    writer: _Writer, looks_every: float, settle: float
) -> None:
    before: dict[str, Seen] = {}
    size, touched, ready_before = 0, NOW, False
    for number, step in enumerate([*writer.steps, *[None] * 70]):
        now = NOW + number * looks_every
        if step is not None:
            size, touched = step, now
        file = Seen("list.csv", size, NOW - 9999 if writer.keeps_old_time else touched, touched)
        ready = drop_folder.settled([file], before, now, settle) == [file]
        assert not ready or (now - touched >= settle and step is None)
        before, ready_before = {file.name: file}, ready
    assert ready_before or now - touched < settle, "it is never left for ever"


@pytest.mark.skipif(not hasattr(fcntl, "F_SETLEASE"), reason="this system does not tell who writes")
def test_a_file_that_a_program_holds_open_for_writing_is_told_from_one_that_is_only_read(home: Home) -> None:
    path = _drop(home)
    with path.open("rb"):
        assert not drop_folder.is_open_for_writing(path)
    with path.open("ab"):
        assert drop_folder.is_open_for_writing(path)
    assert not drop_folder.is_open_for_writing(path)
    assert not drop_folder.is_open_for_writing(home.drop / "gone.csv")


@pytest.mark.parametrize(
    "name", [".hidden.csv", "~$list.xlsx", "~list.csv", "list.csv.part", "list.CRDOWNLOAD", "list.csv.tmp", "list.csv~"]
)
def test_names_that_programs_give_to_unfinished_files_are_never_looked_at(home: Home, name: str) -> None:
    _drop(home, name)
    assert drop_folder.look(home.drop) == []


def test_only_regular_files_are_looked_at_and_in_the_order_of_their_names(home: Home) -> None:
    real = _drop(home, "b.csv")
    _drop(home, "a.csv")
    (home.drop / "link.csv").symlink_to(real)
    (home.drop / "folder.csv").mkdir()
    os.mkfifo(home.drop / "pipe.csv")
    assert [seen.name for seen in drop_folder.look(home.drop)] == ["a.csv", "b.csv"]


def test_an_imported_file_is_moved_to_done_under_every_name_it_was_dropped_as(home: Home) -> None:
    first, second = _drop(home, "first.csv"), _drop(home, "second.csv")
    _received(home, first)
    drop_folder.put_away_imported(home, _received(home, second))
    assert sorted(path.name for path in (home.drop / "done").iterdir()) == ["first.csv", "second.csv"]
    assert not first.exists()
    assert not second.exists()


def test_a_file_that_was_written_again_meanwhile_stays(home: Home) -> None:
    path = _drop(home)
    receipt = _received(home, path)
    _drop(home, content="Email\nbob@acme.example\n")
    drop_folder.put_away_imported(home, receipt)
    assert path.read_text(encoding="utf-8") == "Email\nbob@acme.example\n"


def test_a_file_that_was_replaced_by_a_link_stays(home: Home, tmp_path: Path) -> None:
    path = _drop(home)
    receipt = _received(home, path)
    path.rename(tmp_path / "elsewhere.csv")
    path.symlink_to(tmp_path / "elsewhere.csv")
    drop_folder.put_away_imported(home, receipt)
    assert path.is_symlink()


def test_putting_away_twice_does_nothing_the_second_time(home: Home) -> None:
    receipt = _received(home, _drop(home))
    drop_folder.put_away_imported(home, receipt)
    drop_folder.put_away_imported(home, receipt)
    assert [path.name for path in (home.drop / "done").iterdir()] == ["list.csv"]


def test_a_file_named_to_run_is_never_moved(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("Email\nann@acme.example\n", encoding="utf-8")
    drop_folder.put_away_imported(home, receive(home, path, ImportOptions()))
    assert path.exists()


def test_a_refused_file_has_a_note_beside_it_that_says_why(home: Home) -> None:
    receipt = _received(home, _drop(home))
    drop_folder.put_away_refused(home, receipt, "No e-mail column.")
    refused = home.drop / "refused"
    assert sorted(path.name for path in refused.iterdir()) == ["list.csv", "list.csv.why.txt"]
    assert (refused / "list.csv.why.txt").read_text(encoding="utf-8") == "No e-mail column.\n"


def test_a_file_put_away_never_takes_the_place_of_another(home: Home) -> None:
    for content in ("one", "two", "three"):
        drop_folder.refuse(home, _drop(home, content=content), content)
    refused = {path.name: path.read_text(encoding="utf-8").strip() for path in (home.drop / "refused").iterdir()}
    assert {name: text for name, text in refused.items() if not name.endswith(".why.txt")} == {
        "list.csv": "one", "list (2).csv": "two", "list (3).csv": "three",
    }  # fmt: skip
    assert refused["list (3).csv.why.txt"] == "three"


def test_the_longest_name_a_file_can_have_is_put_away_too(home: Home) -> None:
    name = "連" * 83 + ".csv"
    for _ in range(2):
        drop_folder.refuse(home, _drop(home, name), "No e-mail column.")
    assert len(list((home.drop / "refused").iterdir())) == 4
