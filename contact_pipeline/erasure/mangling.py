"""The kept copies of an import without some people: its stages, and what stands for the file in the inbox.

Belongs here: which rows change, and putting text tables in place of the bytes as received. Does not belong: what becomes of
their cells (`emptying`), whose rows they are (`person`, `keeping_out`) and files made from the stages (`leftovers`). Each
file is the old one or the new one; the stage that tells whose rows they are changes last, so that what was interrupted can
be done again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

import polars as pl

from contact_pipeline.atomic import atomic_path, draft_beside
from contact_pipeline.erasure.emptying import frame_without, table_without
from contact_pipeline.erasure.traces import Traces
from contact_pipeline.home import Home
from contact_pipeline.intake import staging
from contact_pipeline.intake.receipt import RECEIPT, Receipt, amend, file_digest
from contact_pipeline.intake.tables import SourceFile
from contact_pipeline.mapping.plan import plan_of_json
from contact_pipeline.validation.mended import PLANS

_JUDGED, _MAPPED = "validated_contacts", "mapped_contacts"
_AT = ["sheet", "at"]


def mangle_import(home: Home, receipt: Receipt, traces: Traces, ordinals: Collection[int] = ()) -> bool:
    """Take the people with these addresses, and the rows `ordinals`, out of all stages of an import and out of the inbox.

    Needs the stages raw_file and validated_contacts, in step with each other. A row is emptied where it has one of the
    addresses, or names one and did not pass or is a decision about two people; other rows lose the address alone. Returns
    whether anything was found.
    """
    judged, mapped = (home.stage(asset, receipt.import_id) for asset in (_JUDGED, _MAPPED))
    source = staging.read_source(home.stage("raw_file", receipt.import_id))
    touched = _touched(source, judged, traces, ordinals)
    about = _about(mapped)
    if touched.is_empty() and not _are_in_words(traces, source, about):
        return False
    plans = {one["sheet"]: plan_of_json(one) for one in json.loads(about.get(PLANS, "[]"))}
    tables = tuple(
        table_without(table, touched.filter(pl.col("sheet") == table.name).drop("sheet", "ordinal"), plan, traces)
        for table in source.tables
        for plan in [plans.get(table.name)]
    )
    put_in_inbox(home, receipt, _words_without(replace(source, tables=tables), traces), traces)
    del source, tables  # large, and what follows is too
    rows = touched.select("was_valid", "is_gone", at="ordinal").drop_nulls("at")
    for path in (mapped, judged):
        _write(path, frame_without(pl.read_parquet(path), rows, traces), _about(path), traces)
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


def forget_file(home: Home, receipt: Receipt, traces: Traces) -> None:
    """See to it that bytes which are not kept any more never are again, should they come once more: they hold the person."""
    changes = {
        "mangled_sha256": receipt.mangled_sha256 or receipt.sha256,  # no file has that name: nothing is kept
        "file_name": traces.taken_out_of(receipt.file_name),
        "dropped_as": tuple(name for name in receipt.dropped_as if not traces.are_in(name)),
    }
    amend(home, receipt.import_id, **changes)


def are_in_step(home: Home, import_id: str) -> bool:
    """Are the stages there that tell rows apart, and do they tell of the same rows?"""
    raw, *cleaned = (home.stage(asset, import_id) for asset in ("raw_file", _MAPPED, _JUDGED))
    if not all(path.exists() for path in (raw, *cleaned)):
        return False
    known = staging.read_places(raw)
    for path in cleaned:
        told = pl.read_parquet(path, columns=["sheet", "line", "kind"])
        if not told.equals(known.filter(pl.col("sheet").is_in(told["sheet"].unique().to_list()))):
            return False
    return True


def _touched(source: SourceFile, judged: Path, traces: Traces, ordinals: Collection[int]) -> pl.DataFrame:
    """The rows of the raw file that change: sheet, at, ordinal (null where the row was not mapped), was_valid, is_gone."""
    in_cells = pl.concat(
        table.rows.select(
            pl.lit(table.name).alias("sheet"),
            pl.int_range(pl.len()).alias("at"),
            _names(traces, ["problem", "raw", *table.cell_columns]).alias("in_cells"),
        )
        for table in source.tables
    )
    flags = in_cells.join(_told(judged, traces, ordinals), on=_AT, how="left", maintain_order="left").with_columns(
        pl.col("was_valid", "is_theirs", "in_texts", "is_whole").fill_null(value=False)
    )
    is_named = pl.col("in_cells") | pl.col("in_texts")
    is_gone = pl.col("is_theirs") | (is_named & (pl.col("is_whole") | ~pl.col("was_valid")))
    return flags.filter(is_gone | is_named).select(*_AT, "ordinal", "was_valid", is_gone.alias("is_gone"))


def _told(judged: Path, traces: Traces, ordinals: Collection[int]) -> pl.DataFrame:
    """What validated_contacts tell of each row: is_theirs, in_texts (it names an address), is_whole (a decision)."""
    rows = pl.scan_parquet(judged)
    schema = rows.collect_schema()
    texts = [name for name, kind in schema.items() if kind == pl.String and name not in {"sheet", "kind"}]
    is_theirs = pl.col("email").is_in(sorted(traces.words)) | pl.col("ordinal").is_in(list(ordinals))
    return rows.select(
        "sheet",
        pl.int_range(pl.len()).over("sheet").alias("at"),
        "ordinal",
        pl.col("is_valid").alias("was_valid"),
        is_theirs.fill_null(value=False).alias("is_theirs"),
        (_names(traces, texts) | traces.mentioned(_issue_texts())).alias("in_texts"),
        pl.lit("met_email" in schema).alias("is_whole"),
    ).collect()


def _names(traces: Traces, texts: Iterable[str]) -> pl.Expr:
    return pl.any_horizontal(traces.mentioned(pl.col(name)) for name in texts)


def _issue_texts() -> pl.Expr:
    """What the issues of a row quote and suggest, as one text."""
    issue = pl.element().struct
    said = pl.concat_str([issue.field("raw"), issue.field("suggestion")], separator="\n", ignore_nulls=True)
    return pl.col("issues").list.eval(said).list.join("\n", ignore_nulls=True)


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
