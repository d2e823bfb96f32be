"""The kept copies of an import without some people: its stages, and what stands for the file in the inbox.

Belongs here: emptying rows and texts of the stages, and putting text tables in place of the bytes as received. Does not
belong: whose rows they are (`person`, `keeping_out`) and files made from the stages (`leftovers`). A row keeps its place, so
that every count stays; a valid one keeps an address of nobody, so that it is still valid when the import is run again. Each
file is the old one or the new one; the stage that tells whose rows they are changes last, so that what was interrupted can
be done again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from contact_pipeline.atomic import atomic_path, draft_beside
from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL
from contact_pipeline.erasure.traces import ERASED, Traces
from contact_pipeline.fields import FIELDS, Kind
from contact_pipeline.home import Home
from contact_pipeline.intake import staging
from contact_pipeline.intake.receipt import RECEIPT, Receipt, amend, file_digest
from contact_pipeline.intake.returned import places
from contact_pipeline.intake.tables import SourceFile, TextTable
from contact_pipeline.mapping.plan import TablePlan, plan_of_json
from contact_pipeline.matching.decisions import HEADERS, is_decisions
from contact_pipeline.validation.mended import PLANS

_JUDGED, _MAPPED = "validated_contacts", "mapped_contacts"
_KEPT = frozenset({"sheet", "line", "kind", "ordinal", "problem", "is_valid", "of_import"})  # what an emptied row keeps
_AT = ["sheet", "place"]
_SEPARATORS = " \t\r\n;,|/:"
_EMAIL_FIELDS = frozenset(field.name for field in FIELDS if field.kind is Kind.EMAIL)


def mangle_import(home: Home, receipt: Receipt, traces: Traces, ordinals: Collection[int] = ()) -> bool:
    """Take the people with these addresses, and the rows `ordinals`, out of all stages of an import and out of the inbox.

    Needs the stages raw_file and validated_contacts, in step with each other. A row is emptied where it has one of the
    addresses, or names one and did not pass or is a decision about two people; other rows lose the address alone. Returns
    whether anything was found.
    """
    judged_path, mapped_path = home.stage(_JUDGED, receipt.import_id), home.stage(_MAPPED, receipt.import_id)
    source = staging.read_source(home.stage("raw_file", receipt.import_id))
    judged = _placed(pl.read_parquet(judged_path))
    marks = _marks(source, judged, traces, ordinals)
    about = _about(mapped_path)
    if not marks.select(pl.any_horizontal("is_gone", "is_named").any()).item() and not _are_in_words(
        traces, source, about
    ):
        return False
    plans = {one["sheet"]: plan_of_json(one) for one in json.loads(about.get(PLANS, "[]"))}
    tables = tuple(_table_without(table, marks, plans.get(table.name), traces) for table in source.tables)
    put_in_inbox(home, receipt, _words_without(replace(source, tables=tables), traces), traces)
    _write(mapped_path, _frame_without(_placed(pl.read_parquet(mapped_path)), marks, traces), about, traces)
    _write(judged_path, _frame_without(judged, marks, traces), _about(judged_path), traces)
    return True


def put_in_inbox(home: Home, receipt: Receipt, source: SourceFile, traces: Traces) -> None:
    """Make text tables the raw file of an import: in its stage, and in the inbox instead of the bytes as received.

    The receipt keeps the digest of these bytes: dropped again, they are still known.
    """
    path = home.stage("raw_file", receipt.import_id)
    folder = home.inbox / receipt.import_id
    draft = draft_beside(folder / "mangled")
    staging.write_source(draft, source, cell_bytes=home.settings.limits.cell_bytes)
    changes = {
        "mangled_sha256": file_digest(draft),
        "file_name": traces.taken_out_of(receipt.file_name),
        "dropped_as": tuple(name for name in receipt.dropped_as if not traces.are_in(name)),
    }
    kept = receipt.model_copy(update=changes).kept_path(home)
    draft.replace(kept)
    amend(home, receipt.import_id, **changes)
    for other in folder.iterdir():
        if other.name not in {RECEIPT, kept.name}:
            other.unlink()
    with atomic_path(path) as stage:
        shutil.copyfile(kept, stage)


def are_in_step(home: Home, import_id: str) -> bool:
    """Are the stages there that tell rows apart, and do they tell of the same rows?"""
    paths = [home.stage(asset, import_id) for asset in ("raw_file", _MAPPED, _JUDGED)]
    if not all(path.exists() for path in paths):
        return False
    tables = staging.read_source(paths[0]).tables
    rows = {table.name: table.rows.select("line", "kind") for table in tables}
    for path in paths[1:]:
        for (sheet,), own in pl.read_parquet(path, columns=["sheet", "line", "kind"]).group_by("sheet"):
            if str(sheet) not in rows or not rows[str(sheet)].equals(own.select("line", "kind")):
                return False
    return True


def _placed(frame: pl.DataFrame) -> pl.DataFrame:
    """With the place of each row in its sheet."""
    return frame.with_columns(place=pl.int_range(pl.len()).over("sheet"))


def _marks(source: SourceFile, judged: pl.DataFrame, traces: Traces, ordinals: Collection[int]) -> pl.DataFrame:
    """sheet, place, is_valid, is_gone (to be emptied) and is_named (names an address) of every row of the raw file."""
    in_cells = pl.concat(
        table.rows.select(
            pl.lit(table.name).alias("sheet"),
            pl.int_range(pl.len()).alias("place"),
            _names(traces, ["problem", "raw", *table.cell_columns]).alias("in_cells"),
        )
        for table in source.tables
    )
    texts = [name for name, kind in judged.schema.items() if kind == pl.String and name not in {"sheet", "kind"}]
    told = judged.select(
        *_AT,
        "is_valid",
        (pl.col("email").is_in(sorted(traces.words)) | pl.col("ordinal").is_in(list(ordinals))).alias("is_theirs"),
        (_names(traces, texts) | traces.mentioned(_issue_texts())).alias("in_texts"),
    )
    flags = in_cells.join(told, on=_AT, how="left", maintain_order="left").with_columns(
        pl.col("is_valid", "is_theirs", "in_texts").fill_null(value=False)
    )
    is_named = pl.col("in_cells") | pl.col("in_texts")
    is_whole = ~pl.col("is_valid") | pl.lit("met_email" in judged.columns)
    is_gone = pl.col("is_theirs") | (is_whole & is_named)
    return flags.select(*_AT, "is_valid", is_gone.alias("is_gone"), is_named.alias("is_named"))


def _names(traces: Traces, texts: Iterable[str]) -> pl.Expr:
    return pl.any_horizontal(traces.mentioned(pl.col(name)) for name in texts)


def _issue_texts() -> pl.Expr:
    """What the issues of a row quote and suggest, as one text."""
    issue = pl.element().struct
    said = pl.concat_str([issue.field("raw"), issue.field("suggestion")], separator="\n", ignore_nulls=True)
    return pl.col("issues").list.eval(said).list.join("\n", ignore_nulls=True)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which cells of a table hold addresses, in which of them an emptied row gets one of nobody, and which it keeps."""

    emails: list[str]
    in_each: bool
    kept: list[str]


def _columns(table: TextTable, plan: TablePlan | None) -> _Columns:
    if plan:
        columns = [column for column in plan.columns if column.field in _EMAIL_FIELDS]
        ranked = sorted(columns, key=lambda column: str(column.field))  # email before secondary_email
        return _Columns([f"c{column.index}" for column in ranked], in_each=False, kept=[])
    if is_decisions(table):
        at = places(table)
        own = (HEADERS["row_email"], HEADERS["match_email"])
        return _Columns([at[name] for name in own], True, [at[name] for name in [HEADERS["of_import"]] if name in at])
    return _Columns([], in_each=False, kept=[])


def _table_without(table: TextTable, marks: pl.DataFrame, plan: TablePlan | None, traces: Traces) -> TextTable:
    """A table of the raw file with some rows emptied and the addresses taken out of others."""
    own = marks.filter(pl.col("sheet") == table.name)
    rows = table.rows.with_columns(own["is_valid"], own["is_gone"], own["is_named"]).with_row_index("at")
    columns = _columns(table, plan)
    only_named = pl.col("is_named") & ~pl.col("is_gone")
    parts = [
        rows.filter(~pl.col("is_gone") & ~only_named),
        rows.filter("is_gone").with_columns(_emptied_cells(table, columns, traces)),
        rows.filter(only_named).with_columns(
            _cell_without(name, traces, "" if name in columns.emails else ERASED)
            for name in ("problem", *table.cell_columns)
        ),
    ]
    headers = tuple(traces.taken_out_of(header) for header in table.headers)
    return replace(table, rows=pl.concat(parts).sort("at").select(table.rows.columns), headers=headers)


def _cell_without(name: str, traces: Traces, instead: str) -> pl.Expr:
    text = traces.taken_out(pl.col(name), instead)
    if not instead:  # no separator may be left over: it would spoil the address that stays
        text = text.str.strip_chars(_SEPARATORS)
    return pl.when(text != "").then(text).alias(name)


def _emptied_cells(table: TextTable, columns: _Columns, traces: Traces) -> list[pl.Expr]:
    """No cell of a row but the address of nobody; that in the column where valid rows had theirs."""
    named = [pl.when(traces.mentioned(pl.col(name))).then(pl.lit(name)) for name in columns.emails]
    home = pl.coalesce(*named, pl.lit(columns.emails[0])) if named else pl.lit(None, pl.String)
    empty = pl.lit(None, pl.String)
    cells = {name: empty for name in ("raw", *table.cell_columns) if name not in columns.kept}
    for name in columns.emails:
        is_here = pl.col("is_valid") & (pl.lit(columns.in_each) | (home == name))
        cells[name] = pl.when(is_here).then(pl.lit(TOMBSTONE_EMAIL))
    return [traces.taken_out(pl.col("problem")).alias("problem"), *(cell.alias(name) for name, cell in cells.items())]


def _frame_without(frame: pl.DataFrame, marks: pl.DataFrame, traces: Traces) -> pl.DataFrame:
    """A cleaned stage with some rows emptied and the addresses taken out of others."""
    mine = marks.rename({"is_valid": "was_valid"})
    rows = frame.join(mine, on=_AT, how="left", maintain_order="left").with_row_index("at")
    gone, named = pl.col("is_gone"), pl.col("is_named") & ~pl.col("is_gone")
    parts = [
        rows.filter(~gone & ~named),
        rows.filter(gone).with_columns(_emptied(name, kind) for name, kind in frame.drop(_AT).schema.items()),
        rows.filter(named).with_columns(_without(name, kind, traces) for name, kind in frame.drop(_AT).schema.items()),
    ]
    return (
        pl.concat(parts)
        .sort("at")
        .select(pl.exclude("place", "at", *mine.columns), "sheet")
        .select([name for name in frame.columns if name != "place"])
    )


def _emptied(name: str, kind: pl.DataType) -> pl.Expr:
    """A column of an emptied row."""
    if name in _KEPT:
        return pl.col(name)
    if name in {"email", "met_email"}:
        return pl.when("was_valid").then(pl.lit(TOMBSTONE_EMAIL)).alias(name)
    if name == "issues":
        return pl.col(name).list.head(0)
    if name == "failures":  # the kind of each reason, without the value that it quotes
        return pl.col(name).list.eval(pl.element().str.split(": ").list.first())
    return pl.lit(None, kind).alias(name)


def _without(name: str, kind: pl.DataType, traces: Traces) -> pl.Expr:
    """A column of a row that only names an address."""
    if name == "secondary_email":
        return pl.when(~pl.col(name).is_in(sorted(traces.words))).then(name).alias(name)
    if name == "issues":
        quoted = [traces.taken_out(pl.element().struct.field(part)).alias(part) for part in ("raw", "suggestion")]
        return pl.col(name).list.eval(pl.element().struct.with_fields(*quoted))
    if kind == pl.String and name not in {"kind", "email"}:
        return traces.taken_out(pl.col(name)).alias(name)
    return pl.col(name)


def _are_in_words(traces: Traces, source: SourceFile, about: dict[str, str]) -> bool:
    """Do names of files, sheets or columns name an address?"""
    words = [source.name, *(text for pair in source.ignored_sheets for text in pair), *about.values()]
    for table in source.tables:
        words += [table.name, *table.headers]
    return any(traces.are_in(word) for word in words)


def _words_without(source: SourceFile, traces: Traces) -> SourceFile:
    """The same tables, with the addresses taken out of the names of the file and its sheets."""
    clean = traces.taken_out_of
    return SourceFile(
        clean(source.name),
        tuple(replace(table, name=clean(table.name)) for table in source.tables),
        tuple((clean(name), clean(reason)) for name, reason in source.ignored_sheets),
    )


def _about(path: Path) -> dict[str, str]:
    """What a stage says of itself, beside its columns."""
    return {name: text for name, text in pl.read_parquet_metadata(path).items() if name != "ARROW:schema"}


def _write(path: Path, frame: pl.DataFrame, about: dict[str, str], traces: Traces) -> None:
    metadata = {name: traces.taken_out_of(text) for name, text in about.items()}
    sheets = traces.taken_out(pl.col("sheet"))
    with atomic_path(path) as draft:
        frame.with_columns(sheets).write_parquet(draft, compression="lz4", metadata=metadata)
