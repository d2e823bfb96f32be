"""The files that are left for an import, and for the whole CRM: which names there are, and where such a file is.

Belongs here: the fixed list of names, and finding a file under one of them. Does not belong: writing them (`handover`, which
brings all that learns into memory, so a test holds the names together) and answers (`pages.imports`). A path is made of the id
of an import on record and a name of this list, never of what was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from contact_pipeline.home import Home

LATEST: Final = "latest"


class ReportFile(NamedTuple):
    """A file by name, what it is called on a page, and its media type."""

    name: str
    label: str
    media_type: str


_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CSV: Final = "text/csv; charset=utf-8"
_HTML: Final = "text/html; charset=utf-8"
OF_IMPORT: Final = (
    ReportFile("leads.xlsx", "Workbook", _WORKBOOK),
    ReportFile("report.html", "Report", _HTML),
    ReportFile("quarantine.csv", "Rows set aside", _CSV),
    ReportFile("quarantine.xlsx", "Rows set aside", _WORKBOOK),
    ReportFile("duplicates.xlsx", "Duplicates, to decide on", _WORKBOOK),
    ReportFile("duplicates.csv", "Duplicates as CSV", _CSV),
)
OF_CRM: Final = (
    ReportFile("leads.xlsx", "Workbook", _WORKBOOK),
    ReportFile("report.html", "Report", _HTML),
    ReportFile("leads.csv", "All leads as CSV", _CSV),
    ReportFile("leads.parquet", "All leads as Parquet", "application/vnd.apache.parquet"),
    ReportFile("crm_import.csv", "CSV for another CRM", _CSV),
    ReportFile("model_card.md", "Model card", "text/markdown; charset=utf-8"),
)


def files_there(home: Home, folder: str, known: Sequence[ReportFile]) -> list[ReportFile]:
    """Those of the known files that there are in reports/<folder>."""
    return [file for file in known if (home.reports / folder / file.name).is_file()]


def find_file(
    home: Home, folder: str, folders: Iterable[str], name: str, known: Sequence[ReportFile]
) -> tuple[Path, ReportFile] | None:
    """The file asked for; None unless `folder` is among `folders`, `name` among the known ones, and the file there."""
    in_folder = next((one for one in folders if one == folder), None)
    file = next((one for one in known if one.name == name), None)
    if in_folder is None or file is None:
        return None
    path = home.reports / in_folder / file.name
    return (path, file) if path.is_file() else None
