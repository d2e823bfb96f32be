"""All settings, frozen and typed, each with a default; units are in the names.

Belongs here: what a user may change in `settings.toml`, one module a part of the product, and reading that file. Does not
belong: facts about fields (`fields`), folders (`home`) and what a setting means in action (the module that uses it).
"""

from __future__ import annotations

import fnmatch
import tomllib
from pathlib import Path

from pydantic import Field, ValidationError, field_validator

from contact_pipeline.cleaning.opt_outs import file_says_opt_out
from contact_pipeline.errors import SettingsError
from contact_pipeline.settings.base import Frozen
from contact_pipeline.settings.handing_over import DashboardSettings, ReportSettings
from contact_pipeline.settings.hooks import HookSettings
from contact_pipeline.settings.importing import (
    DateOrder,
    DropSettings,
    FileRule,
    ImportOptions,
    ImportSettings,
    Limits,
    Policy,
)
from contact_pipeline.settings.retention import RetentionSettings
from contact_pipeline.settings.scoring import ScoringSettings

__all__ = [
    "DashboardSettings",
    "DateOrder",
    "DropSettings",
    "FileRule",
    "HookSettings",
    "ImportOptions",
    "ImportSettings",
    "Limits",
    "Policy",
    "ReportSettings",
    "RetentionSettings",
    "ScoringSettings",
    "Settings",
    "load_settings",
]


class Settings(Frozen):
    """The whole of settings.toml."""

    imports: ImportSettings = ImportSettings()
    files: tuple[FileRule, ...] = ()
    limits: Limits = Limits()
    drop: DropSettings = DropSettings()
    scoring: ScoringSettings = ScoringSettings()
    reports: ReportSettings = ReportSettings()
    dashboard: DashboardSettings = DashboardSettings()
    retention: RetentionSettings = RetentionSettings()
    hooks: tuple[HookSettings, ...] = ()
    lock_wait_seconds: float = 60
    """How long a command waits for the CRM while one other process holds it, before it gives up."""
    turn_wait_seconds: float = 1800
    """How long a run waits while one other run is at work, before it gives up. Runs take turns, so that each scores and
    hands over what the CRM then holds."""

    dagster_address: str = Field(default="http://127.0.0.1:3000", pattern=r"^https?://[^\s?#]+$")
    """Where people reach the Dagster UI: what links to runs begin with, in what hooks are told."""

    @field_validator("hooks")
    @classmethod
    def _names_of_their_own(cls, hooks: tuple[HookSettings, ...]) -> tuple[HookSettings, ...]:
        names = [hook.name for hook in hooks]
        if len(set(names)) < len(names):
            raise ValueError("two hooks have the same name")
        return hooks

    def options_for(self, file_name: str, *, policy: Policy | None = None) -> ImportOptions:
        """Options of one file: a flag beats a file rule beats the default. Its name tells whether all in it opted out."""
        rule = next((r for r in self.files if fnmatch.fnmatch(file_name.lower(), r.match.lower())), FileRule(match="*"))
        return ImportOptions(
            policy=policy or rule.policy or self.imports.policy,
            policy_from="flag" if policy else "settings",
            review=rule.review or self.imports.review,
            date_order=rule.date_order or self.imports.date_order,
            default_country=rule.default_country or self.imports.default_country,
            mapping={**self.imports.mapping, **rule.mapping},
            columns=rule.columns,
            opted_out=file_says_opt_out(file_name) if rule.opted_out is None else rule.opted_out,
        )


def load_settings(path: Path) -> Settings:
    """Read and check settings.toml; a missing file means the defaults.

    Raises SettingsError with every wrong key and its place.
    """
    if not path.exists():
        return Settings()
    try:
        return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name} is not valid TOML: {error}. Mend it or remove it.") from error
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        )
        raise SettingsError(f"{path.name}: {places}. docs/settings.md lists what is allowed.") from error
