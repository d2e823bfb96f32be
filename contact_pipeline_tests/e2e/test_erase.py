"""A person erased by the real command after real runs: nothing of the person is left in any file of the home."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import xlsxwriter
from click.testing import CliRunner

from contact_pipeline.cli import main
from contact_pipeline.crm.history import past_imports
from contact_pipeline.crm.session import read_crm
from contact_pipeline.defs.running import runner
from contact_pipeline.home import Home
from contact_pipeline.imports import FileOutcome, import_files, try_files
from contact_pipeline.intake.receipt import file_digest, read_receipt
from contact_pipeline.turning_back import undo

ADDRESS, WORK = "zorabel.quibblewick@home.example", "zq@acme.example"
# What nobody else has: addresses, names, the number of the telephone without what stands before it.
SIGNS = (ADDRESS, WORK, "zorabel", "quibblewick", "79460001", "7946 0001")

HEADER = "Email,Second Email,First Name,Last Name,Phone,Company,Notes,Favourite colour,Converted"
PERSON = f"{WORK},{ADDRESS.upper()},Zorabel,Quibblewick,+44 20 7946 0001,Acme,Met at the fair,violet,yes"
OTHERS = (
    f"bob@acme.example,,Bob,Stone,+44 20 7946 0002,Acme,Ask {WORK} first,red,no",
    f"cy@acme.example,{WORK},Cy,Lee,,Acme,,blue,yes",
    "di@other.example,,Di,Vo,+44 20 7946 0004,Other,,green,no",
)
FAILING = f"zq(at)acme,,Zorabel,Quibblewick,+44 20 7946 0001,Acme,Writes from {ADDRESS},,"
FAILS_ALONE = "nobody,,Eve,Fox,,Acme,,,"


class Product:
    """A home of its own, with what commands do over it."""

    def __init__(self, folder: Path) -> None:
        self.home, self.folder = Home(folder / "home"), folder

    def bring_in(self, *paths: Path) -> dict[str, FileOutcome]:
        """What `run` does: the outcome of each file."""
        with runner(self.home, lambda _: None) as running:
            return {one.file: one for one in import_files(running, list(paths), None).imports}

    def erase(self, address: str) -> dict[str, Any]:
        """What the command prints as JSON."""
        env = {"CONTACT_PIPELINE_HOME": str(self.home.root)}
        done = CliRunner().invoke(main, ["erase", address, "--json"], env=env, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def history(self) -> dict[str, dict[str, int]]:
        """File -> its counts on record."""
        with read_crm(self.home) as connection:
            return {past.file_name: past.ledger.rows for past in past_imports(connection)}

    def csv(self, name: str, *lines: str, encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n", encoding=encoding)
        return path

    def workbook(self, name: str, *lines: str) -> Path:
        path = self.folder / name
        with xlsxwriter.Workbook(str(path)) as book:
            page, notes = book.add_worksheet("People"), book.add_worksheet("Remarks")
            for at, line in enumerate(lines):
                for place, cell in enumerate(line.split(",")):
                    page.write_string(at, place, cell)
            notes.write_string(0, 0, f"Zorabel Quibblewick wrote from {ADDRESS}")
        return path

    def contacts(self) -> dict[str, tuple[Any, ...]]:
        with duckdb.connect(str(self.home.crm), read_only=True) as connection:
            rows = connection.sql("SELECT email, secondary_email, notes, lead_score FROM contacts").fetchall()
        return {row[0]: row[1:] for row in rows}


def _texts(path: Path) -> Iterator[str]:
    """All that can be read in a file: its bytes in three encodings, what is packed in it, its cells."""
    data = path.read_bytes()
    yield from (data.decode(encoding, errors="replace") for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name).decode(errors="replace") for name in archive.namelist())
    if path.suffix == ".parquet":
        yield str(pl.read_parquet(path).to_dicts())
        yield str(pl.read_parquet_metadata(path))
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            for (table,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall():
                yield str(connection.sql(f'FROM "{table}"').fetchall())


def _places_of(home: Home, signs: tuple[str, ...] = SIGNS) -> set[tuple[str, str]]:
    """Where anything of the person stands: in or as the name of which file, and what."""
    found = set()
    for path in home.root.rglob("*"):
        if path.is_file():
            texts = [path.name.lower(), *(text.lower() for text in _texts(path))]
            place = str(path.relative_to(home.root))
            found |= {(place, sign) for sign in signs if any(sign in text for text in texts)}
    return found


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Product:
    """A home in which the person is everywhere."""
    made = Product(tmp_path_factory.mktemp("erase"))
    wide = made.csv("wide.csv", HEADER, PERSON.replace("violet", "plum"), encoding="utf-16")
    book = made.workbook("book.xlsx", HEADER, OTHERS[0], PERSON)
    gone = made.csv("undone.csv", HEADER, PERSON.replace("Acme", "Gone"), OTHERS[2])
    refused = made.csv("refused.csv", "Name,Remark", f"Zorabel Quibblewick,{ADDRESS}")
    first = made.bring_in(wide, book, gone, refused)
    undo(made.home, str(first["undone.csv"].import_id))
    live = made.bring_in(made.csv("live.csv", HEADER, PERSON, *OTHERS, FAILING, FAILS_ALONE))["live.csv"]
    assert (first["refused.csv"].status, live.status, live.ledger.failed) == ("refused", "imported", 2)
    for name, where in (("live.csv", "done"), ("undone.csv", "done"), ("refused.csv", "refused")):
        target = made.home.drop / where / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((made.folder / name).read_bytes())
    return made


@dataclass(frozen=True)
class Erased:
    """What the command said, and the counts on record before it."""

    told: dict[str, Any]
    before: dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def erased(product: Product) -> Erased:
    """The person erased, who was in files of every kind before."""
    kinds = {place.split("/")[0] for place, _ in _places_of(product.home)}
    assert kinds >= {"crm.duckdb", "inbox", "stages", "reports", "dashboard", "drop"}
    before = product.history()
    return Erased(product.erase(ADDRESS), before)


def test_no_file_of_the_home_holds_anything_of_the_person(product: Product, erased: Erased) -> None:
    assert _places_of(product.home) == set()
    counts = {name: erased.told[name] for name in ("email", "addresses", "contacts", "records", "imports")}
    assert counts == {"email": ADDRESS, "addresses": 2, "contacts": 1, "records": 3, "imports": 4}


def test_what_each_import_did_stays_on_record(product: Product, erased: Erased) -> None:
    assert product.history() == erased.before


@pytest.mark.usefixtures("erased")
def test_other_people_stay_without_the_address(product: Product) -> None:
    contacts = product.contacts()
    assert set(contacts) == {"bob@acme.example", "cy@acme.example", "di@other.example"}
    assert contacts["bob@acme.example"][:2] == (None, "Ask [erased] first")
    assert contacts["cy@acme.example"][0] is None
    assert all(score is not None for _, _, score in contacts.values())
    (aside,) = product.home.reports.glob("live@*/quarantine.csv")
    assert "Eve" in aside.read_text(encoding="utf-8-sig")
    assert (product.home.reports / "latest" / "leads.xlsx").exists()
    assert len(list(product.home.dashboard.glob("*.duckdb"))) == 2


@pytest.mark.usefixtures("erased")
def test_a_note_stands_where_a_put_away_file_was(product: Product) -> None:
    left = {str(path.relative_to(product.home.drop)) for path in product.home.drop.rglob("*") if path.is_file()}
    assert left == {"done/live.csv.why.txt", "done/undone.csv.why.txt", "refused/refused.csv.why.txt"}
    assert "a person in this file was erased" in (product.home.drop / "done" / "live.csv.why.txt").read_text()


@pytest.mark.usefixtures("erased")
def test_the_receipt_keeps_the_digest_of_the_bytes_as_received(product: Product) -> None:
    (path,) = product.home.inbox.glob("live@*/receipt.json")
    receipt = read_receipt(product.home, path.parent.name)
    assert receipt.sha256 == hashlib.sha256((product.folder / "live.csv").read_bytes()).hexdigest()
    assert file_digest(receipt.kept_path(product.home)) == receipt.mangled_sha256


@pytest.mark.usefixtures("erased")
def test_a_rerun_counts_the_same_and_never_brings_the_person_back(product: Product) -> None:
    before, contacts = product.history(), product.contacts()
    (path,) = product.home.inbox.glob("live@*/receipt.json")
    with runner(product.home, lambda _: None) as running:
        running.rerun("raw_file", [path.parent.name], only=False)
    assert (product.history(), product.contacts()) == (before, contacts)
    assert _places_of(product.home) == set()


@pytest.mark.usefixtures("erased")
def test_the_person_is_kept_out_of_what_comes_later(product: Product) -> None:
    newcomer = f"new@acme.example,{WORK},New,One,,Acme,,,"
    new = product.csv("new.csv", HEADER, PERSON.replace("violet", "cyan"), newcomer)
    tried = try_files(product.home, [new], None).imports[0]
    came = product.bring_in(product.folder / "live.csv", product.folder / "undone.csv", new)

    assert came["live.csv"].status == "already_imported"
    for name, total, created in (("undone.csv", 2, 0), ("new.csv", 2, 1)):
        ledger = came[name].ledger
        assert (ledger.total, ledger.created, ledger.skips) == (total, created, {"erased": 1})
    assert came["new.csv"].ledger.rows == tried.ledger.rows
    assert product.contacts()["new@acme.example"][0] is None
    assert _places_of(product.home) == set()


@pytest.mark.usefixtures("erased")
def test_erasing_again_finds_nothing(product: Product) -> None:
    again = product.erase(WORK)
    assert (again["contacts"], again["records"], again["imports"], again["files_removed"]) == (0, 0, 0, 0)
