"""After an import: does the CRM hold what the file says? A random sample of rows, cell by cell, through the mapping.

Belongs here: drawing the rows and comparing their source cells with the records and contacts made of them. Does not belong:
comparing one text with one value (`agreement`) and the shape of what is found (`sampled`). The pipeline's cleaned files are
never looked at: the cells come from the file as read, the values from the CRM. Where text cannot tell (a country, a
seniority), and for what a row's neighbours give a blank cell, the sampled rows are cleaned once more.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import duckdb
import polars as pl

from contact_pipeline.cleaning.contacts import clean_contacts
from contact_pipeline.cleaning.text import visible
from contact_pipeline.fields import FIELD_BY_NAME, FIELDS, Field, Kind, Survivorship
from contact_pipeline.home import Home
from contact_pipeline.intake import staging
from contact_pipeline.intake.receipt import Receipt
from contact_pipeline.mapping.apply import apply_plan, unique_headers
from contact_pipeline.mapping.outcomes import HEADERS as OUTCOME_HEADERS
from contact_pipeline.mapping.plan import Action, ColumnPlan, TablePlan, fits, plan_of_json
from contact_pipeline.settings import ImportOptions
from contact_pipeline.table_cleaning import read_outcome_rows
from contact_pipeline.validation.agreement import NEIGHBOURS, holds_text, says
from contact_pipeline.validation.sampled import Place, SampleCheck

SAMPLE_ROWS: Final = 100
PLACES_KEPT: Final = 20
WHOLE_ROW: Final = "the whole row"

_KEPT = frozenset({Action.CUSTOM, Action.ASK})
# Fields whose text several columns make together.
_JOINED = frozenset({"street_address", "notes"})
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Cell:
    """What comparing one field of one row found; `filled` is the number of its cells that hold anything."""

    field: str
    filled: int
    agrees: bool


@dataclass(frozen=True, slots=True)
class _Contact:
    """A contact as it shows, and the records folded into it."""

    row: Row
    records: Sequence[Row]


def check_sample(
    home: Home, connection: duckdb.DuckDBPyConnection, receipt: Receipt, *, rows: int = SAMPLE_ROWS
) -> SampleCheck:
    """Compare up to `rows` records of an import with the file it came from.

    The same import draws the same rows each time. Records of people who were erased hold nothing to compare.
    """
    records = _drawn(connection, receipt.import_id, rows)
    contacts = _contacts(connection, records)
    rules = home.settings.imports.survivorship
    places: list[tuple[Place, _Cell]] = []
    for record, cells in _each_record(home, connection, receipt, records):
        shown_wrong = _shown_wrong(record, contacts.get(record["contact_id"]), rules) if record["contributes"] else ()
        for cell in cells:
            seen = replace(cell, agrees=cell.agrees and cell.field not in shown_wrong)
            places.append((Place(record["sheet"], record["line"], _label(cell.field)), seen))
    differing = [place for place, cell in places if not cell.agrees]
    return SampleCheck(
        rows=records.height,
        cells=sum(cell.filled for _, cell in places),
        differing=dict(Counter(place.field for place in differing).most_common()),
        places=tuple(differing[:PLACES_KEPT]),
    )


def _label(name: str) -> str:
    return FIELD_BY_NAME[name].label if name in FIELD_BY_NAME else name


def _drawn(connection: duckdb.DuckDBPyConnection, import_id: str, rows: int) -> pl.DataFrame:
    """Random records of an import, in sequence; the import's id decides which."""
    drawn: pl.DataFrame = connection.sql(
        f"""SELECT * {_JSON_AS_TEXT} FROM records WHERE sequence IN (
            SELECT sequence FROM records WHERE import_id = $import_id AND match_key IS NOT NULL
            ORDER BY hash(sequence, $import_id), sequence LIMIT $rows)
        ORDER BY sequence""",
        params={"import_id": import_id, "rows": rows},
    ).pl()
    return drawn


_JSON_AS_TEXT = "REPLACE (custom_fields::VARCHAR AS custom_fields, issues::VARCHAR AS issues)"


def _contacts(connection: duckdb.DuckDBPyConnection, records: pl.DataFrame) -> dict[str, _Contact]:
    """The contacts that these records count for, by id."""
    connection.register("drawn", records.filter("contributes").select("contact_id").unique())
    contributing = connection.sql(
        f"SELECT * {_JSON_AS_TEXT} FROM records SEMI JOIN drawn USING (contact_id) WHERE contributes"
    ).pl()
    shown = connection.sql(
        "SELECT * REPLACE (custom_fields::VARCHAR AS custom_fields) FROM contacts SEMI JOIN drawn USING (contact_id)"
    ).pl()
    connection.unregister("drawn")
    members: dict[str, list[Row]] = {}
    for record in contributing.iter_rows(named=True):
        members.setdefault(record["contact_id"], []).append(record)
    return {row["contact_id"]: _Contact(row, members[row["contact_id"]]) for row in shown.iter_rows(named=True)}


def _each_record(
    home: Home, connection: duckdb.DuckDBPyConnection, receipt: Receipt, records: pl.DataFrame
) -> Iterator[tuple[Row, list[_Cell]]]:
    """Each record with what comparing it with its line of the file found."""
    stored = connection.execute("SELECT mapping::VARCHAR FROM imports WHERE import_id = ?", [receipt.import_id])
    plans = {one["sheet"]: plan_of_json(one) for row in stored.fetchall() for one in json.loads(row[0])}
    for (sheet,), of_sheet in records.group_by("sheet", maintain_order=True):
        if receipt.kind == "workbook":
            yield from _each_outcome(home, receipt, str(sheet), of_sheet)
            continue
        lines = _lines(home, receipt, str(sheet), plans.get(str(sheet)), of_sheet["line"].to_list())
        for record in of_sheet.iter_rows(named=True):
            # A mended file may bring two rows of one line: the record is made of one of them.
            found = [line.compared_with(record) for line in lines.get(record["line"], [])]
            yield record, min(found, key=_misses, default=[_Cell(WHOLE_ROW, 1, agrees=False)])


def _each_outcome(home: Home, receipt: Receipt, sheet: str, records: pl.DataFrame) -> Iterator[tuple[Row, list[_Cell]]]:
    """Each record of an outcome with what comparing it with its line found; the line is read once more."""
    table = staging.read_lines(home.stage("raw_file", receipt.import_id), sheet, records["line"].to_list())
    lines: dict[int, Row] = {}
    if table is not None and table.headers == OUTCOME_HEADERS:
        lines = {row["line"]: row for row in read_outcome_rows(table, home.settings.imports).iter_rows(named=True)}
    for record in records.iter_rows(named=True):
        made = lines.get(record["line"])
        told = ("lead_status", "converted")
        is_theirs = made is not None and made["told_of"] == record["told_of"]
        whose = [] if is_theirs else [_Cell(WHOLE_ROW, 1, agrees=False)]
        yield record, [*whose, *(_Cell(name, 1, agrees=bool(made and made[name] == record[name])) for name in told)]


def _misses(cells: Sequence[_Cell]) -> int:
    return sum(not cell.agrees for cell in cells)


def _lines(
    home: Home, receipt: Receipt, sheet: str, plan: TablePlan | None, lines: Sequence[int]
) -> dict[int, list[_Line]]:
    """The source rows at these lines, by line; nothing where the mapping is of another table."""
    table = staging.read_lines(home.stage("raw_file", receipt.import_id), sheet, lines)
    if plan is None or table is None or not fits(plan, table.headers):
        return {}
    settings = home.settings.imports.model_copy(update={"check_email_domains": False})
    again = clean_contacts(apply_plan(table, plan, settings.clear_token), receipt.options, settings)
    found: dict[int, list[_Line]] = {}
    for source, made in zip(table.rows.iter_rows(named=True), again.iter_rows(named=True), strict=True):
        cells = [visible(source[name] or "") for name in table.cell_columns]
        found.setdefault(source["line"], []).append(_Line(plan, cells, made, receipt.options, settings.clear_token))
    return found


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of the source: its cells, and what cleaning it once more makes of it."""

    plan: TablePlan
    cells: Sequence[str]
    made: Row
    options: ImportOptions
    clear_token: str

    def compared_with(self, record: Row) -> list[_Cell]:
        """Every field and custom field of a record that has a cell or a value."""
        troubled = {issue["field"] for issue in json.loads(record["issues"] or "[]")}
        own = {name: self._texts(name) for name in FIELD_BY_NAME}
        fields = [
            _Cell(name, len(own[name]), self._agrees(FIELD_BY_NAME[name], own, record, is_troubled=name in troubled))
            for name in FIELD_BY_NAME
            if own[name] or record[name] is not None
        ]
        return [*fields, *self._custom(json.loads(record["custom_fields"] or "{}"))]

    def _texts(self, field: str) -> list[str]:
        """The filled cells of the columns mapped to a field."""
        columns = (one for one in self.plan.columns if one.action is Action.MAP and one.field == field)
        return [text for column in columns if (text := self._text(column))]

    def _text(self, column: ColumnPlan) -> str:
        """A cell with the unit that its header gives to bare numbers; empty where it holds nothing."""
        text = self.cells[column.index]
        return text + column.unit if column.unit and text[-1:].isdigit() else text

    def _agrees(self, field: Field, own: Mapping[str, Sequence[str]], record: Row, *, is_troubled: bool) -> bool:
        """Does the record hold what the cells of a field say?"""
        name, value, texts = field.name, record[field.name], own[field.name]
        if (name in (record["cleared"] or ())) != (name in (self.made["cleared"] or ())):
            return False
        if value is None:
            return not texts or is_troubled or self.made[name] is None
        if name in _JOINED and len(texts) > 1:
            return all(holds_text(value, text) for text in texts)
        if any(says(field.kind, text, value) for text in texts):
            return True
        if name == "opted_out" and value and self.options.opted_out:
            return True
        return self._is_made_of_the_row(field, own, value)

    def _is_made_of_the_row(self, field: Field, own: Mapping[str, Sequence[str]], value: object) -> bool:
        """Does cleaning once more make this value, of cells that hold it as far as text can tell?"""
        made = self.made[field.name]
        if made != value and not (made and field.kind is Kind.PHONE and says(field.kind, made, value)):
            return False
        around = " ".join(text for name in (field.name, *NEIGHBOURS.get(field.name, ())) for text in own[name])
        return says(field.kind, around, value) is not False

    def _custom(self, held: Mapping[str, str | None]) -> list[_Cell]:
        """The custom fields: each cell letter for letter, and none without a cell."""
        names = unique_headers([column.header for column in self.plan.columns])
        kept = [one for one in self.plan.columns if one.action in _KEPT or one.label_index is not None]
        texts = {names[one.index]: self._text(one) for one in kept}
        must_be_held = {names[one.index] for one in kept if one.action in _KEPT and texts[names[one.index]]}
        return [
            _Cell(name, int(bool(texts.get(name))), self._is_kept(texts.get(name, ""), name, held))
            for name in sorted(must_be_held | {name for name, value in held.items() if value is None or visible(value)})
        ]

    def _is_kept(self, text: str, name: str, held: Mapping[str, str | None]) -> bool:
        value = held.get(name)
        if value is None:
            return name in held and text.lower() == self.clear_token.strip().lower()
        return visible(value) == text


def _shown_wrong(record: Row, contact: _Contact | None, rules: Mapping[str, Survivorship]) -> set[str]:
    """The fields of a record for which its contact shows what none of its records gives."""
    custom = json.loads(record["custom_fields"] or "{}")
    if contact is None:
        return {*FIELD_BY_NAME, *custom, WHOLE_ROW}
    given = [one for one in FIELDS if record[one.name] is not None]
    wrong = {one.name for one in given if not _shows(contact, one, rules.get(one.name, one.survivorship))}
    shown = json.loads(contact.row["custom_fields"] or "{}")
    of_records = [json.loads(one["custom_fields"] or "{}") for one in contact.records]
    return wrong | {name for name in custom if all(shown.get(name) != one.get(name, _NOTHING) for one in of_records)}


_NOTHING: Final = object()


def _shows(contact: _Contact, field: Field, rule: Survivorship) -> bool:
    """Does a contact show what one of its records gives for a field, all of it under union?"""
    shown = contact.row[field.name]
    values = [one[field.name] for one in contact.records if one[field.name] is not None]
    if shown is None:
        return rule is Survivorship.NEVER or any(field.name in (one["cleared"] or ()) for one in contact.records)
    if rule is Survivorship.UNION:
        return all(part in shown for part in values)
    if field.name == "opted_out":  # an opt-out outlives the import that brought it
        return bool(shown or not any(values))
    return shown in values
