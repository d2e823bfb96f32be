"""The judgement over a home that was soaked, against the ledger of what was done to it.

Belongs here: nothing lost, nothing twice, never half a file, no stuck run, everybody scored, reports of today, and a CRM
equal to that of a home which nothing ever happened to. Does not belong: what was done (`ledger`) and memory (`memory`).
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl

from benchmarks.home_state import faults_of
from benchmarks.soaking.ledger import Ledger, digest_of
from contact_pipeline import stages
from contact_pipeline.defs.following import ANY_TIME, BETWEEN_RUNS
from contact_pipeline.fields import SCORE_FIELDS
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import file_digest, read_receipt

_NOTE = ".why.txt"
# What these say is of the data, and the data of a soak are made at random.
_CHECKS_OF_THE_DATA = ("drift_quiet", "model_has_signal", "hot_converts_more", "few_records_fail")
_ADDRESS = re.compile(rb"[a-z0-9.]+@[a-z0-9-]+\.example")
_SCORES = ", ".join((*(field.name for field in SCORE_FIELDS), "is_scored"))

# Two homes with the same live imports; their numbers differ where one of them saw imports that were undone since.
_COMPARED = {
    "imports": """SELECT import_id, sha256, kind, policy, total, created, updated, unchanged, skipped, failed, not_data,
        failures::VARCHAR, skips::VARCHAR FROM imports WHERE status = 'imported'""",
    "records": """SELECT r.* EXCLUDE (sequence, contact_id), c.email AS of_contact
        FROM records r LEFT JOIN contacts c USING (contact_id)""",
    "contacts": f"""SELECT c.* EXCLUDE (contact_id, company_id, {_SCORES}), k.name AS of_company
        FROM contacts c LEFT JOIN companies k USING (company_id)""",
    "companies": "SELECT * EXCLUDE (company_id) FROM companies",
    "activities": "SELECT * EXCLUDE (sequence) FROM activities",
}


def violations(home: Home, ledger: Ledger, replayed: Path) -> Iterator[str]:
    """Everything that is wrong, in words; nothing where all promises held. `replayed` is where a fresh home is made."""
    yield from _files(home, ledger)
    with duckdb.connect(str(home.crm), read_only=True) as connection:
        yield from _history(connection, ledger)
        yield from _nothing_twice(connection)
        yield from _handed_over(home, connection)
    yield from _inbox(home, ledger)
    yield from _replay(home, ledger, replayed)
    yield from faults_of(home.root)
    yield from _checks(home)
    yield from _addresses_in_the_open(home)


def _files(home: Home, ledger: Ledger) -> Iterator[str]:
    """Each dropped file lies in done/ or in refused/ with a note, as often as it was dropped."""
    yield from (f"{path.name} still lies in the drop folder" for path in home.drop.iterdir() if path.is_file())
    done, refused = (_kept(home.drop / name) for name in ("done", "refused"))
    dropped = Counter(digest_of(one.file.data) for one in ledger.drops)
    for digest, times in dropped.items():
        kind, expected = ledger.files[digest].kind, ledger.expected(digest)
        found = len(done.get(digest, [])) + len(refused.get(digest, []))
        if found != times:
            yield f"a file ({kind}) was dropped {times} times and is kept {found} times"
        place = {"imported": refused, "refused": done}.get(expected, {})
        if ledger.files[digest].stays and place.get(digest):
            yield f"a file ({kind}) that must be {expected} lies at {place[digest][0].relative_to(home.drop)}"
    for digest in (done.keys() | refused.keys()) - dropped.keys():
        yield f"bytes that nobody dropped are kept as {[*done.get(digest, []), *refused.get(digest, [])][0].name}"
    for path in (one for paths in refused.values() for one in paths):
        if not path.with_name(path.name + _NOTE).is_file():
            yield f"refused/{path.name} has no note"


def _kept(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()) if folder.exists() else []:
        if not path.name.endswith(_NOTE):
            found.setdefault(file_digest(path), []).append(path)
    return found


def _history(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> Iterator[str]:
    """Each file is on record as what it must be, and its rows add up to what the soak wrote into it."""
    query = """SELECT sha256, status, reason, total, failed, created + updated + unchanged + skipped + failed + not_data
        FROM imports"""
    known = {row[0]: row[1:] for row in connection.execute(query).fetchall()}
    for digest, file in ledger.files.items():
        expected, found = ledger.expected(digest), known.get(digest)
        status = found[0] if found else "not on record"
        # What has no bytes to speak of is refused before it becomes an import.
        if status != expected and not (expected == "either" and found) and not (expected == "refused" and not found):
            yield f"a file ({file.kind}) must be {expected} and is {status}: {found[1] if found else file.name}"
        if found and status == "imported":
            _, _, total, failed, places = found
            if total != places or (file.rows is not None and total != file.rows):
                yield f"a file ({file.kind}) of {file.rows} rows has {total} on record, in {places} places"
            if file.failed is not None and failed != file.failed:
                yield f"of a file ({file.kind}) {failed} rows failed instead of {file.failed}"
    for digest in known.keys() - ledger.files.keys():
        yield f"bytes that nobody gave are on record: {digest[:12]}, {known[digest][0]}"


def _nothing_twice(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    promises = {
        "bytes are on record twice": "SELECT sha256 FROM imports GROUP BY 1 HAVING count(*) > 1",
        "two imports have one place": "SELECT sequence FROM imports WHERE status = 'imported' GROUP BY 1 HAVING count(*) > 1",
        "an address has two contacts": "SELECT email FROM contacts WHERE NOT is_duplicate GROUP BY 1 HAVING count(*) > 1",
        "a row is there twice": "SELECT 1 FROM records GROUP BY import_id, sheet, line HAVING count(*) > 1",
        "rows are of an import that is not live": """SELECT 1 FROM records ANTI JOIN
            (FROM imports WHERE status = 'imported') USING (import_id)""",
        "a contact is not scored": "SELECT 1 FROM contacts WHERE lead_score IS NULL OR NOT coalesce(is_scored, false)",
    }
    for promise, query in promises.items():
        if found := len(connection.execute(query).fetchall()):
            yield f"{promise} ({found} times)"


def _handed_over(home: Home, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The latest files and the snapshot show the contacts as they are in the CRM now."""
    ours = connection.sql("SELECT contact_id, lead_score FROM contacts ORDER BY ALL").pl()
    latest = home.reports / "latest"
    yield from (
        f"reports/latest/{name} is missing" for name in ("leads.xlsx", "report.html") if not (latest / name).exists()
    )
    leads = pl.read_parquet(latest / "leads.parquet", columns=["contact_id", "lead_score"]).sort(
        "contact_id", "lead_score"
    )
    if not leads.equals(ours):
        yield f"reports/latest/leads.parquet shows {leads.height:,} contacts as of another moment; the CRM has {ours.height:,}"
    current = home.dashboard / (home.dashboard / "current").read_text(encoding="utf-8")
    with duckdb.connect(str(current), read_only=True) as snapshot:
        shown = snapshot.sql("SELECT contact_id, lead_score FROM leads ORDER BY ALL").pl()
    if not shown.equals(ours):
        yield f"the dashboard shows {shown.height:,} contacts as of another moment; the CRM has {ours.height:,}"


def _inbox(home: Home, ledger: Ledger) -> Iterator[str]:
    """Bytes in the inbox are those of a whole file that the soak wrote."""
    for folder in home.inbox.iterdir():
        receipt = read_receipt(home, folder.name)
        if receipt.sha256 not in ledger.files:
            yield f"{folder.name} was received of bytes that nobody wrote so: half a file?"
        elif not receipt.kept_path(home).exists() or file_digest(receipt.kept_path(home)) != receipt.sha256:
            yield f"{folder.name} keeps other bytes than were received"


def _replay(home: Home, ledger: Ledger, root: Path) -> Iterator[str]:
    """The same live imports, one after the other into a fresh home, out of the bytes that the soak kept."""
    fresh = Home(root, home.settings)
    fresh.set_up()
    with duckdb.connect(str(home.crm), read_only=True) as connection:
        live = connection.execute(
            "SELECT import_id, sha256 FROM imports WHERE status = 'imported' ORDER BY sequence"
        ).fetchall()
    for import_id, digest in live:
        if digest not in ledger.files:
            continue  # told already
        shutil.copytree(home.inbox / import_id, fresh.inbox / import_id, ignore=shutil.ignore_patterns("original*"))
        receipt = read_receipt(fresh, import_id)
        receipt.bytes_path(fresh).write_bytes(ledger.files[digest].data)
        _take_in(fresh, import_id)
    ours, theirs = _rows(home.crm), _rows(fresh.crm)
    for table in _COMPARED:
        here, there = (ours[table] - theirs[table]).total(), (theirs[table] - ours[table]).total()
        if here or there:
            yield f"{table}: {here} rows are only here, {there} only in a home that nothing happened to"


def _take_in(fresh: Home, import_id: str) -> None:
    stages.stage_raw_file(fresh, read_receipt(fresh, import_id))
    receipt = read_receipt(fresh, import_id)
    stages.stage_mapped_contacts(fresh, receipt)
    stages.stage_validated_contacts(fresh, receipt)
    stages.take_into_crm(fresh, receipt)


def _rows(crm: Path) -> dict[str, Counter[str]]:
    with duckdb.connect(str(crm), read_only=True) as connection:
        return {table: Counter(map(str, connection.execute(query).fetchall())) for table, query in _COMPARED.items()}


def _checks(home: Home) -> Iterator[str]:
    """No check that a run makes ever failed, but for those that tell of the data; those of the state pass in the end."""
    query = """SELECT check_name, count(*) FROM asset_check_executions
        WHERE execution_status IN ('FAILED', 'EXECUTION_FAILED') GROUP BY 1"""
    standing = {key.name: verdict for key, verdict in {**ANY_TIME, **BETWEEN_RUNS}.items()}
    with closing(sqlite3.connect(home.dagster / "history" / "runs" / "index.db")) as events:
        for name, times in events.execute(query).fetchall():
            if name not in _CHECKS_OF_THE_DATA and name not in standing:
                yield f"the check {name} failed {times} times"
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        for name, verdict in standing.items():
            if not (found := verdict(home, instance)).passed:
                yield f"the check {name} does not pass in the end: {found.metadata}"


def _addresses_in_the_open(home: Home) -> Iterator[str]:
    """Nobody's address stands in Dagster's own storage and logs."""
    for path in home.dagster.rglob("*"):
        if path.is_file() and _ADDRESS.search(path.read_bytes()):
            yield f"{path.relative_to(home.root)} holds an e-mail address"
