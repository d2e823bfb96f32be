"""Contacts to scoring attributes: one readable column for each thing a score may depend on.

Belongs here: which attributes exist, their group, and the row-local computation of their values. Does not belong: counts of
activities (`behaviour`), what is learned about attributes (`columns`), whether they may be used (`leakage`).

An attribute is a word (String) or a number (Float64). Counts of behaviour and engagement decay: a count of 8 is worth
8 * 2^(-days / half-life), days since the last activity (since creation where that is unknown). A contact without either
date keeps its counts.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from contact_pipeline.scoring.attribute import Attribute
from contact_pipeline.scoring.behaviour import ACTIVITY_ATTRIBUTES, activity_counts

CUSTOM_PREFIX = "custom."

ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute("seniority", "Seniority", "demographic", source="job_title"),
    Attribute("department", "Department", "demographic", source="job_title"),
    Attribute("job_title", "Job Title", "demographic"),
    Attribute("email_domain", "Kind of e-mail address", "demographic"),
    Attribute("industry", "Industry", "firmographic"),
    Attribute("company_size", "Company Size", "firmographic"),
    Attribute("annual_revenue", "Annual Revenue", "firmographic", words=False),
    Attribute("growth_rate", "Growth Rate", "firmographic", words=False),
    Attribute("country", "Country", "firmographic"),
    Attribute("website_visits", "Website Visits", "behaviour", words=False, direction=1),
    Attribute("content_downloads", "Content Downloads", "behaviour", words=False, direction=1),
    Attribute("last_activity_at", "Days since last activity", "behaviour", words=False, direction=-1),
    Attribute("email_opens", "Email Opens", "engagement", words=False, direction=1),
    Attribute("email_clicks", "Email Clicks", "engagement", words=False, direction=1),
    Attribute("opted_out", "Opted Out", "engagement"),
    Attribute("completeness", "Share of key fields filled", "completeness", words=False),
    Attribute("phone", "Phone", "completeness"),
    Attribute("linkedin_url", "LinkedIn profile", "completeness"),
    Attribute("lead_source", "Lead Source", "custom"),
    Attribute("region", "State/Region", "custom"),
    Attribute("city", "City", "custom"),
    *ACTIVITY_ATTRIBUTES,
)
COUNTS: tuple[str, ...] = ("website_visits", "content_downloads", "email_opens", "email_clicks")
KEY_FIELDS: tuple[str, ...] = (
    "first_name",
    "last_name",
    "company",
    "job_title",
    "phone",
    "industry",
    "country",
    "company_size",
    "lead_source",
    "linkedin_url",
)

# Upper bound of employees (included) and the name of the band up to it.
_SIZE_BANDS: tuple[tuple[int, str], ...] = (
    (10, "1-10"),
    (50, "11-50"),
    (200, "51-200"),
    (500, "201-500"),
    (1000, "501-1000"),
    (5000, "1001-5000"),
)
_SIZE_TOP = "5001+"
_FREE_MAIL = (
    r"@(?:(?:yahoo|hotmail|live|outlook|gmx|yandex|ymail|rocketmail|msn)\.[a-z.]{2,6}"
    r"|(?:gmail|googlemail|aol|icloud|me|mac|mail|email|inbox|zoho|hey|fastmail|comcast|verizon|rediffmail)\.com"
    r"|(?:proton|protonmail|tutanota)\.(?:com|me|ch)|pm\.me|web\.de|t-online\.de|freenet\.de|orange\.fr|free\.fr"
    r"|laposte\.net|wanadoo\.fr|libero\.it|mail\.ru|wp\.pl|seznam\.cz|qq\.com|163\.com|126\.com|btinternet\.com"
    r"|comcast\.net|att\.net|sbcglobal\.net|uol\.com\.br|bol\.com\.br)$"
)


def attribute_frame(
    contacts: pl.DataFrame,
    as_of: datetime,
    half_life_days: float,
    custom: tuple[str, ...] = (),
    *,
    decay: bool = True,
    activities: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row a contact in the order given, one column an attribute: String words, Float64 numbers.

    `custom` names the custom fields to take along (without prefix), as String. Without `decay` counts stay as they are.
    `activities` (contact_id, kind, at, times; None where there are none of anybody) are seen from `as_of`, or from the
    contact's own `moment` where the frame has that column.
    """
    weight = decay_weight(as_of, half_life_days) if decay else pl.lit(1.0)
    frame = contacts.select(_attribute_expressions(as_of, weight))
    moment = pl.col("moment") if "moment" in contacts.columns else pl.lit(as_of, dtype=pl.Datetime("us"))
    frame = frame.hstack(activity_counts(contacts.select("contact_id", moment=moment), activities))
    return frame.hstack(custom_values(contacts, custom)) if custom else frame


def decay_weight(as_of: datetime, half_life_days: float) -> pl.Expr:
    """What a count of a contact is still worth at `as_of`, 0-1."""
    last_sign = pl.coalesce("last_activity_at", "created_at")
    return (0.5 ** (days_since(last_sign, as_of) / half_life_days)).fill_null(1.0)


def newest_sign(contacts: pl.DataFrame, as_of: datetime) -> datetime | None:
    """The newest activity or creation date up to `as_of` (a later one is a slip); None where there is none."""
    dates = pl.concat([contacts["last_activity_at"], contacts["created_at"].rename("last_activity_at")])
    newest = dates.filter(dates <= as_of).max()
    return newest if isinstance(newest, datetime) else None


def custom_field_names(contacts: pl.DataFrame) -> tuple[str, ...]:
    """Names of all custom fields in use, sorted."""
    objects = contacts["custom_fields"].drop_nulls().unique()
    if objects.is_empty():
        return ()
    decoded = objects.str.json_decode(infer_schema_length=None).dtype
    return tuple(sorted(field.name for field in decoded.fields)) if isinstance(decoded, pl.Struct) else ()


def custom_values(contacts: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """The custom fields named, as text, blanks null; columns carry the prefix `custom.`."""
    shape = pl.Struct(dict.fromkeys(names, pl.String))
    values = contacts.select(pl.col("custom_fields").cast(pl.String).str.json_decode(shape).alias("object"))
    return values.select(
        pl.col("object").struct.field(name).str.strip_chars().replace("", None).alias(CUSTOM_PREFIX + name)
        for name in names
    )


def key_share() -> pl.Expr:
    """Share of the key fields that are filled, 0-1."""
    return pl.mean_horizontal(pl.col(name).is_not_null().cast(pl.Float64) for name in KEY_FIELDS)


def has_phone() -> pl.Expr:
    """Whether any phone number is known."""
    return pl.col("phone").is_not_null() | pl.col("mobile_phone").is_not_null()


def _attribute_expressions(as_of: datetime, weight: pl.Expr) -> list[pl.Expr]:
    """All but those of activities, in the order of ATTRIBUTES, each under its name."""
    made = {
        "email_domain": _domain_kind(),
        "company_size": _size_band(),
        "annual_revenue": pl.col("annual_revenue").cast(pl.Float64),
        "growth_rate": pl.col("growth_rate").cast(pl.Float64),
        "last_activity_at": days_since(pl.col("last_activity_at"), as_of),
        "opted_out": _words(pl.col("opted_out"), "yes", "no"),
        "completeness": key_share(),
        "phone": _words(has_phone(), "known", "not known"),
        "linkedin_url": _words(pl.col("linkedin_url").is_not_null(), "known", "not known"),
    }
    made |= {name: pl.col(name).cast(pl.Float64) * weight for name in COUNTS}
    own = (a for a in ATTRIBUTES if a not in ACTIVITY_ATTRIBUTES)
    return [made.get(a.name, pl.col(a.name)).alias(a.name) for a in own]


def days_since(moment: pl.Expr, as_of: datetime) -> pl.Expr:
    """Days between, as a Float64; a moment in the future is now."""
    elapsed = pl.lit(as_of, dtype=pl.Datetime("us")) - moment
    return (elapsed.dt.total_seconds(fractional=True) / 86_400.0).clip(lower_bound=0.0)


def _words(condition: pl.Expr, yes: str, no: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(yes)).when(condition.not_()).then(pl.lit(no))


def _domain_kind() -> pl.Expr:
    return _words(pl.col("email").str.to_lowercase().str.contains(_FREE_MAIL), "free mail", "business")


def _size_band() -> pl.Expr:
    """The band of a headcount such as 250, 11-50 or 10,001+; a range counts by its middle."""
    bounds = (
        pl.col("company_size")
        .str.replace_all(r"[,.'\s]", "")
        .str.extract_all(r"\d+")
        .list.eval(pl.element().cast(pl.Float64, strict=False))
    )
    middle = bounds.list.head(2).list.mean()
    band = pl.lit(_SIZE_TOP)
    for upper, name in reversed(_SIZE_BANDS):
        band = pl.when(middle <= upper).then(pl.lit(name)).otherwise(band)
    return pl.when(middle.is_not_null()).then(band)
