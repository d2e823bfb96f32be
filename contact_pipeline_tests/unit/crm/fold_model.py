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
from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL
from contact_pipeline.cleaning.issues import ISSUES_TYPE
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.fields import FIELDS
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt
from contact_pipeline.settings import ImportOptions, Policy

Row = dict[str, Any]

RECEIVED = datetime.fromisoformat("2026-03-01")
STAGES = ("Subscriber", "Lead", "Marketing Qualified Lead", "Customer")
# What stands where the row of a person stood who was erased.
TOMBSTONE: Row = {"email": TOMBSTONE_EMAIL}
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


@dataclass(frozen=True)
class Decision:
    """What a person said of a row and what it met, both by address and name."""

    email: str
    person: str
    met_email: str
    met_person: str
    word: str
    of_import: str


@dataclass(frozen=True)
class Decided:
    """A duplicate report that came back with decisions."""

    name: str
    decisions: list[Decision]
    received_at: datetime = RECEIVED

    @property
    def import_id(self) -> str:
        return f"{self.name}@{0:012d}"


def bring_in(connection: duckdb.DuckDBPyConnection, home: Home, given: Given | Decided) -> Ledger:
    """Write the stage files of an import and take it into the CRM, as its assets do."""
    if isinstance(given, Decided):
        _write_decided(home, given)
    else:
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
                "cleared": row.get("cleared") or [],
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
    _write(home, given.import_id, frame)


def _write_decided(home: Home, given: Decided) -> None:
    rows = [
        {
            "sheet": "",
            "ordinal": at,
            "line": at + 2,
            "kind": "data",
            "of_import": one.of_import,
            "rule": "same e-mail" if one.email == one.met_email else "same phone and name",
            "email": one.email,
            "row_name": one.person.title(),
            "met_email": one.met_email,
            "met_name": one.met_person.upper(),
            "decision": one.word,
            "failures": [],
            "issues": [],
            "is_valid": True,
        }
        for at, one in enumerate(given.decisions)
    ]
    texts = ("sheet", "kind", "of_import", "rule", "email", "row_name", "met_email", "met_name", "decision")
    schema = dict.fromkeys(texts, pl.String) | {
        "ordinal": pl.Int64,
        "line": pl.Int64,
        "failures": pl.List(pl.String),
        "issues": ISSUES_TYPE,
        "is_valid": pl.Boolean,
    }
    _write(home, given.import_id, pl.DataFrame(rows, schema=schema))


def _write(home: Home, import_id: str, frame: pl.DataFrame) -> None:
    for asset, metadata in (("mapped_contacts", {"contact_pipeline.plans": "[]"}), ("validated_contacts", {})):
        path = home.stage(asset, import_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path, metadata=metadata)


def receipt_of(given: Given | Decided) -> Receipt:
    """The receipt that receiving such a file would have written."""
    return Receipt(
        import_id=given.import_id,
        file_name=f"{given.name}.csv",
        sha256=given.name.ljust(64, "0"),
        size=1,
        received_at=given.received_at,
        who="tester",
        kind="decisions" if isinstance(given, Decided) else "contacts",
        options=ImportOptions(policy=given.policy) if isinstance(given, Given) else ImportOptions(),
    )


Identity = tuple[str, str]


@dataclass
class Record:
    """A valid row and what the model makes of it."""

    row: Row
    given: Given
    place: tuple[int, int]  # of the import, of the row
    key: str = ""
    state: str = "created"
    reason: str | None = None
    contributes: bool = True
    contact: Contact | None = None

    @property
    def identity(self) -> Identity:
        name = " ".join(self.row[part] for part in ("first_name", "last_name") if self.row.get(part))
        return self.row["email"], name.lower()


@dataclass
class Contact:
    """A contact and the records folded into it, in sequence."""

    founder: Record
    is_duplicate: bool
    records: list[Record]


class Verdicts:
    """What decisions mean, the latest on each pair counting: who is one person, who is left out, who is kept apart."""

    def __init__(self, decisions: list[Decision]) -> None:
        latest = {(one.email, one.person, one.met_email, one.met_person): one for one in decisions}
        self.left_out: set[Identity] = set()
        self.welcome: set[Identity] = set()
        self.welcome_in: set[tuple[Identity, str]] = set()
        self._circle: dict[Identity, frozenset[Identity]] = {}
        for one in latest.values():
            who, met = (one.email, one.person), (one.met_email, one.met_person)
            if one.word == "skip":
                self.left_out.add(who)
            if one.word == "update":
                self.welcome_in.add((who, one.of_import))
                if one.email == one.met_email:
                    self.welcome.add(who)
                joined = self.circle(who) | self.circle(met)
                self._circle |= dict.fromkeys(joined, joined)
        self.apart = {
            (self.circle((one.email, one.person)), one.email)
            for one in latest.values()
            if one.word in {"create", "keep apart"}
            and one.email == one.met_email
            and self.circle((one.email, one.person)) != self.circle((one.met_email, one.met_person))
        }

    def circle(self, one: Identity) -> frozenset[Identity]:
        """All that were declared the same as this."""
        return self._circle.get(one, frozenset({one}))


@dataclass
class Model:
    """The CRM that importing `live` one after the other must end in.

    `opted_out` are addresses that ever opted out; `emptied` says what was counted of rows whose person was erased since, by
    import and place; any other tombstone came in as one.
    """

    live: list[Given]
    decisions: list[Decision] = field(default_factory=list)
    opted_out: frozenset[str] = frozenset()
    emptied: dict[tuple[str, int], tuple[str, str | None]] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._main: dict[Any, Contact] = {}
        self._named: dict[Any, Row] = {}
        self._verdicts = Verdicts(self.decisions)
        self.records = [
            Record(row, given, (at, place))
            for at, given in enumerate(self.live)
            for place, row in enumerate(given.rows)
            if row.get("kind", "data") == "data" and not row.get("failures")
        ]
        for record in self.records:
            if record.row == TOMBSTONE:
                record.contributes = False
                counted = self.emptied.get((record.given.import_id, record.place[1]), ("skipped", "erased"))
                record.state, record.reason = counted
        self._settle_keys()
        for at in range(len(self.live)):
            self._import([one for one in self.records if one.place[0] == at and one.row != TOMBSTONE])

    def counts(self, given: Given) -> dict[str, int]:
        """The ledger of one import."""
        mine = [record.state for record in self.records if record.given is given]
        kinds = [row.get("kind", "data") for row in given.rows]
        failed = sum(bool(row.get("failures")) for row in given.rows)
        states = {state: mine.count(state) for state in ("created", "updated", "unchanged", "skipped")}
        return {"total": len(kinds), **states, "failed": failed, "not_data": kinds.count("blank")}

    def addresses_opted_out(self) -> frozenset[str]:
        """Addresses that are opted out from now on, whatever is taken back."""
        rows = {record.row["email"] for record in self.records if record.row.get("opted_out")}
        contacts = {one.founder.row["email"] for one in self.contacts if self.golden(one).get("opted_out")}
        return self.opted_out | rows | contacts

    def golden(self, contact: Contact) -> Row:
        """The golden record: for each field what its survivorship rule picks; blanks left out."""
        values = golden(contact)
        if self.opted_out & {record.row["email"] for record in contact.records}:
            values["opted_out"] = True
        return values

    def _settle_keys(self) -> None:
        """People declared the same are kept under the address of their earliest record."""
        earliest: dict[frozenset[Identity], str] = {}
        for record in self.records:
            if record.identity not in self._verdicts.left_out:
                record.key = earliest.setdefault(self._verdicts.circle(record.identity), record.row["email"])
            else:
                record.key = record.row["email"]

    def _import(self, records: list[Record]) -> None:
        before = {id(contact): golden(contact) for contact in self.contacts}
        seen: set[Any] = set()
        for record in records:
            self._place(record, seen)
        for record in records:
            if record.state == "merged" and record.contact:
                is_same = golden(record.contact) == before[id(record.contact)]
                record.state = "unchanged" if is_same else "updated"

    def _place(self, record: Record, seen: set[Any]) -> None:
        """Found a contact, fold the record into one, or leave it out."""
        who, circle = record.identity, self._verdicts.circle(record.identity)
        if who in self._verdicts.left_out:
            self._leave_out(record, None, "decided: skip")
            return
        beside = circle if (circle, record.key) in self._verdicts.apart else None
        group = (record.key, beside)
        is_known = who in self._verdicts.welcome or record.key != record.row["email"] or beside is not None
        policy = "update" if (who, record.given.import_id) in self._verdicts.welcome_in else record.given.policy
        main = self._main.get(group)
        if main is None or policy == "create":
            record.contact = Contact(record, main is not None or beside is not None, [record])
            self.contacts.append(record.contact)
            self._main.setdefault(group, record.contact)
        elif policy == "update" and not is_known and is_stranger(record.row, self._named.get(group)):
            self._leave_out(record, main, "shared mailbox?")
            return
        elif policy == "skip":
            known = "duplicate in file" if group in seen else "contact exists and the policy is skip"
            self._leave_out(record, main, known)
        else:
            record.contact = main
            main.records.append(record)
            record.state, record.reason = ("skipped", "duplicate in file") if group in seen else ("merged", None)
        seen.add(group)
        if record.row.get("first_name") and (main is None or policy == "update"):
            self._named.setdefault(group, record.row)

    @staticmethod
    def _leave_out(record: Record, contact: Contact | None, reason: str) -> None:
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
    """What the contact's records alone give."""
    newest = sorted(contact.records, key=lambda record: (_date(contact, record), record.place))
    picked: Row = {"email": contact.founder.row["email"]}
    for name in ("first_name", "last_name", "full_name", "company", "annual_revenue"):
        picked[name] = next(iter(_values(reversed(_standing(newest, name)), name)), None)
    picked["secondary_email"] = next(iter(_further_addresses(contact, newest)), None)
    in_order = contact.records
    picked["lead_source"] = next(iter(_values(_standing(newest, "lead_source", in_order), "lead_source")), None)
    picked["created_at"] = min(_values(_standing(newest, "created_at"), "created_at"), default=None)
    picked["last_activity_at"] = max(_values(_standing(newest, "last_activity_at"), "last_activity_at"), default=None)
    stages_known = _values(_standing(newest, "lifecycle_stage"), "lifecycle_stage")
    picked["lifecycle_stage"] = max(stages_known, key=STAGES.index, default=None)
    picked["notes"] = "\n".join(dict.fromkeys(_values(_standing(newest, "notes", in_order), "notes"))) or None
    for name in ("converted", "opted_out"):
        picked[name] = max(_values(contact.records, name), default=None)
    custom: dict[str, str | None] = {}
    for record in newest:
        custom |= record.row.get("custom") or {}
    kept = {name: value for name, value in custom.items() if value is not None}
    return {name: value for name, value in {**picked, "custom": kept or None}.items() if value is not None}


def _standing(newest: list[Record], name: str, order: list[Record] | None = None) -> list[Record]:
    """The records whose values of a field count: those not older than the latest that clears it; in `order`."""
    clears = [at for at, record in enumerate(newest) if name in (record.row.get("cleared") or ())]
    standing = newest[clears[-1] :] if clears else newest
    return [record for record in order or newest if any(record is one for one in standing)]


def _further_addresses(contact: Contact, newest: list[Record]) -> list[str]:
    """Addresses under which decisions brought records in, the newest first."""
    if len(contact.records) == 1:
        return []
    return [record.row["email"] for record in reversed(newest) if record.row["email"] != record.key]


def _date(contact: Contact, record: Record) -> datetime:
    """How new a record is: its source date or that of the file; rows of one file are as new as the newest of them."""
    same_file = [other for other in contact.records if other.given is record.given]
    return max(
        min(other.row.get("source_date") or other.given.received_at, other.given.received_at) for other in same_file
    )


def _values(records: Any, name: str) -> list[Any]:
    return [record.row[name] for record in records if record.row.get(name) is not None]
