"""The workbook parser, in a process of its own: python -m contact_pipeline.intake.workbook_child BOOK FOLDER MEMORY.

Belongs here: only what must run beside the parser. Does not belong: anything that can run in the parent. A file can make
the parser abort, panic or grow without end; then this process dies, not the pipeline. Its imports are few so that it
starts quickly.

Writes into FOLDER a file `sheets.json`, a list of {"name", "visible", "file"} or an object {"error"}, and each visible
sheet as Arrow IPC, all cells text, from row 1 on; a column is called by its number, A being 0.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import fastexcel
import pyarrow as pa
from pyarrow import ipc


def main(book: Path, folder: Path, memory_bytes: int) -> None:
    """Parse a workbook. `memory_bytes` is what the parser may use beyond what is loaded by now."""
    ceiling = _address_space() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    try:
        result: object = _sheets(book.read_bytes(), folder)
    except (fastexcel.FastExcelError, MemoryError, pa.ArrowException) as error:
        result = {"error": str(error)}
    (folder / "sheets.json").write_text(json.dumps(result), encoding="utf-8")


def _sheets(data: bytes, folder: Path) -> list[dict[str, object]]:
    reader = fastexcel.read_excel(data)
    return [_sheet(reader, name, folder / f"{index}.arrow") for index, name in enumerate(reader.sheet_names)]


def _sheet(reader: fastexcel.ExcelReader, name: str, target: Path) -> dict[str, object]:
    try:
        sheet = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    except fastexcel.FastExcelError as error:
        if "not a valid worksheet" not in str(error):  # a chart or dialog sheet has no cells
            raise
        return {"name": name, "visible": "chart", "file": None}
    facts: dict[str, object] = {"name": name, "visible": sheet.visible, "file": None}
    if sheet.visible == "visible" and sheet.width:
        batch = pa.record_batch(sheet)
        batch = batch.rename_columns([str(column.absolute_index) for column in sheet.selected_columns])
        with ipc.new_file(target, batch.schema) as writer:
            writer.write_batch(batch)
        facts["file"] = target.name
    return facts


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
