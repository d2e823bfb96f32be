"""The colours of results, the same in the workbook, the report and the Dagster pages.

Belongs here: colours that carry a meaning. Does not belong: colours of a page's frame (its style sheet).
"""

from __future__ import annotations

CATEGORY_COLOURS: dict[str, str] = {"Hot": "#D9442B", "Warm": "#E0A22B", "Cold": "#5B87C6"}
RAISES = "#2E9160"
LOWERS = "#C2493B"
LINE = "#2F62D0"
WITHHELD = "#A3AAB5"
# Readable on white and on near-black, for pictures that do not know the page they stand on.
INK = "#757C88"
GRID = "#8A919C"
