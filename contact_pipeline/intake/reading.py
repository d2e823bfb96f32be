"""The one door to a dropped file: path in, text tables out, or a refusal that says why.

Belongs here: which reader takes which kind of file. Does not belong: how each reads (`text_tables`, `spreadsheets`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contact_pipeline.intake.files import read_bytes
from contact_pipeline.intake.signatures import Container, recognise
from contact_pipeline.intake.spreadsheets import read_workbook
from contact_pipeline.intake.tables import Keep, SourceFile, in_memory
from contact_pipeline.intake.text_tables import read_text
from contact_pipeline.settings import Limits


def read_source(
    path: Path, limits: Limits, *, name: str | None = None, columns: Sequence[str] = (), keep: Keep = in_memory
) -> SourceFile:
    """Read a file into text tables, nothing lost and nothing guessed at without saying so.

    `name` is the file as the user knows it (the default is the path's own name); the content decides how it is read,
    not the name. `columns` are the headers of a file that has no header row; then its first row is data. `keep` takes the rows
    of a text file, which may be too many for memory.
    Raises FileRefused with a stable reason and one line that names the file, what is wrong and what to do; HeaderMissing,
    which holds the tables, where only their headers are missing.
    """
    name = name or path.name
    data = read_bytes(path, limits, name=name)
    container = recognise(data, name)
    if container is Container.TEXT:
        return SourceFile(name, (read_text(data, limits, name=name, columns=columns, keep=keep),))
    return read_workbook(data, container, limits, name=name, columns=columns)
