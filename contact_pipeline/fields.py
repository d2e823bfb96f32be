"""The field catalogue: every CRM field once, with all that is known of it.

Belongs here: names, CRM labels, kinds, survivorship, personal data, bounds. Schemas (pandera), tables (DuckDB), the data
dictionary and the docs derive from it. Does not belong: header spellings (package data of `mapping`) and how a kind is
cleaned (`cleaning`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import polars as pl
from polars.datatypes import DataTypeClass


class Kind(StrEnum):
    """What a value is; decides its cleaner, its column type and how a workbook shows it."""

    EMAIL = "email"
    PERSON_NAME = "person_name"
    SALUTATION = "salutation"
    COMPANY = "company"
    PHONE = "phone"
    JOB_TITLE = "job_title"
    SENIORITY = "seniority"
    DEPARTMENT = "department"
    INDUSTRY = "industry"
    COUNTRY = "country"
    PLACE = "place"
    POSTAL_CODE = "postal_code"
    URL = "url"
    LINKEDIN_URL = "linkedin_url"
    CATEGORY = "category"
    LIFECYCLE_STAGE = "lifecycle_stage"
    DATETIME = "datetime"
    IDENTIFIER = "identifier"
    HEADCOUNT = "headcount"
    MONEY = "money"
    RATE = "rate"
    COUNT = "count"
    TEXT = "text"
    BOOLEAN = "boolean"


class Survivorship(StrEnum):
    """Which of a contact's values the golden record shows; blanks never count."""

    NEWEST = "newest"  # by source date, then sequence
    FILL = "fill"  # the first known value stays
    NEVER = "never"  # only the record that created the contact sets it
    MIN = "min"
    MAX = "max"
    UNION = "union"  # all distinct values, in sequence
    FORWARD = "forward"  # a lifecycle stage only moves on
    RATCHET = "ratchet"  # once true, always true


# Kinds that are not text: their column types in a frame and in the CRM.
_TYPES: dict[Kind, tuple[pl.DataType | DataTypeClass, str]] = {
    Kind.DATETIME: (pl.Datetime("us"), "TIMESTAMP"),
    Kind.COUNT: (pl.Int64, "BIGINT"),
    Kind.MONEY: (pl.Float64, "DOUBLE"),
    Kind.RATE: (pl.Float64, "DOUBLE"),
    Kind.BOOLEAN: (pl.Boolean, "BOOLEAN"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One CRM field. `label` is what users see, `name` the column of the CRM."""

    name: str
    label: str
    kind: Kind
    description: str
    survivorship: Survivorship = Survivorship.NEWEST
    personal: bool = False

    @property
    def polars_type(self) -> pl.DataType | DataTypeClass:
        """Type of the cleaned column in a frame; times are UTC without a zone."""
        return _TYPES.get(self.kind, (pl.String, "VARCHAR"))[0]

    @property
    def sql_type(self) -> str:
        """Type of the column in DuckDB."""
        return _TYPES.get(self.kind, (pl.String, "VARCHAR"))[1]

    def can_follow(self, rule: Survivorship) -> bool:
        """Does `rule` make sense for values of this kind?"""
        if rule is Survivorship.UNION:
            return self.sql_type == "VARCHAR"
        if rule is Survivorship.FORWARD:
            return self.kind is Kind.LIFECYCLE_STAGE
        return rule is not Survivorship.RATCHET or self.kind is Kind.BOOLEAN


# The order is the order of columns everywhere: tables, workbook, dictionary.
FIELDS: tuple[Field, ...] = (
    Field(
        "email", "Email (Primary)", Kind.EMAIL, "Normalised address; the key of a contact.", Survivorship.NEVER, True
    ),
    Field("secondary_email", "Email (Secondary)", Kind.EMAIL, "A further address of the same person.", personal=True),
    Field("first_name", "First Name", Kind.PERSON_NAME, "Given name.", personal=True),
    Field("last_name", "Last Name", Kind.PERSON_NAME, "Family name.", personal=True),
    Field(
        "full_name",
        "Full Name",
        Kind.PERSON_NAME,
        "Name as one text, made of the parts where it is missing.",
        personal=True,
    ),
    Field("salutation", "Salutation", Kind.SALUTATION, "Mr, Ms, Dr and the like.", personal=True),
    Field("company", "Company", Kind.COMPANY, "Employer as the source spells it, tidied."),
    Field(
        "phone",
        "Phone Number (Work)",
        Kind.PHONE,
        "E.164, with the row's own country; an extension follows as ;ext=.",
        personal=True,
    ),
    Field("mobile_phone", "Phone Number (Mobile)", Kind.PHONE, "E.164.", personal=True),
    Field("job_title", "Job Title", Kind.JOB_TITLE, "Title as written, tidied."),
    Field(
        "seniority",
        "Seniority",
        Kind.SENIORITY,
        "Owner, C-Level, VP, Director, Manager, Senior, Staff or Entry; read from the job title where it is missing.",
    ),
    Field("department", "Department", Kind.DEPARTMENT, "Function, read from the job title where it is missing."),
    Field("industry", "Industry", Kind.INDUSTRY, "Industry under one common name."),
    Field("country", "Country", Kind.COUNTRY, "ISO 3166-1 alpha-2 code."),
    Field(
        "region", "State/Region", Kind.PLACE, "State, province or canton by its ISO 3166-2 name: California, Bayern."
    ),
    Field("city", "City", Kind.PLACE, "Town."),
    Field("postal_code", "Postal Code", Kind.POSTAL_CODE, "Postal code as text, leading zeros kept."),
    Field("street_address", "Street Address", Kind.TEXT, "Street and number.", personal=True),
    Field("website", "Website", Kind.URL, "Address of the company's site, with scheme, lower-case host."),
    Field("linkedin_url", "LinkedIn URL", Kind.LINKEDIN_URL, "Profile address.", personal=True),
    Field("lead_source", "Lead Source", Kind.CATEGORY, "Where the contact came from first.", Survivorship.FILL),
    Field("lead_status", "Lead Status", Kind.CATEGORY, "Status in the source tool."),
    Field(
        "lifecycle_stage",
        "Lifecycle Stage",
        Kind.LIFECYCLE_STAGE,
        "Stage of the relation; only moves forward.",
        Survivorship.FORWARD,
    ),
    Field("created_at", "Create Date", Kind.DATETIME, "When the contact was first known anywhere.", Survivorship.MIN),
    Field("last_activity_at", "Last Activity Date", Kind.DATETIME, "Last known activity.", Survivorship.MAX),
    Field(
        "original_crm_id", "Original CRM ID", Kind.IDENTIFIER, "Id in the tool the record came from.", Survivorship.FILL
    ),
    Field("company_size", "Company Size", Kind.HEADCOUNT, "Employees: a number (250) or a range (11-50, 10001+)."),
    Field("annual_revenue", "Annual Revenue", Kind.MONEY, "Yearly revenue in the source's currency, in units."),
    Field("growth_rate", "Growth Rate", Kind.RATE, "Yearly growth as a fraction: 0.12 is 12 %."),
    Field("website_visits", "Website Visits", Kind.COUNT, "Number of visits known to the source."),
    Field("content_downloads", "Content Downloads", Kind.COUNT, "Number of downloads."),
    Field("email_opens", "Email Opens", Kind.COUNT, "Number of e-mails opened."),
    Field("email_clicks", "Email Clicks", Kind.COUNT, "Number of links clicked in e-mails."),
    Field("owner", "Contact Owner", Kind.CATEGORY, "Who works the contact.", Survivorship.FILL, True),
    Field("notes", "Notes", Kind.TEXT, "Free text.", Survivorship.UNION, True),
    Field(
        "converted",
        "Converted",
        Kind.BOOLEAN,
        "Became a customer: true, false, or blank for unknown.",
        Survivorship.RATCHET,
    ),
    Field("converted_at", "Conversion Date", Kind.DATETIME, "When it converted first.", Survivorship.MIN),
    Field(
        "opted_out", "Opted Out", Kind.BOOLEAN, "Wants no marketing; an import never lifts it.", Survivorship.RATCHET
    ),
)

FIELD_BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}
FIELD_NAMES: tuple[str, ...] = tuple(FIELD_BY_NAME)
PERSONAL_FIELDS: frozenset[str] = frozenset(field.name for field in FIELDS if field.personal)

# A stage never moves to the left.
LIFECYCLE_STAGES: tuple[str, ...] = (
    "Subscriber",
    "Lead",
    "Marketing Qualified Lead",
    "Sales Qualified Lead",
    "Opportunity",
    "Customer",
    "Evangelist",
)

SENIORITIES: tuple[str, ...] = ("Entry", "Staff", "Senior", "Manager", "Director", "VP", "C-Level", "Owner")


@dataclass(frozen=True, slots=True)
class ScoreField:
    """A column of the contact that scoring writes."""

    name: str
    label: str
    sql_type: str
    description: str


SCORE_FIELDS: tuple[ScoreField, ...] = (
    ScoreField(
        "lead_score", "AI Lead Score", "DOUBLE", "0-100, one decimal; 50 is the average lead, 75 three times its odds."
    ),
    ScoreField(
        "score_change",
        "Score Change",
        "DOUBLE",
        "Points gained or lost since the last day on which it was scored before; blank where it is new.",
    ),
    ScoreField(
        "lead_category",
        "Lead Category",
        "VARCHAR",
        "Hot, Warm or Cold, from the score as shown and the policy in the settings.",
    ),
    ScoreField(
        "score_percentile", "Score Percentile", "DOUBLE", "Share of contacts with a lower or equal score, 0-100."
    ),
    ScoreField(
        "conversion_probability",
        "Conversion Probability",
        "DOUBLE",
        "Calibrated chance to convert, 0-1; blank when the score comes from points.",
    ),
    ScoreField("key_factors", "Key Factors", "VARCHAR", "What raised (+) and lowered (-) the score most, in words."),
    ScoreField("recommended_action", "Recommended Next Action", "VARCHAR", "What to do next, and what triggered it."),
    ScoreField("engagement_propensity", "Engagement Propensity", "DOUBLE", "How likely the contact responds, 0-1."),
    ScoreField("confidence", "Confidence", "VARCHAR", "High, Medium or Low: how stable the category is."),
    ScoreField("score_method", "Score Method", "VARCHAR", "points or model."),
    ScoreField("model_version", "Model Version", "VARCHAR", "Version of the model or points table behind the score."),
    ScoreField("scored_at", "Scored At", "TIMESTAMP", "When the score was computed, UTC."),
    ScoreField(
        "score_breakdown",
        "Score Breakdown",
        "JSON",
        "Base and contribution of each source column, in log-odds; they add up to the score.",
    ),
)

SCORE_FIELD_NAMES: tuple[str, ...] = tuple(field.name for field in SCORE_FIELDS)
