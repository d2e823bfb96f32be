"""All settings, frozen and typed, each with a default; units are in the names.

Belongs here: what a user may change in `settings.toml`. Does not belong: facts about fields (`fields`), folders (`home`)
and what a setting means in action (the module that uses it).
"""

from __future__ import annotations

import fnmatch
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from contact_pipeline.cleaning.activity_words import ActivityKind
from contact_pipeline.cleaning.opt_outs import file_says_opt_out
from contact_pipeline.errors import SettingsError
from contact_pipeline.fields import FIELD_BY_NAME, Survivorship
from contact_pipeline.scoring.naming import is_scorable
from contact_pipeline.scoring.policy import ActionRule, NeverHotRule, Play, PointsRule

Policy = Literal["update", "skip", "create"]
DateOrder = Literal["auto", "day_first", "month_first"]
Review = Literal["none", "hold"]
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
    """File name or glob that the rule is for, such as `kontakte_*.csv`; case is ignored."""
    policy: Policy | None = None
    """As `imports.policy`, for these files."""
    review: Review | None = None
    """As `imports.review`, for these files."""
    date_order: DateOrder | None = None
    """As `imports.date_order`, for these files."""
    default_country: str | None = None
    """As `imports.default_country`, for these files."""
    opted_out: bool | None = None
    """Everybody in these files wants no marketing. Where this is not set the name of the file tells: `unsubscribed_2026.csv`.
    """
    mapping: dict[str, str] = Field(default_factory=dict)
    """Added to `imports.mapping` for these files; where both name a header, the rule wins."""
    columns: tuple[str, ...] = ()
    """Headers, in order, of files that have no header row: field names, or names of one's own."""


class ImportOptions(_Frozen):
    """What an import was told to do; stored with it and used again when it is rerun.

    `mends` is the import whose set-aside rows the file brings back; the file itself tells. `opted_out` says that everybody
    in the file wants no marketing; its name tells.
    """

    policy: Policy = "update"
    review: Review = "none"
    opted_out: bool = False
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
    """What happens to a contact that is known already: `update` fills and changes it, `skip` leaves it alone, `create`
    makes a second, flagged contact."""
    review: Review = "none"
    """With `hold` an import waits after its duplicate report, until `contact-pipeline approve` or until the report comes
    back with decisions."""
    date_order: DateOrder = "auto"
    """How 03/04/2026 is read where the column itself does not tell. With `auto` an undecided date is left blank, with
    an issue on record."""
    default_country: str | None = None
    """ISO 3166-1 alpha-2 code, such as `DE`, for phone numbers and places of rows without a country."""
    mapping: dict[str, str] = Field(default_factory=dict)
    """Overrides the automatic mapping: header = field name, `custom` or `exclude`; in files of activities also `activity`,
    `happened_at` or `times`. Case, accents and separators in headers do not matter."""
    check_email_domains: bool = False
    """Ask the name service whether the domain of each e-mail address exists; one that does not is an issue, and the row
    still comes in."""
    email_domain_seconds: float = Field(default=10, gt=0)
    """Longest time that the check of domains takes a table, in seconds; what is not answered by then is not judged."""
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
        "gewonnen",
        "kunde",
        "ja",
        "gagné",
        "oui",
        "ganado",
        "vinto",
        "ganho",
    )
    """Words in the outcome column that mean converted; case and accents are ignored."""
    lost_words: tuple[str, ...] = (
        "lost",
        "closed lost",
        "closed - not converted",
        "not converted",
        "no",
        "false",
        "0",
        "n",
        "verloren",
        "nicht gewonnen",
        "nein",
        "perdu",
        "non",
        "perdido",
        "perso",
    )
    """Words in the outcome column that mean not converted. Any other word means unknown, and never teaches the model.
    """
    clear_token: str = "<clear>"  # noqa: S105  a word in a cell, no secret
    """A cell that is exactly this, case ignored, empties the field in the CRM, which a blank cell never does. `""` turns it
    off. E-mail address, Opted Out, Converted and fields with the rule `never` are not emptied."""
    activity_words: dict[ActivityKind, tuple[str, ...]] = Field(default_factory=dict)
    """Words of your activity files, beside those that are known: kind = list of words, such as `visit = ["Showroom"]`. The kinds
    are `visit`, `download`, `open`, `click`, `reply`, `form`, `meeting`, `call`, `event`, `unsubscribe`, `bounce` and `other`."""
    survivorship: dict[str, Survivorship] = Field(default_factory=dict)
    """Which value a contact shows when its records differ: field name = rule, instead of the rule in
    [fields.md](fields.md). `email` has none: it is the key."""

    @field_validator("survivorship")
    @classmethod
    def _possible_rules(cls, rules: dict[str, Survivorship]) -> dict[str, Survivorship]:
        for name, rule in rules.items():
            if name not in FIELD_BY_NAME:
                raise ValueError(f"there is no field {name!r}")
            if name in {"email", "opted_out"}:
                raise ValueError(f"{name} keeps its rule: it is the key of a contact, or a person's wish")
            if not FIELD_BY_NAME[name].can_follow(rule):
                raise ValueError(f"{rule.value!r} cannot decide {name}")
        return rules


class Limits(_Frozen):
    """A file past one of these is refused; a cell past its limit fails its row."""

    file_bytes: int = 2_000_000_000
    """Size of a file."""
    rows: int = 20_000_000
    """Records of a table."""
    columns: int = 2_000
    """Columns of a table."""
    cell_bytes: int = 64_000
    """Size of one cell; a longer one fails its row, not the file."""
    workbook_inflated_bytes: int = 300_000_000
    """Size of a workbook once unzipped."""
    workbook_cells: int = 20_000_000
    """Rows times columns of the used area of a sheet."""
    parser_memory_bytes: int = 1_000_000_000
    """Memory of the process that reads a workbook."""
    parser_seconds: int = 120
    """Time for the process that reads a workbook."""


class DropSettings(_Frozen):
    """When a file in the drop folder is ready."""

    settle_seconds: float = 30
    """How long a file must lie untouched before it is taken."""
    files_per_tick: int = 20
    """How many files are taken at one look; the next look follows in seconds."""


class LifeSettings(_Frozen):
    """When the model behind the scores is learned anew, and when contacts are scored again."""

    retrain_after_outcomes: int = Field(default=50, ge=1)
    """Learn anew once this many outcomes are new, changed or gone since the last time. Where fewer than ten times as many
    are known, a tenth of the known ones is enough, but never fewer than 5; where more than a hundred times as many are known,
    a hundredth of them is needed. Any one is enough where the contacts that came last differ much from those that were
    learned from (population stability index of .25 or more)."""
    rescore_at: str = Field(default="05:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    """Time of day, UTC, at which all contacts are scored again while `contact-pipeline dev` runs: without news they cool."""
    stale_after_days: int = Field(default=7, ge=1)
    """An import scores the contacts it touched; where all were scored longer ago than this, it scores all again."""


class ScoringSettings(_Frozen):
    """Thresholds of the categories and of the ladder from points to model."""

    hot_from: Score = 75
    """Lowest lead score that is Hot."""
    warm_from: Score = 40
    """Lowest lead score that is Warm; below it is Cold."""
    hysteresis: Score = 0
    """By how many points of score a contact that is Hot or Warm already may fall below the threshold and stay so: 3 to 5 keep
    contacts near a threshold from going to and fro."""
    hot_capacity: int | None = Field(default=None, ge=0)
    """How many contacts may be Hot at a time: those with the highest scores. The others are Warm, and their next action says
    "over capacity"."""
    bounced_fields: tuple[str, ...] = ("Lead Status", "Email Status", "Email Validity", "Email Verification Status")
    """Fields and custom headers that tell that mail to a contact comes back. A contact whose mail bounces is never Hot."""
    bounced_words: tuple[str, ...] = (
        "bounced",
        "hard bounce",
        "hard bounced",
        "cleaned",
        "invalid",
        "undeliverable",
    )
    """Words in these fields that say so; case is ignored."""
    never_hot: tuple[NeverHotRule, ...] = ()
    """Who else is never Hot."""
    points: tuple[PointsRule, ...] = ()
    """Rules of the points table. Those given for a field replace the rules of the package for that field."""
    points_without: tuple[str, ...] = ()
    """Inputs of scoring whose rules of the package do not count."""
    points_start: float | None = Field(default=None, gt=0, lt=100)
    """Lead score of a contact to whom no rule of the points table applies; without it that of the package, 27."""
    actions: tuple[ActionRule, ...] = ()
    """Lines of the next actions; they come before those of the package."""
    minimum_conversions: int = 10
    """A model is tried only with this many past leads that converted and as many that did not (never fewer than 5).
    With fewer, scores come from points."""
    horizon_days: int = Field(default=90, ge=1)
    """A lead converts within so many days of its creation or not at all. It counts where creation and conversion have dates;
    leads younger than that do not teach yet."""
    lead_half_life_days: float = Field(default=365, gt=0)
    """After how many days since its creation a past lead teaches half as much; without dates all teach alike."""
    decay_half_life_days: float = 30
    """After how many days without activity a visit, download, open or click counts half."""
    exclude: tuple[str, ...] = ()
    """Fields, labels or custom headers that scoring must not use."""
    confirmed: tuple[str, ...] = ()
    """Columns that a person has looked at and released, though they tell the outcome almost alone."""
    seed: int = 2026
    """Seed of everything random in training; the same data and seed give the same scores."""
    life: LifeSettings = LifeSettings()
    """When the model is learned anew and contacts are scored again."""

    @field_validator("points_without")
    @classmethod
    def _known_inputs(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not is_scorable(name):
                raise ValueError(f"{name!r} is no input of scoring; docs/points.md lists the inputs")
        return names

    @model_validator(mode="after")
    def _thresholds_in_order(self) -> Self:
        if self.hot_from - self.hysteresis < self.warm_from:
            raise ValueError("hot_from less hysteresis must not be below warm_from")
        return self


class ReportSettings(_Frozen):
    """Limits of what is handed over."""

    workbook_leads: int = 200_000
    """Up to this many leads the workbook has its sheet All leads."""
    duplicate_matches: int = Field(default=10_000, ge=1, le=1_048_575)
    """How many matches the workbook of the duplicate report shows, those that need a look first; the CSV has them all."""
    snapshots_kept: int = 5
    """How many snapshots of the leads are kept in `dashboard/`."""
    playbook: tuple[Play, ...] = ()
    """Lines of the playbook; they come before those of the package."""


class Settings(_Frozen):
    """The whole of settings.toml."""

    imports: ImportSettings = ImportSettings()
    files: tuple[FileRule, ...] = ()
    limits: Limits = Limits()
    drop: DropSettings = DropSettings()
    scoring: ScoringSettings = ScoringSettings()
    reports: ReportSettings = ReportSettings()
    lock_wait_seconds: float = 60
    """How long a command waits for the CRM while one other process holds it, before it gives up."""
    turn_wait_seconds: float = 1800
    """How long a run waits while one other run is at work, before it gives up. Runs take turns, so that each scores and
    hands over what the CRM then holds."""

    def options_for(self, file_name: str, *, policy: Policy | None = None) -> ImportOptions:
        """Options of one file: a flag beats a file rule beats the default. Its name tells whether all in it opted out."""
        rule = next((r for r in self.files if fnmatch.fnmatch(file_name.lower(), r.match.lower())), FileRule(match="*"))
        return ImportOptions(
            policy=policy or rule.policy or self.imports.policy,
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
