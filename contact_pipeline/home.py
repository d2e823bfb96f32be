"""The folders of one installation: where everything a user owns is kept.

Belongs here: paths, and making a home that does not exist yet. Does not belong: what is written into the folders.
"""

from __future__ import annotations

import hashlib
import os
from functools import cached_property
from importlib import resources
from pathlib import Path

from contact_pipeline.atomic import write_text
from contact_pipeline.private_files import make_private
from contact_pipeline.settings import Settings, load_settings

# The dagster.yaml of earlier releases: a copy that nobody changed follows ours.
_UNCHANGED = frozenset({"c21782ee8df5e7208539e3a27e0f931e0f3d63ea4ef88cce63586481d6d17fd3"})
DAGSTER_STORES = ("history", "schedules")  # what Dagster makes of itself; see `defs.instance`


class Home:
    """Paths under one root. Looking creates nothing; `set_up` does."""

    def __init__(self, root: Path, settings: Settings | None = None) -> None:
        self.root = root.resolve()
        self._settings = settings

    @classmethod
    def from_environment(cls) -> Home:
        """$CONTACT_PIPELINE_HOME, else ./data."""
        return cls(Path(os.environ.get("CONTACT_PIPELINE_HOME") or "data"))

    @cached_property
    def settings(self) -> Settings:
        """settings.toml of this home, or the defaults, unless others were given. Raises SettingsError."""
        return self._settings or load_settings(self.root / "settings.toml")

    @property
    def drop(self) -> Path:
        """Where users put files; done/ and refused/ below it hold what was dealt with."""
        return self.root / "drop"

    @property
    def inbox(self) -> Path:
        """The bytes of every import as received."""
        return self.root / "inbox"

    @property
    def crm(self) -> Path:
        """The CRM database."""
        return self.root / "crm.duckdb"

    @property
    def reports(self) -> Path:
        """Workbooks, reports, quarantine and duplicate files."""
        return self.root / "reports"

    @property
    def dashboard(self) -> Path:
        """Published snapshots and the pointer `current`."""
        return self.root / "dashboard"

    @property
    def links(self) -> Path:
        """The links to the dashboard, who may see what and until when."""
        return self.dashboard / "links.sqlite"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME."""
        return self.root / "dagster"

    @property
    def is_complete(self) -> bool:
        """Is it set up with Dagster's storage in it?"""
        return all((self.dagster / name).exists() for name in DAGSTER_STORES)

    def stage(self, asset: str, import_id: str) -> Path:
        """The Parquet file of one asset for one import."""
        return self.root / "stages" / asset / f"{import_id}.parquet"

    def turn_file(self, name: str) -> Path:
        """The file whose lock says whose turn it is; see `turns`."""
        return self.root / f".{name}.turn"

    def set_up(self) -> None:
        """Make the folders and Dagster's own settings where they are missing; leave what is there alone.

        Data of people: nobody but the owner may read it. What an older version left readable is made private once.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folders = (self.root / "stages", self.inbox, self.reports, self.dashboard, self.dagster)
        for folder in (*folders, self.drop):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        marker = self.root / ".private"
        if not marker.exists():
            put_away = (self.drop / "done", self.drop / "refused")
            make_private((*folders, *put_away), self.root.glob("crm.duckdb*"), shared=(self.root, self.drop))
            write_text(marker, _PRIVATE)
        config = self.dagster / "dagster.yaml"
        if not config.exists() or hashlib.sha256(config.read_bytes()).hexdigest() in _UNCHANGED:
            write_text(config, resources.files("contact_pipeline").joinpath("dagster.yaml").read_text(encoding="utf-8"))


_PRIVATE = """\
Everything here was made readable by its owner alone. It is done once: what you open to others afterwards stays so.
"""
