"""A CRM in memory, to be filled row by row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contact_pipeline_tests.unit.crm.small_crm import SmallCrm


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[SmallCrm]:
    made = SmallCrm(tmp_path)
    yield made
    made.connection.close()
