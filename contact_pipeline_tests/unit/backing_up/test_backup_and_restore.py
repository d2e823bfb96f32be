"""A home copied into one file and put back: the same state, whatever runs, breaks or came in meanwhile."""

from __future__ import annotations

import io
import shutil
import stat
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.home_state import HomeState, state_of, tables_of
from contact_pipeline.backing_up.making import BackupMade, back_up
from contact_pipeline.backing_up.manifest import Manifest, Member
from contact_pipeline.backing_up.restoring import Restored, opened_backup, restore
from contact_pipeline.backing_up.swapping import is_ready
from contact_pipeline.crm.restored import restored_mark
from contact_pipeline.crm.session import read_crm
from contact_pipeline.crm.tables import SCHEMA_VERSION
from contact_pipeline.dashboard.links import Link, Links
from contact_pipeline.erasure.erasing import erase
from contact_pipeline.errors import PipelineError, UsageError
from contact_pipeline.home import Home
from contact_pipeline.turns import turn_of_runs
from contact_pipeline_tests.e2e.small_home import SmallHome
from contact_pipeline_tests.effort import examples, some

ANN = ("Email,First Name,Last Name", "ann@acme.example,Ann,Lee", "no-address,Cy,Doe")
BOB = ("Email,First Name,Last Name", "bob@tarn.example,Bob,Ray", "ann@acme.example,Ann,Leigh")
CY = ("Email,First Name,Last Name", "cy@glen.example,Cyrus,Poe")


def _quietly(_: str) -> None:
    pass


def _put_back(home: Home, path: Path) -> Restored:
    with opened_backup(home, path, _quietly) as (manifest, unpacked):
        return restore(home, manifest, unpacked, _quietly)


def _state(home: Home) -> HomeState:
    """Without the mark of a home that was made private, which set-up leaves."""
    found = state_of(home.root)
    return replace(found, files=found.files - {".private"})


def _texts(home: Home) -> dict[str, bytes]:
    """The files that people look at, by place, with their content."""
    folders = [
        path for name in ("inbox", "reports", "drop") for path in (home.root / name).rglob("*") if path.is_file()
    ]
    return {str(path.relative_to(home.root)): path.read_bytes() for path in folders}


def _copy_of(home: Home, folder: Path) -> Home:
    shutil.copytree(home.root, folder)
    return Home(folder)


class BackedUp:
    """A home with one import, a link, files in the drop folder and a setting; its backup; and two imports since."""

    def __init__(self, folder: Path) -> None:
        self.small = SmallHome(folder, 'turn_wait_seconds = 60\n[imports]\ndate_order = "day_first"\n')
        self.home = self.small.home
        self.small.take(*ANN, name="ann.csv")
        self.link, self.token = Links(self.home).make("Sales", 9, {})
        for place in ("done/ann.csv", "waiting.csv"):
            path = self.home.drop / place
            path.parent.mkdir(exist_ok=True)
            path.write_text("Email\nann@acme.example\n")
        self.before = _copy_of(self.home, folder / "before")
        self.made: BackupMade = back_up(self.home, folder, _quietly)
        (self.home.root / "settings.toml").write_text("turn_wait_seconds = 61\n")
        self.home = self.small.home = Home(self.home.root)
        for name, lines in (("bob.csv", BOB), ("cy.csv", CY)):
            self.small.take(*lines, name=name)
        (self.home.drop / "newer.csv").write_text("Email\ndee@acme.example\n")
        (self.home.drop / "done" / "bob.csv").write_text("\n".join(BOB))


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory: pytest.TempPathFactory) -> BackedUp:
    """Tests leave it as it is and work on copies."""
    return BackedUp(tmp_path_factory.mktemp("backed_up"))


@pytest.fixture
def in_use(backed_up: BackedUp, tmp_path: Path) -> Home:
    """A copy of the home as it is now, with what came in since the backup."""
    return _copy_of(backed_up.home, tmp_path / "in_use")


def test_a_home_restored_in_a_new_place_is_the_one_that_was_backed_up(backed_up: BackedUp, tmp_path: Path) -> None:
    home = Home(tmp_path / "new")
    _put_back(home, backed_up.made.path)
    assert _state(home).differences(_state(backed_up.before)) == []
    assert _texts(home) == _texts(backed_up.before)
    assert isinstance(
        Links(home).open_session(backed_up.token), type(Links(backed_up.before).open_session(backed_up.token))
    )
    assert (home.root / "settings.toml").read_bytes() == (backed_up.before.root / "settings.toml").read_bytes()
    assert not [path for path in home.root.glob(".*") if path.suffix not in {".turn", ""}]


def test_a_backup_is_for_its_owner_alone_and_leaves_nothing_behind(backed_up: BackedUp) -> None:
    assert stat.S_IMODE(backed_up.made.path.stat().st_mode) == 0o600
    assert backed_up.made.manifest.counts == {"imports": 1, "contacts": 1}
    assert not list(backed_up.home.root.glob(".backup*"))


def test_a_backup_made_while_imports_run_lies_between_two_of_them(tmp_path: Path) -> None:
    small, states = SmallHome(tmp_path), []

    def import_all() -> None:
        for name, lines in (("ann.csv", ANN), ("bob.csv", BOB), ("cy.csv", CY)):
            with turn_of_runs(small.home):
                small.take(*lines, name=name)
                states.append((_state(small.home), _texts(small.home)))
            first_is_in.set()

    first_is_in = threading.Event()
    imports = threading.Thread(target=import_all)
    imports.start()
    first_is_in.wait()
    made = back_up(small.home, tmp_path, _quietly)
    imports.join()
    home = Home(tmp_path / "new")
    _put_back(home, made.path)
    assert len(states) == 3
    assert (_state(home), _texts(home)) in states


def test_restoring_over_a_home_in_use_brings_it_back_and_keeps_files_that_wait(
    backed_up: BackedUp, in_use: Home
) -> None:
    (in_use.root / "settings.toml").write_text("turn_wait_seconds = [")  # which nobody can read, and is put right
    _put_back(Home(in_use.root), backed_up.made.path)
    waiting = in_use.drop / "newer.csv"
    assert waiting.read_text() == "Email\ndee@acme.example\n"
    waiting.unlink()
    assert _state(in_use).differences(_state(backed_up.before)) == []
    assert _texts(in_use) == _texts(backed_up.before)
    assert Home(in_use.root).settings.turn_wait_seconds == 60


def test_what_a_restored_home_does_next_is_told_from_what_was_done_before(backed_up: BackedUp, in_use: Home) -> None:
    with read_crm(in_use) as connection:
        assert restored_mark(connection) == ""
    _put_back(in_use, backed_up.made.path)
    with read_crm(in_use) as connection:
        assert restored_mark(connection).startswith("-restored-2")


def test_a_link_that_was_revoked_stays_revoked_and_nobody_is_let_in_by_an_old_session(
    backed_up: BackedUp, in_use: Home
) -> None:
    session = Links(in_use).open_session(backed_up.token)
    Links(in_use).revoke([backed_up.link.link_id])
    _put_back(in_use, backed_up.made.path)
    assert [link.revoked_at is not None for link in Links(in_use).all()] == [True]
    assert not isinstance(Links(in_use).look_up(getattr(session, "secret", "")), Link)


def test_a_person_erased_since_the_backup_does_not_come_back(backed_up: BackedUp, in_use: Home, tmp_path: Path) -> None:
    erase(in_use, "ann@acme.example", _quietly)
    restored = _put_back(in_use, backed_up.made.path)
    assert restored.erased_again == 1
    (in_use.drop / "waiting.csv").unlink()  # was not imported then; what it holds of her is kept out when it is
    assert not [place for place, text in _texts(in_use).items() if b"ann@acme" in text]
    with read_crm(in_use) as connection:
        assert connection.sql("SELECT count(*) FROM contacts WHERE email IS NOT NULL").fetchall() == [(0,)]
    again = SmallHome.__new__(SmallHome)
    again.home, again._folder = in_use, tmp_path
    assert again.take(*BOB, name="bob.csv").created == 1


def test_a_backup_of_another_home_with_erased_people_is_refused_over_one_that_has_its_own(
    backed_up: BackedUp, in_use: Home, tmp_path: Path
) -> None:
    other = _copy_of(backed_up.before, tmp_path / "other")
    erase(other, "ann@acme.example", _quietly)
    erase(in_use, "bob@tarn.example", _quietly)
    before = _state(in_use)
    made = back_up(other, tmp_path / "other.tar.zst", _quietly)
    with pytest.raises(UsageError, match="of another home"):
        _put_back(in_use, made.path)
    assert _state(in_use) == before


def test_a_home_whose_crm_is_damaged_is_restored_and_says_that_erased_people_are_not_known(
    backed_up: BackedUp, in_use: Home
) -> None:
    in_use.crm.write_bytes(b"no database" * 1000)
    assert _put_back(in_use, backed_up.made.path).erased_again is None
    assert tables_of(in_use.crm) == tables_of(backed_up.before.crm)


class _Killed(BaseException):
    """As a kill: nothing catches it but what a process does not do when it is killed."""


@pytest.fixture
def kill_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Makes the n-th change of a name raise; one that is never reached does nothing."""
    originals = {name: getattr(Path, name) for name in ("rename", "replace", "unlink")}
    left = [-1]

    def counting(name: str) -> Callable[..., object]:
        def act(*arguments: object, **more: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                raise _Killed
            return originals[name](*arguments, **more)

        return act

    def start(at: int) -> None:
        left[0] = at

    for name in originals:
        monkeypatch.setattr(Path, name, counting(name))
    yield start


def test_killed_at_any_step_it_is_the_old_home_or_the_next_run_completes_the_new_one(
    backed_up: BackedUp, tmp_path: Path, kill_at: Callable[[int], None]
) -> None:
    wanted, old = _state(backed_up.before), _state(backed_up.home)
    outcomes = set()
    for at in some(range(1, 200)):
        home = _copy_of(backed_up.home, tmp_path / str(at))
        kill_at(at)
        try:
            _put_back(home, backed_up.made.path)
            was_killed = False
        except _Killed:
            was_killed = True
        kill_at(-1)
        is_decided = not was_killed or is_ready(home)
        with turn_of_runs(home):
            pass
        (home.drop / "newer.csv").unlink()
        found = _state(home)
        assert found.differences(wanted) == [] or (not is_decided and "inbox" in str(found.differences(wanted)))
        outcomes.add("old" if found.tables == old.tables else "new")
        shutil.rmtree(home.root)
        if not was_killed:
            break
    assert at > 10
    assert outcomes == {"old", "new"}


@settings(max_examples=examples(12), deadline=None)
@given(data=st.data())
def test_a_damaged_backup_is_refused_or_holds_the_same(backed_up: BackedUp, data: st.DataObject) -> None:
    content = bytearray(backed_up.made.path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del content[at:]
    damaged = backed_up.made.path.with_name("damaged.tar.zst")
    damaged.write_bytes(content)
    home = Home(damaged.with_name("of_damaged"))
    try:
        with opened_backup(home, damaged, _quietly) as (manifest, _):
            assert dict(manifest.members) == dict(backed_up.made.manifest.members)
    except PipelineError as error:
        assert "\n" not in str(error)
        assert str(error).startswith("damaged.tar.zst ")
    assert not list(home.root.glob(".restore*"))


def _packed(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for about, content in members:
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    path.write_bytes(pa.compress(raw.getvalue(), codec="zstd", asbytes=True))
    return path


def _manifest(**changes: object) -> Manifest:
    digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # of nothing
    facts = {
        "version": "1",
        "schema_version": SCHEMA_VERSION,
        "made_at": None,
        "counts": {},
        "members": {"a": Member(0, digest)},
    }
    return Manifest(**{**facts, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("place", "kind"),
    [("../outside", tarfile.REGTYPE), ("/outside", tarfile.REGTYPE), ("a", tarfile.SYMTYPE), ("b", tarfile.REGTYPE)],
)
def test_nothing_in_a_backup_gets_out_of_the_home(tmp_path: Path, place: str, kind: bytes) -> None:
    about = tarfile.TarInfo(place)
    about.type, about.linkname = kind, "/etc/passwd"
    named = {place: Member(0, "")} if place != "b" else {"a": Member(0, "")}
    text = _manifest(members=named, made_at="2026-01-01").as_bytes()
    path = _packed(tmp_path / "evil.tar.zst", [(tarfile.TarInfo("manifest.json"), text), (about, b"")])
    with pytest.raises(PipelineError, match="not use it"), opened_backup(Home(tmp_path / "home"), path, _quietly):
        pass
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize(
    ("changes", "words"), [({"schema_version": SCHEMA_VERSION + 1}, "newer"), ({"format": 2}, "newer")]
)
def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path, changes: dict[str, int], words: str) -> None:
    text = _manifest(made_at="2026-01-01", **changes).as_bytes()
    path = _packed(tmp_path / "newer.tar.zst", [(tarfile.TarInfo("manifest.json"), text)])
    with pytest.raises(PipelineError, match=words), opened_backup(Home(tmp_path / "home"), path, _quietly):
        pass


def test_a_backup_goes_to_a_new_file_outside_of_the_home(backed_up: BackedUp, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    for target, words in (
        (tmp_path / "there", "exists"),
        (backed_up.home.reports, "in the home"),
        (tmp_path / "no" / "x", "no folder"),
        (Path("/proc/backup"), "Nothing can be written"),
    ):
        with pytest.raises(UsageError, match=words):
            back_up(backed_up.home, target, _quietly)


def test_a_backup_without_a_snapshot_takes_away_one_that_shows_what_came_later(
    backed_up: BackedUp, in_use: Home
) -> None:
    (in_use.dashboard / "20990101T000000000000.duckdb").touch()
    (in_use.dashboard / "current").write_text("20990101T000000000000.duckdb")
    _put_back(in_use, backed_up.made.path)
    assert sorted(path.name for path in in_use.dashboard.iterdir()) == ["links.sqlite"]
