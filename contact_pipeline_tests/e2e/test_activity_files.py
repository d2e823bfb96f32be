"""A file of who did what and when, the whole way: command, job, CRM, undo, erase, mended rows, dry run, inspect."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner

from contact_pipeline.cli import main
from contact_pipeline.crm.activities import activities_frame
from contact_pipeline.crm.session import read_crm
from contact_pipeline.home import Home

CONTACTS = ("Email,First Name,Last Name,Company", "ann@acme.example,Ann,Lee,Acme", "bob@acme.example,Bob,Ray,Acme")
HEADER = "Email,Activity Type,Activity Date,Count"
LOG = (
    HEADER,
    "ann@acme.example,Page view,2026-05-01 10:00:00,3",
    "ANN@acme.example,Page view,2026-05-01 10:00:00,3",  # the same again
    "bob@acme.example,Email opened,2026-05-02 09:30:00,1",
    "bob@acme.example,Unsubscribed,2026-05-03 09:30:00,1",
    "zed@acme.example,Link clicked,2026-05-03 09:30:00,1",  # nobody knows him
    "ann@acme.example,Download,,1",  # no date
)
OVERLAP = (HEADER, *LOG[1:4:2], "ann@acme.example,Link clicked,2026-05-04 08:00:00,1")


class Product:
    """A home, and the command line over it."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def __call__(self, *arguments: str | Path) -> Any:
        """What a command prints as JSON."""
        env = {"CONTACT_PIPELINE_HOME": str(self.home.root)}
        done = CliRunner().invoke(main, [*map(str, arguments), "--json"], env=env, catch_exceptions=False)
        assert done.exit_code in {0, 1}, done.output
        return json.loads(done.stdout)

    def run(self, *paths: Path) -> list[dict[str, Any]]:
        """The entry of each file."""
        found: list[dict[str, Any]] = self("run", *paths)["imports"]
        return found

    def seen(self) -> set[tuple[str, str, str, float]]:
        """Address, kind, day and times of what scoring reads."""
        with read_crm(self.home) as connection:
            rows = activities_frame(connection).join(
                connection.sql("SELECT contact_id, email FROM contacts").pl(), on="contact_id"
            )
        return {(row["email"].split("@")[0], row["kind"], f"{row['at']:%d}", row["times"]) for row in rows.to_dicts()}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home.crm), read_only=True) as connection:
            return connection.sql(sql).fetchall()


@pytest.fixture
def product(home: Home) -> Product:
    return Product(home)


class Imported(NamedTuple):
    """A home with contacts and their log, and what was said of the log."""

    product: Product
    log: dict[str, Any]


@pytest.fixture(scope="module")
def imported_once(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    folder = tmp_path_factory.mktemp("imported")
    product, files = Product(Home(folder / "home")), {"contacts.csv": CONTACTS, "log.csv": LOG}
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Imported(product, product.run(*(folder / name for name in files))[1])


@pytest.fixture
def imported(imported_once: Imported, tmp_path: Path) -> Imported:
    """A copy, to go on with."""
    shutil.copytree(imported_once.product.home.root, tmp_path / "copy")
    return Imported(Product(Home(tmp_path / "copy")), imported_once.log)


Write = Callable[..., Path]
OF_LOG = {("ann", "visit", "01", 3.0), ("bob", "open", "02", 1.0), ("bob", "unsubscribe", "03", 1.0)}
OF_OVERLAP = {("ann", "visit", "01", 3.0), ("bob", "open", "02", 1.0), ("ann", "click", "04", 1.0)}


def test_activities_come_in_beside_their_contacts_and_each_row_is_accounted_for(
    imported: Imported, contacts_csv: Write
) -> None:
    product, done = imported
    assert (done["status"], done["rows"]) == (
        "imported",
        {"total": 6, "created": 3, "updated": 0, "unchanged": 0, "skipped": 1, "failed": 2, "not_data": 0},
    )
    assert done["failures"] == {"no date": 1, "unknown person": 1}
    assert done["skips"] == {"activity known already": 1}
    assert product.seen() == OF_LOG
    assert product.query("SELECT email FROM contacts WHERE opted_out") == [("bob@acme.example",)]
    assert product.query("SELECT count(*) FROM contacts WHERE lead_score IS NULL") == [(0,)]
    (past, _) = product("imports")
    assert (past["kind"], past["rows"]) == ("activities", done["rows"])
    again = product.run(contacts_csv(*LOG, name="other_name.csv"))[0]
    assert (again["status"], product.seen()) == ("already_imported", OF_LOG)


@pytest.mark.parametrize("first", [0, 1])
def test_overlapping_exports_count_once_and_undoing_one_leaves_what_the_other_says(
    imported: Imported, contacts_csv: Write, first: int
) -> None:
    product = imported.product
    done = [imported.log, *product.run(contacts_csv(*OVERLAP, name="overlap.csv"))]
    assert product.seen() == OF_LOG | OF_OVERLAP
    assert done[1]["skips"] == {"activity known already": 2}
    undone = product("undo", done[first]["import_id"])
    assert undone["activities"] == (4, 3)[first]
    assert product.seen() == (OF_OVERLAP, OF_LOG)[first]
    counts = {past["file"]: past["rows"]["created"] for past in product("imports") if past["status"] == "imported"}
    assert counts == {"contacts.csv": 2, **({"overlap.csv": 3} if first == 0 else {"log.csv": 3})}
    product("undo", done[1 - first]["import_id"])
    assert product.seen() == set()
    assert product.query("SELECT email FROM contacts WHERE opted_out") == [("bob@acme.example",)]


def test_a_person_who_came_later_is_known_when_the_failed_rows_come_back(
    imported: Imported, contacts_csv: Write, tmp_path: Path
) -> None:
    product, done = imported
    product.run(contacts_csv(CONTACTS[0], "zed@acme.example,Zed,Fox,Acme", name="more.csv"))
    mended = tmp_path / "mended.csv"
    text = Path(done["quarantine_file"]).read_text(encoding="utf-8-sig")
    mended.write_text(text.replace("Download,,", "Download,2026-05-05,"), encoding="utf-8")
    again = product.run(mended)[0]
    assert (again["status"], again["rows"]["created"], again["failures"]) == ("imported", 2, {})
    assert product.seen() == OF_LOG | {("zed", "click", "03", 1.0), ("ann", "download", "05", 1.0)}
    (past, *_) = product("imports")
    assert (past["kind"], past["parent"]) == ("activities", done["import_id"])


def test_rerunning_a_stage_changes_nothing(imported: Imported) -> None:
    product, done = imported
    before = product.query("FROM activities ORDER BY ALL")
    env = {"CONTACT_PIPELINE_HOME": str(product.home.root)}
    for stage in ("raw_file", "mapped_contacts", "validated_contacts", "crm_contacts"):
        told = CliRunner().invoke(main, ["rerun", stage, done["import_id"]], env=env, catch_exceptions=False)
        assert told.exit_code == 0, told.output
        assert product.query("FROM activities ORDER BY ALL") == before
    assert {past["file"]: past["rows"] for past in product("imports")}["log.csv"] == done["rows"]


def test_a_dry_run_counts_what_the_run_then_does_and_inspect_shows_the_columns(
    product: Product, contacts_csv: Write
) -> None:
    product.run(contacts_csv(*CONTACTS), contacts_csv(*OVERLAP, name="overlap.csv"))
    log = contacts_csv(*LOG, name="log.csv")
    before = product.query("FROM activities ORDER BY ALL")
    tried = product("run", log, "--dry-run")["imports"][0]
    assert product.query("FROM activities ORDER BY ALL") == before
    (review,) = product("inspect", log)
    (table,) = review["tables"]
    assert (review["status"], table["kind"], table["missing"]) == ("ok", "activities", [])
    assert {one["header"]: one["field"] for one in table["columns"]} == {
        "Email": "email", "Activity Type": "activity", "Activity Date": "happened_at", "Count": "times",
    }  # fmt: skip
    assert all(one["confidence"] >= 0.9 for one in table["columns"])
    done = product.run(log)[0]
    assert (tried["rows"], tried["failures"], tried["skips"]) == (done["rows"], done["failures"], done["skips"])
    assert [(change["email"], change["field"]) for change in tried["changes"]] == [("bob@acme.example", "Opted Out")]


def _texts(folder: Path) -> str:
    parts = [path.read_bytes().decode(errors="replace") for path in folder.rglob("*") if path.is_file()]
    parts += [str(pl.read_parquet(path).to_dicts()) for path in folder.rglob("*.parquet")]
    return "\n".join(parts).lower()


def test_nothing_is_left_of_the_activities_of_an_erased_person(imported: Imported, contacts_csv: Write) -> None:
    product, done = imported
    product("erase", "ann@acme.example")
    assert "ann@acme.example" not in _texts(product.home.inbox) + _texts(product.home.root / "stages")
    assert "ann@acme.example" not in str(product.query("FROM activities")) + str(product.query("FROM imports"))
    assert product.seen() == {one for one in OF_LOG if one[0] != "ann"}
    assert {past["file"]: past["rows"] for past in product("imports")}["log.csv"] == done["rows"]
    later = product.run(contacts_csv(*OVERLAP, name="overlap.csv"))[0]
    assert (later["rows"]["failed"], later["rows"]["skipped"], later["rows"]["created"]) == (2, 1, 0)
    env = {"CONTACT_PIPELINE_HOME": str(product.home.root)}
    told = CliRunner().invoke(main, ["rerun", "raw_file", done["import_id"]], env=env, catch_exceptions=False)
    assert told.exit_code == 0, told.output
    assert {past["file"]: past["rows"] for past in product("imports")}["log.csv"] == done["rows"]


def test_rows_set_aside_keep_their_cells_and_reasons(imported_once: Imported) -> None:
    with Path(imported_once.log["quarantine_file"]).open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["Set-aside line"], row["Set-aside reasons"], row["Email"]) for row in rows] == [
        ("6", "unknown person: no contact has this e-mail address", "zed@acme.example"),
        ("7", "no date", "ann@acme.example"),
    ]


def test_own_words_and_columns_of_the_settings_are_obeyed(product: Product, contacts_csv: Write) -> None:
    (product.home.root / "settings.toml").write_text(
        '[imports.activity_words]\nmeeting = ["Showroom"]\n'
        '[[files]]\nmatch = "desk*"\nmapping = { "What" = "activity", "Moment" = "happened_at" }\n'
    )
    desk = contacts_csv("Email,What,Moment", "ann@acme.example,Showroom,2026-05-01", name="desk.csv")
    _, done = product.run(contacts_csv(*CONTACTS), desk)
    assert (done["rows"]["created"], product.seen()) == (1, {("ann", "meeting", "01", 1.0)})
