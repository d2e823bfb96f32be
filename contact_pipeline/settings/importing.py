"""Settings of taking files in: which files, how they are read, limits, the drop folder.

Belongs here: what a user may change about imports. Does not belong: what a setting means in action (the module that uses it).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from contact_pipeline.cleaning.activity_words import ActivityKind
from contact_pipeline.fields import FIELD_BY_NAME, Survivorship
from contact_pipeline.settings.base import Frozen

Policy = Literal["update", "skip", "create"]
DateOrder = Literal["auto", "day_first", "month_first"]
Review = Literal["none", "hold"]


class FileRule(Frozen):
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


class ImportOptions(Frozen):
    """What an import was told to do; stored with it and used again when it is rerun.

    `mends` is the import whose set-aside rows the file brings back; the file itself tells. `opted_out` says that everybody
    in the file wants no marketing; its name tells. `policy_from` is not known of imports of older versions.
    """

    policy: Policy = "update"
    policy_from: Literal["settings", "flag"] | None = None
    review: Review = "none"
    opted_out: bool = False
    date_order: DateOrder = "auto"
    default_country: str | None = None
    mapping: dict[str, str] = Field(default_factory=dict)
    columns: tuple[str, ...] = ()
    mends: str | None = None


class ImportSettings(Frozen):
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


class Limits(Frozen):
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


class DropSettings(Frozen):
    """When a file in the drop folder is ready."""

    settle_seconds: float = 30
    """How long a file must lie untouched before it is taken."""
    files_per_tick: int = 20
    """How many files are taken at one look; the next look follows in seconds."""
