"""The CRM in plain Python: what the fold must give, worked out record by record, without a database.

Beside it, the way tests put rows into the real one: stage files written directly, with the columns that `stages` writes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from contact_pipeline import stages
from contact_pipeline.cleaning.issues import ISSUES_TYPE
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.fields import FIELDS
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt
from contact_pipeline.settings import ImportOptions, Policy

Row = dict[str, Any]

RECEIVED = datetime.fromisoformat("2026-03-01")
STAGES = ("Subscriber", "Lead", "Marketing Qualified Lead", "Customer")
# Names of the same line may be one person's; the model knows no more about names.
SAME_PERSON = (("Ann", "Anna", "A."), ("Bob", "Robert"), ("Robert", "Robetr"))
ROLE_EMAIL = "info@acme.example"

_STAGE_COLUMNS = {
    "sheet": pl.String,
    "ordinal": pl.Int64,
    "line": pl.Int64,
    "kind": pl.String,
    "custom_fields": pl.String,
    "cleared": pl.List(pl.String),
    "source_date": pl.Datetime("us"),
    **{one.name: one.polars_type for one in FIELDS},
    "issues": ISSUES_TYPE,
    "failures": pl.List(pl.String),
    "is_valid": pl.Boolean,
}


@dataclass(frozen=True)
class Given:
    """One import as a test writes it down. A row may have "kind" and "failures"; else it is good data."""

    name: str
    rows: list[Row]
    policy: Policy = "update"
    received_at: datetime = RECEIVED

    @property
    def import_id(self) -> str:
        return f"{self.name}@{0:012d}"


def bring_in(connection: duckdb.DuckDBPyConnection, home: Home, given: Given) -> Ledger:
    """Write the stage files of an import and take it into the CRM, as its assets do."""
    write_stages(home, given)
    return stages.fold_into(connection, home, receipt_of(given))


def write_stages(home: Home, given: Given) -> None:
    """Write the stage files of an import as far as validation."""
    frame = pl.DataFrame(
        [
            {
                "sheet": "",
                "ordinal": at,
                "line": at + 2,
                "kind": row.get("kind", "data"),
                "custom_fields": json.dumps(row["custom"]) if row.get("custom") else None,
                "cleared": row.get("cleared", []),
                "source_date": row.get("source_date"),
                **{one.name: row.get(one.name) for one in FIELDS},
                "issues": [],
                "failures": row.get("failures", []),
                "is_valid": row.get("kind", "data") == "data" and not row.get("failures"),
            }
            for at, row in enumerate(given.rows)
        ],
        schema=_STAGE_COLUMNS,
    )
    for asset, metadata in (("mapped_contacts", {"contact_pipeline.plans": "[]"}), ("validated_contacts", {})):
        path = home.stage(asset, given.import_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path, metadata=metadata)


def receipt_of(given: Given) -> Receipt:
    """The receipt that receiving such a file would have written."""
    return Receipt(
        import_id=given.import_id,
        file_name=f"{given.name}.csv",
        sha256=given.name.ljust(64, "0"),
        size=1,
        received_at=given.received_at,
        who="tester",
        options=ImportOptions(policy=given.policy),
    )


@dataclass
class Record:
    """A valid row and what the model makes of it."""

    row: Row
    given: Given
    place: tuple[int, int]  # of the import, of the row
    state: str = "created"
    reason: str | None = None
    contributes: bool = True
    contact: Contact = field(init=False)


@dataclass
class Contact:
    """A contact and the records folded into it, in sequence."""

    founder: Record
    is_duplicate: bool
    records: list[Record]


@dataclass
class Model:
    """The CRM that importing `live` one after the other must end in."""

    live: list[Given]
    records: list[Record] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._main: dict[str, Contact] = {}
        self._named: dict[str, Row] = {}
        for at, given in enumerate(self.live):
            self._import(at, given)

    def counts(self, given: Given) -> dict[str, int]:
        """The ledger of one import."""
        mine = [record.state for record in self.records if record.given is given]
        kinds = [row.get("kind", "data") for row in given.rows]
        failed = sum(bool(row.get("failures")) for row in given.rows)
        states = {state: mine.count(state) for state in ("created", "updated", "unchanged", "skipped")}
        return {"total": len(kinds), **states, "failed": failed, "not_data": kinds.count("blank")}

    def _import(self, at: int, given: Given) -> None:
        before = {id(contact): golden(contact) for contact in self.contacts}
        seen: set[str] = set()
        merged: list[Record] = []
        for place, row in enumerate(given.rows):
            if row.get("kind", "data") == "data" and not row.get("failures"):
                record = Record(row, given, (at, place))
                self._place(record, seen)
                self.records.append(record)
                if record.state == "merged":
                    merged.append(record)
        for record in merged:
            is_same = golden(record.contact) == before[id(record.contact)]
            record.state = "unchanged" if is_same else "updated"

    def _place(self, record: Record, seen: set[str]) -> None:
        """Found a contact, fold the record into one, or leave it out."""
        email, policy = record.row["email"], record.given.policy
        main = self._main.get(email)
        if main is None or policy == "create":
            record.contact = Contact(record, main is not None, [record])
            self.contacts.append(record.contact)
            self._main.setdefault(email, record.contact)
        elif policy == "update" and is_stranger(record.row, self._named.get(email)):
            self._leave_out(record, main, "shared mailbox?")
            return
        elif policy == "skip":
            known = "duplicate in file" if email in seen else "contact exists and the policy is skip"
            self._leave_out(record, main, known)
        else:
            record.contact = main
            main.records.append(record)
            record.state, record.reason = ("skipped", "duplicate in file") if email in seen else ("merged", None)
        seen.add(email)
        if record.row.get("first_name") and (main is None or policy == "update"):
            self._named.setdefault(email, record.row)

    @staticmethod
    def _leave_out(record: Record, contact: Contact, reason: str) -> None:
        record.contact, record.contributes = contact, False
        record.state, record.reason = "skipped", reason


def is_stranger(row: Row, named: Row | None) -> bool:
    """Is this somebody else than the first person seen under the address?"""
    if named is None:
        return False
    given = row.get("first_name")
    if given and not any(given in line and named["first_name"] in line for line in SAME_PERSON):
        return True
    family, other = row.get("last_name"), named.get("last_name")
    return bool(row["email"] == ROLE_EMAIL and family and other and family != other)


def golden(contact: Contact) -> Row:
    """The golden record: for each field what its survivorship rule picks; blanks left out."""
    newest = sorted(contact.records, key=lambda record: (_date(contact, record), record.place))
    picked: Row = {"email": contact.founder.row["email"]}
    for name in ("first_name", "last_name", "full_name", "company", "annual_revenue"):
        picked[name] = next(iter(_values(reversed(newest), name)), None)
    picked["lead_source"] = next(iter(_values(contact.records, "lead_source")), None)
    picked["created_at"] = min(_values(contact.records, "created_at"), default=None)
    picked["last_activity_at"] = max(_values(contact.records, "last_activity_at"), default=None)
    picked["lifecycle_stage"] = max(_values(contact.records, "lifecycle_stage"), key=STAGES.index, default=None)
    picked["notes"] = "\n".join(dict.fromkeys(_values(contact.records, "notes"))) or None
    for name in ("converted", "opted_out"):
        picked[name] = max(_values(contact.records, name), default=None)
    custom: dict[str, str] = {}
    for record in newest:
        custom |= record.row.get("custom") or {}
    return {name: value for name, value in {**picked, "custom": custom or None}.items() if value is not None}


def _date(contact: Contact, record: Record) -> datetime:
    """How new a record is: its source date or that of the file; rows of one file are as new as the newest of them."""
    same_file = [other for other in contact.records if other.given is record.given]
    return max(
        min(other.row.get("source_date") or other.given.received_at, other.given.received_at) for other in same_file
    )


def _values(records: Any, name: str) -> list[Any]:
    return [record.row[name] for record in records if record.row.get(name) is not None]
