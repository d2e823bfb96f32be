"""What tests of the whole way share: homes with Dagster's stores in them, which take half a second to make."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contact_pipeline.defs.instance import opened_instance
from contact_pipeline.home import DAGSTER_STORES, Home


@pytest.fixture(scope="session")
def dagster_stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of Dagster in a home without a run."""
    home = Home(tmp_path_factory.mktemp("stores") / "home")
    with opened_instance(home):
        pass
    return home.dagster


@pytest.fixture
def home(home: Home, dagster_stores: Path) -> Home:
    """A home that is set up, into which nothing was imported yet."""
    for name in DAGSTER_STORES:
        if (dagster_stores / name).exists():
            shutil.copytree(dagster_stores / name, home.dagster / name)
    return home
