"""All settings, frozen and typed, each with a default; units are in the names.

Belongs here: what a user may change in `settings.toml`. Does not belong: facts about fields (`fields`), folders (`home`)
and what a setting means in action (the module that uses it).
"""

from __future__ import annotations

import fnmatch
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from contact_pipeline.errors import SettingsError
from contact_pipeline.fields import FIELD_BY_NAME, Survivorship

Policy = Literal["update", "skip", "create"]
DateOrder = Literal["auto", "day_first", "month_first"]
Fraction = Annotated[float, Field(ge=0, le=1)]
Score = Annotated[float, Field(ge=0, le=100)]


class _Frozen(BaseModel):
    """A mistyped key is an error, never silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FileRule(_Frozen):
    """Options for the files whose name matches `match` (a glob, case ignored). The first rule that fits applies.

    `columns` are the headers, in order, of files that have no header row: field names, or names of one's own.
    """

    match: str
    policy: Policy | None = None
    date_order: DateOrder | None = None
    default_country: str | None = None
    mapping: dict[str, str] = Field(default_factory=dict)
    columns: tuple[str, ...] = ()


class ImportOptions(_Frozen):
    """What an import was told to do; stored with it and used again when it is rerun.

    `mends` is the import whose set-aside rows the file brings back; the file itself tells.
    """

    policy: Policy = "update"
    date_order: DateOrder = "auto"
    default_country: str | None = None
    mapping: dict[str, str] = Field(default_factory=dict)
    columns: tuple[str, ...] = ()
    mends: str | None = None


class ImportSettings(_Frozen):
    """How files are imported.

    `mapping` overrides the automatic mapping: header -> field name, or "custom" or "exclude". `date_order` and
    `default_country` (ISO alpha-2) decide where the file itself does not tell. `check_email_domains` asks the name service
    whether each domain exists, for at most `email_domain_seconds` a table; one that does not is an issue.
    """

    policy: Policy = "update"
    date_order: DateOrder = "auto"
    default_country: str | None = None
    mapping: dict[str, str] = Field(default_factory=dict)
    check_email_domains: bool = False
    email_domain_seconds: float = Field(default=10, gt=0)
    won_words: tuple[str, ...] = (
        "won",
        "closed won",
        "closed - converted",
        "converted",
        "customer",
        "yes",
        "true",
        "1",
        "y",
    )
    lost_words: tuple[str, ...] = (
        "lost",
        "closed lost",
        "closed - not converted",
        "not converted",
        "no",
        "false",
        "0",
        "n",
    )
    survivorship: dict[str, Survivorship] = Field(default_factory=dict)

    @field_validator("survivorship")
    @classmethod
    def _known_fields(cls, rules: dict[str, Survivorship]) -> dict[str, Survivorship]:
        unknown = sorted(set(rules) - set(FIELD_BY_NAME))
        if unknown:
            raise ValueError(f"unknown field {unknown[0]!r}")
        if "email" in rules:
            raise ValueError("email is the key and is never overwritten")
        return rules


class Limits(_Frozen):
    """A file past one of these is refused; a cell past its limit fails its row."""

    file_bytes: int = 2_000_000_000
    rows: int = 20_000_000
    columns: int = 2_000
    cell_bytes: int = 64_000
    workbook_inflated_bytes: int = 300_000_000
    workbook_cells: int = 20_000_000
    parser_memory_bytes: int = 1_000_000_000
    parser_seconds: int = 120


class DropSettings(_Frozen):
    """When a file in the drop folder is ready."""

    settle_seconds: float = 30
    files_per_tick: int = 20


class ScoringSettings(_Frozen):
    """Thresholds of the categories and of the ladder from points to model."""

    hot_from: Score = 75
    warm_from: Score = 40
    minimum_conversions: int = 10
    horizon_days: int = 90
    decay_half_life_days: float = 30
    exclude: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    seed: int = 2026


class ReportSettings(_Frozen):
    """Limits of what is handed over."""

    workbook_leads: int = 200_000
    snapshots_kept: int = 5


class Settings(_Frozen):
    """The whole of settings.toml."""

    imports: ImportSettings = ImportSettings()
    files: tuple[FileRule, ...] = ()
    limits: Limits = Limits()
    drop: DropSettings = DropSettings()
    scoring: ScoringSettings = ScoringSettings()
    reports: ReportSettings = ReportSettings()
    lock_wait_seconds: float = 60

    def options_for(self, file_name: str, *, policy: Policy | None = None) -> ImportOptions:
        """Options of one file: a flag beats a file rule beats the default."""
        rule = next((r for r in self.files if fnmatch.fnmatch(file_name.lower(), r.match.lower())), FileRule(match="*"))
        return ImportOptions(
            policy=policy or rule.policy or self.imports.policy,
            date_order=rule.date_order or self.imports.date_order,
            default_country=rule.default_country or self.imports.default_country,
            mapping={**self.imports.mapping, **rule.mapping},
            columns=rule.columns,
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
        places = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsError(f"{path.name}: {places}. docs/settings.md lists what is allowed.") from error
